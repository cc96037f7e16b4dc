/*
 * What guest/latency.c measures, while instead of 100 busy processes there are
 * sandboxes under attack: modules that loop, copy, grow, recurse and flood
 * until their fuel is gone or they fail, and are started again at once, each in
 * an environment of its own.
 */
#include "bench.h"

#define SLEEPS 100
#define SLEEP_MS 5
#define DEATH 9
#define MEMORY (10 << 20)
#define FUEL 100 /* times 100,000 instructions */

static volatile uint32_t sink;

ENTRY(loops)
void loops(void)
{
	for (;;)
		sink++;
}

ENTRY(copies)
__attribute__((target("bulk-memory"))) void copies(void)
{
	const size_t size = 8 << 20;
	char *bytes = (char *)(__builtin_wasm_memory_grow(0, size >> 16) << 16);

	for (;;) {
		memmove(bytes + 1, bytes, size - 1);
		__asm__ volatile("" ::: "memory");
	}
}

ENTRY(grows)
void grows(void)
{
	for (;;) {
		size_t page = __builtin_wasm_memory_grow(0, 1);

		for (size_t at = 0; at < 65536; at += 4096)
			*(volatile char *)((page << 16) + at) = 1;
	}
}

__attribute__((noinline)) static uint32_t recurse(uint32_t depth)
{
	return depth == UINT32_MAX ? sink : recurse(depth + 1) * 3 + depth;
}

ENTRY(recurses)
void recurses(void)
{
	sink = recurse(sink);
}

ENTRY(floods)
void floods(void)
{
	uint64_t guard = receive_process();

	for (;;)
		send_number(guard, 77, 0);
}

static const char *const attacks[] = { "loops", "copies", "grows", "recurses",
				       "floods" };

#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

static uint64_t make_sandbox(void)
{
	static const char allowed[] = "lunatic::message::";
	uint64_t config = lunatic_process_create_config(MEMORY, FUEL);
	uint64_t environment;
	uint64_t module;

	lunatic_process_allow_namespace(config, allowed, sizeof(allowed) - 1);
	if (lunatic_process_create_environment(config, &environment) != 0 ||
	    lunatic_process_add_this_module(environment, &module) != 0)
		__builtin_trap();
	return module;
}

/* Sees one attack to its end; another guard begins the next one. */
ENTRY(guard)
void guard(uint32_t number)
{
	static const int64_t tag = DEATH;
	uint64_t module = make_sandbox();
	uint64_t process;

	lunatic_process_die_when_link_dies(0);
	if (lunatic_process_spawn(DEATH, module, attacks[number],
				  strlen(attacks[number]), NULL, 0,
				  &process) != 0)
		__builtin_trap();
	send_process(process, lunatic_process_this());
	lunatic_message_receive(&tag, 1, 0);
	spawn("guard", &number);
}

ENTRY(listener)
void listener(void)
{
	uint64_t starter = receive_process();

	for (int i = 0; i < SLEEPS; i++) {
		uint64_t sent = receive_number();

		report("sandboxdelivery", now() - sent, 1);
	}
	send_number(starter, 0, 1);
}

int main(void)
{
	uint64_t process = spawn("listener", NULL);

	/* Keeps the compiled code for the guards. */
	make_sandbox();
	send_process(process, lunatic_process_this());
	for (uint32_t i = 0; i < ATTACKS; i++)
		lunatic_process_drop_process(spawn("guard", &i));
	for (int i = 0; i < SLEEPS; i++) {
		uint64_t deadline = now() + SLEEP_MS * 1000000;
		uint64_t woken;

		lunatic_process_sleep_ms(SLEEP_MS);
		woken = now();
		report("sandboxwake", woken > deadline ? woken - deadline : 0,
		       1);
		send_number(process, 0, now());
	}
	receive_number();
	return 0;
}
