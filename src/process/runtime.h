/*
 * A runtime: one scheduler, an engine or several, and the processes on them. A
 * program may have several. References are counted: environments hold one, and
 * so do their modules and processes.
 */
#ifndef LN_PROCESS_RUNTIME_H
#define LN_PROCESS_RUNTIME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/futex.h"
#include "base/list.h"
#include "engine/compiler.h"
#include "engine/engine.h"
#include "net/serving.h"

struct ln_blocking;
struct ln_control;
struct ln_deaths;
struct ln_directory;
struct ln_engine;
struct ln_engine_class;
struct ln_folding;
struct ln_host_table;
struct ln_node;
struct ln_local_node;
struct ln_metrics;
struct ln_process;
struct ln_report;
struct ln_resolver;
struct ln_sched;
struct ln_tls_context;
struct ln_trace;
struct ln_outgoing;
struct ln_wasi;

struct ln_runtime_options {
	/* Of environments that ask for none; none: ln_engine_default. */
	struct ln_engine_choice engine;
	unsigned workers; /* 0: one per core */
	bool epochs;      /* guests look at a counter to be preempted, rather
			   * than being interrupted by a signal */
	size_t stack;     /* bytes of a guest's frames, whole KiB within the
			   * bounds of engine/engine.h; 0: the default */
	const struct ln_host_table *host;    /* what guests may import */
	void (*free_wasi)(struct ln_wasi *); /* the host's part of a guest */
	/* Told why a process trapped, in the place of standard error, on the
	 * worker's stack; NULL: standard error, see base/log.h. */
	void (*on_trap)(void *argument, struct ln_process *process,
			const char *text);
	void *on_trap_argument;
	const char *heap_profiles;     /* a folder for those of processes; stays
					* as long as the runtime; NULL: none */
	struct ln_compiling compiling; /* of large modules */
};

/* What a runtime is doing; it only goes on to later ones. */
enum ln_runtime_state {
	LN_RUNTIME_STARTING, /* nothing runs that it was started for */
	LN_RUNTIME_READY,
	LN_RUNTIME_DRAINING, /* see process/drain.h */
	LN_RUNTIME_STOPPING, /* all processes are killed */
};

/* Of process/drain.c, under the lock. */
struct ln_drains {
	struct ln_lock lock;
	struct ln_list waiting; /* struct ln_drain_watch, not told yet */
	uint64_t left;          /* processes that asked and are alive */
	bool ever;              /* some process has asked */
	bool begun;
};

/* Traces that there can be at the same time. */
#define LN_TRACES_MAX 4

/* Of process/trace.c. */
struct ln_traces {
	_Atomic uint32_t count; /* of those in `list`; any thread reads it */
	struct ln_lock lock;
	struct ln_trace *list[LN_TRACES_MAX]; /* under lock, as the next one */
	uint64_t begun;                       /* ever */
};

struct ln_runtime {
	/* Immutable after start. */
	struct ln_sched *sched;
	struct ln_directory *directory; /* of its processes */
	struct ln_engine *engine;       /* of environments that ask for none */
	bool interim;                   /* likewise; see ln_engine_choice */
	struct ln_resolver *resolver;
	struct ln_metrics *metrics; /* of all its guests */
	struct ln_deaths *deaths;   /* the last ones; process/deaths.h */
	struct ln_blocking *texts;  /* one thread, which makes reports texts */
	void (*free_wasi)(struct ln_wasi *);
	void (*on_trap)(void *argument, struct ln_process *process,
			const char *text);
	void *on_trap_argument;
	const char *heap_profiles; /* where processes write theirs, or NULL */
	int64_t started;           /* CLOCK_MONOTONIC, ns */

	/* Set once, before there are processes; process/fold.h. NULL: none are
	 * folded. */
	struct ln_folding *folding;

	/* Set once, before there are processes; see node/node.h. NULL: the
	 * runtime is not a node. Cleared when there are none any more. */
	struct ln_local_node *node;
	/* What lunatic_rt_free ends then; cluster/node.h. NULL: none. */
	struct ln_node *member;
	struct ln_control *control; /* likewise; control/control.h */

	/* Any thread. */
	struct ln_tls_context *_Atomic system_trust; /* of guests that connect
						      * by TLS, made by the
						      * first; NULL: not yet */
	_Atomic uint32_t references;
	_Atomic bool stopping;
	_Atomic uint32_t state; /* enum ln_runtime_state, but for STOPPING */
	_Atomic uint64_t environments;  /* ever made: numbers them */
	_Atomic uint64_t services;      /* tasks that began to run, but for */
	_Atomic uint64_t services_over; /* processes; and that ended */
	struct ln_lock clocks_lock;
	struct ln_list clocks; /* under it; served ones, process/timers.c */
	struct ln_lock modules_lock;
	struct ln_list modules; /* under it; see process/env_module.h */
	_Atomic bool upgrading; /* somebody is, see process/upgrade.h */
	struct ln_drains drains;
	struct ln_traces traces;
	/* To whom guests may send requests of HTTP; set before they run, and
	 * owned by who does. NULL: to nobody. See serve/outgoing.h. */
	const struct ln_outgoing *outgoing;
	struct ln_serving serving; /* to the outside, by its guests */
	/* All engines that were asked for, by their position (ln_engine_at),
	 * set once, under the lock. */
	struct ln_lock engines_lock;
	struct ln_engine *_Atomic engines[LN_ENGINES];
};

/* With one reference, the caller's. LN_ENOMEM: no memory, or no addresses;
 * LN_EIO: no thread; LN_ELIMIT: no descriptor; LN_EPERM: memory cannot be made
 * executable; LN_EUNSUP: no handler of signals. */
int ln_runtime_new(const struct ln_runtime_options *options,
		   struct ln_runtime **runtime);

/* The engine of a class, which is made when it is first asked for. LN_ENOMEM;
 * or what the system lacks for it, as above; LN_EUNSUP also when its guests
 * cannot be preempted as those of the others are. Any thread; deep. */
int ln_runtime_engine(struct ln_runtime *runtime,
		      const struct ln_engine_class *class,
		      struct ln_engine **engine);

/* The engine at a position of ln_engine_at; NULL: it was not asked for. */
struct ln_engine *ln_runtime_engine_at(const struct ln_runtime *runtime,
				       unsigned position);

/* The one whose instances are used again, and that has a fast tier, if there is
 * such a one; for reports. */
const struct ln_engine *
ln_runtime_recycling_engine(const struct ln_runtime *runtime);

/* What it is doing. Any thread. */
enum ln_runtime_state ln_runtime_state(const struct ln_runtime *runtime);

/* About how many processes are alive. Any thread. */
uint64_t ln_runtime_processes(const struct ln_runtime *runtime);

/* It becomes READY or DRAINING, unless it is already that or a later one. Any
 * thread. */
void ln_runtime_enter(struct ln_runtime *runtime, enum ln_runtime_state state);

/* A sentence, without a dot, about such an error, and what to do; it lives
 * forever. Any thread. */
const char *ln_runtime_refusal(int error);

/* The last release frees everything, and comes after ln_runtime_free
 * (process/shutdown.h): then no worker has anything to run. */
struct ln_runtime *ln_runtime_retain(struct ln_runtime *runtime);
void ln_runtime_release(struct ln_runtime *runtime);

/* To be called by a task that is no process, as the first and the last that it
 * does: stopping the runtime does not wait for it. Whoever starts such tasks
 * ends them before the runtime is freed. */
void ln_runtime_service_begins(struct ln_runtime *runtime);
void ln_runtime_service_ends(struct ln_runtime *runtime);

/* A report as a text, which needs more than a worker should give: on a fiber,
 * which parks meanwhile, or in any thread that is no worker. The report stays
 * the caller's. NULL when memory is short. */
char *ln_runtime_report_text(struct ln_runtime *runtime,
			     struct ln_report *report);

#endif
