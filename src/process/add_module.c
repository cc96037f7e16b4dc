/* Adding modules to environments. */
#include "process/add_module.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/code.h"
#include "engine/interim.h"
#include "engine/module.h"
#include "process/env_module.h"
#include "process/plugin_run.h"
#include "process/remote_environment.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"

/* What a module of an environment takes beside its code, about. */
#define ENV_MODULE_BYTES 1024u

struct change {
	const struct ln_environment *environment;
	const uint8_t *bytes;
	size_t len;
	uint8_t *source; /* a copy of the binary; owned by the module later */
	size_t source_len;
	uint8_t *changed; /* by the plugins; owned */
	size_t changed_len;
	uint64_t fuel;
	char *error;
	int result;
};

int ln_environment_enter_queue(struct ln_environment *environment,
			       enum ln_code_phase phase)
{
	return ln_code_enter_queue(environment->engine, phase,
				   environment->making);
}

void ln_environment_leave_queue(struct ln_environment *environment,
				enum ln_code_phase phase)
{
	ln_code_leave_queue(environment->engine, phase, environment->making);
}

/* Has the plugins change a module. */
static void change(void *argument)
{
	struct change *job = argument;
	const struct ln_config *config = job->environment->config;
	const struct ln_limits *limits = &job->environment->limits;
	const struct ln_plugin_bounds bounds = {
		.max = limits->max_module_bytes,
		.ms = limits->max_plugin_ms,
	};

	job->result =
		ln_code_binary(job->bytes, job->len, bounds.max, &job->source,
			       &job->source_len, &job->error);
	if (job->result < 0)
		return;
	job->result = ln_plugins_apply(config->plugins, config->plugin_count,
				       job->source, job->source_len, &bounds,
				       &job->changed, &job->changed_len,
				       &job->fuel, &job->error);
}

/* Interprets meanwhile what it would take long to compile. */
static int make_soon(struct ln_environment *environment, struct change *job,
		     const struct ln_compiled_limits *limits,
		     struct ln_compiled **module)
{
	const struct ln_interim_target compiled = {
		.engine = environment->engine,
		.variant = environment->variant,
		.linker = environment->linker,
		.tenants = environment->making,
	};
	const struct ln_interim_target meanwhile = {
		.engine = environment->interim,
		.variant = ln_environment_interim_variant(environment),
		.linker = environment->interim_linker,
		.tenants = environment->interim_making,
	};

	return ln_interim_new(&compiled, &meanwhile,
			      environment->runtime->sched, job->bytes, job->len,
			      limits, module, &job->error);
}

/* Compiles what is to be compiled. */
static int load(struct ln_environment *environment, struct change *job,
		struct ln_compiled **module)
{
	const struct ln_compiled_limits limits = {
		.max_bytes = environment->limits.max_module_bytes,
		.tenants = environment->making,
		.background = ln_sched_live(environment->runtime->sched) > 0,
		.tiered = environment->tiered,
	};
	struct ln_runtime *runtime = environment->runtime;
	struct ln_blocking *pool = ln_sched_blocking(runtime->sched);
	int result;

	if (environment->config->plugin_count > 0) {
		result = ln_environment_enter_queue(environment,
						    LN_CODE_PLUGINS);
		if (result < 0)
			return result;
		result = ln_blocking_run(pool, change, job);
		ln_environment_leave_queue(environment, LN_CODE_PLUGINS);
		if (result == 0)
			result = job->result;
		if (result < 0)
			return result;
		job->bytes = job->changed;
		job->len = job->changed_len;
	}
	if (environment->interim != NULL)
		return make_soon(environment, job, &limits, module);
	return ln_compiled_new(environment->engine, pool, environment->variant,
			       environment->linker, job->bytes, job->len,
			       &limits, module, &job->error);
}

int ln_environment_add_module(struct ln_environment *environment,
			      const uint8_t *bytes, size_t len,
			      struct ln_module **out, char **error)
{
	uint64_t fuel;

	return ln_environment_add_charged(environment, bytes, len, out, error,
					  &fuel);
}

/* Charges the environment for a module that has been made for it. */
static int charge_module(struct ln_environment *environment,
			 struct ln_module *module, size_t source_len)
{
	uint64_t bytes = ENV_MODULE_BYTES + source_len;
	int error;

	if (!ln_account_charge(environment->charged, bytes))
		return LN_EMEMORY;
	error = ln_code_share_take(&environment->shares, environment->charged,
				   module->module, &module->share);
	if (error < 0) {
		ln_account_refund(environment->charged, NULL, bytes);
		return error;
	}
	module->kept = bytes;
	return 0;
}

int ln_environment_add_charged(struct ln_environment *environment,
			       const uint8_t *bytes, size_t len,
			       struct ln_module **out, char **error,
			       uint64_t *plugin_fuel)
{
	struct change job = { .environment = environment,
			      .bytes = bytes,
			      .len = len };
	uint64_t expected = (uint64_t)len * 2 + ENV_MODULE_BYTES;
	struct ln_module *module;
	int result;

	*error = NULL;
	*plugin_fuel = 0;
	if (ln_environment_is_remote(environment))
		return environment->remote->add_module(environment, bytes, len,
						       out, error);
	/* An estimate: the binary is known only afterwards. */
	if (!ln_account_charge(environment->charged, expected))
		return LN_EMEMORY;
	module = calloc(1, sizeof(*module));
	result = LN_ENOMEM;
	if (module != NULL)
		result = load(environment, &job, &module->module);
	ln_account_refund(environment->charged, NULL, expected);
	*plugin_fuel = job.fuel;
	free(job.changed);
	if (result == 0) {
		result = charge_module(environment, module, job.source_len);
		if (result < 0)
			ln_compiled_release(module->module);
	}
	if (result < 0) {
		*error = job.error;
		free(job.source);
		free(module);
		return result;
	}
	module->source = job.source;
	module->source_len = job.source_len;
	module->environment = ln_environment_retain(environment);
	atomic_init(&module->references, 1);
	ln_module_enlist(module);
	*out = module;
	return 0;
}

/* Whether code for one environment is code for the other. */
static bool same_code(const struct ln_environment *a,
		      const struct ln_environment *b)
{
	const struct ln_config *x = a->config;
	const struct ln_config *y = b->config;

	return a->engine == b->engine && a->variant == b->variant &&
	       a->tiered == b->tiered && a->linker == b->linker &&
	       a->interim == b->interim &&
	       a->interim_linker == b->interim_linker &&
	       x->plugin_count == y->plugin_count &&
	       (x->plugin_count == 0 ||
		memcmp(x->plugins, y->plugins,
		       x->plugin_count * sizeof(struct ln_plugin *)) == 0);
}

int ln_environment_adopt_module(struct ln_environment *environment,
				const struct ln_module *from,
				struct ln_module **out, char **error)
{
	struct ln_module *module;
	size_t len;
	const uint8_t *bytes = ln_module_source(from, &len);
	int result;

	/* What it was before plugins would have to be copied. */
	if (from->source != NULL ||
	    !same_code(environment, from->environment) ||
	    len > environment->limits.max_module_bytes)
		return ln_environment_add_module(environment, bytes, len, out,
						 error);
	*error = NULL;
	module = calloc(1, sizeof(*module));
	if (module == NULL)
		return LN_ENOMEM;
	module->module = ln_compiled_retain(from->module);
	result = charge_module(environment, module, 0);
	if (result < 0) {
		ln_compiled_release(module->module);
		free(module);
		return result;
	}
	module->environment = ln_environment_retain(environment);
	atomic_init(&module->references, 1);
	ln_module_enlist(module);
	*out = module;
	return 0;
}
