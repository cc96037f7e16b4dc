// What an environment made by a guest forbids and bounds: host functions,
// memory, tables, fuel, nesting; and that none has more than its parent.
//
// options: --max-nesting 3
// stdout: passed
// stderr~ process::this. unavailable in this environment\.$
// stderr~ all fuel consumed by WebAssembly$
// stderr~ !spin$
// stderr~ !copy$
#include "env.h"

#define NO_MEMORY SIZE_MAX

// Traps where `this` is not allowed.
ENTRY(call_this)(void)
{
	lunatic_process_this();
}

ENTRY(spin)(void)
{
	for (volatile int i = 0;; i++)
		;
}

// Work of the host is paid for.
ENTRY(copy)(void)
{
	static char data[1 << 16];

	for (;;) {
		lunatic_message_create_data(0, 0);
		lunatic_message_write_data(data, sizeof(data));
	}
}

// Less than 10 MiB together: so many pages are left.
ENTRY(grow)(void)
{
	CHECK(__builtin_wasm_memory_grow(0, 1000) == NO_MEMORY);
	CHECK(__builtin_wasm_memory_grow(0, 10) != NO_MEMORY);
	while (__builtin_wasm_memory_grow(0, 1) != NO_MEMORY)
		;
	CHECK(__builtin_wasm_memory_size(0) <= 160);
	CHECK(__builtin_wasm_memory_size(0) >= 150);
}

// In an environment below one with 10 MiB and some fuel.
ENTRY(ask_for_more)(void)
{
	uint64_t module = add_this(make_environment(UINT64_MAX, UINT64_MAX));

	lunatic_process_die_when_link_dies(0);
	lunatic_process_drop_process(spawn_in(module, "grow", 1, 0));
	CHECK_EQ(receive_any(A_WHILE), TIMED_OUT);
	must_fail_in(module, "spin");
	exit(0);
}

// Has no `this`, and cannot give it to others.
ENTRY(pass_on)(void)
{
	uint64_t module = add_this(make_environment(MEMORY, 0));

	lunatic_process_die_when_link_dies(0);
	must_fail_in(module, "call_this");
}

ENTRY(nest)(int32_t level)
{
	uint64_t config = lunatic_process_create_config(MEMORY, 0);
	uint64_t environment, process, module;
	uint8_t params[PARAM_SIZE] = { I32, (uint8_t)(level + 1) };

	allow(config, "");
	if (level == 3) {
		CHECK_EQ(lunatic_process_create_environment(config,
							    &environment),
			 1);
		expect_error(environment, "nested too deeply");
		exit(7);
	}
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	module = add_this(environment);
	CHECK_EQ(lunatic_process_spawn(1, module, "nest", 4, params,
				       sizeof(params), &process),
		 0);
	// The failure of the innermost is passed on.
	receive_any(0);
}

static void namespaces(void)
{
	uint64_t config = lunatic_process_create_config(MEMORY, 0);
	uint64_t environment, module;

	allow(config, "wasi_");
	allow(config, "lunatic::error::");
	allow(config, "lunatic::message");
	allow(config, "lunatic::process::thi_");
	for (const char *const *name =
		     (const char *const[]){
			     "add_this_module", "allow_namespace", "create_",
			     "die_when_link_dies", "drop_", "spawn", NULL };
	     *name != NULL; name++) {
		char prefix[64];

		snprintf(prefix, sizeof(prefix), "lunatic::process::%s", *name);
		allow(config, prefix);
	}
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	module = add_this(environment);
	must_fail_in(module, "call_this");
	spawn_in(module, "pass_on", 77, 0);
	CHECK_EQ(receive_any(300), TIMED_OUT);
	// An environment where nothing is allowed.
	config = lunatic_process_create_config(MEMORY, 0);
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	must_fail_in(add_this(environment), "call_this");
}

static void memory(void)
{
	static const char table[] =
		"(module (table 1500000 funcref) (func (export \"go\")))";
	static const char growing[] =
		"(module (table 1 funcref) (memory (export \"memory\") 1)"
		" (func (export \"go\") (local i32)"
		"  (if (i32.ne (table.grow (ref.null func)"
		"   (i32.const 90000)) (i32.const -1)) (then unreachable))"
		"  (if (i32.ne (table.grow (ref.null func)"
		"   (i32.const 100)) (i32.const 1)) (then unreachable))"
		"  (if (i32.ne (memory.grow (i32.const 160))"
		"   (i32.const -1)) (then unreachable))"
		"  (if (i32.eq (memory.grow (i32.const 140))"
		"   (i32.const -1)) (then unreachable))))";
	uint64_t environment = make_environment(MEMORY, 0);
	uint64_t small = make_environment(1 << 16, 0);
	uint64_t module;

	spawn_in(add_this(environment), "grow", 78, 0);
	CHECK_EQ(receive_any(300), TIMED_OUT);
	expect_error(spawn_in(add_this(small), "grow", 0, 1), "memory");
	CHECK_EQ(lunatic_process_add_module(environment, table,
					    sizeof(table) - 1, &module),
		 0);
	expect_error(spawn_in(module, "go", 0, 1), "tables");
	CHECK_EQ(lunatic_process_add_module(environment, growing,
					    sizeof(growing) - 1, &module),
		 0);
	spawn_in(module, "go", 79, 0);
	CHECK_EQ(receive_any(300), TIMED_OUT);
}

int main(void)
{
	uint64_t module;

	lunatic_process_die_when_link_dies(0);
	namespaces();
	memory();
	module = add_this(make_environment(MEMORY, 100));
	must_fail_in(module, "spin");
	must_fail_in(module, "copy");
	module = add_this(make_environment(MEMORY, 2000));
	spawn_in(module, "ask_for_more", 80, 0);
	CHECK_EQ(receive_any(1000), TIMED_OUT);
	lunatic_process_drop_process(spawn_with("nest", 81, 0));
	expect_link_died(81);
	puts("passed");
	return 0;
}
