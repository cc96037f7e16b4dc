/*
 * An estimate of the work that compiling a module takes. It decides where a
 * module is compiled: what weighs little in this process, where the compiler
 * cannot be interrupted; the rest in one of its own (compiler.h), or, where
 * there can be none, in this one within bounds that modules which people build
 * do not come near.
 */
#ifndef LN_ENGINE_WEIGHT_H
#define LN_ENGINE_WEIGHT_H

#include <stddef.h>
#include <stdint.h>

/* What takes at most some tenths of a second. */
#define LN_WEIGHT_SMALL ((uint64_t)40000)

struct ln_weight {
	uint64_t total;   /* in units of what a plain instruction takes (about
			   * 5 microseconds of one core) */
	uint64_t allowed; /* what a module of that much code may take where the
			   * compiler cannot be stopped */
};

/* A binary that ln_scan_module accepted. What is not known here counts as not
 * small. The time is linear, but for the logarithm of how deep blocks are
 * nested. LN_ENOMEM. Any thread. */
int ln_weight_module(const uint8_t *bytes, size_t len,
		     struct ln_weight *weight);

#endif
