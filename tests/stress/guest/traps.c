// Every way in which a guest can fail, by hundreds at once, next to processes
// that compute and must get the right result although they are preempted and
// moved between threads all the time.
//
// options: --max-memory 16M
// timeout: 50
// stdout: passed
// stderr~ trapped: wasm `unreachable` instruction executed$
// stderr~ trapped: integer divide by zero$
// stderr~ trapped: integer overflow$
// stderr~ trapped: out of bounds memory access$
// stderr~ trapped: .*out of bounds table access$
// stderr~ trapped: uninitialized element$
// stderr~ trapped: indirect call type mismatch$
// stderr~ trapped: call stack exhausted$
// stderr~ trapped: invalid conversion to integer$
// stderr~ trapped: no message is being worked on \(lunatic::message::get_tag\)$
// stderr~ !misbehave$
#include "../../guest/check.h"

#ifndef EACH
#define EACH 200
#endif
#define COMPUTING 60
#define KILLERS 60

enum kind {
	UNREACHABLE,
	DIVIDE,
	OVERFLOW,
	MEMORY,
	TABLE,
	NULL_CALL,
	SIGNATURE,
	STACK,
	NOT_A_NUMBER,
	TOO_LARGE,
	HOST,
	TRAPS,
	// What follows fails only when a link kills it, or not at all.
	SPIN = TRAPS,
	SPIN_IN_HOST,
	SPIN_DEEP,
	KINDS
};

// Tags of messages; those of links are kinds, counted from FIRST_LINK.
enum { BOSS = 1, CHILD, GO, RESULT, FIRST_LINK = 100 };

static volatile int32_t zero, one = 1, minus_one = -1, lowest = INT32_MIN;
static volatile float much = 1e30f, not_a_number = __builtin_nanf("");
static volatile uint32_t sink;

__attribute__((noinline)) static uint32_t recurse(uint32_t left)
{
	if (left == 0)
		return sink;
	return recurse(left - 1) * 3 + left;
}

__attribute__((noinline)) static void spin(void)
{
	while (zero == 0)
		sink++;
}

__attribute__((noinline)) static uint32_t spin_deep(uint32_t left)
{
	if (left == 0) {
		spin();
		return 0;
	}
	return spin_deep(left - 1) + left;
}

static int takes_int(int a)
{
	return a + one;
}

// Never called with its own type.
int (*volatile some_function)(int) = takes_int;

static void trap(int32_t kind)
{
	switch (kind) {
	case UNREACHABLE:
		__builtin_trap();
	case DIVIDE:
		sink = (uint32_t)(one / zero);
		break;
	case OVERFLOW:
		sink = (uint32_t)(lowest / minus_one);
		break;
	case MEMORY:
		sink = *(volatile uint32_t *)(uintptr_t)(UINT32_MAX - 2);
		break;
	case TABLE:
		((void (*)(void))(uintptr_t)(1000000 + zero))();
		break;
	case NULL_CALL:
		((void (*)(void))(uintptr_t)zero)();
		break;
	case SIGNATURE:
		((double (*)(double))(void (*)(void))some_function)(1.0);
		break;
	case STACK:
		sink = recurse(UINT32_MAX);
		break;
	case NOT_A_NUMBER:
		sink = (uint32_t)__builtin_wasm_trunc_s_i32_f32(not_a_number);
		break;
	case TOO_LARGE:
		sink = (uint32_t)__builtin_wasm_trunc_s_i32_f32(much);
		break;
	case HOST:
		lunatic_message_get_tag();
		break;
	case SPIN:
		spin();
		break;
	case SPIN_IN_HOST:
		for (;;)
			lunatic_process_drop_process(lunatic_process_this());
	case SPIN_DEEP:
		sink = spin_deep(2000);
		break;
	}
}

// Fails, some of them only after having run for a while.
ENTRY(misbehave)(int32_t kind)
{
	if (sink++ != 0)
		exit(9); // the memory of another process
	for (int i = 0; i < 100000 && kind % 2 == 0; i++)
		sink++;
	trap(kind);
	exit(0); // it should not have come here: nobody is told, main waits
}

// Spawns one that never ends, shows it to main, and takes it along.
ENTRY(killer)(int32_t kind)
{
	uint64_t boss, child;

	CHECK_EQ(receive_tag(BOSS, 0), DATA);
	boss = lunatic_message_take_process(0);
	child = spawn_with("misbehave", 1, kind);
	lunatic_message_create_data(CHILD, 0);
	lunatic_message_push_process(child);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_write_data(&(int64_t){ kind }, 8);
	lunatic_message_send(boss);
	CHECK_EQ(receive_tag(GO, 0), DATA);
	exit(1);
}

// A result that depends on locals, memory, calls and the host.
static uint64_t work(uint32_t seed)
{
	static uint32_t table[1024];
	uint64_t hash = seed * 0x9e3779b97f4a7c15u;
	double sum = 0;

	for (uint32_t i = 0; i < 1024; i++)
		table[i] = seed + i;
	for (uint32_t round = 0; round < 40; round++) {
		for (uint32_t i = 0; i < 20000; i++) {
			uint32_t at = (uint32_t)(hash >> 54);

			hash = (hash ^ table[at]) * 0xff51afd7ed558ccdu;
			hash ^= hash >> 33;
			table[at] += (uint32_t)hash;
			sum += (double)(table[i & 1023] & 0xff) * 0.5;
		}
		hash += recurse(round * 20);
		if (round % 8 == seed % 8)
			lunatic_process_sleep_ms(seed % 3);
	}
	return hash ^ (uint64_t)sum;
}

ENTRY(compute)(int32_t seed)
{
	uint64_t boss;
	uint64_t result[2];

	CHECK_EQ(receive_tag(BOSS, 0), DATA);
	boss = lunatic_message_take_process(0);
	sink = 0;
	result[0] = (uint64_t)seed;
	result[1] = work((uint32_t)seed);
	lunatic_message_create_data(RESULT, 16);
	lunatic_message_write_data(result, 16);
	lunatic_message_send(boss);
}

// Memory can grow to the limit and not beyond; deep calls come back.
ENTRY(behave)(void)
{
	uint64_t boss;
	uint64_t result[2] = { UINT64_MAX, 0 };

	CHECK_EQ(receive_tag(BOSS, 0), DATA);
	boss = lunatic_message_take_process(0);
	CHECK_EQ(__builtin_wasm_memory_grow(0, 257), SIZE_MAX);
	CHECK_EQ(__builtin_wasm_memory_grow(0, UINT16_MAX), SIZE_MAX);
	while (__builtin_wasm_memory_grow(0, 1) != SIZE_MAX)
		;
	/* The module's table takes a little of the 256 pages. */
	CHECK_EQ(__builtin_wasm_memory_size(0), 255);
	CHECK_EQ(*(volatile uint8_t *)(uintptr_t)((255 << 16) - 1), 0);
	*(volatile uint8_t *)(uintptr_t)((255 << 16) - 1) = 1;
	sink = 0;
	result[1] = recurse(3000);
	lunatic_message_create_data(RESULT, 16);
	lunatic_message_write_data(result, 16);
	lunatic_message_send(boss);
}

static uint32_t told[KINDS];
static uint32_t results, behaved;
static uint64_t wanted[COMPUTING];

static void note_result(void)
{
	uint64_t result[2];

	CHECK_EQ(lunatic_message_read_data(result, 16), 16);
	if (result[0] == UINT64_MAX) {
		CHECK_EQ(result[1], recurse(3000));
		behaved++;
		return;
	}
	CHECK(result[0] < COMPUTING);
	CHECK(result[1] == wanted[result[0]]);
	wanted[result[0]] = 0;
	results++;
}

static void note_child(void)
{
	uint64_t child = lunatic_message_take_process(0);
	uint64_t killer = lunatic_message_take_process(1);

	lunatic_process_link(FIRST_LINK + read_number(), child);
	send_number(killer, GO, 0);
	lunatic_process_drop_process(child);
	lunatic_process_drop_process(killer);
}

static void note(void)
{
	uint32_t type = receive_any(5 * SOON);
	int64_t tag = type == TIMED_OUT ? 0 : lunatic_message_get_tag();

	if (type == TIMED_OUT) {
		for (int i = 0; i < KINDS; i++)
			printf("%d: %u\n", i, told[i]);
		printf("results: %u, behaved: %u\n", results, behaved);
		CHECK(!"nothing more comes");
	}
	if (type == LINK_DIED) {
		CHECK(tag >= FIRST_LINK && tag < FIRST_LINK + KINDS);
		told[tag - FIRST_LINK]++;
	} else if (tag == RESULT) {
		note_result();
	} else {
		CHECK_EQ(tag, CHILD);
		note_child();
	}
}

static void one_of_each(void)
{
	for (int32_t kind = 0; kind < TRAPS; kind++) {
		spawn_with("misbehave", FIRST_LINK + kind, kind);
		while (told[kind] == 0)
			note();
		told[kind] = 0;
	}
}

static bool all_done(void)
{
	for (int i = 0; i < KINDS; i++) {
		if (told[i] < (i < TRAPS ? EACH : KILLERS))
			return false;
	}
	return results == COMPUTING && behaved == KILLERS;
}

static void start(uint64_t process)
{
	send_this(process, BOSS);
	lunatic_process_drop_process(process);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	one_of_each();
	for (uint32_t i = 0; i < COMPUTING; i++)
		wanted[i] = work(i);
	sink = 0;
	for (int i = 0; i < EACH; i++) {
		for (int32_t kind = 0; kind < TRAPS; kind++)
			lunatic_process_drop_process(spawn_with(
				"misbehave", FIRST_LINK + kind, kind));
		if (i < COMPUTING)
			start(spawn_with("compute", 0, i));
		if (i < KILLERS) {
			start(spawn("behave", 0));
			for (int32_t kind = TRAPS; kind < KINDS; kind++)
				start(spawn_with("killer", 0, kind));
		}
	}
	while (!all_done())
		note();
	// No more than there were.
	CHECK_EQ(receive_any(A_WHILE), TIMED_OUT);
	for (int i = 0; i < KINDS; i++)
		CHECK_EQ(told[i], i < TRAPS ? EACH : KILLERS);
	puts("passed");
	return 0;
}
