/* src/embed/upgrade.c, and with it src/process/change.c, upgrade.c,
 * upgrade_plan.c and the versions of env_module.c: processes that change to
 * another version of their module. Failures: test_upgrade_failures.c. */
#include "counters.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/compiler.h"

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

/* A name, a link and what is in the mailbox stay with the process. */
static int keeper(lunatic_rt_process *self, void *argument)
{
	struct crowd *crowd = argument;
	lunatic_rt_message *message;
	lunatic_rt_upgrade_result result;
	int64_t tag = 5;
	char *error = NULL;
	int code;

	lunatic_rt_die_when_link_dies(false);
	if (lunatic_rt_process_spawn(crowd->module, "start", NULL, 0, tag,
				     &crowd->list[0], NULL) != 0)
		return 1;
	crowd->count = 1;
	code = lunatic_rt_upgrade(crowd->module, second, strlen(second), NULL,
				  &result, sizeof(result), NULL, &error);
	if (code != 0 || error != NULL || result.upgraded != 1)
		return 2;
	lunatic_rt_process_kill(crowd->list[0]);
	if (lunatic_rt_receive(&tag, 1, 20000, &message) != 0)
		return 3;
	(void)self;
	lunatic_rt_message_free(message);
	return 0;
}

static void links_stay(void **state)
{
	struct fixture *fixture = *state;
	struct crowd crowd = {
		.module = compile(fixture->environment, first),
	};

	run(fixture->environment, keeper, &crowd);
	assert_int_equal(finish(crowd.list[0]), LUNATIC_RT_OUTCOME_KILLED);
	lunatic_rt_module_release(crowd.module);
}

static void names_stay(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_result result;
	lunatic_rt_process *found;
	struct crowd crowd;
	uint8_t before[16], after[16];

	gather(fixture, &crowd, first, 1);
	lunatic_rt_process_id(crowd.list[0], before);
	assert_int_equal(lunatic_rt_environment_register(fixture->environment,
							 "counter", "1.0.0",
							 crowd.list[0], NULL),
			 0);
	assert_int_equal(upgrade(&crowd, second, NULL, &result, NULL), 0);
	assert_int_equal(lunatic_rt_environment_lookup(fixture->environment,
						       "counter", "1.0.0",
						       &found, NULL),
			 0);
	lunatic_rt_process_id(found, after);
	assert_memory_equal(before, after, sizeof(before));
	expect(fixture, found, 10, 2);
	lunatic_rt_process_release(found);
	disperse(&crowd);
}

/* Only one process, and then only those of a name: spawns stay as they are. */
static void some_change(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_config config;
	lunatic_rt_upgrade_result result;
	lunatic_rt_process *child;
	struct crowd crowd;

	gather(fixture, &crowd, first, 4);
	lunatic_rt_upgrade_config_init(&config, sizeof(config));
	config.process = crowd.list[2];
	assert_int_equal(upgrade(&crowd, second, &config, &result, NULL), 0);
	assert_int_equal(result.upgraded, 1);
	assert_int_equal(lunatic_rt_environment_register(fixture->environment,
							 "chosen", "1.0.0",
							 crowd.list[0], NULL),
			 0);
	config.process = NULL;
	config.name = "chosen";
	assert_int_equal(upgrade(&crowd, second, &config, &result, NULL), 0);
	assert_int_equal(result.upgraded, 1);
	for (size_t i = 0; i < 4; i++)
		expect(fixture, crowd.list[i], i % 2 == 0 ? 10 : 1,
		       i % 2 == 0 ? 2 : 1);
	assert_int_equal(lunatic_rt_process_spawn(crowd.module, "start", NULL,
						  0, 0, &child, NULL),
			 0);
	expect(fixture, child, 1, 1);
	lunatic_rt_process_kill(child);
	finish(child);
	disperse(&crowd);
}

static void dry_runs_change_nothing(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_config config;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;

	gather(fixture, &crowd, first, 50);
	lunatic_rt_upgrade_config_init(&config, sizeof(config));
	config.dry_run = 1;
	assert_int_equal(upgrade(&crowd, second, &config, &result, NULL), 0);
	assert_int_equal(result.upgraded, 50);
	for (size_t i = 0; i < 50; i++)
		expect(fixture, crowd.list[i], 1, 1);
	disperse(&crowd);
}

/* One that computes is told of, and changes when it receives. */
static void who_computes_stays_old(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_config config;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;

	let_guests_trap();
	gather(fixture, &crowd, first, 5);
	assert_int_equal(send_tag(crowd.list[3], 2), 0);
	lunatic_rt_upgrade_config_init(&config, sizeof(config));
	config.timeout_ms = 300;
	assert_int_equal(upgrade(&crowd, second, &config, &result, NULL), 0);
	assert_int_equal(result.upgraded, 4);
	assert_int_equal(result.waiting, 1);
	disperse(&crowd);
}

/* Those that nobody came to ask in time are told of, too, and follow. */
static void late_ones_are_counted(void **state)
{
	static const char slow[] =
		GUEST(10, 2,
		      LOADS("(i32.store (i32.const 0) (i32.load (local.get 1)))"
			    " (call $sleep (i64.const 20)) (i32.const 0)"));
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_config config;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;
	uint64_t upgraded;

	gather(fixture, &crowd, first, MANY);
	for (size_t i = 0; i < MANY; i++)
		expect(fixture, crowd.list[i], 1, 1);
	lunatic_rt_upgrade_config_init(&config, sizeof(config));
	config.timeout_ms = 30;
	assert_int_equal(upgrade(&crowd, slow, &config, &result, NULL), 0);
	upgraded = result.upgraded;
	assert_int_equal(upgraded + result.waiting, MANY);
	assert_true(result.waiting > 0);
	config.timeout_ms = 60000;
	assert_int_equal(upgrade(&crowd, slow, &config, &result, NULL), 0);
	assert_int_equal(upgraded + result.upgraded, MANY);
	for (size_t i = 0; i < MANY; i++)
		expect(fixture, crowd.list[i], 11, 2);
	disperse(&crowd);
}

/* A version that fails for every third state: with keep_going the others are
 * of the new one, else none is. */
#define PARTLY                                                      \
	LOADS("(if (i32.eqz (i32.rem_u (i32.load (local.get 1))"    \
	      " (i32.const 3))) (then unreachable))"                \
	      " (i32.store (i32.const 0) (i32.load (local.get 1)))" \
	      " (i32.const 0)")

static void keeps_going(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_config config;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;

	let_guests_trap();
	gather(fixture, &crowd, first, 30);
	for (uint32_t i = 0; i < 30; i++) {
		for (uint32_t k = 0; k < i % 3; k++)
			expect(fixture, crowd.list[i], k + 1, 1);
	}
	assert_int_equal(
		upgrade(&crowd, GUEST(10, 2, PARTLY), NULL, &result, NULL),
		LUNATIC_RT_ETRAP);
	assert_int_equal(result.upgraded, 0);
	assert_int_equal(result.stuck, 0);
	for (uint32_t i = 0; i < 30; i++)
		expect(fixture, crowd.list[i], i % 3 + 1, 1);
	/* They have 1, 2 and 3 now. */
	lunatic_rt_upgrade_config_init(&config, sizeof(config));
	config.keep_going = 1;
	assert_int_equal(
		upgrade(&crowd, GUEST(10, 2, PARTLY), &config, &result, NULL),
		LUNATIC_RT_ETRAP);
	assert_int_equal(result.upgraded, 20);
	assert_int_equal(result.failed, 10);
	assert_int_equal(result.rolled_back, 0);
	for (uint32_t i = 0; i < 30; i++)
		expect(fixture, crowd.list[i],
		       i % 3 + 1 + (i % 3 == 2 ? 1 : 10), i % 3 == 2 ? 1 : 2);
	disperse(&crowd);
}

struct killing {
	struct crowd *crowd;
	int code;
};

static void *upgrade_slowly(void *argument)
{
	static const char slow[] = GUEST(
		10, 2, LOADS("(call $sleep (i64.const 5)) (i32.const 0)"));
	struct killing *killing = argument;
	lunatic_rt_upgrade_result result;

	killing->code =
		lunatic_rt_upgrade(killing->crowd->module, slow, strlen(slow),
				   NULL, &result, sizeof(result), NULL, NULL);
	return NULL;
}

/* Processes end before, in and after their change. */
static void killed_meanwhile(void **state)
{
	struct fixture *fixture = *state;

	let_guests_trap();
	for (int round = 0; round < 5; round++) {
		struct crowd crowd;
		struct killing killing = { .crowd = &crowd };
		pthread_t thread;

		gather(fixture, &crowd, first, 100);
		assert_int_equal(
			pthread_create(&thread, NULL, upgrade_slowly, &killing),
			0);
		for (int i = 0; i < 3 * round; i++)
			nap();
		for (size_t i = 0; i < crowd.count; i++)
			lunatic_rt_process_kill(crowd.list[i]);
		for (size_t i = 0; i < crowd.count; i++)
			finish(crowd.list[i]);
		pthread_join(thread, NULL);
		lunatic_rt_module_release(crowd.module);
	}
}

static long descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	long count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) >> 10);
}

/* KiB that may come of other things than upgrades. */
#define GROWTH 8192

/* Back and forth: what was is given back. */
static void a_thousand_times(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;
	long memory = 0, open = 0;

	gather(fixture, &crowd, first, 10);
	for (int i = 0; i < (LN_TSAN ? 400 : 1000); i++) {
		const char *to = i % 2 == 0 ? second : first;

		if (i == 200) {
			memory = resident();
			open = descriptors();
		}
		assert_int_equal(upgrade(&crowd, to, NULL, &result, NULL), 0);
		assert_int_equal(result.upgraded, 10);
	}
	assert_int_equal(descriptors(), open);
#if !LN_ASAN && !LN_TSAN
	assert_true(resident() - memory < GROWTH);
#endif
	(void)memory;
	expect(fixture, crowd.list[9], 1, 1);
	disperse(&crowd);
}

/* The same for lunatic 0.13, which receives otherwise. */
#define LATER(version)                                                 \
	"(module"                                                      \
	" (import \"lunatic::message\" \"receive\""                    \
	"  (func $receive (param i32 i32 i64) (result i32)))"          \
	" (import \"lunatic::timer\" \"send_after\""                   \
	"  (func (param i64 i64) (result i64)))"                       \
	" (import \"lunatic::version\" \"major\" (func (result i32)))" \
	" (memory (export \"memory\") 1)"                              \
	" (func $loop (loop $next (drop (call $receive (i32.const 0)"  \
	"  (i32.const 0) (i64.const -1))) (br $next)))"                \
	" (func (export \"start\") (call $loop))"                      \
	" (data (i32.const 100) \"" version "\")" SAVE ALLOC LOAD RESUME ")"

static void generation_13(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;

	gather(fixture, &crowd, LATER("a"), 20);
	assert_int_equal(upgrade(&crowd, LATER("b"), NULL, &result, NULL), 0);
	assert_int_equal(result.upgraded, 20);
	/* And to another generation. */
	assert_int_equal(upgrade(&crowd, second, NULL, &result, NULL), 0);
	assert_int_equal(result.upgraded, 20);
	expect(fixture, crowd.list[7], 10, 2);
	disperse(&crowd);
}

static void wrong_calls(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_upgrade_result result;
	struct crowd crowd;

	gather(fixture, &crowd, first, 1);
	assert_int_equal(
		lunatic_rt_upgrade(NULL, first, 1, NULL, NULL, 0, NULL, NULL),
		LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_upgrade(crowd.module, NULL, 1, NULL, NULL,
					    0, NULL, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(upgrade(&crowd, first, NULL, &result, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(upgrade(&crowd, "(module)", NULL, &result, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(upgrade(&crowd, "(modul)", NULL, &result, NULL),
			 LUNATIC_RT_EFORMAT);
	assert_int_equal(lunatic_rt_module_set_name(NULL, "a"),
			 LUNATIC_RT_EINVAL);
	expect(fixture, crowd.list[0], 1, 1);
	disperse(&crowd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_change),
		TEST(spawns_follow),
		TEST(links_stay),
		TEST(names_stay),
		TEST(some_change),
		TEST(dry_runs_change_nothing),
		TEST(who_computes_stays_old),
		TEST(late_ones_are_counted),
		TEST(keeps_going),
		TEST(killed_meanwhile),
		TEST(a_thousand_times),
		TEST(generation_13),
		TEST(wrong_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
