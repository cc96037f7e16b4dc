// A server keeps a count, and a supervisor restarts the server: after a failure
// it counts from the beginning.
//
// Build: lunatic-cc counter.c -o counter.wasm
// Run:   lunatic counter.wasm
//
// stdout: counted to 1
// stdout: counted to 3
// stdout: the counter fails
// stdout: counted to 10
// stderr~ supervisor: child 'counter' has exited with status 1 and is started
#include <lunatic.h>
#include <unistd.h>

static void count(void *state, struct lunatic_reader *request,
		  struct lunatic_writer *reply)
{
	int64_t *value = state;

	*value += lunatic_read_int(request);
	lunatic_write_int(reply, *value);
}

// A message that needs no answer: this one makes the server fail.
static void crash(void *state, struct lunatic_reader *message)
{
	(void)state;
	lunatic_skip(message);
	puts("the counter fails");
	fflush(stdout);
	_exit(1);
}

static const struct lunatic_server counter = {
	.state_size = sizeof(int64_t),
	.call = count,
	.cast = crash,
};

static const struct lunatic_child children[] = {
	{ .name = "counter", .server = &counter },
};

static const struct lunatic_supervisor supervisor = {
	.children = children,
	.count = 1,
};

// A server that has just failed gives no answer, and is not found for a moment:
// ask again.
static void add(struct lunatic_proc top, int64_t number)
{
	struct lunatic_proc server;
	struct lunatic_writer request;
	struct lunatic_reader reply;
	int status = LUNATIC_ETIMEDOUT;

	while (status != 0) {
		status = lunatic_supervisor_find(top, "counter", &server, 1000);
		if (status != 0)
			continue;
		lunatic_request_begin(&request);
		lunatic_write_int(&request, number);
		status = lunatic_request_send(&request, server, &reply, 1000);
		lunatic_proc_drop(server);
	}
	printf("counted to %lld\n", (long long)lunatic_read_int(&reply));
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_proc server;
	struct lunatic_proc top;

	if (lunatic_supervisor_start(&top, NULL, &supervisor) != 0)
		return 1;
	add(top, 1);
	add(top, 2);
	if (lunatic_supervisor_find(top, "counter", &server, 1000) != 0)
		return 1;
	lunatic_send_tag(server, 0);
	add(top, 10);
	return 0;
}
