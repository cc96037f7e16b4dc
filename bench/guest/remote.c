/*
 * What it takes to talk to a process on another node, whose name is the
 * argument: a number there and back, by one pair of processes and by 64 at
 * once; messages that nobody answers, of 8 bytes and of 64 KiB; a process that
 * is spawned there, sends one message back, and ends.
 */
#include "bench.h"

#include <stdlib.h>

#define ROUNDS 5
#define PAIRS 64
#define TRIPS_ALONE 8000
#define TRIPS_TOGETHER 500
#define SMALL_TIMES 100000
#define LARGE_TIMES 2000
#define LARGE 65536
#define SPAWNS 500

static uint8_t large[LARGE];
static uint64_t samples[TRIPS_ALONE];

/* Runs on the other node. */
ENTRY(echo)
void echo(void)
{
	uint64_t peer = receive_process();

	for (;;)
		send_number(peer, 0, receive_number());
}

/* So does this: answers the messages with a tag. */
ENTRY(sink)
void sink(void)
{
	uint64_t peer = receive_process();

	for (;;) {
		lunatic_message_receive(NULL, 0, 0);
		if (lunatic_message_get_tag() == 1)
			send_number(peer, 0, 1);
	}
}

ENTRY(child)
void child(void)
{
	send_number(receive_process(), 0, 1);
}

static uint64_t spawn_there(uint64_t module, const char *name)
{
	uint64_t process;

	if (lunatic_process_spawn(0, module, name, strlen(name), NULL, 0,
				  &process) != 0)
		abort();
	return process;
}

/* Sends numbers there and back when it is told to, and tells how long each
 * took when it is told to. */
ENTRY(pinger)
void pinger(uint32_t trips)
{
	uint64_t starter = receive_process();
	uint64_t peer = receive_process();

	send_process(peer, lunatic_process_this());
	receive_number();
	for (uint32_t i = 0; i < trips; i++) {
		uint64_t start = now();

		send_number(peer, 0, i);
		receive_number();
		samples[i] = now() - start;
	}
	send_number(starter, 0, 1);
	receive_number();
	for (uint32_t i = 0; i < trips; i++)
		report(trips == TRIPS_ALONE ? "remotetrip" : "remoteload",
		       samples[i], 1);
	send_number(starter, 0, 1);
}

/* Has `count` of them do so at once. */
static void ping(uint64_t module, uint32_t count, uint32_t trips)
{
	static uint64_t pingers[PAIRS];
	uint64_t peer;

	for (uint32_t i = 0; i < count; i++) {
		pingers[i] = spawn("pinger", &trips);
		peer = spawn_there(module, "echo");
		send_process(pingers[i], lunatic_process_this());
		send_process(pingers[i], peer);
	}
	for (int step = 0; step < 2; step++) {
		for (uint32_t i = 0; i < count; i++)
			send_number(pingers[i], 0, 1);
		for (uint32_t i = 0; i < count; i++)
			receive_number();
	}
}

static void flood(uint64_t module, const char *series, uint32_t size,
		  uint32_t times)
{
	uint64_t peer = spawn_there(module, "sink");

	send_process(peer, lunatic_process_this());
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = now();

		for (uint32_t i = 0; i < times; i++) {
			lunatic_message_create_data(i + 1 == times, size);
			lunatic_message_write_data(large, size);
			lunatic_message_send(peer);
		}
		receive_number();
		report(series, now() - start, times);
	}
}

static void spawns(uint64_t module)
{
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = now();

		for (uint32_t i = 0; i < SPAWNS; i++) {
			uint64_t process = spawn_there(module, "child");

			send_process(process, lunatic_process_this());
			receive_number();
			lunatic_process_drop_process(process);
		}
		report("remotespawn", now() - start, SPAWNS);
	}
}

int main(int argc, char **argv)
{
	uint64_t config = lunatic_process_create_config(UINT64_MAX, 0);
	uint64_t environment, module;

	lunatic_process_allow_namespace(config, "", 0);
	if (argc < 2 ||
	    lunatic_process_create_remote_environment(
		    config, argv[1], strlen(argv[1]), &environment) != 0 ||
	    lunatic_process_add_this_module(environment, &module) != 0)
		abort();
	ping(module, 1, TRIPS_ALONE);
	ping(module, PAIRS, TRIPS_TOGETHER);
	flood(module, "remotesmall", 8, SMALL_TIMES);
	flood(module, "remotelarge", LARGE, LARGE_TIMES);
	spawns(module);
	return 0;
}
