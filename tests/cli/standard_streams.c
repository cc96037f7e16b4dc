/*
 * The guest of standard_streams.sh. The first argument says what it does; it
 * ends with 0 when all went as it should, else it names the line.
 */
#include <errno.h>
#include <fcntl.h>
#include <lunatic/abi.h>
#include <stdbool.h>
#include <stdio.h>

#include "../guest/wasi/check.h"

#define WRITERS 16
#define WRITES 8
#define WRITE 100001 /* more than a pipe holds */

static char text[WRITE];

/* Writes it all in one call. */
static void put(int fd, const char *bytes, size_t len)
{
	__wasi_ciovec_t piece = { (const uint8_t *)bytes, len };
	size_t n;

	CHECK_OK(__wasi_fd_write(fd, &piece, 1, &n));
	CHECK(n == len);
}

static uint64_t spawn(const char *function, int32_t number)
{
	uint8_t parameter[17] = { 0x7f };
	uint64_t id;

	memcpy(parameter + 1, &number, sizeof(number));
	CHECK(lunatic_process_inherit_spawn(0, function, strlen(function),
					    parameter, sizeof(parameter),
					    &id) == 0);
	return id;
}

/* Copies standard input to standard output. */
static void copy(void)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(0, bytes, sizeof(bytes))) > 0)
		put(1, bytes, (size_t)n);
	CHECK(n == 0);
}

__attribute__((export_name("say_hello"))) void say_hello(int32_t number)
{
	(void)number;
	put(1, "others run\n", 11);
}

/* Waits for input while another process has something to say. */
static void wait_for_input(void)
{
	spawn("say_hello", 0);
	copy();
}

__attribute__((export_name("write_lines"))) void write_lines(int32_t number)
{
	memset(text, 'a' + number, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\n';
	for (int i = 0; i < WRITES; i++)
		put(1 + number % 2, text, sizeof(text));
}

/* Many processes write long lines, until the script, which has read them, ends
 * the input and so the program. */
static void write_together(void)
{
	for (int32_t i = 0; i < WRITERS; i++)
		spawn("write_lines", i);
	copy();
}

/* Writes until nobody reads any more. */
static void write_forever(void)
{
	__wasi_ciovec_t piece = { (const uint8_t *)"y\n", 2 };
	__wasi_errno_t error;
	size_t n;

	do {
		error = __wasi_fd_write(1, &piece, 1, &n);
	} while (error == 0);
	CHECK(error == __WASI_ERRNO_PIPE);
	put(2, "nobody reads\n", 13);
}

static size_t poll_input(uint64_t timeout, __wasi_event_t events[2])
{
	__wasi_subscription_t subscriptions[2] = { { .userdata = 1 },
						   { .userdata = 2 } };
	size_t n;

	subscriptions[0].u.tag = __WASI_EVENTTYPE_FD_READ;
	subscriptions[0].u.u.fd_read.file_descriptor = 0;
	subscriptions[1].u.tag = __WASI_EVENTTYPE_CLOCK;
	subscriptions[1].u.u.clock.id = 1;
	subscriptions[1].u.u.clock.timeout = timeout;
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, 2, &n));
	return n;
}

/* Polls a pipe: nothing, something, the end. The script waits for what is
 * written here. */
static void poll_pipe(void)
{
	__wasi_event_t events[2];
	char bytes[16];

	CHECK(poll_input(1000000, events) == 1);
	CHECK(events[0].userdata == 2 && events[0].error == 0);
	put(1, "nothing\n", 8);
	CHECK(poll_input(UINT64_MAX, events) == 1);
	CHECK(events[0].userdata == 1 && events[0].error == 0);
	CHECK(events[0].type == __WASI_EVENTTYPE_FD_READ);
	CHECK(events[0].fd_readwrite.nbytes == 10);
	CHECK(events[0].fd_readwrite.flags == 0);
	CHECK(read(0, bytes, sizeof(bytes)) == 10);
	put(1, "something\n", 10);
	CHECK(poll_input(UINT64_MAX, events) == 1);
	CHECK(events[0].userdata == 1 && events[0].error == 0);
	CHECK(events[0].fd_readwrite.nbytes == 0);
	CHECK(events[0].fd_readwrite.flags ==
	      __WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP);
	CHECK(read(0, bytes, sizeof(bytes)) == 0);
	put(1, "the end\n", 8);
}

/* Reads a pipe that is empty, without waiting. */
static void do_not_wait(void)
{
	char byte;

	CHECK(fcntl(0, F_SETFL, O_NONBLOCK) == 0);
	CHECK(read(0, &byte, 1) == -1 && errno == EAGAIN);
	CHECK(fcntl(0, F_SETFL, 0) == 0);
	put(1, "empty\n", 6);
	copy();
}

/* Receives a process, and sends it an empty message. */
static void answer(void)
{
	uint64_t asker;

	CHECK(lunatic_message_receive(NULL, 0, 0) == 0);
	asker = lunatic_message_take_process(0);
	lunatic_message_create_data(0, 0);
	lunatic_message_send(asker);
}

__attribute__((export_name("read_on"))) void read_on(int32_t number)
{
	char byte;

	(void)number;
	put(1, "reading\n", 8);
	answer();
	read(0, &byte, 1);
	put(1, "must not be seen\n", 17);
}

/* Ends while other processes wait for input, or for their turn. */
static void leave_readers(void)
{
	for (int32_t i = 0; i < 3; i++) {
		uint64_t id = spawn("read_on", i);

		lunatic_message_create_data(0, 0);
		lunatic_message_push_process(lunatic_process_this());
		lunatic_message_send(id);
	}
	for (int i = 0; i < 3; i++)
		CHECK(lunatic_message_receive(NULL, 0, 0) == 0);
	/* Now they read, or are about to. */
	for (int i = 0; i < 1000; i++)
		CHECK_OK(__wasi_sched_yield());
	put(1, "leaving\n", 8);
}

/* Tells what the streams are, for the eyes of a C library. */
static void describe(void)
{
	for (int fd = 0; fd < 3; fd++) {
		__wasi_fdstat_t stat;
		uint64_t position;
		int seek = __wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &position);

		CHECK_OK(__wasi_fd_fdstat_get(fd, &stat));
		dprintf(1, "%d: type %d, %s, %s\n", fd, stat.fs_filetype,
			isatty(fd) ? "terminal" : "no terminal",
			seek == 0                    ? "seeks"
			: seek == __WASI_ERRNO_SPIPE ? "does not seek"
						     : "error");
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{ "copy", copy },
		{ "wait_for_input", wait_for_input },
		{ "write_together", write_together },
		{ "write_forever", write_forever },
		{ "poll_pipe", poll_pipe },
		{ "do_not_wait", do_not_wait },
		{ "leave_readers", leave_readers },
		{ "describe", describe },
	};

	CHECK(argc == 2);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run();
			return 0;
		}
	}
	CHECK(!"a mode of that name");
}
