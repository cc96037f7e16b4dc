/*
 * A walk over the section headers of a wasm binary.
 *
 * Job: say in words of ours what is wrong with files that are cut off or not
 * core modules, and collect the few facts that the compiled code does not tell.
 * Threads: none of its own; works on the caller's bytes only.
 * Guarantees: reads inside [bytes, bytes + len), in time linear in the number
 * of sections, memories and exports, for any content.
 * Limits: section contents are looked at for their first number only, for the
 * sizes in the table and memory sections, and for the exported memory.
 * Everything else is the compiler's to check.
 */
#include "engine/scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/binary.h"
#include "engine/cursor.h"
#include "engine/opcode.h"

enum memory_flag {
	MEMORY_HAS_MAX = 1,
	MEMORY_PAGE_SIZE = 8,
	MEMORY_KNOWN = 15, /* also shared and 64-bit ones */
};

#define PAGE_SIZE_LOG2 16

struct problem {
	char *text;
	size_t size;
};

__attribute__((format(printf, 3, 4))) static int
fail(const struct problem *problem, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(problem->text, problem->size, format, arguments);
	va_end(arguments);
	return error;
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Adds what a memory section asks for at the start. False: malformed. */
static bool read_memories(struct ln_cursor section, uint64_t count,
			  uint64_t *bytes)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t flags, pages, max;
		uint64_t log2 = PAGE_SIZE_LOG2;

		if (!ln_cursor_number(&section, 32, &flags) ||
		    (flags & ~(uint64_t)MEMORY_KNOWN) != 0 ||
		    !ln_cursor_number(&section, 64, &pages))
			return false;
		if ((flags & MEMORY_HAS_MAX) != 0 &&
		    !ln_cursor_number(&section, 64, &max))
			return false;
		if ((flags & MEMORY_PAGE_SIZE) != 0 &&
		    (!ln_cursor_number(&section, 32, &log2) ||
		     log2 > PAGE_SIZE_LOG2))
			return false;
		if (pages > UINT64_MAX >> log2)
			pages = UINT64_MAX >> log2;
		*bytes = add_saturating(*bytes, pages << log2);
	}
	return true;
}

/* Steps over a constant expression. */
static bool skip_expression(struct ln_cursor *section)
{
	struct ln_opcode found;

	do {
		if (!ln_opcode_next(section, &found))
			return false;
	} while (found.opcode != LN_OPCODE_END);
	return true;
}

/* Adds the tables up. What is malformed is the compiler's to refuse. */
static void read_tables(struct ln_cursor section, uint64_t count,
			struct ln_scan *scan)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t min, max;
		bool initial;

		if (!ln_binary_table(&section, &initial, &min, &max))
			return;
		scan->initial_elements =
			add_saturating(scan->initial_elements, min);
		if (min > scan->largest_table)
			scan->largest_table = min;
		if (max > min)
			scan->growing_tables++;
		if (initial && !skip_expression(&section))
			return;
	}
}

/* Looks for the memory that is exported as "memory". What is malformed is the
 * compiler's to refuse. */
static void find_exported_memory(struct ln_cursor section, uint64_t count,
				 uint32_t *memory)
{
	for (uint64_t i = 0; i < count; i++) {
		struct ln_export export;

		if (!ln_binary_export(&section, &export))
			return;
		if (export.kind == LN_EXTERN_MEMORY &&
		    ln_cursor_is(export.name, "memory"))
			*memory = export.index;
	}
}

/* Takes in a section other than a custom one. False: malformed. */
static bool read_section(struct ln_scan *scan, uint8_t id,
			 struct ln_cursor section)
{
	uint64_t count;

	/* Every section but custom ones starts with a number: how many items
	 * it has or, for the start section, a function. */
	if (!ln_cursor_number(&section, 32, &count))
		return false;
	switch (id) {
	case LN_SECTION_IMPORT:
		scan->imports = add_saturating(scan->imports, count);
		return true;
	case LN_SECTION_FUNCTION:
		scan->functions = add_saturating(scan->functions, count);
		return true;
	case LN_SECTION_TABLE:
		read_tables(section, count, scan);
		return true;
	case LN_SECTION_MEMORY:
		scan->memories += count;
		return read_memories(section, count, &scan->initial_memory);
	case LN_SECTION_EXPORT:
		scan->exports = add_saturating(scan->exports, count);
		find_exported_memory(section, count, &scan->exported_memory);
		return true;
	case LN_SECTION_DATA:
		scan->data = add_saturating(scan->data, ln_cursor_len(section));
		return true;
	case LN_SECTION_START:
		scan->has_start = true;
		return true;
	default:
		return true;
	}
}

static int check_header(const uint8_t *bytes, size_t len,
			const struct problem *problem)
{
	static const uint8_t magic[] = { 0, 'a', 's', 'm' };
	size_t prefix = len < sizeof(magic) ? len : sizeof(magic);

	if (len == 0)
		return fail(problem, LN_EFORMAT, "empty");
	if (memcmp(bytes, magic, prefix) != 0)
		return fail(problem, LN_EFORMAT, "not WebAssembly");
	if (len < LN_BINARY_HEADER)
		return fail(problem, LN_EFORMAT,
			    "truncated: it ends within its header");
	if (bytes[6] == 1 && bytes[7] == 0)
		return fail(problem, LN_EFORMAT,
			    "a component, where only a core module can be: "
			    "build it for the target wasm32-wasip1");
	if (bytes[4] != 1 || bytes[5] != 0 || bytes[6] != 0 || bytes[7] != 0)
		return fail(problem, LN_EFORMAT,
			    "of a version of WebAssembly that is not known "
			    "(%02x%02x%02x%02x instead of 01000000)",
			    bytes[4], bytes[5], bytes[6], bytes[7]);
	return 0;
}

static int check_bounds(const struct ln_scan *scan,
			const struct problem *problem)
{
	const struct {
		uint64_t count;
		uint64_t bound;
		const char *what;
	} bounds[] = {
		{ scan->functions, LN_SCAN_MAX_FUNCTIONS, "functions" },
		{ scan->imports, LN_SCAN_MAX_IMPORTS, "imports" },
		{ scan->exports, LN_SCAN_MAX_EXPORTS, "exports" },
	};

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		if (bounds[i].count > bounds[i].bound)
			return fail(problem, LN_ELIMIT,
				    "too large: it has %llu %s, at most %llu "
				    "are allowed",
				    (unsigned long long)bounds[i].count,
				    bounds[i].what,
				    (unsigned long long)bounds[i].bound);
	}
	return 0;
}

int ln_scan_module(const uint8_t *bytes, size_t len, struct ln_scan *scan,
		   char *text, size_t size)
{
	const struct problem problem = { .text = text, .size = size };
	struct ln_cursor cursor;
	int error;

	memset(scan, 0, sizeof(*scan));
	scan->exported_memory = UINT32_MAX;
	error = check_header(bytes, len, &problem);
	if (error != 0)
		return error;
	cursor.at = bytes + LN_BINARY_HEADER;
	cursor.end = bytes + len;
	while (cursor.at < cursor.end) {
		size_t offset = (size_t)(cursor.at - bytes);
		uint8_t id = *cursor.at++;
		struct ln_cursor section;
		uint64_t bytes_left, content;

		if (id >= LN_SECTION_COUNT)
			return fail(&problem, LN_EFORMAT,
				    "malformed: there is no section %u, which "
				    "it has at byte %zu",
				    id, offset);
		if (!ln_cursor_number(&cursor, 32, &content)) {
			if (cursor.at == cursor.end)
				return fail(&problem, LN_EFORMAT,
					    "truncated: it ends within the "
					    "header of a section, at byte %zu",
					    offset);
			return fail(&problem, LN_EFORMAT,
				    "malformed: the section at byte %zu has "
				    "no valid size",
				    offset);
		}
		bytes_left = (uint64_t)(cursor.end - cursor.at);
		if (content > bytes_left)
			return fail(&problem, LN_EFORMAT,
				    "truncated: the section at byte %zu has "
				    "%llu bytes, of which %llu are there",
				    offset, (unsigned long long)content,
				    (unsigned long long)bytes_left);
		section.at = cursor.at;
		section.end = cursor.at + content;
		cursor.at = section.end;
		if (id != LN_SECTION_CUSTOM && !read_section(scan, id, section))
			return fail(&problem, LN_EFORMAT,
				    "malformed: the section at byte %zu does "
				    "not hold what it should",
				    offset);
	}
	return check_bounds(scan, &problem);
}
