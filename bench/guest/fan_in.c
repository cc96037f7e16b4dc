/*
 * 100 processes send to one mailbox as fast as they can. Timed from the moment
 * at which they are told to start until the last message was read.
 */
#include "bench.h"

#define SENDERS 100
#define ROUNDS 5
#define EACH 2000

ENTRY(sender)
void sender(void)
{
	uint64_t sink = receive_process();

	for (int round = 0; round < ROUNDS; round++) {
		receive_number();
		for (uint64_t i = 0; i < EACH; i++)
			send_number(sink, 0, i);
	}
}

int main(void)
{
	uint64_t senders[SENDERS];

	for (int i = 0; i < SENDERS; i++) {
		senders[i] = spawn("sender", NULL);
		send_process(senders[i], this_process());
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		for (int i = 0; i < SENDERS; i++)
			send_number(senders[i], 0, 0);
		for (int i = 0; i < SENDERS * EACH; i++)
			receive_number();
		report("fanin", now() - began, SENDERS * EACH);
	}
	return 0;
}
