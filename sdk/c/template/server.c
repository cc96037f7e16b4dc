#include "server.h"

#include <lunatic.h>

#define NAME_SIZE 64  /* bytes */
#define PATIENCE 5000 /* milliseconds */

static void greeter_call(void *state, struct lunatic_reader *request,
			 struct lunatic_writer *reply)
{
	char name[NAME_SIZE];
	char text[GREETING_SIZE];

	(void)state;
	if (lunatic_read_str(request, name, sizeof(name)) == 0)
		return;
	greeting(text, name);
	lunatic_write_str(reply, text);
}

static const struct lunatic_server greeter = {
	.name = "greeter",
	.call = greeter_call,
};

static const struct lunatic_child children[] = {
	{ .name = "greeter", .server = &greeter },
};

static const struct lunatic_supervisor top = {
	.name = "supervisor",
	.children = children,
	.count = sizeof(children) / sizeof(children[0]),
	.restarts = 5,
	.within = 10000,
};

int greeter_start(void)
{
	struct lunatic_proc supervisor;

	return lunatic_supervisor_start(&supervisor, NULL, &top);
}

/* Finds the greeter, which may be about to start. */
static int find(struct lunatic_proc *server)
{
	int status = lunatic_lookup("greeter", "1", server);

	for (int i = 0; status == LUNATIC_ENOTFOUND && i < PATIENCE; i++) {
		lunatic_sleep(1);
		status = lunatic_lookup("greeter", "1", server);
	}
	return status;
}

int greet(char text[GREETING_SIZE], const char *name)
{
	struct lunatic_proc server;
	struct lunatic_writer request;
	struct lunatic_reader reply;
	int status = find(&server);

	if (status != 0)
		return status;
	lunatic_request_begin(&request);
	lunatic_write_str(&request, name);
	status = lunatic_request_send(&request, server, &reply, PATIENCE);
	lunatic_proc_drop(server);
	if (status != 0)
		return status;
	lunatic_read_str(&reply, text, GREETING_SIZE);
	return lunatic_reader_end(&reply);
}
