/* src/process/resource_classes.c: what each row of the table must say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/resource.h"

static void rows_are_whole(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < LN_RESOURCE_KINDS; kind++) {
		const struct ln_resource_class *class = ln_resource_class(kind);

		assert_non_null(class->noun);
		assert_non_null(class->release);
		assert_true(class->max > 0);
		/* A timer that repeats sends copies of its message. */
		if (class->travels)
			assert_non_null(class->retain);
		if (class->crosses_nodes)
			assert_true(class->travels);
	}
}

static void nouns_differ(void **state)
{
	(void)state;
	for (unsigned one = 0; one < LN_RESOURCE_KINDS; one++) {
		for (unsigned other = 0; other < one; other++)
			assert_string_not_equal(ln_resource_class(one)->noun,
						ln_resource_class(other)->noun);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(nouns_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
