/* src/host/stream.c: every kind of descriptor, without blocking a worker. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "host/iovecs.h"
#include "host/stream.h"
#include "host/wasi.h"
#include "sched/sched.h"
#include "support/tasks.h"

/* One piece at address 8, the rest of the memory is the buffer. */
#define BUFFER 8u
#define MEMORY (1u << 20)

/* A call of ln_stream_transfer on a fiber, and what it gave. */
struct call {
	struct test_task task;
	struct ln_stream *stream;
	bool nonblocking;
	size_t len;
	size_t done;
	int number;
	int result;
	uint8_t *memory; /* a guest's: the list, then the buffer */
};

static void call_init(struct call *call, struct ln_stream *stream, size_t len)
{
	*call = (struct call){ .stream = stream, .len = len };
	call->result = -1000;
	call->memory = calloc(1, BUFFER + len);
	assert_non_null(call->memory);
	ln_wasi_store32(call->memory, BUFFER);
	ln_wasi_store32(call->memory + 4, (uint32_t)len);
}

static uint8_t *buffer_of(struct call *call)
{
	return call->memory + BUFFER;
}

static void transfer(void *argument)
{
	struct call *call = argument;
	const struct ln_array array = { call->memory, 1 };
	struct ln_iovecs iovecs;

	call->result = ln_iovecs_init(&iovecs, call->memory, BUFFER + call->len,
				      array);
	if (call->result == 0)
		call->result = ln_stream_transfer(call->stream, &iovecs,
						  call->nonblocking,
						  &call->done, &call->number);
}

static void start(struct ln_sched *sched, struct call *call)
{
	test_task_start(sched, &call->task, transfer, call);
}

/* A whole call. */
static void run(struct ln_sched *sched, struct call *call)
{
	start(sched, call);
	test_task_wait_over(&call->task);
}

static struct ln_stream *open_stream(int fd, enum ln_direction direction)
{
	struct ln_stream *stream = NULL;

	assert_int_equal(ln_stream_new(fd, direction, &stream), 0);
	assert_non_null(stream);
	assert_int_equal(ln_stream_fd(stream), fd);
	assert_int_equal(ln_stream_direction(stream), direction);
	return stream;
}

/* Something like a program that reads our output. */
struct reader {
	pthread_t thread;
	int fd;
	size_t len;
	uint8_t *bytes;
};

static void *read_all(void *argument)
{
	struct reader *reader = argument;
	ssize_t n;

	while ((n = read(reader->fd, reader->bytes + reader->len, 65536)) > 0)
		reader->len += (size_t)n;
	return NULL;
}

static void reader_start(struct reader *reader, int fd, size_t most)
{
	reader->fd = fd;
	reader->len = 0;
	reader->bytes = malloc(most + 65536);
	assert_non_null(reader->bytes);
	assert_int_equal(
		pthread_create(&reader->thread, NULL, read_all, reader), 0);
}

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
	struct call call;
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
	call_init(&call, stream, 100);
	run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 5);
	assert_memory_equal(buffer_of(&call), "hello", 5);

	/* It waits for more, and then for the end. */
	start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_false(atomic_load(&call.task.over));
	assert_int_equal(write(fds[1], "again", 5), 5);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 5);
	assert_memory_equal(buffer_of(&call), "again", 5);
	start(sched, &call);
	test_task_wait_parked(&call.task);
	close(fds[1]);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);

	/* Those who share the pipe with us see nothing of all that. */
	assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	free(call.memory);
	ln_stream_free(stream);
	close(fds[0]);
	ln_sched_free(sched);
}

/* The end must be seen when the writer had gone before we came. */
static void end_that_was_there_before(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	close(fds[1]);
	stream = open_stream(fds[0], LN_READABLE);
	call_init(&call, stream, 10);
	run(sched, &call);
	assert_int_equal(call.done, 1);
	assert_int_not_equal(ln_stream_poll(stream), 0);
	run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);
	free(call.memory);
	ln_stream_free(stream);
	close(fds[0]);
	ln_sched_free(sched);
}

static void nonblocking_says_so(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *in;
	struct ln_stream *out;
	struct call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	in = open_stream(fds[0], LN_READABLE);
	out = open_stream(fds[1], LN_WRITABLE);
	call_init(&call, in, 10);
	call.nonblocking = true;
	run(sched, &call);
	assert_int_equal(call.result, LN_EIO);
	assert_int_equal(call.number, EAGAIN);
	assert_int_equal(call.done, 0);
	free(call.memory);

	/* As much as the pipe holds, and then nothing. */
	call_init(&call, out, MEMORY);
	call.nonblocking = true;
	run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_true(call.done > 0);
	assert_true(call.done < MEMORY);
	assert_int_equal(ln_stream_poll(out), 0);
	run(sched, &call);
	assert_int_equal(call.result, LN_EIO);
	assert_int_equal(call.number, EAGAIN);
	free(call.memory);
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
	struct call waiting;
	struct call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	call_init(&waiting, stream, 10);
	start(sched, &waiting);
	test_task_wait_parked(&waiting.task);
	call_init(&call, stream, 10);
	call.nonblocking = true;
	run(sched, &call);
	assert_int_equal(call.result, LN_EIO);
	assert_int_equal(call.number, EAGAIN);
	assert_int_equal(write(fds[1], "x", 1), 1);
	test_task_wait_over(&waiting.task);
	assert_int_equal(waiting.done, 1);
	free(waiting.memory);
	free(call.memory);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

static void nothing_to_do(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	call_init(&call, stream, 0);
	run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);
	free(call.memory);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

static void nobody_reads(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct call call;
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
		call_init(&call, stream, 10);
		run(sched, &call);
		assert_int_equal(call.result, LN_EIO);
		assert_int_equal(call.number, EPIPE);
		free(call.memory);
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
	static struct call calls[WRITERS];
	struct ln_sched *sched = test_sched_new(4);
	struct ln_stream *streams[2];
	struct reader reader;
	bool seen[WRITERS] = { false };
	int fds[2];
	int other;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	other = dup(fds[1]);
	streams[0] = open_stream(fds[1], LN_WRITABLE);
	streams[1] = open_stream(other, LN_WRITABLE);
	ln_stream_share(streams[1], streams[0]);
	reader_start(&reader, fds[0], WRITERS * WRITE);
	for (int i = 0; i < WRITERS; i++) {
		call_init(&calls[i], streams[i % 2], WRITE);
		memset(buffer_of(&calls[i]), 'a' + i, WRITE);
		start(sched, &calls[i]);
	}
	ln_sched_wait_idle(sched);
	ln_stream_free(streams[1]);
	ln_stream_free(streams[0]);
	close(fds[1]);
	close(other);
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.len, WRITERS * WRITE);
	for (size_t at = 0; at < reader.len; at += WRITE) {
		int i = reader.bytes[at] - 'a';

		assert_in_range(i, 0, WRITERS - 1);
		assert_false(seen[i]);
		seen[i] = true;
		assert_memory_equal(reader.bytes + at, buffer_of(&calls[i]),
				    WRITE);
		assert_int_equal(calls[i].result, 0);
		assert_int_equal(calls[i].done, WRITE);
	}
	for (int i = 0; i < WRITERS; i++)
		free(calls[i].memory);
	free(reader.bytes);
	close(fds[0]);
	ln_sched_free(sched);
}

static void killed_while_it_waits(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_stream *stream;
	struct call owner;
	struct call next;
	struct call last;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[0], LN_READABLE);
	call_init(&owner, stream, 10);
	call_init(&next, stream, 10);
	call_init(&last, stream, 10);
	start(sched, &owner);
	test_task_wait_parked(&owner.task);
	start(sched, &next);
	test_task_wait_parked(&next.task);
	start(sched, &last);
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
	assert_memory_equal(buffer_of(&last), "mine", 4);
	free(owner.memory);
	free(next.memory);
	free(last.memory);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

static void killed_writer(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct call call;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stream = open_stream(fds[1], LN_WRITABLE);
	call_init(&call, stream, MEMORY);
	start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_false(atomic_load(&call.task.over));
	ln_task_interrupt(&call.task.task);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, LN_EKILLED);
	free(call.memory);
	ln_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
	ln_sched_free(sched);
}

static int temporary_file(void)
{
	char path[] = "/tmp/test_stream.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static void regular_file(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct call call;
	int fd = temporary_file();

	(void)state;
	/* The position is shared with whoever has the file, too. */
	assert_int_equal(write(fd, "first ", 6), 6);
	stream = open_stream(fd, LN_WRITABLE);
	assert_true(ln_stream_seekable(stream));
	assert_int_equal(ln_stream_poll(stream), POLLOUT);
	call_init(&call, stream, MEMORY);
	memset(buffer_of(&call), 'm', MEMORY);
	run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, MEMORY);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 6 + MEMORY);
	free(call.memory);
	ln_stream_free(stream);

	/* A read gives all that was asked for, up to the end. */
	stream = open_stream(fd, LN_READABLE);
	assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
	assert_int_equal(ln_stream_poll(stream), POLLIN);
	assert_int_equal(ln_stream_available(stream), 4 + MEMORY);
	call_init(&call, stream, 200000);
	run(sched, &call);
	assert_int_equal(call.done, 200000);
	assert_memory_equal(buffer_of(&call), "rst mmm", 7);
	assert_int_equal(lseek(fd, -3, SEEK_END), 3 + MEMORY);
	run(sched, &call);
	assert_int_equal(call.done, 3);
	run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);
	assert_int_equal(ln_stream_available(stream), 0);
	free(call.memory);
	ln_stream_free(stream);
	close(fd);
	ln_sched_free(sched);
}

static void many_pieces(void **state)
{
	enum { PIECES = 100, EACH = 10 };

	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct ln_iovecs iovecs;
	struct call call;
	uint8_t bytes[PIECES * EACH];
	int fd = temporary_file();

	(void)state;
	(void)iovecs;
	stream = open_stream(fd, LN_WRITABLE);
	/* More than one batch: a list of one piece for each write would do,
	 * so let the pieces be apart, in reverse. */
	call_init(&call, stream, PIECES * (8 + EACH));
	for (uint32_t i = 0; i < PIECES; i++) {
		uint32_t at = PIECES * 8 + (PIECES - 1 - i) * EACH;

		ln_wasi_store32(call.memory + (size_t)i * 8, at);
		ln_wasi_store32(call.memory + (size_t)i * 8 + 4, EACH);
		memset(call.memory + at, (int)i, EACH);
	}
	call.len = PIECES;
	ln_stream_free(stream);
	free(call.memory);
	(void)bytes;
	close(fd);
	ln_sched_free(sched);
}
