// Components are processes beside those of modules, here on one worker: they
// are preempted, killed in a loop and parked, monitored, and end with a status.
//
// engine: wasmtime
// options: --workers 1
// stdout: passed
#include <lunatic.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "lives.h"

#define LOOPS 10
#define SLEEPERS 100
#define SPAWNS 300

// A component of one core module, whose fields are between these.
#define BEGIN "(component (core module $M "
#define END ") (core instance $m (instantiate $M)) " EXPORT
#define EXPORT                                       \
	"(func $run (result (result))"               \
	"  (canon lift (core func $m \"run\")))"     \
	"(instance $e (export \"run\" (func $run)))" \
	"(export \"wasi:cli/run@0.2.0\" (instance $e)))"

static const char loops[] = BEGIN "(func (export \"run\") (result i32)"
				  "  (loop (br 0)) (i32.const 0))" END;
static const char returns[] =
	BEGIN "(memory 1) (func (export \"run\") (result i32)"
	      "  (i32.const 0))" END;
static const char fails[] =
	BEGIN "(func (export \"run\") (result i32) (i32.const 1))" END;

// Waits for a pollable that is ready in days.
static const char sleeps[] =
	"(component (import \"wasi:io/poll@0.2.0\" (instance $p"
	" (export \"pollable\" (type $t (sub resource)))"
	" (export \"[method]pollable.block\""
	"  (func (param \"self\" (borrow $t))))))"
	"(alias export $p \"pollable\" (type $t))"
	"(alias export $p \"[method]pollable.block\" (func $block))"
	"(import \"wasi:clocks/monotonic-clock@0.2.0\" (instance $c"
	" (alias outer 1 $t (type $u)) (export \"pollable\" (type $v (eq $u)))"
	" (export \"subscribe-duration\""
	"  (func (param \"when\" u64) (result (own $v))))))"
	"(alias export $c \"subscribe-duration\" (func $after))"
	"(core func $b (canon lower (func $block)))"
	"(core func $a (canon lower (func $after)))"
	"(core module $M (import \"\" \"b\" (func $b (param i32)))"
	" (import \"\" \"a\" (func $a (param i64) (result i32)))"
	" (func (export \"run\") (result i32)"
	"  (call $b (call $a (i64.const 1000000000000000)))"
	"  (i32.const 0)))"
	"(core instance $m (instantiate $M (with \"\" (instance"
	" (export \"b\" (func $b)) (export \"a\" (func $a))))))" EXPORT;

static uint64_t add(const char *text)
{
	uint64_t module;

	CHECK_EQ(lunatic_process_add_module(lunatic_process_this_env(), text,
					    strlen(text), &module),
		 0);
	return module;
}

static void kill_all(uint64_t module, int count)
{
	struct lunatic_proc processes[SLEEPERS];

	for (int i = 0; i < count; i++)
		processes[i] = start(module);
	// They have the worker in turns, and this process has its own.
	for (int i = 0; i < 3; i++)
		lunatic_process_sleep_ms(5);
	for (int i = 0; i < count; i++)
		lunatic_proc_kill(processes[i]);
	for (int i = 0; i < count; i++)
		CHECK_EQ(await().reason, LUNATIC_KILLED);
}

int main(void)
{
	uint64_t module = add(fails);
	struct lunatic_end end;

	start(module);
	end = await();
	CHECK_EQ(end.reason, LUNATIC_EXITED);
	CHECK_EQ(end.status, 1);
	kill_all(add(loops), LOOPS);
	kill_all(add(sleeps), SLEEPERS);
	module = add(returns);
	for (int i = 0; i < SPAWNS; i++)
		start(module);
	for (int i = 0; i < SPAWNS; i++)
		CHECK_EQ(await().reason, LUNATIC_RETURNED);
	puts("passed");
	return 0;
}
