/* src/process/change.c and upgrade.c: upgrades that fail, by versions that are
 * broken or hostile. The processes go on as if nothing had been. */
#include "counters.h"

#include <stdio.h>

#define FEW 20

/* What is expected of the one that goes first. */
enum expected { REFUSED, FAILED, TIMED_OUT, WAITING, ENDED };

struct bad {
	const char *old;
	const char *new;
	enum expected expected;
	const char *reason; /* a part of the report, or NULL */
};

static const struct bad cases[] = {
	/* The new version. */
	{ first, GUEST(10, 2, LOADS("unreachable")), FAILED,
	  "lunatic_load failed: " },
	{ first, GUEST(10, 2, LOADS("(i32.const 7)")), REFUSED,
	  "lunatic_load returned 7" },
	{ first, GUEST(10, 2, LOADS("(loop $l (br $l)) (i32.const 0)")),
	  TIMED_OUT, "lunatic_load took too long" },
	{ first,
	  GUEST(10, 2,
		LOADS("(call $sleep (i64.const 1000000)) (i32.const 0)")),
	  TIMED_OUT, "lunatic_load took too long" },
	{ first,
	  GUEST(10, 2,
		LOADS("(loop $l (br_if $l (i32.ne (i32.const -1)"
		      " (memory.grow (i32.const 16))))) unreachable")),
	  FAILED, "lunatic_load failed: " },
	{ first,
	  GUEST(10, 2,
		LOADS("(call $receive (i32.const 0) (i32.const 0)"
		      " (i32.const -1))")),
	  FAILED, "cannot receive" },
	{ first,
	  GUEST(10, 2, LOADS("(call $exit (i32.const 3)) (i32.const 0)")),
	  REFUSED, "lunatic_load exited with status 3" },
	{ first, GUEST(10, 2, LOADS("(call $deep (i32.const 0))") DEEP), FAILED,
	  "call stack exhausted" },
	{ first,
	  GUEST(10, 2,
		SAVE LOAD RESUME
		" (func (export \"lunatic_alloc\") (param i32) (result i32)"
		"  (i32.const 65535))"),
	  FAILED, "address 65535 for 4 bytes" },
	{ first,
	  GUEST(10, 2,
		SAVE LOAD RESUME
		" (func (export \"lunatic_alloc\") (param i32) (result i32)"
		"  (i32.const 0))"),
	  FAILED, "address 0 for 4 bytes" },
	{ first, GUEST(10, 2, GOOD " (func $boom unreachable) (start $boom)"),
	  FAILED, "making the new instance failed: " },
	{ first,
	  GUEST(10, 2,
		GOOD " (func $sleeps (call $sleep (i64.const 1000000)))"
		     " (start $sleeps)"),
	  TIMED_OUT, "making the new instance took too long" },
	{ first, GUEST(10, 2, GOOD " (memory 128)"), FAILED,
	  "making the new instance failed: " },
	{ first,
	  GUEST(10, 2, GOOD " (func (export \"_initialize\") unreachable)"),
	  FAILED, "_initialize failed: " },
	{ first,
	  GUEST(10, 2,
		SAVE ALLOC LOAD
		" (func (export \"lunatic_resume\") unreachable)"),
	  FAILED, "ended before the new version received" },
	{ first, GUEST(10, 2, LOADS("(call $kill (call $this)) (i32.const 0)")),
	  ENDED, NULL },
	/* The old version. */
	{ GUEST(1, 1, SAVES("unreachable")), second, FAILED,
	  "lunatic_save failed: " },
	{ GUEST(1, 1, SAVES("(i64.const -1)")), second, REFUSED,
	  "lunatic_save returned -1" },
	{ GUEST(1, 1, SAVES("(i64.const -2)")), second, WAITING, "not now" },
	{ GUEST(1, 1, SAVES("(i64.const 0x7fffffff00000010)")), second, FAILED,
	  "returned 2147483647 bytes" },
	{ GUEST(1, 1, SAVES("(i64.const 0x00000064ffffff00)")), second, FAILED,
	  "returned 100 bytes at address 4294967040" },
	{ GUEST(1, 1, SAVES("(loop $l (br $l)) (i64.const 0)")), second,
	  TIMED_OUT, "lunatic_save took too long" },
	{ GUEST(1, 1, SAVES("(call $sleep (i64.const 1000000)) (i64.const 0)")),
	  second, TIMED_OUT, "lunatic_save took too long" },
	{ GUEST(1, 1,
		SAVES("(drop (call $receive (i32.const 0) (i32.const 0)"
		      " (i32.const 0))) (i64.const 0)")),
	  second, FAILED, "cannot receive" },
	{ GUEST(1, 1, SAVES("(call $exit (i32.const 0)) (i64.const 0)")),
	  second, ENDED, NULL },
};

static uint64_t count_of(const lunatic_rt_upgrade_result *result,
			 enum expected expected)
{
	switch (expected) {
	case REFUSED:
		return result->refused;
	case FAILED:
		return result->failed;
	case TIMED_OUT:
		return result->timed_out;
	case WAITING:
		return result->waiting;
	case ENDED:
		break;
	}
	return result->ended;
}

static bool ends(const struct bad *bad)
{
	return bad->expected == ENDED ||
	       (bad->reason != NULL && strstr(bad->reason, "ended") != NULL);
}

static bool has_ended(lunatic_rt_process *process)
{
	lunatic_rt_outcome outcome;

	return lunatic_rt_process_outcome(process, &outcome, NULL) == 0;
}

/* Which one ends is known before it has. */
static void await_end(const struct crowd *crowd)
{
	size_t i = 0;

	while (!has_ended(crowd->list[i])) {
		i = (i + 1) % crowd->count;
		if (i == 0)
			nap();
	}
}

/* All but the one that went first, if that has ended, go on. */
static void expect_unchanged(struct fixture *fixture, struct crowd *crowd,
			     bool one_ended)
{
	size_t ended = 0;

	if (one_ended)
		await_end(crowd);
	for (size_t i = 0; i < crowd->count; i++) {
		if (has_ended(crowd->list[i]))
			ended++;
		else
			expect(fixture, crowd->list[i], 2, 1);
	}
	assert_int_equal(ended, one_ended ? 1 : 0);
}

static void check(struct fixture *fixture, const struct bad *bad)
{
	lunatic_rt_upgrade_config config;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;
	char *report = NULL;
	bool waits = bad->expected == WAITING;
	int code;

	lunatic_rt_upgrade_config_init(&config, sizeof(config));
	config.process_timeout_ms = 100;
	config.timeout_ms = waits ? 300 : 10000;
	gather(fixture, &crowd, bad->old, FEW);
	for (size_t i = 0; i < FEW; i++)
		expect(fixture, crowd.list[i], 1, 1);
	code = upgrade(&crowd, bad->new, &config, &result, &report);
	if (report != NULL)
		print_message("%s\n", report);
	if (bad->reason != NULL)
		assert_non_null(strstr(report, bad->reason));
	lunatic_rt_string_free(report);
	assert_int_equal(result.upgraded, 0);
	assert_int_equal(count_of(&result, bad->expected), waits ? FEW : 1);
	if (bad->expected != ENDED && !waits)
		assert_int_equal(code, LUNATIC_RT_ETRAP);
	assert_int_equal(result.rolled_back, !waits);
	expect_unchanged(fixture, &crowd, ends(bad));
	disperse(&crowd);
}

static void check_all(struct fixture *fixture)
{
	let_guests_trap();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("case %zu\n", i);
		check(fixture, &cases[i]);
	}
}

/* Replaces the environment by one with limits. */
static void limit(struct fixture *fixture, lunatic_rt_memory_strategy strategy,
		  uint64_t fuel)
{
	lunatic_rt_environment_config config;

	lunatic_rt_environment_config_init(&config, sizeof(config));
	config.max_memory = 8 << 20;
	config.strategy = strategy;
	config.max_fuel = fuel;
	lunatic_rt_environment_release(fixture->environment);
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &fixture->environment),
			 0);
}

static void with_slab(void **state)
{
	limit(*state, LUNATIC_RT_MEMORY_SLAB, 0);
	check_all(*state);
}

static void with_guards(void **state)
{
	limit(*state, LUNATIC_RT_MEMORY_GUARD, 0);
	check_all(*state);
}

static void metered(void **state)
{
	limit(*state, LUNATIC_RT_MEMORY_SLAB, (uint64_t)1 << 40);
	check_all(*state);
}

static int set_up_epochs(void **state)
{
	lunatic_rt_config config;
	struct fixture *fixture;

	if (set_up(state) < 0)
		return -1;
	fixture = *state;
	lunatic_rt_environment_release(fixture->environment);
	lunatic_rt_free(fixture->runtime);
	lunatic_rt_config_init(&config, sizeof(config));
	config.epoch_preemption = 1;
	if (lunatic_rt_new(&config, &fixture->runtime) < 0)
		return -1;
	return lunatic_rt_environment_new(fixture->runtime, NULL,
					  &fixture->environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(with_slab, set_up, tear_down),
		cmocka_unit_test_setup_teardown(with_guards, set_up, tear_down),
		cmocka_unit_test_setup_teardown(metered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(with_slab, set_up_epochs,
						tear_down),
		cmocka_unit_test_setup_teardown(metered, set_up_epochs,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
