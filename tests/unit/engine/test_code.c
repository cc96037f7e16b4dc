/* Compiled code that is shared: who makes it, who waits for it, and what
 * becomes of those who wait when it cannot be made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/error.h"
#include "engine/code.h"
#include "engine/engine.h"
#include "engine/entries.h"
#include "engine/host_table.h"
#include "engine/scan.h"
#include "sched/sched.h"
#include "support/shortage.h"
#include "support/tasks.h"
#include "support/wat.h"

#define MAX_COUNT ((size_t)4096)

static const struct ln_host_table no_functions;
static struct ln_engine *engine;

static int set_up(void **state)
{
	(void)state;
	setenv("LUNATIC_CACHE", "off", 1);
	assert_int_equal(ln_engine_new(ln_engine_default(), &no_functions,
				       LN_PREEMPTION_SIGNAL, &engine),
			 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ln_engine_free(engine);
	return 0;
}

static const char good[] = "(module (memory 1) (func (export \"f\")))";
/* Its sections are fine, its function is not. */
static const char bad[] = "(module (func (result i32)))";

static struct ln_code *find(const char *text, unsigned variant,
			    enum ln_code_state expected)
{
	struct ln_code *code = NULL;
	enum ln_code_state state;
	char *error;

	assert_int_equal(ln_code_find(engine, variant, (const uint8_t *)text,
				      strlen(text), MAX_COUNT, &code, &state,
				      &error),
			 0);
	assert_null(error);
	assert_int_equal(state, expected);
	return code;
}

static void made_once(void **state)
{
	struct ln_code *ours = find(good, 0, LN_CODE_OURS);
	struct ln_code *awaited = find(good, 0, LN_CODE_AWAITED);
	struct ln_code *other = find(good, LN_VARIANT_METERED, LN_CODE_OURS);
	struct ln_code *ready;
	struct test_binary binary;
	const uint8_t *bytes;
	enum ln_code_state what;
	char *error = NULL;
	size_t len;

	(void)state;
	assert_ptr_equal(awaited, ours);
	assert_ptr_not_equal(other, ours);
	assert_int_equal(ln_code_compile(ours, &error), 0);
	assert_null(error);
	assert_int_equal(ln_code_await(awaited, &error), 0);
	ready = find(good, 0, LN_CODE_READY);
	assert_ptr_equal(ready, ours);
	/* The same as a binary. */
	binary = test_assemble(good);
	bytes = ln_code_bytes(ours, &len);
	assert_int_equal(len, binary.size);
	assert_memory_equal(bytes, binary.data, len);
	assert_int_equal(ln_code_find(engine, 0, binary.data, len, MAX_COUNT,
				      &ready, &what, &error),
			 0);
	assert_ptr_equal(ready, ours);
	assert_int_equal(what, LN_CODE_READY);
	test_binary_free(&binary);
	assert_int_equal(ln_code_variant(ours), 0);
	assert_ptr_equal(ln_code_engine(ours), engine);
	assert_non_null(ln_code_compiled(ours));
	assert_non_null(ln_entries_find(ln_code_entries(ours), "f", 1));
	assert_int_equal(ln_code_scan(ours)->initial_memory, 65536);
	for (int i = 0; i < 4; i++)
		ln_code_release(ours);
	/* With its last user it goes. */
	ours = find(good, 0, LN_CODE_OURS);
	ln_code_settle(ours, LN_EKILLED, NULL);
	ln_code_release(ours);
	ln_code_settle(other, LN_EKILLED, NULL);
	ln_code_release(other);
}

static void never_made(void **state)
{
	struct ln_code *ours = find(bad, 0, LN_CODE_OURS);
	struct ln_code *awaited = find(bad, 0, LN_CODE_AWAITED);
	char *error = NULL;

	(void)state;
	assert_int_equal(ln_code_compile(ours, &error), LN_EFORMAT);
	assert_memory_equal(error, "the module is not valid: ", 25);
	free(error);
	assert_int_equal(ln_code_await(awaited, &error), LN_EFORMAT);
	assert_memory_equal(error, "the module is not valid: ", 25);
	free(error);
	/* Nobody finds it again, though it is still in use. */
	ln_code_release(ours);
	ours = find(bad, 0, LN_CODE_OURS);
	assert_ptr_not_equal(ours, awaited);
	ln_code_settle(ours, LN_ELIMIT, NULL);
	assert_int_equal(ln_code_await(ours, &error), LN_ELIMIT);
	assert_null(error);
	ln_code_release(ours);
	ln_code_release(awaited);
}

/* That its maker has a reason of his own is no reason for others. */
static void given_up(void **state)
{
	static const int reasons[] = { LN_EKILLED, LN_ENOMEM, LN_EIO };
	char *error;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct ln_code *ours = find(good, 0, LN_CODE_OURS);

		ln_code_settle(ours, reasons[i], "his own");
		assert_int_equal(ln_code_await(ours, &error), LN_EAGAIN);
		assert_null(error);
		ln_code_release(ours);
	}
}

static void no_memory(void **state)
{
	struct ln_code *code = NULL;
	enum ln_code_state what;
	unsigned failed = 0;
	char *error;
	int result;

	(void)state;
	for (;; failed++) {
		struct test_binary binary;

		binary = test_assemble(good);
		test_shortage_begin(TEST_SHORT_MALLOC | TEST_SHORT_CALLOC,
				    failed);
		result = ln_code_find(engine, 0, binary.data, binary.size,
				      MAX_COUNT, &code, &what, &error);
		test_binary_free(&binary);
		if (!test_shortage_end())
			break;
		assert_int_equal(result, LN_ENOMEM);
		assert_null(error);
	}
	assert_true(failed >= 2);
	assert_int_equal(what, LN_CODE_OURS);
	ln_code_settle(code, LN_ENOMEM, NULL);
	assert_int_equal(ln_code_await(code, &error), LN_EAGAIN);
	ln_code_release(code);
}

static void *await_in_thread(void *code)
{
	char *text;

	return (void *)(intptr_t)ln_code_await(code, &text);
}

static void threads_wait(void **state)
{
	struct ln_code *ours = find(good, 0, LN_CODE_OURS);
	struct ln_code *awaited = find(good, 0, LN_CODE_AWAITED);
	pthread_t thread;
	void *result;
	char *error = NULL;

	(void)state;
	assert_int_equal(
		pthread_create(&thread, NULL, await_in_thread, awaited), 0);
	assert_int_equal(ln_code_compile(ours, &error), 0);
	pthread_join(thread, &result);
	assert_int_equal((intptr_t)result, 0);
	ln_code_release(ours);
	ln_code_release(awaited);
}

/* A task that waits for code, or for its turn. */
struct waiting {
	struct test_task task;
	struct ln_code *code;
	int result;
	char *text;
	_Atomic bool has_place;
	_Atomic bool go_on;
};

static void await_in_task(void *argument)
{
	struct waiting *waiting = argument;

	waiting->result = ln_code_await(waiting->code, &waiting->text);
}

static void tasks_wait(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_code *code = find(good, 0, LN_CODE_OURS);
	struct waiting waiting[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		waiting[i].code = code;
		test_task_start(sched, &waiting[i].task, await_in_task,
				&waiting[i]);
		test_task_wait_parked(&waiting[i].task);
		assert_false(atomic_load(&waiting[i].task.over));
	}
	/* One is killed, the others get their answer. */
	ln_task_interrupt(&waiting[1].task.task);
	test_task_wait_over(&waiting[1].task);
	assert_int_equal(waiting[1].result, LN_EKILLED);
	ln_code_settle(code, LN_EINVAL, "no such import");
	for (int i = 0; i < 3; i += 2) {
		test_task_wait_over(&waiting[i].task);
		assert_int_equal(waiting[i].result, LN_EINVAL);
		assert_string_equal(waiting[i].text, "no such import");
		free(waiting[i].text);
	}
	ln_code_release(code);
	ln_sched_free(sched);
}

/* Takes a turn, and keeps it until it is told to end it. */
static void enter_queue(void *argument)
{
	struct waiting *waiting = argument;

	waiting->result = ln_code_enter_queue(engine, LN_CODE_COMPILE, NULL);
	if (waiting->result != 0)
		return;
	atomic_store(&waiting->has_place, true);
	while (!atomic_load(&waiting->go_on))
		ln_task_park(&waiting->task.task);
	ln_code_leave_queue(engine, LN_CODE_COMPILE, NULL);
}

static void leave_queue(struct waiting *waiting)
{
	while (!atomic_load(&waiting->has_place))
		test_nap();
	atomic_store(&waiting->go_on, true);
	ln_task_wake(&waiting->task.task);
	test_task_wait_over(&waiting->task);
}

/* One compiles at a time. */
static void turns(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct waiting waiting[3] = { 0 };

	(void)state;
	/* Threads do not wait. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			ln_code_enter_queue(engine, LN_CODE_COMPILE, NULL), 0);
	for (int i = 0; i < 2; i++)
		ln_code_leave_queue(engine, LN_CODE_COMPILE, NULL);
	for (int i = 0; i < 3; i++) {
		test_task_start(sched, &waiting[i].task, enter_queue,
				&waiting[i]);
		test_task_wait_parked(&waiting[i].task);
		assert_int_equal(atomic_load(&waiting[i].has_place), i == 0);
	}
	ln_task_interrupt(&waiting[1].task.task);
	test_task_wait_over(&waiting[1].task);
	assert_int_equal(waiting[1].result, LN_EKILLED);
	assert_false(atomic_load(&waiting[2].has_place));
	leave_queue(&waiting[0]);
	leave_queue(&waiting[2]);
	assert_int_equal(waiting[2].result, 0);
	ln_sched_free(sched);
}

static void binaries(void **state)
{
	struct test_binary expected;
	uint8_t *binary;
	char *error;
	size_t len;

	(void)state;
	expected = test_assemble(good);
	assert_int_equal(ln_code_binary((const uint8_t *)good, strlen(good),
					MAX_COUNT, &binary, &len, &error),
			 0);
	assert_int_equal(len, expected.size);
	assert_memory_equal(binary, expected.data, len);
	free(binary);
	assert_int_equal(ln_code_binary(expected.data, expected.size,
					expected.size, &binary, &len, &error),
			 0);
	assert_memory_equal(binary, expected.data, len);
	free(binary);
	assert_int_equal(ln_code_binary(expected.data, expected.size,
					expected.size - 1, &binary, &len,
					&error),
			 LN_ELIMIT);
	assert_non_null(error);
	free(error);
	assert_int_equal(ln_code_binary((const uint8_t *)"(module (", 9,
					MAX_COUNT, &binary, &len, &error),
			 LN_EFORMAT);
	assert_non_null(error);
	free(error);
	test_binary_free(&expected);
}

static void validation(void **state)
{
	struct test_binary binary;
	char *error;

	(void)state;
	binary = test_assemble(good);
	assert_int_equal(
		ln_code_validate(engine, 0, binary.data, binary.size, &error),
		0);
	assert_null(error);
	assert_int_equal(ln_code_validate(engine, 0, binary.data,
					  binary.size - 1, &error),
			 LN_EFORMAT);
	assert_memory_equal(error, "it is not valid: ", 17);
	free(error);
	test_binary_free(&binary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_once),    cmocka_unit_test(never_made),
		cmocka_unit_test(given_up),     cmocka_unit_test(no_memory),
		cmocka_unit_test(threads_wait), cmocka_unit_test(tasks_wait),
		cmocka_unit_test(turns),        cmocka_unit_test(binaries),
		cmocka_unit_test(validation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
