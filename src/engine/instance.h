/*
 * A running instance of a module, of any engine. One per wasm process; only the
 * thread that runs the process touches it.
 */
#ifndef LN_ENGINE_INSTANCE_H
#define LN_ENGINE_INSTANCE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "engine/charge.h"
#include "sched/task.h"

struct ln_account;
struct ln_engine_class;
struct ln_entry;
struct ln_instance_state;
struct ln_compiled;
struct ln_image;
struct ln_memory;
struct ln_report;
struct ln_slot;
struct ln_spare;
union ln_value;

/* What an instance may use. */
struct ln_instance_limits {
	uint64_t max_memory; /* bytes of memories and tables, and of what the
			      * host keeps for it, all together */
	uint64_t max_fuel;   /* wasm instructions, about; 0: no bound */
	uint32_t max_table_elements; /* of each table */
	struct ln_account *account;  /* charged, too; outlives it; or NULL */
	/* Bytes that count towards max_memory as well: those of another
	 * instance of the process. NULL: none. */
	const uint64_t *beside;
	/* Shows others the bytes in use; NULL: nobody. */
	_Atomic uint64_t *memory_shown;
};

/* Why an instance stopped. */
enum ln_stop {
	LN_STOP_RETURNED, /* the entry function returned */
	LN_STOP_FAILED,   /* the same, of a component: an error */
	LN_STOP_TRAPPED,  /* see the report */
	LN_STOP_HOST,     /* a host function ended it (kill, exit) */
};

#define LN_SOMEWHERE 1 /* no address of code */

#define LN_INSTANCE_STATE_ROOM 96 /* bytes */
#define LN_INSTANCE_SLOTS 4       /* that are claimed before it is made */

/* What a host call touches comes first, one line of the cache. */
struct ln_instance {
	void *data; /* the caller's, for host functions */
	/* The exported memory, for host calls; NULL when there is none. Kept by
	 * the engine, mostly by engine/memory.c. */
	uint8_t *memory_base;
	uint64_t memory_size;
	struct ln_task *task;
	/* A signal that was to preempt the guest could not, mostly since it
	 * found it in a host function, which therefore pauses at its end. */
	_Atomic bool overdue;
	bool off_fiber;    /* compiled code runs on the worker's stack */
	bool host_stop;    /* the trap under way was asked for by the host */
	bool at_deadline;  /* left in the middle of a computation */
	bool callable;     /* it has been instantiated */
	bool must_end;     /* no trap may be caught any more */
	uint8_t reentries; /* calls of ln_instance_reenter under way */
	/* Where compiled code was interrupted, so that the engine does not know
	 * where its guest is; 0: the guest has called the host. */
	uintptr_t interrupted_at;
	const uint8_t *code; /* the image of the module's compiled code */
	size_t code_size;    /* bytes */
	const struct ln_engine_class *class;
	struct ln_instance_state *state; /* the engine's; NULL: not made */
	struct ln_compiled *module;
	struct ln_instance_limits limits;
	uint64_t memory_used;   /* bytes that are charged */
	uint64_t table_bytes;   /* charged for tables, for good */
	uint64_t deadline_tick; /* of the scheduler, when the slice was set */
	uint32_t memories;      /* made so far */
	void *retired; /* memories that are to be cleared, engine/memory.c */
	/* The last one of those that the module defines; they are a list. */
	struct ln_memory *last_memory;
	struct ln_spare
		*spare; /* that it began with, or was; NULL: it is new */
	/* While it is made: what its memories hold, so that the engine copies
	 * nothing, NULL: it does; and what is claimed for them. */
	const struct ln_image *image;
	struct ln_slot *slots[LN_INSTANCE_SLOTS];
	/* Where an engine may put its state, if it has room there. */
	alignas(max_align_t) char state_room[LN_INSTANCE_STATE_ROOM];
};

/* Prepares an instance to run in the calling task; `data` is what host
 * functions find as the store's data. Instantiates the module: runs its start
 * function, if any. On failure *report tells why, is owned by the caller, and
 * NULL when memory is short; ln_instance_deinit is still to be called.
 * LN_ETRAP, LN_ELIMIT, LN_ENOMEM, LN_EKILLED. */
int ln_instance_init(struct ln_instance *instance, struct ln_compiled *module,
		     const struct ln_instance_limits *limits,
		     struct ln_task *task, void *data,
		     struct ln_report **report);

/* Calls an entry, with `params` a value for each parameter. *report as above.
 */
enum ln_stop ln_instance_call(struct ln_instance *instance,
			      const struct ln_entry *entry,
			      const union ln_value *params,
			      struct ln_report **report);

/* Calls of ln_instance_reenter that may be within each other. */
#define LN_INSTANCE_REENTRIES 16

/* The function that the module exports as `name` and defines itself, if it has
 * these parameters (letters of entries.h) and exactly this result, or none (0);
 * otherwise NULL. Any thread. */
const struct ln_entry *ln_instance_export(const struct ln_instance *instance,
					  const char *name, const char *params,
					  char result);

/* Calls an entry that the module defines from within a host function that the
 * guest has called, on its fiber. `values` has its parameters, gets its
 * results, and has room for the larger number of both. The guest may park, be
 * preempted, go on in another thread, and grow its memory, so what was found of
 * that before is no longer valid.
 *
 * LN_ETRAP: it trapped, also for want of stack, and the guest may go on; the
 * report, if asked for (`report` not NULL), tells why, is owned by the caller,
 * and NULL when memory is short. LN_EKILLED: a host function ended the guest (a
 * kill, an exit), and the caller must do the same. LN_ELIMIT: it trapped where
 * nobody knows what fuel it had used, so that the guest must not go on; with a
 * report as well. LN_EFULL: LN_INSTANCE_REENTRIES are under way. LN_EINVAL: it
 * is not instantiated yet. */
int ln_instance_reenter(struct ln_instance *instance,
			const struct ln_entry *entry, union ln_value *values,
			struct ln_report **report);

/* After ln_instance_reenter has failed in whatever way: the guest may go on,
 * and pays `fuel` in place of what was not counted. */
void ln_instance_forgive(struct ln_instance *instance, uint64_t fuel);

/* An instance is to take the place of another one of the same process, whose
 * charges for `bytes` that the host keeps it gets. */
void ln_instance_take_charges(struct ln_instance *instance,
			      struct ln_instance *from, uint64_t bytes);

/* What it has used of the fuel that it was given; 0 when it is not metered, or
 * could not be made. By the process itself. */
uint64_t ln_instance_fuel_used(const struct ln_instance *instance);

/* Takes up to `fuel` away; when nothing is left the guest traps as soon as it
 * goes on. For metered instances, in a host call. */
void ln_instance_burn(struct ln_instance *instance, uint64_t fuel);

/* Drops store and memory; accepts an instance that was only partly made. */
void ln_instance_deinit(struct ln_instance *instance);

/* The exported memory; false when there is none. Valid until the guest runs. */
static inline bool ln_instance_view(struct ln_instance *instance,
				    uint8_t **base, uint64_t *size)
{
	if (LN_UNLIKELY(instance->memory_base == NULL))
		return false;
	*base = instance->memory_base;
	*size = instance->memory_size;
	return true;
}

/* The instance that runs on this thread; only while one does. */
static inline struct ln_instance *ln_instance_running(void)
{
	return ln_task_running_local;
}

/* The function of the guest that runs, or that called the host, as the module
 * names it (ln_names_copy); the caller frees it. NULL when there is none, or
 * memory is short. *fuel: the fuel that is left, or 0. By the process itself,
 * on its fiber. */
char *ln_instance_function(struct ln_instance *instance, uint64_t *fuel);

/* The same of all that are being called, innermost first, up to `max`; how many
 * were stored, some of which may be NULL for want of memory. Where compiled
 * code was interrupted, and not in the host, it may be the innermost alone.
 * `offsets` are those in the module's bytes, SIZE_MAX: not known. */
size_t ln_instance_functions(struct ln_instance *instance, char **functions,
			     size_t *offsets, size_t max, uint64_t *fuel);

/* Where offsets are looked up, kept for the caller (engine/lines.h); NULL:
 * there is nothing. */
struct ln_lines *ln_instance_keep_lines(const struct ln_instance *instance);

/* Records the text of the trap that a host function is about to raise by
 * returning false. Copies the text. */
void ln_instance_record_trap(const char *text, size_t len);

/* For engines, where a guest is to be preempted, on its fiber: lets others run
 * if they wait. False, and host_stop is set: the process has been killed. */
bool ln_instance_give_way(struct ln_instance *instance);

/* Lets others run if they wait, at the end of a host function. False, with a
 * trap recorded, when the process has been killed. Out of the fast path. */
bool ln_instance_pause(struct ln_instance *instance);

/* To be called when a host function has parked: the guest gets a whole slice
 * from here, rather than the rest of one that has passed meanwhile. */
void ln_instance_resumed(struct ln_instance *instance);

#endif
