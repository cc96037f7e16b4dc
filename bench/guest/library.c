/*
 * What the guest library costs: the same work through the raw host functions
 * and through the library, in turns. Sending and receiving a number; a request
 * and its answer; spawning a process that sends a number back. Reports the
 * library's time in thousandths of the raw one's.
 */
#include <lunatic.h>

#include "bench.h"

#define ROUNDS 7
#define TRIPS 50000
#define SPAWNS 10000

/* Messages between two processes. */

ENTRY(raw_echo)
void raw_echo(void)
{
	uint64_t peer = receive_process();
	uint64_t number;

	do {
		number = receive_number();
		send_number(peer, 0, number);
	} while (number > 0);
}

static uint64_t raw_messages(void)
{
	uint64_t peer = spawn("raw_echo", NULL);
	uint64_t start;

	send_process(peer, lunatic_process_this());
	start = now();
	for (uint64_t trip = TRIPS; trip > 0; trip--) {
		send_number(peer, 0, trip);
		receive_number();
	}
	start = now() - start;
	send_number(peer, 0, 0);
	receive_number();
	return start;
}

static void mail_number(struct lunatic_proc to, uint64_t number)
{
	struct lunatic_writer mail;

	lunatic_mail_begin(&mail, 0);
	lunatic_write_uint(&mail, number);
	lunatic_mail_send(&mail, to);
}

static uint64_t mailed_number(void)
{
	struct lunatic_reader mail;
	uint64_t number;

	lunatic_receive(&mail, LUNATIC_FOREVER);
	number = lunatic_read_uint(&mail);
	if (lunatic_reader_end(&mail) != 0)
		__builtin_trap();
	return number;
}

static void echo(struct lunatic_reader *argument)
{
	struct lunatic_proc peer = lunatic_read_proc(argument);
	uint64_t number;

	do {
		number = mailed_number();
		mail_number(peer, number);
	} while (number > 0);
}

static uint64_t messages(void)
{
	struct lunatic_writer argument;
	struct lunatic_proc peer;
	uint64_t start;

	lunatic_mail_begin(&argument, 0);
	lunatic_write_proc(&argument, lunatic_proc_self());
	if (lunatic_spawn_packed(&peer, NULL, echo, &argument) != 0)
		__builtin_trap();
	start = now();
	for (uint64_t trip = TRIPS; trip > 0; trip--) {
		mail_number(peer, trip);
		mailed_number();
	}
	start = now() - start;
	mail_number(peer, 0);
	mailed_number();
	return start;
}

/* Requests: a number, a tag, a handle to answer to. */

ENTRY(raw_server)
void raw_server(void)
{
	uint64_t number;

	do {
		int64_t tag;
		uint64_t peer;

		number = receive_number();
		tag = lunatic_message_get_tag();
		peer = lunatic_message_take_process(0);
		send_number(peer, tag, number);
		lunatic_process_drop_process(peer);
	} while (number > 0);
}

static void raw_request(uint64_t server, uint64_t number)
{
	static int64_t tag;
	uint64_t answer;

	lunatic_message_create_data(++tag, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_push_process(lunatic_process_this());
	if (lunatic_message_send_receive_skip_search(server, 0) != 0 ||
	    lunatic_message_read_data(&answer, sizeof(answer)) !=
		    sizeof(answer) ||
	    answer != number)
		__builtin_trap();
}

static uint64_t raw_requests(void)
{
	uint64_t server = spawn("raw_server", NULL);
	uint64_t start = now();

	for (uint64_t trip = TRIPS; trip > 0; trip--)
		raw_request(server, trip);
	start = now() - start;
	raw_request(server, 0);
	return start;
}

static void answer(void *state, struct lunatic_reader *request,
		   struct lunatic_writer *reply)
{
	(void)state;
	lunatic_write_uint(reply, lunatic_read_uint(request));
}

static const struct lunatic_server server_of_numbers = { .call = answer };

static uint64_t requests(void)
{
	struct lunatic_proc server;
	uint64_t start;

	if (lunatic_server_start(&server, NULL, &server_of_numbers, NULL) != 0)
		__builtin_trap();
	start = now();
	for (uint64_t trip = TRIPS; trip > 0; trip--) {
		struct lunatic_writer request;
		struct lunatic_reader reply;

		lunatic_request_begin(&request);
		lunatic_write_uint(&request, trip);
		if (lunatic_request_send(&request, server, &reply,
					 LUNATIC_FOREVER) != 0 ||
		    lunatic_read_uint(&reply) != trip ||
		    lunatic_reader_end(&reply) != 0)
			__builtin_trap();
	}
	start = now() - start;
	lunatic_server_stop(server);
	return start;
}

/* Processes that get a handle, send a number back, and end. */

ENTRY(raw_child)
void raw_child(void)
{
	send_number(receive_process(), 0, 1);
}

static uint64_t raw_spawns(void)
{
	uint64_t start = now();

	for (int i = 0; i < SPAWNS; i++) {
		uint64_t child = spawn("raw_child", NULL);

		send_process(child, lunatic_process_this());
		lunatic_process_drop_process(child);
		receive_number();
	}
	return now() - start;
}

static void child(struct lunatic_reader *argument)
{
	mail_number(lunatic_read_proc(argument), 1);
}

static uint64_t spawns(void)
{
	uint64_t start = now();

	for (int i = 0; i < SPAWNS; i++) {
		struct lunatic_writer argument;

		lunatic_mail_begin(&argument, 0);
		lunatic_write_proc(&argument, lunatic_proc_self());
		if (lunatic_spawn_packed(NULL, NULL, child, &argument) != 0)
			__builtin_trap();
		mailed_number();
	}
	return now() - start;
}

static void compare(const char *series, uint64_t (*raw)(void),
		    uint64_t (*library)(void))
{
	uint64_t base = raw();

	report_thousandths(series, library() * 1000 / base);
}

int main(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		compare("library-send", raw_messages, messages);
		compare("library-request", raw_requests, requests);
		compare("library-spawn", raw_spawns, spawns);
	}
	return 0;
}
