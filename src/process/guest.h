/*
 * The host's side of one wasm process: its instance, what it holds by ids, the
 * message it is working on, and what host functions need to reach its memory.
 * Only the thread that runs the process touches it.
 */
#ifndef LN_PROCESS_GUEST_H
#define LN_PROCESS_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "process/handles.h"
#include "process/resource.h"

struct ln_module;
struct ln_environment;
struct ln_errand;
struct ln_heap_profile;
struct ln_hook;
struct ln_host_function;
struct ln_instance;
struct ln_message;
struct ln_process;
struct ln_wasi;

/* Guest memory that a host function reads; valid until it returns to the
 * guest, also across parking: only the guest itself grows its memory. */
struct ln_slice {
	const uint8_t *data;
	size_t len; /* bytes */
};

/* Guest memory that a host function fills; valid as long as ln_slice. */
struct ln_buffer {
	uint8_t *data;
	size_t len; /* bytes */
};

/* An array in guest memory; the elements may be unaligned. */
struct ln_array {
	uint8_t *data;
	uint32_t count; /* elements */
};

/* What every message touches comes first, one line of the cache. */
struct ln_guest {
	struct ln_process *process;
	struct ln_instance *instance; /* that runs */
	struct ln_environment *environment;
	struct ln_message *scratch; /* being written, or last received */
	const struct ln_host_function *calling; /* last called; for reports */
	bool metered;                           /* it pays for what it uses */
	bool scratch_counts;                    /* `scratch_kept` is not 0 */
	bool changing;     /* its own functions save it, or load another one */
	bool heap_tracing; /* a backtrace for `heap` is being taken */
	bool initialized;  /* instantiation, start function included, is over */
	bool exited;       /* proc_exit was called */
	/* What it holds by ids: of this kind, and of each other one, in the
	 * order of the kinds; NULL until it holds any. The instance that the
	 * first is charged to is so for all that the host keeps. */
	struct ln_handles processes;
	struct ln_handles *others;
	struct ln_module *module; /* whose instance it is */
	struct ln_instance *next; /* takes the instance's place when that has
				   * been left, process/change.h; or NULL */
	struct ln_module *next_module; /* counted; of that; or NULL */
	struct ln_wasi *wasi; /* made by the first WASI call that needs it */
	struct ln_heap_profile *heap; /* made by the first call; NULL: none */
	struct ln_errand *errand;     /* what it was started for; NULL: none */
	struct ln_hook *hook;  /* what a plugin works on; NULL: it is none */
	uint64_t oldest_error; /* no error has a lower id */
	uint64_t error_bytes;  /* that errors count for */
	uint64_t scratch_kept; /* bytes that `scratch` is charged at */
	uint64_t kept;         /* bytes that are charged, until they are
				* forgotten or the process ends */
	uint64_t answer_kept;  /* those of them for the answer to the errand */
	uint32_t exit_code;    /* what proc_exit was given */
	char *trap_text;       /* owned; why a host function ends the process */
};

_Static_assert(LN_RESOURCE_PROCESS == 0 &&
		       offsetof(struct ln_guest, processes) +
				       offsetof(struct ln_handles, table) +
				       offsetof(struct ln_table, live) <=
			       LN_CACHE_LINE,
	       "what a look-up of a process reads is not in the first line");

/* Sets the text of the trap that the running host function is about to raise
 * and returns LN_ETRAP, so that `return ln_guest_trap(guest, "...")` ends it.
 * The name of the host function is added by the trampoline. */
int ln_guest_trap(struct ln_guest *guest, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The `len` bytes of guest memory at `address`, or NULL when a part of them is
 * outside the memory or the guest exports no memory. */
uint8_t *ln_guest_memory(struct ln_guest *guest, uint32_t address,
			 uint64_t len);

/* The work of the host that costs one unit of fuel: as much as an instruction
 * of wasm does on average. */
#define LN_BYTES_PER_FUEL 8

/* Makes a metered guest pay `fuel` for work that a host function does, rather
 * before it than afterwards. One that cannot pay all of it pays what it has,
 * and traps when it goes on. */
void ln_guest_pay(struct ln_guest *guest, uint64_t fuel);

/* The same for work on `bytes` of data. The trampolines have charged for all
 * slices, buffers and arrays that are arguments. Free when not metered. */
static inline void ln_guest_charge(struct ln_guest *guest, uint64_t bytes)
{
	if (LN_UNLIKELY(guest->metered))
		ln_guest_pay(guest, bytes / LN_BYTES_PER_FUEL);
}

/* Charges the guest for `bytes` that the host keeps for it: they count as if
 * they were of its memory. False: that would be too much. */
bool ln_guest_keep(struct ln_guest *guest, uint64_t bytes);

/* The same for what is there already, in any case. */
void ln_guest_keep_anyway(struct ln_guest *guest, uint64_t bytes);

/* The host keeps them no longer. At the end of the process, when it has freed
 * all, ln_guest_forget_all is enough. */
void ln_guest_forget(struct ln_guest *guest, uint64_t bytes);
void ln_guest_forget_all(struct ln_guest *guest);

/* Makes the tables count for the guest, once they are not small. */
void ln_guest_init_tables(struct ln_guest *guest);

/* The table for a kind; NULL: it has held nothing of that kind. */
static inline struct ln_handles *ln_guest_table(const struct ln_guest *guest,
						enum ln_resource_kind kind)
{
	if (kind == LN_RESOURCE_PROCESS)
		return (struct ln_handles *)&guest->processes;
	if (guest->others == NULL)
		return NULL;
	return &guest->others[kind - 1];
}

/* Releases all that the guest holds by ids. What it was charged for is left to
 * ln_guest_forget_all. Parks. */
void ln_guest_deinit_tables(struct ln_guest *guest);

/* What the guest holds under `id`, and still does; NULL: nothing. */
static inline void *ln_guest_get(const struct ln_guest *guest,
				 enum ln_resource_kind kind, uint64_t id)
{
	const struct ln_handles *table = ln_guest_table(guest, kind);

	return table != NULL ? ln_handles_get(table, id) : NULL;
}

/* Whether it may hold one more. */
bool ln_guest_has_room(const struct ln_guest *guest,
		       enum ln_resource_kind kind);

/* Has the guest hold `value`, and charges it for that; stores the id. On
 * failure the value is still the caller's: LN_ELIMIT (too many), LN_EMEMORY,
 * LN_ENOMEM. */
int ln_guest_add(struct ln_guest *guest, enum ln_resource_kind kind,
		 void *value, uint64_t *id);

/* Takes from the guest what it holds under `id`, for the caller; NULL: nothing.
 */
void *ln_guest_remove(struct ln_guest *guest, enum ln_resource_kind kind,
		      uint64_t id);

/* The same, and releases it. False: there is nothing. */
bool ln_guest_drop(struct ln_guest *guest, enum ln_resource_kind kind,
		   uint64_t id);

/* Errors that a guest can hold, if it may hold as many ids; bytes of the text
 * of one, which is cut beyond that; and of all of them, also when its memory
 * would allow more. */
#define LN_GUEST_MAX_ERRORS 65536
#define LN_GUEST_MAX_ERROR_TEXT ((size_t)64 << 10)
#define LN_GUEST_MAX_ERROR_BYTES ((uint64_t)16 << 20)

/* Puts an error text into the guest's error table; returns its id. A fixed text
 * stands in when memory is short, also that of the guest. In a full table it
 * takes the place of the oldest ones, as if these had been dropped. UINT64_MAX,
 * which names nothing, when there is no memory at all or no error may be held.
 * Needs the stack of vasprintf: about 2 KiB. */
uint64_t ln_guest_error(struct ln_guest *guest, const char *format,
			va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Frees the text of an error that no guest holds any more. */
void ln_guest_free_error(void *error);

/* What the guest who holds an error is charged. */
uint64_t ln_guest_error_weight(const void *error);

#endif
