/* Making environments, and undoing that. */
#include "process/environment_new.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/log.h"
#include "base/quota.h"
#include "engine/code.h"
#include "engine/engine.h"
#include "engine/engine_class.h"
#include "engine/fault.h"
#include "engine/linker.h"
#include "engine/memory.h"
#include "engine/slots.h"
#include "net/resolver.h"
#include "process/environment.h"
#include "process/listeners.h"
#include "process/mailbox_warning.h"
#include "process/preopens.h"
#include "process/registry.h"
#include "process/runtime.h"
#include "process/trace.h"
#include "sched/blocking.h"
#include "sched/sched.h"

/* Of the descriptors that the program may open, so many are not for guests. */
#define DESCRIPTORS_KEPT 256

/* What an environment takes beside its configuration, about. */
#define ENVIRONMENT_BYTES 16384u

static void uncount(struct ln_environment *from,
		    const struct ln_environment *to)
{
	for (; from != to; from = from->parent) {
		uint64_t before = atomic_fetch_sub_explicit(
			&from->environments, 1, memory_order_relaxed);

		ln_assert(before > 0);
		(void)before;
	}
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

	/* Processes and environments below hold a reference. */
	ln_assert(atomic_load_explicit(&environment->processes,
				       memory_order_relaxed) == 0);
	ln_assert(atomic_load_explicit(&environment->environments,
				       memory_order_relaxed) == 0);
	if (environment->family == environment)
		ln_registry_close(environment->registry);
	ln_linker_release(environment->interim_linker);
	ln_linker_release(environment->linker);
	give_back_preopens(environment);
	ln_quota_release(environment->descriptors);
	ln_listeners_close(environment->listeners);
	ln_resolver_owner_release(environment->names);
	ln_blocking_tenant_release(environment->databases);
	ln_blocking_tenant_release(environment->bulk);
	ln_blocking_tenant_release(environment->files);
	if (environment->interim != NULL)
		ln_code_leave(environment->interim,
			      environment->interim_making);
	ln_code_leave(environment->engine, environment->making);
	ln_config_free((struct ln_config *)environment->config);
	ln_clock_deinit(&environment->clock);
	ln_log_source_close(ln_environment_log(environment));
	ln_account_refund(environment->charged, NULL, environment->kept);
	free(environment);
	if (parent != NULL) {
		uncount(parent, NULL);
		ln_environment_release(parent);
	}
	ln_runtime_release(runtime);
}

static bool allows(const void *environment, const char *name)
{
	return ln_environment_allows(environment, name);
}

/* Descriptors that all guests may use together: some remain for the program
 * itself. */
static uint64_t max_descriptors(void)
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
	uint64_t max = environment->limits.max_descriptors;
	size_t taken = 0;
	int error;

	if (parent == NULL && max > max_descriptors())
		max = max_descriptors();
	error = ln_quota_new(parent != NULL ? parent->descriptors : NULL, max,
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

/* Whether its parent's modules are of the same engine. */
static bool is_like(const struct ln_environment *environment,
		    const struct ln_environment *parent)
{
	return parent != NULL && parent->engine == environment->engine;
}

/* Whether its parent's modules are interpreted until they are compiled. */
static bool has_interim(const struct ln_environment *parent)
{
	return parent != NULL && parent->interim != NULL;
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
		error = ln_blocking_tenant_new(
			ln_sched_databases(runtime->sched),
			parent != NULL ? parent->databases : NULL,
			&environment->databases);
	if (error == 0)
		error = ln_code_join(
			environment->engine,
			is_like(environment, parent) ? parent->making : NULL,
			environment->making);
	if (error == 0 && environment->interim != NULL)
		error = ln_code_join(
			environment->interim,
			has_interim(parent) ? parent->interim_making : NULL,
			environment->interim_making);
	return error;
}

static bool has_fast_tier(const struct ln_engine *engine)
{
	return !ln_engine_class(engine)->interprets &&
	       ln_slots_max(ln_memories_slots(ln_engine_memories(engine))) >
		       0 &&
	       ln_fault_is_first();
}

/* Sets what follows from the configuration and the parent. */
static void set_limits(struct ln_environment *environment)
{
	struct ln_environment *parent = environment->parent;
	struct ln_limits *limits = &environment->limits;

	*limits = environment->config->limits;
	environment->denied = environment->config->denied;
	if (parent != NULL) {
		ln_limits_lower(limits, &parent->limits);
		environment->denied |= parent->denied;
		environment->charged = parent->charged;
	}
	/* Only what is less than above needs an account of its own. */
	if (limits->max_total_memory > 0 &&
	    (parent == NULL ||
	     limits->max_total_memory != parent->limits.max_total_memory)) {
		environment->account.above = environment->charged;
		environment->account.max = limits->max_total_memory;
		environment->charged = &environment->account;
	}
	if (limits->max_fuel > 0)
		environment->variant |= LN_VARIANT_METERED;
	environment->tiered = environment->config->strategy == LN_MEMORY_AUTO &&
			      has_fast_tier(environment->engine);
	if ((environment->config->strategy == LN_MEMORY_GUARD &&
	     !ln_engine_class(environment->engine)->interprets) ||
	    environment->tiered)
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

/* Makes what modules of an engine may import; `like` is what those of the
 * parent may, if it has any of that engine, or NULL. */
static int make_linker_of(struct ln_environment *environment,
			  struct ln_engine *engine, unsigned variant,
			  const struct ln_linker *like,
			  struct ln_linker **linker)
{
	if (like != NULL && ln_config_allows(environment->config, ""))
		return ln_linker_like(like, variant, linker);
	return ln_linker_new(engine, variant, allows, environment, linker);
}

/* Makes what its modules may import, from what it allows. */
static int make_linker(struct ln_environment *environment)
{
	const struct ln_environment *parent = environment->parent;
	int error = make_linker_of(
		environment, environment->engine, environment->variant,
		is_like(environment, parent) ? parent->linker : NULL,
		&environment->linker);

	if (error < 0 || environment->interim == NULL)
		return error;
	return make_linker_of(environment, environment->interim,
			      ln_environment_interim_variant(environment),
			      has_interim(parent) ? parent->interim_linker
						  : NULL,
			      &environment->interim_linker);
}

/* Gives it the registry of its family, or one of its own. */
static int join_family(struct ln_environment *environment)
{
	struct ln_environment *parent = environment->parent;

	if (parent != NULL && environment->config->joins_family) {
		environment->family = parent->family;
		environment->registry = parent->registry;
		return 0;
	}
	environment->family = environment;
	return ln_registry_new(environment->limits.max_registrations,
			       environment->limits.max_registry_bytes,
			       environment->charged, &environment->registry);
}

/* The one that the configuration names, or the parent's, or the runtime's. */
static int choose_engine(struct ln_environment *environment,
			 const struct ln_engine_choice *choice)
{
	const struct ln_environment *parent = environment->parent;
	struct ln_runtime *runtime = environment->runtime;
	bool interim = choice->interim;
	int error = 0;

	environment->engine = parent != NULL ? parent->engine : runtime->engine;
	if (choice->class != NULL)
		error = ln_runtime_engine(runtime, choice->class,
					  &environment->engine);
	else
		interim =
			parent != NULL ? has_interim(parent) : runtime->interim;
	if (error == 0 && interim)
		error = ln_runtime_engine(runtime, ln_engine_interim(),
					  &environment->interim);
	return error;
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
	environment->destroy = destroy;
	environment->on_crowded = ln_mailbox_warn;
	environment->on_receive = ln_trace_received;
	environment->on_link = ln_trace_linked;
	atomic_init(&environment->references, 1);
	ln_clock_init(&environment->clock);
	error = choose_engine(environment, &config->engine);
	if (error < 0)
		goto fail;
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
	environment->serving =
		copy->serves_operators ? NULL : &runtime->serving;
	error = ln_listeners_open(copy, environment->descriptors,
				  environment->serving,
				  &environment->listeners);
	if (error < 0)
		goto fail;
	error = make_linker(environment);
	if (error < 0)
		goto fail;
	error = join_family(environment);
	if (error < 0)
		goto fail;
	*out = environment;
	return 0;
fail:
	destroy(environment);
	return error;
}

struct making {
	struct ln_environment *parent;
	const struct ln_config *config;
	struct ln_environment *environment;
	int result;
};

static void make(void *argument)
{
	struct making *making = argument;

	making->result =
		ln_environment_new(making->parent->runtime, making->parent,
				   making->config, &making->environment);
}

int ln_environment_new_below(struct ln_environment *parent,
			     const struct ln_config *config,
			     struct ln_environment **environment)
{
	struct making making = { .parent = parent, .config = config };
	int error = ln_blocking_run_for(ln_sched_files(parent->runtime->sched),
					parent->files, make, &making);

	if (error == 0)
		error = making.result;
	if (error == 0)
		*environment = making.environment;
	return error;
}
