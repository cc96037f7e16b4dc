/* src/process/monitors.c: who is told of an end, and that each is told once,
 * whatever happens at the same time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "process/extra.h"
#include "process/life.h"
#include "process/message.h"
#include "process/monitors.h"
#include "support/processes.h"
#include "support/tasks.h"

#if LN_TSAN
#define MANY 300
#else
#define MANY 3000
#endif

/* Waits until it is killed, or for a message with the tag 1: then it returns,
 * or 2: then it exits with 7. */
static enum ln_outcome obey(struct ln_process *self)
{
	struct ln_message *message;
	int64_t tag;

	if (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) < 0)
		return LN_OUTCOME_KILLED;
	tag = message->tag;
	ln_message_free(message);
	self->exit_code = 7;
	return tag == 2 ? LN_OUTCOME_EXITED : LN_OUTCOME_NORMAL;
}

static int send(struct ln_process *to, int64_t tag)
{
	return ln_process_send(to, ln_message_new(LN_MESSAGE_DATA, tag, 0));
}

/* What one test's process does with another one, and what came of it. */
struct part {
	struct ln_process *peer;
	int errors;
	int told;
	int wrong;
	struct ln_end end;
	int64_t tag;
	_Atomic bool ready;
	_Atomic bool go;
};

/* Takes the end of a monitor, which must be the only message. */
static void take_end(struct ln_process *self, struct part *part, int64_t tag)
{
	struct ln_message *message;

	if (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) < 0) {
		part->errors++;
		return;
	}
	part->told += ln_message_end(message, &part->end);
	part->wrong += message->tag != tag;
	ln_message_free(message);
	if (ln_process_receive(self, NULL, 0, 0, false, &message) == 0)
		part->wrong++;
}

/* Monitors that a process has. */
static uint32_t count_of(const struct ln_process *self)
{
	const struct ln_monitors *monitors = &self->extra->monitors;

	return ln_handles_count(&monitors->table) + (monitors->one != NULL);
}

static enum ln_outcome watch_one(struct ln_process *self)
{
	struct part *part = self->argument;

	part->errors += ln_process_monitor(self, part->peer, &part->tag) != 0;
	atomic_store(&part->ready, true);
	take_end(self, part, part->tag);
	part->wrong += count_of(self) != 0;
	return LN_OUTCOME_NORMAL;
}

static void each_end_is_told(void **state)
{
	(void)state;
	for (int how = 0; how < 6; how++) {
		struct ln_environment *environment =
			test_environment_new(how % 2 ? 2 : 1, NULL);
		struct part part = { .peer = test_process_start(environment,
								obey, NULL) };
		struct ln_process *watcher;

		/* Before it is watched, or afterwards. */
		if (how < 3) {
			watcher = test_process_start(environment, watch_one,
						     &part);
			while (!atomic_load(&part.ready))
				test_nap();
		}
		if (how % 3 == 0)
			ln_process_kill(part.peer);
		else
			send(part.peer, how % 3);
		if (how >= 3) {
			ln_process_wait(part.peer, &(uint32_t){ 0 });
			watcher = test_process_start(environment, watch_one,
						     &part);
		}
		test_process_wait(watcher);
		assert_int_equal(part.errors, 0);
		assert_int_equal(part.wrong, 0);
		assert_int_equal(part.told, 1);
		assert_int_equal(part.end.reason,
				 how % 3 == 0   ? LN_REASON_KILLED
				 : how % 3 == 1 ? LN_REASON_NORMAL
						: LN_REASON_EXITED);
		assert_int_equal(part.end.code, how % 3 == 2 ? 7 : 0);
		test_process_wait(part.peer);
		test_environment_free(environment);
	}
}

/* Watches and ends that, again and again, while the other one ends. */
static enum ln_outcome waver(struct ln_process *self)
{
	struct part *part = self->argument;
	struct ln_message *message;

	for (int i = 0; i < 50; i++) {
		int64_t tag;

		part->errors += ln_process_monitor(self, part->peer, &tag) != 0;
		if (i % 3 == 0)
			ln_task_yield(&self->task);
		ln_process_demonitor(self, tag);
		/* Nothing of it is left, and nothing comes. */
		if (ln_process_receive(self, NULL, 0, 0, false, &message) ==
		    0) {
			ln_message_free(message);
			part->wrong++;
		}
	}
	return LN_OUTCOME_NORMAL;
}

static void demonitor_leaves_nothing(void **state)
{
	struct ln_environment *environment = test_environment_new(4, NULL);

	(void)state;
	for (int i = 0; i < MANY / 30; i++) {
		struct part parts[3] = { 0 };
		struct ln_process *wavering[3];
		struct ln_process *peer =
			test_process_start(environment, obey, NULL);

		for (int j = 0; j < 3; j++) {
			parts[j].peer = peer;
			wavering[j] = test_process_start(environment, waver,
							 &parts[j]);
		}
		if (i % 2 == 0)
			ln_process_kill(peer);
		else
			send(peer, 1);
		for (int j = 0; j < 3; j++) {
			test_process_wait(wavering[j]);
			assert_int_equal(parts[j].errors, 0);
			assert_int_equal(parts[j].wrong, 0);
		}
		test_process_wait(peer);
	}
	test_environment_free(environment);
}

/* Watches the other one many times, and counts what it is told. */
static enum ln_outcome watch_many(struct ln_process *self)
{
	struct part *part = self->argument;
	struct ln_message *message;
	int64_t tag;

	for (int i = 0; i < MANY; i++)
		part->errors += ln_process_monitor(self, part->peer, &tag) != 0;
	atomic_store(&part->ready, true);
	while (part->told < MANY) {
		if (ln_process_receive(self, NULL, 0, LN_NEVER, false,
				       &message) < 0)
			return LN_OUTCOME_KILLED;
		part->told += ln_message_end(message, &part->end);
		ln_message_free(message);
	}
	return LN_OUTCOME_NORMAL;
}

static void many_are_told(void **state)
{
	struct ln_environment *environment = test_environment_new(4, NULL);
	struct part parts[4] = { 0 };
	struct ln_process *watchers[4];
	struct ln_process *peer = test_process_start(environment, obey, NULL);

	(void)state;
	for (int i = 0; i < 4; i++) {
		parts[i].peer = peer;
		watchers[i] =
			test_process_start(environment, watch_many, &parts[i]);
	}
	while (!atomic_load(&parts[0].ready))
		test_nap();
	/* One goes before it is told, the others perhaps while they watch. */
	ln_process_kill(watchers[0]);
	test_process_wait(watchers[0]);
	ln_process_kill(peer);
	for (int i = 1; i < 4; i++) {
		test_process_wait(watchers[i]);
		assert_int_equal(parts[i].errors, 0);
		assert_int_equal(parts[i].told, MANY);
		assert_int_equal(parts[i].end.reason, LN_REASON_KILLED);
	}
	test_process_wait(peer);
	test_environment_free(environment);
}

static enum ln_outcome try_bad(struct ln_process *self)
{
	struct part *part = self->argument;
	int64_t tag;

	part->wrong += ln_process_demonitor(self, 5);
	part->errors += ln_process_new_tag(self, &tag) != 0;
	part->wrong += tag >= -1000000;
	part->wrong += ln_process_monitor_as(self, self, tag + 1) != LN_EINVAL;
	part->wrong += ln_process_monitor_as(self, self, 0) != LN_EINVAL;
	part->errors += ln_process_monitor_as(self, self, tag) != 0;
	part->wrong += ln_process_monitor_as(self, self, tag) != LN_EINVAL;
	part->wrong += send(self, tag) != 0;
	part->wrong += !ln_process_demonitor(self, tag);
	part->wrong += ln_process_demonitor(self, tag);
	part->wrong += send(self, tag) != LN_ENOENT;
	part->wrong += ln_mailbox_count(&self->mailbox) != 0;
	/* Its own end: nobody is told, nothing is left behind. */
	part->errors += ln_process_monitor(self, self, &tag) != 0;
	part->errors += ln_process_monitor(self, self, &tag) != 0;
	/* A bound. */
	while (part->told < 100 &&
	       ln_process_monitor(self, part->peer, &tag) == 0)
		part->told++;
	return LN_OUTCOME_NORMAL;
}

static void bounds(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct part part = { 0 };

	(void)state;
	limits.max_links = 20;
	environment = test_environment_new(1, &limits);
	part.peer = test_process_start(environment, obey, NULL);
	test_process_wait(test_process_start(environment, try_bad, &part));
	assert_int_equal(part.errors, 0);
	assert_int_equal(part.wrong, 0);
	assert_int_equal(part.told, 18);
	ln_process_kill(part.peer);
	test_process_wait(part.peer);
	test_environment_free(environment);
}

/* Watches and gives up, one at a time, two within each other, and at last one
 * that ends: what was used before tells of nothing else. */
static enum ln_outcome use_again(struct ln_process *self)
{
	struct part *part = self->argument;
	int64_t tags[3];

	for (int i = 0; i < MANY; i++) {
		part->errors += ln_process_monitor(self, self, &tags[0]) != 0;
		part->errors += ln_process_monitor(self, self, &tags[1]) != 0;
		part->wrong += send(self, tags[0]) != 0;
		part->wrong += !ln_process_demonitor(self, tags[i % 2]);
		part->wrong += count_of(self) != 1;
		part->errors += ln_process_monitor(self, self, &tags[2]) != 0;
		part->wrong += !ln_process_demonitor(self, tags[1 - i % 2]);
		part->wrong += send(self, tags[0]) != LN_ENOENT;
		part->wrong += send(self, tags[1]) != LN_ENOENT;
		part->wrong += !ln_process_demonitor(self, tags[2]);
		part->wrong += count_of(self) != 0;
		part->wrong += tags[2] - tags[1] != 1 || tags[1] - tags[0] != 1;
	}
	part->wrong += self->extra->monitors.spare == NULL;
	part->wrong += ln_mailbox_count(&self->mailbox) != 0;
	return watch_one(self);
}

static void one_is_used_again(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct part part = { 0 };
	struct ln_process *watcher;

	(void)state;
	part.peer = test_process_start(environment, obey, NULL);
	watcher = test_process_start(environment, use_again, &part);
	while (!atomic_load(&part.ready))
		test_nap();
	send(part.peer, 2);
	test_process_wait(watcher);
	assert_int_equal(part.errors, 0);
	assert_int_equal(part.wrong, 0);
	assert_int_equal(part.told, 1);
	assert_int_equal(part.end.reason, LN_REASON_EXITED);
	assert_int_equal(part.end.code, 7);
	test_process_wait(part.peer);
	test_environment_free(environment);
}

/* A process counts no longer when somebody is told of its end. */
static enum ln_outcome replace(struct ln_process *self)
{
	struct part *part = self->argument;

	for (int i = 0; i < MANY; i++) {
		struct ln_process *child;
		struct ln_message *message;
		int64_t tag;

		if (ln_process_new(self->environment, obey, NULL, &child) < 0) {
			part->errors++;
			break;
		}
		ln_process_start(child);
		ln_process_monitor(self, child, &tag);
		ln_process_kill(child);
		if (ln_process_receive(self, NULL, 0, LN_NEVER, false,
				       &message) == 0)
			ln_message_free(message);
		ln_process_release(child);
	}
	return LN_OUTCOME_NORMAL;
}

static void the_dead_do_not_count(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct part part = { 0 };

	(void)state;
	limits.max_processes = 2;
	environment = test_environment_new(4, &limits);
	test_process_wait(test_process_start(environment, replace, &part));
	assert_int_equal(part.errors, 0);
	test_environment_free(environment);
}

/* The id that the next message, of an end, tells of; 0: none comes. */
static uint64_t take_number(struct ln_process *self, int64_t deadline)
{
	struct ln_message *message;
	struct ln_end end;
	uint64_t number = 0;

	if (ln_process_receive(self, NULL, 0, deadline, false, &message) < 0)
		return 0;
	if (ln_message_end(message, &end) && message->size == LN_END_SIZE)
		memcpy(&number, message->data + 8, sizeof(number));
	ln_message_free(message);
	return number;
}

#define GONE 123456789u

static enum ln_outcome watch_by_number(struct ln_process *self)
{
	struct part *part = self->argument;
	uint64_t number = part->peer->entry.id;
	struct ln_monitors *monitors;

	/* Once, however often it is asked for. */
	part->errors += ln_process_watch(self, number, part->peer) != 0;
	part->errors += ln_process_watch(self, number, part->peer) != 0;
	monitors = &self->extra->monitors;
	part->wrong += count_of(self) != 1;
	ln_process_unwatch(self, number);
	ln_process_unwatch(self, number);
	part->wrong += count_of(self) != 0;
	part->errors += ln_process_watch(self, number, part->peer) != 0;
	ln_process_kill(part->peer);
	part->wrong += take_number(self, LN_NEVER) != number;
	part->wrong += take_number(self, 0) != 0;
	/* Of one that is not there, at once; numbers that nobody has, too. */
	part->errors += ln_process_watch(self, GONE, NULL) != 0;
	part->errors += ln_process_watch(self, GONE, NULL) != 0;
	part->wrong += take_number(self, 0) != GONE;
	part->wrong += take_number(self, 0) != 0;
	part->errors += ln_process_watch(self, UINT64_MAX, NULL) != 0;
	part->wrong += take_number(self, 0) != UINT64_MAX;
	/* What has told and is not taken goes, too. */
	part->errors += ln_process_watch(self, GONE, NULL) != 0;
	ln_process_unwatch(self, GONE);
	part->wrong += take_number(self, 0) != 0;
	part->wrong += count_of(self) != 0;
	part->wrong += monitors->numbers.live != 0;
	/* This one is there when the process ends. */
	part->errors += ln_process_watch(self, GONE, NULL) != 0;
	return LN_OUTCOME_NORMAL;
}

static void watched_by_number(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct part part = { 0 };

	(void)state;
	part.peer = test_process_start(environment, obey, NULL);
	test_process_wait(
		test_process_start(environment, watch_by_number, &part));
	assert_int_equal(part.errors, 0);
	assert_int_equal(part.wrong, 0);
	test_process_wait(part.peer);
	test_environment_free(environment);
}

#define TEST(function) cmocka_unit_test(function)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_end_is_told),      TEST(demonitor_leaves_nothing),
		TEST(many_are_told),         TEST(bounds),
		TEST(the_dead_do_not_count), TEST(watched_by_number),
		TEST(one_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
