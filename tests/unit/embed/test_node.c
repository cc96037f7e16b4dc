/* src/embed/node.c, and with it src/cluster/node.c: two programs in one, each
 * a runtime that is a node. */
#include "fixture.h"

#include <lunatic/node.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOON 30000

static const char guests[] =
	"(module"
	" (import \"lunatic::process\" \"sleep_ms\" (func $sleep (param i64)))"
	" (func (export \"waits\") (call $sleep (i64.const 600000)))"
	" (func (export \"traps\") (param i32) unreachable))";

static char folder[] = "/tmp/test_embed_node.XXXXXX";
static char key_path[sizeof(folder) + 8];
static struct fixture *sides[2];

static int make_key(void **state)
{
	FILE *file;

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(key_path, sizeof(key_path), "%s/key", folder);
	file = fopen(key_path, "w");
	if (file == NULL || fputs("0123456789abcdef0123456789abcdef", file) < 0)
		return -1;
	return fclose(file) != 0 || chmod(key_path, 0600) != 0 ? -1 : 0;
}

static int remove_key(void **state)
{
	(void)state;
	return unlink(key_path) != 0 || rmdir(folder) != 0 ? -1 : 0;
}

static int set_up_two(void **state)
{
	for (int i = 0; i < 2; i++) {
		if (set_up(state) < 0)
			return -1;
		sides[i] = *state;
	}
	return 0;
}

static int tear_down_two(void **state)
{
	int result = 0;

	for (int i = 0; i < 2; i++) {
		*state = sides[i];
		result |= tear_down(state);
	}
	return result;
}

static lunatic_rt_node_config config_of(const char *name)
{
	lunatic_rt_node_config config;

	assert_int_equal(lunatic_rt_node_config_init(&config, sizeof(config)),
			 0);
	assert_int_equal(config.heartbeat_ms, 2500);
	config.name = name;
	config.address = "127.0.0.1:0";
	config.cluster_key = key_path;
	return config;
}

static lunatic_rt_node *begin(int side, const char *name, const char *peer)
{
	lunatic_rt_node_config config = config_of(name);
	lunatic_rt_node *node;
	char *text;

	const char *attributes[] = { "zone=eu", name };

	attributes[1] = strcmp(name, "one") == 0 ? "disk=ssd" : "disk=none";
	config.attributes = attributes;
	config.attribute_count = 2;
	config.peers = &peer;
	config.peer_count = peer != NULL;
	assert_int_equal(lunatic_rt_node_new(sides[side]->environment, &config,
					     &node, &text),
			 0);
	assert_null(text);
	assert_string_equal(lunatic_rt_node_name(node), name);
	assert_int_equal(lunatic_rt_node_join(node, &text), 0);
	return node;
}

/* Both, which know each other. */
static void begin_both(lunatic_rt_node *nodes[2])
{
	nodes[0] = begin(0, "one", NULL);
	nodes[1] = begin(1, "two", lunatic_rt_node_address(nodes[0]));
}

static void await_peers(lunatic_rt_node *node, size_t count)
{
	lunatic_rt_peer_list *list;

	for (int i = 0; i < SOON / 10; i++) {
		size_t there;

		assert_int_equal(lunatic_rt_node_peers(node, &list), 0);
		there = lunatic_rt_peer_list_count(list);
		lunatic_rt_peer_list_free(list);
		if (there == count)
			return;
		usleep(10000);
	}
	fail_msg("not %zu peers in time", count);
}

static void refuse(lunatic_rt_node_config config, int error, const char *text)
{
	lunatic_rt_node *node = (lunatic_rt_node *)&config;
	char *said = NULL;

	assert_int_equal(lunatic_rt_node_new(sides[0]->environment, &config,
					     &node, &said),
			 error);
	assert_null(node);
	if (text == NULL) {
		assert_null(said);
	} else {
		assert_non_null(said);
		if (strstr(said, text) == NULL)
			fail_msg("'%s' does not say '%s'", said, text);
	}
	lunatic_rt_string_free(said);
	/* Texts are not for everybody. */
	assert_int_equal(lunatic_rt_node_new(sides[0]->environment, &config,
					     &node, NULL),
			 error);
}

static void test_refusals(void **state)
{
	lunatic_rt_node_config good = config_of("one");
	lunatic_rt_node_config bad;
	const char *none = NULL;
	lunatic_rt_node *node;

	(void)state;
	bad = good;
	bad.name = NULL;
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad.name = "";
	refuse(bad, LUNATIC_RT_EINVAL, "not a name for a node");
	bad = good;
	bad.address = NULL;
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad.address = "nowhere";
	refuse(bad, LUNATIC_RT_EINVAL, "nowhere");
	bad = good;
	bad.peer_count = 1;
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad.peers = &none;
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	none = "nowhere";
	refuse(bad, LUNATIC_RT_EINVAL, "nowhere");
	bad = good;
	bad.heartbeat_ms = 99;
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad.heartbeat_ms = 3600001;
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad = good;
	bad.cluster_key = "/nowhere/key";
	refuse(bad, LUNATIC_RT_ENOENT,
	       "there is no cluster key '/nowhere/key'");
	bad.authority = "ca.pem";
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad.cluster_key = NULL;
	refuse(bad, LUNATIC_RT_EINVAL, "are needed together");
	bad.certificate = "/nowhere/cert.pem";
	bad.key = "/nowhere/key.pem";
	refuse(bad, LUNATIC_RT_EINVAL, "/nowhere/");
	bad = good;
	none = "zone";
	bad.attributes = &none;
	bad.attribute_count = 1;
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad = good;
	bad.nats_cluster = "blue";
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad.nats_servers = "nats://127.0.0.1:4222";
	refuse(bad, LUNATIC_RT_EINVAL, NULL); /* beside an address */
	bad.address = NULL;
	bad.nats_cluster = "b l u e";
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad.nats_cluster = NULL;
	bad.nats_servers = "http://127.0.0.1";
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad.nats_servers = "nats://127.0.0.1:4222";
	bad.nats_key = "/nowhere/key.pem";
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	bad = good;
	bad.size = 3;
	refuse(bad, LUNATIC_RT_EINVAL, NULL);
	assert_int_equal(lunatic_rt_node_new(NULL, &good, &node, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(
		lunatic_rt_node_new(sides[0]->environment, NULL, &node, NULL),
		LUNATIC_RT_EINVAL);
	assert_int_equal(
		lunatic_rt_node_new(sides[0]->environment, &good, NULL, NULL),
		LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_node_config_init(NULL, sizeof(good)),
			 LUNATIC_RT_EINVAL);
	/* None of that has made it a node; the second time it is one. */
	assert_int_equal(
		lunatic_rt_node_new(sides[0]->environment, &good, &node, NULL),
		0);
	refuse(good, LUNATIC_RT_EEXIST, "is already a node");
	assert_int_equal(lunatic_rt_node_join(NULL, NULL), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_node_leave(NULL), LUNATIC_RT_EINVAL);
	assert_null(lunatic_rt_node_name(NULL));
	assert_null(lunatic_rt_node_address(NULL));
}

static void test_peers(void **state)
{
	lunatic_rt_node *nodes[2];
	lunatic_rt_peer_list *list;
	lunatic_rt_peer_info info;
	lunatic_rt_node *node;
	char *text;

	(void)state;
	begin_both(nodes);
	await_peers(nodes[0], 1);
	assert_int_equal(lunatic_rt_node_peers(nodes[1], &list), 0);
	assert_int_equal(lunatic_rt_peer_list_count(list), 1);
	assert_int_equal(lunatic_rt_peer_list_get(list, 0, &info, sizeof(info)),
			 0);
	assert_string_equal(info.name, "one");
	assert_string_equal(info.address, lunatic_rt_node_address(nodes[0]));
	assert_in_range(info.age_ms, 0, 60000);
	assert_true(info.received > 0 && info.sent > 0);
	assert_int_equal(lunatic_rt_peer_list_get(list, 1, &info, sizeof(info)),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_peer_list_get(NULL, 0, &info, sizeof(info)),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_peer_list_get(list, 0, NULL, sizeof(info)),
			 LUNATIC_RT_EINVAL);
	lunatic_rt_peer_list_free(list);
	lunatic_rt_peer_list_free(NULL);
	assert_int_equal(lunatic_rt_peer_list_count(NULL), 0);
	assert_int_equal(lunatic_rt_node_peers(nodes[1], NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_node_peers(NULL, &list), LUNATIC_RT_EINVAL);

	assert_int_equal(lunatic_rt_node_leave(nodes[1]), 0);
	assert_int_equal(lunatic_rt_node_leave(nodes[1]), 0);
	await_peers(nodes[0], 0);
	await_peers(nodes[1], 0);
	assert_int_equal(lunatic_rt_node_join(nodes[1], &text),
			 LUNATIC_RT_ESTOPPED);
	assert_string_equal(text, "this node has left");
	lunatic_rt_string_free(text);
	assert_string_equal(lunatic_rt_node_name(nodes[1]), "two");
	assert_non_null(lunatic_rt_node_address(nodes[1]));
	assert_int_equal(
		lunatic_rt_node_new(sides[1]->environment,
				    &(lunatic_rt_node_config){ .size = 0 },
				    &node, NULL),
		LUNATIC_RT_EINVAL);
}

/* Until a look-up at the node says so. */
static void await_name(lunatic_rt_node *node, int expected)
{
	lunatic_rt_process *found;
	int error = 1;

	for (int i = 0; i < SOON / 10 && error != expected; i++) {
		error = lunatic_rt_cluster_lookup(node, "x", "^1", &found);
		if (error == 0)
			lunatic_rt_process_release(found);
		if (error != expected)
			usleep(10000);
	}
	assert_int_equal(error, expected);
}

static void await_members(lunatic_rt_node *node, size_t expected)
{
	lunatic_rt_process *members[2];
	size_t count = SIZE_MAX;

	for (int i = 0; i < SOON / 10 && count != expected; i++) {
		assert_int_equal(lunatic_rt_cluster_members(node, "g", members,
							    2, &count),
				 0);
		for (size_t j = 0; j < count && j < 2; j++)
			lunatic_rt_process_release(members[j]);
		if (count != expected)
			usleep(10000);
	}
	assert_int_equal(count, expected);
}

static void test_services(void **state)
{
	lunatic_rt_process *process;
	lunatic_rt_process *far;
	lunatic_rt_node *nodes[2];
	size_t count;

	(void)state;
	begin_both(nodes);
	await_peers(nodes[0], 1);
	assert_int_equal(lunatic_rt_process_spawn_native(sides[0]->environment,
							 wait_for_ever, NULL,
							 NULL, 0, &process),
			 0);
	assert_int_equal(
		lunatic_rt_cluster_register(nodes[0], "x", "1", process, 1),
		LUNATIC_RT_EFORMAT);
	assert_int_equal(
		lunatic_rt_cluster_register(NULL, "x", "1.0.0", process, 1),
		LUNATIC_RT_EINVAL);
	assert_int_equal(
		lunatic_rt_cluster_register(nodes[0], "x", "1.2.0", process, 1),
		0);
	await_name(nodes[1], 0);
	assert_int_equal(lunatic_rt_cluster_lookup(nodes[1], "x", "?", &far),
			 LUNATIC_RT_EFORMAT);
	assert_int_equal(lunatic_rt_cluster_lookup(nodes[1], "x", "*", &far),
			 0);
	assert_int_equal(
		lunatic_rt_cluster_register(nodes[1], "y", "1.0.0", far, 1),
		LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_cluster_join(nodes[1], "g", far),
			 LUNATIC_RT_EINVAL);
	lunatic_rt_process_release(far);
	assert_int_equal(lunatic_rt_cluster_unregister(nodes[1], "x", "1.2.0"),
			 LUNATIC_RT_ENOENT);
	assert_int_equal(lunatic_rt_cluster_unregister(nodes[0], "x", "1.2.0"),
			 0);
	await_name(nodes[1], LUNATIC_RT_ENOENT);
	assert_int_equal(lunatic_rt_cluster_join(nodes[0], "g", process), 0);
	await_members(nodes[1], 1);
	assert_int_equal(lunatic_rt_cluster_leave(nodes[0], "g", process), 0);
	assert_int_equal(lunatic_rt_cluster_leave(nodes[0], "g", process),
			 LUNATIC_RT_ENOENT);
	await_members(nodes[1], 0);
	assert_int_equal(
		lunatic_rt_cluster_members(nodes[1], "g", NULL, 1, &count),
		LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_cluster_watch_nodes(nodes[0], process, 5),
			 0);
	assert_int_equal(lunatic_rt_cluster_unwatch_nodes(nodes[0], process),
			 0);
	assert_int_equal(lunatic_rt_cluster_unwatch_nodes(nodes[0], process),
			 LUNATIC_RT_ENOENT);
	lunatic_rt_process_kill(process);
	lunatic_rt_process_release(process);
}

static void chooses(lunatic_rt_node *node, const char *query,
		    const char *expected)
{
	char *name;

	assert_int_equal(lunatic_rt_cluster_choose_node(node, query, 0, &name),
			 0);
	assert_string_equal(name, expected);
	lunatic_rt_string_free(name);
}

static void test_choice(void **state)
{
	lunatic_rt_process *process;
	lunatic_rt_node *nodes[2];
	char *name;

	(void)state;
	begin_both(nodes);
	await_peers(nodes[0], 1);
	chooses(nodes[0], "disk=ssd", "one");
	chooses(nodes[0], "zone=eu&disk=none", "two");
	chooses(nodes[1], "disk=ssd", "one");
	assert_int_equal(
		lunatic_rt_cluster_choose_node(nodes[0], "zone=us", 0, &name),
		LUNATIC_RT_ENOENT);
	assert_null(name);
	assert_int_equal(
		lunatic_rt_cluster_choose_node(nodes[0], "zone=%x", 0, &name),
		LUNATIC_RT_EFORMAT);
	assert_int_equal(lunatic_rt_cluster_choose_node(nodes[0], "", 2, &name),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_cluster_choose_node(NULL, "", 0, &name),
			 LUNATIC_RT_EINVAL);
	/* Both are drawn, and only one runs a process. */
	assert_int_equal(lunatic_rt_process_spawn_native(sides[0]->environment,
							 wait_for_ever, NULL,
							 NULL, 0, &process),
			 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(lunatic_rt_cluster_choose_node(
					 nodes[i % 2], "zone=eu", 1, &name),
				 0);
		assert_string_equal(name, "two");
		lunatic_rt_string_free(name);
	}
	lunatic_rt_process_kill(process);
	lunatic_rt_process_release(process);
}

/* Through servers that are not there. */
static void test_no_server(void **state)
{
	lunatic_rt_node_config config = config_of("one");
	lunatic_rt_node *node;
	char *text;
	int error;

	(void)state;
	config.address = NULL;
	config.nats_servers = "nats://127.0.0.1:1";
	error = lunatic_rt_node_new(sides[0]->environment, &config, &node,
				    &text);
	if (error == LUNATIC_RT_EUNSUP) {
		assert_non_null(strstr(text, "NATS"));
		lunatic_rt_string_free(text);
		return;
	}
	assert_int_equal(error, 0);
	assert_int_equal(lunatic_rt_node_join(node, &text), LUNATIC_RT_EIO);
	assert_non_null(strstr(text, "127.0.0.1:1"));
	lunatic_rt_string_free(text);
}

static void test_name_taken(void **state)
{
	lunatic_rt_node *one = begin(0, "one", NULL);
	lunatic_rt_node_config config = config_of("one");
	const char *peer = lunatic_rt_node_address(one);
	lunatic_rt_node *node;
	char *text;

	(void)state;
	config.peers = &peer;
	config.peer_count = 1;
	assert_int_equal(lunatic_rt_node_new(sides[1]->environment, &config,
					     &node, NULL),
			 0);
	assert_int_equal(lunatic_rt_node_join(node, &text), LUNATIC_RT_EEXIST);
	assert_non_null(strstr(text, "choose another name"));
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_node_join(node, NULL), LUNATIC_RT_EEXIST);
}

static lunatic_rt_environment *make_remote(lunatic_rt_node *node,
					   const char *name)
{
	lunatic_rt_environment_config config;
	lunatic_rt_environment *environment;
	char *text;
	int error;

	lunatic_rt_environment_config_init(&config, sizeof(config));
	config.max_memory = 1 << 20;
	error = lunatic_rt_environment_new_remote(node, name, &config,
						  &environment, &text);
	if (error < 0)
		fail_msg("no environment: %s", text);
	return environment;
}

static void test_remote_errors(void **state)
{
	lunatic_rt_environment *environment;
	lunatic_rt_node *nodes[2];
	char *text;

	(void)state;
	begin_both(nodes);
	assert_int_equal(lunatic_rt_environment_new_remote(
				 nodes[0], "three", NULL, &environment, &text),
			 LUNATIC_RT_ENOENT);
	assert_null(environment);
	assert_non_null(strstr(text, "node 'three' is not connected"));
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_environment_new_remote(
				 nodes[0], "three", NULL, &environment, NULL),
			 LUNATIC_RT_ENOENT);
	assert_int_equal(lunatic_rt_environment_new_remote(NULL, "two", NULL,
							   &environment, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_environment_new_remote(nodes[0], NULL, NULL,
							   &environment, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_environment_new_remote(nodes[0], "two",
							   NULL, NULL, NULL),
			 LUNATIC_RT_EINVAL);
	environment = make_remote(nodes[0], "two");
	/* It is no place for what is of this program. */
	assert_int_equal(
		lunatic_rt_node_new(environment,
				    &(lunatic_rt_node_config){ .size = 0 },
				    &nodes[0], NULL),
		LUNATIC_RT_EINVAL);
	lunatic_rt_environment_release(environment);
}

/* What a native process saw: it must not leave by an assertion. */
struct seen {
	lunatic_rt_node *node;
	lunatic_rt_environment *environment;
	int refused[4];
	int made;
	int added;
	int spawned;
	int died;
	int64_t tag;
	uint32_t peers;
};

static int uses_another_node(lunatic_rt_process *self, void *argument)
{
	const lunatic_rt_value number = { .kind = LUNATIC_RT_I32, .of.i32 = 1 };
	lunatic_rt_node_config config = { .size = sizeof(config),
					  .name = "x",
					  .address = "127.0.0.1:0" };
	struct seen *seen = argument;
	lunatic_rt_environment *environment;
	lunatic_rt_peer_list *list;
	lunatic_rt_message *news;
	lunatic_rt_module *module;
	lunatic_rt_node *node;

	(void)self;
	seen->refused[0] = lunatic_rt_node_join(seen->node, NULL);
	seen->refused[1] = lunatic_rt_node_leave(seen->node);
	seen->refused[2] =
		lunatic_rt_node_new(seen->environment, &config, &node, NULL);
	if (lunatic_rt_node_peers(seen->node, &list) == 0)
		seen->peers = (uint32_t)lunatic_rt_peer_list_count(list);
	lunatic_rt_peer_list_free(list);
	lunatic_rt_die_when_link_dies(false);
	seen->made = lunatic_rt_environment_new_remote(seen->node, "two", NULL,
						       &environment, NULL);
	seen->added = lunatic_rt_module_new(environment, guests,
					    sizeof(guests) - 1, &module, NULL);
	lunatic_rt_environment_release(environment);
	seen->spawned = lunatic_rt_process_spawn(module, "traps", &number, 1, 7,
						 NULL, NULL);
	lunatic_rt_module_release(module);
	seen->died = lunatic_rt_receive(NULL, 0, SOON, &news);
	if (seen->died == 0) {
		seen->died = lunatic_rt_message_is_link_died(news) ? 1 : 2;
		seen->tag = lunatic_rt_message_tag(news);
		lunatic_rt_message_free(news);
	}
	return 0;
}

static void test_from_a_process(void **state)
{
	struct seen seen = { .environment = sides[0]->environment };
	lunatic_rt_node *nodes[2];
	lunatic_rt_process *process;

	(void)state;
	let_guests_trap();
	begin_both(nodes);
	await_peers(nodes[0], 1);
	seen.node = nodes[0];
	assert_int_equal(lunatic_rt_process_spawn_native(
				 sides[0]->environment, uses_another_node,
				 &seen, NULL, 0, &process),
			 0);
	assert_int_equal(lunatic_rt_process_wait(process, -1, NULL, NULL), 0);
	lunatic_rt_process_release(process);
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen.refused[i], LUNATIC_RT_EINVAL);
	assert_int_equal(seen.peers, 1);
	assert_int_equal(seen.made, 0);
	assert_int_equal(seen.added, 0);
	assert_int_equal(seen.spawned, 0);
	assert_int_equal(seen.died, 1);
	assert_int_equal(seen.tag, 7);
}

/* By a thread: a process there, its name, messages, and its end. */
static void test_remote(void **state)
{
	lunatic_rt_environment *environment;
	lunatic_rt_outcome outcome;
	lunatic_rt_process *process;
	lunatic_rt_process *found;
	lunatic_rt_message *message;
	lunatic_rt_module *module;
	lunatic_rt_node *nodes[2];
	char *text;
	int error = 0;

	(void)state;
	begin_both(nodes);
	await_peers(nodes[0], 1);
	environment = make_remote(nodes[0], "two");
	assert_int_equal(lunatic_rt_module_new(environment, "no module", 9,
					       &module, &text),
			 LUNATIC_RT_EFORMAT);
	assert_non_null(text);
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_module_new(environment, guests,
					       sizeof(guests) - 1, &module,
					       &text),
			 0);
	assert_int_equal(lunatic_rt_process_spawn(module, "nothing", NULL, 0, 0,
						  &process, &text),
			 LUNATIC_RT_ENOENT);
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_process_spawn(module, "waits", NULL, 0, 0,
						  &process, &text),
			 0);
	assert_int_equal(lunatic_rt_process_outcome(process, &outcome, NULL),
			 LUNATIC_RT_EUNSUP);
	assert_int_equal(lunatic_rt_process_wait(process, 0, NULL, NULL),
			 LUNATIC_RT_EUNSUP);
	assert_int_equal(lunatic_rt_environment_register(
				 environment, "waiter", "1.0.0", process, NULL),
			 0);
	assert_int_equal(lunatic_rt_environment_lookup(environment, "waiter",
						       "^1", &found, NULL),
			 0);
	assert_ptr_equal(found, process);
	lunatic_rt_process_release(found);
	assert_int_equal(lunatic_rt_message_new(1, &message), 0);
	assert_int_equal(lunatic_rt_send(process, message), 0);
	assert_int_equal(lunatic_rt_process_spawn_native(environment,
							 uses_another_node,
							 NULL, NULL, 0, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_process_kill(process), 0);
	/* Its name goes with it. */
	for (int i = 0; i < SOON / 10 && error == 0; i++) {
		usleep(10000);
		error = lunatic_rt_environment_lookup(environment, "waiter",
						      "^1", &found, NULL);
		if (error == 0)
			lunatic_rt_process_release(found);
	}
	assert_int_equal(error, LUNATIC_RT_ENOENT);

	/* Without the other node nothing is left to be done. */
	assert_int_equal(lunatic_rt_node_leave(nodes[0]), 0);
	assert_int_equal(lunatic_rt_process_spawn(module, "waits", NULL, 0, 0,
						  NULL, &text),
			 LUNATIC_RT_EIO);
	assert_non_null(text);
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_message_new(1, &message), 0);
	assert_int_equal(lunatic_rt_send(process, message), LUNATIC_RT_EDEAD);
	lunatic_rt_environment_release(environment);
	assert_int_equal(lunatic_rt_environment_new_remote(
				 nodes[0], "two", NULL, &environment, &text),
			 LUNATIC_RT_ENOENT);
	lunatic_rt_string_free(text);
	lunatic_rt_process_release(process);
	lunatic_rt_module_release(module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refusals, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_peers, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_services, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_choice, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_no_server, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_name_taken, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_remote_errors, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_from_a_process, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_remote, set_up_two,
						tear_down_two),
	};

	return cmocka_run_group_tests(tests, make_key, remove_key);
}
