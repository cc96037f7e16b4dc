/*
 * Spawns as many processes as the first line of standard input says. Each
 * answers once, so that it has run, and then waits for a message that never
 * comes. A line on standard output tells when all of them wait; bench/run.sh
 * then looks at the memory of the whole program and ends it.
 */
#include "bench.h"

#define AT_ONCE 1000

ENTRY(idle)
void idle(void)
{
	send_number(receive_process(), 0, 1);
	receive_number();
}

static int read_count(void)
{
	int count = 0;
	char digit;

	while (read(STDIN_FILENO, &digit, 1) == 1 && digit >= '0')
		count = count * 10 + digit - '0';
	return count;
}

int main(void)
{
	int count = read_count();

	for (int waiting = 0; waiting < count; waiting += AT_ONCE) {
		for (int i = 0; i < AT_ONCE; i++)
			send_process(spawn("idle", NULL),
				     lunatic_process_this());
		for (int i = 0; i < AT_ONCE; i++)
			receive_number();
	}
	report("waiting", (uint64_t)count, 1);
	receive_number();
	return 0;
}
