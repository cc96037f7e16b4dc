/* Environments and the modules added to them. */
#include "process/environment.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/quota.h"
#include "base/refs.h"
#include "engine/code.h"
#include "engine/engine.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "net/resolver.h"
#include "process/listeners.h"
#include "process/plugin.h"
#include "process/preopens.h"
#include "process/registry.h"
#include "process/remote_environment.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"
#include "sched/task.h"

/* Of the descriptors that the program may open, so many are not for guests. */
#define DESCRIPTORS_KEPT 256

/* What an environment takes beside its configuration, and a module of it beside
 * its code, about. */
#define ENVIRONMENT_BYTES 16384u
#define ENV_MODULE_BYTES 1024u

static void uncount(struct ln_environment *from,
		    const struct ln_environment *to)
{
	for (; from != to; from = from->parent)
		atomic_fetch_sub_explicit(&from->environments, 1,
					  memory_order_relaxed);
}

/* Counts one more environment below `parent` and all above it. */
static int count_below(struct ln_environment *parent)
{
	for (struct ln_environment *at = parent; at != NULL; at = at->parent) {
		if (atomic_fetch_add_explicit(&at->environments, 1,
					      memory_order_relaxed) >=
		    at->limits.max_environments) {
			uncount(parent, at->parent);
			return LN_ELIMIT;
		}
	}
	return 0;
}

static void give_back_preopens(struct ln_environment *environment)
{
	struct ln_preopens *preopens = environment->preopens;

	for (size_t i = 0; preopens != NULL && i < preopens->count; i++)
		ln_quota_give(environment->descriptors);
	ln_preopens_close(preopens);
}

/* Accepts one that was only partly made, from its references on. */
static void destroy(void *argument)
{
	struct ln_environment *environment = argument;
	struct ln_environment *parent = environment->parent;
	struct ln_runtime *runtime = environment->runtime;

	ln_registry_close(environment->registry);
	ln_linker_release(environment->linker);
	give_back_preopens(environment);
	ln_quota_release(environment->descriptors);
	ln_listeners_close(environment->listeners);
	ln_resolver_owner_release(environment->names);
	ln_blocking_tenant_release(environment->bulk);
	ln_blocking_tenant_release(environment->files);
	ln_code_leave(runtime->engine, environment->making);
	ln_config_free((struct ln_config *)environment->config);
	ln_clock_deinit(&environment->clock);
	ln_account_refund(environment->charged, NULL, environment->kept);
	free(environment);
	if (parent != NULL) {
		uncount(parent, NULL);
		ln_environment_release(parent);
	}
	ln_runtime_release(runtime);
}

bool ln_environment_allows(const struct ln_environment *environment,
			   const char *name)
{
	for (; environment != NULL; environment = environment->parent) {
		if (!ln_config_allows(environment->config, name))
			return false;
	}
	return true;
}

static bool allows(const void *environment, const char *name)
{
	return ln_environment_allows(environment, name);
}

/* Descriptors that all guests may use together: some remain for the program
 * itself. */
static uint64_t most_descriptors(void)
{
	struct rlimit limit;
	uint64_t kept;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return UINT64_MAX;
	kept = limit.rlim_cur / 8;
	return limit.rlim_cur -
	       (kept < DESCRIPTORS_KEPT ? kept : DESCRIPTORS_KEPT);
}

/* Makes the quota of descriptors, and takes those of the directories. */
static int open_directories(struct ln_environment *environment)
{
	struct ln_environment *parent = environment->parent;
	const struct ln_config *config = environment->config;
	uint64_t most = environment->limits.max_descriptors;
	size_t taken = 0;
	int error;

	if (parent == NULL && most > most_descriptors())
		most = most_descriptors();
	error = ln_quota_new(parent != NULL ? parent->descriptors : NULL, most,
			     &environment->descriptors);
	if (error < 0)
		return error;
	while (taken < config->preopen_count &&
	       ln_quota_take(environment->descriptors))
		taken++;
	error = LN_ELIMIT;
	if (taken == config->preopen_count)
		error = ln_preopens_open(config, parent != NULL,
					 parent != NULL ? parent->preopens
							: NULL,
					 &environment->preopens);
	/* Later each goes with its directory. */
	while (error < 0 && taken-- > 0)
		ln_quota_give(environment->descriptors);
	return error;
}

/* Makes it a tenant of what environments share in turns. */
static int make_tenants(struct ln_environment *environment)
{
	struct ln_environment *parent = environment->parent;
	struct ln_runtime *runtime = environment->runtime;
	int error = ln_resolver_owner_new(runtime->resolver,
					  parent != NULL ? parent->names : NULL,
					  &environment->names);

	if (error == 0)
		error = ln_blocking_tenant_new(ln_sched_files(runtime->sched),
					       parent != NULL ? parent->files
							      : NULL,
					       &environment->files);
	if (error == 0)
		error = ln_blocking_tenant_new(ln_sched_bulk(runtime->sched),
					       parent != NULL ? parent->bulk
							      : NULL,
					       &environment->bulk);
	if (error == 0)
		error = ln_code_join(runtime->engine,
				     parent != NULL ? parent->making : NULL,
				     environment->making);
	return error;
}

/* Sets what follows from the configuration and the parent. */
static void set_limits(struct ln_environment *environment)
{
	struct ln_environment *parent = environment->parent;
	struct ln_limits *limits = &environment->limits;

	*limits = environment->config->limits;
	if (parent != NULL) {
		ln_limits_lower(limits, &parent->limits);
		environment->charged = parent->charged;
	}
	/* Only what is less than above needs an account of its own. */
	if (limits->max_total_memory > 0 &&
	    (parent == NULL ||
	     limits->max_total_memory != parent->limits.max_total_memory)) {
		environment->account.above = environment->charged;
		environment->account.most = limits->max_total_memory;
		environment->charged = &environment->account;
	}
	if (limits->max_fuel > 0)
		environment->variant |= LN_VARIANT_METERED;
	if (environment->config->strategy == LN_MEMORY_GUARD)
		environment->variant |= LN_VARIANT_GUARD;
}

/* What guests make is charged to them; the first one is the program's. */
static int charge_itself(struct ln_environment *environment)
{
	uint64_t bytes =
		ENVIRONMENT_BYTES + ln_config_weight(environment->config);

	if (environment->parent == NULL)
		return 0;
	if (!ln_account_charge(environment->charged, bytes))
		return LN_EMEMORY;
	environment->kept = bytes;
	return 0;
}

int ln_environment_new(struct ln_runtime *runtime,
		       struct ln_environment *parent,
		       const struct ln_config *config,
		       struct ln_environment **out)
{
	struct ln_environment *environment;
	struct ln_config *copy;
	int error;

	if (parent != NULL && parent->limits.max_nesting == 0)
		return LN_ELIMIT;
	error = count_below(parent);
	if (error < 0)
		return error;
	environment = calloc(1, sizeof(*environment));
	if (environment == NULL) {
		uncount(parent, NULL);
		return LN_ENOMEM;
	}
	environment->runtime = ln_runtime_retain(runtime);
	environment->number = atomic_fetch_add_explicit(
		&runtime->environments, 1, memory_order_relaxed);
	if (parent != NULL)
		environment->parent = ln_environment_retain(parent);
	atomic_init(&environment->references, 1);
	ln_clock_init(&environment->clock);
	error = ln_config_clone(config, &copy);
	if (error < 0)
		goto fail;
	environment->console =
		parent != NULL ? parent->console : config->console;
	environment->config = copy;
	set_limits(environment);
	error = charge_itself(environment);
	if (error < 0)
		goto fail;
	error = make_tenants(environment);
	if (error < 0)
		goto fail;
	error = open_directories(environment);
	if (error < 0)
		goto fail;
	error = ln_listeners_open(copy, environment->descriptors,
				  &environment->listeners);
	if (error < 0)
		goto fail;
	error = ln_linker_new(runtime->engine, environment->variant, allows,
			      environment, &environment->linker);
	if (error < 0)
		goto fail;
	error = ln_registry_new(environment->limits.max_registrations,
				environment->limits.max_registry_bytes,
				environment->charged, &environment->registry);
	if (error < 0)
		goto fail;
	*out = environment;
	return 0;
fail:
	destroy(environment);
	return error;
}

struct ln_environment *ln_environment_retain(struct ln_environment *environment)
{
	ln_refs_retain(&environment->references);
	return environment;
}

void ln_environment_release(struct ln_environment *environment)
{
	if (!ln_refs_release(&environment->references))
		return;
	if (environment->remote != NULL)
		environment->remote->free(environment);
	else
		ln_task_on_worker_stack(ln_task_current(), destroy,
					environment);
}

size_t ln_environment_args(const struct ln_environment *environment,
			   const char *const **args)
{
	*args = (const char *const *)environment->config->args.list;
	return environment->config->args.count;
}

size_t ln_environment_envs(const struct ln_environment *environment,
			   const char *const **envs)
{
	*envs = (const char *const *)environment->config->envs.list;
	return environment->config->envs.count;
}

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

int ln_environment_take_turn(struct ln_environment *environment,
			     enum ln_code_step step)
{
	return ln_code_take_turn(environment->runtime->engine, step,
				 environment->making);
}

void ln_environment_end_turn(struct ln_environment *environment,
			     enum ln_code_step step)
{
	ln_code_end_turn(environment->runtime->engine, step,
			 environment->making);
}

/* Has the plugins change a module. */
static void change(void *argument)
{
	struct change *job = argument;
	const struct ln_config *config = job->environment->config;
	const struct ln_limits *limits = &job->environment->limits;
	const struct ln_plugin_bounds bounds = {
		.most = limits->max_module_bytes,
		.ms = limits->max_plugin_ms,
	};

	job->result =
		ln_code_binary(job->bytes, job->len, bounds.most, &job->source,
			       &job->source_len, &job->error);
	if (job->result < 0)
		return;
	job->result = ln_plugins_apply(config->plugins, config->plugin_count,
				       job->source, job->source_len, &bounds,
				       &job->changed, &job->changed_len,
				       &job->fuel, &job->error);
}

/* Compiles what is to be compiled. */
static int load(struct ln_environment *environment, struct change *job,
		struct ln_module **module)
{
	const struct ln_module_limits limits = {
		.max_bytes = environment->limits.max_module_bytes,
		.tenants = environment->making,
		.background = ln_sched_live(environment->runtime->sched) > 0,
	};
	struct ln_runtime *runtime = environment->runtime;
	struct ln_blocking *pool = ln_sched_blocking(runtime->sched);
	int result;

	if (environment->config->plugin_count > 0) {
		result = ln_environment_take_turn(environment, LN_CODE_PLUGINS);
		if (result < 0)
			return result;
		result = ln_blocking_run(pool, change, job);
		ln_environment_end_turn(environment, LN_CODE_PLUGINS);
		if (result == 0)
			result = job->result;
		if (result < 0)
			return result;
		job->bytes = job->changed;
		job->len = job->changed_len;
	}
	return ln_module_new(runtime->engine, pool, environment->variant,
			     environment->linker, job->bytes, job->len, &limits,
			     module, &job->error);
}

int ln_environment_add_module(struct ln_environment *environment,
			      const uint8_t *bytes, size_t len,
			      struct ln_env_module **out, char **error)
{
	uint64_t fuel;

	return ln_environment_add_charged(environment, bytes, len, out, error,
					  &fuel);
}

/* Charges the environment for a module that has been made for it. */
static int charge_module(struct ln_environment *environment,
			 struct ln_env_module *module, size_t source_len)
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
			       struct ln_env_module **out, char **error,
			       uint64_t *plugin_fuel)
{
	struct change job = { .environment = environment,
			      .bytes = bytes,
			      .len = len };
	uint64_t expected = (uint64_t)len * 2 + ENV_MODULE_BYTES;
	struct ln_env_module *module;
	int result;

	*error = NULL;
	*plugin_fuel = 0;
	if (environment->remote != NULL)
		return environment->remote->add_module(environment, bytes, len,
						       out, error);
	/* What the binary is, is known afterwards. */
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
			ln_module_release(module->module);
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
	*out = module;
	return 0;
}

int ln_environment_register(struct ln_environment *environment,
			    const struct ln_registry_key *key,
			    const struct ln_version *version,
			    struct ln_process *process, char **error)
{
	*error = NULL;
	if (environment->remote != NULL)
		return environment->remote->enter(environment, key, process,
						  error);
	return ln_registry_register(environment->registry, key->name,
				    key->name_len, version, process);
}

int ln_environment_unregister(struct ln_environment *environment,
			      const struct ln_registry_key *key,
			      const struct ln_version *version, char **error)
{
	*error = NULL;
	if (environment->remote != NULL)
		return environment->remote->remove(environment, key, error);
	return ln_registry_unregister(environment->registry, key->name,
				      key->name_len, version);
}

int ln_environment_lookup(struct ln_environment *environment,
			  const struct ln_registry_key *key,
			  const struct ln_requirement *requirement,
			  struct ln_process **process, char **error)
{
	uint32_t compared;

	*error = NULL;
	*process = NULL;
	if (environment->remote != NULL)
		return environment->remote->lookup(environment, key, process,
						   error);
	*process = ln_registry_lookup(environment->registry, key->name,
				      key->name_len, requirement, &compared);
	return *process != NULL ? 0 : LN_ENOENT;
}

const uint8_t *ln_env_module_source(const struct ln_env_module *module,
				    size_t *len)
{
	if (module->source == NULL)
		return ln_module_bytes(module->module, len);
	*len = module->source_len;
	return module->source;
}

struct ln_env_module *ln_env_module_retain(struct ln_env_module *module)
{
	ln_refs_retain(&module->references);
	return module;
}

uint64_t ln_env_module_weight(const struct ln_env_module *module)
{
	return sizeof(*module) + module->source_len +
	       ln_module_weight(module->module);
}

void ln_env_module_release(struct ln_env_module *module)
{
	struct ln_environment *environment;

	if (!ln_refs_release(&module->references))
		return;
	if (module->module == NULL) {
		module->environment->remote->free_module(module);
		return;
	}
	environment = module->environment;
	ln_code_share_release(&environment->shares, environment->charged,
			      module->share);
	ln_account_refund(environment->charged, NULL, module->kept);
	/* The code goes before the linker that it was checked against. */
	ln_module_release(module->module);
	ln_environment_release(module->environment);
	free(module->source);
	free(module);
}
