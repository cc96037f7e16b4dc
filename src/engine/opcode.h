/* Stepping over the instructions of a function or a constant expression. */
#ifndef LN_ENGINE_OPCODE_H
#define LN_ENGINE_OPCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/cursor.h"

/* First bytes of those instructions that somebody asks for. */
enum ln_opcode_byte {
	LN_OPCODE_BLOCK = 0x02,
	LN_OPCODE_LOOP = 0x03,
	LN_OPCODE_IF = 0x04,
	LN_OPCODE_ELSE = 0x05,
	LN_OPCODE_THROW = 0x08,
	LN_OPCODE_THROW_REF = 0x0a,
	LN_OPCODE_END = 0x0b,
	LN_OPCODE_BR = 0x0c,
	LN_OPCODE_BR_IF = 0x0d,
	LN_OPCODE_BR_TABLE = 0x0e,
	LN_OPCODE_RETURN = 0x0f,
	LN_OPCODE_CALL = 0x10,
	LN_OPCODE_CALL_INDIRECT = 0x11,
	LN_OPCODE_RETURN_CALL = 0x12,
	LN_OPCODE_RETURN_CALL_INDIRECT = 0x13,
	LN_OPCODE_CALL_REF = 0x14,
	LN_OPCODE_RETURN_CALL_REF = 0x15,
	LN_OPCODE_TRY_TABLE = 0x1f,
	LN_OPCODE_LOCAL_GET = 0x20,
	LN_OPCODE_LOCAL_SET = 0x21,
	LN_OPCODE_LOCAL_TEE = 0x22,
	LN_OPCODE_TABLE_GET = 0x25,
	LN_OPCODE_TABLE_SET = 0x26,
	LN_OPCODE_MEMORY_GROW = 0x40,
	LN_OPCODE_REF_FUNC = 0xd2,
	LN_OPCODE_BR_ON_NULL = 0xd5,
	LN_OPCODE_BR_ON_NON_NULL = 0xd6,
	LN_OPCODE_OBJECT = 0xfb, /* garbage-collected ones; as the next */
	LN_OPCODE_MISC = 0xfc,   /* the next number tells which */
	LN_OPCODE_VECTOR = 0xfd,
	LN_OPCODE_ATOMIC = 0xfe,
};

#define LN_VECTOR_CONST 12 /* behind LN_OPCODE_VECTOR: v128.const */

#define LN_OPCODE_NO_TYPE UINT64_MAX

/* Of the instructions behind LN_OPCODE_OBJECT. */
enum ln_object_kind {
	LN_OBJECT_STRUCT_NEW_DEFAULT = 1, /* 0 takes the fields' values */
	LN_OBJECT_BR_ON_CAST = 24,
	LN_OBJECT_BR_ON_CAST_FAIL = 25,
};

/* What was stepped over. */
struct ln_opcode {
	uint8_t opcode;        /* the first byte */
	bool names_function;   /* call, return_call, ref.func */
	uint32_t function;     /* the index, if it names one */
	const uint8_t *number; /* where its digits begin; they end with the
				* instruction */
	uint64_t kind;         /* the number behind OBJECT, MISC, VECTOR,
				* ATOMIC */
	uint64_t type;         /* of a block, an indirect call, or a new struct,
				* by number; or LN_OPCODE_NO_TYPE */
	uint32_t results;      /* of a block whose type has no number: 0 or 1 */
	uint64_t local;        /* of local.get, local.set, local.tee */
	uint64_t label;        /* of br, br_if, and other branches to one */
	uint64_t targets;      /* of br_table, with its default; of try_table:
				* places that catch */
	struct ln_cursor labels; /* of br_table: so many numbers */
};

/* Reads the next instruction, of any of the features that the engine has on.
 * False when the bytes end before it does, or it is not known. Any thread. */
bool ln_opcode_next(struct ln_cursor *code, struct ln_opcode *found);

/* Steps over the groups of locals that a function's body begins with; *count is
 * how many they are. False when they are malformed: then they are those before
 * that. */
bool ln_opcode_locals(struct ln_cursor *code, uint64_t *count);

#endif
