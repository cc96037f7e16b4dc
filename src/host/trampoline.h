/*
 * What the generated trampolines stand on. A trampoline is the C function that
 * wasm calls: it finds the guest, checks every pointer argument against the
 * guest's memory, calls ln_host_<prefix>_<name> and hands its result back.
 * Everything here runs on the fiber of the calling process.
 */
#ifndef LN_HOST_TRAMPOLINE_H
#define LN_HOST_TRAMPOLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/futex.h"
#include "engine/host_table.h"
#include "engine/instance.h"
#include "engine/value.h"
#include "process/guest.h"

/* Stores where the guest's memory begins and how many bytes it has; false, and
 * nothing stored, when the guest exports no memory. */
static inline bool ln_guest_view(struct ln_guest *guest, uint8_t **base,
				 uint64_t *size)
{
	return ln_instance_view(guest->instance, base, size);
}

/* Records the trap for `error` (negative LN_E*), which the implementation of
 * `function` returned; returns false. Out of the fast path. */
bool ln_host_raise(struct ln_guest *guest,
		   const struct ln_host_function *function, int error);

/* Records the trap for the pointer argument `argument` of `function` that is
 * not inside the guest's memory; returns false. Out of the fast path. */
bool ln_host_fault(struct ln_guest *guest,
		   const struct ln_host_function *function,
		   const char *argument);

/* The guest that called: the one whose process runs. */
static inline struct ln_guest *ln_host_guest(void)
{
	struct ln_instance *instance = ln_instance_running();
	struct ln_guest *guest = instance->data;

	ln_assert(guest->instance == instance && !instance->off_fiber);
	ln_assert(ln_locks_held() == 0);
	return guest;
}

/* Whether the guest goes on after a host call: it may have been killed
 * meanwhile. Its slice may have ended in the call, too, then others run first.
 */
static inline bool ln_host_resume(struct ln_guest *guest)
{
	/* What ln_host_guest found still holds, also after a wait. */
	ln_assert(ln_task_current() == guest->instance->task);
	ln_assert(ln_locks_held() == 0);
	return LN_LIKELY(!atomic_load_explicit(&guest->instance->overdue,
					       memory_order_relaxed)) ||
	       ln_instance_pause(guest->instance);
}

/* Whether `len` bytes at `address` lie inside a memory of `size` bytes. `len`
 * is at most 2^32 elements of 2^16 bytes, so the sum cannot wrap around. */
static inline bool ln_host_inside(uint64_t size, uint32_t address, uint64_t len)
{
	return address + len <= size;
}

#endif
