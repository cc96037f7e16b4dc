// Environments that a guest makes: spawning into them, messages in and out,
// modules from bytes and from text, ids that are independent of each other.
//
// stdout: passed
// stderr~ wasm `unreachable` instruction executed$
#include "env.h"

ENTRY(answer)(void)
{
	int64_t number;

	CHECK_EQ(receive_any(SOON), DATA);
	number = read_number();
	send_number(lunatic_message_take_process(0), 0, number * 2);
}

static const uint8_t empty[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };

static const char text[] = "(module (func (export \"go\"))"
			   " (func (export \"trap\") unreachable))";

static uint64_t add(uint64_t environment, const void *bytes, uint32_t len,
		    uint32_t result)
{
	uint64_t id;

	CHECK_EQ(lunatic_process_add_module(environment, bytes, len, &id),
		 result);
	return id;
}

static void ask(uint64_t process, int64_t number)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_write_data(&number, sizeof(number));
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	lunatic_message_send(process);
	expect_number(0, number * 2);
}

static void spawn_across(void)
{
	uint64_t environment = make_environment(MEMORY, 0);
	uint64_t metered = make_environment(MEMORY, 1000);
	uint64_t module = add_this(environment);
	uint64_t again = add_this(environment);
	uint64_t other = add_this(metered);

	CHECK(environment != metered);
	CHECK(module != again && again != other);
	ask(spawn_in(module, "answer", 0, 0), 21);
	ask(spawn_in(again, "answer", 0, 0), 22);
	ask(spawn_in(other, "answer", 0, 0), 23);
	// Processes stay without the ids that they came from.
	other = spawn_in(other, "answer", 0, 0);
	lunatic_process_drop_module(module);
	lunatic_process_drop_environment(environment);
	lunatic_process_drop_environment(metered);
	ask(other, 24);
	ask(spawn_in(again, "answer", 0, 0), 25);
	expect_error(spawn_in(again, "question", 0, 1), "not found");
}

static void add_bytes(void)
{
	uint64_t environment = make_environment(MEMORY, 0);
	uint64_t module = add(environment, text, sizeof(text) - 1, 0);
	uint64_t same =
		add(lunatic_process_this_env(), text, sizeof(text) - 1, 0);

	spawn_in(module, "go", 0, 0);
	spawn_in(same, "go", 0, 0);
	must_fail_in(module, "trap");
	must_fail_in(same, "trap");
	add(environment, empty, sizeof(empty), 0);
	expect_error(add(environment, empty, 7, 1), "truncated");
	expect_error(add(environment, "", 0, 1), "empty");
	expect_error(add(environment, "what is it?", 11, 1),
		     "not a WebAssembly module");
	expect_error(add(environment, "(module", 7, 1), "not valid");
	expect_error(
		add(environment, "(module (import \"a\" \"b\" (func)))", 32, 1),
		"a");
}

static void drop_and_make_again(void)
{
	uint64_t config = lunatic_process_create_config(MEMORY, 0);
	uint64_t a, b;

	allow(config, "lunatic::");
	CHECK_EQ(lunatic_process_create_environment(config, &a), 0);
	CHECK_EQ(lunatic_process_create_environment(config, &b), 0);
	CHECK(a != b);
	lunatic_process_drop_environment(a);
	lunatic_process_drop_config(config);
	add_this(b);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	spawn_across();
	add_bytes();
	drop_and_make_again();
	puts("passed");
	return 0;
}
