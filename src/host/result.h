/*
 * What host functions share whose arguments and results are ids: of what the
 * guest holds (process/resource.h), of errors, and the times that they wait.
 */
#ifndef LN_HOST_RESULT_H
#define LN_HOST_RESULT_H

#include <stdint.h>
#include <string.h>

#include "base/time.h"
#include "process/guest.h"

/* Results of functions that store an id where the guest says: of what they
 * made, or of an error. */
#define LN_HOST_DONE 0u
#define LN_HOST_FAILED 1u
#define LN_HOST_TIMED_OUT 9027u

/* When a call is over that may take so many milliseconds; 0: any time. */
static inline int64_t ln_host_deadline(uint32_t timeout)
{
	return timeout == 0 ? LN_NEVER : ln_time_after_ms(timeout);
}

/* The same as guests of 0.13 say it; UINT64_MAX: any time. */
static inline int64_t ln_host_deadline_long(uint64_t timeout)
{
	return timeout == UINT64_MAX ? LN_NEVER : ln_time_after_ms(timeout);
}

/* Stores an id, of eight bytes, in the guest's memory. */
static inline void ln_host_put_id(uint8_t *at, uint64_t id)
{
	memcpy(at, &id, sizeof(id));
}

/* Traps when a text of the guest, named by a noun, is not UTF-8. One of more
 * than `max` bytes, which is longer than any that is valid, is not read: it may
 * be as long as the guest's memory. */
int ln_host_check_text(struct ln_guest *guest, const char *noun,
		       struct ln_slice text, size_t max);

/* Traps: the guest holds nothing of that kind under `id`. */
int ln_host_missing(struct ln_guest *guest, enum ln_resource_kind kind,
		    uint64_t id);

/* Traps when the guest holds as many as it may: asked before a call does
 * something for whose result there would be no id. */
int ln_host_check_room(struct ln_guest *guest, enum ln_resource_kind kind);

/* Has the guest hold `value`, which is taken over in any case, and stores its
 * id. Traps when that cannot be. */
int ln_host_add(struct ln_guest *guest, enum ln_resource_kind kind, void *value,
		uint64_t *id);

/* The same at the end of a function that stores the id in the guest's memory,
 * and whose result is then LN_HOST_DONE. */
int ln_host_give(struct ln_guest *guest, enum ln_resource_kind kind,
		 void *value, uint8_t *id, uint32_t *result);

/* Gives what the guest holds under `id` a second one. Traps. */
int ln_host_clone(struct ln_guest *guest, enum ln_resource_kind kind,
		  uint64_t id, uint64_t *result);

/* Releases what the guest holds under `id`. Traps when there is nothing. */
int ln_host_drop(struct ln_guest *guest, enum ln_resource_kind kind,
		 uint64_t id);

/* Ends a function that failed: makes an error, stores its id, and sets the
 * result to LN_HOST_FAILED. Returns 0. */
int ln_host_fail(struct ln_guest *guest, uint8_t *id, uint32_t *result,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
