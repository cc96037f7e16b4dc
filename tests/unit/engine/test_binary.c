/* Pieces of wasm binaries: each is read to its end, and refused when any byte
 * of it is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/binary.h"

static bool skip_section(struct ln_cursor *cursor)
{
	struct ln_cursor content;
	uint8_t id;

	return ln_binary_section(cursor, &id, &content);
}

static bool skip_name(struct ln_cursor *cursor)
{
	struct ln_cursor name;

	return ln_binary_name(cursor, &name);
}

static bool skip_types(struct ln_cursor *cursor)
{
	struct ln_types types;

	return ln_binary_types(cursor, &types);
}

static bool skip_group(struct ln_cursor *cursor)
{
	struct ln_functype type;
	uint64_t count;
	uint8_t form;

	if (!ln_binary_type_group(cursor, &count))
		return false;
	while (count-- > 0) {
		if (!ln_binary_type(cursor, &form, &type))
			return false;
	}
	return true;
}

static bool skip_table(struct ln_cursor *cursor)
{
	uint64_t min, max;
	bool initial;

	return ln_binary_table(cursor, &initial, &min, &max);
}

static bool skip_functype(struct ln_cursor *cursor)
{
	struct ln_functype type;

	return ln_binary_functype(cursor, &type);
}

static bool skip_import(struct ln_cursor *cursor)
{
	struct ln_import import;

	return ln_binary_import(cursor, &import);
}

struct piece {
	bool (*step)(struct ln_cursor *cursor);
	size_t len;
	const char *bytes;
};

#define PIECE(function, literal) { (function), sizeof(literal) - 1, (literal) }

static const struct piece pieces[] = {
	PIECE(skip_section, "\0\0"),
	PIECE(skip_section, "\1\3abc"),
	PIECE(skip_section, "\13\x83\x80\x80\x80\0abc"),
	PIECE(skip_name, "\0"),
	PIECE(skip_name, "\4name"),
	PIECE(ln_binary_skip_type, "\x7f"),
	PIECE(ln_binary_skip_type, "\x70"),
	PIECE(ln_binary_skip_type, "\x63\x70"),
	PIECE(ln_binary_skip_type, "\x64\x80\x01"),
	PIECE(skip_types, "\0"),
	PIECE(skip_types, "\3\x7f\x64\x05\x7e"),
	PIECE(skip_functype, "\x60\0\0"),
	PIECE(skip_functype, "\x60\2\x7f\x7e\1\x63\x70"),
	PIECE(skip_group, "\x60\0\0"),
	PIECE(skip_group, "\x4e\0"),
	PIECE(skip_group, "\x4e\2\x5f\1\x78\1\x5e\x77\0"),
	PIECE(skip_group, "\x4f\1\0\x60\1\x7f\0"),
	PIECE(skip_group, "\x50\2\0\x80\1\x5f\2\x63\x80\1\0\x7f\1"),
	PIECE(skip_table, "\x70\0\1"),
	PIECE(skip_table, "\x40\0\x63\5\1\1\2"),
	PIECE(skip_table, "\x70\5\x80\x80\x80\x80\x10\xff\1"),
	PIECE(ln_binary_skip_limits, "\0\1"),
	PIECE(ln_binary_skip_limits, "\1\1\x80\2"),
	PIECE(ln_binary_skip_limits, "\4\xff\xff\x0f"),
	PIECE(ln_binary_skip_limits, "\x08\1\0"),
	PIECE(ln_binary_skip_limits, "\x09\1\2\0"),
	PIECE(skip_import, "\1m\1f\0\5"),
	PIECE(skip_import, "\0\0\1\x70\0\1"),
	PIECE(skip_import, "\1m\1t\1\x63\x70\1\1\2"),
	PIECE(skip_import, "\1m\1m\2\1\1\2"),
	PIECE(skip_import, "\1m\1g\3\x7f\1"),
	PIECE(skip_import, "\1m\1e\4\0\7"),
};

/* In memory of its own of that very length, so that a sanitizer sees reads
 * behind it. */
static bool read(const struct piece *piece, size_t len, size_t *taken)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct ln_cursor cursor = { copy, copy + len };
	bool whole;

	memcpy(copy, piece->bytes, len);
	whole = piece->step(&cursor);
	assert_true(cursor.at >= copy && cursor.at <= copy + len);
	*taken = (size_t)(cursor.at - copy);
	free(copy);
	return whole;
}

static void every_piece(void **state)
{
	size_t taken;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		if (!read(&pieces[i], pieces[i].len, &taken) ||
		    taken != pieces[i].len)
			fail_msg("piece %zu: %zu bytes", i, taken);
		for (size_t len = 0; len < pieces[i].len; len++) {
			if (read(&pieces[i], len, &taken))
				fail_msg("%zu bytes of piece %zu", len, i);
		}
	}
}

#define CURSOR(array) cursor_on((array), sizeof(array) - 1)

static struct ln_cursor cursor_on(const char *bytes, size_t len)
{
	const uint8_t *at = (const uint8_t *)bytes;

	return (struct ln_cursor){ at, at + len };
}

static void sections_and_names(void **state)
{
	static const char bytes[] = "\7\4\3key\1\0";
	struct ln_cursor cursor = CURSOR(bytes);
	struct ln_cursor content, name;
	uint8_t id;

	(void)state;
	assert_true(ln_binary_section(&cursor, &id, &content));
	assert_int_equal(id, LN_SECTION_EXPORT);
	assert_int_equal(ln_cursor_len(content), 4);
	assert_true(ln_binary_name(&content, &name));
	assert_int_equal(ln_cursor_len(name), 3);
	assert_memory_equal(name.at, "key", 3);
	assert_int_equal(ln_cursor_len(content), 0);
	/* The cursor is behind it: the next one follows. */
	assert_true(ln_binary_section(&cursor, &id, &content));
	assert_int_equal(id, LN_SECTION_TYPE);
	assert_int_equal(ln_cursor_len(content), 0);
	assert_false(ln_binary_section(&cursor, &id, &content));
}

static void types_are_counted(void **state)
{
	static const char bytes[] = "\x60\2\x7f\x64\5\1\x7c";
	struct ln_cursor cursor = CURSOR(bytes);
	struct ln_functype type;

	(void)state;
	assert_true(ln_binary_functype(&cursor, &type));
	assert_int_equal(type.params.count, 2);
	assert_int_equal(ln_cursor_len(type.params.bytes), 3);
	assert_memory_equal(type.params.bytes.at, "\x7f\x64\5", 3);
	assert_int_equal(type.results.count, 1);
	assert_int_equal(ln_cursor_len(type.results.bytes), 1);
	assert_int_equal(*type.results.bytes.at, 0x7c);
}

static void other_forms(void **state)
{
	static const char structure[] = "\x5f\0\0\0";
	struct ln_cursor cursor = CURSOR(structure);

	(void)state;
	struct ln_functype type;
	uint64_t min, max;
	bool initial;
	uint8_t form;

	assert_false(skip_functype(&cursor));
	cursor = CURSOR("\x50\1\0\x5f\3\x78\1\x7f\0\x6e\0");
	assert_true(ln_binary_type(&cursor, &form, &type));
	assert_int_equal(form, LN_FORM_STRUCT);
	assert_int_equal(type.params.count, 3);
	assert_int_equal(type.results.count, 0);
	cursor = CURSOR("\x5e\x77\1");
	assert_true(ln_binary_type(&cursor, &form, &type));
	assert_int_equal(form, LN_FORM_ARRAY);
	assert_int_equal(type.params.count, 1);
	cursor = CURSOR("\x5d\0");
	assert_false(ln_binary_type(&cursor, &form, &type));
	cursor = CURSOR("\x40\0\x70\1\3\7");
	assert_true(ln_binary_table(&cursor, &initial, &min, &max));
	assert_true(initial && min == 3 && max == 7);
	cursor = CURSOR("\x70\4\3");
	assert_true(ln_binary_table(&cursor, &initial, &min, &max));
	assert_true(!initial && min == 3 && max == UINT64_MAX);
	cursor = CURSOR("\x70\x08\3");
	assert_false(ln_binary_table(&cursor, &initial, &min, &max));
}

static void imports(void **state)
{
	static const char bytes[] = "\1m\1f\0\x81\1"
				    "\1m\1g\3\x7f\1";
	struct ln_cursor cursor = CURSOR(bytes);
	struct ln_import import;

	(void)state;
	assert_true(ln_binary_import(&cursor, &import));
	assert_int_equal(import.kind, LN_EXTERN_FUNCTION);
	assert_int_equal(import.type, 129);
	assert_int_equal(ln_cursor_len(import.module), 1);
	assert_int_equal(*import.module.at, 'm');
	assert_int_equal(ln_cursor_len(import.name), 1);
	assert_int_equal(*import.name.at, 'f');
	assert_true(ln_binary_import(&cursor, &import));
	assert_int_equal(import.kind, LN_EXTERN_GLOBAL);
	assert_int_equal(ln_cursor_len(cursor), 0);
}

static void exports(void **state)
{
	static const char bytes[] = "\2ab\2\x81\1";
	struct ln_cursor cursor = CURSOR(bytes);
	struct ln_export export;

	(void)state;
	assert_true(ln_binary_export(&cursor, &export));
	assert_int_equal(export.kind, LN_EXTERN_MEMORY);
	assert_int_equal(export.index, 129);
	assert_int_equal(ln_cursor_len(export.name), 2);
	assert_int_equal(ln_cursor_len(cursor), 0);
	assert_false(ln_binary_export(&cursor, &export));
	for (size_t len = 0; len < sizeof(bytes) - 1; len++) {
		cursor.at = (const uint8_t *)bytes;
		cursor.end = cursor.at + len;
		assert_false(ln_binary_export(&cursor, &export));
	}
}

static size_t section_len(const char *bytes, size_t len, enum ln_section id)
{
	return ln_cursor_len(ln_binary_find((const uint8_t *)bytes, len, id));
}

static void sections_are_found(void **state)
{
	static const char bytes[] = "\0asm\1\0\0\0\0\1x\1\3abc\3\2de";
	size_t len = sizeof(bytes) - 1;

	(void)state;
	assert_int_equal(section_len(bytes, len, LN_SECTION_TYPE), 3);
	assert_int_equal(section_len(bytes, len, LN_SECTION_FUNCTION), 2);
	assert_int_equal(section_len(bytes, len, LN_SECTION_IMPORT), 0);
	/* Cut off, it is none. */
	assert_int_equal(section_len(bytes, len - 1, LN_SECTION_TYPE), 3);
	assert_int_equal(section_len(bytes, len - 1, LN_SECTION_FUNCTION), 0);
	assert_int_equal(section_len(bytes, 7, LN_SECTION_TYPE), 0);
	assert_int_equal(section_len(bytes, 0, LN_SECTION_TYPE), 0);
}

static void unknown_imports(void **state)
{
	static const char bytes[] = "\1m\1x\5\0\0\0";
	struct ln_cursor cursor = CURSOR(bytes);

	(void)state;
	assert_false(skip_import(&cursor));
}

/* Counts and sizes that are more than the bytes, or than 32 bits. */
static void large_numbers(void **state)
{
	static const struct piece large[] = {
		PIECE(skip_section, "\1\xff\xff\xff\xff\x0f"),
		PIECE(skip_section, "\1\xff\xff\xff\xff\x1f"),
		PIECE(skip_section, "\1\x80\x80\x80\x80\x80\0"),
		PIECE(skip_name, "\xff\xff\xff\xff\x0f"),
		PIECE(skip_name, "\2a"),
		PIECE(skip_types, "\xff\xff\xff\xff\x0f\x7f"),
		PIECE(ln_binary_skip_type,
		      "\x63\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0"),
		PIECE(skip_import, "\1m\1f\0\x80\x80\x80\x80\x10"),
	};
	size_t taken;

	(void)state;
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		if (read(&large[i], large[i].len, &taken))
			fail_msg("piece %zu is taken", i);
	}
}

/* Two groups: of two types, and of one. */
static void types_one_by_one(void **state)
{
	static const uint8_t section[] = {
		2,    0x4e, 2, 0x60, 1,    0x7f, 0, /* (i32) -> () */
		0x60, 0,    1, 0x7e, 0x60, 0,    0, /* () -> i64, () -> () */
	};
	static const uint64_t params[] = { 1, 0, 0 };
	static const uint64_t results[] = { 0, 1, 0 };
	struct ln_cursor all = { section, section + sizeof(section) };
	struct ln_type_walk walk;
	struct ln_functype type;
	const uint8_t *at;
	uint8_t form;

	(void)state;
	assert_true(ln_type_walk_begin(&walk, all));
	for (int i = 0; i < 3; i++) {
		const uint8_t *expected = walk.rest.at;

		assert_int_equal(ln_type_walk_next(&walk, &at, &form, &type),
				 1);
		if (i > 0)
			assert_ptr_equal(at, expected);
		assert_int_equal(form, LN_FORM_FUNCTION);
		assert_int_equal(type.params.count, params[i]);
		assert_int_equal(type.results.count, results[i]);
	}
	assert_int_equal(ln_type_walk_next(&walk, &at, &form, &type), 0);
	assert_ptr_equal(walk.rest.at, walk.rest.end);
	for (size_t len = 1; len < sizeof(section); len++) {
		int result = 1;

		all.end = section + len;
		assert_true(ln_type_walk_begin(&walk, all));
		while (result == 1)
			result = ln_type_walk_next(&walk, &at, &form, &type);
		assert_int_equal(result, LN_EFORMAT);
	}
	all.end = section;
	assert_false(ln_type_walk_begin(&walk, all));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_piece),
		cmocka_unit_test(sections_and_names),
		cmocka_unit_test(types_are_counted),
		cmocka_unit_test(other_forms),
		cmocka_unit_test(types_one_by_one),
		cmocka_unit_test(imports),
		cmocka_unit_test(exports),
		cmocka_unit_test(sections_are_found),
		cmocka_unit_test(unknown_imports),
		cmocka_unit_test(large_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
