// Plugins that a guest gives to a configuration: applied in order to each
// module that is added, and to the original when a module is added again.
//
// stdout: passed
// stderr~ configuration 7777 does not exist .lunatic::process::add_plugin.$
#include "env.h"

// Exports a new function, of no parameters and results, under a name.
#define ADDS(name)                                                      \
	"(module"                                                       \
	" (import \"lunatic::plugin\" \"add_function_type\""            \
	"  (func $type (param i32 i32 i32 i32 i32) (result i32)))"      \
	" (import \"lunatic::plugin\" \"add_function\""                 \
	"  (func $add (param i32 i32 i32 i32 i32 i32) (result i32)))"   \
	" (import \"lunatic::plugin\" \"add_function_export\""          \
	"  (func $export (param i32 i32 i32)))"                         \
	" (memory (export \"memory\") 1)"                               \
	" (data (i32.const 0) \"\\0b" name "\")"                        \
	" (func (export \"lunatic_create_module_hook\")"                \
	"  (drop (call $type (i32.const 0) (i32.const 0) (i32.const 0)" \
	"   (i32.const 0) (i32.const 64)))"                             \
	"  (drop (call $add (i32.load (i32.const 64)) (i32.const 0)"    \
	"   (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))" \
	"  (call $export (i32.const 1) (i32.const 5)"                   \
	"   (i32.load (i32.const 64)))))"

static const char first[] = ADDS("first");
static const char other[] = ADDS("other");
static const char traps[] = "(module (func (export "
			    "\"lunatic_create_module_hook\") unreachable))";
static const char idle[] = "(module (func (export "
			   "\"lunatic_create_module_hook\")))";
/* Changes something all the same, or could. */
static const char early[] = "(module (import \"lunatic::plugin\" "
			    "\"function_type\" (func (param i32 i32 i32) "
			    "(result i32))) (func (export \"_initialize\")))";
static const char none[] = "(module (func (export \"_initialize\")))";

static uint64_t add(uint64_t config, const char *text, uint32_t len,
		    uint32_t result)
{
	uint64_t id = 99;

	CHECK_EQ(lunatic_process_add_plugin(config, text, len, &id), result);
	return id;
}

static uint64_t environment_of(uint64_t config)
{
	uint64_t environment;

	allow(config, "");
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	lunatic_process_drop_config(config);
	return environment;
}

static uint64_t new_config(void)
{
	return lunatic_process_create_config(MEMORY, 0);
}

static void changes(void)
{
	uint64_t config = new_config();
	uint64_t module, environment;

	CHECK_EQ(add(config, first, sizeof(first) - 1, 0), 0);
	CHECK_EQ(add(config, early, sizeof(early) - 1, 0), 0);
	CHECK_EQ(add(config, other, sizeof(other) - 1, 0), 0);
	environment = environment_of(config);
	module = add_this(environment);
	spawn_in(module, "first", 0, 0);
	spawn_in(module, "other", 0, 0);
	/* This module itself is as it was. */
	CHECK_EQ(lunatic_process_add_this_module(lunatic_process_this_env(),
						 &module),
		 0);
	expect_error(spawn_in(module, "first", 0, 1), "not found");
	/* Another environment, other plugins, from the original. */
	config = new_config();
	add(config, other, sizeof(other) - 1, 0);
	module = add_this(environment_of(config));
	spawn_in(module, "other", 0, 0);
	expect_error(spawn_in(module, "first", 0, 1), "not found");
}

static void failures(void)
{
	uint64_t config = new_config();
	uint64_t environment, id;

	expect_error(add(config, "junk", 4, 1), "not a WebAssembly module");
	expect_error(add(config, "", 0, 1), "empty");
	expect_error(add(config, none, sizeof(none) - 1, 1), "not a plugin");
	add(config, idle, sizeof(idle) - 1, 0);
	add(config, traps, sizeof(traps) - 1, 0);
	environment = environment_of(config);
	CHECK_EQ(lunatic_process_add_this_module(environment, &id), 1);
	expect_error(id, "plugin 2 of 2 failed: wasm `unreachable`");
	/* The same name twice. */
	config = new_config();
	add(config, first, sizeof(first) - 1, 0);
	add(config, first, sizeof(first) - 1, 0);
	CHECK_EQ(lunatic_process_add_this_module(environment_of(config), &id),
		 1);
	expect_error(id, "plugin 2 of 2 made a bad module");
	config = new_config();
	for (int i = 0; i < 16; i++)
		add(config, idle, sizeof(idle) - 1, 0);
	expect_error(add(config, idle, sizeof(idle) - 1, 1), "too many");
}

ENTRY(no_config)(void)
{
	add(7777, idle, sizeof(idle) - 1, 0);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail_in(add_this(lunatic_process_this_env()), "no_config");
	changes();
	failures();
	puts("passed");
	return 0;
}
