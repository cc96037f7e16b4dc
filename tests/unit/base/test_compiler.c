/* src/base/compiler.c and refs.h: assertions end the program, with where and
 * what; and what counts references says when the last one goes. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/refs.h"

/* Runs a function in another process; true when that was aborted. What it wrote
 * to standard error is in `text`. */
static bool aborts(void (*function)(void), char text[256])
{
	int ends[2];
	int status = 0;
	ssize_t len;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		function();
		_exit(0);
	}
	close(ends[1]);
	len = read(ends[0], text, 255);
	text[len > 0 ? len : 0] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static bool evaluated;

static __attribute__((unused)) bool note(bool value)
{
	evaluated = true;
	return value;
}

static void fail_assertion(void)
{
	ln_assert(note(false));
}

static void release_twice(void)
{
	struct ln_lock lock = LN_LOCK_INIT;

	ln_lock_acquire(&lock);
	ln_lock_release(&lock);
	ln_lock_release(&lock);
}

static void release_too_often(void)
{
	_Atomic uint32_t references = 1;

	if (ln_refs_release(&references))
		ln_refs_release(&references);
}

static void remove_what_is_in_no_list(void)
{
	struct ln_list list;
	struct ln_list node = { .next = &list, .prev = &list };

	ln_list_init(&list);
	ln_list_remove(&node);
}

static void a_false_one_ends_the_program(void **state)
{
	char text[256];

	(void)state;
	if (!LN_ASSERTS)
		skip();
	assert_true(aborts(fail_assertion, text));
	assert_non_null(strstr(text, "test_compiler.c:"));
	assert_non_null(strstr(text, "assertion failed: note(false)"));
}

static void rules_of_base_are_asserted(void **state)
{
	char text[256];

	(void)state;
	if (!LN_ASSERTS)
		skip();
	assert_true(aborts(release_twice, text));
	assert_true(aborts(release_too_often, text));
	assert_true(aborts(remove_what_is_in_no_list, text));
}

static void a_true_one_does_nothing(void **state)
{
	(void)state;
	evaluated = false;
	ln_assert(note(true));
	assert_int_equal(evaluated, LN_ASSERTS);
}

static void locks_are_counted(void **state)
{
	struct ln_lock a = LN_LOCK_INIT;
	struct ln_lock b = LN_LOCK_INIT;

	(void)state;
	assert_int_equal(ln_locks_held(), 0);
	ln_lock_acquire(&a);
	ln_lock_acquire(&b);
	ln_lock_assert(&a);
	assert_int_equal(ln_locks_held(), LN_ASSERTS ? 2 : 0);
	ln_lock_release(&a);
	ln_lock_release(&b);
	assert_int_equal(ln_locks_held(), 0);
}

static void the_last_reference_is_told(void **state)
{
	_Atomic uint32_t references = 1;

	(void)state;
	ln_refs_retain(&references);
	assert_false(ln_refs_release(&references));
	assert_true(ln_refs_release(&references));
}

static void lists_are_gone_through(void **state)
{
	struct ln_list list;
	struct ln_list nodes[3];
	int n = 0;

	(void)state;
	ln_list_init(&list);
	ln_list_for_each (at, &list)
		n++;
	assert_int_equal(n, 0);
	for (int i = 0; i < 3; i++)
		ln_list_append(&list, &nodes[i]);
	ln_list_for_each (at, &list)
		assert_ptr_equal(at, &nodes[n++]);
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_false_one_ends_the_program),
		cmocka_unit_test(rules_of_base_are_asserted),
		cmocka_unit_test(a_true_one_does_nothing),
		cmocka_unit_test(locks_are_counted),
		cmocka_unit_test(the_last_reference_is_told),
		cmocka_unit_test(lists_are_gone_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
