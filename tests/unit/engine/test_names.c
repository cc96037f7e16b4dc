/* src/engine/names.c: names of functions, from sections of any content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/names.h"
#include "support/wat.h"

#define HEADER "\0asm\1\0\0\0"
#define BYTES(text) ((const uint8_t *)(text)), sizeof(text) - 1

/* A name section: 0x0b bytes in all, of them 4 of function names. */
#define ONE_NAME "\0\x0b\4name\1\4\1\1\1f"

static struct ln_names *names_of(const uint8_t *bytes, size_t len,
				 uint64_t functions)
{
	struct ln_names *names;

	assert_int_equal(ln_names_new(bytes, len, functions, &names), 0);
	return names;
}

static void check(const struct ln_names *names, uint32_t function,
		  const char *wanted)
{
	size_t len;
	const char *name = ln_names_function(names, function, &len);

	if (wanted == NULL) {
		assert_null(name);
		return;
	}
	assert_non_null(name);
	assert_int_equal(len, strlen(wanted));
	assert_memory_equal(name, wanted, len);
}

static void names_are_found(void **state)
{
	struct ln_names *names = names_of(
		BYTES(HEADER "\0\x19\4name\0\4\3mod\1\x0c\3\0\1a\2\2bb\1\2cc"),
		3);

	(void)state;
	check(names, 0, "a");
	check(names, 1, "cc");
	check(names, 2, "bb");
	check(names, 3, NULL);
	check(names, UINT32_MAX, NULL);
	assert_string_equal(ln_names_module(names, 0), "mod");
	ln_names_free(names);
}

static void most_modules_have_few(void **state)
{
	struct ln_names *names = names_of(BYTES(HEADER), 10);

	(void)state;
	check(names, 0, NULL);
	assert_string_equal(ln_names_module(names, 0), "<unknown>");
	ln_names_free(names);
	names = names_of(BYTES(HEADER ONE_NAME), 0);
	check(names, 1, NULL);
	ln_names_free(names);
	names = names_of(BYTES(HEADER ONE_NAME), 1);
	check(names, 0, NULL);
	check(names, 1, NULL);
	ln_names_free(names);
	names = names_of(BYTES("\0a"), 1);
	check(names, 0, NULL);
	ln_names_free(names);
	ln_names_free(NULL);
}

/* What comes before the mistake counts. */
static void malformed_sections_end_early(void **state)
{
	static const char whole[] =
		HEADER "\0\x19\4name\0\4\3mod\1\x0c\3\0\1a\2\2bb\1\2cc";

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		/* Memory of that size, so that reading on is noticed. */
		uint8_t *bytes = malloc(len + 1);
		struct ln_names *names;

		assert_non_null(bytes);
		memcpy(bytes, whole, len);
		names = names_of(bytes, len, 3);
		for (uint32_t i = 0; i < 4; i++)
			free(ln_names_copy(names, i));
		ln_names_free(names);
		free(bytes);
	}
}

static void long_names_are_cut(void **state)
{
	static const uint8_t head[] = { 0, 'a', 's', 'm',  1,    0,
					0, 0,   0,   0xff, 0xff, 0x7f };
	static const uint8_t rest[] = {
		4,    'n',  'a', 'm', 'e',  1,    0xf0,
		0xff, 0x7f, 1,   0,   0xe0, 0xff, 0x7f
	};
	const size_t len = sizeof(head) + 0x1fffff;
	uint8_t *bytes = malloc(len);
	struct ln_names *names;
	size_t shown;
	char *copy;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'n', len);
	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + sizeof(head), rest, sizeof(rest));
	names = names_of(bytes, len, 1);
	assert_non_null(ln_names_function(names, 0, &shown));
	assert_int_equal(shown, LN_NAMES_FUNCTION_MAX);
	copy = ln_names_copy(names, 0);
	assert_int_equal(strlen(copy), LN_NAMES_FUNCTION_MAX);
	free(copy);
	ln_names_free(names);
	free(bytes);
}

static void copies(void **state)
{
	struct ln_names *names =
		names_of(BYTES(HEADER "\0\x0d\4name\1\6\1\1\3x\0y"), 5000000);
	char *copy = ln_names_copy(names, 1);

	(void)state;
	assert_string_equal(copy, "x?y");
	free(copy);
	copy = ln_names_copy(names, 4294967295);
	assert_string_equal(copy, "<wasm function 4294967295>");
	free(copy);
	copy = ln_names_copy(names, 0);
	assert_string_equal(copy, "<wasm function 0>");
	free(copy);
	ln_names_free(names);
}

/* The module's name is shown, so it is clean and short. */
static void names_of_modules(void **state)
{
	struct ln_names *names =
		names_of(BYTES(HEADER "\0\x0c\4name\0\5\4a\x1b\nb"), 0);

	(void)state;
	assert_string_equal(ln_names_module(names, 0), "a? b");
	ln_names_free(names);
}

static void hiding(void **state)
{
	static const char two[] = HEADER ONE_NAME "\0\3\2xy" ONE_NAME;
	uint8_t *copy;

	(void)state;
	assert_int_equal(ln_names_hide(BYTES(HEADER "\0\3\2xy"), &copy), 0);
	assert_null(copy);
	assert_int_equal(ln_names_hide(BYTES(two), &copy), 0);
	assert_non_null(copy);
	assert_null(memmem(copy, sizeof(two) - 1, "name", 4));
	/* All else is where it was. */
	for (size_t i = 0; i < sizeof(two) - 1; i++) {
		if (copy[i] != (uint8_t)two[i])
			assert_int_equal(copy[i], '.');
	}
	free(copy);
}

/* Each core module has its own, and an instruction tells of which one it is. */
static void names_of_components(void **state)
{
	static const uint8_t nops[] = { 1, 1, 1, 11 };
	struct test_binary binary = test_assemble(
		"(component"
		" (core module $A (import \"\" \"f\" (func $f)) (func $a)"
		"  (func $b nop nop nop))"
		" (core module (memory 1))"
		" (component (core module $C (func $c nop nop nop))))");
	const uint8_t *end = binary.data + binary.size;
	const uint8_t *in_b =
		memmem(binary.data, binary.size, nops, sizeof(nops));
	const uint8_t *in_c;
	struct ln_names *names;
	char *name;

	(void)state;
	assert_non_null(in_b);
	in_c = memmem(in_b + 1, (size_t)(end - in_b) - 1, nops, sizeof(nops));
	assert_non_null(in_c);
	assert_int_equal(
		ln_names_new_component(binary.data, binary.size, &names), 0);
	check(names, 0, "f");
	check(names, 2, "b");
	check(names, 3, "c");
	check(names, 4, NULL);
	assert_string_equal(ln_names_module(names, 2), "A");
	assert_string_equal(ln_names_module(names, 3), "C");
	assert_string_equal(ln_names_module(names, 4), "<unknown>");
	assert_int_equal(ln_names_own_number(names, 3), 0);
	assert_int_equal(ln_names_number_in(names, 0, 2), 2);
	assert_int_equal(ln_names_number_in(names, 2, 0), 3);
	assert_int_equal(ln_names_number_in(names, 1, 0), LN_NAMES_NOWHERE);
	assert_int_equal(ln_names_number_in(names, 3, 0), LN_NAMES_NOWHERE);
	name = ln_names_copy(names, LN_NAMES_NOWHERE);
	assert_string_equal(name, "<adapter>");
	free(name);
	for (size_t i = 0; i < sizeof(nops); i++) {
		size_t b = (size_t)(in_b - binary.data) + i;
		size_t c = (size_t)(in_c - binary.data) + i;

		assert_int_equal(ln_names_number(names, 2, b), 2);
		assert_int_equal(ln_names_number(names, 0, c), 3);
		/* It is another one that is there, or none. */
		for (uint32_t other = 0; other < 5; other++) {
			if (other != 2)
				assert_int_equal(
					ln_names_number(names, other, b),
					LN_NAMES_NOWHERE);
			if (other != 0)
				assert_int_equal(
					ln_names_number(names, other, c),
					LN_NAMES_NOWHERE);
		}
	}
	assert_int_equal(ln_names_number(names, 0, SIZE_MAX), LN_NAMES_NOWHERE);
	assert_int_equal(ln_names_number(NULL, 7, 0), 7);
	ln_names_free(names);
	/* It may end anywhere. */
	for (size_t len = 8; len < binary.size; len++) {
		uint8_t *cut = malloc(len);

		assert_non_null(cut);
		memcpy(cut, binary.data, len);
		assert_int_equal(ln_names_new_component(cut, len, &names), 0);
		for (uint32_t i = 0; i < 5; i++)
			free(ln_names_copy(names, i));
		(void)ln_names_number(names, 2, len - 1);
		ln_names_free(names);
		free(cut);
	}
	test_binary_free(&binary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(most_modules_have_few),
		cmocka_unit_test(malformed_sections_end_early),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(copies),
		cmocka_unit_test(names_of_modules),
		cmocka_unit_test(hiding),
		cmocka_unit_test(names_of_components),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
