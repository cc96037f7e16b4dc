/*
 * The cycle of spawn.c alone, for profiles: bench/spawn_parts.sh.
 */
#include "bench.h"

#define ROUNDS 30
#define TIMES 50000

ENTRY(child)
void child(void)
{
	send_number(receive_process(), 0, 1);
}

int main(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		for (int i = 0; i < TIMES; i++) {
			uint64_t process = spawn("child", NULL);

			send_process(process, this_process());
			receive_number();
			drop_process(process);
		}
		report("spawn", now() - began, TIMES);
	}
	return 0;
}
