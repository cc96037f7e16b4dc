/* src/embed/inspect.c, and with it src/process/inspect.c and
 * src/engine/wasmtime/where.c: what is said of native and wasm processes in
 * each state, and that asking does not disturb those that are asked. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define FAR_MS 10000

static const char guests[] =
	"(module"
	" (import \"lunatic::message\" \"receive\""
	"  (func $receive (param i32 i32 i32) (result i32)))"
	" (import \"lunatic::process\" \"sleep_ms\" (func $sleep (param i64)))"
	" (memory (export \"memory\") 2)"
	" (func $wait (drop (call $receive (i32.const 0) (i32.const 0)"
	"  (i32.const -1))))"
	" (func (export \"waiter\") (drop (memory.grow (i32.const 3)))"
	"  (call $wait))"
	" (func $turn (loop $l (br $l)))"
	" (func (export \"spinner\") (call $turn))"
	" (func $deep (param $n i32)"
	"  (if (local.get $n)"
	"   (then (call $deep (i32.sub (local.get $n) (i32.const 1))))"
	"   (else (call $wait))))"
	" (func (export \"digger\") (call $deep (i32.const 2000)))"
	" (func (export \"counter\") (local $n i32)"
	"  (loop $l (call $sleep (i64.const 1))"
	"   (local.set $n (i32.add (local.get $n) (i32.const 1)))"
	"   (br_if $l (i32.lt_u (local.get $n) (i32.const 50)))))"
	" (func (export \"trapper\") unreachable))";

/* What a list says of a process; false: it is not in it. */
static bool find(lunatic_rt_process_list *list, lunatic_rt_process *process,
		 lunatic_rt_process_info *info)
{
	uint8_t id[16];

	assert_int_equal(lunatic_rt_process_id(process, id), 0);
	for (size_t i = 0; i < lunatic_rt_process_list_count(list); i++) {
		assert_int_equal(lunatic_rt_process_list_get(list, i, info,
							     sizeof(*info)),
				 0);
		if (memcmp(info->id, id, sizeof(id)) == 0)
			return true;
	}
	return false;
}

/* Looks until the process is in a state; the list is the caller's. */
static lunatic_rt_process_list *look_until(lunatic_rt *runtime,
					   lunatic_rt_process *process,
					   lunatic_rt_process_state state,
					   lunatic_rt_process_info *info)
{
	for (;;) {
		lunatic_rt_process_list *list;

		assert_int_equal(
			lunatic_rt_processes(runtime, SIZE_MAX, FAR_MS, &list),
			0);
		if (find(list, process, info) && info->state == state)
			return list;
		lunatic_rt_process_list_free(list);
		nap();
	}
}

static void end(lunatic_rt_process *process)
{
	lunatic_rt_process_kill(process);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
}

static int sleeper(lunatic_rt_process *self, void *argument)
{
	(void)self;
	(void)argument;
	return lunatic_rt_sleep_ms(1000000) < 0;
}

static int spinner(lunatic_rt_process *self, void *stop)
{
	(void)self;
	while (!atomic_load((_Atomic int *)stop) && lunatic_rt_yield() == 0)
		;
	return 0;
}

static void wait_for_flag(void *flag)
{
	while (!atomic_load((_Atomic int *)flag))
		nap();
}

static int blocker(lunatic_rt_process *self, void *flag)
{
	(void)self;
	return lunatic_rt_blocking(wait_for_flag, flag);
}

static void native_states(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process *process;
	lunatic_rt_process_list *list;
	lunatic_rt_process_info info;
	_Atomic int flag = 0;

	process = start(fixture->environment, wait_for_ever, NULL);
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_RECEIVE,
			  &info);
	assert_ptr_equal(info.native, wait_for_ever);
	assert_null(info.name);
	assert_null(info.function);
	assert_null(info.host_function);
	assert_int_equal(info.messages, 0);
	assert_int_equal(info.environment, 0);
	assert_true(info.slices > 0);
	lunatic_rt_process_list_free(list);
	end(process);

	process = start(fixture->environment, sleeper, NULL);
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_TIMER,
			  &info);
	lunatic_rt_process_list_free(list);
	end(process);

	process = start(fixture->environment, blocker, &flag);
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_BLOCKING,
			  &info);
	lunatic_rt_process_list_free(list);
	flag = 1;
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_NORMAL);

	flag = 0;
	process = start(fixture->environment, spinner, &flag);
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_RUNNING,
			  &info);
	lunatic_rt_process_list_free(list);
	flag = 1;
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_NORMAL);
}

/* Messages that a process does not take. */
static void mailboxes(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config;
	lunatic_rt_environment *narrow;
	lunatic_rt_process *process;
	lunatic_rt_process_list *list;
	lunatic_rt_process_info info;
	lunatic_rt_totals totals;

	lunatic_rt_environment_config_init(&config, sizeof(config));
	config.max_messages = 2;
	assert_int_equal(
		lunatic_rt_environment_new(fixture->runtime, &config, &narrow),
		0);
	process = start(narrow, sleeper, NULL);
	assert_int_equal(send_tag(process, 1), 0);
	assert_int_equal(send_tag(process, 2), 0);
	assert_int_equal(send_tag(process, 3), LUNATIC_RT_EFULL);
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_TIMER,
			  &info);
	assert_int_equal(info.environment, 1);
	assert_int_equal(info.messages, 2);
	assert_int_equal(info.received, 2);
	assert_int_equal(info.dropped, 1);
	assert_true(info.message_bytes > 0);
	assert_int_equal(
		lunatic_rt_process_list_totals(list, &totals, sizeof(totals)),
		0);
	assert_int_equal(totals.messages_waiting, 2);
	assert_int_equal(totals.messages_delivered, 2);
	assert_int_equal(totals.messages_dropped, 1);
	lunatic_rt_process_list_free(list);
	end(process);
	lunatic_rt_environment_release(narrow);
}

struct linking {
	lunatic_rt_process *peer;
	_Atomic int done;
};

static int linker(lunatic_rt_process *self, void *argument)
{
	struct linking *linking = argument;

	(void)self;
	if (lunatic_rt_link(linking->peer, 5) < 0)
		return 1;
	linking->done = 1;
	return lunatic_rt_sleep_ms(1000000) < 0;
}

static void links_are_counted(void **state)
{
	struct fixture *fixture = *state;
	struct linking linking = { .done = 0 };
	lunatic_rt_process *process;
	lunatic_rt_process_list *list;
	lunatic_rt_process_info info;

	linking.peer = start(fixture->environment, wait_for_ever, NULL);
	process = start(fixture->environment, linker, &linking);
	wait_for_flag(&linking.done);
	list = look_until(fixture->runtime, linking.peer,
			  LUNATIC_RT_STATE_RECEIVE, &info);
	assert_int_equal(info.links, 1);
	assert_true(find(list, process, &info));
	assert_int_equal(info.links, 1);
	lunatic_rt_process_list_free(list);
	end(process);
	assert_int_equal(finish(linking.peer), LUNATIC_RT_OUTCOME_KILLED);
}

static void guests_say_where_they_are(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, guests);
	lunatic_rt_process *process;
	lunatic_rt_process_list *list;
	lunatic_rt_process_info info;

	let_guests_trap();
	process = spawn_export(module, "waiter");
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_RECEIVE,
			  &info);
	assert_string_equal(info.name, "waiter");
	assert_string_equal(info.function, "wait");
	assert_string_equal(info.host_function, "receive");
	assert_string_equal(info.host_namespace, "lunatic::message");
	assert_int_equal(info.memory, 5 * 65536);
	assert_int_equal(info.fuel, 0);
	assert_null(info.native);
	lunatic_rt_process_list_free(list);
	/* It goes on as if nothing had been. */
	assert_int_equal(send_tag(process, 1), 0);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_NORMAL);

	process = spawn_export(module, "spinner");
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_RUNNING,
			  &info);
	assert_string_equal(info.function, "turn");
	assert_null(info.host_function);
	lunatic_rt_process_list_free(list);
	end(process);

	process = spawn_export(module, "digger");
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_RECEIVE,
			  &info);
	assert_string_equal(info.function, "wait");
	lunatic_rt_process_list_free(list);
	assert_int_equal(send_tag(process, 1), 0);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(module);
}

static void fuel_is_told_and_not_used(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config;
	lunatic_rt_environment *metered;
	lunatic_rt_module *module;
	lunatic_rt_process *process;
	lunatic_rt_process_list *list;
	lunatic_rt_process_info info;
	uint64_t fuel;

	lunatic_rt_environment_config_init(&config, sizeof(config));
	config.max_fuel = 1000;
	assert_int_equal(
		lunatic_rt_environment_new(fixture->runtime, &config, &metered),
		0);
	module = compile(metered, guests);
	let_guests_trap();
	process = spawn_export(module, "waiter");
	list = look_until(fixture->runtime, process, LUNATIC_RT_STATE_RECEIVE,
			  &info);
	fuel = info.fuel;
	assert_true(fuel > 0 && fuel < 1000);
	lunatic_rt_process_list_free(list);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(lunatic_rt_processes(fixture->runtime, 1,
						      FAR_MS, &list),
				 0);
		assert_true(find(list, process, &info));
		assert_int_equal(info.fuel, fuel);
		lunatic_rt_process_list_free(list);
	}
	assert_int_equal(send_tag(process, 1), 0);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(metered);
}

static void totals_count_ends(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, guests);
	lunatic_rt_process_list *list;
	lunatic_rt_totals before;
	lunatic_rt_totals after;

	let_guests_trap();
	assert_int_equal(lunatic_rt_processes(fixture->runtime, 0, 0, &list),
			 0);
	assert_int_equal(lunatic_rt_process_list_count(list), 0);
	lunatic_rt_process_list_totals(list, &before, sizeof(before));
	lunatic_rt_process_list_free(list);
	assert_int_equal(finish(spawn_export(module, "trapper")),
			 LUNATIC_RT_OUTCOME_TRAPPED);
	assert_int_equal(finish(spawn_export(module, "counter")),
			 LUNATIC_RT_OUTCOME_NORMAL);
	end(spawn_export(module, "spinner"));
	assert_int_equal(lunatic_rt_processes(fixture->runtime, 0, 0, &list),
			 0);
	lunatic_rt_process_list_totals(list, &after, sizeof(after));
	lunatic_rt_process_list_free(list);
	assert_int_equal(after.started - before.started, 3);
	assert_int_equal(after.alive, before.alive);
	assert_int_equal(after.ended[0] - before.ended[0], 1);
	assert_int_equal(after.ended[1] - before.ended[1], 0);
	assert_int_equal(after.ended[2] - before.ended[2], 1);
	assert_int_equal(after.ended[3] - before.ended[3], 1);
	lunatic_rt_module_release(module);
}

static void the_largest_come_first(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, guests);
	lunatic_rt_process *processes[40];
	lunatic_rt_process_list *list;
	lunatic_rt_process_info info;
	lunatic_rt_totals totals;

	let_guests_trap();
	for (int i = 0; i < 40; i++)
		processes[i] =
			spawn_export(module, i == 17 ? "waiter" : "spinner");
	list = look_until(fixture->runtime, processes[17],
			  LUNATIC_RT_STATE_RECEIVE, &info);
	lunatic_rt_process_list_free(list);
	for (size_t max = 0; max < 45; max += 3) {
		size_t count = max < 40 ? max : 40;

		assert_int_equal(
			lunatic_rt_processes(fixture->runtime, max, 0, &list),
			0);
		assert_int_equal(lunatic_rt_process_list_count(list), count);
		lunatic_rt_process_list_totals(list, &totals, sizeof(totals));
		assert_int_equal(totals.alive, 40);
		if (count > 0) {
			lunatic_rt_process_list_get(list, 0, &info,
						    sizeof(info));
			assert_string_equal(info.name, "waiter");
		}
		assert_int_equal(lunatic_rt_process_list_get(list, count, &info,
							     sizeof(info)),
				 LUNATIC_RT_EINVAL);
		lunatic_rt_process_list_free(list);
	}
	for (int i = 0; i < 40; i++)
		end(processes[i]);
	lunatic_rt_module_release(module);
}

struct asking {
	struct fixture *fixture;
	_Atomic int stop;
	_Atomic uint64_t lists;
};

static void *ask_on(void *argument)
{
	struct asking *asking = argument;
	lunatic_rt_process_list *list;

	while (!asking->stop) {
		if (lunatic_rt_processes(asking->fixture->runtime, 30, FAR_MS,
					 &list) == 0) {
			asking->lists++;
			lunatic_rt_process_list_free(list);
		}
	}
	return NULL;
}

/* Two threads ask all the time, while guests of all kinds are spawned, end by
 * themselves, trap, and are killed. */
static void asking_disturbs_nobody(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, guests);
	struct asking asking = { .fixture = fixture };
	pthread_t threads[2];
	lunatic_rt_process *processes[60];

	let_guests_trap();
	pthread_create(&threads[0], NULL, ask_on, &asking);
	pthread_create(&threads[1], NULL, ask_on, &asking);
	for (int round = 0; round < 6; round++) {
		static const char *const names[] = { "counter", "waiter",
						     "digger",  "trapper",
						     "counter", "spinner" };

		for (int i = 0; i < 60; i++)
			processes[i] = spawn_export(module, names[i % 6]);
		for (int i = 0; i < 60; i++) {
			switch (i % 6) {
			case 1:
			case 2:
				assert_int_equal(send_tag(processes[i], 1), 0);
				break;
			case 3:
				assert_int_equal(finish(processes[i]),
						 LUNATIC_RT_OUTCOME_TRAPPED);
				continue;
			case 5:
				end(processes[i]);
				continue;
			default:
				break;
			}
			assert_int_equal(finish(processes[i]),
					 LUNATIC_RT_OUTCOME_NORMAL);
		}
	}
	asking.stop = 1;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	lunatic_rt_module_release(module);
}

static int ask_inside(lunatic_rt_process *self, void *argument)
{
	struct fixture *fixture = argument;
	lunatic_rt_process_list *list;
	lunatic_rt_process_info info;
	int wrong;

	(void)self;
	if (lunatic_rt_processes(fixture->runtime, SIZE_MAX, FAR_MS, &list) < 0)
		return 1;
	wrong = lunatic_rt_process_list_count(list) != 1 ||
		lunatic_rt_process_list_get(list, 0, &info, sizeof(info)) < 0 ||
		info.native != ask_inside;
	lunatic_rt_process_list_free(list);
	return wrong;
}

/* A process that asks does not wait for itself. */
static void a_process_may_ask(void **state)
{
	struct fixture *fixture = *state;

	run(fixture->environment, ask_inside, fixture);
}

static void wrong_calls(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process_list *list = (lunatic_rt_process_list *)fixture;
	lunatic_rt_process_info info;
	lunatic_rt_totals totals;

	assert_int_equal(lunatic_rt_processes(NULL, 1, 0, &list),
			 LUNATIC_RT_EINVAL);
	assert_null(list);
	assert_int_equal(lunatic_rt_processes(fixture->runtime, 1, -1, &list),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(
		lunatic_rt_processes(fixture->runtime, 1, 10001, &list),
		LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_processes(fixture->runtime, 1, 0, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_process_list_count(NULL), 0);
	assert_int_equal(
		lunatic_rt_process_list_get(NULL, 0, &info, sizeof(info)),
		LUNATIC_RT_EINVAL);
	assert_int_equal(
		lunatic_rt_process_list_totals(NULL, &totals, sizeof(totals)),
		LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_processes(fixture->runtime, 1, 0, &list),
			 0);
	assert_int_equal(lunatic_rt_process_list_totals(list, &totals, 3),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_process_list_totals(list, NULL, 64),
			 LUNATIC_RT_EINVAL);
	lunatic_rt_process_list_free(list);
	lunatic_rt_process_list_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(native_states, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(mailboxes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_are_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(guests_say_where_they_are,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(fuel_is_told_and_not_used,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(totals_count_ends, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_largest_come_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(asking_disturbs_nobody, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_process_may_ask, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(wrong_calls, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
