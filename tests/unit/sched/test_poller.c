/* src/sched/poller.c: tasks that wait for pipes and sockets. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "sched/poller.h"
#include "sched/sched.h"
#include "support/tasks.h"

#define PIPES 100

struct waiter {
	struct test_task task;
	struct ln_pollable *pollable;
	enum ln_direction direction;
	int64_t deadline;
	int fd;
	int result;
	int tries;   /* vain attempts to read or write */
	ssize_t got; /* bytes read, or written */
	char page[4096];
};

static char page[4096];

/* Waits once. */
static void wait_once(void *argument)
{
	struct waiter *self = argument;

	self->result = ln_pollable_wait(self->pollable, self->direction,
					self->deadline);
}

/* Reads or writes as host functions do: try, and wait when it says EAGAIN. */
static void transfer(void *argument)
{
	struct waiter *self = argument;
	bool reads = self->direction == LN_READABLE;

	for (;;) {
		self->got =
			reads ? read(self->fd, self->page, sizeof(self->page))
			      : write(self->fd, self->page, sizeof(self->page));
		if (self->got >= 0)
			return;
		self->tries++;
		self->result = ln_pollable_wait(self->pollable, self->direction,
						self->deadline);
		if (self->result < 0)
			return;
	}
}

static void start(struct ln_sched *sched, struct waiter *waiter, int fd,
		  struct ln_pollable *pollable, enum ln_direction direction,
		  void (*body)(void *))
{
	*waiter = (struct waiter){ .pollable = pollable,
				   .direction = direction,
				   .deadline = LN_NEVER,
				   .fd = fd,
				   .result = -1000 };
	test_task_start(sched, &waiter->task, body, waiter);
}

static void make_pipe(int fds[2])
{
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
}

static struct ln_pollable *watch(struct ln_sched *sched, int fd)
{
	struct ln_pollable *pollable = NULL;

	assert_int_equal(ln_pollable_new(ln_sched_poller(sched), fd, &pollable),
			 0);
	return pollable;
}

static void close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void reads_what_comes(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pollable *pollable;
	struct waiter waiter;
	int fds[2];

	(void)state;
	make_pipe(fds);
	pollable = watch(sched, fds[0]);
	for (int i = 1; i <= 20; i++) {
		start(sched, &waiter, fds[0], pollable, LN_READABLE, transfer);
		if (i % 2 == 0)
			test_task_wait_parked(&waiter.task);
		assert_int_equal(write(fds[1], page, (size_t)i), i);
		test_task_wait_over(&waiter.task);
		assert_int_equal(waiter.got, i);
	}
	/* The end of the file is readable too. */
	start(sched, &waiter, fds[0], pollable, LN_READABLE, transfer);
	test_task_wait_parked(&waiter.task);
	close(fds[1]);
	test_task_wait_over(&waiter.task);
	assert_int_equal(waiter.got, 0);
	ln_pollable_free(pollable);
	close(fds[0]);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

#define BURST 200

/* More of them become ready at once than one poll reports. */
static void a_burst(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	static struct ln_pollable *pollables[BURST];
	static struct waiter waiters[BURST];
	static int fds[BURST][2];

	(void)state;
	for (int i = 0; i < BURST; i++) {
		make_pipe(fds[i]);
		pollables[i] = watch(sched, fds[i][0]);
	}
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < BURST; i++)
			start(sched, &waiters[i], fds[i][0], pollables[i],
			      LN_READABLE, transfer);
		if (round % 2 == 0)
			test_task_wait_parked(&waiters[BURST - 1].task);
		for (int i = 0; i < BURST; i++)
			assert_int_equal(write(fds[i][1], page, 7), 7);
		for (int i = 0; i < BURST; i++) {
			test_task_wait_over(&waiters[i].task);
			assert_int_equal(waiters[i].got, 7);
		}
	}
	for (int i = 0; i < BURST; i++) {
		ln_pollable_free(pollables[i]);
		close_both(fds[i]);
	}
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void writes_when_there_is_room(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pollable *pollable;
	struct waiter waiter;
	int fds[2];

	(void)state;
	make_pipe(fds);
	pollable = watch(sched, fds[1]);
	while (write(fds[1], page, sizeof(page)) > 0)
		continue;
	start(sched, &waiter, fds[1], pollable, LN_WRITABLE, transfer);
	test_task_wait_parked(&waiter.task);
	assert_false(atomic_load(&waiter.task.over));
	for (int i = 0; i < 4; i++)
		assert_int_equal(read(fds[0], page, sizeof(page)),
				 sizeof(page));
	test_task_wait_over(&waiter.task);
	assert_int_equal(waiter.got, sizeof(page));
	assert_true(waiter.tries >= 1);
	ln_pollable_free(pollable);
	close_both(fds);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void both_directions_at_once(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pollable *pollable;
	struct waiter reader;
	struct waiter writer;
	int fds[2];

	(void)state;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	pollable = watch(sched, fds[0]);
	while (write(fds[0], page, sizeof(page)) > 0)
		continue;
	start(sched, &reader, fds[0], pollable, LN_READABLE, transfer);
	start(sched, &writer, fds[0], pollable, LN_WRITABLE, transfer);
	test_task_wait_parked(&reader.task);
	test_task_wait_parked(&writer.task);
	assert_int_equal(write(fds[1], page, 3), 3);
	test_task_wait_over(&reader.task);
	assert_int_equal(reader.got, 3);
	assert_false(atomic_load(&writer.task.over));
	while (read(fds[1], page, sizeof(page)) > 0)
		continue;
	test_task_wait_over(&writer.task);
	assert_true(writer.got > 0);
	ln_pollable_free(pollable);
	close_both(fds);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void deadlines_and_kills_end_a_wait(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pollable *pollable;
	struct waiter waiter = { 0 };
	int64_t deadline;
	int fds[2];

	(void)state;
	make_pipe(fds);
	pollable = watch(sched, fds[0]);
	deadline = ln_time_after_ms(3);
	waiter.pollable = pollable;
	waiter.deadline = deadline;
	test_task_start(sched, &waiter.task, wait_once, &waiter);
	test_task_wait_over(&waiter.task);
	assert_int_equal(waiter.result, LN_ETIMEDOUT);
	assert_true(ln_time_now() >= deadline);

	start(sched, &waiter, fds[0], pollable, LN_READABLE, wait_once);
	test_task_wait_parked(&waiter.task);
	ln_task_interrupt(&waiter.task.task);
	test_task_wait_over(&waiter.task);
	assert_int_equal(waiter.result, LN_EKILLED);

	/* The next one can wait as if nothing had happened. */
	start(sched, &waiter, fds[0], pollable, LN_READABLE, transfer);
	test_task_wait_parked(&waiter.task);
	assert_int_equal(write(fds[1], page, 1), 1);
	test_task_wait_over(&waiter.task);
	assert_int_equal(waiter.got, 1);
	ln_pollable_free(pollable);
	close_both(fds);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void one_waiter_a_direction(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pollable *pollable;
	struct waiter first;
	struct waiter second;
	int fds[2];

	(void)state;
	make_pipe(fds);
	pollable = watch(sched, fds[0]);
	start(sched, &first, fds[0], pollable, LN_READABLE, transfer);
	test_task_wait_parked(&first.task);
	start(sched, &second, fds[0], pollable, LN_READABLE, wait_once);
	test_task_wait_over(&second.task);
	assert_int_equal(second.result, LN_EEXIST);
	assert_int_equal(write(fds[1], page, 5), 5);
	test_task_wait_over(&first.task);
	assert_int_equal(first.got, 5);
	ln_pollable_free(pollable);
	close_both(fds);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void refuses_what_cannot_be_watched(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_pollable *pollable = NULL;
	char name[] = "/tmp/lunatic-test-XXXXXX";
	int file = mkstemp(name);
	int fds[2];

	(void)state;
	assert_true(file >= 0);
	unlink(name);
	assert_int_equal(
		ln_pollable_new(ln_sched_poller(sched), file, &pollable),
		LN_EUNSUP);
	close(file);
	assert_true(ln_pollable_new(ln_sched_poller(sched), -1, &pollable) < 0);
	make_pipe(fds);
	pollable = watch(sched, fds[0]);
	assert_int_equal(ln_pollable_new(ln_sched_poller(sched), fds[0],
					 &(struct ln_pollable *){ NULL }),
			 LN_EEXIST);
	ln_pollable_free(pollable);
	ln_pollable_free(NULL);
	close_both(fds);
	ln_sched_free(sched);
}

/* Descriptors that become ready while they are given up and used again. */
static void late_events_find_nobody(void **state)
{
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct ln_pollable *pollable;
		struct waiter waiter;
		int old[2];
		int new[2];

		make_pipe(old);
		pollable = watch(sched, old[0]);
		assert_int_equal(write(old[1], page, 1), 1);
		ln_pollable_free(pollable);
		close_both(old);
		/* The same pollable, most likely the same number. */
		make_pipe(new);
		pollable = watch(sched, new[0]);
		start(sched, &waiter, new[0], pollable, LN_READABLE, transfer);
		if (round % 3 == 0)
			test_task_wait_parked(&waiter.task);
		assert_int_equal(write(new[1], page, 2), 2);
		test_task_wait_over(&waiter.task);
		assert_int_equal(waiter.got, 2);
		ln_pollable_free(pollable);
		close_both(new);
	}
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void many_descriptors(void **state)
{
	static struct waiter waiters[PIPES];
	static struct ln_pollable *pollables[PIPES];
	static int fds[PIPES][2];
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	for (int i = 0; i < PIPES; i++) {
		make_pipe(fds[i]);
		pollables[i] = watch(sched, fds[i][0]);
		start(sched, &waiters[i], fds[i][0], pollables[i], LN_READABLE,
		      transfer);
	}
	for (int i = PIPES - 1; i >= 0; i--)
		assert_int_equal(write(fds[i][1], page, (size_t)i + 1), i + 1);
	ln_sched_wait_idle(sched);
	for (int i = 0; i < PIPES; i++) {
		assert_int_equal(waiters[i].got, i + 1);
		ln_pollable_free(pollables[i]);
		close_both(fds[i]);
	}
	ln_sched_free(sched);
}

struct watcher {
	struct test_task task;
	struct ln_pollable *pollables[3];
	int fds[3];
	int ready; /* the first one that had something */
};

/* Waits for the first of three. */
static void watch_three(void *argument)
{
	struct watcher *self = argument;
	struct ln_watch watches[3];
	char byte;

	for (int i = 0; i < 3; i++)
		ln_pollable_watch(self->pollables[i], LN_READABLE, &watches[i]);
	self->ready = -1;
	while (self->ready < 0) {
		for (int i = 0; i < 3; i++) {
			if (read(self->fds[i], &byte, 1) == 1)
				self->ready = i;
		}
		if (self->ready < 0)
			ln_task_park(ln_task_current());
	}
	for (int i = 0; i < 3; i++)
		ln_pollable_unwatch(&watches[i]);
}

static void watches_several(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct watcher watcher;
	int fds[3][2];

	(void)state;
	for (int i = 0; i < 3; i++) {
		make_pipe(fds[i]);
		watcher.fds[i] = fds[i][0];
		watcher.pollables[i] = watch(sched, fds[i][0]);
	}
	for (int round = 0; round < 30; round++) {
		memset(&watcher.task, 0, sizeof(watcher.task));
		test_task_start(sched, &watcher.task, watch_three, &watcher);
		if (round % 2 == 0)
			test_task_wait_parked(&watcher.task);
		assert_int_equal(write(fds[round % 3][1], page, 1), 1);
		test_task_wait_over(&watcher.task);
		assert_int_equal(watcher.ready, round % 3);
	}
	for (int i = 0; i < 3; i++) {
		ln_pollable_free(watcher.pollables[i]);
		close_both(fds[i]);
	}
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

struct taker {
	struct test_task task;
	struct ln_pollable *pollable;
	int fd;
	int taken;
	_Atomic bool ready; /* it watches */
};

/* Reads when an event has come, and only then. */
static void take_events(void *argument)
{
	struct taker *self = argument;
	struct ln_watch watch;
	char byte;

	ln_pollable_watch(self->pollable, LN_READABLE, &watch);
	/* A pipe that is empty; who takes an event takes all before it. */
	(void)ln_pollable_take(self->pollable, LN_READABLE);
	atomic_store(&self->ready, true);
	while (self->taken < 3) {
		if (!ln_pollable_take(self->pollable, LN_READABLE)) {
			ln_task_park(ln_task_current());
			continue;
		}
		while (read(self->fd, &byte, 1) == 1)
			self->taken++;
	}
	ln_pollable_unwatch(&watch);
}

static void takes_events(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct taker taker = { .taken = 0 };
	int fds[2];

	(void)state;
	make_pipe(fds);
	taker.fd = fds[0];
	taker.pollable = watch(sched, fds[0]);
	test_task_start(sched, &taker.task, take_events, &taker);
	while (!atomic_load(&taker.ready))
		test_nap();
	for (int i = 0; i < 3; i++) {
		test_task_wait_parked(&taker.task);
		/* Woken for nothing, it finds no event. */
		ln_task_wake(&taker.task.task);
		assert_int_equal(write(fds[1], page, 1), 1);
	}
	test_task_wait_over(&taker.task);
	assert_int_equal(taker.taken, 3);
	ln_pollable_free(taker.pollable);
	close_both(fds);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_comes),
		cmocka_unit_test(a_burst),
		cmocka_unit_test(writes_when_there_is_room),
		cmocka_unit_test(both_directions_at_once),
		cmocka_unit_test(deadlines_and_kills_end_a_wait),
		cmocka_unit_test(one_waiter_a_direction),
		cmocka_unit_test(refuses_what_cannot_be_watched),
		cmocka_unit_test(late_events_find_nobody),
		cmocka_unit_test(many_descriptors),
		cmocka_unit_test(watches_several),
		cmocka_unit_test(takes_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
