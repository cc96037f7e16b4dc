/*
 * Guests that look names up while the system's resolver hangs: the linker puts
 * the functions below in its place (tests/CMakeLists.txt). They are killed and
 * timed out, and what the resolver gives in the end is freed all the same.
 */
#include "fixture.h"

#include <netdb.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "support/tcp.h"

#define KILLS 200
#define THREADS 8 /* of the resolver */
#define TIMED_OUT 9027

static sem_t gate;
static _Atomic int begun;
static _Atomic int freed;

int __wrap_getaddrinfo(const char *, const char *, const struct addrinfo *,
		       struct addrinfo **);
void __wrap_freeaddrinfo(struct addrinfo *);

int __wrap_getaddrinfo(const char *host, const char *service,
		       const struct addrinfo *hints, struct addrinfo **result)
{
	struct sockaddr_in *name;

	(void)host;
	(void)service;
	(void)hints;
	*result = calloc(1, sizeof(**result) + sizeof(*name));
	if (*result == NULL)
		return EAI_MEMORY;
	name = (struct sockaddr_in *)(*result + 1);
	name->sin_family = AF_INET;
	(*result)->ai_addr = (struct sockaddr *)name;
	(*result)->ai_addrlen = sizeof(*name);
	atomic_fetch_add(&begun, 1);
	while (sem_wait(&gate) < 0)
		continue;
	return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	free(list);
	atomic_fetch_add(&freed, 1);
}

/* Exits with 1 and what the call gave, behind it whether there is an id. */
static const char guest_text[] =
	"(module"
	" (import \"lunatic::networking\" \"resolve\""
	"  (func $resolve (param i32 i32 i32 i32) (result i32)))"
	" (import \"wasi_snapshot_preview1\" \"proc_exit\""
	"  (func $exit (param i32)))"
	" (memory (export \"memory\") 1)"
	" (data (i32.const 0) \"slow:80\")"
	" (func (export \"run\") (param $timeout i32) (local $result i32)"
	"  (i64.store (i32.const 8) (i64.const -1))"
	"  (local.set $result (call $resolve (i32.const 0) (i32.const 7)"
	"   (local.get $timeout) (i32.const 8)))"
	"  (call $exit (i32.add (i32.const 100000) (i32.add"
	"   (i32.mul (local.get $result) (i32.const 2))"
	"   (i64.ne (i64.load (i32.const 8)) (i64.const -1)))))))";

#define GIVES(result, id) (100000 + 2 * (result) + (id))

static lunatic_rt_process *look_up(lunatic_rt_module *module, int timeout)
{
	lunatic_rt_value value = { .of.i32 = timeout };
	lunatic_rt_process *process;

	assert_int_equal(lunatic_rt_process_spawn(module, "run", &value, 1, 0,
						  &process, NULL),
			 0);
	return process;
}

static uint32_t end_of(lunatic_rt_process *process)
{
	uint32_t code = 0;

	assert_int_equal(lunatic_rt_process_wait(process, -1, NULL, &code), 0);
	lunatic_rt_process_release(process);
	return code;
}

static void wait_until(_Atomic int *count, int value)
{
	while (atomic_load(count) < value)
		nap();
}

/* Opens the gate for all who are there or come. */
static void open_gate(int count)
{
	for (int i = 0; i < count; i++)
		sem_post(&gate);
}

static void hang(void **state, void (*leave)(lunatic_rt_module *module))
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, guest_text);
	lunatic_rt_process *last;
	unsigned before;

	sem_init(&gate, 0, 0);
	/* Twice: the content that memories begin with is kept in a file. The
	 * second one counts. */
	for (int i = 0; i < 2; i++) {
		atomic_store(&begun, 0);
		atomic_store(&freed, 0);
		sem_post(&gate);
		assert_int_equal(end_of(look_up(module, 0)), GIVES(0, 1));
	}
	before = test_descriptors();
	leave(module);
	/* Every thread hangs, and with them whoever comes now. */
	wait_until(&begun, 1 + THREADS);
	last = look_up(module, 0);
	assert_int_equal(lunatic_rt_process_wait(last, 5, NULL, NULL),
			 LUNATIC_RT_ETIMEDOUT);
	open_gate(1 + THREADS);
	assert_int_equal(end_of(last), GIVES(0, 1));
	/* Those who had left the queue were not looked up any more. */
	wait_until(&freed, 2 + THREADS);
	assert_int_equal(atomic_load(&begun), 2 + THREADS);
	assert_int_equal(test_descriptors(), before);
	lunatic_rt_module_release(module);
}

static void kill_all(lunatic_rt_module *module)
{
	for (int i = 0; i < KILLS; i++) {
		lunatic_rt_process *process = look_up(module, 0);
		lunatic_rt_outcome outcome;

		if (i < THREADS)
			wait_until(&begun, 2 + i);
		else if (i % 4 == 0)
			nap();
		lunatic_rt_process_kill(process);
		assert_int_equal(
			lunatic_rt_process_wait(process, -1, &outcome, NULL),
			0);
		assert_int_equal(outcome, LUNATIC_RT_OUTCOME_KILLED);
		lunatic_rt_process_release(process);
	}
}

static void time_all_out(lunatic_rt_module *module)
{
	for (int i = 0; i < KILLS; i++)
		assert_int_equal(end_of(look_up(module, 1 + i % 3)),
				 GIVES(TIMED_OUT, 0));
}

static void killed(void **state)
{
	let_guests_trap();
	hang(state, kill_all);
}

static void timed_out(void **state)
{
	let_guests_trap();
	hang(state, time_all_out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(timed_out, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
