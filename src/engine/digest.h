/* Digests of modules: SHA-256 of their bytes. */
#ifndef LN_ENGINE_DIGEST_H
#define LN_ENGINE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define LN_DIGEST_SIZE 32 /* bytes */

struct ln_blocking;

/* Computes one. Deep: not on a fiber. LN_ENOMEM. */
int ln_digest(const uint8_t *bytes, size_t len, uint8_t digest[LN_DIGEST_SIZE]);

/* The same in a pool, for which the task parks; outside a task, in place.
 * LN_ENOMEM. */
int ln_digest_in(struct ln_blocking *pool, const uint8_t *bytes, size_t len,
		 uint8_t digest[LN_DIGEST_SIZE]);

#endif
