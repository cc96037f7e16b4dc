// Modules and processes in messages.
//
// stdout: passed
// stderr~ permissions to spawn sub-processes \(lunatic::process::spawn\)$
// stderr~ trapped: .*unreachable
#include "../check.h"

static uint64_t self;

// Sends an empty message to the process of the id that it is given.
static const char sender[] = "(module"
			     " (import \"lunatic::message\" \"create_data\""
			     "  (func (param i64 i64)))"
			     " (import \"lunatic::message\" \"send\""
			     "  (func (param i64) (result i32)))"
			     " (func (export \"f\") (param i64)"
			     "  (call 0 (i64.const 50) (i64.const 0))"
			     "  (drop (call 1 (local.get 0)))))";

static uint64_t compile(void)
{
	uint64_t module = 0;

	CHECK_EQ(lunatic_process_compile_module(sender, sizeof(sender) - 1,
						&module),
		 0);
	return module;
}

static uint32_t spawn_from(uint64_t module, uint64_t to)
{
	uint8_t params[PARAM_SIZE] = { I64 };
	uint64_t id;

	memcpy(params + 1, &to, sizeof(to));
	return lunatic_process_spawn(0, OWN, module, "f", 1, params,
				     sizeof(params), &id);
}

// Spawns from each module that it gets, and tells `to`.
ENTRY(spawner)(int64_t to)
{
	for (;;) {
		uint64_t first, second;

		CHECK_EQ(receive_any(NO_LIMIT), DATA);
		second = lunatic_message_take_module(1);
		first = lunatic_message_take_module(0);
		CHECK(first != second);
		CHECK_EQ(spawn_from(first, (uint64_t)to), 0);
		CHECK_EQ(spawn_from(second, (uint64_t)to), 0);
		lunatic_process_drop_module(first);
		lunatic_process_drop_module(second);
	}
}

static void send_twice(uint64_t to, uint64_t module)
{
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_module(module), 0);
	CHECK_EQ(lunatic_message_push_module(module), 1);
	CHECK_EQ(lunatic_message_send(to), 0);
}

static void expect_two(void)
{
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(receive_any(SOON), DATA);
		CHECK_EQ(lunatic_message_get_tag(), 50);
	}
}

static void modules(void)
{
	uint64_t module = compile();
	uint64_t child = spawn_with("spawner", 0, (int64_t)self);

	send_twice(child, module);
	expect_two();
	// Who sends it still has it, and may drop it.
	CHECK_EQ(spawn_from(module, self), 0);
	CHECK_EQ(receive_any(SOON), DATA);
	send_twice(child, module);
	lunatic_process_drop_module(module);
	expect_two();
	lunatic_process_kill(child);
	// In a message that nobody takes.
	module = compile();
	send_twice(self, module);
	lunatic_process_drop_module(module);
	CHECK_EQ(receive_any(0), DATA);
	lunatic_message_create_data(0, 0);
}

// One that is spawned with a configuration has an environment of its own.
static void elsewhere(void)
{
	uint64_t config = lunatic_process_create_config();
	uint64_t module = compile();
	uint8_t params[PARAM_SIZE] = { I64 };
	uint64_t child;

	memcpy(params + 1, &self, sizeof(self));
	lunatic_process_config_set_can_spawn_processes(config, 1);
	CHECK_EQ(
		try_spawn(config, "spawner", 0, params, sizeof(params), &child),
		0);
	send_twice(child, module);
	expect_two();
	lunatic_process_kill(child);
	// What it spawns has no more than it has itself.
	lunatic_process_config_set_can_spawn_processes(config, 0);
	CHECK_EQ(try_spawn(config, "spawner", 60, params, sizeof(params),
			   &child),
		 0);
	send_twice(child, module);
	expect_link_died(60);
	lunatic_process_drop_module(module);
	lunatic_process_drop_config(config);
}

ENTRY(waits)(void)
{
	receive_any(NO_LIMIT);
}

static void processes(void)
{
	uint64_t child = spawn("waits", 0);
	uint64_t ended = spawn("waits", 0);

	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_process(child), 0);
	CHECK_EQ(lunatic_message_push_process(self), 1);
	CHECK_EQ(lunatic_message_push_process(77), UINT64_MAX);
	CHECK_EQ(lunatic_message_push_process(0), UINT64_MAX);
	CHECK_EQ(lunatic_message_push_process(UINT64_MAX), UINT64_MAX);
	CHECK_EQ(lunatic_message_push_process(ended), 2);
	CHECK_EQ(lunatic_message_push_process(child), 3);
	send_number(0, 0, 0);
	// That was another message: these are gone.
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_process(child), 0);
	CHECK_EQ(lunatic_message_push_process(ended), 1);
	CHECK_EQ(lunatic_message_push_process(self), 2);
	lunatic_process_kill(ended);
	await_end(ended);
	CHECK_EQ(lunatic_message_push_process(ended), UINT64_MAX);
	CHECK_EQ(lunatic_message_send(self), 0);
	CHECK_EQ(receive_any(0), DATA);
	CHECK_EQ(lunatic_message_take_process(2), self);
	CHECK_EQ(lunatic_message_take_process(0), child);
	CHECK_EQ(lunatic_message_take_process(1), ended);
	lunatic_process_kill(child);
}

// A guest of 0.7: answers who has sent it a process with itself.
static const char old[] =
	"(module"
	" (import \"lunatic::message\" \"receive\""
	"  (func $receive (param i32 i32 i32) (result i32)))"
	" (import \"lunatic::message\" \"take_process\""
	"  (func $take (param i64) (result i64)))"
	" (import \"lunatic::message\" \"create_data\""
	"  (func $create (param i64 i64)))"
	" (import \"lunatic::message\" \"push_process\""
	"  (func $push (param i64) (result i64)))"
	" (import \"lunatic::message\" \"send\" (func $send (param i64)))"
	" (import \"lunatic::process\" \"this\" (func $this (result i64)))"
	" (memory (export \"memory\") 1)"
	" (func (export \"f\") (local $to i64)"
	"  (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))"
	"  (local.set $to (call $take (i64.const 0)))"
	"  (call $create (i64.const 51) (i64.const 0))"
	"  (drop (call $push (call $this)))"
	"  (call $send (local.get $to))"
	"  (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))"
	"  unreachable))";

static void other_generation(void)
{
	uint64_t module = 0;
	uint64_t child = 0;

	CHECK_EQ(lunatic_process_compile_module(old, sizeof(old) - 1, &module),
		 0);
	CHECK_EQ(
		lunatic_process_spawn(70, OWN, module, "f", 1, NULL, 0, &child),
		0);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_process(self), 0);
	lunatic_message_send(child);
	CHECK_EQ(receive_tag(51, SOON), DATA);
	CHECK_EQ(lunatic_message_take_process(0), child);
	send_number(child, 0, 0);
	expect_link_died(70);
}

int main(void)
{
	self = lunatic_process_process_id();
	lunatic_process_die_when_link_dies(0);
	modules();
	elsewhere();
	processes();
	other_generation();
	puts("passed");
	return 0;
}
