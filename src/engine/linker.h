/*
 * What modules may import: the host functions, of which those that are not
 * allowed trap when called. Immutable once made, and the same one for all who
 * allow the same.
 */
#ifndef LN_ENGINE_LINKER_H
#define LN_ENGINE_LINKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/host_table.h"

struct ln_engine;
struct ln_host_imports;
struct ln_linker;
struct ln_linkers;

/* The linkers of an engine. LN_ENOMEM. */
int ln_linkers_new(struct ln_linkers **linkers);

/* All linkers must be gone. NULL is fine. */
void ln_linkers_free(struct ln_linkers *linkers);

/* A linker for a variant, counted. `allows` is asked for each host function, by
 * its name "module::name"; NULL allows all. LN_ENOMEM, LN_EIO. Any thread;
 * deep when it is the first of the variant. */
int ln_linker_new(struct ln_engine *engine, unsigned variant,
		  bool (*allows)(const void *who, const char *name),
		  const void *who, struct ln_linker **linker);

/* The same, of a variant, for what another linker of the engine allows. */
int ln_linker_like(const struct ln_linker *other, unsigned variant,
		   struct ln_linker **linker);
void ln_linker_release(struct ln_linker *linker);

/* What modules of a generation may import, in the engine's form, as long as the
 * linker is there; made when it is asked for first. LN_ENOMEM, LN_EIO. Any
 * thread, but on the stack of a thread. */
int ln_linker_imports(struct ln_linker *linker,
		      enum ln_abi_generation generation,
		      struct ln_host_imports **imports);

/* ---- For engines ---- */

/* Whether the bit of a host function is set. */
static inline bool ln_linker_bit(const uint64_t *allowed, size_t function)
{
	return (allowed[function / 64] >> function % 64 & 1) != 0;
}

/* Writes why a host function traps that is not allowed; returns the length. */
#define LN_LINKER_DENIAL 192
size_t ln_linker_denial(const struct ln_host_function *function,
			char text[LN_LINKER_DENIAL]);

#endif
