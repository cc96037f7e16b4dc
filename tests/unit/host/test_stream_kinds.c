/* src/host/stream.c: files, devices, sockets, terminals. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#include "host/stream.h"
#include "host/wasi/wasi.h"
#include "sched/sched.h"
#include "support/stream_call.h"
#include "support/tasks.h"

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
	struct stream_call call;
	int fd = temporary_file();

	(void)state;
	/* The position is shared with whoever has the file, too. */
	assert_int_equal(write(fd, "first ", 6), 6);
	stream = open_stream(fd, LN_WRITABLE);
	assert_true(ln_stream_seekable(stream));
	assert_int_equal(ln_stream_poll(stream), POLLOUT);
	stream_call_init(&call, stream, STREAM_LONG);
	memset(stream_call_buffer(&call), 'm', STREAM_LONG);
	stream_call_run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, STREAM_LONG);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 6 + STREAM_LONG);
	stream_call_deinit(&call);
	ln_stream_free(stream);

	/* A read gives all that was asked for, up to the end. */
	stream = open_stream(fd, LN_READABLE);
	assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
	assert_int_equal(ln_stream_poll(stream), POLLIN);
	assert_int_equal(ln_stream_available(stream), 4 + STREAM_LONG);
	stream_call_init(&call, stream, 200000);
	stream_call_run(sched, &call);
	assert_int_equal(call.done, 200000);
	assert_memory_equal(stream_call_buffer(&call), "rst mmm", 7);
	assert_int_equal(lseek(fd, -3, SEEK_END), 3 + STREAM_LONG);
	stream_call_run(sched, &call);
	assert_int_equal(call.done, 3);
	stream_call_run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);
	assert_int_equal(ln_stream_available(stream), 0);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fd);
	ln_sched_free(sched);
}

/* A file keeps nobody waiting: whoever must not wait has its turn, too. */
static void nonblocking_turns_of_a_file(void **state)
{
	enum { CALLS = 8 };

	struct ln_sched *sched = test_sched_new(2);
	struct ln_stream *stream;
	struct stream_call calls[CALLS];
	int fd = temporary_file();

	(void)state;
	stream = open_stream(fd, LN_WRITABLE);
	for (int i = 0; i < CALLS; i++) {
		stream_call_init(&calls[i], stream, STREAM_LONG);
		calls[i].nonblocking = true;
	}
	for (int i = 0; i < CALLS; i++)
		stream_call_start(sched, &calls[i]);
	for (int i = 0; i < CALLS; i++) {
		test_task_wait_over(&calls[i].task);
		assert_int_equal(calls[i].result, 0);
		assert_int_equal(calls[i].done, STREAM_LONG);
		stream_call_deinit(&calls[i]);
	}
	assert_int_equal(lseek(fd, 0, SEEK_CUR), CALLS * STREAM_LONG);
	ln_stream_free(stream);
	close(fd);
	ln_sched_free(sched);
}

/* More pieces than a system call gets, in the opposite order of their places.
 */
static void many_pieces(void **state)
{
	enum { PIECES = 100, EACH = 10 };

	static uint8_t bytes[PIECES * EACH];
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct stream_call call;
	int fd = temporary_file();

	(void)state;
	stream = open_stream(fd, LN_WRITABLE);
	stream_call_init(&call, stream, PIECES * (8 + EACH));
	call.pieces = PIECES;
	for (uint32_t i = 0; i < PIECES; i++) {
		uint32_t at = PIECES * 8 + (PIECES - 1 - i) * EACH;

		ln_wasi_store32(call.memory + (size_t)i * 8, at);
		ln_wasi_store32(call.memory + (size_t)i * 8 + 4, EACH);
		memset(call.memory + at, (int)i, EACH);
	}
	stream_call_run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, PIECES * EACH);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], i / EACH);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fd);
	ln_sched_free(sched);
}

static void append_is_kept(void **state)
{
	char path[] = "/tmp/test_stream.XXXXXX";
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct stream_call call;
	char text[16] = "";
	int fd = mkstemp(path);
	int appending;

	(void)state;
	assert_true(fd >= 0);
	appending = open(path, O_WRONLY | O_APPEND);
	assert_true(appending >= 0);
	unlink(path);
	stream = open_stream(appending, LN_WRITABLE);
	assert_int_equal(write(fd, "other ", 6), 6);
	stream_call_init(&call, stream, 4);
	memcpy(stream_call_buffer(&call), "mine", 4);
	stream_call_run(sched, &call);
	assert_int_equal(call.done, 4);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 10);
	assert_memory_equal(text, "other mine", 10);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(appending);
	close(fd);
	ln_sched_free(sched);
}

static void device_that_never_waits(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct stream_call call;
	int fd = open("/dev/null", O_RDWR);

	(void)state;
	stream = open_stream(fd, LN_WRITABLE);
	assert_false(ln_stream_terminal(stream));
	assert_int_equal(ln_stream_poll(stream), POLLOUT);
	stream_call_init(&call, stream, STREAM_LONG);
	stream_call_run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, STREAM_LONG);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	stream = open_stream(fd, LN_READABLE);
	stream_call_init(&call, stream, 10);
	stream_call_run(sched, &call);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fd);

	fd = open("/dev/full", O_WRONLY);
	stream = open_stream(fd, LN_WRITABLE);
	stream_call_init(&call, stream, 10);
	stream_call_run(sched, &call);
	assert_int_equal(call.result, LN_EIO);
	assert_int_equal(call.number, ENOSPC);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fd);
	ln_sched_free(sched);
}

static void sockets(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_stream *in;
	struct ln_stream *out;
	struct stream_reader reader;
	struct stream_call call;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	in = open_stream(fds[0], LN_READABLE);
	out = open_stream(fds[0], LN_WRITABLE);
	stream_call_init(&call, in, 10);
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_int_equal(write(fds[1], "ping", 4), 4);
	test_task_wait_over(&call.task);
	assert_int_equal(call.done, 4);
	assert_memory_equal(stream_call_buffer(&call), "ping", 4);
	stream_call_deinit(&call);

	/* More than its buffers hold. */
	stream_call_init(&call, out, STREAM_LONG);
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_false(atomic_load(&call.task.over));
	stream_reader_start(&reader, fds[1], STREAM_LONG);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, STREAM_LONG);
	assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	ln_stream_free(in);
	ln_stream_free(out);
	close(fds[0]);
	stream_reader_join(&reader);
	assert_int_equal(reader.len, STREAM_LONG);
	stream_reader_deinit(&reader);
	stream_call_deinit(&call);
	close(fds[1]);
	ln_sched_free(sched);
}

/* A kind that can neither be opened again nor told not to block. */
static void asks_before_it_reads(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	uint64_t value = 258;
	struct stream_call call;
	int fd = eventfd(0, 0);

	(void)state;
	assert_true(fd >= 0);
	stream = open_stream(fd, LN_READABLE);
	stream_call_init(&call, stream, 8);
	call.nonblocking = true;
	stream_call_run(sched, &call);
	assert_int_equal(call.result, LN_EIO);
	assert_int_equal(call.number, EAGAIN);
	call.nonblocking = false;
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_false(atomic_load(&call.task.over));
	assert_int_equal(write(fd, &value, sizeof(value)), sizeof(value));
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 8);
	assert_memory_equal(stream_call_buffer(&call), &value, sizeof(value));
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(fd);
	ln_sched_free(sched);
}

static void terminal(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_stream *stream;
	struct termios mode;
	struct stream_call call;
	char text[16];
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	int slave;

	(void)state;
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(tcgetattr(slave, &mode), 0);
	mode.c_lflag &= ~(tcflag_t)ECHO;
	mode.c_oflag &= ~(tcflag_t)OPOST;
	assert_int_equal(tcsetattr(slave, TCSANOW, &mode), 0);

	stream = open_stream(slave, LN_READABLE);
	assert_true(ln_stream_terminal(stream));
	assert_false(ln_stream_seekable(stream));
	stream_call_init(&call, stream, 100);
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	/* Half a line is not there yet. */
	assert_int_equal(write(master, "hel", 3), 3);
	test_nap();
	assert_int_equal(ln_stream_poll(stream), 0);
	assert_false(atomic_load(&call.task.over));
	assert_int_equal(write(master, "lo\n", 3), 3);
	test_task_wait_over(&call.task);
	assert_int_equal(call.done, 6);
	assert_memory_equal(stream_call_buffer(&call), "hello\n", 6);
	/* The end as typed by a person. */
	stream_call_start(sched, &call);
	test_task_wait_parked(&call.task);
	assert_int_equal(write(master, "\4", 1), 1);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.done, 0);
	stream_call_deinit(&call);
	ln_stream_free(stream);

	stream = open_stream(slave, LN_WRITABLE);
	stream_call_init(&call, stream, 5);
	memcpy(stream_call_buffer(&call), "there", 5);
	stream_call_run(sched, &call);
	assert_int_equal(call.done, 5);
	assert_int_equal(read(master, text, sizeof(text)), 5);
	assert_memory_equal(text, "there", 5);
	assert_int_equal(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
	stream_call_deinit(&call);
	ln_stream_free(stream);
	close(slave);
	close(master);
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regular_file),
		cmocka_unit_test(nonblocking_turns_of_a_file),
		cmocka_unit_test(many_pieces),
		cmocka_unit_test(append_is_kept),
		cmocka_unit_test(device_that_never_waits),
		cmocka_unit_test(sockets),
		cmocka_unit_test(asks_before_it_reads),
		cmocka_unit_test(terminal),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
