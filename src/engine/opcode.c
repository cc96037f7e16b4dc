/*
 * Job: tell where an instruction ends and what it names, for those who copy
 * code and give functions other numbers, and for those who weigh it. Threads:
 * any; no state. Guarantees: reads inside the cursor for any content. Limits:
 * not all instructions of features that the engine's settings switch off are
 * known; such code is refused when it is compiled.
 */
#include "engine/opcode.h"

#include "engine/binary.h"

bool ln_opcode_locals(struct ln_cursor *code, uint64_t *count)
{
	uint64_t groups, more;

	*count = 0;
	if (!ln_cursor_number(code, 32, &groups))
		return false;
	for (uint64_t i = 0; i < groups; i++) {
		if (!ln_cursor_number(code, 32, &more) ||
		    !ln_binary_skip_type(code))
			return false;
		*count += more;
	}
	return true;
}

static bool skip_numbers(struct ln_cursor *code, uint64_t count)
{
	while (count-- > 0) {
		if (!ln_cursor_skip_number(code))
			return false;
	}
	return true;
}

/* Alignment, perhaps a memory, and an offset, of 64 bits in large memories. */
static bool skip_memarg(struct ln_cursor *code)
{
	uint64_t flags;

	if (!ln_cursor_number(code, 32, &flags))
		return false;
	return skip_numbers(code, (flags & 0x40) != 0 ? 2 : 1);
}

static bool read_block(struct ln_cursor *code, struct ln_opcode *found)
{
	if (code->at == code->end)
		return false;
	/* A negative number of one byte: no result, or one. */
	found->results = *code->at != 0x40;
	if ((*code->at & 0xc0) == 0x40)
		return ln_binary_skip_type(code);
	return ln_cursor_number(code, 33, &found->type);
}

static bool read_call_indirect(struct ln_cursor *code, struct ln_opcode *found)
{
	return ln_cursor_number(code, 32, &found->type) &&
	       ln_cursor_skip_number(code); /* the table */
}

static bool read_branch_table(struct ln_cursor *code, struct ln_opcode *found)
{
	uint64_t count;

	if (!ln_cursor_number(code, 32, &count))
		return false;
	found->targets = count + 1;
	found->labels = *code;
	return skip_numbers(code, found->targets);
}

/* Saturating conversions; instructions for whole memories and tables. */
static bool read_misc(struct ln_cursor *code, struct ln_opcode *found)
{
	static const uint8_t numbers[] = {
		[8] = 2,  [9] = 1,  [10] = 2, [11] = 1, [12] = 2,
		[13] = 1, [14] = 2, [15] = 1, [16] = 1, [17] = 1,
	};

	if (!ln_cursor_number(code, 32, &found->kind))
		return false;
	if (found->kind < sizeof(numbers))
		return skip_numbers(code, numbers[found->kind]);
	/* 128-bit arithmetic */
	return found->kind >= 19 && found->kind <= 22;
}

/* The numbers behind each of those that work on objects. */
static bool read_object(struct ln_cursor *code, struct ln_opcode *found)
{
	static const uint8_t numbers[] = {
		/* struct: new, new_default, get, get_s, get_u, set */
		1, 1, 2, 2, 2, 2,
		/* array: new, new_default, new_fixed, new_data, new_elem */
		1, 1, 2, 2, 2,
		/* array: get, get_s, get_u, set, len, fill, copy, init_data,
		 * init_elem */
		1, 1, 1, 1, 0, 1, 2, 2, 2,
		/* ref: test, test null, cast, cast null */
		1, 1, 1, 1,
		/* br_on_cast, br_on_cast_fail, behind flags and a label: two
		 * types */
		2, 2,
		/* any.convert_extern, extern.convert_any, ref.i31, i31.get_s,
		 * i31.get_u */
		0, 0, 0, 0, 0
	};

	if (!ln_cursor_number(code, 32, &found->kind) ||
	    found->kind >= sizeof(numbers))
		return false;
	if ((found->kind == LN_OBJECT_BR_ON_CAST ||
	     found->kind == LN_OBJECT_BR_ON_CAST_FAIL) &&
	    (!ln_cursor_skip(code, 1) ||
	     !ln_cursor_number(code, 32, &found->label)))
		return false;
	if (found->kind > LN_OBJECT_STRUCT_NEW_DEFAULT)
		return skip_numbers(code, numbers[found->kind]);
	return ln_cursor_number(code, 32, &found->type);
}

enum catch_kind { CATCH_LAST_WITH_TAG = 1, CATCH_LAST = 3 };

/* A block, and where it goes on for what is thrown in it. */
static bool read_try_table(struct ln_cursor *code, struct ln_opcode *found)
{
	uint64_t count, kind;

	if (!read_block(code, found) || !ln_cursor_number(code, 32, &count))
		return false;
	found->targets = count;
	while (count-- > 0) {
		if (!ln_cursor_number(code, 7, &kind) || kind > CATCH_LAST ||
		    !skip_numbers(code, kind <= CATCH_LAST_WITH_TAG ? 2 : 1))
			return false;
	}
	return true;
}

static bool read_vector(struct ln_cursor *code, struct ln_opcode *found)
{
	uint64_t kind;

	if (!ln_cursor_number(code, 32, &kind))
		return false;
	found->kind = kind;
	if (kind <= 11 || kind == 92 || kind == 93) /* loads, stores */
		return skip_memarg(code);
	if (kind == 12 || kind == 13) /* v128.const, i8x16.shuffle */
		return ln_cursor_skip(code, 16);
	if (kind >= 21 && kind <= 34) /* lanes of a value */
		return ln_cursor_skip(code, 1);
	if (kind >= 84 && kind <= 91) /* lanes in memory */
		return skip_memarg(code) && ln_cursor_skip(code, 1);
	return kind <= 0x113;
}

static bool read_atomic(struct ln_cursor *code, struct ln_opcode *found)
{
	if (!ln_cursor_number(code, 32, &found->kind))
		return false;
	return found->kind == 3 /* atomic.fence */ ? ln_cursor_skip(code, 1)
						   : skip_memarg(code);
}

static bool read_function(struct ln_cursor *code, struct ln_opcode *found)
{
	uint64_t function;

	found->number = code->at;
	if (!ln_cursor_number(code, 32, &function))
		return false;
	found->names_function = true;
	found->function = (uint32_t)function;
	return true;
}

static bool read_control(struct ln_cursor *code, struct ln_opcode *found)
{
	switch (found->opcode) {
	case 0x00: /* unreachable */
	case 0x01: /* nop */
	case LN_OPCODE_ELSE:
	case LN_OPCODE_END:
	case LN_OPCODE_RETURN:
	case LN_OPCODE_THROW_REF:
		return true;
	case LN_OPCODE_THROW:
		return ln_cursor_skip_number(code); /* the tag */
	case LN_OPCODE_CALL_REF:
	case LN_OPCODE_RETURN_CALL_REF:
		return ln_cursor_number(code, 32, &found->type);
	case LN_OPCODE_BLOCK:
	case LN_OPCODE_LOOP:
	case LN_OPCODE_IF:
		return read_block(code, found);
	case LN_OPCODE_BR:
	case LN_OPCODE_BR_IF:
		return ln_cursor_number(code, 32, &found->label);
	case LN_OPCODE_BR_TABLE:
		return read_branch_table(code, found);
	case LN_OPCODE_CALL:
	case LN_OPCODE_RETURN_CALL:
		return read_function(code, found);
	case LN_OPCODE_CALL_INDIRECT:
	case LN_OPCODE_RETURN_CALL_INDIRECT:
		return read_call_indirect(code, found);
	default:
		return false;
	}
}

static bool read_plain(struct ln_cursor *code, struct ln_opcode *found)
{
	uint8_t opcode = found->opcode;
	struct ln_types types;

	if (opcode >= LN_OPCODE_LOCAL_GET && opcode <= LN_OPCODE_LOCAL_TEE)
		return ln_cursor_number(code, 32, &found->local);
	if ((opcode >= 0x23 && opcode <= 0x26) || /* globals, tables */
	    (opcode >= 0x3f && opcode <= 0x42) || /* memory sizes, constants */
	    opcode == 0xd0)                       /* ref.null */
		return ln_cursor_skip_number(code);
	if (opcode == LN_OPCODE_BR_ON_NULL ||
	    opcode == LN_OPCODE_BR_ON_NON_NULL)
		return ln_cursor_number(code, 32, &found->label);
	if (opcode >= 0x28 && opcode <= 0x3e) /* loads and stores */
		return skip_memarg(code);
	if (opcode == 0x43) /* f32.const */
		return ln_cursor_skip(code, 4);
	if (opcode == 0x44) /* f64.const */
		return ln_cursor_skip(code, 8);
	if (opcode == 0x1c) /* select of a type */
		return ln_binary_types(code, &types);
	/* drop, select, arithmetic, ref.is_null, ref.eq, ref.as_non_null */
	return opcode == 0x1a || opcode == 0x1b ||
	       (opcode >= 0x45 && opcode <= 0xc4) || opcode == 0xd1 ||
	       opcode == 0xd3 || opcode == 0xd4;
}

bool ln_opcode_next(struct ln_cursor *code, struct ln_opcode *found)
{
	found->names_function = false;
	found->type = LN_OPCODE_NO_TYPE;
	found->targets = 0;
	if (!ln_cursor_byte(code, &found->opcode))
		return false;
	switch (found->opcode) {
	case LN_OPCODE_REF_FUNC:
		return read_function(code, found);
	case LN_OPCODE_TRY_TABLE:
		return read_try_table(code, found);
	case LN_OPCODE_OBJECT:
		return read_object(code, found);
	case LN_OPCODE_MISC:
		return read_misc(code, found);
	case LN_OPCODE_VECTOR:
		return read_vector(code, found);
	case LN_OPCODE_ATOMIC:
		return read_atomic(code, found);
	default:
		break;
	}
	return found->opcode < 0x1a ? read_control(code, found)
				    : read_plain(code, found);
}
