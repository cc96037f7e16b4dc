/* src/host/stream.c: waiting, turns, kills, and schedulers that come and go. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "host/stream.h"
#include "sched/sched.h"
#include "support/stream_call.h"
#include "support/tasks.h"

static void not_open(void **state)
{
	struct ln_stream *stream;
	int fd = dup(0);

	(void)state;
	close(fd);
	assert_int_equal(ln_stream_new(fd, LN_READABLE, &stream), LN_EINVAL);
	assert_null(stream);
	ln_stream_free(stream);
}

static void reads_what_is_there(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_stream *stream;
	struct stream_call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	assert_false(ln_stream_terminal(stream));
	assert_false(ln_stream_seekable(stream));
	assert_int_equal(ln_stream_poll(stream), 0);
	assert_int_equal(ln_stream_available(stream), 0);
	assert_int_equal(write(fds[1], "hello", 5), 5);
	assert_int_equal(ln_stream_poll(stream), POLLIN);
	assert_int_equal(ln_stream_available(stream), 5);
	stream_call_init(&call, stream, 100);
	stream_call_run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 5);
	assert_memory_equal(stream_call_buffer(&call), "hello", 5);

	/* It waits for more, and then for the end. */
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_false(atomic_load(&call.task.over));
	assert_int_equal(write(fds[1], "again", 5), 5);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 5);
	assert_memory_equal(stream_call_buffer(&call), "again", 5);
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	close(fds[1]);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);

	/* Those who share the pipe with us see nothing of all that. */
	assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fds[0]);
	ln_sched_free(sched);
}

/* A pipe, or a FIFO, which differ when they are opened. */
static void make_pipe(bool fifo, int fds[2])
{
	char folder[] = "/tmp/test_stream.XXXXXX";
	char path[64];

	if (!fifo) {
		assert_int_equal(pipe(fds), 0);
		return;
	}
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	fds[0] = open(path, O_RDONLY | O_NONBLOCK);
	fds[1] = open(path, O_WRONLY);
	assert_true(fds[0] >= 0 && fds[1] >= 0);
	unlink(path);
	rmdir(folder);
}

/* The end must be seen when the writer had gone before we came. */
static void end_that_was_there_before(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct stream_call call;
	int fds[2];

	(void)state;
	for (int fifo = 0; fifo < 2; fifo++) {
		make_pipe(fifo, fds);
		assert_int_equal(write(fds[1], "x", 1), 1);
		close(fds[1]);
		stream = open_stream(fds[0], LN_READABLE);
		stream_call_init(&call, stream, 10);
		stream_call_run(sched, &call);
		assert_int_equal(call.done, 1);
		assert_int_equal(ln_stream_poll(stream), POLLHUP);
		stream_call_run(sched, &call);
		assert_int_equal(call.result, 0);
		assert_int_equal(call.done, 0);
		stream_call_deinit(&call);
		ln_stream_free(stream);
		close(fds[0]);
	}
	ln_sched_free(sched);
}

static void nonblocking_says_so(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *in;
	struct ln_stream *out;
	struct stream_call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	in = open_stream(fds[0], LN_READABLE);
	out = open_stream(fds[1], LN_WRITABLE);
	stream_call_init(&call, in, 10);
	call.nonblocking = true;
	stream_call_run(sched, &call);
	assert_int_equal(call.result, LN_EIO);
	assert_int_equal(call.number, EAGAIN);
	assert_int_equal(call.done, 0);
	stream_call_deinit(&call);

	/* As much as the pipe holds, and then nothing. */
	stream_call_init(&call, out, STREAM_LONG);
	call.nonblocking = true;
	stream_call_run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_true(call.done > 0);
	assert_true(call.done < STREAM_LONG);
	assert_int_equal(ln_stream_poll(out), 0);
	stream_call_run(sched, &call);
	assert_int_equal(call.result, LN_EIO);
	assert_int_equal(call.number, EAGAIN);
	stream_call_deinit(&call);
	ln_stream_free(in);
	ln_stream_free(out);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

/* It must not wait for its turn behind one who waits, either. */
static void nonblocking_does_not_queue(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct stream_call waiting;
	struct stream_call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	stream_call_init(&waiting, stream, 10);
	stream_call_start(sched, &waiting);
	test_task_wait_parked(&waiting.task);
	stream_call_init(&call, stream, 10);
	call.nonblocking = true;
	stream_call_run(sched, &call);
	assert_int_equal(call.result, LN_EIO);
	assert_int_equal(call.number, EAGAIN);
	assert_int_equal(write(fds[1], "x", 1), 1);
	test_task_wait_over(&waiting.task);
	assert_int_equal(waiting.done, 1);
	stream_call_deinit(&waiting);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

static void nothing_to_do(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct stream_call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	stream_call_init(&call, stream, 0);
	stream_call_run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

static void nobody_reads(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct stream_call call;
	int fds[2];

	(void)state;
	for (int before = 0; before < 2; before++) {
		assert_int_equal(pipe(fds), 0);
		if (before)
			close(fds[0]);
		stream = open_stream(fds[1], LN_WRITABLE);
		if (!before)
			close(fds[0]);
		assert_int_not_equal(ln_stream_poll(stream) & POLLERR, 0);
		stream_call_init(&call, stream, 10);
		stream_call_run(sched, &call);
		assert_int_equal(call.result, LN_EIO);
		assert_int_equal(call.number, EPIPE);
		stream_call_deinit(&call);
		ln_stream_free(stream);
		close(fds[1]);
	}
	ln_sched_free(sched);
}

#define WRITERS 8
#define WRITE ((size_t)300 * 1000)

/* Long writes to a slow reader: each arrives in one piece, on two streams that
 * are the same pipe. */
static void writes_do_not_mix(void **state)
{
	static struct stream_call calls[WRITERS];
	struct ln_sched *sched = test_sched_new(4);
	struct ln_stream *streams[2];
	struct stream_reader reader;
	bool seen[WRITERS] = { false };
	int fds[2];
	int other;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	other = dup(fds[1]);
	streams[0] = open_stream(fds[1], LN_WRITABLE);
	streams[1] = open_stream(other, LN_WRITABLE);
	ln_stream_share(streams[1], streams[0]);
	stream_reader_start(&reader, fds[0], WRITERS * WRITE);
	for (int i = 0; i < WRITERS; i++) {
		stream_call_init(&calls[i], streams[i % 2], WRITE);
		memset(stream_call_buffer(&calls[i]), 'a' + i, WRITE);
		stream_call_start(sched, &calls[i]);
	}
	ln_sched_wait_idle(sched);
	ln_stream_free(streams[1]);
	ln_stream_free(streams[0]);
	close(fds[1]);
	close(other);
	stream_reader_join(&reader);
	assert_int_equal(reader.len, WRITERS * WRITE);
	for (size_t at = 0; at < reader.len; at += WRITE) {
		int i = reader.bytes[at] - 'a';

		assert_in_range(i, 0, WRITERS - 1);
		assert_false(seen[i]);
		seen[i] = true;
		assert_memory_equal(reader.bytes + at,
				    stream_call_buffer(&calls[i]), WRITE);
		assert_int_equal(calls[i].result, 0);
		assert_int_equal(calls[i].done, WRITE);
	}
	for (int i = 0; i < WRITERS; i++)
		stream_call_deinit(&calls[i]);
	stream_reader_deinit(&reader);
	close(fds[0]);
	ln_sched_free(sched);
}

static void killed_while_it_waits(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_stream *stream;
	struct stream_call owner;
	struct stream_call next;
	struct stream_call last;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	stream_call_init(&owner, stream, 10);
	stream_call_init(&next, stream, 10);
	stream_call_init(&last, stream, 10);
	stream_call_start(sched, &owner);
	test_task_wait_parked(&owner.task);
	stream_call_start(sched, &next);
	test_task_wait_parked(&next.task);
	stream_call_start(sched, &last);
	test_task_wait_parked(&last.task);
	/* One in the queue, and the one who waits for input. */
	ln_task_interrupt(&next.task.task);
	test_task_wait_over(&next.task);
	assert_int_equal(next.result, LN_EKILLED);
	ln_task_interrupt(&owner.task.task);
	test_task_wait_over(&owner.task);
	assert_int_equal(owner.result, LN_EKILLED);
	assert_false(atomic_load(&last.task.over));
	assert_int_equal(write(fds[1], "mine", 4), 4);
	test_task_wait_over(&last.task);
	assert_int_equal(last.result, 0);
	assert_int_equal(last.done, 4);
	assert_memory_equal(stream_call_buffer(&last), "mine", 4);
	stream_call_deinit(&owner);
	stream_call_deinit(&next);
	stream_call_deinit(&last);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

static void killed_writer(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct stream_call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[1], LN_WRITABLE);
	stream_call_init(&call, stream, STREAM_LONG);
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_false(atomic_load(&call.task.over));
	ln_task_interrupt(&call.task.task);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, LN_EKILLED);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

struct watcher {
	struct test_task task;
	struct ln_stream *stream;
	short seen;
};

static void watch_until_ready(void *argument)
{
	struct watcher *watcher = argument;
	struct ln_stream_watch watch = { .stream = NULL };

	ln_stream_watch(watcher->stream, &watch);
	while ((watcher->seen = ln_stream_poll(watcher->stream)) == 0) {
		int64_t deadline = LN_NEVER;

		if (watch.attachment == NULL)
			deadline = ln_time_after_ms(LN_STREAM_LOOK_AGAIN_MS);
		if (ln_task_wait(ln_task_current(), deadline) == LN_EKILLED)
			break;
	}
	ln_stream_unwatch(&watch);
	ln_stream_unwatch(&watch);
}

/* All who watch are told, on every scheduler, beside one who reads. */
static void watchers_are_all_told(void **state)
{
	static struct watcher watchers[20];
	struct ln_sched *scheds[2] = { test_sched_new(2), test_sched_new(1) };
	struct ln_stream *stream;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	for (int round = 0; round < 50; round++) {
		char byte = 'x';

		for (int i = 0; i < 20; i++) {
			watchers[i].stream = stream;
			watchers[i].seen = 0;
			test_task_start(scheds[i % 2], &watchers[i].task,
					watch_until_ready, &watchers[i]);
		}
		for (int i = 0; round % 2 == 0 && i < 20; i++)
			test_task_wait_parked(&watchers[i].task);
		ln_task_interrupt(&watchers[3].task.task);
		assert_int_equal(write(fds[1], &byte, 1), 1);
		ln_sched_wait_idle(scheds[0]);
		ln_sched_wait_idle(scheds[1]);
		for (int i = 0; i < 20; i++) {
			if (i != 3)
				assert_int_equal(watchers[i].seen, POLLIN);
		}
		assert_int_equal(read(fds[0], &byte, 1), 1);
	}
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(scheds[0]);
	ln_sched_free(scheds[1]);
}

/* A scheduler that ends takes nothing of a stream with it. */
static void outlives_schedulers(void **state)
{
	struct ln_stream *stream;
	struct stream_call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	for (int i = 0; i < 3; i++) {
		struct ln_sched *sched = test_sched_new(1);

		stream_call_init(&call, stream, 10);
		stream_call_start(sched, &call);
		test_task_wait_parked(&call.task);
		assert_int_equal(write(fds[1], "x", 1), 1);
		test_task_wait_over(&call.task);
		assert_int_equal(call.done, 1);
		stream_call_deinit(&call);
		ln_sched_free(sched);
	}
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
}

/* Without a poller it looks now and then. */
static void without_a_poller(void **state)
{
	const struct ln_sched_options options = { .workers = 1,
						  .manual = true };
	struct ln_sched *sched = NULL;
	struct ln_stream *stream;
	struct stream_call call;
	int fds[2];

	(void)state;
	assert_int_equal(ln_sched_new(&options, &sched), 0);
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	stream_call_init(&call, stream, 10);
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_int_equal(write(fds[1], "x", 1), 1);
	while (!atomic_load(&call.task.over)) {
		ln_sched_tick(sched);
		/* Nothing but this wakes the worker that is to see it. */
		ln_task_wake(&call.task.task);
		test_nap();
	}
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 1);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_open),
		cmocka_unit_test(reads_what_is_there),
		cmocka_unit_test(end_that_was_there_before),
		cmocka_unit_test(nonblocking_says_so),
		cmocka_unit_test(nonblocking_does_not_queue),
		cmocka_unit_test(nothing_to_do),
		cmocka_unit_test(nobody_reads),
		cmocka_unit_test(writes_do_not_mix),
		cmocka_unit_test(killed_while_it_waits),
		cmocka_unit_test(killed_writer),
		cmocka_unit_test(watchers_are_all_told),
		cmocka_unit_test(outlives_schedulers),
		cmocka_unit_test(without_a_poller),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
