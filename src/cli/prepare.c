/*
 * DESIGN
 * What a runtime needs before its first process: the module's bytes, plugins,
 * and a configuration that is complete. What goes wrong is told in one line.
 */
#include "cli/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "cli/options.h"
#include "process/config.h"
#include "process/listeners.h"
#include "process/plugin.h"

/* Every connection is a descriptor, and the usual bound is for programs that
 * wait with select(2), as this one does not. */
void ln_cli_raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* Without it there are fewer descriptors, which is a limit as before.
	 */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* What a file of unknown size is read into at first. */
#define ROOM_FIRST ((size_t)64 << 10)

/* Reads until the end, or until there are `most` bytes. An errno. */
static int read_all(int fd, size_t most, size_t room, uint8_t **bytes,
		    size_t *len)
{
	while (*len < most) {
		uint8_t *larger;
		ssize_t n;

		if (*bytes == NULL || *len == room) {
			if (*bytes != NULL)
				room = room < most / 2 ? 2 * room : most;
			larger = realloc(*bytes, room);
			if (larger == NULL)
				return ENOMEM;
			*bytes = larger;
		}
		n = read(fd, *bytes + *len, room - *len);
		if (n == 0)
			return 0;
		if (n > 0)
			*len += (size_t)n;
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

uint8_t *ln_cli_read_file(const char *path, size_t most, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = ROOM_FIRST;
	uint8_t *bytes = NULL;
	struct stat stat;
	int error;

	*len = 0;
	if (fd < 0) {
		fprintf(stderr, "lunatic: cannot open '%s': %s\n", path,
			strerror(errno));
		return NULL;
	}
	/* One more tells that the file is too large. */
	if (most < SIZE_MAX)
		most++;
	/* With one more, the end is seen at once. */
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size > 0)
		room = (size_t)stat.st_size + 1;
	if (room > most)
		room = most;
	error = read_all(fd, most, room, &bytes, len);
	ln_fd_close(fd);
	if (error == 0)
		return bytes;
	fprintf(stderr, "lunatic: cannot read '%s': %s\n", path,
		strerror(error));
	free(bytes);
	return NULL;
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
		fprintf(stderr, "lunatic: cannot load the plugin '%s': %s\n",
			path, error != NULL ? error : ln_error_text(result));
		free(error);
		return false;
	}
	result = ln_config_add_plugin(config, plugin);
	ln_plugin_release(plugin);
	if (result < 0)
		fprintf(stderr, "lunatic: too many plugins: at most %d\n",
			LN_PLUGINS_MOST);
	return result == 0;
}

bool ln_cli_add_plugins(struct ln_runtime *runtime,
			const struct ln_cli_options *options)
{
	for (size_t i = 0; i < options->plugin_count; i++) {
		if (!add_plugin(runtime, options->config, options->plugins[i]))
			return false;
	}
	return true;
}

/* Grants the first process everything that it can have, and shows it the
 * command line and, unless some were named, the variables of this program. The
 * environments that guests make have none of them. */
int ln_cli_complete_config(const struct ln_cli_options *options)
{
	struct ln_config *config = options->config;
	int error = ln_config_allow(config, "", 0);

	for (size_t i = 0; i < options->arg_count && error == 0; i++)
		error = ln_config_add_arg(config, options->args[i]);
	if (options->some_envs)
		return error;
	for (char **at = environ; *at != NULL && error == 0; at++)
		error = ln_config_add_env(config, *at);
	return error;
}

/* Says which directory guests cannot have, and why; false if there is one. */
bool ln_cli_check_directories(const struct ln_config *config)
{
	for (size_t i = 0; i < config->preopen_count; i++) {
		const char *host = config->preopens[i].host;
		int fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0) {
			fprintf(stderr,
				"lunatic: cannot open the directory '%s' of "
				"--dir: %s\n",
				host, strerror(errno));
			return false;
		}
		ln_fd_close(fd);
	}
	return true;
}

/* Says where guests cannot listen, and why; false if there is such a place. */
bool ln_cli_check_listeners(const struct ln_config *config)
{
	for (size_t i = 0; i < config->listeners.count; i++) {
		const char *address = config->listeners.list[i];
		int fd = ln_listener_open(address, NULL);

		if (fd >= 0) {
			ln_fd_close(fd);
			continue;
		}
		if (fd == -EINVAL)
			fprintf(stderr,
				"lunatic: '%s' of --tcplisten is no IP "
				"address and port, such as 127.0.0.1:8080\n",
				address);
		else
			fprintf(stderr,
				"lunatic: cannot listen at '%s' of "
				"--tcplisten: %s\n",
				address, strerror(-fd));
		return false;
	}
	return true;
}

void ln_cli_refuse_environment(int error)
{
	const char *reason = ln_error_text(error);

	/* The first one is in no other, and there are few of them. */
	if (error == LN_ELIMIT)
		reason = "the directories and sockets of --dir and --tcplisten "
			 "are more than --max-descriptors, or the system, "
			 "allows";
	fprintf(stderr, "lunatic: %s\n", reason);
}

void ln_cli_refuse(const char *verb, const char *file, int result,
		   const char *error)
{
	fprintf(stderr, "lunatic: cannot %s '%s': %s (see errors.md#refused)\n",
		verb, file, error != NULL ? error : ln_error_text(result));
}
