// Processes under names: put, found, replaced, removed, gone with their
// process, and shared with guests of 0.7.
//
// stdout: passed
#include "../check.h"

static uint64_t self;

static void put(const char *name, uint64_t process)
{
	lunatic_registry_put(name, strlen(name), 0, process);
}

// The id of the process under a name; 0: none.
static uint64_t get(const char *name)
{
	uint64_t node = 99;
	uint64_t process = 99;
	uint32_t result =
		lunatic_registry_get(name, strlen(name), &node, &process);

	if (result == 1) {
		CHECK_EQ(node, 99);
		CHECK_EQ(process, 99);
		return 0;
	}
	CHECK_EQ(result, 0);
	CHECK_EQ(node, 0);
	return process;
}

static void removes(const char *name)
{
	lunatic_registry_remove(name, strlen(name));
}

ENTRY(waits)(void)
{
	receive_any(NO_LIMIT);
}

static void end(uint64_t process)
{
	lunatic_process_kill(process);
	await_end(process);
}

static void entries(void)
{
	uint64_t one = spawn("waits", 0);
	uint64_t two = spawn("waits", 0);

	CHECK_EQ(get("name"), 0);
	removes("name");
	put("name", one);
	put("name\xc3\xa4", two);
	put("", self);
	CHECK_EQ(get("name"), one);
	CHECK_EQ(get("name\xc3\xa4"), two);
	CHECK_EQ(get(""), self);
	CHECK_EQ(get("nam"), 0);
	// One process may have several names, and a name has one process.
	put("name", two);
	CHECK_EQ(get("name"), two);
	put("other", two);
	removes("name");
	removes("name");
	CHECK_EQ(get("name"), 0);
	CHECK_EQ(get("other"), two);
	put("name", one);
	end(one);
	CHECK_EQ(get("name"), 0);
	end(two);
	CHECK_EQ(get("other"), 0);
	CHECK_EQ(get("name\xc3\xa4"), 0);
	removes("");
}

// What does not exist is not there either, nor is what was there before.
static void nobody(void)
{
	const uint64_t ids[] = { 0, 77, UINT64_MAX };
	uint64_t ended = spawn("waits", 0);

	end(ended);
	for (int i = 0; i < 3; i++) {
		put("a", self);
		put("a", ids[i]);
		CHECK_EQ(get("a"), 0);
	}
	put("a", self);
	put("a", ended);
	CHECK_EQ(get("a"), 0);
	// A node that is not there.
	lunatic_registry_put("a", 1, 12345, self);
	CHECK_EQ(get("a"), 0);
}

static void long_names(void)
{
	static char name[5000];
	uint64_t node, process;

	memset(name, 'x', sizeof(name));
	lunatic_registry_put(name, 4096, 0, self);
	CHECK_EQ(lunatic_registry_get(name, 4096, &node, &process), 0);
	CHECK_EQ(process, self);
	CHECK_EQ(lunatic_registry_get(name, 4097, &node, &process), 1);
	lunatic_registry_remove(name, 4097);
	lunatic_registry_remove(name, 4096);
	CHECK_EQ(lunatic_registry_get(name, 4096, &node, &process), 1);
}

// A process with an environment of its own has the same names.
ENTRY(child)(int64_t to)
{
	CHECK_EQ(get("parent"), to);
	put("child", lunatic_process_process_id());
	send_number((uint64_t)to, 1, 1);
	receive_any(NO_LIMIT);
}

static void family(void)
{
	uint64_t config = lunatic_process_create_config();
	uint8_t params[PARAM_SIZE] = { I64 };
	uint64_t process;

	put("parent", self);
	memcpy(params + 1, &self, sizeof(self));
	CHECK_EQ(
		try_spawn(config, "child", 0, params, sizeof(params), &process),
		0);
	expect_number(1, 1);
	CHECK_EQ(get("child"), process);
	end(process);
	CHECK_EQ(get("child"), 0);
	lunatic_process_drop_config(config);
}

// Registers itself as "old" 1.2.3, and looks for "parent" of any version.
static const char old[] =
	"(module"
	" (import \"lunatic::process\" \"register\" (func $register"
	"  (param i32 i32 i32 i32 i64 i64) (result i32)))"
	" (import \"lunatic::process\" \"lookup\" (func $lookup"
	"  (param i32 i32 i32 i32 i32) (result i32)))"
	" (import \"lunatic::process\" \"this\" (func $this (result i64)))"
	" (import \"lunatic::process\" \"this_env\" (func $env (result i64)))"
	" (import \"lunatic::message\" \"create_data\""
	"  (func $create (param i64 i64)))"
	" (import \"lunatic::message\" \"send\" (func $send (param i64)))"
	" (import \"lunatic::message\" \"receive\""
	"  (func $receive (param i32 i32 i32) (result i32)))"
	" (memory (export \"memory\") 1)"
	" (data (i32.const 8) \"old1.2.3parent*\")"
	" (func (export \"f\")"
	"  (if (call $register (i32.const 8) (i32.const 3) (i32.const 11)"
	"   (i32.const 5) (call $env) (call $this)) (then unreachable))"
	"  (if (call $lookup (i32.const 16) (i32.const 6) (i32.const 22)"
	"   (i32.const 1) (i32.const 0)) (then unreachable))"
	"  (call $create (i64.const 2) (i64.const 0))"
	"  (call $send (i64.load (i32.const 0)))"
	"  (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))))";

static void other_generation(void)
{
	uint64_t module = 0;
	uint64_t process = 0;

	CHECK_EQ(lunatic_process_compile_module(old, sizeof(old) - 1, &module),
		 0);
	CHECK_EQ(lunatic_process_spawn(0, OWN, module, "f", 1, NULL, 0,
				       &process),
		 0);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), 2);
	CHECK_EQ(get("old"), process);
	// What has no version comes first.
	put("old", self);
	CHECK_EQ(get("old"), self);
	removes("old");
	removes("old");
	CHECK_EQ(get("old"), process);
	end(process);
	CHECK_EQ(get("old"), 0);
}

int main(void)
{
	self = lunatic_process_process_id();
	entries();
	nobody();
	long_names();
	family();
	other_generation();
	puts("passed");
	return 0;
}
