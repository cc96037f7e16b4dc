/*
 * Processes that wait in a call until they are killed, or until the call is
 * over in time. Reads commands from standard input, answers each by a line:
 *
 *   hold CALL COUNT    COUNT processes call, and one boss is linked to them
 *   fail               the boss fails, and they are killed
 *   time CALL COUNT    one process calls COUNT times, with a timeout
 *   room               the answer is how many more descriptors there may be
 *
 * Arguments: the port of descriptor 3, a listener, and that of a listener which
 * nobody accepts from. Descriptor 4 is a directory with a FIFO.
 *
 * For a guest of any generation, which includes its net.h before, and has the
 * calls and the processes.
 */
#ifndef LUNATIC_TESTS_NET_PARKED_H
#define LUNATIC_TESTS_NET_PARKED_H

#define BIG 65536

/* Tags */
#define READY 1
#define FAIL 2

struct call {
	const char *name;
	void (*prepare)(void);
	void (*wait)(void);
	/* With a timeout of some milliseconds; NULL: it has none. */
	void (*in_time)(uint32_t timeout);
	void (*clean)(void); /* after that */
};

/* The guest's own. */
extern const struct call calls[];
extern const int call_count;

/* Starts the boss and its processes; returns when they are about to wait. */
static uint64_t hold(int call, int count);

/* Has the boss fail, and returns when it has. */
static void fail(uint64_t boss);

static uint8_t page[BIG];
static uint16_t open_port;
static uint16_t deaf_port;
static uint64_t listener;
static uint64_t client;
static uint64_t server;

static inline void never(void)
{
	CHECK(!"the call should wait");
}

static int find(const char *name)
{
	for (int i = 0; i < call_count; i++) {
		if (strcmp(calls[i].name, name) == 0)
			return i;
	}
	printf("no call %s\n", name);
	exit(EXIT_FAILURE);
}

static void in_time(const struct call *call, int count)
{
	CHECK(call->in_time != NULL);
	call->prepare();
	for (int i = 0; i < count; i++)
		call->in_time(1 + (uint32_t)i % 3);
	call->clean();
}

/* Opens sockets until the bound is reached. */
static int count_room(void)
{
	static uint64_t ids[1000];
	int count = 0;

	while (lunatic_networking_tcp_bind(4, (void *)loopback, 0, 0, 0,
					   &ids[count]) == OK)
		count++;
	expect_error(ids[count], "Too many open files (os error 24)");
	for (int i = 0; i < count; i++)
		lunatic_networking_drop_tcp_listener(ids[i]);
	return count;
}

int main(int argc, char **argv)
{
	char line[100];
	uint64_t boss_id = 0;

	CHECK_EQ(argc, 3);
	open_port = (uint16_t)atoi(argv[1]);
	deaf_port = (uint16_t)atoi(argv[2]);
	lunatic_process_die_when_link_dies(0);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char name[40];
		int count;

		if (sscanf(line, "hold %39s %d", name, &count) == 2) {
			boss_id = hold(find(name), count);
		} else if (strcmp(line, "fail\n") == 0) {
			fail(boss_id);
		} else if (sscanf(line, "time %39s %d", name, &count) == 2) {
			in_time(&calls[find(name)], count);
		} else if (strcmp(line, "room\n") == 0) {
			printf("%d\n", count_room());
			fflush(stdout);
			continue;
		} else {
			printf("not understood: %s", line);
			return EXIT_FAILURE;
		}
		puts("done");
		fflush(stdout);
	}
	return 0;
}

#endif
