/*
 * 100 processes compute without a pause while another one sleeps 5 ms at a
 * time: how much later than asked for does it run? On waking it sends the time
 * to a third process: how long does that message take?
 */
#include "bench.h"

#define SPINNERS 100
#define SLEEPS 100
#define SLEEP_MS 5

ENTRY(spin)
void spin(void)
{
	for (;;)
		__asm__ volatile("");
}

ENTRY(listener)
void listener(void)
{
	uint64_t starter = receive_process();

	for (int i = 0; i < SLEEPS; i++) {
		uint64_t sent = receive_number();

		report("delivery", now() - sent, 1);
	}
	send_number(starter, 0, 1);
}

int main(void)
{
	uint64_t process = spawn("listener", NULL);

	send_process(process, lunatic_process_this());
	for (int i = 0; i < SPINNERS; i++)
		lunatic_process_drop_process(spawn("spin", NULL));
	for (int i = 0; i < SLEEPS; i++) {
		uint64_t deadline = now() + SLEEP_MS * 1000000;
		uint64_t woken;

		lunatic_process_sleep_ms(SLEEP_MS);
		woken = now();
		report("wake", woken > deadline ? woken - deadline : 0, 1);
		send_number(process, 0, now());
	}
	receive_number();
	return 0;
}
