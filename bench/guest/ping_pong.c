/*
 * Two processes send a number back and forth. A hop is what one side does:
 * create a message, write eight bytes, send it, receive the answer, read it.
 */
#include "bench.h"

#define ROUNDS 5
#define TRIPS 200000

ENTRY(echo)
void echo(void)
{
	uint64_t peer = receive_process();
	uint64_t number;

	do {
		number = receive_number();
		send_number(peer, 0, number);
	} while (number > 0);
}

int main(void)
{
	uint64_t peer = spawn("echo", NULL);

	send_process(peer, this_process());
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		for (uint64_t trip = TRIPS; trip > 0; trip--) {
			send_number(peer, 0, trip);
			receive_number();
		}
		report("pingpong", now() - began, 2 * TRIPS);
	}
	send_number(peer, 0, 0);
	receive_number();
	return 0;
}
