/*
 * The heap of one guest, as an instrumented allocator tells of it: the blocks
 * that live, and for each place in the program that allocates how much it has
 * now, had at the peak, and took in total. Bounded, whatever a guest tells.
 * Only the thread that runs the process touches it.
 */
#ifndef LN_HEAP_PROFILE_H
#define LN_HEAP_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_heap_profile;

#define LN_HEAP_DEPTH 64 /* innermost frames of a place that are told apart */

/* LN_ENOMEM. */
int ln_heap_profile_new(struct ln_heap_profile **profile);
void ln_heap_profile_free(struct ln_heap_profile *profile);

/* Whether a function needs no name: it has one, or there are too many. */
bool ln_heap_profile_knows(const struct ln_heap_profile *profile,
			   uint32_t function);

/* Gives a function a name, which is taken over. */
void ln_heap_profile_name(struct ln_heap_profile *profile, uint32_t function,
			  char *name);

/* A block of `size` bytes was allocated at an address by the functions `frames`
 * (innermost first). A block already recorded there was reported by a nested
 * allocator call; the new record replaces it. */
void ln_heap_profile_allocated(struct ln_heap_profile *profile,
			       uint32_t address, uint32_t size,
			       const uint32_t *frames, size_t depth);

/* The block at an address was freed; one that is not known is ignored. */
void ln_heap_profile_freed(struct ln_heap_profile *profile, uint32_t address);

enum ln_heap_measure { LN_HEAP_PEAK, LN_HEAP_END };

/* The report for people. NULL when memory is short. Deep, as the next one. */
char *ln_heap_profile_text(const struct ln_heap_profile *profile,
			   const char *title, size_t *len);

/* A line for each place, "outer;inner;malloc BYTES", for flame graphs. */
char *ln_heap_profile_folded(const struct ln_heap_profile *profile,
			     enum ln_heap_measure measure, size_t *len);

/* Writes NAME.txt, NAME.peak.folded and NAME.end.folded into a directory, which
 * is made if there is none. LN_EIO, LN_ENOMEM. Blocks. */
int ln_heap_profile_write(const struct ln_heap_profile *profile,
			  const char *directory, const char *name);

#endif
