/*
 * How much work a module is for the compiler.
 *
 * Job: tell modules whose compilation takes a time in proportion to their size
 * from those made, or grown, so that it takes far more. Three things do that:
 *
 * - values: a call or a branch of two bytes can move a thousand values, as many
 *   as its type has parameters and results. Each counts.
 * - pressure: values that live across loops, indirect calls and calls into the
 *   runtime are split by the register allocator at each of them, which takes a
 *   time that grows with the square of their number in a function.
 * - locals: five bytes declare fifty thousand, all of which are initialised.
 *
 * The factors were measured with Wasmtime 48 with epochs on: a function with
 * 1,000, 4,000, 10,000 loops takes 0.5, 7, 37 s; one with 20,000 indirect calls
 * 7 s; one with 20,000 calls of memory.grow 2 to 3 s; one with 1,000 calls of a
 * function with 1,000 parameters and results 44 s; 50,000,000 locals 6 s; a
 * megabyte of ordinary code, 400,000 instructions, 2 s.
 *
 * Threads: any; no state.
 * Guarantees: reads inside the binary for any content, in linear time. What
 * does not decode ends the function it is in: the compiler gets no further
 * there either, but goes on with the others.
 * Limits: an estimate. Instructions of features that the engine's settings
 * switch off are not known here.
 */
#include "engine/weight.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/cursor.h"

/* What any module may take, and what each byte of code allows on top. A byte of
 * code that people build weighs 0.3 to 0.9 (looked at: SQLite, PHP, esbuild,
 * swc, Yosys), and the largest part that pressure has in a function is 11,000
 * units. */
#define ALLOWED ((uint64_t)500000)
#define ALLOWED_PER_BYTE 2

#define LOCALS_PER_UNIT 32
#define PRESSURE_LOOP 10       /* a loop */
#define PRESSURE_INDIRECT 2    /* an indirect call, an access to a table */
#define PRESSURE_RUNTIME 1     /* memory.grow and other calls of the runtime */
#define PRESSURE_PER_UNIT 1000 /* of the square of a function's pressure */

#define HEADER 8 /* bytes: magic number, version */

enum section {
	SECTION_TYPE = 1,
	SECTION_IMPORT = 2,
	SECTION_FUNCTION = 3,
	SECTION_CODE = 10,
};

/* A list of numbers that grows. */
struct list {
	uint32_t *items;
	size_t count;
	size_t room;
};

struct module {
	struct list types;     /* parameters and results of each type */
	struct list functions; /* the type of each function, imported first */
	size_t bodies;         /* the function that the next body is of */
	uint64_t code_size;
	uint64_t weight;
};

/* The function that is being looked at. */
struct body {
	const struct module *module;
	struct ln_cursor code;
	uint64_t weight;
	uint64_t pressure;
	uint64_t width; /* most values that a label of it takes */
};

static int push(struct list *list, uint32_t item)
{
	if (list->count == list->room) {
		size_t room = list->room > 0 ? 2 * list->room : 64;
		uint32_t *items =
			reallocarray(list->items, room, sizeof(*items));

		if (items == NULL)
			return LN_ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = item;
	return 0;
}

/* ---- Types and functions ---- */

/* A value type is a byte, or one of two bytes before a number. */
static bool skip_type(struct ln_cursor *cursor)
{
	uint8_t byte;

	if (!ln_cursor_byte(cursor, &byte))
		return false;
	return (byte != 0x63 && byte != 0x64) || ln_cursor_skip_number(cursor);
}

static bool skip_types(struct ln_cursor *cursor, uint64_t *count)
{
	if (!ln_cursor_number(cursor, 32, count))
		return false;
	for (uint64_t i = 0; i < *count; i++) {
		if (!skip_type(cursor))
			return false;
	}
	return true;
}

/* Types up to the first that is not one of a function. */
static int read_types(struct module *module, struct ln_cursor section)
{
	uint64_t count, params, results;
	uint8_t form;

	if (!ln_cursor_number(&section, 32, &count))
		return 0;
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_cursor_byte(&section, &form) || form != 0x60 ||
		    !skip_types(&section, &params) ||
		    !skip_types(&section, &results))
			return 0;
		/* Each took a byte of the binary: no overflow. */
		if (push(&module->types, (uint32_t)(params + results)) != 0)
			return LN_ENOMEM;
	}
	return 0;
}

static bool skip_limits(struct ln_cursor *cursor)
{
	uint8_t flags;

	if (!ln_cursor_byte(cursor, &flags) || !ln_cursor_skip_number(cursor))
		return false;
	if ((flags & 1) != 0 && !ln_cursor_skip_number(cursor))
		return false;
	return (flags & 8) == 0 || ln_cursor_skip_number(cursor);
}

static bool skip_names(struct ln_cursor *cursor, int count)
{
	uint64_t len;

	while (count-- > 0) {
		if (!ln_cursor_number(cursor, 32, &len) ||
		    !ln_cursor_skip(cursor, len))
			return false;
	}
	return true;
}

/* What follows the kind of an import that is not a function. */
static bool skip_import(struct ln_cursor *cursor, uint8_t kind)
{
	switch (kind) {
	case 1: /* table */
		return skip_type(cursor) && skip_limits(cursor);
	case 2: /* memory */
		return skip_limits(cursor);
	case 3: /* global */
		return skip_type(cursor) && ln_cursor_skip(cursor, 1);
	case 4: /* tag */
		return ln_cursor_skip(cursor, 1) &&
		       ln_cursor_skip_number(cursor);
	default:
		return false;
	}
}

static int read_imports(struct module *module, struct ln_cursor section)
{
	uint64_t count, type;
	uint8_t kind;

	if (!ln_cursor_number(&section, 32, &count))
		return 0;
	for (uint64_t i = 0; i < count; i++) {
		if (!skip_names(&section, 2) ||
		    !ln_cursor_byte(&section, &kind))
			return 0;
		if (kind != 0) {
			if (!skip_import(&section, kind))
				return 0;
			continue;
		}
		if (!ln_cursor_number(&section, 32, &type))
			return 0;
		if (push(&module->functions, (uint32_t)type) != 0)
			return LN_ENOMEM;
	}
	return 0;
}

static int read_functions(struct module *module, struct ln_cursor section)
{
	uint64_t count, type;

	if (!ln_cursor_number(&section, 32, &count))
		return 0;
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_cursor_number(&section, 32, &type))
			return 0;
		if (push(&module->functions, (uint32_t)type) != 0)
			return LN_ENOMEM;
	}
	return 0;
}

/* The values of a type; 0 when there is no such type. */
static uint64_t type_width(const struct module *module, uint64_t type)
{
	return type < module->types.count ? module->types.items[type] : 0;
}

static uint64_t function_width(const struct module *module, uint64_t function)
{
	return function < module->functions.count
		       ? type_width(module, module->functions.items[function])
		       : 0;
}

/* ---- Instructions ---- */

/* Each of these returns false when the function ends there for the compiler. */

static bool skip_memarg(struct ln_cursor *code)
{
	uint64_t flags;

	if (!ln_cursor_number(code, 32, &flags))
		return false;
	if ((flags & 0x40) != 0 && !ln_cursor_skip_number(code))
		return false;
	return ln_cursor_skip_number(code);
}

static bool skip_numbers(struct ln_cursor *code, int count)
{
	while (count-- > 0) {
		if (!ln_cursor_skip_number(code))
			return false;
	}
	return true;
}

static bool read_block(struct body *body)
{
	uint8_t first;
	uint64_t type, width;

	if (body->code.at == body->code.end)
		return false;
	first = *body->code.at;
	/* A negative number of one byte: no result, or one. */
	if ((first & 0xc0) == 0x40)
		return skip_type(&body->code);
	if (!ln_cursor_number(&body->code, 33, &type))
		return false;
	width = type_width(body->module, type);
	if (width > body->width)
		body->width = width;
	return true;
}

static bool read_call(struct body *body)
{
	uint64_t function;

	if (!ln_cursor_number(&body->code, 32, &function))
		return false;
	body->weight += function_width(body->module, function);
	return true;
}

static bool read_call_indirect(struct body *body)
{
	uint64_t type;

	if (!ln_cursor_number(&body->code, 32, &type))
		return false;
	body->weight += type_width(body->module, type);
	body->pressure += PRESSURE_INDIRECT;
	return ln_cursor_skip_number(&body->code);
}

static bool read_branch_table(struct body *body)
{
	uint64_t count;

	if (!ln_cursor_number(&body->code, 32, &count))
		return false;
	for (uint64_t i = 0; i <= count; i++) {
		if (!ln_cursor_skip_number(&body->code))
			return false;
		body->weight += 1 + body->width;
	}
	return true;
}

#define MISC_TABLES 12 /* the first of those that work on tables */

/* Saturating conversions; memory and table instructions. */
static bool read_misc(struct body *body)
{
	static const uint8_t numbers[] = {
		[8] = 2,  [9] = 1,  [10] = 2, [11] = 1, [12] = 2,
		[13] = 1, [14] = 2, [15] = 1, [16] = 1, [17] = 1,
	};
	uint64_t code;

	if (!ln_cursor_number(&body->code, 32, &code))
		return false;
	if (code < sizeof(numbers)) {
		if (code >= MISC_TABLES)
			body->pressure += PRESSURE_RUNTIME;
		return skip_numbers(&body->code, numbers[code]);
	}
	/* 128-bit arithmetic. */
	return code >= 19 && code <= 22;
}

static bool read_vector(struct body *body)
{
	uint64_t code;

	if (!ln_cursor_number(&body->code, 32, &code))
		return false;
	if (code <= 11 || code == 92 || code == 93)
		return skip_memarg(&body->code);
	if (code == 12 || code == 13)
		return ln_cursor_skip(&body->code, 16);
	if (code >= 21 && code <= 34)
		return ln_cursor_skip(&body->code, 1);
	if (code >= 84 && code <= 91)
		return skip_memarg(&body->code) &&
		       ln_cursor_skip(&body->code, 1);
	return code <= 0x113;
}

static bool read_atomic(struct body *body)
{
	uint64_t code;

	if (!ln_cursor_number(&body->code, 32, &code))
		return false;
	body->pressure += PRESSURE_RUNTIME;
	return code == 3 ? ln_cursor_skip(&body->code, 1)
			 : skip_memarg(&body->code);
}

/* Control instructions, which move values between blocks and functions. */
static bool read_control(struct body *body, uint8_t opcode)
{
	switch (opcode) {
	case 0x00: /* unreachable */
	case 0x01: /* nop */
		return true;
	case 0x03: /* loop */
		body->pressure += PRESSURE_LOOP;
		/* fall through */
	case 0x02: /* block */
	case 0x04: /* if */
		if (!read_block(body))
			return false;
		break;
	case 0x05: /* else */
	case 0x0b: /* end */
	case 0x0f: /* return */
		break;
	case 0x0c: /* br */
	case 0x0d: /* br_if */
		if (!ln_cursor_skip_number(&body->code))
			return false;
		break;
	case 0x0e: /* br_table */
		return read_branch_table(body);
	case 0x10: /* call */
	case 0x12: /* return_call */
		return read_call(body);
	case 0x11: /* call_indirect */
	case 0x13: /* return_call_indirect */
		return read_call_indirect(body);
	default:
		return false;
	}
	body->weight += body->width;
	return true;
}

/* The rest of the instructions of one byte. */
static bool read_plain(struct body *body, uint8_t opcode)
{
	uint64_t types;

	switch (opcode) {
	case 0x1c: /* select of a type */
		return skip_types(&body->code, &types);
	case 0x25: /* table.get */
	case 0x26: /* table.set */
		body->pressure += PRESSURE_INDIRECT;
		return ln_cursor_skip_number(&body->code);
	case 0x40: /* memory.grow */
		body->pressure += PRESSURE_RUNTIME;
		return ln_cursor_skip_number(&body->code);
	case 0x43: /* f32.const */
		return ln_cursor_skip(&body->code, 4);
	case 0x44: /* f64.const */
		return ln_cursor_skip(&body->code, 8);
	case 0x3f: /* memory.size */
	case 0x41: /* i32.const */
	case 0x42: /* i64.const */
	case 0xd0: /* ref.null */
	case 0xd2: /* ref.func */
		return ln_cursor_skip_number(&body->code);
	default:
		break;
	}
	if (opcode >= 0x20 && opcode <= 0x24) /* locals and globals */
		return ln_cursor_skip_number(&body->code);
	if (opcode >= 0x28 && opcode <= 0x3e) /* loads and stores */
		return skip_memarg(&body->code);
	/* drop, select, numbers, ref.is_null */
	return opcode == 0x1a || opcode == 0x1b ||
	       (opcode >= 0x45 && opcode <= 0xc4) || opcode == 0xd1;
}

static bool read_instruction(struct body *body)
{
	uint8_t opcode;

	if (!ln_cursor_byte(&body->code, &opcode))
		return false;
	body->weight++;
	if (opcode < 0x1a)
		return read_control(body, opcode);
	switch (opcode) {
	case 0xfc:
		return read_misc(body);
	case 0xfd:
		return read_vector(body);
	case 0xfe:
		return read_atomic(body);
	default:
		return read_plain(body, opcode);
	}
}

/* ---- Functions and the whole ---- */

static bool read_locals(struct body *body)
{
	uint64_t groups, count;

	if (!ln_cursor_number(&body->code, 32, &groups))
		return false;
	for (uint64_t i = 0; i < groups; i++) {
		if (!ln_cursor_number(&body->code, 32, &count) ||
		    !skip_type(&body->code))
			return false;
		/* The compiler refuses more than 50,000 in a function before
		 * it makes them. */
		if (count > 50000)
			return false;
		body->weight += count / LOCALS_PER_UNIT;
	}
	return true;
}

static uint64_t weigh_body(const struct module *module, struct ln_cursor code)
{
	struct body body = { .module = module, .code = code };

	body.width = function_width(module, module->bodies);
	if (read_locals(&body)) {
		while (read_instruction(&body))
			;
	}
	/* Its square fits. */
	if (body.pressure > UINT32_MAX)
		body.pressure = UINT32_MAX;
	return body.weight + body.pressure * body.pressure / PRESSURE_PER_UNIT;
}

static void read_code(struct module *module, size_t imported,
		      struct ln_cursor section)
{
	uint64_t count, size;
	struct ln_cursor code;

	if (!ln_cursor_number(&section, 32, &count))
		return;
	module->bodies = imported;
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_cursor_number(&section, 32, &size) ||
		    !ln_cursor_part(&section, size, &code))
			return;
		module->code_size += size;
		module->weight += weigh_body(module, code);
		module->bodies++;
	}
}

static int read_sections(struct module *module, struct ln_cursor binary)
{
	size_t imported = 0;
	int error = 0;

	while (error == 0) {
		struct ln_cursor section;
		uint64_t size;
		uint8_t id;

		if (!ln_cursor_byte(&binary, &id) ||
		    !ln_cursor_number(&binary, 32, &size) ||
		    !ln_cursor_part(&binary, size, &section))
			break;
		if (id == SECTION_TYPE)
			error = read_types(module, section);
		else if (id == SECTION_IMPORT)
			error = read_imports(module, section);
		else if (id == SECTION_CODE)
			read_code(module, imported, section);
		else if (id == SECTION_FUNCTION)
			error = read_functions(module, section);
		if (id == SECTION_IMPORT)
			imported = module->functions.count;
	}
	return error;
}

int ln_weight_module(const uint8_t *bytes, size_t len, uint64_t *weight,
		     uint64_t *allowed)
{
	struct module module = { 0 };
	struct ln_cursor binary = {
		.at = bytes + (len < HEADER ? len : HEADER),
		.end = bytes + len,
	};
	int error = read_sections(&module, binary);

	*weight = module.weight;
	*allowed = ALLOWED + ALLOWED_PER_BYTE * module.code_size;
	free(module.types.items);
	free(module.functions.items);
	return error;
}
