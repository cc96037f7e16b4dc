/*
 * What host functions share that store an id: of what they made, or of an
 * error.
 */
#ifndef LN_HOST_RESULT_H
#define LN_HOST_RESULT_H

#include <stdint.h>

#include "process/guest.h"

#define LN_HOST_MADE 0u
#define LN_HOST_FAILED 1u

/* Traps: the guest has no `noun` of that id. */
int ln_host_missing(struct ln_guest *guest, const char *noun, uint64_t id);

/* Adds what is expensive to a table: at most `most`, or the limit for ids if
 * that is less. Traps when there are as many; then `value` stays the caller's.
 */
int ln_host_add_scarce(struct ln_guest *guest, struct ln_handles *handles,
		       const char *noun, uint32_t most, void *value,
		       uint64_t *id);

/* Makes an error and stores its id, of eight bytes, at `id`. */
void ln_host_put_error(struct ln_guest *guest, uint8_t *id, const char *format,
		       ...) __attribute__((format(printf, 3, 4)));

#endif
