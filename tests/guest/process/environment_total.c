// What is in an environment counts in those above: processes, and memory.
//
// options: --max-processes 20 --max-total-memory 20M
// stdout: passed
#include "env.h"

static uint64_t module;

// Takes no memory.
static const char waiting[] =
	"(module (import \"lunatic::process\" \"sleep_ms\" (func $sleep (param"
	" i64))) (func (export \"go\") (call $sleep (i64.const 1000000))))";

// A module with more data than a page of memory has bytes.
static char large[70000];

static size_t make_large(void)
{
	static const char start[] = "(module (memory 2) (data (i32.const 0) \"";
	static const char end[] = "\"))";

	memset(large, 'a', sizeof(large));
	memcpy(large, start, sizeof(start) - 1);
	memcpy(large + sizeof(large) - (sizeof(end) - 1), end, sizeof(end) - 1);
	return sizeof(large);
}

// Grows until it cannot, says how far it got, and keeps it.
ENTRY(take_all)(void)
{
	while (__builtin_wasm_memory_grow(0, 1) != SIZE_MAX)
		;
	CHECK_EQ(receive_any(SOON), DATA);
	send_number(lunatic_message_take_process(0), 0,
		    (int64_t)__builtin_wasm_memory_size(0));
	receive_any(0);
}

static int64_t let_take(uint64_t *process)
{
	*process = spawn_in(module, "take_all", 0, 0);
	send_this(*process, 0);
	CHECK_EQ(receive_any(SOON), DATA);
	return read_number();
}

int main(void)
{
	uint64_t takers[2];
	uint64_t id;
	int64_t first;
	int alive = 1;

	lunatic_process_die_when_link_dies(0);
	module = add_this(make_environment(15 << 20, 0));
	// One has what its own limit allows, the other one the rest of all.
	first = let_take(&takers[0]);
	CHECK(first > 200 && first <= 240);
	CHECK(first + let_take(&takers[1]) <= 320);
	CHECK(__builtin_wasm_memory_grow(0, 64) == SIZE_MAX);
	// A module would need memory, too: this one more than a page.
	CHECK_EQ(lunatic_process_add_module(lunatic_process_this_env(), large,
					    make_large(), &id),
		 1);
	lunatic_error_drop(id);

	// It comes back when they end.
	for (int i = 0; i < 2; i++)
		send_number(takers[i], 0, 0);
	for (int i = 0; __builtin_wasm_memory_grow(0, 64) == SIZE_MAX; i++) {
		CHECK(i < 1000);
		lunatic_process_sleep_ms(10);
	}
	lunatic_process_sleep_ms(A_WHILE);
	CHECK_EQ(lunatic_process_add_module(make_environment(MEMORY, 0),
					    waiting, sizeof(waiting) - 1,
					    &module),
		 0);
	while (lunatic_process_spawn(0, module, "go", 2, NULL, 0, &id) == 0)
		CHECK(++alive <= 20);
	CHECK_EQ(alive, 20);
	lunatic_error_drop(id);
	puts("passed");
	return 0;
}
