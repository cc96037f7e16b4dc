/*
 * SHA-256 (FIPS 180-4) in plain C, to measure with: nothing here is written
 * for a particular machine.
 */
#ifndef BENCH_SHA256_H
#define BENCH_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* Stores the 32 bytes of the digest of `size` bytes. */
void sha256(const uint8_t *data, size_t size, uint8_t *digest);

#endif
