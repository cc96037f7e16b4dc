// What the tests of clusters run: a guest that brings itself to other nodes.
//
//   tour NODE       everything that can be done with one other node
//   three B C       handles that cross three nodes
//   watch NODE N    N linked processes there, under load, until the node is
//                   lost; then until it is back
//   stay NODE       a process there that answers, until the node is lost
//   name            answers under the name "old"; for ever
//   closed FILE     a module of lunatic 0.13 in an environment of its own
//   many NODE N     makes an environment, a module and a process N times
#include "../../guest/check.h"

#define MEMORY (UINT64_C(4) << 20)
#define LATE 60000 /* ms; what depends on other nodes */
#define TAG_ANSWER 77
#define NO_NODE UINT64_MAX

static uint8_t params[2 * PARAM_SIZE];

static void print_error(uint64_t error)
{
	char text[512];
	uint32_t len = lunatic_error_string_size(error);

	CHECK(len <= sizeof(text));
	lunatic_error_to_string(error, text);
	printf("error: %.*s\n", (int)len, text);
	lunatic_error_drop(error);
}

// An environment on the node, or NO_NODE.
static uint64_t try_node(const char *node)
{
	uint64_t config = lunatic_process_create_config(MEMORY, 0);
	uint64_t id;
	uint32_t failed;

	lunatic_process_allow_namespace(config, "lunatic::", 9);
	lunatic_process_allow_namespace(config, "wasi_", 5);
	failed = lunatic_process_create_remote_environment(config, node,
							   strlen(node), &id);
	lunatic_process_drop_config(config);
	if (failed == 0)
		return id;
	lunatic_error_drop(id);
	return NO_NODE;
}

static uint64_t on_node(const char *node)
{
	uint64_t id = try_node(node);

	CHECK(id != NO_NODE);
	return id;
}

static uint64_t bring(uint64_t environment)
{
	uint64_t module;

	if (lunatic_process_add_this_module(environment, &module) == 0)
		return module;
	print_error(module);
	exit(1);
}

static uint64_t spawn_there(uint64_t module, const char *entry, int64_t link,
			    uint32_t params_len)
{
	uint64_t process;

	if (lunatic_process_spawn(link, module, entry, strlen(entry), params,
				  params_len, &process) == 0)
		return process;
	print_error(process);
	exit(1);
}

static void put_param(uint32_t at, uint8_t type, uint64_t low, uint64_t high)
{
	uint8_t *param = params + at * PARAM_SIZE;

	param[0] = type;
	memcpy(param + 1, &low, sizeof(low));
	memcpy(param + 9, &high, sizeof(high));
}

// Answers each number with its double, to the process that came with it.
ENTRY(doubles)(void)
{
	for (;;) {
		int64_t number;
		uint64_t back;

		CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
		number = read_number();
		back = lunatic_message_take_process(0);
		send_number(back, TAG_ANSWER, 2 * number);
		lunatic_process_drop_process(back);
	}
}

// The same, and outlives whom it is linked to.
ENTRY(survives)(void)
{
	lunatic_process_die_when_link_dies(0);
	for (;;) {
		uint64_t back;

		if (lunatic_message_receive(NULL, 0, 0) != DATA)
			continue;
		back = lunatic_message_take_process(0);
		send_number(back, TAG_ANSWER, 2 * read_number());
		lunatic_process_drop_process(back);
	}
}

static void ask(uint64_t process, int64_t number)
{
	lunatic_message_create_data(0, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	lunatic_message_send(process);
}

static void expect_double(uint64_t process, int64_t number)
{
	int64_t tag = TAG_ANSWER;

	ask(process, number);
	CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
	CHECK_EQ(read_number(), 2 * number);
}

// Traps when its parameters are what the tour gives.
ENTRY(takes_two)(int32_t a, int64_t b)
{
	if (a == -7 && b == INT64_MIN + 3)
		__builtin_trap();
}

ENTRY(ends)(void)
{
}

// Receives a long message and answers with the sum of its bytes.
ENTRY(sums)(void)
{
	static uint8_t bytes[65536];
	uint64_t back;
	int64_t sum = 0;
	uint32_t len;

	CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
	back = lunatic_message_take_process(0);
	while ((len = lunatic_message_read_data(bytes, sizeof(bytes))) > 0) {
		for (uint32_t i = 0; i < len; i++)
			sum += bytes[i];
	}
	send_number(back, TAG_ANSWER, sum);
}

static void send_long(uint64_t process)
{
	static uint8_t bytes[100000];
	int64_t tag = TAG_ANSWER;
	int64_t sum = 0;

	lunatic_message_create_data(0, 0);
	for (int piece = 0; piece < 20; piece++) {
		for (uint32_t i = 0; i < sizeof(bytes); i++) {
			bytes[i] = (uint8_t)(i * 31 + (uint32_t)piece);
			sum += bytes[i];
		}
		CHECK_EQ(lunatic_message_write_data(bytes, sizeof(bytes)),
			 sizeof(bytes));
	}
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	lunatic_message_send(process);
	CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
	CHECK_EQ(read_number(), sum);
}

static void tour_links(uint64_t module)
{
	uint64_t process;

	put_param(0, I32, (uint32_t)-7, 0);
	put_param(1, I64, (uint64_t)(INT64_MIN + 3), 0);
	lunatic_process_drop_process(
		spawn_there(module, "takes_two", 41, 2 * PARAM_SIZE));
	expect_link_died(41);
	// One that ends normally says nothing.
	lunatic_process_drop_process(spawn_there(module, "ends", 42, 0));
	process = spawn_there(module, "doubles", 0, 0);
	expect_double(process, 1);
	lunatic_process_link(43, process);
	lunatic_process_unlink(process);
	lunatic_process_link(44, process);
	lunatic_process_link(45, lunatic_process_clone_process(process));
	// A message that is no number makes it fail.
	lunatic_message_create_data(0, 0);
	lunatic_message_send(process);
	expect_link_died(45);
	expect_nothing();
	// What has failed already.
	lunatic_process_link(46, process);
	expect_link_died(46);
}

static void tour_names(uint64_t environment, uint64_t module)
{
	uint64_t process = spawn_there(module, "doubles", 0, 0);
	uint64_t self = lunatic_process_this();

	CHECK_EQ(lunatic_process_register("there", 5, "1.2.3", 5, environment,
					  process),
		 0);
	CHECK_EQ(lunatic_process_register("here", 4, "0.1.0", 5, environment,
					  self),
		 0);
	CHECK_EQ(lunatic_process_register("a", 1, "x", 1, environment, self),
		 1);
	lunatic_process_drop_process(process);
	// Who runs there finds both.
	process = spawn_there(module, "looks_up", 0, 0);
	send_this(process, 0);
	expect_number(TAG_ANSWER, 2 * 21);
	CHECK_EQ(lunatic_process_unregister("here", 4, "0.1.0", 5, environment),
		 0);
	CHECK_EQ(lunatic_process_unregister("here", 4, "0.1.0", 5, environment),
		 2);
}

ENTRY(looks_up)(void)
{
	uint64_t there;
	uint64_t here;
	int64_t tag = TAG_ANSWER;

	CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
	CHECK_EQ(lunatic_process_lookup("there", 5, "^1", 2, &there), 0);
	CHECK_EQ(lunatic_process_lookup("nowhere", 7, "*", 1, &here), 2);
	CHECK_EQ(lunatic_process_lookup("here", 4, "*", 1, &here), 0);
	ask(there, 21);
	tag = TAG_ANSWER;
	CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
	send_number(here, TAG_ANSWER, read_number());
}

static void tour(const char *node)
{
	uint64_t environment = on_node(node);
	uint64_t module = bring(environment);
	uint64_t again = bring(environment);
	uint64_t process = spawn_there(module, "doubles", 0, 0);
	uint64_t id;

	for (int64_t i = 0; i < 100; i++)
		expect_double(process, i);
	expect_double(spawn_there(again, "doubles", 0, 0), 5);
	send_long(spawn_there(module, "sums", 0, 0));
	tour_links(module);
	tour_names(environment, module);
	CHECK_EQ(lunatic_process_spawn(0, module, "nothing", 7, NULL, 0, &id),
		 1);
	print_error(id);
	CHECK_EQ(lunatic_process_add_module(environment, "no module", 9, &id),
		 1);
	lunatic_error_drop(id);
	lunatic_process_drop_module(module);
	lunatic_process_drop_module(again);
	lunatic_process_drop_environment(environment);
	// Processes stay without the ids that they came from.
	expect_double(process, 4);
	CHECK_EQ(try_node("nobody"), NO_NODE);
}

// Is given a handle and passes its message on: A has B send it to C, and C
// answers A.
ENTRY(passes_on)(void)
{
	int64_t number;
	uint64_t to;
	uint64_t back;

	CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
	number = read_number();
	to = lunatic_message_take_process(0);
	back = lunatic_message_take_process(1);
	lunatic_message_create_data(0, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	CHECK_EQ(lunatic_message_push_process(back), 0);
	lunatic_message_send(to);
}

static void three(const char *b, const char *c)
{
	uint64_t at_c = spawn_there(bring(on_node(c)), "doubles", 0, 0);
	uint64_t at_b = bring(on_node(b));
	uint8_t here[16];
	uint8_t there[16];
	uint64_t known;

	for (int64_t i = 0; i < 20; i++) {
		uint64_t process = spawn_there(at_b, "passes_on", 0, 0);

		lunatic_message_create_data(0, sizeof(i));
		lunatic_message_write_data(&i, sizeof(i));
		CHECK_EQ(lunatic_message_push_process(
				 lunatic_process_clone_process(at_c)),
			 0);
		CHECK_EQ(lunatic_message_push_process(lunatic_process_this()),
			 1);
		lunatic_message_send(process);
		lunatic_process_drop_process(process);
		CHECK_EQ(receive_any(LATE), DATA);
		CHECK_EQ(read_number(), 2 * i);
	}
	// A handle that has been at another node is the same process.
	lunatic_process_id(at_c, here);
	known = spawn_there(at_b, "returns", 0, 0);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	CHECK_EQ(lunatic_message_push_process(
			 lunatic_process_clone_process(at_c)),
		 1);
	lunatic_message_send(known);
	CHECK_EQ(receive_any(LATE), DATA);
	known = lunatic_message_take_process(0);
	lunatic_process_id(known, there);
	CHECK_EQ(memcmp(here, there, sizeof(here)), 0);
	expect_double(known, 9);
}

ENTRY(returns)(void)
{
	uint64_t back;
	uint64_t process;

	CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
	back = lunatic_message_take_process(0);
	process = lunatic_message_take_process(1);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_process(process), 0);
	lunatic_message_send(back);
}

#define LINKS_MAX 512

// Loads all of them until each link has been reported, once.
static void load_until_lost(const uint64_t *processes, int64_t count)
{
	static bool told[LINKS_MAX];
	int64_t lost = 0;

	while (lost < count) {
		for (int64_t i = 0; i < count; i++)
			ask(processes[i], i);
		for (;;) {
			uint32_t result = receive_any(1);
			int64_t tag;

			if (result == TIMED_OUT)
				break;
			tag = lunatic_message_get_tag();
			if (result == DATA) {
				CHECK_EQ(tag, TAG_ANSWER);
				continue;
			}
			CHECK(tag >= 1 && tag <= count);
			CHECK(!told[tag - 1]);
			told[tag - 1] = true;
			lost++;
		}
	}
}

static void watch(const char *node, int64_t count)
{
	static uint64_t processes[LINKS_MAX];
	uint64_t module = bring(on_node(node));
	uint64_t id;

	CHECK(count <= LINKS_MAX);
	for (int64_t i = 0; i < count; i++)
		processes[i] = spawn_there(module, "doubles", i + 1, 0);
	puts("ready");
	fflush(stdout);
	load_until_lost(processes, count);
	puts("lost");
	fflush(stdout);
	// What was made there is gone, and who ran there is not reached.
	CHECK_EQ(lunatic_process_spawn(0, module, "doubles", 7, NULL, 0, &id),
		 1);
	lunatic_error_drop(id);
	while ((id = try_node(node)) == NO_NODE)
		lunatic_process_sleep_ms(50);
	puts("again");
	fflush(stdout);
	expect_double(spawn_there(bring(id), "doubles", 0, 0), 3);
}

// Whether who was reached before the node was lost is reached again, with the
// same incarnation.
static void stay(const char *node)
{
	uint64_t process = spawn_there(bring(on_node(node)), "survives", 1, 0);
	int64_t tag = TAG_ANSWER;

	expect_double(process, 1);
	puts("ready");
	fflush(stdout);
	CHECK_EQ(receive_any(LATE), LINK_DIED);
	puts("lost");
	fflush(stdout);
	for (;;) {
		ask(process, 2);
		if (lunatic_message_receive(&tag, 1, 200) == DATA)
			break;
	}
	puts("again");
}

static void many(const char *node, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		uint64_t environment = on_node(node);
		uint64_t module = bring(environment);
		uint64_t process = spawn_there(module, "doubles", 1, 0);

		expect_double(process, i);
		lunatic_message_create_data(0, 0);
		lunatic_message_send(process);
		expect_link_died(1);
		lunatic_process_drop_process(process);
		lunatic_process_drop_module(module);
		lunatic_process_drop_environment(environment);
	}
}

static void closed(const char *path)
{
	static uint8_t bytes[1 << 20];
	uint64_t config = lunatic_process_create_config(MEMORY, 0);
	FILE *file = fopen(path, "r");
	uint64_t environment;
	uint64_t module;
	size_t len;

	CHECK(file != NULL);
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	lunatic_process_allow_namespace(config, "", 0);
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	CHECK_EQ(lunatic_process_add_module(environment, bytes, len, &module),
		 0);
	put_param(0, I64, 0, 0);
	// Its link would tell of a failure before the monitor tells of its end.
	lunatic_process_monitor(
		spawn_there(module, "sees_nothing", 51, PARAM_SIZE));
	CHECK_EQ(lunatic_message_receive(NULL, 0, LATE), 2);
	expect_nothing();
}

// Answers with the double of the number, and with its own handle.
static void answer_by_name(void)
{
	CHECK_EQ(lunatic_process_register("old", 3, "0.0.0", 5,
					  lunatic_process_this_env(),
					  lunatic_process_this()),
		 0);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int64_t number;
		uint64_t back;

		CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
		number = 2 * read_number();
		back = lunatic_message_take_process(0);
		lunatic_message_create_data(TAG_ANSWER, sizeof(number));
		lunatic_message_write_data(&number, sizeof(number));
		CHECK_EQ(lunatic_message_push_process(lunatic_process_this()),
			 0);
		lunatic_message_send(back);
		lunatic_process_drop_process(back);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "name") == 0)
		answer_by_name();
	CHECK(argc >= 3);
	lunatic_process_die_when_link_dies(0);
	if (strcmp(argv[1], "tour") == 0)
		tour(argv[2]);
	else if (strcmp(argv[1], "three") == 0)
		three(argv[2], argv[3]);
	else if (strcmp(argv[1], "watch") == 0)
		watch(argv[2], atoi(argv[3]));
	else if (strcmp(argv[1], "stay") == 0)
		stay(argv[2]);
	else if (strcmp(argv[1], "closed") == 0)
		closed(argv[2]);
	else if (strcmp(argv[1], "many") == 0)
		many(argv[2], atoi(argv[3]));
	else
		return 2;
	puts("passed");
	return 0;
}
