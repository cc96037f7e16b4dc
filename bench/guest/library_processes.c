/*
 * What v13/data.c measures, as a program of the guest library does it: spawns,
 * requests, and processes that wait. Its data is what the library and
 * wasi-libc bring along.
 */
#include <lunatic.h>

#include "bench.h"
#include "measure.h"

static void mail_number(struct lunatic_proc to, uint64_t number)
{
	struct lunatic_writer mail;

	lunatic_mail_begin(&mail, 0);
	lunatic_write_uint(&mail, number);
	lunatic_mail_send(&mail, to);
}

static void mailed_number(void)
{
	struct lunatic_reader mail;

	lunatic_receive(&mail, LUNATIC_FOREVER);
	lunatic_read_uint(&mail);
	if (lunatic_reader_end(&mail) != 0)
		__builtin_trap();
}

static void child(struct lunatic_reader *argument)
{
	mail_number(lunatic_read_proc(argument), 1);
}

static void idle(struct lunatic_reader *argument)
{
	mail_number(lunatic_read_proc(argument), 1);
	mailed_number();
}

static void start_with(void (*entry)(struct lunatic_reader *))
{
	struct lunatic_writer argument;

	lunatic_mail_begin(&argument, 0);
	lunatic_write_proc(&argument, lunatic_proc_self());
	if (lunatic_spawn_packed(NULL, NULL, entry, &argument) != 0)
		__builtin_trap();
}

static void start_idle(uint32_t unused)
{
	(void)unused;
	start_with(idle);
}

static void cycle(uint64_t unused, uint32_t argument)
{
	(void)unused;
	(void)argument;
	start_with(child);
	mailed_number();
}

static void answer(void *state, struct lunatic_reader *request,
		   struct lunatic_writer *reply)
{
	(void)state;
	lunatic_write_uint(reply, lunatic_read_uint(request));
}

static const struct lunatic_server server_of_numbers = { .call = answer };

static void ask(uint64_t id, uint32_t argument)
{
	struct lunatic_proc server = { id };
	struct lunatic_writer request;
	struct lunatic_reader reply;

	(void)argument;
	lunatic_request_begin(&request);
	lunatic_write_uint(&request, 1);
	if (lunatic_request_send(&request, server, &reply, LUNATIC_FOREVER) !=
		    0 ||
	    lunatic_read_uint(&reply) != 1 || lunatic_reader_end(&reply) != 0)
		__builtin_trap();
}

int main(void)
{
	struct lunatic_proc server;
	uint32_t count;

	if (read_integer(&count)) {
		hold(count, 0, start_idle, mailed_number);
		return 0;
	}
	measure("data-spawn", cycle, 0, 0);
	if (lunatic_server_start(&server, NULL, &server_of_numbers, NULL) != 0)
		__builtin_trap();
	measure("data-request", ask, server.id, 0);
	lunatic_server_stop(server);
	return 0;
}
