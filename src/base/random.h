/*
 * Random bytes: a fast generator for identities (one per thread, seeded by the
 * kernel) and the kernel's own for guests.
 */
#ifndef LN_BASE_RANDOM_H
#define LN_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `bytes` from the kernel; blocks only before the kernel's pool is ready
 * at boot. Any thread. */
void ln_random_bytes(void *bytes, size_t len);

/* A version 4 UUID in RFC 9562 byte order. Unique, not secret: ids come from a
 * per-thread xoshiro256** that the kernel seeds. Any thread. */
void ln_random_uuid(uint8_t id[16]);

#endif
