/* src/base/list.h: order, removal, and elements that are in no list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/list.h"

struct element {
	int number;
	struct ln_list link;
};

/* The numbers in the list, as digits; both directions must agree. */
static int digits(const struct ln_list *list)
{
	int forward = 0;
	int backward = 0;
	int place = 1;

	ln_list_for_each (at, list)
		forward = forward * 10 +
			  ln_container_of(at, struct element, link)->number;
	for (struct ln_list *at = list->prev; at != list; at = at->prev) {
		backward += place *
			    ln_container_of(at, struct element, link)->number;
		place *= 10;
	}
	assert_int_equal(forward, backward);
	return forward;
}

static void appends_at_the_end(void **state)
{
	struct element elements[4] = { { .number = 1 },
				       { .number = 2 },
				       { .number = 3 },
				       { .number = 4 } };
	struct ln_list list;

	(void)state;
	ln_list_init(&list);
	assert_true(ln_list_empty(&list));
	assert_int_equal(digits(&list), 0);
	for (int i = 0; i < 4; i++)
		ln_list_append(&list, &elements[i].link);
	assert_false(ln_list_empty(&list));
	assert_int_equal(digits(&list), 1234);
}

static void removes_anywhere(void **state)
{
	struct element elements[5] = { { .number = 1 },
				       { .number = 2 },
				       { .number = 3 },
				       { .number = 4 },
				       { .number = 5 } };
	struct ln_list list;

	(void)state;
	ln_list_init(&list);
	for (int i = 0; i < 5; i++)
		ln_list_append(&list, &elements[i].link);
	ln_list_remove(&elements[2].link);
	assert_int_equal(digits(&list), 1245);
	ln_list_remove(&elements[0].link);
	assert_int_equal(digits(&list), 245);
	ln_list_remove(&elements[4].link);
	assert_int_equal(digits(&list), 24);
	ln_list_append(&list, &elements[0].link);
	assert_int_equal(digits(&list), 241);
	ln_list_remove(&elements[1].link);
	ln_list_remove(&elements[3].link);
	ln_list_remove(&elements[0].link);
	assert_true(ln_list_empty(&list));
}

static void removes_during_a_walk(void **state)
{
	struct element elements[5] = { { .number = 1 },
				       { .number = 2 },
				       { .number = 3 },
				       { .number = 4 },
				       { .number = 5 } };
	struct ln_list list;

	(void)state;
	ln_list_init(&list);
	ln_list_for_each_safe (at, next, &list)
		fail();
	for (int i = 0; i < 5; i++)
		ln_list_append(&list, &elements[i].link);
	ln_list_for_each_safe (at, next, &list) {
		if (ln_container_of(at, struct element, link)->number % 2 != 0)
			ln_list_remove(at);
	}
	assert_int_equal(digits(&list), 24);
}

static void removing_twice_is_harmless(void **state)
{
	struct element element = { .number = 7 };
	struct ln_list list;

	(void)state;
	ln_list_init(&list);
	ln_list_append(&list, &element.link);
	ln_list_remove(&element.link);
	ln_list_remove(&element.link);
	assert_true(ln_list_empty(&list));
	assert_true(ln_list_empty(&element.link));
	ln_list_append(&list, &element.link);
	assert_int_equal(digits(&list), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_at_the_end),
		cmocka_unit_test(removes_anywhere),
		cmocka_unit_test(removes_during_a_walk),
		cmocka_unit_test(removing_twice_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
