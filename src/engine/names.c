/*
 * Job: find names without trusting them.
 * Threads: any; immutable once made.
 * Guarantees: reads inside the bytes, in time linear in them, for any content.
 * What is malformed ends the list; what came before it counts. Of several names
 * for one function the last counts, as in the engine.
 */
#include "engine/names.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/binary.h"
#include "engine/component.h"

#define SECTION_NAME "name"
#define SECTION_NAME_LEN (sizeof(SECTION_NAME) - 1)
#define HIDDEN_NAME "...." /* as long as that */

enum part { PART_MODULE = 0, PART_FUNCTIONS = 1 };

/* Where a name is; 0: there is none, since no module begins with one. */
struct place {
	uint32_t offset;
	uint32_t len;
};

/* A core module of a component. */
struct core {
	struct ln_names *names; /* its own */
	size_t start;           /* in the component's bytes */
	size_t end;
	uint32_t first;   /* its function 0 has that number in the component */
	uint32_t count;   /* of functions, imported ones included */
	uint32_t imports; /* of functions */
	/* Where each function that it defines begins, from `start` on, and
	 * where the last one ends; NULL: there is none. */
	uint32_t *bodies;
};

struct ln_names {
	const uint8_t *bytes;
	struct place *functions; /* NULL: none is named */
	uint64_t count;
	struct ln_lines *lines; /* not owned; NULL: none */
	struct core *cores;     /* NULL: it is no component, or has none */
	uint32_t core_count;
	bool component;
	char module[LN_NAMES_MODULE_SIZE];
};

/* Moves to the next name section; its content and where its name is. */
static bool next_section(struct ln_cursor *cursor, struct ln_cursor *content,
			 const uint8_t **name)
{
	struct ln_cursor title;
	uint8_t id;

	while (ln_binary_section(cursor, &id, content)) {
		if (id != LN_SECTION_CUSTOM || !ln_binary_name(content, &title))
			continue;
		*name = title.at;
		if (ln_cursor_is(title, SECTION_NAME))
			return true;
	}
	return false;
}

static struct ln_cursor sections(const uint8_t *bytes, size_t len)
{
	size_t header = len < LN_BINARY_HEADER ? len : LN_BINARY_HEADER;

	return (struct ln_cursor){ .at = bytes + header, .end = bytes + len };
}

static int read_functions(struct ln_names *names, struct ln_cursor part)
{
	struct ln_cursor name;
	uint64_t count, index;

	if (!ln_cursor_number(&part, 32, &count) || names->count == 0)
		return 0;
	if (names->functions == NULL)
		names->functions =
			calloc(names->count, sizeof(*names->functions));
	if (names->functions == NULL)
		return LN_ENOMEM;
	/* Each takes two bytes at least, so the section's end bounds this. */
	while (count-- > 0 && ln_cursor_number(&part, 32, &index) &&
	       ln_binary_name(&part, &name)) {
		size_t len = ln_cursor_len(name);
		size_t offset = (size_t)(name.at - names->bytes);

		if (index >= names->count || offset > UINT32_MAX)
			continue;
		if (len > LN_NAMES_FUNCTION_MAX)
			len = LN_NAMES_FUNCTION_MAX;
		names->functions[index] =
			(struct place){ (uint32_t)offset, (uint32_t)len };
	}
	return 0;
}

static int read_section(struct ln_names *names, struct ln_cursor section)
{
	struct ln_cursor part, name;
	int error = 0;
	uint8_t id;

	while (error == 0 && ln_binary_section(&section, &id, &part)) {
		if (id == PART_FUNCTIONS)
			error = read_functions(names, part);
		else if (id == PART_MODULE && ln_binary_name(&part, &name) &&
			 ln_cursor_len(name) > 0)
			ln_text_copy(names->module, sizeof(names->module),
				     name.at, ln_cursor_len(name));
	}
	return error;
}

int ln_names_new(const uint8_t *bytes, size_t len, uint64_t functions,
		 struct ln_names **out)
{
	struct ln_cursor cursor = sections(bytes, len);
	struct ln_names *names = calloc(1, sizeof(*names));
	struct ln_cursor content;
	const uint8_t *title;
	int error = 0;

	if (names == NULL)
		return LN_ENOMEM;
	names->bytes = bytes;
	names->count = functions;
	strcpy(names->module, "<unknown>");
	while (error == 0 && next_section(&cursor, &content, &title))
		error = read_section(names, content);
	if (error < 0) {
		ln_names_free(names);
		return error;
	}
	*out = names;
	return 0;
}

/* ---- Components ---- */

/* What is under way, for one. */
struct reading {
	struct ln_names *names;
	uint32_t first; /* number of the next module's first function */
};

static uint32_t count_imports(struct ln_cursor section)
{
	struct ln_import import;
	uint32_t functions = 0;
	uint64_t count;

	if (!ln_cursor_number(&section, 32, &count))
		return 0;
	while (count-- > 0 && ln_binary_import(&section, &import))
		functions += import.kind == LN_EXTERN_FUNCTION;
	return functions;
}

static int read_bodies(struct core *core, const uint8_t *start,
		       struct ln_cursor section)
{
	struct ln_cursor body;
	uint64_t count, size;
	uint32_t *bodies;

	/* Each takes a byte at least. */
	if (core->bodies != NULL || !ln_cursor_number(&section, 32, &count) ||
	    count == 0 || count > ln_cursor_len(section))
		return 0;
	bodies = calloc(count + 1, sizeof(*bodies));
	if (bodies == NULL)
		return LN_ENOMEM;
	core->bodies = bodies;
	bodies[0] = (uint32_t)(section.at - start);
	for (core->count = 0; core->count < count &&
			      ln_cursor_number(&section, 32, &size) &&
			      ln_cursor_part(&section, size, &body);)
		bodies[++core->count] = (uint32_t)(body.end - start);
	return 0;
}

/* What there is of functions in a module. */
static int read_module(struct core *core, struct ln_cursor module)
{
	struct ln_cursor cursor = sections(module.at, ln_cursor_len(module));
	struct ln_cursor content;
	int error = 0;
	uint8_t id;

	while (error == 0 && ln_binary_section(&cursor, &id, &content)) {
		if (id == LN_SECTION_IMPORT)
			core->imports = count_imports(content);
		else if (id == LN_SECTION_CODE)
			error = read_bodies(core, module.at, content);
	}
	core->count += core->imports;
	return error;
}

static int add_core(void *argument, struct ln_cursor module)
{
	struct reading *reading = argument;
	struct ln_names *names = reading->names;
	size_t len = ln_cursor_len(module);
	struct core *cores = realloc(
		names->cores, (names->core_count + 1) * sizeof(*names->cores));
	struct core *core;
	int error;

	if (cores == NULL)
		return LN_ENOMEM;
	names->cores = cores;
	core = &cores[names->core_count++];
	*core = (struct core){
		.start = (size_t)(module.at - names->bytes),
		.end = (size_t)(module.end - names->bytes),
		.first = reading->first,
	};
	error = read_module(core, module);
	if (error == 0)
		error = ln_names_new(module.at, len, core->count, &core->names);
	reading->first += core->count;
	return error;
}

int ln_names_new_component(const uint8_t *bytes, size_t len,
			   struct ln_names **out)
{
	struct ln_names *names;
	struct reading reading = { 0 };
	int error = ln_names_new(bytes, LN_BINARY_HEADER, 0, &names);

	if (error < 0)
		return error;
	names->component = true;
	reading.names = names;
	error = ln_component_each(bytes, len, add_core, &reading);
	if (error == LN_ENOMEM) {
		ln_names_free(names);
		return error;
	}
	*out = names;
	return 0;
}

/* The module that has a function of that number; NULL: none. */
static const struct core *core_of(const struct ln_names *names,
				  uint32_t function)
{
	uint32_t low = 0, high = names->core_count;

	/* The last one that begins there or before. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (names->cores[middle].first <= function)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || function - names->cores[low - 1].first >=
				names->cores[low - 1].count)
		return NULL;
	return &names->cores[low - 1];
}

uint32_t ln_names_number(const struct ln_names *names, uint32_t function,
			 size_t offset)
{
	if (names == NULL || !names->component)
		return function;
	for (uint32_t i = 0; i < names->core_count; i++) {
		const struct core *core = &names->cores[i];
		uint32_t body = function - core->imports;

		if (offset < core->start || offset >= core->end)
			continue;
		if (core->bodies == NULL || function < core->imports ||
		    function >= core->count ||
		    offset - core->start < core->bodies[body] ||
		    offset - core->start >= core->bodies[body + 1])
			break;
		return core->first + function;
	}
	return LN_NAMES_NOWHERE;
}

uint32_t ln_names_number_in(const struct ln_names *names, uint32_t module,
			    uint32_t function)
{
	if (names == NULL || !names->component)
		return function;
	if (module >= names->core_count ||
	    function >= names->cores[module].count)
		return LN_NAMES_NOWHERE;
	return names->cores[module].first + function;
}

uint32_t ln_names_own_number(const struct ln_names *names, uint32_t function)
{
	const struct core *core =
		names != NULL ? core_of(names, function) : NULL;

	return core != NULL ? function - core->first : function;
}

/* ---- What is known ---- */

void ln_names_set_lines(struct ln_names *names, struct ln_lines *lines)
{
	names->lines = lines;
}

struct ln_lines *ln_names_lines(const struct ln_names *names)
{
	return names->lines;
}

void ln_names_free(struct ln_names *names)
{
	if (names == NULL)
		return;
	for (uint32_t i = 0; i < names->core_count; i++) {
		ln_names_free(names->cores[i].names);
		free(names->cores[i].bodies);
	}
	free(names->cores);
	free(names->functions);
	free(names);
}

const char *ln_names_function(const struct ln_names *names, uint32_t function,
			      size_t *len)
{
	const struct place *place;
	const struct core *core;

	*len = 0;
	if (names->component) {
		core = core_of(names, function);
		if (core == NULL)
			return NULL;
		function -= core->first;
		names = core->names;
	}
	if (names->functions == NULL || function >= names->count)
		return NULL;
	place = &names->functions[function];
	if (place->offset == 0)
		return NULL;
	*len = place->len;
	return (const char *)names->bytes + place->offset;
}

bool ln_names_of_library(const struct ln_names *names, uint32_t function)
{
	/* Of C, and as Rust mangles the crate's name. */
	static const char *const starts[] = { "lunatic_", "_lunatic_",
					      "_ZN7lunatic" };
	const char *name = NULL;
	size_t len = 0;

	if (names != NULL)
		name = ln_names_function(names, function, &len);
	for (size_t i = 0; name != NULL && i < sizeof(starts) / sizeof(*starts);
	     i++) {
		size_t n = strlen(starts[i]);

		if (len >= n && memcmp(name, starts[i], n) == 0)
			return true;
	}
	return false;
}

uint32_t ln_names_first_own(const struct ln_names *names,
			    const uint32_t *functions, size_t count)
{
	ln_assert(count > 0);
	for (size_t i = 0; i < count; i++) {
		if (!ln_names_of_library(names, functions[i]))
			return functions[i];
	}
	return functions[0];
}

char *ln_names_copy(const struct ln_names *names, uint32_t function)
{
	static const char before[] = "<wasm function ";
	size_t len;
	const char *name = ln_names_function(names, function, &len);
	char number[sizeof(before) + 16];
	uint32_t unit = 1;
	char *copy;

	if (name != NULL) {
		copy = malloc(len + 1);
		for (size_t i = 0; copy != NULL && i < len; i++)
			copy[i] = name[i] != '\0' ? name[i] : '?';
		if (copy != NULL)
			copy[len] = '\0';
		return copy;
	}
	if (names->component && function == LN_NAMES_NOWHERE)
		return strdup("<adapter>");
	function = ln_names_own_number(names, function);
	/* By hand: printf needs more stack than a fiber should give. */
	memcpy(number, before, sizeof(before));
	len = sizeof(before) - 1;
	while (function / unit >= 10)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		number[len++] = (char)('0' + function / unit % 10);
	number[len++] = '>';
	return strndup(number, len);
}

const char *ln_names_module(const struct ln_names *names, uint32_t function)
{
	const struct core *core = core_of(names, function);

	return core != NULL ? core->names->module : names->module;
}

int ln_names_hide(const uint8_t *bytes, size_t len, uint8_t **copy)
{
	struct ln_cursor cursor = sections(bytes, len);
	struct ln_cursor content;
	const uint8_t *title;

	*copy = NULL;
	while (next_section(&cursor, &content, &title)) {
		if (*copy == NULL) {
			*copy = malloc(len);
			if (*copy == NULL)
				return LN_ENOMEM;
			memcpy(*copy, bytes, len);
		}
		memcpy(*copy + (title - bytes), HIDDEN_NAME, SECTION_NAME_LEN);
	}
	return 0;
}
