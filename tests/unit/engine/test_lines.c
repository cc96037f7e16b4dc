/* src/engine/lines.c: programs of .debug_line, by hand, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lines.h"

/* Where the code section's content begins in what is built here. */
#define CODE 10

/* A binary, as it is written. */
struct build {
	uint8_t bytes[65536];
	size_t len;
};

static void put(struct build *build, const void *bytes, size_t len)
{
	assert_true(build->len + len <= sizeof(build->bytes));
	memcpy(build->bytes + build->len, bytes, len);
	build->len += len;
}

static void put_byte(struct build *build, unsigned byte)
{
	uint8_t value = (uint8_t)byte;

	put(build, &value, 1);
}

static void put32(struct build *build, uint32_t value)
{
	put(build, &value, sizeof(value));
}

/* A number of LEB128 in five bytes. */
static void put_size(struct build *build, size_t value)
{
	for (int i = 0; i < 5; i++)
		put_byte(build,
			 ((value >> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0));
}

static void begin_module(struct build *build)
{
	static const uint8_t head[] = {
		0, 'a', 's', 'm', 1, 0, 0, 0, 10, 1, 0
	};

	build->len = 0;
	put(build, head, sizeof(head));
}

static void put_custom(struct build *build, const char *name, const void *data,
		       size_t len)
{
	put_byte(build, 0);
	put_size(build, 1 + strlen(name) + len);
	put_byte(build, (unsigned)strlen(name));
	put(build, name, strlen(name));
	put(build, data, len);
}

/* A unit with a header and a program; `version` as it is written. */
static void put_unit(struct build *out, uint16_t version, const void *names,
		     size_t names_len, const void *program, size_t program_len)
{
	static const uint8_t lengths[] = { 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1 };
	struct build header = { .len = 0 };

	put_byte(&header, 1); /* instruction */
	if (version >= 4)
		put_byte(&header, 1);
	put_byte(&header, 1);           /* is_stmt */
	put_byte(&header, (uint8_t)-5); /* line_base */
	put_byte(&header, 14);          /* line_range */
	put_byte(&header, 13);          /* opcode_base */
	put(&header, lengths, sizeof(lengths));
	put(&header, names, names_len);
	put32(out, (uint32_t)(2 + (version >= 5 ? 2u : 0u) + 4 + header.len +
			      program_len));
	put(out, &version, 2);
	if (version >= 5)
		put(out, "\4\0", 2);
	put32(out, (uint32_t)header.len);
	put(out, header.bytes, header.len);
	put(out, program, program_len);
}

/* From 16 on line 3, column 7; from 32 on line 10; up to 48. */
static const uint8_t program[] = {
	0, 5,  2, 16, 0, 0, 0, /* address */
	3, 2,                  /* line 3 */
	5, 7,                  /* column 7 */
	1,                     /* row */
	2, 16,                 /* address 32 */
	3, 7,  5, 0,  1,       /* line 10, no column */
	2, 16, 0, 1,  1,       /* the end at 48 */
};

/* Of version 4: two directories, and files in them. */
static const char old_names[] = "/deps/lib\0src\0\0"
				"main.c\0\2\0\0"
				"/abs/other.c\0\0\0\0";
/* Of version 5: the directory that was compiled in, one below it, another; and
 * files by texts in the program and elsewhere. */
static const uint8_t new_names[] = {
	1,   1,   8, 3,   '/', 'h', 'o', 'm', 'e', 0, '/',  'h', 'o',  'm', 'e',
	'/', 'a', 0, '/', 'u', 's', 'r', 0,   2,   1, 0x1f, 2,   0x0b, 3,   0,
	0,   0,   0, 0,   5,   0,   0,   0,   1,   5, 0,    0,   0,    2
};
static const char new_texts[] = "zero\0one.c";

static struct ln_lines *lines_of(const struct build *build)
{
	uint8_t *copy = malloc(build->len);
	struct ln_lines *lines;

	assert_non_null(copy);
	memcpy(copy, build->bytes, build->len);
	lines = ln_lines_new(copy, build->len);
	if (lines == NULL)
		free(copy);
	return lines;
}

static void module_with(struct build *build, const struct build *section)
{
	begin_module(build);
	put_custom(build, ".debug_line_str", new_texts, sizeof(new_texts));
	put_custom(build, ".debug_line", section->bytes, section->len);
}

/* Looks a place up in a module with that section. */
static struct ln_line look(const struct build *section, size_t address)
{
	struct build build;
	struct ln_lines *lines;
	struct ln_line line;
	size_t offset = CODE + address;

	module_with(&build, section);
	lines = lines_of(&build);
	assert_non_null(lines);
	ln_lines_find(lines, &offset, 1, &line);
	ln_lines_release(lines);
	return line;
}

static void check(struct ln_line got, const char *file, uint32_t line,
		  uint32_t column)
{
	assert_string_equal(got.file, file);
	assert_int_equal(got.line, line);
	assert_int_equal(got.column, column);
}

static void old_versions(void **state)
{
	(void)state;
	for (uint16_t version = 2; version <= 4; version++) {
		struct build section = { .len = 0 };

		put_unit(&section, version, old_names, sizeof(old_names),
			 program, sizeof(program));
		check(look(&section, 16), "src/main.c", 3, 7);
		check(look(&section, 31), "src/main.c", 3, 7);
		check(look(&section, 32), "src/main.c", 10, 0);
		check(look(&section, 47), "src/main.c", 10, 0);
		check(look(&section, 15), "", 0, 0);
		check(look(&section, 48), "", 0, 0);
	}
}

/* The program with another file set first. */
static void put_with_file(struct build *section, uint16_t version, uint8_t file)
{
	uint8_t other[sizeof(program) + 2];

	memcpy(other, program, 7);
	other[7] = 4;
	other[8] = file;
	memcpy(other + 9, program + 7, sizeof(program) - 7);
	if (version >= 5)
		put_unit(section, version, new_names, sizeof(new_names), other,
			 sizeof(other));
	else
		put_unit(section, version, old_names, sizeof(old_names), other,
			 sizeof(other));
}

static void files(void **state)
{
	static const struct {
		uint16_t version;
		uint8_t file;
		const char *name;
	} cases[] = {
		{ 4, 2, "/abs/other.c" },
		{ 4, 3, "" },
		{ 4, 0, "" },
		{ 5, 0, "zero" },
		{ 5, 1, "a/one.c" },
		{ 5, 2, "/usr/one.c" },
		{ 5, 3, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct build section = { .len = 0 };

		put_with_file(&section, cases[i].version, cases[i].file);
		check(look(&section, 20), cases[i].name, 3, 7);
	}
}

static void several_units(void **state)
{
	struct build section = { .len = 0 };
	uint8_t late[sizeof(program)];

	(void)state;
	/* One that cannot be read is passed over. */
	put_unit(&section, 9, old_names, sizeof(old_names), program,
		 sizeof(program));
	put_with_file(&section, 5, 1);
	memcpy(late, program, sizeof(program));
	late[3] = 64;
	put_unit(&section, 4, old_names, sizeof(old_names), late, sizeof(late));
	check(look(&section, 20), "a/one.c", 3, 7);
	check(look(&section, 64), "src/main.c", 3, 7);
	check(look(&section, 95), "src/main.c", 10, 0);
}

/* Code that the linker has dropped. */
static void dropped_code(void **state)
{
	struct build section = { .len = 0 };
	uint8_t gone[sizeof(program)];

	(void)state;
	memcpy(gone, program, sizeof(program));
	gone[3] = 0;
	put_unit(&section, 4, old_names, sizeof(old_names), gone, sizeof(gone));
	memset(gone + 3, 0xff, 4);
	put_unit(&section, 4, old_names, sizeof(old_names), gone, sizeof(gone));
	check(look(&section, 3), "", 0, 0);
	put_with_file(&section, 5, 1);
	check(look(&section, 20), "a/one.c", 3, 7);
}

/* A name of control characters, and a long one. */
static void hostile_names(void **state)
{
	static const char control[] = "\0x\x1b[31m\n\xff.c\0\0\0\0";
	struct build section = { .len = 0 };
	char names[400] = "";
	struct ln_line line;

	(void)state;
	put_unit(&section, 4, control, sizeof(control), program,
		 sizeof(program));
	check(look(&section, 16), "x?[31m ?.c", 3, 7);
	memset(names + 1, 'n', 300);
	memcpy(names + 297, "end", 3);
	section.len = 0;
	put_unit(&section, 4, names, 310, program, sizeof(program));
	line = look(&section, 16);
	assert_int_equal(strlen(line.file), LN_LINES_FILE_SIZE - 1);
	assert_memory_equal(line.file, "..nnn", 5);
	assert_string_equal(line.file + LN_LINES_FILE_SIZE - 5, "endn");
}

/* All lengths, and every byte changed: nothing is read outside, and a text is
 * always clean and ends. */
static void any_bytes(void **state)
{
	struct build good = { .len = 0 };
	struct build build;
	struct ln_line found[2];
	size_t offsets[] = { CODE + 16, CODE + 40 };

	(void)state;
	put_with_file(&good, 5, 1);
	put_with_file(&good, 4, 1);
	module_with(&build, &good);
	for (size_t at = CODE; at < build.len; at++) {
		static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

		for (size_t i = 0; i <= sizeof(values); i++) {
			struct build bad = build;
			struct ln_lines *lines;

			if (i < sizeof(values))
				bad.bytes[at] = values[i];
			else
				bad.len = at;
			lines = lines_of(&bad);
			if (lines == NULL)
				continue;
			ln_lines_find(lines, offsets, 2, found);
			ln_lines_release(lines);
			assert_non_null(memchr(found[0].file, '\0',
					       sizeof(found[0].file)));
		}
	}
}

static void none(void **state)
{
	struct build build;
	struct build empty = { .len = 0 };

	(void)state;
	begin_module(&build);
	assert_null(lines_of(&build));
	put_custom(&build, ".debug_line", "", 0);
	assert_null(lines_of(&build));
	assert_null(lines_of(&empty));
	ln_lines_release(NULL);
	ln_lines_drop(NULL);
}

/* What may outlive the module has a bound, but counts it once. */
static void keeping(void **state)
{
	struct build section = { .len = 0 };
	struct build build;
	struct ln_lines *lines;
	struct ln_line line;
	size_t offset = CODE + 16;

	(void)state;
	put_with_file(&section, 5, 1);
	module_with(&build, &section);
	lines = lines_of(&build);
	assert_non_null(lines);
	for (int i = 0; i < 100000; i++)
		assert_ptr_equal(ln_lines_keep(lines), lines);
	ln_lines_release(lines);
	assert_true(ln_lines_try(lines, &offset, 1, &line));
	check(line, "a/one.c", 3, 7);
	for (int i = 0; i < 100000; i++)
		ln_lines_drop(lines);
}

static void printing(void **state)
{
	struct ln_line line = { .file = "a.c", .line = 7, .column = 3 };
	char text[LN_LINE_TEXT];

	(void)state;
	assert_int_equal(ln_line_print(&line, text), 10);
	assert_string_equal(text, " (a.c:7:3)");
	line.column = 0;
	assert_int_equal(ln_line_print(&line, text), 8);
	assert_string_equal(text, " (a.c:7)");
	line.line = 0;
	assert_int_equal(ln_line_print(&line, text), 0);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_versions),  cmocka_unit_test(files),
		cmocka_unit_test(several_units), cmocka_unit_test(dropped_code),
		cmocka_unit_test(hostile_names), cmocka_unit_test(any_bytes),
		cmocka_unit_test(none),          cmocka_unit_test(keeping),
		cmocka_unit_test(printing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
