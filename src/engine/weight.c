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
#include "engine/binary.h"
#include "engine/cursor.h"
#include "engine/opcode.h"

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

/* Types up to the first that is not one of a function. */
static int read_types(struct module *module, struct ln_cursor section)
{
	struct ln_functype type;
	uint64_t count;

	if (!ln_cursor_number(&section, 32, &count))
		return 0;
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_binary_functype(&section, &type))
			return 0;
		/* Each took a byte of the binary: no overflow. */
		if (push(&module->types, (uint32_t)(type.params.count +
						    type.results.count)) != 0)
			return LN_ENOMEM;
	}
	return 0;
}

static int read_imports(struct module *module, struct ln_cursor section)
{
	uint64_t count;
	uint32_t type;
	uint8_t kind;

	if (!ln_cursor_number(&section, 32, &count))
		return 0;
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_binary_import(&section, &kind, &type))
			return 0;
		if (kind == LN_EXTERN_FUNCTION &&
		    push(&module->functions, type) != 0)
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

#define MISC_TABLES 12 /* the first of those that work on tables */
#define MISC_ARITHMETIC 18

/* Values move between blocks and functions. */
static void weigh_control(struct body *body, const struct ln_opcode *found)
{
	uint64_t width;

	switch (found->opcode) {
	case LN_OPCODE_BLOCK:
	case LN_OPCODE_LOOP:
	case LN_OPCODE_IF:
		width = type_width(body->module, found->type);
		if (width > body->width)
			body->width = width;
		body->weight += body->width;
		break;
	case LN_OPCODE_ELSE:
	case LN_OPCODE_END:
	case LN_OPCODE_RETURN:
	case LN_OPCODE_BR:
	case LN_OPCODE_BR_IF:
		body->weight += body->width;
		break;
	case LN_OPCODE_BR_TABLE:
		body->weight += found->targets * (1 + body->width);
		break;
	case LN_OPCODE_CALL:
	case LN_OPCODE_RETURN_CALL:
		body->weight += function_width(body->module, found->function);
		break;
	case LN_OPCODE_CALL_INDIRECT:
	case LN_OPCODE_RETURN_CALL_INDIRECT:
		body->weight += type_width(body->module, found->type);
		break;
	default:
		break;
	}
}

static uint64_t pressure_of(const struct ln_opcode *found)
{
	switch (found->opcode) {
	case LN_OPCODE_LOOP:
		return PRESSURE_LOOP;
	case LN_OPCODE_CALL_INDIRECT:
	case LN_OPCODE_RETURN_CALL_INDIRECT:
	case LN_OPCODE_TABLE_GET:
	case LN_OPCODE_TABLE_SET:
		return PRESSURE_INDIRECT;
	case LN_OPCODE_MEMORY_GROW:
	case LN_OPCODE_ATOMIC:
		return PRESSURE_RUNTIME;
	case LN_OPCODE_MISC:
		return found->kind >= MISC_TABLES &&
				       found->kind < MISC_ARITHMETIC
			       ? PRESSURE_RUNTIME
			       : 0;
	default:
		return 0;
	}
}

/* False when the function ends there for the compiler. */
static bool weigh_instruction(struct body *body)
{
	struct ln_opcode found;

	if (body->code.at == body->code.end)
		return false;
	body->weight++;
	if (!ln_opcode_next(&body->code, &found))
		return false;
	weigh_control(body, &found);
	body->pressure += pressure_of(&found);
	return true;
}

/* ---- Functions and the whole ---- */

/* The compiler refuses more in a function once it has made so many. */
#define MOST_LOCALS 50000

static bool weigh_locals(struct body *body)
{
	uint64_t count;
	bool good = ln_opcode_locals(&body->code, &count);

	good = good && count <= MOST_LOCALS;
	body->weight +=
		(count < MOST_LOCALS ? count : MOST_LOCALS) / LOCALS_PER_UNIT;
	return good;
}

static uint64_t weigh_body(const struct module *module, struct ln_cursor code)
{
	struct body body = { .module = module, .code = code };

	body.width = function_width(module, module->bodies);
	if (weigh_locals(&body)) {
		while (weigh_instruction(&body))
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
		uint8_t id;

		if (!ln_binary_section(&binary, &id, &section))
			break;
		if (id == LN_SECTION_TYPE)
			error = read_types(module, section);
		else if (id == LN_SECTION_IMPORT)
			error = read_imports(module, section);
		else if (id == LN_SECTION_CODE)
			read_code(module, imported, section);
		else if (id == LN_SECTION_FUNCTION)
			error = read_functions(module, section);
		if (id == LN_SECTION_IMPORT)
			imported = module->functions.count;
	}
	return error;
}

int ln_weight_module(const uint8_t *bytes, size_t len, uint64_t *weight,
		     uint64_t *allowed)
{
	struct module module = { 0 };
	struct ln_cursor binary = {
		.at = bytes + (len < LN_BINARY_HEADER ? len : LN_BINARY_HEADER),
		.end = bytes + len,
	};
	int error = read_sections(&module, binary);

	*weight = module.weight;
	*allowed = ALLOWED + ALLOWED_PER_BYTE * module.code_size;
	free(module.types.items);
	free(module.functions.items);
	return error;
}
