// Runs untrusted modules: each in an environment that may only send and receive
// messages, with 10 MiB and 10,000,000 instructions. A guard process waits for
// an answer, for the death of the module, or for two seconds. Whatever the
// module does, the guard reports the outcome and the next one runs.
// docs/sandbox.md explains it.
//
// Without an argument the modules are honest() and the attacks below, and
// broken ones. With the name of a file, that is loaded and its `_start` called.
//
// Build: clang-19 --target=wasm32-wasi -O2 -I ../sdk/c/include sandbox.c
//            -o sandbox.wasm
// Run:   lunatic --max-mailbox 16M sandbox.wasm
//        lunatic --max-mailbox 16M --dir . sandbox.wasm FILE.wasm
//
// options: --max-mailbox 16M
// stdout: honest: answered 42
// stdout: endless_loop: failed
// stdout: honest: answered 42
// stdout: endless_copy: failed
// stdout: honest: answered 42
// stdout: sleeper: stopped
// stdout: honest: answered 42
// stdout: silent: stopped
// stdout: honest: answered 42
// stdout: memory_bomb: failed
// stdout: honest: answered 42
// stdout: deep_recursion: failed
// stdout: honest: answered 42
// stdout: message_flood: failed
// stdout: honest: answered 42
// stdout: message_bomb: failed
// stdout: honest: answered 42
// stdout: id_bomb: failed
// stdout: honest: answered 42
// stdout: spawn_bomb: failed
// stdout: honest: answered 42
// stdout: prints: failed
// stdout: honest: answered 42
// stdout: bad_pointer: failed
// stdout: honest: answered 42
// stdout: bad_id: failed
// stdout: honest: answered 42
// stdout: divides_by_zero: failed
// stdout: honest: answered 42
// stdout: not a module: refused
// stdout: honest: answered 42
// stdout: huge memory: refused
// stdout: honest: answered 42
// stdout: huge table: refused
// stdout: honest: answered 42
// stdout: unknown import: refused
// stdout: honest: answered 42
// stdout: start that does not end: refused
// stdout: honest: answered 42
// stderr~ all fuel consumed
// stderr~ call stack exhausted
// stderr~ `lunatic::process::inherit_spawn` unavailable in this environment
// stderr~ `wasi_snapshot_preview1::fd_[a-z_]*` unavailable in this environment
// stderr~ integer divide by zero
#include <lunatic/abi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY (10 << 20) // bytes
#define FUEL 100          // times 100,000 instructions
#define PATIENCE 2000     // milliseconds
#define FILE_MAX (64 << 20)

#define LINK_DIED 1
#define TIMED_OUT 9027

// Tags of messages and links.
enum { ANSWER = 1, DEATH, VERDICT, GUARD_DEATH };

// Why a module gave no answer.
enum verdict { ANSWERED, FAILED, STOPPED, REFUSED };

#define ENTRY(name) __attribute__((export_name(#name))) void name

// ---- What runs in the sandbox ----

// The guard's first message contains the process to answer.
static uint64_t client(void)
{
	lunatic_message_receive(NULL, 0, 0);
	return lunatic_message_take_process(0);
}

static void send_number(uint64_t to, int64_t tag, int64_t number)
{
	lunatic_message_create_data(tag, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_send(to);
}

ENTRY(honest)(void)
{
	send_number(client(), ANSWER, 42);
}

static volatile uint32_t zero, sink;

ENTRY(endless_loop)(void)
{
	for (;;)
		sink++;
}

// One instruction, but fuel counts what it copies.
__attribute__((target("bulk-memory"))) ENTRY(endless_copy)(void)
{
	const size_t size = 8 << 20;
	char *bytes = (char *)(__builtin_wasm_memory_grow(0, size >> 16) << 16);

	for (;;) {
		memmove(bytes + 1, bytes, size - 1);
		__asm__ volatile("" ::: "memory");
	}
}

// Costs nothing, but never answers.
ENTRY(sleeper)(void)
{
	lunatic_message_receive(NULL, 0, 0);
	lunatic_message_receive(NULL, 0, 0);
}

// Nobody is told of a normal end.
ENTRY(silent)(void)
{
}

// Is refused more memory than it may have, and then fails by its own mistake.
ENTRY(memory_bomb)(void)
{
	for (;;) {
		size_t page = __builtin_wasm_memory_grow(0, 1);

		*(volatile uint32_t *)(page << 16) = 1;
	}
}

__attribute__((noinline)) static uint32_t recurse(uint32_t depth)
{
	return depth == UINT32_MAX ? sink : recurse(depth + 1) * 3 + depth;
}

ENTRY(deep_recursion)(void)
{
	sink = recurse(zero);
}

// Most of it is dropped. The death of a link finds room in any mailbox.
ENTRY(message_flood)(void)
{
	uint64_t guard = client();

	for (;;)
		send_number(guard, 77, 0);
}

// One message that grows and grows.
ENTRY(message_bomb)(void)
{
	static char piece[1 << 20];

	lunatic_message_create_data(77, 0);
	for (;;)
		lunatic_message_write_data(piece, sizeof(piece));
}

ENTRY(id_bomb)(void)
{
	uint64_t guard = client();

	for (;;) {
		lunatic_message_create_data(77, 0);
		lunatic_message_push_process(guard);
		guard = lunatic_message_take_process(0);
	}
}

ENTRY(spawn_bomb)(void)
{
	static const char name[] = "spawn_bomb";
	uint64_t id;

	for (;;)
		lunatic_process_inherit_spawn(0, name, sizeof(name) - 1, NULL,
					      0, &id);
}

ENTRY(prints)(void)
{
	puts("honest: answered 42");
	fflush(stdout);
}

ENTRY(bad_pointer)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_write_data((const void *)0xfffffff0, 0x100);
}

ENTRY(bad_id)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_send(12345);
}

ENTRY(divides_by_zero)(void)
{
	sink = sink / zero;
}

// ---- The guard, a process for each run ----

struct job {
	const char *name; // of the export
	const char *text; // of a module; NULL: this module
};

static const struct job jobs[] = {
	{ "endless_loop", NULL },
	{ "endless_copy", NULL },
	{ "sleeper", NULL },
	{ "silent", NULL },
	{ "memory_bomb", NULL },
	{ "deep_recursion", NULL },
	{ "message_flood", NULL },
	{ "message_bomb", NULL },
	{ "id_bomb", NULL },
	{ "spawn_bomb", NULL },
	{ "prints", NULL },
	{ "bad_pointer", NULL },
	{ "bad_id", NULL },
	{ "divides_by_zero", NULL },
	{ "not a module", "\1\2\3" },
	{ "huge memory", "(module (memory 10000) (func (export \"run\")))" },
	{ "huge table", "(module (table 900000000 funcref)"
			" (func (export \"run\")))" },
	{ "unknown import", "(module (import \"host\" \"system\" (func))"
			    " (func (export \"run\")))" },
	{ "start that does not end",
	  "(module (func $loop (loop (br 0)))"
	  " (start $loop) (func (export \"run\")))" },
};

#define JOBS ((int32_t)(sizeof(jobs) / sizeof(jobs[0])))
#define HONEST (-1)
#define FROM_FILE (-2)

static const struct job honest_job = { "honest", NULL };

// Ends the program when something fails that should never fail.
static void must(bool done)
{
	if (!done)
		__builtin_trap();
}

static uint64_t make_sandbox(void)
{
	// What the C library calls when it starts: there are no directories.
	static const char *const allowed[] = {
		"lunatic::message::",
		"wasi_snapshot_preview1::fd_prestat_",
		"wasi_snapshot_preview1::proc_exit",
	};
	uint64_t config = lunatic_process_create_config(MEMORY, FUEL);
	uint64_t environment;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		lunatic_process_allow_namespace(config, allowed[i],
						strlen(allowed[i]));
	must(lunatic_process_create_environment(config, &environment) == 0);
	lunatic_process_drop_config(config);
	return environment;
}

// Loads the module; false if it is refused.
static bool load(uint64_t environment, const void *bytes, size_t len,
		 uint64_t *module)
{
	uint64_t id;

	if (lunatic_process_add_module(environment, bytes, len, &id) == 0) {
		*module = id;
		return true;
	}
	lunatic_error_drop(id);
	return false;
}

// Runs an export of a module and returns the outcome. After STOPPED the guard
// must fail, which kills the module's process through their link.
static enum verdict watch(uint64_t module, const char *name, int64_t *answer)
{
	static const int64_t tags[] = { ANSWER, DEATH };
	uint64_t process;

	if (lunatic_process_spawn(DEATH, module, name, strlen(name), NULL, 0,
				  &process) != 0)
		return REFUSED;
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(process);
	switch (lunatic_message_receive(tags, 2, PATIENCE)) {
	case TIMED_OUT:
		return STOPPED;
	case LINK_DIED:
		return FAILED;
	default:
		// It may send anything.
		if (lunatic_message_data_size() != sizeof(*answer))
			return FAILED;
		lunatic_message_read_data(answer, sizeof(*answer));
		return ANSWERED;
	}
}

static void report_to(uint64_t boss, enum verdict verdict, int64_t answer)
{
	int64_t words[] = { verdict, answer };

	lunatic_message_create_data(VERDICT, sizeof(words));
	lunatic_message_write_data(words, sizeof(words));
	lunatic_message_send(boss);
}

static const struct job *job_of(int32_t number)
{
	return number == HONEST ? &honest_job : &jobs[number];
}

// Receives the process that waits for the outcome and, for FROM_FILE, the
// module.
ENTRY(guard)(int32_t number)
{
	enum verdict verdict = REFUSED;
	uint64_t sandbox = make_sandbox();
	const char *name = "run";
	int64_t answer = 0;
	uint64_t module;
	uint64_t boss;
	bool loaded;

	lunatic_process_die_when_link_dies(0);
	boss = client();
	if (number == FROM_FILE) {
		uint32_t len = lunatic_message_data_size();
		char *bytes = malloc(len);

		must(bytes != NULL);
		lunatic_message_read_data(bytes, len);
		loaded = load(sandbox, bytes, len, &module);
		free(bytes);
		name = "_start";
	} else if (job_of(number)->text != NULL) {
		const char *text = job_of(number)->text;

		loaded = load(sandbox, text, strlen(text), &module);
	} else {
		must(lunatic_process_add_this_module(sandbox, &module) == 0);
		loaded = true;
		name = job_of(number)->name;
	}
	if (loaded)
		verdict = watch(module, name, &answer);
	report_to(boss, verdict, answer);
	if (verdict == STOPPED)
		exit(EXIT_FAILURE);
}

// ---- The program ----

static uint64_t start_guard(int32_t number)
{
	uint8_t params[17] = { 0x7f };
	uint64_t process;

	memcpy(params + 1, &number, sizeof(number));
	must(lunatic_process_inherit_spawn(GUARD_DEATH, "guard", 5, params,
					   sizeof(params), &process) == 0);
	return process;
}

static void run(int32_t number, const char *name, const void *module,
		size_t len)
{
	static const char *const words[] = { "answered", "failed", "stopped",
					     "refused" };
	static const int64_t tag = VERDICT;
	uint64_t guard = start_guard(number);
	int64_t verdict[2];

	lunatic_message_create_data(0, len);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_write_data(module, len);
	lunatic_message_send(guard);
	lunatic_process_drop_process(guard);
	lunatic_message_receive(&tag, 1, 0);
	lunatic_message_read_data(verdict, sizeof(verdict));
	if (verdict[0] == ANSWERED)
		printf("%s: answered %lld\n", name, (long long)verdict[1]);
	else
		printf("%s: %s\n", name, words[verdict[0]]);
}

static int run_file(const char *path)
{
	char *bytes = malloc(FILE_MAX);
	FILE *file = fopen(path, "rb");
	size_t len;

	if (bytes == NULL || file == NULL) {
		perror(path);
		return EXIT_FAILURE;
	}
	len = fread(bytes, 1, FILE_MAX, file);
	fclose(file);
	run(FROM_FILE, path, bytes, len);
	free(bytes);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	uint64_t sandbox = make_sandbox();
	uint64_t module;

	// Guards that stop a module fail.
	lunatic_process_die_when_link_dies(0);
	if (argc > 1)
		return run_file(argv[1]);
	// Keeps the code in use, so that guards do not compile it again.
	must(lunatic_process_add_this_module(sandbox, &module) == 0);
	run(HONEST, "honest", NULL, 0);
	for (int32_t i = 0; i < JOBS; i++) {
		run(i, jobs[i].name, NULL, 0);
		run(HONEST, "honest", NULL, 0);
	}
	return EXIT_SUCCESS;
}
