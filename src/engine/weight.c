/*
 * How much work a module is for the compiler.
 *
 * Job: tell modules whose compilation takes a time in proportion to their size
 * from those made, or grown, so that it takes far more. What does that:
 *
 * - values: a call or a branch of two bytes can move a thousand values, as many
 *   as its type has parameters and results. Each counts.
 * - locals across branches: where branches meet, every local that was set on
 *   the way becomes a value of the block (a phi), with an operand for each
 *   branch; and to read a local means to look for its value through every such
 *   place since it was last touched.
 * - values on the operand stack live through all blocks until they are used.
 * - pressure: values that live across loops, indirect calls and calls into the
 *   runtime are split by the register allocator at each of them, which takes a
 *   time that grows with the square of their number in a function.
 * - locals: five bytes declare fifty thousand, all of which are initialised;
 *   and three bytes make an object with ten thousand fields.
 * - handlers: a call notes all places that catch what it may throw, of all
 *   blocks that it is in.
 * - what the module declares: each type, function that can be called from
 *   outside, and data segment is compiled as well.
 *
 * The factors were measured with Wasmtime 48 (docs/architecture.md has the
 * table): a function with 1,000, 4,000, 10,000 loops takes 0.5, 7, 37 s; one
 * with 20,000 indirect calls 7 s; one with 20,000 calls of memory.grow 2 to 3
 * s; one with 1,000 calls of a function with 1,000 parameters and results 44 s;
 * a local that is read behind one branch more 0.2 to 1 us; an operand of a phi
 * 10 us, in loops nested 300 deep 40 us; a type 5 us and 6 for each of its
 * values; a function 20 us, or 80 if it is exported; a data segment 45 us; a
 * megabyte of ordinary code, 400,000 instructions, 2 s.
 *
 * Threads: any; no state.
 * Guarantees: reads inside the binary for any content, in linear time but for
 * the logarithm of how deep blocks are nested. What is not known here, such as
 * instructions and types of features that the engine's settings switch off,
 * makes a module too heavy to be small.
 * Limits: an estimate. The height of the operand stack is taken for higher than
 * it is where an instruction is not looked at closely.
 */
#include "engine/weight.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/binary.h"
#include "engine/cursor.h"
#include "engine/weight_body.h"

/* What any module may take, and what each byte of code allows on top. A byte of
 * code that people build weighs 0.5 to 1.8 (looked at: SQLite, Python, esbuild,
 * swc, Yosys), and the largest part that pressure has in a function is 11,000
 * units. */
#define ALLOWED ((uint64_t)500000)
#define ALLOWED_PER_BYTE 4

#define PER_FUNCTION 4  /* a function */
#define PER_ENTRY 12    /* one that can be called from outside */
#define PER_TYPE 1      /* a type; its values count as well */
#define PER_SEGMENT 9   /* a data segment */
#define PER_ITEM_LOG2 4 /* so many other items of a section are a unit: 16 */
#define DATA_PER_UNIT 2048
#define UNKNOWN (LN_WEIGHT_SMALL + 1) /* a type or an import that is not */

struct module {
	struct ln_weight_types types;
	size_t bodies;    /* the function that the next body is of */
	uint64_t entries; /* functions that can be called from outside */
	uint64_t code_size;
	uint64_t weight;
};

/* ---- What the module declares ---- */

/* Types up to the first that does not decode. Fields of objects count as the
 * parameters of functions do. */
static int read_types(struct module *module, struct ln_cursor section)
{
	struct ln_type_walk walk;
	struct ln_functype type;
	const uint8_t *at;
	uint8_t form;
	int more;

	if (!ln_type_walk_begin(&walk, section))
		return 0;
	while ((more = ln_type_walk_next(&walk, &at, &form, &type)) > 0) {
		/* Each took a byte of the binary: no overflow. */
		struct ln_weight_type pushed = {
			.params = (uint32_t)type.params.count,
			.results = (uint32_t)type.results.count,
		};

		module->weight +=
			PER_TYPE +
			((uint64_t)pushed.params + pushed.results) * 5 / 4;
		if (ln_weight_push_type(&module->types, pushed) != 0)
			return LN_ENOMEM;
	}
	if (more < 0)
		module->weight += UNKNOWN;
	return 0;
}

static int read_imports(struct module *module, struct ln_cursor section)
{
	struct ln_import import;
	uint64_t count;

	if (!ln_cursor_number(&section, 32, &count))
		return 0;
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_binary_import(&section, &import)) {
			module->weight += UNKNOWN;
			return 0;
		}
		if (import.kind == LN_EXTERN_FUNCTION &&
		    ln_weight_push_function(&module->types, import.type) != 0)
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
		if (ln_weight_push_function(&module->types, (uint32_t)type) !=
		    0)
			return LN_ENOMEM;
	}
	return 0;
}

static void read_exports(struct module *module, struct ln_cursor section)
{
	uint64_t count;

	if (!ln_cursor_number(&section, 32, &count))
		return;
	for (uint64_t i = 0; i < count; i++) {
		struct ln_export export;

		if (!ln_binary_export(&section, &export))
			return;
		module->entries += export.kind == LN_EXTERN_FUNCTION;
	}
}

/* A section of many small things. An element takes a byte at least, and may
 * name a function. */
static void read_others(struct module *module, uint8_t id,
			struct ln_cursor section)
{
	uint64_t len = ln_cursor_len(section);
	uint64_t count;

	switch (id) {
	case LN_SECTION_EXPORT:
		read_exports(module, section);
		break;
	case LN_SECTION_ELEMENT:
		module->entries += len;
		break;
	case LN_SECTION_DATA:
		/* A segment takes two bytes at least. */
		if (ln_cursor_number(&section, 32, &count))
			module->weight += PER_SEGMENT *
					  (count < len / 2 ? count : len / 2);
		module->weight += len / DATA_PER_UNIT;
		break;
	default:
		break;
	}
	if (id != LN_SECTION_CUSTOM && id != LN_SECTION_DATA)
		module->weight += len >> PER_ITEM_LOG2;
}

/* ---- The whole ---- */

static int read_code(struct module *module, size_t imported,
		     struct ln_cursor section)
{
	struct ln_weight_scratch scratch = { 0 };
	uint64_t count, size;
	struct ln_cursor code;
	int error = 0;

	if (!ln_cursor_number(&section, 32, &count))
		return 0;
	module->bodies = imported;
	for (uint64_t i = 0; i < count && error == 0; i++) {
		uint64_t weight = 0;

		if (!ln_cursor_number(&section, 32, &size) ||
		    !ln_cursor_part(&section, size, &code))
			break;
		module->code_size += size;
		error = ln_weight_body(&module->types, module->bodies, code,
				       &scratch, &weight);
		module->weight += weight;
		module->weight += PER_FUNCTION;
		module->entries += scratch.named;
		module->bodies++;
	}
	ln_weight_free_scratch(&scratch);
	return error;
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
			error = read_code(module, imported, section);
		else if (id == LN_SECTION_FUNCTION)
			error = read_functions(module, section);
		else
			read_others(module, id, section);
		if (id == LN_SECTION_IMPORT)
			imported = module->types.function_count;
	}
	return error;
}

int ln_weight_module(const uint8_t *bytes, size_t len, struct ln_weight *weight)
{
	struct module module = { 0 };
	struct ln_cursor binary = {
		.at = bytes + (len < LN_BINARY_HEADER ? len : LN_BINARY_HEADER),
		.end = bytes + len,
	};
	int error = read_sections(&module, binary);

	/* However often a function is named, it is one. */
	if (module.entries > module.types.function_count)
		module.entries = module.types.function_count;
	weight->total = module.weight + PER_ENTRY * module.entries;
	weight->allowed = ALLOWED + ALLOWED_PER_BYTE * module.code_size;
	ln_weight_free_types(&module.types);
	return error;
}
