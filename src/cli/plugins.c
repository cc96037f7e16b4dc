/*
 * DESIGN
 * A plugin is given as a file or, if there is no slash, as the name of one that
 * was installed with the program. Installed plugins are in
 * share/lunatic/plugins below the program's own prefix, wherever that has been
 * moved, or in plugins beside the program, where the build puts them. A file of
 * that name in the current folder comes first.
 */
#include "cli/plugins.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/options.h"
#include "cli/prepare.h"
#include "process/config.h"
#include "process/plugin.h"
#include "process/plugin_new.h"

/* The host function that a plugin adds to allocators. */
#define HEAP_NAMESPACE "lunatic::heap_profiler"

/* Where plugins are, from the program's folder. */
static const char *const folders[] = { LUNATIC_PLUGINS_FROM_BIN, "plugins" };

/* The folder of the program; the caller frees it. NULL if it is not known. */
static char *program_folder(void)
{
	char *path = realpath("/proc/self/exe", NULL);
	char *slash = path != NULL ? strrchr(path, '/') : NULL;

	if (slash == NULL) {
		free(path);
		return NULL;
	}
	*slash = '\0';
	return path;
}

/* The file of an installed plugin; the caller frees it. NULL if there is none
 * of that name. */
static char *find_installed(const char *name)
{
	char *program = program_folder();
	char *found = NULL;

	for (size_t i = 0; program != NULL && found == NULL &&
			   i < sizeof(folders) / sizeof(folders[0]);
	     i++) {
		char *path;

		if (asprintf(&path, "%s/%s/%s%s", program, folders[i], name,
			     strchr(name, '.') != NULL ? "" : ".wasm") < 0)
			break;
		if (access(path, F_OK) == 0)
			found = path;
		else
			free(path);
	}
	free(program);
	return found;
}

/* Where a plugin is; the caller frees it. NULL after a line about what went
 * wrong. */
static char *locate(const char *given)
{
	char *path;

	if (strchr(given, '/') == NULL && given[0] != '\0' &&
	    access(given, F_OK) != 0 && errno == ENOENT) {
		path = find_installed(given);
		if (path == NULL)
			ln_log_say(
				"cannot open '%s': there is neither "
				"such a file nor an installed plugin of that "
				"name",
				given);
		return path;
	}
	path = strdup(given);
	if (path == NULL)
		ln_log_say("out of memory");
	return path;
}

/* Adds a plugin to the configuration; false after a line about what went
 * wrong. */
static bool add_plugin(struct ln_runtime *runtime, struct ln_config *config,
		       const char *path)
{
	const char *slash = strrchr(path, '/');
	struct ln_plugin *plugin;
	uint8_t *bytes;
	char *error;
	size_t len;
	int result;

	bytes = ln_cli_read_file(path, config->limits.max_module_bytes, &len);
	if (bytes == NULL)
		return false;
	result = ln_plugin_new(runtime, NULL, slash != NULL ? slash + 1 : path,
			       bytes, len, &plugin, &error);
	free(bytes);
	if (result < 0) {
		ln_log_say("cannot load the plugin '%s': %s", path,
			   error != NULL ? error : ln_error_text(result));
		free(error);
		return false;
	}
	result = ln_config_add_plugin(config, plugin);
	ln_plugin_release(plugin);
	if (result < 0)
		ln_log_say("too many plugins: at most %d", LN_PLUGINS_MAX);
	return result == 0;
}

bool ln_cli_add_plugins(struct ln_runtime *runtime,
			const struct ln_cli_options *options)
{
	for (size_t i = 0; i < options->plugin_count; i++) {
		char *path = locate(options->plugins[i]);
		bool done = path != NULL &&
			    add_plugin(runtime, options->config, path);

		free(path);
		if (!done)
			return false;
	}
	return true;
}

/* Whether the module contains the name of the host function that reports
 * allocations: as an import, or in a plugin that adds one. */
static bool watches_heaps(const uint8_t *bytes, size_t len)
{
	return memmem(bytes, len, HEAP_NAMESPACE, sizeof(HEAP_NAMESPACE) - 1) !=
	       NULL;
}

bool ln_cli_check_heap_profile(const struct ln_cli_options *options,
			       const uint8_t *bytes, size_t len)
{
	const struct ln_config *config = options->config;
	bool watched =
		options->heap_profiles == NULL || watches_heaps(bytes, len);

	for (size_t i = 0; i < config->plugin_count && !watched; i++) {
		bytes = ln_plugin_source(config->plugins[i], &len);
		watched = watches_heaps(bytes, len);
	}
	if (!watched)
		ln_log_say("--heap-profile needs the plugin that watches "
			   "allocations: -P heap_profiler");
	return watched;
}
