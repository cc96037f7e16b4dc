/*
 * Job: run the plugins of an environment over a module.
 *
 * Each plugin is a process that is spawned from `lunatic_create_module_hook`,
 * after `_initialize` if it has that. The thread that waits for it, one of the
 * blocking pool or the program's first, touches the module only when the
 * process has ended, and ends it when it takes too long. The next plugin works
 * on what came out.
 *
 * Threads: ln_plugins_apply in threads that are no workers. No locks.
 * Guarantees: whatever a plugin does, the caller gets a valid module or an
 * error that names it.
 * Limits: those of its environment for each (plugin_new.c), time for all of a
 * module's; what a plugin prints is not ordered with what others print.
 */
#include "process/plugin_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "engine/code.h"
#include "engine/module.h"
#include "engine/rewrite.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/life.h"
#include "process/plugin.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/wasm.h"

/* What taking a module apart, putting it together and validating it costs, in
 * instructions: a fifth of what compiling it does. */
#define FUEL_PER_BYTE 20

bool ln_plugin_exports(const struct ln_plugin *plugin, const char *name)
{
	return ln_compiled_entry(plugin->module->module, name, strlen(name)) !=
	       NULL;
}

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
		.function = LN_PLUGIN_HOOK,
		.function_len = sizeof(LN_PLUGIN_HOOK) - 1,
		.hook = hook,
	};
	struct ln_process *process;
	enum ln_outcome outcome;
	uint32_t exit_code;
	char *error;
	bool late;
	int code;

	if (!ln_plugin_exports(plugin, LN_PLUGIN_HOOK)) {
		spawn.function = LN_PLUGIN_INITIALIZE;
		spawn.function_len = sizeof(LN_PLUGIN_INITIALIZE) - 1;
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
	struct ln_engine *engine = environment->engine;
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
	int code = ln_rewrite_new(bytes, len, run->bounds.max, &hook.rewrite,
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
	int code = ln_code_binary(bytes, len, bounds->max, changed, changed_len,
				  error);

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
