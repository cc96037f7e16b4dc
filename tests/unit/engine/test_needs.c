/* What is looked for before the engine is used, where it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "engine/engine.h"
#include "engine/needs.h"
#include "support/addresses.h"
#include "support/refusal.h"

static void nothing_refused(void **state)
{
	(void)state;
	assert_int_equal(ln_needs_check(ln_engine_default()), 0);
}

static void kernel_refuses(void **state)
{
	(void)state;
	test_refuse(TEST_REFUSE_MPROTECT, 0);
	assert_int_equal(ln_needs_check(ln_engine_default()), LN_ENOMEM);
	/* What was only to be looked for may stay. */
	test_refuse(TEST_REFUSE_MUNMAP, 0);
	assert_int_equal(ln_needs_check(ln_engine_default()), 0);
	assert_true(test_refused() > 0);
	test_refuse(0, 0);
}

/* The result of a check in a child that gives up something first. */
static int check_without(void (*give_up)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		give_up();
		_exit(-ln_needs_check(ln_engine_default()));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void executable_memory(void)
{
	/* PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN: Linux 6.3 */
	if (prctl(65, 1, 0, 0, 0) != 0)
		_exit(-LN_EPERM);
}

static void addresses(void)
{
	const struct rlimit limit = { .rlim_cur = 1 << 20,
				      .rlim_max = 1 << 20 };

	setrlimit(RLIMIT_AS, &limit);
}

static void limits(void **state)
{
	(void)state;
	assert_int_equal(check_without(executable_memory), LN_EPERM);
	if (!LN_ASAN && !LN_TSAN && test_addresses_are_limited())
		assert_int_equal(check_without(addresses), LN_ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_refused),
		cmocka_unit_test(kernel_refuses),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
