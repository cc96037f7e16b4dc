/*
 * Which function is behind an index of a module's table, as its element
 * segments have it: the number by which guests in C and Rust call functions,
 * and by which their libraries spawn them. For people: a guest may change its
 * table as it likes.
 */
#ifndef LN_ENGINE_ELEMENTS_H
#define LN_ENGINE_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_elements;

/* The export by which libraries spawn: its last parameter is the number of the
 * function. The Rust crate and the library for C have it. */
#define LN_SPAWN_BY_INDEX "_lunatic_spawn_by_index"

/* Indices that are known at most; of those beyond nothing is. */
#define LN_ELEMENTS_MAX 65536u

/* Reads the active segments of the first table, those that are lists of
 * functions at a constant index, out of a valid wasm binary. Time in proportion
 * to `len`. NULL in *elements: there are none. LN_ENOMEM. */
int ln_elements_new(const uint8_t *bytes, size_t len,
		    struct ln_elements **elements);

/* NULL is fine. */
void ln_elements_free(struct ln_elements *elements);

/* The number of the function; false: it is not known. `elements` may be NULL.
 * Any thread, constant time. */
bool ln_elements_function(const struct ln_elements *elements, uint32_t index,
			  uint32_t *function);

#endif
