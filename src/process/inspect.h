/*
 * What the processes of a runtime are doing, for people and tools. It costs
 * processes nothing until somebody asks: what they count anyway is read; where
 * a guest is, it says itself (sched/probe.h).
 */
#ifndef LN_PROCESS_INSPECT_H
#define LN_PROCESS_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "engine/slots.h"
#include "engine/spares.h"
#include "process/directory.h"
#include "process/fold.h"
#include "sched/counters.h"

struct ln_host_function;
struct ln_process;
struct ln_runtime;

enum ln_process_state {
	LN_STATE_STARTING, /* it has not run yet, or is being instantiated */
	LN_STATE_RUNNING,
	LN_STATE_RUNNABLE, /* it waits for a worker */
	LN_STATE_RECEIVE,  /* it waits for a message */
	LN_STATE_TIMER,    /* it sleeps */
	LN_STATE_IO,       /* it waits for a descriptor */
	LN_STATE_BLOCKING, /* it waits for work in the blocking pool */
	LN_STATE_WAITING,  /* it waits for something else */
	LN_STATE_ENDING,
	LN_STATE_IDLE, /* it has answered, and waits for another request */
	LN_STATES,
};

/* The word for a state, in lower case. */
const char *ln_process_state_name(enum ln_process_state state);

#define LN_INFO_NAME 64   /* bytes, with the terminating zero; longer are cut */
#define LN_INFO_ENGINE 16 /* likewise, of an engine's name */

/* One process at one moment. Texts come from guests; they are clean
 * (base/text.h). */
struct ln_process_info {
	uint8_t id[16];
	uint64_t number;      /* see ln_process_number */
	uint64_t environment; /* its number */
	enum ln_process_state state;
	bool started;             /* used while it is made */
	bool brief;               /* likewise: without names */
	char name[LN_INFO_NAME];  /* in the registry, its label, or the name of
				   * its entry function; empty: none */
	char label[LN_INFO_NAME]; /* that it has set; empty: none */
	char registered[LN_INFO_NAME]; /* a name in a registry; likewise */
	char entry[LN_INFO_NAME];      /* the function that it began with */
	char engine[LN_INFO_ENGINE];   /* that runs it; empty: none, or not yet
					* known */
	uint8_t parent[16];            /* who spawned it; zeros: nobody did */
	const void *native;     /* a native process's function, or NULL */
	uint64_t messages;      /* in the mailbox */
	uint64_t message_bytes; /* the memory that they take */
	uint64_t received;      /* ever let into it */
	uint64_t sent;          /* by it, ever */
	uint64_t dropped;       /* refused because it was full, ever */
	uint64_t memory;        /* linear memory, bytes */
	uint64_t cpu;           /* ns; see sched/counters.h */
	uint64_t folded;        /* what it is folded into, bytes; 0: it is not,
				 * see process/fold.h */
	uint64_t slices;        /* see ln_task.slices */
	uint64_t fuel;          /* used; 0 when that is not known */
	int64_t age;            /* since its start, ns */
	uint32_t links;         /* processes linked to */

	/* Only of those that answered. */
	const struct ln_host_function *host; /* it is in; NULL: in none */
	char *function; /* of the guest, the innermost; NULL: not known */
};

/* A process that another is linked to. */
struct ln_link_info {
	uint8_t id[16];
	bool remote; /* it runs on another node */
	int64_t tag; /* that it is told when this one fails */
};

/* Stores up to `max` of the processes that `process` is linked to and returns
 * how many those are; ln_process_info has how many there are. It may miss some
 * that are far apart in a table that has been much larger. Any thread; holds
 * the lock of the process meanwhile, so `max` is to be some hundred. */
size_t ln_process_links(struct ln_process *process, struct ln_link_info *links,
			size_t max);

/* What the scheduler has counted. Waits are in seconds. */
struct ln_observed {
	unsigned workers; /* 0: memory was short, nothing is known */
	struct ln_sched_counts counts;
	struct ln_histogram_summary run_waits;
	struct ln_histogram_summary message_waits;
};

struct ln_inspection {
	uint64_t alive;
	uint64_t memory;               /* linear memory of all, bytes */
	uint64_t waiting;              /* messages in all mailboxes */
	struct ln_tally tally;         /* messages and drops of all, now */
	struct ln_spares_tally spares; /* instances that are used again */
	struct ln_slots_tally slots;   /* of the fast tier */
	struct ln_observed observed;
	struct ln_fold_tally folds;    /* folded processes */
	int64_t age;                   /* of the runtime, ns */
	size_t count;                  /* of infos */
	struct ln_process_info *infos; /* those that hold most bytes first */
};

/* Looks at all processes and tells of the `max` that hold the most memory,
 * linear memory and messages together. They get `wait` nanoseconds to say what
 * function they are in; 0: they are not asked. The others go on meanwhile, so
 * the numbers need not fit together. The caller keeps the runtime, and frees
 * the result. Deep, and waits: not on a fiber. LN_ENOMEM. */
int ln_inspect(struct ln_runtime *runtime, size_t max, int64_t wait,
	       struct ln_inspection **inspection);

/* Looks at one process, without asking it anything. The caller has a reference.
 * Any thread; it takes locks for as long as copying some numbers and names. */
void ln_process_look(struct ln_process *process, struct ln_process_info *info);

/* The same without texts, which takes a fraction of the time. */
void ln_process_measure(struct ln_process *process,
			struct ln_process_info *info);

/* NULL is fine. */
void ln_inspection_free(struct ln_inspection *inspection);

/* A guest's function as people read it: takes `name` over, and makes it
 * readable unless `deadline` has passed; clean in any case. NULL when memory is
 * short. Not on a worker. */
char *ln_process_show_function(char *name, int64_t deadline);

/* Copies a name, clean, and cut where it is too long. */
void ln_process_info_set_name(struct ln_process_info *info, const char *name,
			      size_t len);

#endif
