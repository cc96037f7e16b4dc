/* Entries of modules: which exports are some, and how they are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/entries.h"
#include "engine/signatures.h"
#include "support/shortage.h"
#include "support/wat.h"

/* They need the binary no longer. */
static struct ln_entries *make(const char *text)
{
	struct test_binary binary = test_assemble(text);
	struct ln_signatures *signatures;
	struct ln_entries *entries = NULL;

	assert_int_equal(
		ln_signatures_new(binary.data, binary.size, &signatures), 0);
	assert_int_equal(
		ln_entries_new(binary.data, binary.size, signatures, &entries),
		0);
	assert_non_null(entries);
	ln_signatures_free(signatures);
	test_binary_free(&binary);
	return entries;
}

static const struct ln_entry *find(const struct ln_entries *entries,
				   const char *name)
{
	return ln_entries_find(entries, name, strlen(name));
}

static void functions_are_entries(void **state)
{
	struct ln_entries *entries =
		make("(module (memory (export \"memory\") 1)"
		     " (func (export \"plain\"))"
		     " (global (export \"global\") i32 (i32.const 0))"
		     " (func (export \"wide\") (param i32 i64 f32 f64 v128"
		     "  funcref externref) (result i32 i64)"
		     "  (i32.const 0) (i64.const 0))"
		     " (export \"\" (func 0)) (export \"again\" (func 0)))");
	const struct ln_entry *entry = find(entries, "wide");

	(void)state;
	assert_non_null(entry);
	assert_int_equal(entry->name_len, 4);
	assert_memory_equal(entry->name, "wide", 4);
	assert_int_equal(entry->param_count, 7);
	assert_memory_equal(entry->params, "iIfFVrr", 7);
	assert_int_equal(entry->result_count, 2);
	entry = find(entries, "plain");
	assert_non_null(entry);
	assert_int_equal(entry->param_count, 0);
	assert_int_equal(entry->result_count, 0);
	assert_int_equal(entry->result, 0);
	assert_false(entry->imported);
	assert_non_null(find(entries, ""));
	assert_null(find(entries, "memory"));
	assert_null(find(entries, "global"));
	/* In the order of the exports, without what is none. */
	assert_ptr_equal(ln_entries_at(entries, 0), find(entries, "plain"));
	assert_ptr_equal(ln_entries_at(entries, 1), find(entries, "wide"));
	assert_ptr_equal(ln_entries_at(entries, 2), find(entries, ""));
	assert_ptr_equal(ln_entries_at(entries, 3), find(entries, "again"));
	assert_null(ln_entries_at(entries, 4));
	assert_null(ln_entries_at(entries, SIZE_MAX));
	ln_entries_free(entries);
}

static void results_and_imports(void **state)
{
	struct ln_entries *entries =
		make("(module (import \"a\" \"b\" (func))"
		     " (import \"a\" \"c\" (memory 1))"
		     " (import \"a\" \"d\" (func (result f64)))"
		     " (func (export \"one\") (result i64) (i64.const 0))"
		     " (func (export \"two\") (result i64 i32)"
		     "  (i64.const 0) (i32.const 0))"
		     " (export \"import\" (func 1)))");

	(void)state;
	assert_int_equal(find(entries, "one")->result, 'I');
	assert_false(find(entries, "one")->imported);
	assert_int_equal(find(entries, "two")->result, 0);
	assert_int_equal(find(entries, "import")->result, 'F');
	assert_true(find(entries, "import")->imported);
	ln_entries_free(entries);
}

static void names_are_compared_whole(void **state)
{
	struct ln_entries *entries = make(
		"(module (func (export \"a\\00b\")) (func (export \"abc\")))");

	(void)state;
	assert_non_null(ln_entries_find(entries, "a\0b", 3));
	assert_null(ln_entries_find(entries, "a", 1));
	assert_null(ln_entries_find(entries, "a\0c", 3));
	assert_null(find(entries, "ab"));
	assert_null(find(entries, "abcd"));
	assert_null(find(entries, "ABC"));
	assert_null(find(entries, ""));
	ln_entries_free(entries);
}

static void without_exports(void **state)
{
	struct ln_entries *entries = make("(module)");

	(void)state;
	assert_null(find(entries, ""));
	assert_null(find(entries, "x"));
	assert_null(ln_entries_at(entries, 0));
	ln_entries_free(entries);
	ln_entries_free(NULL);
}

static void max_parameters(void **state)
{
	char params[66 * 4 + 1] = "";
	char text[2 * sizeof(params) + 128];
	struct ln_entries *entries;
	size_t len;

	(void)state;
	for (unsigned i = 0; i < 65; i++)
		memcpy(params + (size_t)i * 4, " f64", 5);
	len = strlen(params);
	snprintf(text, sizeof(text),
		 "(module (func (export \"most\") (param%.*s))"
		 " (func (export \"more\") (param%s)))",
		 (int)len - 4, params, params);
	entries = make(text);
	assert_null(find(entries, "more"));
	assert_non_null(find(entries, "most"));
	assert_int_equal(find(entries, "most")->param_count, 64);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(find(entries, "most")->params[i], 'F');
	assert_null(ln_entries_at(entries, 1));
	ln_entries_free(entries);
}

/* Every one is found, and none that is not there, however full the table. */
static void many(void **state)
{
	static const unsigned counts[] = { 1, 2, 3, 4, 5, 8, 500, 512, 513 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		size_t room = 64 + (size_t)counts[i] * 40;
		char *text = malloc(room);
		size_t len = (size_t)snprintf(text, room, "(module (func $f)");
		struct ln_entries *entries;
		char name[16];

		for (unsigned n = 0; n < counts[i]; n++)
			len += (size_t)snprintf(text + len, room - len,
						" (export \"f%u\" (func $f))",
						n);
		snprintf(text + len, room - len, ")");
		entries = make(text);
		for (unsigned n = 0; n < 2 * counts[i]; n++) {
			const struct ln_entry *entry;

			snprintf(name, sizeof(name), "f%u", n);
			entry = find(entries, name);
			assert_true((entry != NULL) == (n < counts[i]));
			assert_ptr_equal(entry, ln_entries_at(entries, n));
		}
		ln_entries_free(entries);
		free(text);
	}
}

static void no_memory(void **state)
{
	struct test_binary binary = test_assemble(
		"(module (func (export \"a\")) (func (export \"b\")))");
	struct ln_signatures *signatures;
	struct ln_entries *entries = NULL;
	unsigned failed = 0;
	int error;

	(void)state;
	assert_int_equal(
		ln_signatures_new(binary.data, binary.size, &signatures), 0);
	for (;; failed++) {
		test_shortage_begin(TEST_SHORT_ALL, failed);
		error = ln_entries_new(binary.data, binary.size, signatures,
				       &entries);
		if (!test_shortage_end())
			break;
		assert_int_equal(error, LN_ENOMEM);
		assert_null(entries);
	}
	assert_true(failed >= 3);
	assert_int_equal(error, 0);
	assert_non_null(find(entries, "b"));
	ln_entries_free(entries);
	ln_signatures_free(signatures);
	test_binary_free(&binary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_entries),
		cmocka_unit_test(results_and_imports),
		cmocka_unit_test(names_are_compared_whole),
		cmocka_unit_test(without_exports),
		cmocka_unit_test(max_parameters),
		cmocka_unit_test(many),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
