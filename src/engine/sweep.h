/*
 * Making used memory zero again: the kernel is asked which pages were touched,
 * and only those are cleared.
 */
#ifndef LN_ENGINE_SWEEP_H
#define LN_ENGINE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_sweep {
	int pagemap; /* descriptor; -1: the kernel cannot tell */
	size_t page; /* bytes, of the system */
};

/* Of a range at most so many bytes stay in memory when it is cleared; what was
 * touched beyond is given back. */
#define LN_SWEEP_KEEP ((size_t)1 << 20)

/* A piece of memory that is to be zero. */
struct ln_range {
	uint8_t *base;
	size_t size; /* bytes */
};

void ln_sweep_init(struct ln_sweep *sweep);
void ln_sweep_deinit(struct ln_sweep *sweep);

/* Makes all ranges zero, whatever the kernel refuses; sorts them by address.
 * Of those of which many pages were touched the rest is given back instead of
 * being cleared, where the kernel takes it. Cheapest for neighbours. Needs the
 * stack of a thread. Any thread. */
void ln_sweep_clear(const struct ln_sweep *sweep, struct ln_range *ranges,
		    size_t count);

/* Copies `size` bytes into memory that is zero, without touching what was never
 * touched in the source. */
void ln_sweep_copy(const struct ln_sweep *sweep, uint8_t *to,
		   const uint8_t *from, size_t size);

/* Calls `found`, in order, for the pieces of a range that were touched; for all
 * of it where the kernel cannot tell. Stops, and returns false, when that
 * does. */
bool ln_sweep_each(const struct ln_sweep *sweep, const uint8_t *base,
		   size_t size,
		   bool (*found)(void *argument, const uint8_t *from,
				 size_t len),
		   void *argument);

#endif
