/*
 * DESIGN
 * .debug_line is a list of units. Each has a header with its files, and a
 * program for a small machine whose output is a table: address, file, line. We
 * run all programs and remember, for each place that is looked for, the row
 * whose range of addresses it is in. Addresses are those in the code section.
 *
 * A program takes at least a byte for each step, so all is linear in the bytes.
 * Names of files are read at the end, from the units that were found; a unit is
 * read once more for each place.
 *
 * Code that a linker has dropped has the address 0 or one that is larger than
 * any section: such sequences are passed over. Where rows overlap, which they
 * do only then, the one with the higher start counts.
 *
 * Threads: any; immutable.
 */
#include "engine/lines.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"
#include "base/time.h"
#include "engine/binary.h"
#include "engine/component.h"
#include "engine/lines_impl.h"

#define KEPT_MAX ((size_t)256 << 20)
#define LOOK_TIME (200 * LN_NS_PER_MS) /* of each second */

/* Opcodes of the machine. */
enum {
	OP_EXTENDED = 0,
	OP_COPY = 1,
	OP_ADVANCE_PC = 2,
	OP_ADVANCE_LINE = 3,
	OP_SET_FILE = 4,
	OP_SET_COLUMN = 5,
	OP_CONST_ADD_PC = 8,
	OP_FIXED_ADVANCE_PC = 9,
};
enum { EXTENDED_END = 1, EXTENDED_ADDRESS = 2 };

/* A module: the whole binary, or a core module of a component. */
struct module {
	size_t end;    /* in the bytes */
	uint64_t code; /* where the code section's content begins */
	struct ln_lines_sections sections;
};

struct ln_lines {
	_Atomic uint32_t references;
	_Atomic uint32_t keepers; /* of those, that may outlive the module */
	uint8_t *bytes;
	size_t len;
	struct module *modules; /* those that have lines */
	size_t count;
};

/* Bytes that are kept by those who may outlive modules. */
static _Atomic size_t kept;

static _Atomic int64_t window; /* when this second began */
static _Atomic int64_t spent;  /* nanoseconds of it, for looking */

/* ---- Finding the sections ---- */

static void note_custom(struct ln_lines_sections *sections,
			struct ln_cursor content)
{
	struct ln_cursor name;

	if (!ln_binary_name(&content, &name) ||
	    ln_cursor_len(content) > LN_LINES_MAX)
		return;
	if (ln_cursor_is(name, ".debug_line"))
		sections->lines = content;
	else if (ln_cursor_is(name, ".debug_line_str"))
		sections->line_texts = content;
	else if (ln_cursor_is(name, ".debug_str"))
		sections->texts = content;
}

/* Adds a module, if it has lines. LN_ENOMEM. */
static int add_module(void *argument, struct ln_cursor cursor)
{
	struct ln_lines *lines = argument;
	struct module module = {
		.end = (size_t)(cursor.end - lines->bytes),
	};
	struct ln_cursor content;
	struct module *modules;
	bool has_code = false;
	uint8_t id;

	if (!ln_cursor_skip(&cursor, LN_BINARY_HEADER))
		return 0;
	while (ln_binary_section(&cursor, &id, &content)) {
		if (id == LN_SECTION_CUSTOM) {
			note_custom(&module.sections, content);
		} else if (id == LN_SECTION_CODE) {
			module.code = (uint64_t)(content.at - lines->bytes);
			has_code = true;
		}
	}
	if (!has_code || ln_cursor_len(module.sections.lines) == 0)
		return 0;
	modules =
		realloc(lines->modules, (lines->count + 1) * sizeof(*modules));
	if (modules == NULL)
		return LN_ENOMEM;
	lines->modules = modules;
	modules[lines->count++] = module;
	return 0;
}

/* Whether there are any. */
static bool find_modules(struct ln_lines *lines)
{
	const struct ln_cursor all = { lines->bytes,
				       lines->bytes + lines->len };

	/* What is malformed ends it, as the lack of memory does. */
	if (ln_component_is(lines->bytes, lines->len))
		(void)ln_component_each(lines->bytes, lines->len, add_module,
					lines);
	else
		(void)add_module(lines, all);
	return lines->count > 0;
}

struct ln_lines *ln_lines_new(uint8_t *bytes, size_t len)
{
	struct ln_lines *lines = calloc(1, sizeof(*lines));

	if (lines == NULL)
		return NULL;
	lines->bytes = bytes;
	lines->len = len;
	atomic_init(&lines->references, 1);
	if (find_modules(lines))
		return lines;
	free(lines);
	return NULL;
}

struct ln_lines *ln_lines_retain(struct ln_lines *lines)
{
	ln_refs_retain(&lines->references);
	return lines;
}

void ln_lines_release(struct ln_lines *lines)
{
	if (lines == NULL || !ln_refs_release(&lines->references))
		return;
	free(lines->bytes);
	free(lines->modules);
	free(lines);
}

struct ln_lines *ln_lines_keep(struct ln_lines *lines)
{
	/* Relaxed: numbers. Two that are first at the same time may both count,
	 * which is undone when both have dropped it. */
	if (atomic_fetch_add_explicit(&lines->keepers, 1,
				      memory_order_relaxed) > 0)
		return ln_lines_retain(lines);
	if (atomic_fetch_add_explicit(&kept, lines->len, memory_order_relaxed) +
		    lines->len <=
	    KEPT_MAX)
		return ln_lines_retain(lines);
	atomic_fetch_sub_explicit(&kept, lines->len, memory_order_relaxed);
	atomic_fetch_sub_explicit(&lines->keepers, 1, memory_order_relaxed);
	return NULL;
}

void ln_lines_drop(struct ln_lines *lines)
{
	if (lines == NULL)
		return;
	if (atomic_fetch_sub_explicit(&lines->keepers, 1,
				      memory_order_relaxed) == 1)
		atomic_fetch_sub_explicit(&kept, lines->len,
					  memory_order_relaxed);
	ln_lines_release(lines);
}

/* ---- Running the programs ---- */

struct row {
	uint64_t address;
	uint64_t file;
	uint64_t line;
	uint64_t column;
};

/* What was found for a place. */
struct match {
	const uint8_t *unit; /* where it begins; NULL: nothing yet */
	struct row row;
};

struct search {
	uint64_t addresses[LN_LINES_PLACES]; /* UINT64_MAX: not known */
	size_t count;
	uint64_t first; /* the lowest of them */
	uint64_t last;  /* the highest that is known */
	struct match matches[LN_LINES_PLACES];
};

/* The machine, for one unit. */
struct machine {
	struct search *search;
	const struct ln_lines_unit *unit;
	struct row row;
	struct row before; /* the row above it in the sequence */
	bool has_before;
	bool dropped; /* a sequence of code that is not there */
};

static void reset(struct machine *machine)
{
	machine->row = (struct row){ .file = 1, .line = 1 };
	machine->has_before = false;
	machine->dropped = true; /* until it has an address */
}

/* A row, or the end of a sequence, is there: the one above it ends here. */
static void emit(struct machine *machine, bool end)
{
	struct search *search = machine->search;
	const struct row *before = &machine->before;

	bool near = machine->has_before && before->address <= search->last &&
		    machine->row.address > search->first;

	for (size_t i = 0; near && i < search->count; i++) {
		uint64_t address = search->addresses[i];
		struct match *match = &search->matches[i];

		if (address < before->address ||
		    address >= machine->row.address ||
		    (match->unit != NULL &&
		     match->row.address >= before->address))
			continue;
		match->unit = machine->unit->begin;
		match->row = *before;
	}
	machine->before = machine->row;
	machine->has_before = !end && !machine->dropped;
}

static void advance(struct machine *machine, uint64_t operations)
{
	machine->row.address += operations * machine->unit->instruction;
}

static bool read_address(struct machine *machine, struct ln_cursor content)
{
	uint64_t address = 0;
	size_t size = ln_cursor_len(content);

	if (size != 4 && size != 8)
		return false;
	memcpy(&address, content.at, size); /* little-endian, as we are */
	machine->row.address = address;
	machine->dropped = address == 0 || address >= UINT32_MAX - 2;
	machine->has_before = false;
	return true;
}

static bool run_extended(struct machine *machine, struct ln_cursor *program)
{
	struct ln_cursor content;
	uint64_t len;
	uint8_t opcode;

	if (!ln_cursor_number(program, 32, &len) ||
	    !ln_cursor_part(program, len, &content))
		return false;
	if (!ln_cursor_byte(&content, &opcode))
		return true;
	if (opcode == EXTENDED_ADDRESS)
		return read_address(machine, content);
	if (opcode == EXTENDED_END) {
		emit(machine, true);
		reset(machine);
	}
	return true;
}

static bool skip_arguments(const struct machine *machine, uint8_t opcode,
			   struct ln_cursor *program)
{
	for (uint8_t i = 0; i < machine->unit->lengths[opcode]; i++) {
		if (!ln_cursor_skip_number(program))
			return false;
	}
	return true;
}

static bool run_standard(struct machine *machine, uint8_t opcode,
			 struct ln_cursor *program)
{
	uint64_t number;
	uint16_t fixed;

	switch (opcode) {
	case OP_EXTENDED:
		return run_extended(machine, program);
	case OP_COPY:
		emit(machine, false);
		return true;
	case OP_ADVANCE_PC:
		if (!ln_cursor_number(program, 64, &number))
			return false;
		advance(machine, number);
		return true;
	case OP_ADVANCE_LINE:
		if (!ln_lines_signed(program, &number))
			return false;
		machine->row.line += number;
		return true;
	case OP_SET_FILE:
		return ln_cursor_number(program, 64, &machine->row.file);
	case OP_SET_COLUMN:
		return ln_cursor_number(program, 64, &machine->row.column);
	case OP_CONST_ADD_PC:
		advance(machine, (255u - machine->unit->opcode_base) /
					 machine->unit->line_range);
		return true;
	case OP_FIXED_ADVANCE_PC:
		if (ln_cursor_len(*program) < sizeof(fixed))
			return false;
		memcpy(&fixed, program->at, sizeof(fixed));
		program->at += sizeof(fixed);
		machine->row.address += fixed;
		return true;
	default:
		return skip_arguments(machine, opcode, program);
	}
}

static void run_special(struct machine *machine, uint8_t opcode)
{
	const struct ln_lines_unit *unit = machine->unit;
	uint8_t number = (uint8_t)(opcode - unit->opcode_base);

	advance(machine, number / unit->line_range);
	machine->row.line += (uint64_t)(int64_t)(unit->line_base +
						 number % unit->line_range);
	emit(machine, false);
}

/* Whether it ended as it should. */
static bool run(struct search *search, const struct ln_lines_unit *unit)
{
	struct machine machine = { .search = search, .unit = unit };
	struct ln_cursor program = unit->program;
	uint8_t opcode;

	reset(&machine);
	while (ln_cursor_byte(&program, &opcode)) {
		if (opcode >= unit->opcode_base)
			run_special(&machine, opcode);
		else if (!run_standard(&machine, opcode, &program))
			return false;
	}
	return true;
}

static void search_all(const struct module *module, struct search *search)
{
	struct ln_cursor cursor = module->sections.lines;
	struct ln_lines_unit unit;
	enum ln_lines_read how;

	while ((how = ln_lines_read_unit(&cursor, &unit)) != LN_LINES_END) {
		/* The next unit is found whatever is in this one. */
		if (how == LN_LINES_UNIT)
			(void)run(search, &unit);
	}
}

/* Those that are in the module; whether any is. */
static bool begin_search(struct search *search, const struct module *module,
			 const size_t *offsets, size_t count)
{
	bool any = false;

	*search = (struct search){ .count = count };
	for (size_t i = 0; i < count; i++) {
		bool in =
			offsets[i] >= module->code && offsets[i] < module->end;

		search->addresses[i] =
			in ? offsets[i] - module->code : UINT64_MAX;
		any |= in;
	}
	return any;
}

static void set_range(struct search *search)
{
	search->first = UINT64_MAX;
	for (size_t i = 0; i < search->count; i++) {
		uint64_t address = search->addresses[i];

		if (address < search->first)
			search->first = address;
		if (address != UINT64_MAX && address > search->last)
			search->last = address;
	}
}

static uint32_t clamp(uint64_t number)
{
	/* A negative one is as wrong as one that is too large. */
	return number <= INT32_MAX ? (uint32_t)number : 0;
}

/* Stores what was found. */
static void conclude(const struct module *module, const struct search *search,
		     struct ln_line *found)
{
	for (size_t i = 0; i < search->count; i++) {
		const struct match *match = &search->matches[i];

		if (match->unit == NULL)
			continue;
		ln_lines_file(&module->sections, match->unit, match->row.file,
			      found[i].file);
		found[i].line = clamp(match->row.line);
		found[i].column = clamp(match->row.column);
	}
}

void ln_lines_find(const struct ln_lines *lines, const size_t *offsets,
		   size_t count, struct ln_line *found)
{
	struct search *search = malloc(sizeof(*search));
	size_t left = LN_LINES_MAX; /* bytes that are gone through, in all */

	ln_assert(count <= LN_LINES_PLACES);
	memset(found, 0, count * sizeof(*found));
	if (search == NULL)
		return;
	for (size_t i = 0; i < lines->count; i++) {
		const struct module *module = &lines->modules[i];
		size_t len = ln_cursor_len(module->sections.lines);

		if (len > left || !begin_search(search, module, offsets, count))
			continue;
		left -= len;
		set_range(search);
		search_all(module, search);
		conclude(module, search, found);
	}
	free(search);
}

/* Whether time may be spent now. */
static bool may_look(void)
{
	/* Relaxed: a hint, which may be a little wrong. */
	if (ln_time_now() -
		    atomic_load_explicit(&window, memory_order_relaxed) >=
	    LN_NS_PER_S) {
		atomic_store_explicit(&window, ln_time_now(),
				      memory_order_relaxed);
		atomic_store_explicit(&spent, 0, memory_order_relaxed);
	}
	return atomic_load_explicit(&spent, memory_order_relaxed) < LOOK_TIME;
}

bool ln_lines_try(const struct ln_lines *lines, const size_t *offsets,
		  size_t count, struct ln_line *found)
{
	int64_t begin = ln_time_now();

	if (!may_look()) {
		memset(found, 0, count * sizeof(*found));
		return false;
	}
	ln_lines_find(lines, offsets, count, found);
	atomic_fetch_add_explicit(&spent, ln_time_now() - begin,
				  memory_order_relaxed);
	return true;
}

size_t ln_line_print(const struct ln_line *line, char text[LN_LINE_TEXT])
{
	int len = 0;

	text[0] = '\0';
	if (line->line == 0 || line->file[0] == '\0')
		return 0;
	if (line->column > 0)
		len = snprintf(text, LN_LINE_TEXT, " (%s:%u:%u)", line->file,
			       line->line, line->column);
	else
		len = snprintf(text, LN_LINE_TEXT, " (%s:%u)", line->file,
			       line->line);
	return len > 0 ? (size_t)len : 0;
}
