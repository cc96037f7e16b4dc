/* src/process/deaths.c: which deaths are kept, and what of them; and that the
 * traces of many are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/report.h"
#include "process/deaths.h"
#include "process/label.h"
#include "process/runtime.h"
#include "support/processes.h"

static struct ln_death list[2 * LN_DEATHS_MAX + 1];

static enum ln_outcome exit_with_3(struct ln_process *self)
{
	(void)ln_process_set_label(self, "bad\x1b[2J", 7);
	self->exit_code = 3;
	return LN_OUTCOME_EXITED;
}

static enum ln_outcome trap(struct ln_process *self)
{
	self->failure = ln_report_plain("it broke");
	return LN_OUTCOME_TRAPPED;
}

static enum ln_outcome end(struct ln_process *self)
{
	(void)self;
	return LN_OUTCOME_NORMAL;
}

static void reasons(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_deaths *deaths = environment->runtime->deaths;
	char *trace;

	(void)state;
	assert_int_equal(ln_deaths_list(deaths, 0, false, list, 10), 0);
	test_process_wait(test_process_start(environment, exit_with_3, NULL));
	test_process_wait(test_process_start(environment, trap, NULL));
	test_process_wait(test_process_start(environment, end, NULL));
	assert_int_equal(ln_deaths_list(deaths, 0, false, list, 10), 3);

	assert_int_equal(list[0].serial, 3);
	assert_int_equal(list[0].outcome, LN_OUTCOME_NORMAL);
	assert_int_equal(list[1].outcome, LN_OUTCOME_TRAPPED);
	assert_string_equal(list[1].reason, "it broke");
	assert_true(list[1].traced);
	assert_int_equal(list[2].outcome, LN_OUTCOME_EXITED);
	assert_int_equal(list[2].exit_code, 3);
	assert_string_equal(list[2].name, "bad?[2J");
	assert_true(list[2].when <= list[1].when && list[2].age >= 0);
	assert_true(list[2].number > 0 && !list[2].traced);

	trace = ln_deaths_trace(deaths, list[1].serial);
	assert_non_null(trace);
	assert_non_null(strstr(trace, "it broke"));
	free(trace);
	assert_null(ln_deaths_trace(deaths, list[2].serial));
	assert_null(ln_deaths_trace(deaths, 77));

	assert_int_equal(ln_deaths_list(deaths, 0, true, list, 10), 2);
	assert_int_equal(ln_deaths_list(deaths, 2, false, list, 10), 1);
	assert_int_equal(ln_deaths_list(deaths, 3, false, list, 10), 0);
	assert_int_equal(ln_deaths_list(deaths, 0, false, list, 2), 2);
	assert_int_equal(list[1].serial, 2);
	test_environment_free(environment);
}

/* The oldest are gone, and of those that are there, the oldest traces. */
static void bounds(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_deaths *deaths = environment->runtime->deaths;
	struct ln_report *report = ln_report_plain("it broke");
	size_t bytes = 0;
	size_t count;

	(void)state;
	for (int i = 0; i < LN_DEATHS_MAX + 50; i++)
		test_process_wait(test_process_start(environment, trap, NULL));
	count = ln_deaths_list(deaths, 0, false, list, 2 * LN_DEATHS_MAX);
	assert_int_equal(count, LN_DEATHS_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list[i].serial, LN_DEATHS_MAX + 50 - i);
		if (i > 0)
			assert_true(list[i - 1].traced || !list[i].traced);
		if (list[i].traced)
			bytes += ln_report_size(report);
	}
	assert_in_range(bytes, LN_DEATHS_TRACES - 2 * ln_report_size(report),
			LN_DEATHS_TRACES);
	assert_false(list[count - 1].traced);
	assert_null(ln_deaths_trace(deaths, list[count - 1].serial));
	ln_report_free(report);
	test_environment_free(environment);
}

/* Normal ends do not take the place of others, and only one a tick is kept. */
static void normal_ends(void **state)
{
	struct ln_deaths *deaths = ln_deaths_new();
	struct ln_death death = { .outcome = LN_OUTCOME_KILLED };

	(void)state;
	assert_non_null(deaths);
	assert_false(ln_deaths_skips(deaths, 5));
	assert_true(ln_deaths_skips(deaths, 5));
	assert_false(ln_deaths_skips(deaths, 6));
	ln_deaths_add(deaths, &death, NULL);
	death.outcome = LN_OUTCOME_NORMAL;
	for (int i = 0; i < LN_DEATHS_MAX + 1; i++)
		ln_deaths_add(deaths, &death, NULL);
	assert_int_equal(
		ln_deaths_list(deaths, 0, false, list, 2 * LN_DEATHS_MAX + 1),
		LN_DEATHS_MAX + 1);
	assert_int_equal(list[0].serial, LN_DEATHS_MAX + 2);
	assert_int_equal(list[LN_DEATHS_MAX].serial, 1);
	assert_int_equal(list[LN_DEATHS_MAX].outcome, LN_OUTCOME_KILLED);
	ln_deaths_free(deaths);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons),
		cmocka_unit_test(bounds),
		cmocka_unit_test(normal_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
