/* Stepping over the instructions of a function or a constant expression. */
#ifndef LN_ENGINE_OPCODE_H
#define LN_ENGINE_OPCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/cursor.h"

#define LN_OPCODE_END 0x0b

/* What was stepped over. */
struct ln_opcode {
	uint8_t opcode;        /* the first byte */
	bool names_function;   /* call, return_call, ref.func */
	uint32_t function;     /* the index, if it names one */
	const uint8_t *number; /* where its digits begin; they end with the
				* instruction */
};

/* Reads the next instruction, of any of the features that the engine has on.
 * False when the bytes end before it does, or it is not known. Any thread. */
bool ln_opcode_next(struct ln_cursor *code, struct ln_opcode *found);

/* Steps over the groups of locals that a function's body begins with. False
 * when they are malformed. */
bool ln_opcode_skip_locals(struct ln_cursor *code);

/* Steps over a type of values, which is a byte, or one of two bytes before a
 * number. */
bool ln_opcode_skip_type(struct ln_cursor *code);

#endif
