/*
 * The guest of tests/cli/engine_auto.sh, which is compiled with FUNCTIONS that
 * are never called but take long to compile. In each round a process answers
 * and traps, and one that computes for ever is killed, or runs out of fuel;
 * this one is linked with both, and hears of that.
 */
#include <lunatic/abi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY(name) __attribute__((export_name(#name), used)) void name(void)

/* Loops, branches and calls, as many as FUNCTIONS has. */
#define FUNCTION(name)                                         \
	__attribute__((used, noinline)) int name(int a, int b) \
	{                                                      \
		for (int i = 0; i < b; i++) {                  \
			switch ((a + i) % 7) {                 \
			case 0:                                \
				a = a * 31 + b;                \
				break;                         \
			case 1:                                \
				b = (b ^ a) / (i + 1);         \
				break;                         \
			case 2:                                \
				a -= b % (i + 3);              \
				break;                         \
			case 3:                                \
				b += name(a, b - 1);           \
				break;                         \
			case 4:                                \
				a = a << (b & 7);              \
				break;                         \
			case 5:                                \
				b = a > b ? a - b : b;         \
				break;                         \
			default:                               \
				a ^= __LINE__ + i;             \
				break;                         \
			}                                      \
		}                                              \
		return a ^ b;                                  \
	}
#define TWO(n) FUNCTION(n##0) FUNCTION(n##1)
#define FOUR(n) TWO(n##0) TWO(n##1)
#define SIXTEEN(n) FOUR(n##0) FOUR(n##1) FOUR(n##2) FOUR(n##3)
#define SIXTY_FOUR(n) SIXTEEN(n##0) SIXTEEN(n##1) SIXTEEN(n##2) SIXTEEN(n##3)

FUNCTIONS

__attribute__((noinline)) void broken(void)
{
	__builtin_trap();
}

ENTRY(answer)
{
	uint64_t parent;

	lunatic_message_receive(NULL, 0, 0);
	parent = lunatic_message_take_process(0);
	lunatic_message_create_data(2, 0);
	lunatic_message_send(parent);
	broken();
}

ENTRY(spin)
{
	for (volatile int i = 0;; i++)
		;
}

static uint64_t spawn(const char *entry, int64_t link)
{
	uint64_t process;

	if (lunatic_process_inherit_spawn(link, entry, strlen(entry), NULL, 0,
					  &process) != 0)
		abort();
	return process;
}

static void expect(uint32_t kind, int64_t tag)
{
	if (lunatic_message_receive(&tag, 1, 60000) != kind)
		abort();
}

int main(int argc, char **argv)
{
	int kills = argc < 2 || strcmp(argv[1], "fuel") != 0;

	lunatic_process_die_when_link_dies(0);
	for (int i = 0;; i++) {
		uint64_t process = spawn("answer", 5);

		lunatic_message_create_data(1, 0);
		lunatic_message_push_process(lunatic_process_this());
		lunatic_message_send(process);
		expect(0, 2);
		expect(1, 5);
		lunatic_process_drop_process(process);
		process = spawn("spin", 6);
		if (kills)
			lunatic_process_kill(process);
		expect(1, 6);
		lunatic_process_drop_process(process);
		printf("round %d\n", i);
		fflush(stdout);
		lunatic_process_sleep_ms(20);
	}
}
