/*
 * Job: tell where an instruction ends and whether it names a function, for
 * those who copy code and give functions other numbers.
 * Threads: any; no state.
 * Guarantees: reads inside the cursor for any content.
 * Limits: instructions of features that the engine's settings switch off are
 * not known; such code is refused when it is compiled.
 */
#include "engine/opcode.h"

bool ln_opcode_skip_type(struct ln_cursor *code)
{
	uint8_t byte;

	if (!ln_cursor_byte(code, &byte))
		return false;
	return (byte != 0x63 && byte != 0x64) || ln_cursor_skip_number(code);
}

bool ln_opcode_skip_locals(struct ln_cursor *code)
{
	uint64_t groups, count;

	if (!ln_cursor_number(code, 32, &groups))
		return false;
	for (uint64_t i = 0; i < groups; i++) {
		if (!ln_cursor_number(code, 32, &count) ||
		    !ln_opcode_skip_type(code))
			return false;
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

/* Alignment, perhaps a memory, and an offset. */
static bool skip_memarg(struct ln_cursor *code)
{
	uint64_t flags;

	if (!ln_cursor_number(code, 32, &flags))
		return false;
	return skip_numbers(code, (flags & 0x40) != 0 ? 2 : 1);
}

static bool skip_block(struct ln_cursor *code)
{
	if (code->at == code->end)
		return false;
	/* A negative number of one byte is a type. */
	if ((*code->at & 0xc0) == 0x40)
		return ln_opcode_skip_type(code);
	return ln_cursor_skip_number(code);
}

static bool skip_counted(struct ln_cursor *code,
			 bool (*skip)(struct ln_cursor *code), uint64_t more)
{
	uint64_t count;

	if (!ln_cursor_number(code, 32, &count))
		return false;
	for (uint64_t i = 0; i < count + more; i++) {
		if (!skip(code))
			return false;
	}
	return true;
}

/* Saturating conversions; instructions for whole memories and tables. */
static bool skip_misc(struct ln_cursor *code)
{
	static const uint8_t numbers[] = {
		[8] = 2,  [9] = 1,  [10] = 2, [11] = 1, [12] = 2,
		[13] = 1, [14] = 2, [15] = 1, [16] = 1, [17] = 1,
	};
	uint64_t kind;

	if (!ln_cursor_number(code, 32, &kind))
		return false;
	if (kind < sizeof(numbers))
		return skip_numbers(code, numbers[kind]);
	return kind >= 19 && kind <= 22; /* 128-bit arithmetic */
}

static bool skip_vector(struct ln_cursor *code)
{
	uint64_t kind;

	if (!ln_cursor_number(code, 32, &kind))
		return false;
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

static bool skip_control(struct ln_cursor *code, uint8_t opcode)
{
	switch (opcode) {
	case 0x00: /* unreachable */
	case 0x01: /* nop */
	case 0x05: /* else */
	case 0x0b: /* end */
	case 0x0f: /* return */
		return true;
	case 0x02: /* block */
	case 0x03: /* loop */
	case 0x04: /* if */
		return skip_block(code);
	case 0x0c: /* br */
	case 0x0d: /* br_if */
		return ln_cursor_skip_number(code);
	case 0x0e: /* br_table, with its default */
		return skip_counted(code, ln_cursor_skip_number, 1);
	case 0x11: /* call_indirect */
	case 0x13: /* return_call_indirect */
		return skip_numbers(code, 2);
	default:
		return false;
	}
}

static bool skip_plain(struct ln_cursor *code, uint8_t opcode)
{
	if ((opcode >= 0x20 && opcode <= 0x26) || /* locals, globals, tables */
	    (opcode >= 0x3f && opcode <= 0x42) || /* memory sizes, constants */
	    opcode == 0xd0)                       /* ref.null */
		return ln_cursor_skip_number(code);
	if (opcode >= 0x28 && opcode <= 0x3e) /* loads and stores */
		return skip_memarg(code);
	if (opcode == 0x43) /* f32.const */
		return ln_cursor_skip(code, 4);
	if (opcode == 0x44) /* f64.const */
		return ln_cursor_skip(code, 8);
	if (opcode == 0x1c) /* select of a type */
		return skip_counted(code, ln_opcode_skip_type, 0);
	/* drop, select, arithmetic, ref.is_null */
	return opcode == 0x1a || opcode == 0x1b ||
	       (opcode >= 0x45 && opcode <= 0xc4) || opcode == 0xd1;
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

bool ln_opcode_next(struct ln_cursor *code, struct ln_opcode *found)
{
	found->names_function = false;
	if (!ln_cursor_byte(code, &found->opcode))
		return false;
	switch (found->opcode) {
	case 0x10: /* call */
	case 0x12: /* return_call */
	case 0xd2: /* ref.func */
		return read_function(code, found);
	case 0xfc:
		return skip_misc(code);
	case 0xfd:
		return skip_vector(code);
	default:
		break;
	}
	return found->opcode < 0x1a ? skip_control(code, found->opcode)
				    : skip_plain(code, found->opcode);
}
