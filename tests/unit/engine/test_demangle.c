/* src/engine/demangle.c and engine/src/demangle.rs: what functions are called
 * in their source, within bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/text.h"
#include "engine/demangle.h"

static void check(const char *name, const char *wanted)
{
	char text[LN_TEXT_NAME_SIZE];

	assert_int_equal(ln_demangle(text, sizeof(text), name, strlen(name)),
			 strlen(wanted));
	assert_string_equal(text, wanted);
}

static void names_of_cpp(void **state)
{
	(void)state;
	check("_ZN5space3fooEibc", "space::foo(int, bool, char)");
	check("_ZNSt6vectorIiSaIiEE9push_backERKi",
	      "std::vector<int, std::allocator<int> >::push_back(int const&)");
}

static void names_of_rust(void **state)
{
	(void)state;
	check("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write");
	check("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar");
}

/* `f` is the code of C++ for float, and `main` has one that is read as a type,
 * too. */
static void other_names_stay(void **state)
{
	(void)state;
	check("f", "f");
	check("i", "i");
	check("main", "main");
	check("", "");
	check("_start", "_start");
	check("_Z", "_Z");
	check("_Zzz", "_Zzz");
	check("_R", "_R");
	check("Znwm", "Znwm");
	check("__ZN3foo3barEv", "__ZN3foo3barEv");
	check("_ZN5space3foo\x1b[2J", "_ZN5space3foo?[2J");
	check("a\xe2\x80\xae", "a?");
}

/* Names like those that expand: each type is a template whose arguments are the
 * type before it, `fan` times. */
static size_t make_bomb(char *out, int levels, int fan)
{
	char *at = out + sprintf(out, "_Z1f1A1XI");

	for (int i = 0; i < fan; i++)
		at += sprintf(at, "S_");
	at += sprintf(at, "E");
	for (int level = 1; level < levels; level++) {
		at += sprintf(at, "S0_I");
		for (int i = 0; i < fan; i++)
			at += sprintf(at, "S%d_", level);
		at += sprintf(at, "E");
	}
	return (size_t)(at - out);
}

static void short_names_that_stand_for_long_ones(void **state)
{
	struct rusage before, after;
	char name[8192];
	char text[LN_TEXT_NAME_SIZE];

	(void)state;
	getrusage(RUSAGE_SELF, &before);
	for (int levels = 2; levels < 10; levels++) {
		for (int fan = 2; fan < 80; fan += 7) {
			size_t len = make_bomb(name, levels, fan);
			size_t shown =
				ln_demangle(text, sizeof(text), name, len);

			assert_in_range(shown, 1, sizeof(text) - 1);
			assert_int_equal(strlen(text), shown);
		}
	}
	getrusage(RUSAGE_SELF, &after);
	/* KiB; the largest of them stands for 80^9 bytes. */
	assert_true(after.ru_maxrss - before.ru_maxrss < 64 << 10);
	make_bomb(name, 4, 10);
	check("_Z1f1A1XIS_S_S_S_S_S_S_S_S_S_E",
	      "f(A, X<A, A, A, A, A, A, A, A, A, A>)");
	ln_demangle(text, sizeof(text), name, strlen(name));
	assert_memory_equal(text, "f(A, X<A, A,", 12);
	assert_string_equal(text + strlen(text) - 2, "..");
}

/* Reading such a name tries all ways to read its end, at each of its levels. */
static void names_that_take_long_to_read(void **state)
{
	static const char *const pieces[] = { "mlT_", "cl", "nw", "dt", "LDnE",
					      "cv",   "sr", "qu", "il", "I" };
	char name[1024];
	char text[LN_TEXT_NAME_SIZE];

	(void)state;
	/* The test's time is what bounds these: each would take hours. */
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		strcpy(name, "_Z1f1A1XIX");
		while (strlen(name) + strlen(pieces[i]) < 1000)
			strcat(name, pieces[i]);
		ln_demangle(text, sizeof(text), name, strlen(name));
		assert_true(strlen(text) < sizeof(text));
	}
}

/* A name that was cut must not be taken for another one. */
static void long_names_stay_mangled(void **state)
{
	char name[4096] = "_Z1f";
	char text[LN_TEXT_NAME_SIZE];

	(void)state;
	memset(name + 4, 'i', sizeof(name) - 5);
	ln_demangle(text, sizeof(text), name, 1024);
	assert_memory_equal(text, "_Z1fiii", 7);
	assert_int_equal(strlen(text), LN_TEXT_NAME_SIZE - 1);
}

static void small_rooms(void **state)
{
	char text[12];

	(void)state;
	ln_demangle(text, sizeof(text), "_ZN5space3fooEibc", 17);
	assert_string_equal(text, "space::fo..");
}

static void texts_in_place(void **state)
{
	char *text = ln_demangle_text(strdup("_ZN5space3fooEibc"));

	(void)state;
	assert_string_equal(text, "space::foo(int, bool, char)");
	free(text);
	assert_null(ln_demangle_text(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_cpp),
		cmocka_unit_test(names_of_rust),
		cmocka_unit_test(other_names_stay),
		cmocka_unit_test(short_names_that_stand_for_long_ones),
		cmocka_unit_test(names_that_take_long_to_read),
		cmocka_unit_test(long_names_stay_mangled),
		cmocka_unit_test(small_rooms),
		cmocka_unit_test(texts_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
