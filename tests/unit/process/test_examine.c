/* src/process/examine.c: what belongs to a process, while others change it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <string.h>

#include "base/semver.h"
#include "base/time.h"
#include "process/environment.h"
#include "process/examine.h"
#include "process/message.h"
#include "process/monitors.h"
#include "process/process.h"
#include "process/process_refs.h"
#include "process/registry.h"
#include "sched/task.h"
#include "support/processes.h"

#define LINKS 70

static enum ln_outcome wait_for_a_kill(struct ln_process *self)
{
	ln_task_sleep(&self->task, LN_NEVER);
	return LN_OUTCOME_KILLED;
}

static enum ln_outcome spin(struct ln_process *self)
{
	while (!atomic_load((_Atomic bool *)self->argument))
		;
	return LN_OUTCOME_NORMAL;
}

/* Watches the process in its argument, then waits. */
static enum ln_outcome watch(struct ln_process *self)
{
	int64_t tag;

	ln_process_monitor(self, self->argument, &tag);
	return wait_for_a_kill(self);
}

/* Looks at the messages with the tag 7 and waits for another one. */
static enum ln_outcome receive(struct ln_process *self)
{
	const int64_t tag = 7;
	struct ln_message *message;

	if (ln_process_receive(self, (const uint8_t *)&tag, 1, LN_NEVER, false,
			       &message) == 0)
		ln_message_free(message);
	return LN_OUTCOME_KILLED;
}

static struct ln_examination *examine(struct ln_process *process)
{
	struct ln_examination *examination = ln_examine(process);

	assert_non_null(examination);
	while (!ln_examine_over(examination))
		;
	ln_examine_finish(examination);
	return examination;
}

static void end(struct ln_process *process)
{
	ln_process_kill(process);
	test_process_wait(process);
}

static void send(struct ln_process *process, int64_t tag, size_t size)
{
	static const char bytes[4096];
	struct ln_message *message = ln_message_new(LN_MESSAGE_DATA, tag, size);

	assert_int_equal(ln_message_write(message, bytes, size, sizeof(bytes)),
			 0);
	assert_int_equal(ln_process_send(process, message), 0);
}

static void tells_of_both_ends_of_a_mailbox(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_process *process =
		test_process_start(environment, receive, NULL);
	struct ln_examination *examination;

	(void)state;
	test_process_wait_parked(process);
	for (int i = 1; i <= 20; i++)
		send(process, 100 + i, (size_t)i);
	examination = examine(process);
	assert_true(examination->answered);
	assert_false(examination->is_guest);
	assert_int_equal(examination->info.messages, 20);
	assert_int_equal(examination->oldest_count, LN_EXAMINE_MESSAGES);
	assert_int_equal(examination->newest_count, LN_EXAMINE_MESSAGES);
	for (int i = 0; i < LN_EXAMINE_MESSAGES; i++) {
		assert_int_equal(examination->oldest[i].tag, 101 + i);
		assert_int_equal(examination->oldest[i].size, 1 + i);
		assert_int_equal(examination->newest[i].tag, 113 + i);
		assert_false(examination->newest[i].signal);
	}
	ln_examine_free(examination);
	/* Of very many that have come at once, at least the last one. */
	for (int i = 0; i < 1000; i++)
		send(process, 1000 + i, 0);
	examination = examine(process);
	assert_true(examination->answered);
	assert_int_equal(examination->oldest[0].tag, 101);
	assert_true(examination->newest_count > 0);
	assert_int_equal(examination->newest[examination->newest_count - 1].tag,
			 1999);
	ln_examine_free(examination);
	end(process);
	test_environment_free(environment);
}

static void tells_of_links_and_monitors(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct ln_process *process =
		test_process_start(environment, wait_for_a_kill, NULL);
	struct ln_process *watcher =
		test_process_start(environment, watch, process);
	struct ln_process *linked[LINKS];
	struct ln_examination *examination;

	(void)state;
	test_process_wait_parked(watcher);
	for (int i = 0; i < LINKS; i++) {
		linked[i] =
			test_process_start(environment, wait_for_a_kill, NULL);
		assert_int_equal(ln_process_link(process, linked[i], 5, 6), 0);
	}
	examination = examine(process);
	assert_int_equal(examination->info.links, LINKS);
	assert_int_equal(examination->link_count, LN_EXAMINE_RELATIONS);
	assert_int_equal(examination->links[0].tag, 6);
	assert_int_equal(examination->watchers, 1);
	assert_int_equal(examination->monitors, 0);
	ln_examine_free(examination);
	examination = examine(watcher);
	assert_int_equal(examination->monitors, 1);
	assert_int_equal(examination->watched_count, 1);
	assert_ptr_equal(examination->watched[0].process, process);
	ln_examine_free(examination);
	end(watcher);
	for (int i = 0; i < LINKS; i++) {
		ln_process_unlink(process, linked[i]);
		end(linked[i]);
	}
	end(process);
	test_environment_free(environment);
}

static void tells_of_names(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_process *process =
		test_process_start(environment, wait_for_a_kill, NULL);
	const struct ln_version version = { .major = 1, .minor = 2 };
	struct ln_examination *examination;
	char name[100];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (size_t i = 0; i < LN_REGISTERED_MAX + 4; i++) {
		name[0] = (char)('a' + i);
		assert_int_equal(ln_registry_register(environment->registry,
						      name, 80 + i, &version,
						      process),
				 0);
	}
	examination = examine(process);
	assert_int_equal(examination->name_count, LN_REGISTERED_MAX);
	assert_int_equal(examination->names[0].minor, 2);
	assert_true(examination->names[0].len >= 80);
	assert_memory_equal(examination->names[0].name + 1, "xxxxx", 5);
	ln_examine_free(examination);
	end(process);
	test_environment_free(environment);
}

/* The question is withdrawn, and another one answered. */
static void does_without_an_answer(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	_Atomic bool over = false;
	struct ln_process *process =
		test_process_start(environment, spin, &over);
	struct ln_examination *first = ln_examine(process);
	struct ln_examination *second = ln_examine(process);

	(void)state;
	assert_true(first->asked);
	assert_false(second->asked);
	assert_false(ln_examine_over(first));
	assert_false(ln_examine_over(second));
	ln_examine_finish(first);
	assert_false(first->answered);
	assert_false(ln_examine_over(second));
	assert_true(second->asked);
	ln_examine_free(first);
	atomic_store(&over, true);
	test_process_wait(process);
	assert_true(ln_examine_over(second));
	ln_examine_finish(second);
	assert_int_equal(second->info.state, LN_STATE_ENDING);
	ln_examine_free(second);
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_both_ends_of_a_mailbox),
		cmocka_unit_test(tells_of_links_and_monitors),
		cmocka_unit_test(tells_of_names),
		cmocka_unit_test(does_without_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
