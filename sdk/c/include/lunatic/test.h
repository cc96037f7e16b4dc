/*
 * Tests that run as processes. LUNATIC_TEST defines a test and exports it with
 * the naming scheme of the Rust crate, so that the same runner finds it. A file
 * of tests needs no main(): the library's main() runs all tests, or those whose
 * names contain one of its arguments, each in its own process.
 *
 *	LUNATIC_TEST(addition)
 *	{
 *		LUNATIC_CHECK(1 + 1 == 2);
 *	}
 *
 *	LUNATIC_TEST_FAILS(division, "by zero")
 *	{
 *		LUNATIC_PANIC("by zero");
 *	}
 */
#ifndef LUNATIC_TEST_H
#define LUNATIC_TEST_H

#include <lunatic/main.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lunatic_test_kind {
	LUNATIC_TEST_PASSES,
	LUNATIC_TEST_MUST_FAIL,
	LUNATIC_TEST_IS_IGNORED,
};

struct lunatic_test {
	const char *name;
	void (*run)(void);
	int kind;
};

/* How long the library's main() lets a test run. */
#define LUNATIC_TEST_TIMEOUT 20000

#define LUNATIC_TEST_(name, prefix, kind)                                   \
	static void name(void);                                             \
	__attribute__((export_name("#lunatic_test_" prefix #name))) void    \
		lunatic_test_##name(void);                                  \
	void lunatic_test_##name(void)                                      \
	{                                                                   \
		lunatic_main_begin();                                       \
		name();                                                     \
	}                                                                   \
	static const struct lunatic_test lunatic_test_of_##name             \
		__attribute__((used, section("lunatic_tests"))) = { #name,  \
								    name,   \
								    kind }; \
	static void name(void)

/* A test: it passes if it does not fail. */
#define LUNATIC_TEST(name) LUNATIC_TEST_(name, "", LUNATIC_TEST_PASSES)

/* A test that passes if it fails and `text` is part of its output on standard
 * error. (The library's main() does not see that output.) */
#define LUNATIC_TEST_FAILS(name, text) \
	LUNATIC_TEST_(name, "#panic_" text "#", LUNATIC_TEST_MUST_FAIL)

/* A test that is not run unless it is asked for. */
#define LUNATIC_TEST_IGNORED(name) \
	LUNATIC_TEST_(name, "#ignore_", LUNATIC_TEST_IS_IGNORED)

/* Prints the reason to standard error, and makes the process fail. */
#define LUNATIC_PANIC(...) \
	lunatic_panic_at(__FILE_NAME__, __LINE__, __VA_ARGS__)

#define LUNATIC_CHECK(condition) \
	((condition) ? (void)0 : LUNATIC_PANIC("failed: %s", #condition))

/* The same for integers, with both values. */
#define LUNATIC_CHECK_EQ(have, want) \
	lunatic_check_eq(__FILE_NAME__, __LINE__, #have, (have), (want))

__attribute__((noreturn)) void lunatic_panic(void);

/* Prints "file:line: " and a text of up to 1,000 bytes to standard error in one
 * write, so that other output does not get in between, and makes the process
 * fail. */
__attribute__((noreturn, format(printf, 3, 4))) void
lunatic_panic_at(const char *file, int line, const char *format, ...);
void lunatic_check_eq(const char *file, int line, const char *what,
		      int64_t have, int64_t want);

#ifdef __cplusplus
}
#endif

#endif
