/*
 * Job: run the plugins of an environment over a module.
 *
 * Each plugin is a process that is spawned from `lunatic_create_module_hook`,
 * after `_initialize` if it has that. The thread that waits for it, one of the
 * blocking pool or the program's first, touches the module only when the
 * process has ended, and ends it when it takes too long. The next plugin works
 * on what came out.
 *
 * Threads: ln_plugins_apply and ln_plugin_new in threads that are no workers.
 * No locks.
 * Guarantees: whatever a plugin does, the caller gets a valid module or an
 * error that names it. A plugin cannot reach other processes, files or
 * networks.
 * Limits: FUEL and MEMORY for each, time for all of a module's; what a plugin
 * prints is not ordered with what others print.
 */
#include "process/plugin.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/refs.h"
#include "base/text.h"
#include "base/time.h"
#include "engine/code.h"
#include "engine/module.h"
#include "engine/rewrite.h"
#include "process/environment.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/wasm.h"

#define FUEL ((uint64_t)1000000000) /* instructions, about */
#define MEMORY ((uint64_t)256 << 20)

/* What taking a module apart, putting it together and validating it costs, in
 * instructions: a fifth of what compiling it does. */
#define FUEL_PER_BYTE 20

#define HOOK "lunatic_create_module_hook"
#define INITIALIZE "_initialize"
#define NAMESPACE "lunatic::plugin"

struct ln_plugin {
	_Atomic uint32_t references;
	struct ln_env_module *module; /* counted */
	char *name;                   /* NULL: none */
};

/* What any plugin may call. */
static const char *const always[] = {
	NAMESPACE "::",
	"lunatic::error::",
	"lunatic::version::",
};

/* What it may call if whoever gives it may: what C libraries need in order to
 * print. Nothing that waits for others, other than that. */
static const char *const granted[] = {
	"wasi_snapshot_preview1::args_get",
	"wasi_snapshot_preview1::args_sizes_get",
	"wasi_snapshot_preview1::environ_get",
	"wasi_snapshot_preview1::environ_sizes_get",
	"wasi_snapshot_preview1::clock_time_get",
	"wasi_snapshot_preview1::fd_fdstat_get",
	"wasi_snapshot_preview1::fd_prestat_get",
	"wasi_snapshot_preview1::fd_close",
	"wasi_snapshot_preview1::fd_seek",
	"wasi_snapshot_preview1::fd_write",
	"wasi_snapshot_preview1::proc_exit",
	"wasi_snapshot_preview1::random_get",
};

/* ---- Making ---- */

static int allow(struct ln_config *config, const struct ln_environment *giver)
{
	int error = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (error == 0)
			error = ln_config_allow(config, always[i],
						strlen(always[i]));
	}
	for (size_t i = 0; i < sizeof(granted) / sizeof(granted[0]); i++) {
		if (error == 0 &&
		    (giver == NULL || ln_environment_allows(giver, granted[i])))
			error = ln_config_allow(config, granted[i],
						strlen(granted[i]));
	}
	return error;
}

static int make_environment(struct ln_runtime *runtime,
			    const struct ln_environment *giver,
			    struct ln_environment **environment)
{
	struct ln_config *config;
	int error = ln_config_new(&config);

	if (error < 0)
		return error;
	config->limits.max_fuel = FUEL;
	config->limits.max_memory = MEMORY;
	error = allow(config, giver);
	if (error == 0)
		error = ln_config_add_arg(config, "plugin");
	if (error == 0)
		error = ln_environment_new(runtime, NULL, config, environment);
	ln_config_free(config);
	return error;
}

static void destroy(struct ln_plugin *plugin)
{
	if (plugin->module != NULL)
		ln_env_module_release(plugin->module);
	free(plugin->name);
	free(plugin);
}

static bool exports(const struct ln_plugin *plugin, const char *name)
{
	return ln_module_entry(plugin->module->module, name, strlen(name)) !=
	       NULL;
}

/* Whether it can change a module: any other one would be run for nothing, and
 * nobody would know. It may do so in `_initialize` alone, which every library
 * in C has; then it imports what plugins call. */
static bool is_plugin(const struct ln_plugin *plugin)
{
	const uint8_t *bytes;
	size_t len;

	if (exports(plugin, HOOK))
		return true;
	bytes = ln_module_bytes(plugin->module->module, &len);
	return exports(plugin, INITIALIZE) &&
	       memmem(bytes, len, NAMESPACE, sizeof(NAMESPACE) - 1) != NULL;
}

int ln_plugin_new(struct ln_runtime *runtime,
		  const struct ln_environment *giver, const char *name,
		  const uint8_t *bytes, size_t len, struct ln_plugin **out,
		  char **error)
{
	struct ln_plugin *plugin = calloc(1, sizeof(*plugin));
	struct ln_environment *environment;
	int code;

	*error = NULL;
	if (plugin == NULL)
		return LN_ENOMEM;
	atomic_init(&plugin->references, 1);
	if (name != NULL) {
		plugin->name = strdup(name);
		if (plugin->name == NULL) {
			destroy(plugin);
			return LN_ENOMEM;
		}
	}
	code = make_environment(runtime, giver, &environment);
	if (code == 0) {
		code = ln_environment_add_module(environment, bytes, len,
						 &plugin->module, error);
		ln_environment_release(environment);
	}
	if (code == 0 && !is_plugin(plugin)) {
		code = LN_EINVAL;
		/* NULL says that memory is short, too. */
		*error = strdup("it is not a plugin: it exports no function "
				"`" HOOK "`");
	}
	if (code < 0) {
		destroy(plugin);
		return code;
	}
	*out = plugin;
	return 0;
}

struct ln_plugin *ln_plugin_retain(struct ln_plugin *plugin)
{
	ln_refs_retain(&plugin->references);
	return plugin;
}

void ln_plugin_release(struct ln_plugin *plugin)
{
	if (ln_refs_release(&plugin->references))
		destroy(plugin);
}

const char *ln_plugin_name(const struct ln_plugin *plugin)
{
	return plugin->name;
}

const uint8_t *ln_plugin_source(const struct ln_plugin *plugin, size_t *len)
{
	return ln_env_module_source(plugin->module, len);
}

uint64_t ln_plugin_weight(const struct ln_plugin *plugin)
{
	return sizeof(*plugin) + ln_env_module_weight(plugin->module);
}

/* ---- Running ---- */

/* The plugins that are run, and which of them is. */
struct run {
	struct ln_plugin *const *plugins;
	size_t count;
	size_t current;
	struct ln_plugin_bounds bounds;
	uint64_t fuel; /* used */
	int64_t deadline;
	char *error;
};

__attribute__((format(printf, 3, 4))) static int fail(struct run *run, int code,
						      const char *format, ...)
{
	const char *name = run->plugins[run->current]->name;
	va_list arguments;
	char *reason;

	va_start(arguments, format);
	ln_text_vformat(&reason, format, arguments);
	va_end(arguments);
	if (reason == NULL)
		return code;
	if (name != NULL)
		ln_text_format(&run->error, "plugin '%s' %s", name, reason);
	else
		ln_text_format(&run->error, "plugin %zu of %zu %s",
			       run->current + 1, run->count, reason);
	free(reason);
	return code;
}

/* What the end of a plugin's process means for the module. */
static int judge(struct run *run, const struct ln_hook *hook,
		 enum ln_outcome outcome, uint32_t exit_code, bool late)
{
	switch (outcome) {
	case LN_OUTCOME_NORMAL:
		return 0;
	case LN_OUTCOME_EXITED:
		return fail(run, LN_ETRAP, "exited with status %u", exit_code);
	case LN_OUTCOME_TRAPPED:
		if (hook->failure == NULL)
			return fail(run, LN_ENOMEM, "failed: out of memory");
		return fail(run, LN_ETRAP, "failed: %s", hook->failure);
	case LN_OUTCOME_KILLED:
		if (late)
			return fail(run, LN_ETIMEDOUT,
				    "did not finish within %llu milliseconds",
				    (unsigned long long)run->bounds.ms);
		return fail(run, LN_EKILLED, "was killed");
	}
	return LN_EINVAL;
}

/* Calls the plugin's hook and waits for its end. */
static int call_hook(struct run *run, struct ln_hook *hook)
{
	const struct ln_plugin *plugin = run->plugins[run->current];
	struct ln_spawn spawn = {
		.module = plugin->module,
		.function = HOOK,
		.function_len = sizeof(HOOK) - 1,
		.hook = hook,
	};
	struct ln_process *process;
	enum ln_outcome outcome;
	uint32_t exit_code;
	char *error;
	bool late;
	int code;

	if (!exports(plugin, HOOK)) {
		spawn.function = INITIALIZE;
		spawn.function_len = sizeof(INITIALIZE) - 1;
	}
	code = ln_wasm_spawn(&spawn, &process, &error);
	if (code < 0) {
		code = fail(run, code, "cannot be run: %s",
			    error != NULL ? error : ln_error_text(code));
		free(error);
		return code;
	}
	late = !ln_process_wait_until(process, run->deadline);
	if (late)
		ln_process_kill(process);
	outcome = ln_process_wait(process, &exit_code);
	ln_process_release(process);
	return judge(run, hook, outcome, exit_code, late);
}

/* Whether what came out is valid; when it is not, and what went in was not
 * either, the compiler may say so. */
static int check(struct run *run, const uint8_t *before, size_t before_len,
		 const uint8_t *after, size_t after_len)
{
	struct ln_environment *environment =
		run->plugins[run->current]->module->environment;
	struct ln_engine *engine = environment->runtime->engine;
	char *error;
	int code;

	if (after_len == before_len && memcmp(before, after, after_len) == 0)
		return 0;
	code = ln_code_validate(engine, environment->variant, after, after_len,
				&error);
	if (code == 0)
		return 0;
	if (code == LN_EFORMAT) {
		char *unused;
		int was = ln_code_validate(engine, environment->variant, before,
					   before_len, &unused);

		if (was == 0)
			code = fail(run, code, "made a bad module: %s",
				    error != NULL ? error : "out of memory");
		else
			code = 0;
		free(unused);
	}
	free(error);
	return code;
}

static int apply_one(struct run *run, const uint8_t *bytes, size_t len,
		     uint8_t **changed, size_t *changed_len)
{
	struct ln_hook hook = { 0 };
	char *error;
	int code = ln_rewrite_new(bytes, len, run->bounds.most, &hook.rewrite,
				  &error);

	if (code < 0) {
		/* The module is at fault, not the plugin. */
		run->error = error;
		return code;
	}
	code = call_hook(run, &hook);
	run->fuel += hook.fuel + len * FUEL_PER_BYTE;
	if (code == 0) {
		code = ln_rewrite_encode(hook.rewrite, changed, changed_len,
					 &error);
		if (code < 0 && error != NULL)
			(void)fail(run, code, "made a bad module: %s", error);
		free(error);
	}
	ln_rewrite_free(hook.rewrite);
	free(hook.failure);
	if (code < 0)
		return code;
	code = check(run, bytes, len, *changed, *changed_len);
	if (code < 0)
		free(*changed);
	return code;
}

int ln_plugins_apply(struct ln_plugin *const *plugins, size_t count,
		     const uint8_t *bytes, size_t len,
		     const struct ln_plugin_bounds *bounds, uint8_t **changed,
		     size_t *changed_len, uint64_t *fuel, char **error)
{
	struct run run = {
		.plugins = plugins,
		.count = count,
		.bounds = *bounds,
		.deadline = ln_time_after_ms(bounds->ms),
	};
	int code = ln_code_binary(bytes, len, bounds->most, changed,
				  changed_len, error);

	while (code == 0 && run.current < count) {
		uint8_t *before = *changed;

		code = apply_one(&run, before, *changed_len, changed,
				 changed_len);
		free(before);
		run.current++;
	}
	*fuel = run.fuel;
	if (code < 0)
		*changed = NULL;
	if (run.error != NULL)
		*error = run.error;
	return code;
}
