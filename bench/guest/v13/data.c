/*
 * What processes of a module with DATA bytes of constant data cost: to spawn
 * and end, to ask, and to keep. "Reading" a tenth, or all, of the data is one
 * load from each 4 KiB of it: it touches all pages, and costs little itself;
 * what it takes in a process that has done it before is reported as well.
 *
 * Without standard input this measures and reports. Otherwise a line there,
 * "COUNT TENTHS", says how many processes shall read how much and wait;
 * bench/run.sh then looks at the memory of the whole program. The original
 * runs it, too.
 */
#define GENERATION_13
#include "../bench.h"

#include <stdbool.h>

#define ROUNDS 3
#define ROUND_NS 30000000
#define AT_ONCE 500
#define PAGE 4096

#if DATA > 0
/* The compiler would take gigabytes for an initialiser of that size. */
#define TEXT(x) #x
#define DATA_TEXT(x) TEXT(x)
__asm__(".section .data.bulk,\"\",@\n"
	".globl bulk\n"
	".p2align 12\n"
	"bulk:\n"
	".fill " DATA_TEXT(DATA) ", 1, 7\n"
	".size bulk, " DATA_TEXT(DATA) "\n");
extern const volatile uint8_t bulk[DATA];
#else
static const volatile uint8_t bulk[1] = { 7 };
#endif

static void read_tenths(uint32_t tenths)
{
	size_t size = (size_t)DATA / 10 * tenths;

	if (tenths == 10)
		size = DATA;
	for (size_t at = 0; at < size; at += PAGE)
		(void)bulk[at];
}

ENTRY(child)
void child(uint32_t tenths)
{
	uint64_t parent = receive_process();

	read_tenths(tenths);
	send_number(parent, 0, 1);
}

ENTRY(server)
void server(uint32_t tenths)
{
	uint64_t parent = receive_process();
	uint64_t number;

	do {
		number = receive_number();
		read_tenths(tenths);
		send_number(parent, 0, number);
	} while (number > 0);
}

ENTRY(idle)
void idle(uint32_t tenths)
{
	uint64_t parent = receive_process();

	read_tenths(tenths);
	send_number(parent, 0, 1);
	receive_number();
}

static void cycle(uint64_t unused, uint32_t tenths)
{
	uint64_t process = spawn("child", &tenths);

	(void)unused;
	send_process(process, this_process());
	receive_number();
}

static void ask(uint64_t process, uint32_t tenths)
{
	(void)tenths;
	send_number(process, 0, 1);
	receive_number();
}

static void read_again(uint64_t unused, uint32_t tenths)
{
	(void)unused;
	read_tenths(tenths);
}

/* Repeats until a round's time is over. */
static void measure(const char *series, void (*work)(uint64_t, uint32_t),
		    uint64_t process, uint32_t tenths)
{
	/* So that a look at the clock is a small part of it. */
	uint32_t batch = 1;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began = now();
		uint64_t count = 0;
		uint64_t took;

		do {
			for (uint32_t i = 0; i < batch; i++)
				work(process, tenths);
			count += batch;
			took = now() - began;
			if (took < ROUND_NS / 100)
				batch *= 2;
		} while (took < ROUND_NS);
		report(series, took, count);
	}
}

static void measure_part(uint32_t tenths, const char *spawn_series,
			 const char *request_series, const char *read_series)
{
	uint64_t process;

	measure(spawn_series, cycle, 0, tenths);
	process = spawn("server", &tenths);
	send_process(process, this_process());
	measure(request_series, ask, process, tenths);
	send_number(process, 0, 0);
	receive_number();
	if (tenths > 0)
		measure(read_series, read_again, 0, tenths);
}

/* False at the end of the input. */
static bool read_integer(uint32_t *number)
{
	bool any = false;
	char digit;

	*number = 0;
	while (read(STDIN_FILENO, &digit, 1) == 1 && digit >= '0') {
		*number = *number * 10 + (uint32_t)(digit - '0');
		any = true;
	}
	return any;
}

static void hold(uint32_t count, uint32_t tenths)
{
	for (uint32_t left = count; left > 0;) {
		uint32_t some = left < AT_ONCE ? left : AT_ONCE;

		for (uint32_t i = 0; i < some; i++)
			send_process(spawn("idle", &tenths), this_process());
		for (uint32_t i = 0; i < some; i++)
			receive_number();
		left -= some;
	}
	report("waiting", count, 1);
	receive_number();
}

int main(void)
{
	uint32_t count, tenths;

	if (read_integer(&count)) {
		read_integer(&tenths);
		hold(count, tenths);
		return 0;
	}
	measure_part(0, "data-spawn-none", "data-request-none", NULL);
	if (DATA == 0)
		return 0;
	measure_part(1, "data-spawn-tenth", "data-request-tenth",
		     "data-read-tenth");
	measure_part(10, "data-spawn-all", "data-request-all",
		     "data-read-all");
	return 0;
}
