/*
 * Environments: what the processes spawned into one may use. Counted
 * references, immutable but for the counts. They are made by environment_new.h;
 * add_module.h gives them modules, naming.h names to their processes.
 */
#ifndef LN_PROCESS_ENVIRONMENT_H
#define LN_PROCESS_ENVIRONMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "engine/account.h"
#include "engine/phases.h"
#include "process/clock.h"
#include "process/code_share.h"
#include "process/config.h"
#include "sched/fair_queue.h"

struct ln_blocking_tenant;
struct ln_linker;
struct ln_quota;
struct ln_registry;
struct ln_listeners;
struct ln_message;
struct ln_log_source;
struct ln_observer;
struct ln_preopens;
struct ln_process;
struct ln_remote_environment_class;
struct ln_resolver_owner;
struct ln_runtime;
struct ln_serving;

struct ln_environment {
	/* Immutable. Of one that is of another node only the first two, and
	 * the references, mean anything. */
	struct ln_runtime *runtime;
	const struct ln_remote_environment_class *remote; /* NULL: it is here */
	void (*destroy)(void *environment); /* when nobody has it; local */
	/* A mailbox of it is crowded; no lock is held. Local. */
	void (*on_crowded)(struct ln_process *process, uint64_t messages);
	/* A process of it that is traced has received a message; it, or the
	 * peer, has been linked, or is no longer. Local. */
	void (*on_receive)(struct ln_process *process,
			   const struct ln_message *message);
	void (*on_link)(struct ln_process *process, struct ln_process *peer,
			bool linked);
	struct ln_environment *parent;  /* counted; NULL: none */
	const struct ln_config *config; /* what it was made from, owned */
	struct ln_limits limits;        /* those that hold */
	unsigned variant;               /* of the engine */
	bool tiered;     /* its processes may be of the dense tier as well */
	uint64_t number; /* for reports; the first has 0 */
	/* The head of its family, which may be itself: environments that have
	 * one registry, and whose processes find each other by id. All but the
	 * head are below it. */
	struct ln_environment *family;
	unsigned denied; /* enum ln_denied, also by those above */
	uint64_t kept;   /* bytes that it is charged for itself */
	struct ln_linker *linker;
	struct ln_registry *registry;    /* of processes, by name; its family's
					  */
	struct ln_preopens *preopens;    /* NULL: none */
	struct ln_listeners *listeners;  /* NULL: none */
	struct ln_serving *serving;      /* the runtime's; NULL: what it serves
					  * goes on while that drains */
	struct ln_quota *descriptors;    /* sockets and files of guests */
	struct ln_resolver_owner *names; /* of the names looked up for it */
	/* In the pools for files: for short and for long work; and in that for
	 * databases. */
	struct ln_blocking_tenant *files;
	struct ln_blocking_tenant *bulk;
	struct ln_blocking_tenant *databases;
	const struct ln_console *console; /* NULL: the program's streams */
	struct ln_account *charged; /* the own one or that of the nearest above
				     * that has one; NULL: none has */

	/* Set before there are processes. NULL: its guests may not ask; it does
	 * not pass to environments below. process/observer.h. */
	struct ln_observer *observer;

	/* Any thread. */
	struct ln_tenant *making[LN_CODE_PHASES]; /* of modules */
	struct ln_log_source *_Atomic log; /* of its guests' lines, made with
					    * the first; NULL: none yet */
	struct ln_account account;    /* used when max_total_memory is set */
	struct ln_code_shares shares; /* of code, by its modules */
	_Atomic uint32_t references;
	_Atomic uint64_t processes;    /* alive, here and below */
	_Atomic uint64_t environments; /* alive, below */
	/* What its processes have announced in the cluster, here and below. */
	_Atomic uint64_t announced;
	_Atomic uint64_t announced_bytes;
	struct ln_clock clock;         /* of its processes' timers */
	atomic_bool lacks_directories; /* a guest looked for one, and there
					* are none; for hints only */
	struct ln_engine *engine;      /* the runtime's; immutable */
	/* What interprets modules until they are compiled. NULL: nothing. */
	struct ln_engine *interim;
	struct ln_linker *interim_linker;
	struct ln_tenant *interim_making[LN_CODE_PHASES];
};

/* Whether it is of another node: see process/remote_environment.h. */
static inline bool
ln_environment_is_remote(const struct ln_environment *environment)
{
	return environment->remote != NULL;
}

/* Whether processes of `top` answer for those of an environment: it is of the
 * family of `top`, or below it. */
static inline bool
ln_environment_answers_for(const struct ln_environment *top,
			   const struct ln_environment *environment)
{
	for (; environment != NULL; environment = environment->parent) {
		if (environment->family == top->family)
			return true;
	}
	return false;
}

/* The variant of what its modules are interpreted by meanwhile. */
static inline unsigned
ln_environment_interim_variant(const struct ln_environment *environment)
{
	return environment->variant & ~(unsigned)LN_VARIANT_GUARD;
}

struct ln_environment *
ln_environment_retain(struct ln_environment *environment);
void ln_environment_release(struct ln_environment *environment);

/* Takes one process off the counts, from `environment` up to, but not
 * including, `end`. */
static inline void ln_environment_leave(struct ln_environment *environment,
					const struct ln_environment *end)
{
	/* Relaxed, here and below: just numbers, nothing is read by them. */
	for (; environment != end; environment = environment->parent) {
		uint64_t before = atomic_fetch_sub_explicit(
			&environment->processes, 1, memory_order_relaxed);

		ln_assert(before > 0);
		(void)before;
	}
}

/* Counts one more process, here and in all above; false: too many. */
static inline bool ln_environment_enter(struct ln_environment *environment)
{
	struct ln_environment *at = environment;

	for (; at != NULL; at = at->parent) {
		if (atomic_fetch_add_explicit(&at->processes, 1,
					      memory_order_relaxed) >=
		    at->limits.max_processes) {
			ln_environment_leave(environment, at->parent);
			return false;
		}
	}
	return true;
}

/* Whether it and all above it allow the host function, "namespace::name". */
bool ln_environment_allows(const struct ln_environment *environment,
			   const char *name);

/* Where lines of its guests are queued; NULL: they have written none. */
static inline struct ln_log_source *
ln_environment_log(const struct ln_environment *environment)
{
	/* Acquire pairs with whoever made it. */
	return atomic_load_explicit(&environment->log, memory_order_acquire);
}

/* Command line and environment variables of its guests. */
size_t ln_environment_args(const struct ln_environment *environment,
			   const char *const **args);
size_t ln_environment_envs(const struct ln_environment *environment,
			   const char *const **envs);

#endif
