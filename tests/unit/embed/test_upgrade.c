/* src/embed/upgrade.c, and with it src/process/change.c, upgrade.c,
 * upgrade_plan.c and the versions of env_module.c: processes that change to
 * another version of their module. Failures: test_upgrade_failures.c. */
#include "counters.h"

static void all_change(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;

	gather(fixture, &crowd, first, MANY);
	for (size_t i = 0; i < MANY; i++)
		expect(fixture, crowd.list[i], 1, 1);
	assert_int_equal(upgrade(&crowd, second, NULL, &result, NULL), 0);
	assert_int_equal(result.upgraded, MANY);
	assert_int_equal(result.refused + result.failed + result.timed_out +
				 result.waiting + result.ended + result.back,
			 0);
	assert_int_equal(result.bytes, 4 * MANY);
	assert_true(result.pause_p50_ns > 0);
	for (size_t i = 0; i < MANY; i++)
		expect(fixture, crowd.list[i], 11, 2);
	disperse(&crowd);
}

/* A spawn from the old module is of the new version. */
static void spawns_follow(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_result result;
	lunatic_rt_process *child;
	struct crowd crowd;

	gather(fixture, &crowd, first, 2);
	assert_int_equal(upgrade(&crowd, second, NULL, &result, NULL), 0);
	assert_int_equal(lunatic_rt_process_spawn(crowd.module, "start", NULL,
						  0, 0, &child, NULL),
			 0);
	expect(fixture, child, 10, 2);
	/* And again, from the module that was replaced. */
	assert_int_equal(
		upgrade(&crowd, GUEST(100, 3, GOOD), NULL, &result, NULL), 0);
	assert_int_equal(result.upgraded, 3);
	expect(fixture, child, 110, 3);
	lunatic_rt_process_kill(child);
	finish(child);
	disperse(&crowd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spawns_follow, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
