/* src/sched/stack.c: what is given back of a stack, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "sched/stack.h"

#define SIZE ((size_t)256 << 10)
#define PAGE ((size_t)4096)

static char *stack;

/* In the page below what is kept, deeper, and in what is kept. */
#define NEAR (SIZE - LN_STACK_KEPT - PAGE)
#define DEEP PAGE
#define KEPT (SIZE - LN_STACK_KEPT)

static void use(size_t at)
{
	stack[at] = 1;
}

static int setup(void **state)
{
	(void)state;
	stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return stack == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return munmap(stack, SIZE);
}

static void only_now_and_then(void **state)
{
	(void)state;
	use(NEAR);
	for (uint32_t i = 1; i < LN_STACK_LOOK_EVERY; i++)
		ln_stack_ended(stack, SIZE, i);
	assert_int_equal(stack[NEAR], 1);
	ln_stack_ended(stack, SIZE, LN_STACK_LOOK_EVERY);
	assert_int_equal(stack[NEAR], 0);
}

static void any_byte_is_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAGE; i += 511) {
		use(NEAR + i);
		use(DEEP);
		use(KEPT);
		ln_stack_ended(stack, SIZE, LN_STACK_LOOK_EVERY);
		assert_int_equal(stack[NEAR + i], 0);
		assert_int_equal(stack[DEEP], 0);
		assert_int_equal(stack[KEPT], 1);
	}
}

static void what_is_skipped_goes_later(void **state)
{
	(void)state;
	use(DEEP);
	use(KEPT);
	ln_stack_ended(stack, SIZE, LN_STACK_LOOK_EVERY);
	assert_int_equal(stack[DEEP], 1);
	ln_stack_ended(stack, SIZE, LN_STACK_TRIM_EVERY);
	assert_int_equal(stack[DEEP], 0);
	assert_int_equal(stack[KEPT], 1);
}

static void small_ones_are_kept(void **state)
{
	(void)state;
	use(0);
	ln_stack_ended(stack, LN_STACK_KEPT, LN_STACK_TRIM_EVERY);
	ln_stack_ended(stack, LN_STACK_KEPT / 2, LN_STACK_TRIM_EVERY);
	assert_int_equal(stack[0], 1);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_now_and_then),
		TEST(any_byte_is_seen),
		TEST(what_is_skipped_goes_later),
		TEST(small_ones_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
