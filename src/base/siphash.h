/*
 * SipHash-1-3 (Aumasson and Bernstein): a hash for tables whose keys somebody
 * hostile chooses. Without the key nobody can find texts that collide.
 */
#ifndef LN_BASE_SIPHASH_H
#define LN_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of `len` bytes; `bytes` may be NULL when there are none. Any thread.
 */
uint64_t ln_siphash(const uint64_t key[2], const void *bytes, size_t len);

#endif
