/*
 * An estimate of the work that compiling a module takes. The compiler cannot be
 * interrupted, and a few thousand bytes can be made so that it needs minutes
 * for them; modules that people build do not come near that.
 */
#ifndef LN_ENGINE_WEIGHT_H
#define LN_ENGINE_WEIGHT_H

#include <stddef.h>
#include <stdint.h>

/* A binary that ln_scan_module accepted. *weight is the work, in units of what
 * a plain instruction takes (about 5 microseconds of one core), and *allowed
 * what a module of that much code may take. Parts that are not valid count as
 * far as a compiler would get. Linear time. LN_ENOMEM. Any thread. */
int ln_weight_module(const uint8_t *bytes, size_t len, uint64_t *weight,
		     uint64_t *allowed);

#endif
