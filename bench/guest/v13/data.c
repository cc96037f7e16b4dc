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
#include "../measure.h"

#define PAGE 4096
#ifndef DATA
#define DATA 0
#endif

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

static void start_idle(uint32_t tenths)
{
	send_process(spawn("idle", &tenths), this_process());
}

static void wait_one(void)
{
	receive_number();
}

int main(void)
{
	uint32_t count, tenths;

	if (read_integer(&count)) {
		read_integer(&tenths);
		hold(count, tenths, start_idle, wait_one);
		return 0;
	}
	measure_part(0, "data-spawn-none", "data-request-none", NULL);
	if (DATA == 0)
		return 0;
	measure_part(1, "data-spawn-tenth", "data-request-tenth",
		     "data-read-tenth");
	measure_part(10, "data-spawn-all", "data-request-all", "data-read-all");
	return 0;
}
