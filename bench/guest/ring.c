/*
 * A number travels round a ring of 1,000 processes, the first one included,
 * each of which passes it on. A hop is the way from one to the next.
 */
#include "bench.h"

#define MEMBERS 1000
#define ROUNDS 5
#define LAPS 500

ENTRY(member)
void member(void)
{
	uint64_t next = receive_process();
	uint64_t number;

	do {
		number = receive_number();
		send_number(next, 0, number);
	} while (number > 0);
}

int main(void)
{
	uint64_t next = this_process();

	for (int i = 1; i < MEMBERS; i++) {
		uint64_t process = spawn("member", NULL);

		send_process(process, next);
		next = process;
	}
	/* The first lap is not timed: members still start up. */
	send_number(next, 0, 1);
	receive_number();
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		for (uint64_t lap = LAPS; lap > 0; lap--) {
			send_number(next, 0, lap);
			receive_number();
		}
		report("ring", now() - began, (uint64_t)LAPS * MEMBERS);
	}
	send_number(next, 0, 0);
	receive_number();
	return 0;
}
