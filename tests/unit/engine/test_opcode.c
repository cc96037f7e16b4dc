/* Instructions: how long each is, what it names, and that one of which a byte
 * is missing is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <wasmtime.h>

#include "engine/binary.h"
#include "engine/opcode.h"

struct instruction {
	size_t len;
	const char *bytes;
};

#define CODE(literal) { sizeof(literal) - 1, (literal) }

/* One of each form. */
static const struct instruction instructions[] = {
	CODE("\x00"), /* unreachable */
	CODE("\x01"), /* nop */
	CODE("\x02\x40"),
	CODE("\x02\x7f"),
	CODE("\x03\x63\x70"), /* loop that gives a reference */
	CODE("\x04\x85\x01"), /* if, of a type by number */
	CODE("\x05"),
	CODE("\x08\x80\x01"), /* throw */
	CODE("\x0a"),         /* throw_ref */
	CODE("\x0b"),
	CODE("\x0c\x80\x01"),
	CODE("\x0d\x00"),
	CODE("\x0e\x00\x03"), /* br_table of its default alone */
	CODE("\x0e\x02\x01\x80\x01\x00"),
	CODE("\x0f"),
	CODE("\x10\x05"),
	CODE("\x11\x02\x00"),
	CODE("\x12\x85\x80\x00"),
	CODE("\x13\x81\x01\x01"),
	CODE("\x14\x81\x01"), /* call_ref */
	CODE("\x15\x01"),
	CODE("\x1a"),
	CODE("\x1b"),
	CODE("\x1c\x01\x7f"),
	CODE("\x1f\x40\x00"), /* try_table that catches nothing */
	CODE("\x1f\x85\x01\x04\x00\x01\x02\x01\x80\x01\x00\x02\x03\x03\x00"),
	CODE("\x20\x80\x02"),
	CODE("\x26\x00"),
	CODE("\x28\x02\x80\x01"), /* i32.load */
	CODE("\x28\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	CODE("\x37\x43\x01\x80\x01"), /* i64.store in memory 1 */
	CODE("\x3f\x00"),
	CODE("\x40\x00"),
	CODE("\x41\x80\x80\x80\x80\x78"),
	CODE("\x42\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"),
	CODE("\x43\x0b\x0b\x0b\x0b"),
	CODE("\x44\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
	CODE("\x6a"),
	CODE("\xc4"),
	CODE("\xd0\x70"),
	CODE("\xd1"),
	CODE("\xd0\x80\x01"), /* of a type by number */
	CODE("\xd2\x03"),
	CODE("\xd3"),
	CODE("\xd4"),
	CODE("\xd5\x00"),
	CODE("\xd6\x80\x01"),
	CODE("\xfb\x00\x80\x01"), /* struct.new */
	CODE("\xfb\x01\x05"),
	CODE("\xfb\x05\x80\x01\x02"), /* struct.set */
	CODE("\xfb\x08\x01\x80\x01"), /* array.new_fixed */
	CODE("\xfb\x0f"),             /* array.len */
	CODE("\xfb\x10\x03"),
	CODE("\xfb\x13\x03\x02"),
	CODE("\xfb\x17\x6e"),                 /* ref.cast null */
	CODE("\xfb\x18\x03\x80\x01\x6e\x05"), /* br_on_cast */
	CODE("\xfb\x19\x01\x00\x6b\x80\x01"),
	CODE("\xfb\x1a"),
	CODE("\xfb\x1e"), /* i31.get_u */
	CODE("\xfc\x07"),
	CODE("\xfc\x08\x01\x00"),
	CODE("\xfc\x09\x01"),
	CODE("\xfc\x0a\x00\x01"),
	CODE("\xfc\x0b\x00"),
	CODE("\xfc\x0c\x01\x00"),
	CODE("\xfc\x0d\x01"),
	CODE("\xfc\x0e\x00\x01"),
	CODE("\xfc\x0f\x00"),
	CODE("\xfc\x10\x00"),
	CODE("\xfc\x11\x00"),
	CODE("\xfc\x93\x00"), /* i64.add128, its number in two bytes */
	CODE("\xfd\x00\x04\x10"),
	CODE("\xfd\x0b\x44\x01\x10"),
	CODE("\xfd\x0c\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
	     "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
	CODE("\xfd\x0d\x00\x01\x02\x03\x04\x05\x06\x07"
	     "\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"),
	CODE("\xfd\x0e"),
	CODE("\xfd\x15\x0f"),
	CODE("\xfd\x22\x01"),
	CODE("\xfd\x54\x00\x00\x0f"), /* v128.load8_lane */
	CODE("\xfd\x5b\x43\x01\x00\x01"),
	CODE("\xfd\x5c\x02\x00"),
	CODE("\xfd\x5d\x03\x00"),
	CODE("\xfd\x80\x02"), /* relaxed */
	CODE("\xfd\x93\x02"),
	CODE("\xfe\x00\x02\x00"),
	CODE("\xfe\x03\x00"),
	CODE("\xfe\x1e\x42\x01\x80\x01"),
};

/* In memory of its own of that very length, so that a sanitizer sees reads
 * behind it. */
static bool step(const char *bytes, size_t len, size_t *taken,
		 struct ln_opcode *found)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct ln_cursor cursor = { copy, copy + len };
	bool whole;

	memcpy(copy, bytes, len);
	whole = ln_opcode_next(&cursor, found);
	assert_true(cursor.at >= copy && cursor.at <= copy + len);
	*taken = (size_t)(cursor.at - copy);
	if (whole && found->names_function)
		*taken |= (size_t)(found->number - copy) << 16;
	free(copy);
	return whole;
}

static void every_form(void **state)
{
	size_t count = sizeof(instructions) / sizeof(instructions[0]);
	struct ln_opcode found;
	size_t taken;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct instruction *code = &instructions[i];

		if (!step(code->bytes, code->len, &taken, &found) ||
		    (taken & 0xffff) != code->len)
			fail_msg("instruction %zu: %zu bytes", i, taken);
		assert_int_equal(found.opcode, (uint8_t)code->bytes[0]);
		for (size_t len = 0; len < code->len; len++) {
			if (step(code->bytes, len, &taken, &found))
				fail_msg("%zu bytes of instruction %zu", len,
					 i);
		}
	}
}

static bool is_known(unsigned opcode)
{
	static const uint8_t ranges[][2] = {
		{ 0x00, 0x05 }, { 0x08, 0x08 }, { 0x0a, 0x15 }, { 0x1a, 0x1c },
		{ 0x1f, 0x26 }, { 0x28, 0xc4 }, { 0xd0, 0xd6 }, { 0xfb, 0xfe },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (opcode >= ranges[i][0] && opcode <= ranges[i][1])
			return true;
	}
	return false;
}

/* The first exceptions (try, catch, rethrow, delegate), which the engine does
 * not have, and what nobody has defined are refused. */
static void known_ones(void **state)
{
	char bytes[32] = { 0 };
	struct ln_opcode found;
	size_t taken;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		bytes[0] = (char)i;
		if (step(bytes, sizeof(bytes), &taken, &found) != is_known(i))
			fail_msg("opcode %#x", i);
	}
}

/* The first number behind a prefix that is not known. */
static void unknown_kinds(void **state)
{
	struct ln_opcode found;
	size_t taken;

	(void)state;
	assert_false(step("\xfb\x1f\0\0\0", 5, &taken, &found));
	/* A kind of catch that is not known. */
	assert_false(step("\x1f\x40\x01\x04\0\0", 6, &taken, &found));
	assert_false(step("\x1f\x40\xff\xff\xff\xff\x0f\0", 8, &taken, &found));
	assert_false(step("\xfc\x12\0\0\0", 5, &taken, &found));
	assert_true(step("\xfc\x16\0\0\0", 5, &taken, &found));
	assert_false(step("\xfc\x17\0\0\0", 5, &taken, &found));
	assert_false(step("\xfc\xff\xff\xff\xff\x0f", 6, &taken, &found));
	assert_false(step("\xfd\x94\x02\0\0", 5, &taken, &found));
	assert_false(step("\xfd\xff\xff\xff\xff\x1f", 6, &taken, &found));
}

static void what_they_name(void **state)
{
	struct ln_opcode found;
	size_t taken;

	(void)state;
	/* Functions; digits may be more than needed. */
	assert_true(step("\x10\x85\x80\x00", 4, &taken, &found));
	assert_true(found.names_function);
	assert_int_equal(found.function, 5);
	assert_int_equal(taken, 1 << 16 | 4);
	assert_true(step("\xd2\x07", 2, &taken, &found));
	assert_true(found.names_function);
	assert_int_equal(found.function, 7);
	assert_true(step("\x12\xff\xff\xff\xff\x0f", 6, &taken, &found));
	assert_true(found.function == UINT32_MAX);
	assert_false(step("\x12\xff\xff\xff\xff\x1f", 6, &taken, &found));
	/* Types; a block without one has none. */
	assert_true(step("\x11\x09\x00", 3, &taken, &found));
	assert_false(found.names_function);
	assert_int_equal(found.type, 9);
	assert_true(step("\x02\x85\x01", 3, &taken, &found));
	assert_int_equal(found.type, 133);
	assert_true(step("\x03\x40", 2, &taken, &found));
	assert_true(found.type == LN_OPCODE_NO_TYPE);
	assert_true(step("\x6a", 1, &taken, &found));
	assert_true(found.type == LN_OPCODE_NO_TYPE);
	/* Numbers behind prefixes. */
	assert_true(step("\xfc\x0b\x00", 3, &taken, &found));
	assert_int_equal(found.kind, 11);
	assert_true(step("\xfd\x93\x02", 3, &taken, &found));
	assert_int_equal(found.kind, 0x113);
	assert_true(step("\xfe\x1e\x02\x00", 4, &taken, &found));
	assert_int_equal(found.kind, 0x1e);
	assert_true(step("\x14\x09", 2, &taken, &found));
	assert_int_equal(found.type, 9);
	/* Objects: those of which each field is written. */
	assert_true(step("\xfb\x01\x89\x01", 4, &taken, &found));
	assert_int_equal(found.kind, 1);
	assert_int_equal(found.type, 137);
	assert_true(step("\xfb\x02\x09\x01", 4, &taken, &found));
	assert_true(found.type == LN_OPCODE_NO_TYPE);
	/* Targets. */
	assert_true(step("\x1f\x40\x02\x02\x00\x03\x01", 7, &taken, &found));
	assert_int_equal(found.targets, 2);
	assert_true(step("\x0e\x02\x00\x01\x02", 5, &taken, &found));
	assert_int_equal(found.targets, 3);
	assert_true(step("\x0e\x00\x00", 3, &taken, &found));
	assert_int_equal(found.targets, 1);
	assert_false(step("\x0e\xff\xff\xff\xff\x0f\0\0", 8, &taken, &found));
}

static bool locals(const char *bytes, size_t len, uint64_t *count)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct ln_cursor cursor = { copy, copy + len };
	bool whole;

	memcpy(copy, bytes, len);
	whole = ln_opcode_locals(&cursor, count);
	assert_true(!whole || cursor.at == cursor.end);
	free(copy);
	return whole;
}

static void locals_are_counted(void **state)
{
	uint64_t count;

	(void)state;
	assert_true(locals("\0", 1, &count));
	assert_int_equal(count, 0);
	assert_true(locals("\2\3\x7f\x80\1\x63\x70", 7, &count));
	assert_int_equal(count, 3 + 128);
	/* More than 32 bits can tell. */
	assert_true(locals("\2\xff\xff\xff\xff\x0f\x7f"
			   "\xff\xff\xff\xff\x0f\x7e",
			   13, &count));
	assert_true(count == 2 * (uint64_t)UINT32_MAX);
	/* Those before the end. */
	assert_false(locals("\2\3\x7f\5", 4, &count));
	assert_int_equal(count, 3);
	assert_false(locals("", 0, &count));
	assert_int_equal(count, 0);
	assert_false(locals("\xff\xff\xff\xff\x0f\1\x7f", 7, &count));
	assert_int_equal(count, 1);
}

/* Steps over the body of the only function of a module. */
static size_t count_instructions(const char *text)
{
	wasm_byte_vec_t binary;
	struct ln_cursor cursor, content, body;
	struct ln_opcode found;
	uint64_t number;
	size_t count = 0;
	uint8_t id;

	assert_null(wasmtime_wat2wasm(text, strlen(text), &binary));
	cursor.at = (const uint8_t *)binary.data + LN_BINARY_HEADER;
	cursor.end = (const uint8_t *)binary.data + binary.size;
	do {
		assert_true(ln_binary_section(&cursor, &id, &content));
	} while (id != LN_SECTION_CODE);
	assert_true(ln_cursor_number(&content, 32, &number));
	assert_int_equal(number, 1);
	assert_true(ln_cursor_number(&content, 32, &number));
	assert_true(ln_cursor_part(&content, number, &body));
	assert_true(ln_opcode_locals(&body, &number));
	for (; ln_cursor_len(body) > 0; count++)
		assert_true(ln_opcode_next(&body, &found));
	assert_int_equal(found.opcode, LN_OPCODE_END);
	wasm_byte_vec_delete(&binary);
	return count;
}

/* As an assembler writes them, one behind the other: a length that is wrong
 * throws all that follows out of step. */
static void as_assembled(void **state)
{
	static const char *const lines[] = {
		"(i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 1)"
		" (i32.const 2)) drop",
		"(memory.atomic.wait64 (i32.const 0) (i64.const 1)"
		" (i64.const -1)) drop",
		"(v128.load64_lane offset=900 1 (i32.const 0)"
		" (v128.const f64x2 1 2)) drop",
		"(i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31"
		" (v128.const i64x2 0 0) (v128.const i64x2 0 0)) drop",
		"(f64x2.replace_lane 1 (v128.const i64x2 0 0)"
		" (f64.const 0)) drop",
		"(i32x4.relaxed_trunc_f32x4_s (v128.const i64x2 0 0)) drop",
		"(table.fill 0 (i32.const 0) (ref.null func) (i32.const 0))",
		"(select (result funcref) (ref.null func) (ref.func $f)"
		" (i32.const 0)) drop",
		"(i64.load32_u 1 offset=70000 (i32.const -1)) drop",
		"(memory.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 0))",
		"(block $b (loop $l (br_if $b (i32.const 1)) (br $l)))",
		"(call_indirect (type $t) (i32.const 0))",
	};
	static const size_t counts[] = { 5, 5, 4, 4, 4, 3, 4, 5, 3, 4, 7, 2 };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t count;

		snprintf(text, sizeof(text),
			 "(module (type $t (func)) (table 1 funcref)"
			 " (memory 1 1 shared) (memory 1)"
			 " (export \"f\" (func $f)) (func $f %s))",
			 lines[i]);
		count = count_instructions(text);
		if (count != counts[i] + 1)
			fail_msg("line %zu: %zu", i, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(known_ones),
		cmocka_unit_test(unknown_kinds),
		cmocka_unit_test(what_they_name),
		cmocka_unit_test(locals_are_counted),
		cmocka_unit_test(as_assembled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
