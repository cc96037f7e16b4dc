/* src/mesh: nodes that find each other on the loopback interface, part,
 * and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "mesh/mesh.h"
#include "node/export.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"
#include "support/meshes.h"
#include "support/processes.h"
#include "support/tasks.h"

#define MANY 8

static struct test_meshes meshes;

static int setup(void **state)
{
	(void)state;
	test_meshes_init(&meshes);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_meshes_deinit(&meshes);
	return 0;
}

/* Whether a node is connected with one of that name and incarnation. */
static bool knows(int at, int other)
{
	const struct ln_node_id *id = &meshes.at[other].node->id;
	struct ln_fabric_peer *peers;
	int count = ln_mesh_class.list(meshes.at[at].fabric, &peers);
	bool found = false;

	for (int i = 0; i < count; i++) {
		found |= strcmp(peers[i].id.name, id->name) == 0 &&
			 memcmp(peers[i].id.incarnation, id->incarnation, 16) ==
				 0 &&
			 strcmp(peers[i].address,
				test_meshes_address(&meshes, other)) == 0;
	}
	free(peers);
	return found;
}

static void two_nodes(void **state)
{
	int a = test_meshes_start(&meshes, "a", NULL);
	int b = test_meshes_start(&meshes, "b",
				  test_meshes_address(&meshes, a));

	(void)state;
	test_meshes_await(&meshes, b, 1);
	test_meshes_await(&meshes, a, 1);
	assert_true(knows(a, b));
	assert_true(knows(b, a));
	test_meshes_leave(&meshes, b);
	test_meshes_await(&meshes, a, 0);
}

static void one_peer_leads_to_all(void **state)
{
	static const char *const names[MANY] = { "a", "b", "c", "d",
						 "e", "f", "g", "h" };

	(void)state;
	test_meshes_start(&meshes, names[0], NULL);
	/* Each knows the one before it. */
	for (int i = 1; i < MANY; i++) {
		test_meshes_start(&meshes, names[i],
				  test_meshes_address(&meshes, i - 1));
		/* When it has joined it is connected with all. */
		test_meshes_await(&meshes, i, i);
	}
	for (int i = 0; i < MANY; i++) {
		test_meshes_await(&meshes, i, MANY - 1);
		for (int j = 0; j < MANY; j++)
			assert_int_equal(knows(i, j), i != j);
	}
}

static void a_name_is_taken(void **state)
{
	int a = test_meshes_start(&meshes, "a", NULL);
	const char *address = test_meshes_address(&meshes, a);
	int b = test_meshes_start(&meshes, "b", address);
	char *error = NULL;

	(void)state;
	assert_int_equal(test_meshes_try(&meshes, "b", address, &error),
			 LN_EEXIST);
	assert_non_null(strstr(error, "has this name"));
	assert_non_null(strstr(error, "choose another name"));
	free(error);
	error = NULL;
	assert_int_equal(test_meshes_try(&meshes, "a", address, &error),
			 LN_EEXIST);
	assert_non_null(strstr(error, "has the same name"));
	free(error);
	assert_true(knows(a, b));
}

static void a_name_can_be_had_again(void **state)
{
	int a = test_meshes_start(&meshes, "a", NULL);
	const char *address = test_meshes_address(&meshes, a);
	int b = test_meshes_start(&meshes, "b", address);
	int again;

	(void)state;
	test_meshes_leave(&meshes, b);
	again = test_meshes_start(&meshes, "b", address);
	test_meshes_await(&meshes, a, 1);
	assert_true(knows(a, again));
}

static void nobody_is_there(void **state)
{
	int a = test_meshes_start(&meshes, "a", NULL);
	char address[LN_NODE_ADDRESS_SIZE];
	char *error = NULL;

	(void)state;
	strcpy(address, test_meshes_address(&meshes, a));
	test_meshes_leave(&meshes, a);
	assert_int_equal(test_meshes_try(&meshes, "b", address, &error),
			 LN_EIO);
	assert_non_null(strstr(error, address));
	assert_non_null(strstr(error, "Connection refused"));
	free(error);
}

static void it_is_this_node_itself(void **state)
{
	char address[LN_NODE_ADDRESS_SIZE];
	const struct ln_local_node_options own = { .name = "a" };
	const char *peer = address;
	const struct ln_fabric_options options = { .address = address,
						   .peers = &peer,
						   .peer_count = 1,
						   .tls = meshes.tls };
	struct test_mesh *at = &meshes.at[1];
	char *error;

	(void)state;
	/* A port that is free. */
	strcpy(address,
	       test_meshes_address(&meshes,
				   test_meshes_start(&meshes, "b", NULL)));
	test_meshes_leave(&meshes, 0);
	meshes.count++;
	assert_int_equal(
		ln_local_node_new(meshes.environment->runtime, &own, &at->node),
		0);
	assert_int_equal(
		ln_mesh_class.start(at->node, &options, &at->fabric, &error),
		0);
	assert_int_equal(ln_mesh_class.join(at->fabric, NULL, &error), 0);
	test_meshes_await(&meshes, 1, 0);
}

/* What finders say makes contacts and never ends a connection. */
static void finders(void **state)
{
	const struct ln_local_node_options own = { .name = "z" };
	const struct ln_fabric_options options = { .address = "127.0.0.1:0",
						   .finders = 2,
						   .tls = meshes.tls };
	int a = test_meshes_start(&meshes, "a", NULL);
	int b = test_meshes_start(&meshes, "b", NULL);
	int z = meshes.count++;
	struct test_mesh *at = &meshes.at[z];
	struct ln_fabric *fabric;
	const char *list[3];
	char *error;

	(void)state;
	assert_int_equal(
		ln_local_node_new(meshes.environment->runtime, &own, &at->node),
		0);
	assert_int_equal(
		ln_mesh_class.start(at->node, &options, &at->fabric, &error),
		0);
	fabric = at->fabric;
	/* One knows nothing, the other names a node, this one, and nonsense. */
	ln_mesh_class.found(fabric, 1, NULL, 0);
	list[0] = test_meshes_address(&meshes, a);
	list[1] = ln_mesh_class.address(fabric);
	list[2] = "nonsense";
	ln_mesh_class.found(fabric, 0, list, 3);
	assert_int_equal(ln_mesh_class.join(fabric, NULL, &error), 0);
	test_meshes_await(&meshes, z, 1);
	assert_true(knows(z, a));
	/* Another answer: what it names is found, what is gone stays. */
	list[0] = test_meshes_address(&meshes, b);
	ln_mesh_class.found(fabric, 0, list, 1);
	test_meshes_await(&meshes, z, 2);
	ln_mesh_class.found(fabric, 0, NULL, 0);
	ln_mesh_class.found(fabric, 0, list, 0);
	ln_mesh_class.found(fabric, 1, list, 0);
	test_meshes_await(&meshes, z, 2);
	assert_true(knows(z, a));
	assert_true(knows(z, b));
	/* It is dialled again although nobody names it. */
	test_meshes_leave(&meshes, b);
	test_meshes_await(&meshes, z, 1);
}

/* Who waits for the first answer of a finder can be interrupted. */
static void silent_finders(void **state)
{
	const struct ln_local_node_options own = { .name = "z" };
	const struct ln_fabric_options options = { .address = "127.0.0.1:0",
						   .finders = 1,
						   .tls = meshes.tls };
	const char *nobody = "127.0.0.1:1";
	struct test_mesh *at = &meshes.at[meshes.count++];
	char *error;

	(void)state;
	assert_int_equal(
		ln_local_node_new(meshes.environment->runtime, &own, &at->node),
		0);
	assert_int_equal(
		ln_mesh_class.start(at->node, &options, &at->fabric, &error),
		0);
	ln_mesh_class.interrupt(at->fabric);
	assert_int_equal(ln_mesh_class.join(at->fabric, NULL, &error),
			 LN_EKILLED);
	ln_mesh_class.found(at->fabric, 0, &nobody, 1);
}

static void the_key_is_another(void **state)
{
	static const uint8_t other[LN_TLS_KEY_SIZE] = { 1 };
	int a = test_meshes_start(&meshes, "a", NULL);
	struct ln_tls_context *good = meshes.tls;
	char *error = NULL;

	(void)state;
	assert_int_equal(ln_tls_context_new_key(other, &meshes.tls), 0);
	assert_int_equal(test_meshes_try(&meshes, "b",
					 test_meshes_address(&meshes, a),
					 &error),
			 LN_EPERM);
	assert_non_null(strstr(error, "the same cluster key"));
	free(error);
	test_meshes_leave(&meshes, 1);
	ln_tls_context_free(meshes.tls);
	meshes.tls = good;
}

/* How a process of node `of` is known at node `at`. */
static struct ln_process *proxy(int at, int of, struct ln_process *process)
{
	struct ln_proxy *found = NULL;
	struct ln_peer *peer = NULL;

	assert_int_equal(ln_export(meshes.at[of].node, process), 0);
	assert_int_equal(ln_peer_get(meshes.at[at].node,
				     meshes.at[of].node->id.incarnation, &peer),
			 0);
	assert_int_equal(ln_proxy_get(peer, process->id, &found), 0);
	ln_peer_release(peer);
	return &found->process;
}

#define SENT 500
#define LONG 300000

/* Receives messages that have their number, and are of different lengths. */
static enum ln_outcome take_all(struct ln_process *self)
{
	for (uint32_t i = 0; i < SENT; i++) {
		struct ln_message *message;
		uint32_t number;
		size_t n;

		if (ln_process_receive(self, NULL, 0, ln_time_after_ms(20000),
				       false, &message) < 0)
			return LN_OUTCOME_EXITED;
		if (ln_message_read(message, &number, sizeof(number), &n) < 0 ||
		    number != i ||
		    message->size != (i % 50 == 0 ? LONG : sizeof(number)))
			return LN_OUTCOME_TRAPPED;
		ln_message_free(message);
	}
	return LN_OUTCOME_NORMAL;
}

static enum ln_outcome send_all(struct ln_process *self)
{
	static const uint8_t zeroes[LONG];

	for (uint32_t i = 0; i < SENT; i++) {
		struct ln_message *message =
			ln_message_new(LN_MESSAGE_DATA, 1, LONG);

		ln_message_write(message, &i, sizeof(i), UINT64_MAX);
		if (i % 50 == 0)
			ln_message_write(message, zeroes, LONG - sizeof(i),
					 UINT64_MAX);
		if (ln_process_send_wait(self->argument, message, LN_NEVER) < 0)
			return LN_OUTCOME_EXITED;
	}
	return LN_OUTCOME_NORMAL;
}

static void messages_arrive(void **state)
{
	int a = test_meshes_start(&meshes, "a", NULL);
	int b = test_meshes_start(&meshes, "b",
				  test_meshes_address(&meshes, a));
	struct ln_process *taker =
		test_process_start(meshes.environment, take_all, NULL);
	struct ln_process *known = proxy(a, b, taker);
	struct ln_process *sender;

	(void)state;
	/* The other side has joined; this one may be about to. */
	test_meshes_await(&meshes, a, 1);
	sender = test_process_start(meshes.environment, send_all, known);
	assert_int_equal(test_process_wait(sender), LN_OUTCOME_NORMAL);
	assert_int_equal(test_process_wait(taker), LN_OUTCOME_NORMAL);
	ln_process_release(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(two_nodes),
		TEST(one_peer_leads_to_all),
		TEST(a_name_is_taken),
		TEST(a_name_can_be_had_again),
		TEST(nobody_is_there),
		TEST(it_is_this_node_itself),
		TEST(finders),
		TEST(silent_finders),
		TEST(the_key_is_another),
		TEST(messages_arrive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
