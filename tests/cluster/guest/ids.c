// What the tests of clusters run for lunatic 0.13: nodes and processes by ids.
//
//   tour NODE       everything that can be done with one other node
//   own             the same with the own node
//   three B C       processes that pass on ids of each other
//   watch NODE      a process there, until the node is lost and back
//   hostile NODE    what traps
//   old NODE        a process there of lunatic 0.7 has the name "old"
//   attribute QUERY the number of nodes that have it
//   certificates    in /c: an authority, a certificate, and one for two.csr
#include "../../guest/v13/check.h"

#define LATE 60000 // ms; what depends on other nodes
#define TAG_ANSWER 77
#define NODES 8

struct address {
	uint64_t node;
	uint64_t id;
};

static struct address self(void)
{
	return (struct address){ lunatic_distributed_node_id(),
				 lunatic_process_process_id() };
}

static uint32_t look_up(const char *query, uint64_t nodes[NODES])
{
	uint64_t id = 0;
	uint64_t error = 0;
	uint32_t count = 0;

	CHECK_EQ(lunatic_distributed_exec_lookup_nodes(query, strlen(query),
						       &id, &count, &error),
		 0);
	CHECK(count <= NODES);
	CHECK_EQ(lunatic_distributed_copy_lookup_nodes_results(id, nodes, NODES,
							       &error),
		 count);
	// Once only.
	CHECK_EQ(lunatic_distributed_copy_lookup_nodes_results(id, nodes, NODES,
							       &error),
		 -1);
	check_error(error, "Invalid query id", true);
	return count;
}

// The node of that name, or 0.
static uint64_t node_of(const char *name)
{
	uint64_t nodes[NODES];
	char query[300];

	snprintf(query, sizeof(query), "name=%s", name);
	return look_up(query, nodes) == 1 ? nodes[0] : 0;
}

static uint32_t try_at(uint64_t node, uint64_t config, uint64_t module,
		       const char *entry, uint64_t *id)
{
	return lunatic_distributed_spawn(node, config, module, entry,
					 strlen(entry), NULL, 0, id);
}

static struct address spawn_at(uint64_t node, uint64_t config,
			       const char *entry)
{
	struct address child = { .node = node };
	uint32_t result = try_at(node, config, lunatic_distributed_module_id(),
				 entry, &child.id);

	if (result != 0)
		check_error(child.id, "", false);
	CHECK_EQ(result, 0);
	return child;
}

static uint32_t send_at(struct address to, int64_t tag, const void *data,
			size_t len)
{
	lunatic_message_create_data(tag, len);
	CHECK_EQ(lunatic_message_write_data(data, len), len);
	return lunatic_distributed_send(to.node, to.id);
}

// A number, and who asks.
struct question {
	struct address from;
	int64_t number;
};

static void expect_double(struct address to, int64_t number)
{
	const struct question question = { self(), number };
	int64_t tag = TAG_ANSWER;

	CHECK_EQ(send_at(to, 0, &question, sizeof(question)), 0);
	CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
	CHECK_EQ(read_number(), 2 * number);
}

ENTRY(doubles)(void)
{
	struct question question;

	for (;;) {
		CHECK_EQ(receive_any(NO_LIMIT), DATA);
		CHECK_EQ(lunatic_message_read_data(&question, sizeof(question)),
			 sizeof(question));
		question.number *= 2;
		CHECK_EQ(send_at(question.from, TAG_ANSWER, &question.number,
				 sizeof(question.number)),
			 0);
	}
}

// Answers with the sum of the bytes behind the address.
ENTRY(sums)(void)
{
	static uint8_t bytes[65536];
	struct address back;
	int64_t sum = 0;
	uint32_t len;

	CHECK_EQ(receive_any(LATE), DATA);
	CHECK_EQ(lunatic_message_read_data(&back, sizeof(back)), sizeof(back));
	while ((len = lunatic_message_read_data(bytes, sizeof(bytes))) > 0) {
		for (uint32_t i = 0; i < len; i++)
			sum += bytes[i];
	}
	send_at(back, TAG_ANSWER, &sum, sizeof(sum));
}

static void send_long(struct address to)
{
	static uint8_t bytes[100000];
	const struct address back = self();
	int64_t tag = TAG_ANSWER;
	int64_t sum = 0;

	lunatic_message_create_data(0, 0);
	lunatic_message_write_data(&back, sizeof(back));
	for (int piece = 0; piece < 20; piece++) {
		for (uint32_t i = 0; i < sizeof(bytes); i++) {
			bytes[i] = (uint8_t)(i * 31 + (uint32_t)piece);
			sum += bytes[i];
		}
		lunatic_message_write_data(bytes, sizeof(bytes));
	}
	CHECK_EQ(lunatic_distributed_send(to.node, to.id), 0);
	CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
	CHECK_EQ(read_number(), sum);
}

// Tells whether it may make a configuration, and where it runs.
ENTRY(tells_config)(void)
{
	struct address back;
	int64_t answer[2] = { (int64_t)lunatic_process_create_config(),
			      (int64_t)lunatic_distributed_node_id() };

	CHECK_EQ(receive_any(LATE), DATA);
	CHECK_EQ(lunatic_message_read_data(&back, sizeof(back)), sizeof(back));
	send_at(back, TAG_ANSWER, answer, sizeof(answer));
}

static void tour_configs(uint64_t node)
{
	const struct address back = self();
	int64_t tag = TAG_ANSWER;
	int64_t answer[2];
	uint64_t config = lunatic_process_create_config();
	uint64_t configs[] = { OWN, config };

	lunatic_process_config_set_max_memory(config, 4 << 20);
	for (int i = 0; i < 2; i++) {
		struct address child =
			spawn_at(node, configs[i], "tells_config");

		CHECK_EQ(send_at(child, 0, &back, sizeof(back)), 0);
		CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
		CHECK_EQ(lunatic_message_read_data(answer, sizeof(answer)),
			 sizeof(answer));
		CHECK_EQ(answer[0] == -1, i == 1);
		CHECK_EQ(answer[1], node);
	}
	lunatic_process_drop_config(config);
}

// Never answers.
ENTRY(waits)(void)
{
	receive_any(NO_LIMIT);
	receive_any(NO_LIMIT);
}

static void tour_requests(uint64_t node)
{
	struct address child = spawn_at(node, OWN, "doubles");
	struct address silent = spawn_at(node, OWN, "waits");
	struct question question = { self(), 21 };

	lunatic_message_create_data(0, sizeof(question));
	lunatic_message_write_data(&question, sizeof(question));
	CHECK_EQ(lunatic_distributed_send_receive_skip_search(
			 child.node, child.id, TAG_ANSWER, LATE),
		 0);
	CHECK_EQ(read_number(), 42);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_distributed_send_receive_skip_search(
			 silent.node, silent.id, TAG_ANSWER, A_WHILE),
		 TIMED_OUT);
	// A process that does not exist drops it.
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_distributed_send_receive_skip_search(
			 node, UINT64_C(1) << 60, TAG_ANSWER, A_WHILE),
		 node == lunatic_distributed_node_id() ? 1 : TIMED_OUT);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_distributed_send_receive_skip_search(
			 4711, 1, TAG_ANSWER, NO_LIMIT),
		 2);
}

// Names stand for processes of any node.
static void tour_names(uint64_t node)
{
	struct address child = spawn_at(node, OWN, "doubles");
	struct address found = { 0, 0 };

	CHECK_EQ(lunatic_registry_get("there", 5, &found.node, &found.id), 1);
	lunatic_registry_put("there", 5, child.node, child.id);
	CHECK_EQ(lunatic_registry_get("there", 5, &found.node, &found.id), 0);
	CHECK_EQ(found.node, child.node);
	CHECK_EQ(found.id, child.id);
	expect_double(found, 3);
	// One that there is not.
	lunatic_registry_put("there", 5, child.node, UINT64_C(1) << 60);
	CHECK_EQ(lunatic_registry_get("there", 5, &found.node, &found.id), 1);
	// The entry vanishes when the process ends: it reads a number in vain.
	lunatic_registry_put("there", 5, child.node, child.id);
	CHECK_EQ(send_at(child, 0, "x", 1), 0);
	while (lunatic_registry_get("there", 5, &found.node, &found.id) == 0)
		lunatic_process_sleep_ms(1);
}

static void tour_failures(uint64_t node)
{
	const struct address nobody = { 4711, 1 };
	uint64_t module = lunatic_distributed_module_id();
	uint64_t id = 0;

	CHECK_EQ(try_at(4711, OWN, module, "doubles", &id), 1);
	check_error(id, "Node does not exist", true);
	CHECK_EQ(try_at(node, OWN, module + 1, "doubles", &id), 2);
	check_error(id, "module", true);
	CHECK_EQ(try_at(node, OWN, module, "nothing", &id), 1);
	check_error(id, "Function 'nothing' not found", false);
	CHECK_EQ(send_at(nobody, 0, "x", 1), 2);
}

static void tour(uint64_t node)
{
	uint64_t nodes[NODES] = { 0 };
	uint32_t count = lunatic_distributed_nodes_count();
	struct address child;
	bool found = false;

	CHECK(node != 0);
	CHECK(count >= 1 && count <= NODES);
	CHECK_EQ(lunatic_distributed_get_nodes(nodes, NODES), count);
	CHECK_EQ(nodes[0], lunatic_distributed_node_id());
	for (uint32_t i = 0; i < count; i++)
		found = found || nodes[i] == node;
	CHECK(found);
	CHECK_EQ(lunatic_distributed_get_nodes(nodes, 1), 1);
	CHECK_EQ(lunatic_distributed_get_nodes(nodes, 0), 0);
	CHECK_EQ(lunatic_distributed_module_id(),
		 lunatic_distributed_module_id());
	child = spawn_at(node, OWN, "doubles");
	for (int64_t i = 0; i < 100; i++)
		expect_double(child, i);
	for (int i = 0; i < 20; i++)
		expect_double(spawn_at(node, OWN, "doubles"), i);
	send_long(spawn_at(node, OWN, "sums"));
	tour_configs(node);
	tour_requests(node);
	tour_names(node);
	tour_failures(node);
}

static uint64_t await_node(const char *name)
{
	uint64_t node;

	while ((node = node_of(name)) == 0)
		lunatic_process_sleep_ms(50);
	return node;
}

// Spawns on a node that it is told of, and tells who that is.
ENTRY(spawns_on)(void)
{
	struct address back;
	struct address child;
	uint64_t node;

	CHECK_EQ(receive_any(LATE), DATA);
	CHECK_EQ(lunatic_message_read_data(&back, sizeof(back)), sizeof(back));
	CHECK_EQ(lunatic_message_read_data(&node, sizeof(node)), sizeof(node));
	child = spawn_at(node, OWN, "doubles");
	expect_double(child, 4);
	CHECK_EQ(send_at(back, TAG_ANSWER, &child, sizeof(child)), 0);
}

static void three(const char *b, const char *c)
{
	const struct address back = self();
	uint64_t at_b = node_of(b);
	uint64_t at_c = node_of(c);
	struct address child;
	int64_t tag = TAG_ANSWER;

	CHECK(at_b != 0 && at_c != 0 && at_b != at_c);
	CHECK_EQ(lunatic_distributed_nodes_count(), 3);
	for (int i = 0; i < 10; i++) {
		uint64_t message[3] = { back.node, back.id, at_c };

		child = spawn_at(at_b, OWN, "spawns_on");
		CHECK_EQ(send_at(child, 0, message, sizeof(message)), 0);
		CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
		CHECK_EQ(lunatic_message_read_data(&child, sizeof(child)),
			 sizeof(child));
		CHECK_EQ(child.node, at_c);
		expect_double(child, i);
	}
}

static void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

static void watch(const char *name)
{
	uint64_t node = await_node(name);
	struct address child = spawn_at(node, OWN, "doubles");
	struct question question = { self(), 1 };
	uint64_t next;
	uint64_t id;

	expect_double(child, 1);
	say("ready");
	while (send_at(child, 0, &question, sizeof(question)) == 0)
		receive_any(20);
	say("lost");
	CHECK(try_at(node, OWN, lunatic_distributed_module_id(), "doubles",
		     &id) != 0);
	next = await_node(name);
	CHECK(next != node);
	while (receive_any(0) == DATA)
		;
	expect_double(spawn_at(next, OWN, "doubles"), 3);
	// The old one is not reached under the old id.
	CHECK_EQ(send_at(child, 0, &question, sizeof(question)), 2);
	say("again");
}

// ---- What traps: each in a process of its own. ----

static void watch_trap(const char *entry, uint64_t node)
{
	uint64_t child;

	lunatic_process_die_when_link_dies(0);
	child = spawn_with(entry, 9, (int64_t)node);
	CHECK_EQ(receive_any(LATE), LINK_DIED);
	CHECK_EQ(lunatic_message_get_tag(), 9);
	CHECK_EQ(lunatic_process_exists(child), 0);
}

#define OUTSIDE ((void *)0xfffffff0)

ENTRY(bad_function)(int64_t node)
{
	uint64_t id;

	lunatic_distributed_spawn((uint64_t)node, OWN, 1, OUTSIDE, 100, NULL, 0,
				  &id);
}

ENTRY(bad_params)(int64_t node)
{
	uint64_t id;

	lunatic_distributed_spawn((uint64_t)node, OWN, 1, "doubles", 7, "12345",
				  5, &id);
}

ENTRY(bad_params_place)(int64_t node)
{
	uint64_t id;

	lunatic_distributed_spawn((uint64_t)node, OWN, 1, "doubles", 7, OUTSIDE,
				  17, &id);
}

ENTRY(bad_id_place)(int64_t node)
{
	lunatic_distributed_spawn((uint64_t)node, OWN, 1, "doubles", 7, NULL, 0,
				  OUTSIDE);
}

ENTRY(bad_config)(int64_t node)
{
	uint64_t id;

	lunatic_distributed_spawn((uint64_t)node, 4711, 1, "doubles", 7, NULL,
				  0, &id);
}

ENTRY(bad_name)(int64_t node)
{
	uint64_t id;

	lunatic_distributed_spawn((uint64_t)node, OWN, 1, "\xff\xfe", 2, NULL,
				  0, &id);
}

ENTRY(nothing_to_send)(int64_t node)
{
	lunatic_distributed_send((uint64_t)node, 1);
}

ENTRY(nothing_to_ask)(int64_t node)
{
	lunatic_distributed_send_receive_skip_search((uint64_t)node, 1, 1, 1);
}

ENTRY(bad_nodes)(int64_t node)
{
	(void)node;
	lunatic_distributed_get_nodes(OUTSIDE, 100);
}

ENTRY(bad_query)(int64_t node)
{
	uint64_t id;
	uint64_t error;
	uint32_t count;

	(void)node;
	lunatic_distributed_exec_lookup_nodes("\xff", 1, &id, &count, &error);
}

ENTRY(bad_query_place)(int64_t node)
{
	uint64_t id;
	uint64_t error;
	uint32_t count;

	(void)node;
	lunatic_distributed_exec_lookup_nodes(OUTSIDE, 100, &id, &count,
					      &error);
}

ENTRY(bad_count_place)(int64_t node)
{
	uint64_t id;
	uint64_t error;

	(void)node;
	lunatic_distributed_exec_lookup_nodes("", 0, &id, (void *)UINT32_MAX,
					      &error);
}

ENTRY(bad_results_place)(int64_t node)
{
	uint64_t error;

	(void)node;
	lunatic_distributed_copy_lookup_nodes_results(0, OUTSIDE, 1u << 31,
						      &error);
}

static void refused_query(const char *query, const char *text)
{
	uint64_t id;
	uint64_t error;
	uint32_t count;

	CHECK_EQ(lunatic_distributed_exec_lookup_nodes(query, strlen(query),
						       &id, &count, &error),
		 1);
	check_error(error, text, true);
}

static void hostile(uint64_t node)
{
	static const char *const entries[] = {
		"bad_function",      "bad_params",      "bad_params_place",
		"bad_id_place",      "bad_config",      "bad_name",
		"nothing_to_send",   "nothing_to_ask",  "bad_nodes",
		"bad_query",         "bad_query_place", "bad_count_place",
		"bad_results_place", "bad_authority",   "bad_authority_place",
		"long_authority",    "bad_len_place",
	};
	static char query[1026];
	uint64_t nodes[NODES];

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		watch_trap(entries[i], node);
	memset(query, 'a', sizeof(query) - 1);
	refused_query(query, "1024 bytes");
	refused_query("name=%4", "hexadecimal");
	CHECK_EQ(look_up("name=%00", nodes), 0);
	CHECK_EQ(look_up("", nodes), lunatic_distributed_nodes_count());
	// Ids that belong to somebody else, or to nobody.
	for (uint64_t id = 0; id < 2000; id++) {
		const struct address to = { node, id * 0x10001 };

		CHECK_EQ(send_at(to, 0, "x", 1), 0);
	}
	expect_double(spawn_at(node, OWN, "doubles"), 1);
}

// ---- A process of lunatic 0.7 ----

// Runs where the old one is; sends it the handle of the one who asks, and tells
// that one's address of the old one.
ENTRY(asks_old)(void)
{
	struct address back;
	struct address old;

	CHECK_EQ(receive_any(LATE), DATA);
	CHECK_EQ(lunatic_message_read_data(&back, sizeof(back)), sizeof(back));
	CHECK_EQ(lunatic_process_get_or_spawn("old", 3, 0, OWN, OWN, "waits", 5,
					      NULL, 0, &old.node, &old.id),
		 2);
	CHECK_EQ(old.node, lunatic_distributed_node_id());
	// It answers to the handle.
	lunatic_message_create_data(0, 0);
	{
		int64_t number = 50;

		lunatic_message_write_data(&number, sizeof(number));
	}
	CHECK_EQ(lunatic_distributed_push_process(back.node, back.id), 0);
	CHECK_EQ(lunatic_message_send(old.id), 0);
	CHECK_EQ(send_at(back, TAG_ANSWER + 1, &old, sizeof(old)), 0);
}

static void old(uint64_t node)
{
	const struct address back = self();
	struct address child = spawn_at(node, OWN, "asks_old");
	struct address there;
	int64_t tag = TAG_ANSWER;
	int64_t number = 8;

	CHECK_EQ(send_at(child, 0, &back, sizeof(back)), 0);
	CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
	CHECK_EQ(read_number(), 100);
	tag = TAG_ANSWER + 1;
	CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
	CHECK_EQ(lunatic_message_read_data(&there, sizeof(there)),
		 sizeof(there));
	// By its id, from here, with a handle in the message.
	lunatic_message_create_data(0, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	CHECK_EQ(lunatic_distributed_push_process(0, back.id), 0);
	CHECK_EQ(lunatic_distributed_send(there.node, there.id), 0);
	tag = TAG_ANSWER;
	CHECK_EQ(lunatic_message_receive(&tag, 1, LATE), DATA);
	CHECK_EQ(read_number(), 16);
	// It has put its own handle into the answer.
	{
		uint64_t at = 0;

		CHECK_EQ(lunatic_distributed_take_process(0, &at), there.id);
		CHECK_EQ(at, there.node);
	}
}

// ---- In an environment of its own, below the program's ----

// It gets the id of its node, and finds nobody.
ENTRY(sees_nothing)(int64_t node)
{
	const struct address to = { (uint64_t)node + 1, 1 };
	uint64_t nodes[NODES];
	uint64_t id;
	uint64_t error;
	uint32_t count;

	CHECK_EQ(lunatic_distributed_nodes_count(), 0);
	CHECK_EQ(lunatic_distributed_get_nodes(nodes, NODES), 0);
	CHECK_EQ(try_at(to.node, OWN, 1, "doubles", &id), 1);
	check_error(id, "may not use other nodes", true);
	CHECK_EQ(send_at(to, 0, "x", 1), 2);
	CHECK_EQ(lunatic_distributed_exec_lookup_nodes("", 0, &id, &count,
						       &error),
		 1);
	check_error(error, "may not use other nodes", true);
}

// ---- Certificates ----

__attribute__((export_name("lunatic_alloc"))) void *allocate(uint32_t len)
{
	return malloc(len);
}

struct text {
	const char *bytes;
	size_t len;
};

// Reads a text of a result; moves on.
static struct text next_text(const char **at)
{
	struct text text;
	uint64_t len;

	memcpy(&len, *at, sizeof(len));
	text.bytes = *at + sizeof(len);
	text.len = len;
	*at += sizeof(len) + len;
	return text;
}

static void save(const char *path, struct text text)
{
	FILE *file = fopen(path, "w");

	CHECK(file != NULL);
	CHECK_EQ(fwrite(text.bytes, 1, text.len, file), text.len);
	CHECK_EQ(fclose(file), 0);
}

static void certificates(void)
{
	static char request[10000];
	uint32_t len = 0;
	const char *result = (void *)lunatic_distributed_test_root_cert(&len);
	const char *at = result;
	struct text ca = next_text(&at);
	struct text key = next_text(&at);
	struct text text;
	FILE *file;

	CHECK_EQ(at - result, len);
	save("/c/ca.pem", ca);
	result = (void *)lunatic_distributed_default_server_certificates(
		ca.bytes, ca.len, key.bytes, key.len, &len);
	at = result;
	save("/c/one.pem", next_text(&at));
	save("/c/one.key", next_text(&at));
	CHECK_EQ(at - result, len);
	file = fopen("/c/two.csr", "r");
	CHECK(file != NULL);
	text = (struct text){ request,
			      fread(request, 1, sizeof(request), file) };
	fclose(file);
	result = (void *)lunatic_distributed_sign_node(
		ca.bytes, ca.len, key.bytes, key.len, text.bytes, text.len,
		&len);
	at = result;
	save("/c/two.pem", next_text(&at));
	CHECK_EQ(at - result, len);
}

ENTRY(bad_authority)(int64_t node)
{
	uint32_t len;

	(void)node;
	lunatic_distributed_default_server_certificates("x", 1, "y", 1, &len);
}

ENTRY(bad_authority_place)(int64_t node)
{
	uint32_t len;

	(void)node;
	lunatic_distributed_default_server_certificates(OUTSIDE, 100, "y", 1,
							&len);
}

ENTRY(long_authority)(int64_t node)
{
	static const char text[70000];
	uint32_t len;

	(void)node;
	lunatic_distributed_sign_node(text, sizeof(text), "y", 1, "z", 1, &len);
}

ENTRY(bad_len_place)(int64_t node)
{
	(void)node;
	lunatic_distributed_test_root_cert((void *)UINT32_MAX);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	uint64_t nodes[NODES];

	if (strcmp(what, "tour") == 0)
		tour(node_of(argv[2]));
	else if (strcmp(what, "own") == 0)
		tour(lunatic_distributed_node_id());
	else if (strcmp(what, "three") == 0)
		three(argv[2], argv[3]);
	else if (strcmp(what, "watch") == 0)
		watch(argv[2]);
	else if (strcmp(what, "hostile") == 0)
		hostile(node_of(argv[2]));
	else if (strcmp(what, "old") == 0)
		old(node_of(argv[2]));
	else if (strcmp(what, "certificates") == 0)
		certificates();
	else if (strcmp(what, "attribute") == 0)
		printf("found %u\n", look_up(argv[2], nodes));
	else
		return 2;
	puts("passed");
	return 0;
}
