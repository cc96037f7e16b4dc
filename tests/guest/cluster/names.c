// options: --node 127.0.0.1:0 --node-name here --node-attribute zone=eu
// stdout: ok
// stderr~ ^lunatic: node here
// stderr~ the name has more than 4096 bytes
// stderr~ the name is not UTF-8
// stderr~ process 12345 does not exist
// stderr~ the query is not UTF-8
// stderr~ a node is chosen by 0 or 1
// stderr~ too many registrations in the cluster
// Names in a cluster of one node: results, death, and every trap.
#include "../check.h"

static char big[5000];

static uint32_t put(const char *name, const char *version, uint64_t process)
{
	return lunatic_cluster_register(name, (uint32_t)strlen(name), version,
					(uint32_t)strlen(version), process, 9);
}

static uint32_t forget(const char *name, const char *version)
{
	return lunatic_cluster_unregister(name, (uint32_t)strlen(name), version,
					  (uint32_t)strlen(version));
}

/* Whether the query finds that process. */
static bool finds(const char *name, const char *query, uint64_t process)
{
	uint64_t found = UINT64_MAX;
	uint8_t ids[2][16];

	if (lunatic_cluster_lookup(name, (uint32_t)strlen(name), query,
				   (uint32_t)strlen(query), &found) != 0)
		return false;
	lunatic_process_id(found, ids[0]);
	lunatic_process_id(process, ids[1]);
	lunatic_process_drop_process(found);
	return memcmp(ids[0], ids[1], 16) == 0;
}

ENTRY(sleeper)(void)
{
	lunatic_process_sleep_ms(100000);
}

ENTRY(long_name)(void)
{
	memset(big, 'a', sizeof(big));
	lunatic_cluster_register(big, 4097, "1.0.0", 5, lunatic_process_this(),
				 0);
}

ENTRY(bad_name)(void)
{
	lunatic_cluster_register("\xff", 1, "1.0.0", 5, lunatic_process_this(),
				 0);
}

ENTRY(no_process)(void)
{
	put("x", "1.0.0", 12345);
}

ENTRY(bad_choice)(void)
{
	uint64_t id;

	lunatic_cluster_choose_node("", 0, 2, &id);
}

ENTRY(bad_query)(void)
{
	uint64_t id;

	lunatic_cluster_lookup("x", 1, "\xff", 1, &id);
}

ENTRY(too_many)(void)
{
	uint64_t self = lunatic_process_this();
	char version[16];

	for (int i = 0;; i++) {
		snprintf(version, sizeof(version), "%d.0.0", i);
		CHECK_EQ(put("many", version, self), 0);
	}
}

static void traps(const char *entry)
{
	int64_t tag;
	uint64_t process = spawn(entry, 0);

	tag = lunatic_process_monitor(process);
	CHECK_EQ(lunatic_message_receive(&tag, 1, 0), 2);
	lunatic_process_drop_process(process);
}

/* In an environment below, with the process of the one above. */
ENTRY(below)(void)
{
	uint64_t above;

	CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
	above = lunatic_message_take_process(0);
	CHECK_EQ(put("above", "1.0.0", above), 3);
	CHECK_EQ(lunatic_cluster_join("above", 5, above), 3);
	CHECK_EQ(forget("x", "1.0.0"), 2);
	CHECK_EQ(put("below", "1.0.0", lunatic_process_this()), 0);
	lunatic_message_create_data(77, 0);
	lunatic_message_send(above);
	lunatic_process_sleep_ms(100000);
}

static void environments(void)
{
	uint64_t config = lunatic_process_create_config(UINT64_C(1) << 24, 0);
	uint64_t environment;
	uint64_t module;
	uint64_t process;
	int64_t tag = 77;

	lunatic_process_allow_namespace(config, "", 0);
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	CHECK_EQ(lunatic_process_add_this_module(environment, &module), 0);
	CHECK_EQ(
		lunatic_process_spawn(0, module, "below", 5, NULL, 0, &process),
		0);
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(process);
	CHECK_EQ(lunatic_message_receive(&tag, 1, 0), DATA);
	CHECK(finds("below", "*", process));
	CHECK_EQ(put("child", "1.0.0", process), 0);
	CHECK_EQ(forget("below", "1.0.0"), 0);
	lunatic_process_kill(process);
}

static void nodes(void)
{
	uint64_t numbers[2] = { 0 };
	char text[64];
	uint64_t self = lunatic_cluster_node();
	int32_t len;

	CHECK(self != 0);
	CHECK_EQ(lunatic_cluster_nodes(numbers, 2), 1);
	CHECK(numbers[0] == self);
	CHECK_EQ(lunatic_cluster_nodes(numbers, 0), 1);
	CHECK_EQ(lunatic_cluster_node_name(self, text, 2), 4);
	CHECK(memcmp(text, "he", 2) == 0);
	CHECK_EQ(lunatic_cluster_node_name(self + 1, text, 2), -1);
	len = lunatic_cluster_node_attributes(self, text, sizeof(text));
	CHECK(len == 17 && memcmp(text, "name=here\nzone=eu", 17) == 0);
	CHECK_EQ(lunatic_cluster_choose_node("", 0, 1, numbers), 0);
	CHECK(numbers[0] == self);
	CHECK_EQ(lunatic_cluster_choose_node("zone=eu", 7, 0, &numbers[1]), 0);
	CHECK(numbers[1] == self);
	CHECK_EQ(lunatic_cluster_choose_node("zone=us", 7, 0, numbers), 2);
	CHECK_EQ(lunatic_cluster_choose_node("zone=%", 6, 0, numbers), 1);
	CHECK_EQ(lunatic_cluster_watch_nodes(3), 0);
	CHECK_EQ(lunatic_cluster_unwatch_nodes(), 1);
	CHECK_EQ(lunatic_cluster_unwatch_nodes(), 0);
}

int main(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t other = spawn("sleeper", 0);
	int64_t tag;

	lunatic_process_die_when_link_dies(0);
	nodes();
	CHECK_EQ(put("x", "1.0.0", self), 0);
	CHECK_EQ(put("x", "1.0.0", self), 0);
	CHECK_EQ(put("x", "1.0.0", other), 2);
	environments();
	CHECK_EQ(put("x", "1.2.0-beta", other), 0);
	CHECK_EQ(put("x", "1.1.0", other), 0);
	CHECK_EQ(put("x", "1.1", other), 1);
	CHECK(finds("x", "*", other));
	CHECK(finds("x", "=1.0.0", self));
	CHECK(finds("x", ">=1.2.0-alpha", other));
	CHECK(!finds("x", "^2", self));
	CHECK_EQ(forget("x", "1.0"), 1);
	CHECK_EQ(forget("x", "1.3.0"), 2);
	tag = lunatic_process_monitor(other);
	lunatic_process_kill(other);
	CHECK_EQ(lunatic_message_receive(&tag, 1, 0), 2);
	CHECK(finds("x", "*", self));
	CHECK_EQ(forget("x", "1.0.0"), 0);
	CHECK(!finds("x", "*", self));
	traps("long_name");
	traps("bad_name");
	traps("no_process");
	traps("bad_query");
	traps("bad_choice");
	traps("too_many");
	/* What it had is free again. */
	CHECK_EQ(put("many", "1.0.0", self), 0);
	puts("ok");
	return 0;
}
