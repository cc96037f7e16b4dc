/* Reading and checking the tables of host functions. */
#define _POSIX_C_SOURCE 200809L

#include "abigen_table.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define MAX_ELEMENT 65536 /* bytes; see ln_host_inside */

const struct kind kinds[KIND_COUNT] = {
	[I32] = { "i32", false, false, "i", "uint32_t ", "`i32`" },
	[I64] = { "i64", false, false, "I", "uint64_t ", "`i64`" },
	[S32] = { "s32", false, false, "i", "int32_t ", "`i32`, signed" },
	[S64] = { "s64", false, false, "I", "int64_t ", "`i64`, signed" },
	[F32] = { "f32", false, false, "f", "float ", "`f32`" },
	[F64] = { "f64", false, false, "F", "double ", "`f64`" },
	[IN] = { "in", false, true, "ii", "struct ln_slice ",
		 "`i32` address and `i32` length, read" },
	[OUT] = { "out", false, true, "ii", "struct ln_buffer ",
		  "`i32` address and `i32` length, written" },
	[ARRAY] = { "array", true, true, "ii", "struct ln_array ",
		    "`i32` address and `i32` number of elements of" },
	[FIXED_IN] = { "in", true, true, "i", "const uint8_t *",
		       "`i32` address, read:" },
	[FIXED_OUT] = { "out", true, true, "i", "uint8_t *",
			"`i32` address, written:" },
	[ADDR] = { "addr", false, false, "i", "uint32_t ", "`i32` address" },
};

const char *const generations[GENERATION_COUNT][2] = {
	{ "any", "LN_ABI_ANY" },
	{ "0.7", "LN_ABI_0_7" },
	{ "0.13", "LN_ABI_0_13" },
};

/* Names that C, C++, or the generated code need for themselves. */
static const char *const reserved[] = {
	"and",    "asm",      "auto",     "bool",    "break",    "case",
	"catch",  "char",     "class",    "const",   "continue", "default",
	"delete", "do",       "double",   "else",    "enum",     "export",
	"extern", "false",    "float",    "for",     "friend",   "goto",
	"guest",  "if",       "inline",   "int",     "long",     "namespace",
	"new",    "not",      "operator", "or",      "private",  "protected",
	"public", "register", "restrict", "result",  "return",   "short",
	"signed", "sizeof",   "static",   "struct",  "switch",   "template",
	"this",   "throw",    "true",     "try",     "typedef",  "typename",
	"union",  "unsigned", "using",    "virtual", "void",     "volatile",
	"while",  "xor",
};

struct table table;

/* The file that is read, or of which something is checked. */
static struct {
	const char *path;
	struct text file;  /* every line as it is */
	size_t at;         /* index of the next line */
	char *signature;   /* of the function being read, see signature() */
	size_t generation; /* of what follows */
	bool have_generation;
	size_t space; /* 1 + index of the namespace of what follows; or 0 */
} reader;

/* ---- small things ---- */

void fail(size_t line, const char *format, ...)
{
	va_list arguments;

	if (line != 0)
		fprintf(stderr, "%s:%zu: ", reader.path, line);
	else
		fprintf(stderr, "abigen: ");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

void *grow(void *array, size_t count, size_t size)
{
	char *grown = realloc(array, (count + 1) * size);

	if (grown == NULL)
		fail(0, "out of memory");
	memset(grown + count * size, 0, size);
	return grown;
}

static char *copy(const char *string)
{
	char *made = strdup(string);

	if (made == NULL)
		fail(0, "out of memory");
	return made;
}

static void text_add(struct text *text, const char *line)
{
	text->lines = grow(text->lines, text->count, sizeof(*text->lines));
	text->lines[text->count++] = copy(line);
}

/* Replaces *string by "*string line". */
static void append(char **string, const char *line)
{
	size_t len = strlen(*string);
	char *grown = realloc(*string, len + strlen(line) + 2);

	if (grown == NULL)
		fail(0, "out of memory");
	grown[len] = ' ';
	strcpy(grown + len + 1, line);
	*string = grown;
}

bool starts(const char *string, const char *with)
{
	return strncmp(string, with, strlen(with)) == 0;
}

/* ---- reading: words of a line ---- */

struct cursor {
	const char *at;
	size_t line;
};

static void skip_spaces(struct cursor *cursor)
{
	while (*cursor->at == ' ')
		cursor->at++;
}

/* Takes `token` if it comes next. */
static bool accept(struct cursor *cursor, const char *token)
{
	skip_spaces(cursor);
	if (!starts(cursor->at, token))
		return false;
	cursor->at += strlen(token);
	return true;
}

static void expect(struct cursor *cursor, const char *token)
{
	if (!accept(cursor, token))
		fail(cursor->line, "expected '%s' before '%.20s'", token,
		     cursor->at);
}

static void expect_end(struct cursor *cursor)
{
	skip_spaces(cursor);
	if (*cursor->at != '\0')
		fail(cursor->line, "unexpected '%.20s'", cursor->at);
}

/* Takes a name: a lower-case letter, then letters, digits, '_' and, where
 * `extra` is not '\0', that character. */
static void take_name(struct cursor *cursor, char extra, char into[NAME_SIZE])
{
	size_t len = 0;

	skip_spaces(cursor);
	if (!islower((unsigned char)*cursor->at))
		fail(cursor->line, "expected a name before '%.20s'",
		     cursor->at);
	while (islower((unsigned char)*cursor->at) ||
	       isdigit((unsigned char)*cursor->at) || *cursor->at == '_' ||
	       (extra != '\0' && *cursor->at == extra)) {
		if (len == NAME_SIZE - 1)
			fail(cursor->line, "the name '%.20s...' is too long",
			     into);
		into[len++] = *cursor->at++;
		into[len] = '\0';
	}
}

/* Takes a number from `min` to `max`. */
static unsigned long take_number(struct cursor *cursor, unsigned long min,
				 unsigned long max)
{
	unsigned long value;
	char *end;

	skip_spaces(cursor);
	errno = 0;
	value = isdigit((unsigned char)*cursor->at)
			? strtoul(cursor->at, &end, 10)
			: ULONG_MAX;
	if (value == ULONG_MAX || value < min || value > max)
		fail(cursor->line, "expected a number from %lu to %lu", min,
		     max);
	cursor->at = end;
	return value;
}

/* ---- reading: functions ---- */

static enum kind_id kind_named(const char *word, bool sized, size_t line)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].word, word) == 0 && kinds[i].sized == sized)
			return (enum kind_id)i;
	fail(line, "no argument kind '%s%s'", word, sized ? "(N)" : "");
}

static void parse_type(struct cursor *cursor, struct argument *argument)
{
	static const char *const types[] = { "int32_t", "uint32_t", "int64_t",
					     "uint64_t" };

	take_name(cursor, '\0', argument->type);
	for (size_t i = 0; i < 4; i++)
		if (strcmp(types[i], argument->type) == 0 &&
		    argument->size == (i < 2 ? 4 : 8))
			return;
	fail(cursor->line, "'%s' is no integer type of %lu bytes",
	     argument->type, argument->size);
}

static void parse_argument(struct cursor *cursor, struct function *function)
{
	struct argument *argument;
	char word[NAME_SIZE];
	bool sized;

	if (function->count == MAX_ARGUMENTS)
		fail(cursor->line, "more than %d arguments", MAX_ARGUMENTS);
	argument = &function->arguments[function->count];
	take_name(cursor, '\0', argument->name);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(reserved[i], argument->name) == 0)
			fail(cursor->line, "'%s' is a reserved word",
			     argument->name);
	for (size_t i = 0; i < function->count; i++)
		if (strcmp(function->arguments[i].name, argument->name) == 0)
			fail(cursor->line, "a second argument '%s'",
			     argument->name);
	expect(cursor, ":");
	take_name(cursor, '\0', word);
	sized = accept(cursor, "(");
	argument->kind = kind_named(word, sized, cursor->line);
	if (sized) {
		argument->size = take_number(cursor, 1, MAX_ELEMENT);
		expect(cursor, ")");
		if (accept(cursor, "of "))
			parse_type(cursor, argument);
	}
	function->count++;
}

/* Joins a function's line with the ones that continue it: all up to the
 * closing parenthesis, and one that starts with the arrow. */
static const char *signature(const char *first, size_t line)
{
	free(reader.signature);
	reader.signature = copy(first);
	for (;;) {
		const char *next;
		int depth = 0;

		for (const char *c = reader.signature; *c != '\0'; c++)
			depth += (*c == '(') - (*c == ')');
		next = reader.at < reader.file.count
			       ? reader.file.lines[reader.at]
			       : "";
		if (next[0] != ' ' && depth > 0)
			fail(line, "the arguments have no closing ')'");
		next += strspn(next, " ");
		if (depth <= 0 && !starts(next, "->"))
			return reader.signature;
		append(&reader.signature, next);
		reader.at++;
	}
}

static void parse_result(struct cursor *cursor, struct function *function)
{
	char word[NAME_SIZE];

	function->has_result = accept(cursor, "->");
	if (function->has_result) {
		take_name(cursor, '\0', word);
		function->result = kind_named(word, false, cursor->line);
		if (function->result > F64)
			fail(cursor->line, "'%s' cannot be a result", word);
	}
	expect_end(cursor);
}

static struct function *parse_function(const char *rest, size_t line)
{
	struct space *space;
	struct function *function;
	struct cursor cursor = { signature(rest, line), line };

	if (reader.space == 0)
		fail(line, "a function outside a namespace");
	space = &table.namespaces[reader.space - 1];
	space->functions =
		grow(space->functions, space->count, sizeof(*space->functions));
	function = &space->functions[space->count];
	function->path = reader.path;
	function->line = line;
	take_name(&cursor, '\0', function->name);
	for (size_t i = 0; i < space->count; i++)
		if (strcmp(space->functions[i].name, function->name) == 0)
			fail(line, "a second function '%s' in %s",
			     function->name, space->name);
	expect(&cursor, "(");
	if (!accept(&cursor, ")")) {
		do
			parse_argument(&cursor, function);
		while (accept(&cursor, ","));
		expect(&cursor, ")");
	}
	parse_result(&cursor, function);
	space->count++;
	return function;
}

/* ---- reading: the rest of the file ---- */

/* Where an indented line goes. */
struct target {
	struct text *docs;         /* of what came last; NULL: takes no text */
	struct function *function; /* when that was a function */
	char **item;               /* the arg, result or trap line, if any */
};

/* Starts the item `arg`, `result` or `trap` when `line` is one. */
static bool parse_item(struct target *target, const char *line, size_t number)
{
	struct function *function = target->function;
	char argument[NAME_SIZE];
	struct cursor cursor = { line, number };
	char **item = NULL;

	if (accept(&cursor, "trap:")) {
		skip_spaces(&cursor);
		text_add(&function->traps, cursor.at);
		item = &function->traps.lines[function->traps.count - 1];
	} else if (accept(&cursor, "result:")) {
		if (!function->has_result)
			fail(number, "'%s' has no result", function->name);
		item = &function->result_docs;
	} else if (accept(&cursor, "same as:")) {
		item = &function->same;
	} else if (accept(&cursor, "arg ")) {
		take_name(&cursor, '\0', argument);
		expect(&cursor, ":");
		for (size_t i = 0; i < function->count; i++)
			if (strcmp(function->arguments[i].name, argument) == 0)
				item = &function->arguments[i].docs;
		if (item == NULL)
			fail(number, "'%s' has no argument '%s'",
			     function->name, argument);
	} else {
		return false;
	}
	skip_spaces(&cursor);
	if (*cursor.at == '\0')
		fail(number, "no text");
	if (*item != NULL && !starts(line, "trap:"))
		fail(number, "this is described already");
	if (*item == NULL)
		*item = copy(cursor.at);
	target->item = item;
	return true;
}

static void parse_text(struct target *target, const char *line, size_t number)
{
	size_t indent = strspn(line, " ");

	if (target->docs == NULL)
		fail(number, "this text belongs to nothing");
	if (indent == 1 || line[indent] == '\0' || indent == 3)
		fail(number, "expected an indentation of two or four spaces");
	if (target->item != NULL && indent >= 4) {
		append(target->item, line + indent);
		return;
	}
	if (target->function != NULL && indent == 2 &&
	    parse_item(target, line + 2, number))
		return;
	if (target->item != NULL)
		fail(number, "expected 'arg', 'result:' or 'trap:'");
	text_add(target->docs, line + 2);
}

static void parse_generation(const char *rest, size_t line)
{
	for (size_t i = 0; i < sizeof(generations) / sizeof(generations[0]);
	     i++) {
		if (strcmp(generations[i][0], rest) == 0) {
			reader.generation = i;
			reader.have_generation = true;
			return;
		}
	}
	fail(line, "no generation '%s'", rest);
}

/* Whether one guest can see both. */
static bool meet(const struct space *a, const struct space *b)
{
	return a->generation == b->generation || a->generation == 0 ||
	       b->generation == 0;
}

/* What follows belongs to a namespace that was begun above, or in a file before
 * this one; text is one more paragraph of its description. */
static struct space *continue_namespace(const char *name, size_t line)
{
	for (size_t i = 0; i < table.namespace_count; i++) {
		struct space *space = &table.namespaces[i];
		struct text *docs = &space->docs;

		if (space->generation != reader.generation ||
		    strcmp(space->name, name) != 0)
			continue;
		if (docs->count > 0 && docs->lines[docs->count - 1][0] != '\0')
			text_add(docs, "");
		reader.space = i + 1;
		return space;
	}
	fail(line, "no namespace '%s' of generation %s that this continues",
	     name, generations[reader.generation][0]);
}

static struct space *parse_namespace(const char *rest, size_t line)
{
	struct space *space;
	struct cursor cursor = { rest, line };
	char name[NAME_SIZE];

	if (!reader.have_generation)
		fail(line, "a namespace before the first generation");
	take_name(&cursor, ':', name);
	if (accept(&cursor, "continued")) {
		expect_end(&cursor);
		return continue_namespace(name, line);
	}
	table.namespaces = grow(table.namespaces, table.namespace_count,
				sizeof(*table.namespaces));
	space = &table.namespaces[table.namespace_count];
	space->path = reader.path;
	space->line = line;
	space->generation = reader.generation;
	strcpy(space->name, name);
	expect(&cursor, "prefix ");
	take_name(&cursor, '\0', space->prefix);
	strcpy(space->guest, space->prefix);
	if (accept(&cursor, "guest "))
		take_name(&cursor, '\0', space->guest);
	space->faults = accept(&cursor, "fault ");
	if (space->faults)
		space->fault = take_number(&cursor, 1, INT32_MAX);
	expect_end(&cursor);
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *other = &table.namespaces[i];

		if (strcmp(other->name, space->name) == 0 && meet(other, space))
			fail(line, "a second namespace '%s'", space->name);
		if (strcmp(other->prefix, space->prefix) == 0)
			fail(line, "a second prefix '%s'", space->prefix);
		if (strcmp(other->guest, space->guest) == 0 &&
		    meet(other, space))
			fail(line, "a second guest prefix '%s'", space->guest);
	}
	reader.space = ++table.namespace_count;
	return space;
}

static struct section *parse_section(const char *rest, size_t line)
{
	struct section *section;

	table.sections = grow(table.sections, table.section_count,
			      sizeof(*table.sections));
	section = &table.sections[table.section_count++];
	section->title = copy(rest);
	section->path = reader.path;
	section->line = line;
	section->generation = reader.generation;
	return section;
}

/* A line that is not indented. */
static void parse_directive(struct target *target, const char *line,
			    size_t number)
{
	const char *space = strchr(line, ' ');
	const char *rest = space != NULL ? space + 1 : "";

	*target = (struct target){ 0 };
	if (space == NULL || *rest == '\0' || *rest == ' ')
		fail(number, "expected a keyword and its text: '%.20s'", line);
	if (starts(line, "fn ")) {
		target->function = parse_function(rest, number);
		target->docs = &target->function->docs;
	} else if (starts(line, "namespace ")) {
		target->docs = &parse_namespace(rest, number)->docs;
	} else if (starts(line, "section ")) {
		target->docs = &parse_section(rest, number)->docs;
	} else if (starts(line, "generation ")) {
		parse_generation(rest, number);
	} else if (starts(line, "title ")) {
		if (table.titles[reader.generation] != NULL)
			fail(number, "a second title");
		table.titles[reader.generation] = copy(rest);
	} else {
		fail(number, "no keyword '%.*s'", (int)(space - line), line);
	}
}

static void read_file(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *file = fopen(reader.path, "r");

	if (file == NULL)
		fail(0, "%s: %s", reader.path, strerror(errno));
	while ((len = getline(&line, &size, file)) >= 0) {
		if (len > 0 && line[len - 1] == '\n')
			line[--len] = '\0';
		for (ssize_t i = 0; i < len; i++)
			if ((unsigned char)line[i] < ' ' ||
			    (unsigned char)line[i] > '~')
				fail(reader.file.count + 1,
				     "only printable ASCII is allowed");
		if (strstr(line, "*/") != NULL || strstr(line, "/*") != NULL)
			fail(reader.file.count + 1,
			     "the ends of C comments are not allowed");
		if (len > 0 && line[len - 1] == ' ')
			fail(reader.file.count + 1, "a space ends the line");
		text_add(&reader.file, line);
	}
	if (ferror(file))
		fail(0, "%s: cannot be read", reader.path);
	free(line);
	fclose(file);
}

void read_table(const char *path)
{
	struct target target = { 0 };

	reader.path = path;
	reader.at = 0;
	reader.file = (struct text){ 0 };
	reader.generation = 0;
	reader.have_generation = false;
	reader.space = 0;
	read_file();
	while (reader.at < reader.file.count) {
		const char *line = reader.file.lines[reader.at++];
		size_t number = reader.at;

		if (line[0] == '#')
			continue;
		if (line[0] == '\0') {
			if (target.docs != NULL && target.docs->count > 0)
				text_add(target.docs, "");
		} else if (line[0] == ' ') {
			parse_text(&target, line, number);
		} else {
			parse_directive(&target, line, number);
		}
	}
}

/* ---- checking what only the whole table shows ---- */

static void trim(struct text *text, size_t line, const char *what)
{
	while (text->count > 0 && text->lines[text->count - 1][0] == '\0')
		text->count--;
	if (text->count == 0)
		fail(line, "%s has no description", what);
}

/* The function whose implementation is PREFIX_NAME; NULL: there is none. */
static const struct function *implementation(const char *symbol)
{
	char name[2 * NAME_SIZE];

	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		for (size_t j = 0; j < space->count; j++) {
			const struct function *function = &space->functions[j];

			snprintf(name, sizeof(name), "%s_%s", space->prefix,
				 function->name);
			if (strcmp(name, symbol) == 0)
				return function;
		}
	}
	return NULL;
}

static bool same_arguments(const struct function *a, const struct function *b)
{
	if (a->count != b->count || a->has_result != b->has_result ||
	    (a->has_result && a->result != b->result))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->arguments[i].kind != b->arguments[i].kind ||
		    a->arguments[i].size != b->arguments[i].size)
			return false;
	return true;
}

/* One that has the implementation of another has its description, too, where it
 * has none of its own. */
static void inherit(struct function *function)
{
	const struct function *other = implementation(function->same);

	if (other == NULL || other->same != NULL)
		fail(function->line, "no function is implemented by '%s'",
		     function->same);
	if (!same_arguments(function, other))
		fail(function->line, "'%s' has other arguments or results",
		     function->same);
	if (function->docs.count == 0) {
		function->docs = other->docs;
		function->traps = other->traps;
	}
	if (function->result_docs == NULL)
		function->result_docs = other->result_docs;
	for (size_t i = 0; i < function->count; i++)
		if (function->arguments[i].docs == NULL)
			function->arguments[i].docs = other->arguments[i].docs;
}

static void check_function(const struct space *space, struct function *function)
{
	bool checked = false;

	if (function->same != NULL)
		inherit(function);

	trim(&function->docs, function->line, function->name);
	for (size_t i = 0; i < function->count; i++) {
		const struct argument *argument = &function->arguments[i];

		checked = checked || kinds[argument->kind].checked;
		if (argument->docs == NULL)
			fail(function->line, "no 'arg %s:' describes it",
			     argument->name);
	}
	if (function->has_result && function->result_docs == NULL &&
	    !space->faults)
		fail(function->line, "no 'result:' describes it");
	if (space->faults && checked &&
	    (!function->has_result ||
	     kinds[function->result].letters[0] != 'i'))
		fail(function->line, "fault needs a result of i32");
}

/* Whether two functions would share a C name: prefix a, name b_c is a_b, c. */
static bool same_symbol(const char *prefix, const char *name,
			const char *other_prefix, const char *other_name)
{
	char mine[2 * NAME_SIZE], other[2 * NAME_SIZE];

	snprintf(mine, sizeof(mine), "%s_%s", prefix, name);
	snprintf(other, sizeof(other), "%s_%s", other_prefix, other_name);
	return strcmp(mine, other) == 0;
}

/* The host has all functions, a guest those of its generation. */
static void check_symbol(size_t index, const struct function *function)
{
	const struct space *space = &table.namespaces[index];

	for (size_t i = 0; i < index; i++) {
		const struct space *other = &table.namespaces[i];

		for (size_t j = 0; j < other->count; j++) {
			const char *name = other->functions[j].name;

			if (same_symbol(space->prefix, function->name,
					other->prefix, name) ||
			    (meet(space, other) &&
			     same_symbol(space->guest, function->name,
					 other->guest, name)))
				fail(function->line, "a second C name '%s_%s'",
				     space->prefix, function->name);
		}
	}
}

void check_table(void)
{
	bool titled = false;

	for (size_t i = 0; i < GENERATION_COUNT; i++)
		titled = titled || table.titles[i] != NULL;
	if (!titled)
		fail(reader.file.count, "no title");
	if (table.namespace_count == 0)
		fail(reader.file.count, "no namespace");
	for (size_t i = 0; i < table.section_count; i++) {
		reader.path = table.sections[i].path;
		trim(&table.sections[i].docs, table.sections[i].line,
		     table.sections[i].title);
	}
	for (size_t i = 0; i < table.namespace_count; i++) {
		struct space *space = &table.namespaces[i];

		reader.path = space->path;
		trim(&space->docs, space->line, space->name);
		if (space->count == 0)
			fail(space->line, "%s has no function", space->name);
		for (size_t j = 0; j < space->count; j++) {
			reader.path = space->functions[j].path;
			check_function(space, &space->functions[j]);
			check_symbol(i, &space->functions[j]);
		}
	}
}
