/* Guests that look up names which do not answer: the whole way through the
 * library, with a system resolver of the test's own (--wrap). */
#include "fixture.h"

#include <netdb.h>
#include <semaphore.h>
#include <stdatomic.h>

#define GUESTS 60
#define MAX_COUNT 8 /* threads for what is in one environment */

static sem_t gate; /* a look-up of "slow" passes it */
static _Atomic int begun;
static _Atomic int ended;

int __real_getaddrinfo(const char *, const char *, const struct addrinfo *,
		       struct addrinfo **);
int __wrap_getaddrinfo(const char *, const char *, const struct addrinfo *,
		       struct addrinfo **);

int __wrap_getaddrinfo(const char *host, const char *service,
		       const struct addrinfo *hints, struct addrinfo **result)
{
	int code;

	atomic_fetch_add(&begun, 1);
	if (strcmp(host, "slow") == 0) {
		while (sem_wait(&gate) < 0)
			continue;
	}
	code = __real_getaddrinfo("127.0.0.1", service, hints, result);
	atomic_fetch_add(&ended, 1);
	return code;
}

static const char resolver[] =
	"(module (import \"lunatic::networking\" \"resolve\""
	"  (func $resolve (param i32 i32 i32 i32) (result i32)))"
	" (memory (export \"memory\") 1)"
	" (data (i32.const 0) \"slow:80name:80\")"
	" (func (export \"slow\")"
	"  (drop (call $resolve (i32.const 0) (i32.const 7) (i32.const 0)"
	"   (i32.const 16))))"
	" (func (export \"fast\")"
	"  (if (call $resolve (i32.const 7) (i32.const 7) (i32.const 0)"
	"   (i32.const 16)) (then unreachable))))";

static lunatic_rt_process *begin(lunatic_rt_module *module,
				 const char *function)
{
	lunatic_rt_process *process;

	let_guests_trap();
	assert_int_equal(lunatic_rt_process_spawn(module, function, NULL, 0, 0,
						  &process, NULL),
			 0);
	return process;
}

static void wait_until(_Atomic int *counter, int value)
{
	while (atomic_load(counter) < value)
		nap();
}

static void kill_all(lunatic_rt_process **processes)
{
	for (int i = 0; i < GUESTS; i++)
		assert_int_equal(lunatic_rt_process_kill(processes[i]), 0);
	for (int i = 0; i < GUESTS; i++)
		assert_int_equal(finish(processes[i]),
				 LUNATIC_RT_OUTCOME_KILLED);
}

/* An environment has its threads and no more, however often it tries; others
 * look up names meanwhile, and it may go while its look-ups are under way. */
static void environments_leave_each_other_threads(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process *processes[GUESTS];
	lunatic_rt_environment *hanging;
	lunatic_rt_module *slow;
	lunatic_rt_module *fast = compile(fixture->environment, resolver);

	assert_int_equal(
		lunatic_rt_environment_new(fixture->runtime, NULL, &hanging),
		0);
	slow = compile(hanging, resolver);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < GUESTS; i++)
			processes[i] = begin(slow, "slow");
		wait_until(&begun, MAX_COUNT + round);
		assert_int_equal(finish(begin(fast, "fast")),
				 LUNATIC_RT_OUTCOME_NORMAL);
		assert_int_equal(atomic_load(&begun), MAX_COUNT + round + 1);
		kill_all(processes);
	}
	lunatic_rt_module_release(slow);
	lunatic_rt_environment_release(hanging);
	assert_int_equal(finish(begin(fast, "fast")),
			 LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(atomic_load(&begun), MAX_COUNT + 4);
	for (int i = 0; i < MAX_COUNT; i++)
		sem_post(&gate);
	wait_until(&ended, MAX_COUNT + 4);
	/* And then they are the next one's. */
	for (int i = 0; i < GUESTS; i++)
		processes[i] = begin(fast, "fast");
	for (int i = 0; i < GUESTS; i++)
		assert_int_equal(finish(processes[i]),
				 LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(fast);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			environments_leave_each_other_threads, set_up,
			tear_down),
	};

	sem_init(&gate, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
