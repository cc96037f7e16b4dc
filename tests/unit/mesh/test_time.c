/* src/mesh: what takes time: silence, lines that break, nodes that come
 * back, nodes that dial each other at once, waiting for one that is not there.
 */
#include <pthread.h>
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
#include "mesh/mesh_impl.h"
#include "node/export.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"
#include "support/meshes.h"
#include "support/processes.h"
#include "support/stranger.h"
#include "support/tasks.h"

#define DECIDES 0x00
#define WAITS 0xff
#define SHORT INT64_C(400000000) /* a heartbeat */
#define MANY 6
#define CUTS 10

static struct test_meshes meshes;
static struct test_stranger stranger;

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

static void be(struct test_stranger *who, const char *name, uint8_t byte)
{
	test_stranger_init(who, meshes.environment->runtime->sched, meshes.tls,
			   name, byte);
}

static void silence(void **state)
{
	int a;

	(void)state;
	meshes.heartbeat = SHORT;
	a = test_meshes_start(&meshes, "a", NULL);
	be(&stranger, "silent", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	assert_true(test_stranger_is_cut(&stranger));
	test_meshes_await(&meshes, a, 0);
	test_stranger_deinit(&stranger);
}

/* Nodes with nothing to say stay connected: each hears from the other one often
 * enough for the shorter of both times. */
static void nothing_to_say(void **state)
{
	uint64_t received = UINT64_MAX;
	int a;
	int b;

	(void)state;
	meshes.heartbeat = 5 * SHORT;
	a = test_meshes_start(&meshes, "a", NULL);
	meshes.heartbeat = LN_HEARTBEAT_MAX;
	b = test_meshes_start(&meshes, "b", test_meshes_address(&meshes, a));
	test_meshes_await(&meshes, a, 1);
	/* What comes later than the greetings are pings, of 5 bytes. */
	for (int more = 0; more < 3;) {
		struct ln_fabric_peer *peers;

		assert_int_equal(
			ln_mesh_class.list(meshes.at[a].fabric, &peers), 1);
		if (peers[0].received > received)
			more++;
		received = peers[0].received;
		free(peers);
		test_nap();
	}
	test_meshes_await(&meshes, b, 1);
}

/* How a process of the stranger's is known at a node. */
static struct ln_process *process_of_stranger(int at)
{
	static const uint8_t id[LN_ID_SIZE] = { 1 };
	struct ln_proxy *found = NULL;
	struct ln_peer *peer = NULL;

	assert_int_equal(ln_peer_get(meshes.at[at].node,
				     stranger.hello.greeting.id.incarnation,
				     &peer),
			 0);
	assert_int_equal(ln_proxy_get(peer, id, &found), 0);
	ln_peer_release(peer);
	return &found->process;
}

/* Sends until the node is lost. */
static enum ln_outcome send_much(struct ln_process *self)
{
	static const uint8_t zeroes[60000];

	for (;;) {
		struct ln_message *message =
			ln_message_new(LN_MESSAGE_DATA, 1, sizeof(zeroes));

		ln_message_write(message, zeroes, sizeof(zeroes), UINT64_MAX);
		if (ln_process_send_wait(self->argument, message, LN_NEVER) < 0)
			return LN_OUTCOME_NORMAL;
	}
}

/* It is alive, but takes nothing: whoever sends to it waits, and then it is
 * lost. */
static void it_takes_nothing(void **state)
{
	struct ln_process *sender;
	struct ln_process *known;
	struct ln_fabric_peer *peers;
	struct ln_decoder frame;
	int a;

	(void)state;
	meshes.heartbeat = SHORT;
	a = test_meshes_start(&meshes, "a", NULL);
	be(&stranger, "stuck", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	/* It is up once it answers; a very busy machine may have lost it. */
	test_stranger_say(&stranger, LN_MESH_PING, NULL, 0);
	test_stranger_await(&stranger, LN_MESH_PONG, &frame);
	known = process_of_stranger(a);
	sender = test_process_start(meshes.environment, send_much, known);
	while (ln_mesh_class.list(meshes.at[a].fabric, &peers) == 1) {
		free(peers);
		test_stranger_say(&stranger, LN_MESH_PING, NULL, 0);
		test_nap();
	}
	free(peers);
	assert_int_equal(test_process_wait(sender), LN_OUTCOME_NORMAL);
	ln_process_release(known);
	test_stranger_deinit(&stranger);
}

/* The connections of a node, by what they are to end with. */
static void cut(int at)
{
	struct ln_mesh *mesh = test_meshes_mesh(&meshes, at);

	ln_lock_acquire(&mesh->lock);
	for (struct ln_list *next = mesh->connections.next;
	     next != &mesh->connections; next = next->next) {
		struct ln_connection *connection =
			ln_container_of(next, struct ln_connection, link);

		if (connection->state == LN_CONNECTION_UP)
			ln_connection_close(connection, "cut by the test");
	}
	ln_lock_release(&mesh->lock);
}

/* When the only connection of a node began. */
static int64_t since(int at)
{
	struct ln_fabric_peer *peers;
	int64_t time = 0;

	if (ln_mesh_class.list(meshes.at[at].fabric, &peers) == 1)
		time = peers[0].since;
	free(peers);
	return time;
}

static void a_line_breaks(void **state)
{
	int a = test_meshes_start(&meshes, "a", NULL);
	int b = test_meshes_start(&meshes, "b",
				  test_meshes_address(&meshes, a));

	(void)state;
	for (int i = 0; i < CUTS; i++) {
		int64_t before[2];

		test_meshes_await(&meshes, a, 1);
		test_meshes_await(&meshes, b, 1);
		before[0] = since(a);
		before[1] = since(b);
		cut(i % 2 == 0 ? a : b);
		while (since(a) <= before[0] || since(b) <= before[1])
			test_nap();
	}
}

/* A name whose node is dead, and nobody has noticed. */
static void the_name_of_a_dead_node(void **state)
{
	int a = test_meshes_start(&meshes, "a", NULL);
	int b;

	(void)state;
	be(&stranger, "b", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	test_meshes_await(&meshes, a, 1);
	b = test_meshes_start(&meshes, "b", test_meshes_address(&meshes, a));
	assert_true(test_stranger_is_cut(&stranger));
	test_stranger_deinit(&stranger);
	test_meshes_await(&meshes, a, 1);
	test_meshes_await(&meshes, b, 1);
}

/* A node that has lost its connection, and dials before the other side has
 * noticed; whichever of both decides. */
static void it_has_noticed_first(void **state)
{
	static const uint8_t bytes[] = { DECIDES, WAITS };
	int a = test_meshes_start(&meshes, "a", NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		struct test_stranger again;

		be(&stranger, "b", bytes[i]);
		test_stranger_join(&stranger, test_meshes_address(&meshes, a));
		test_meshes_await(&meshes, a, 1);
		be(&again, "b", bytes[i]);
		test_stranger_join(&again, test_meshes_address(&meshes, a));
		assert_true(test_stranger_is_cut(&stranger));
		test_meshes_await(&meshes, a, 1);
		test_stranger_deinit(&stranger);
		test_stranger_deinit(&again);
		test_meshes_await(&meshes, a, 0);
	}
}

/* The other end of a connection that is alive says so when it is asked. */
static void answer_pings(void *argument)
{
	struct test_stranger *alive = argument;
	static const uint8_t pong[] = { 1, 0, 0, 0, LN_MESH_PONG };
	uint8_t bytes[4096];
	size_t n = 1;

	while (n > 0 && ln_tls_read(alive->tls, bytes, sizeof(bytes),
				    ln_time_after_ms(20000), &n) == 0) {
		if (n > 0 && ln_tls_write(alive->tls, pong, sizeof(pong),
					  ln_time_after_ms(20000)) < 0)
			return;
	}
}

static void a_second_connection(void **state)
{
	int a = test_meshes_start(&meshes, "a", NULL);
	struct test_stranger again;
	struct ln_mesh_refused refused;
	struct test_task task = { .over = false };
	struct ln_decoder frame;

	(void)state;
	be(&stranger, "b", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	test_task_start(stranger.sched, &task, answer_pings, &stranger);
	be(&again, "b", WAITS);
	assert_int_equal(
		test_stranger_dial(&again, test_meshes_address(&meshes, a)), 0);
	test_stranger_hello(&again);
	test_stranger_say(&again, LN_MESH_READY, NULL, 0);
	assert_true(test_stranger_await(&again, LN_MESH_REFUSE, &frame));
	assert_true(ln_mesh_read_refusal(&frame, &refused));
	assert_int_equal(refused.why, LN_REFUSED_DUPLICATE);
	test_stranger_deinit(&again);
	test_meshes_await(&meshes, a, 1);
	ln_tls_shutdown(stranger.tls);
	test_task_wait_over(&task);
	test_stranger_deinit(&stranger);
	test_meshes_await(&meshes, a, 0);
}

/* One node of many that all know each other from the start. */
struct one {
	pthread_t thread;
	char address[LN_NODE_ADDRESS_SIZE];
	const char *peers[MANY];
	char *error;
	int result;
};

static struct one many[MANY];

static void *begin_one(void *argument)
{
	struct one *one = argument;
	struct test_mesh *at = &meshes.at[one - many];
	const struct ln_fabric_options options = { .address = one->address,
						   .peers = one->peers,
						   .peer_count = MANY,
						   .tls = meshes.tls };

	one->result = ln_mesh_class.start(at->node, &options, &at->fabric,
					  &one->error);
	if (one->result == 0)
		one->result = ln_mesh_class.join(at->fabric, NULL, &one->error);
	return NULL;
}

/* Ports that were free just now. */
static void choose_addresses(void)
{
	char name[] = "0";

	for (int i = 0; i < MANY; i++) {
		name[0] = (char)('0' + i);
		strcpy(many[i].address,
		       test_meshes_address(
			       &meshes,
			       test_meshes_start(&meshes, name, NULL)));
	}
	for (int i = 0; i < MANY; i++) {
		test_meshes_leave(&meshes, i);
		for (int j = 0; j < MANY; j++)
			many[i].peers[j] = many[j].address;
	}
}

static void all_dial_each_other(void **state)
{
	(void)state;
	choose_addresses();
	for (int i = 0; i < MANY; i++)
		assert_int_equal(pthread_create(&many[i].thread, NULL,
						begin_one, &many[i]),
				 0);
	for (int i = 0; i < MANY; i++) {
		pthread_join(many[i].thread, NULL);
		if (many[i].error != NULL)
			print_error("%s\n", many[i].error);
		assert_int_equal(many[i].result, 0);
	}
	for (int i = 0; i < MANY; i++)
		test_meshes_await(&meshes, i, MANY - 1);
}

/* The other end is not a node, or not one to join. */
static void try_to_join(const char *name, const char *address, int expected,
			const char *text)
{
	char *error = NULL;

	assert_int_equal(test_meshes_try(&meshes, name, address, &error),
			 expected);
	assert_non_null(error);
	if (strstr(error, text) == NULL)
		fail_msg("%s", error);
	free(error);
	test_meshes_leave(&meshes, meshes.count - 1);
}

struct refusing {
	pthread_t thread;
	enum ln_refusal why;
	bool shakes_hands;
};

/* Accepts one connection, and refuses it, or lets it wait. */
static void *refuse_one(void *argument)
{
	struct refusing *refusing = argument;
	struct ln_decoder frame;

	if (test_stranger_accept(&stranger) < 0)
		return NULL;
	while (test_stranger_hear(&stranger, &frame)) {
		if (ln_decoder_u8(&frame) != LN_MESH_HELLO)
			continue;
		test_stranger_send(&stranger,
				   ln_mesh_write_hello(&stranger.hello));
		test_stranger_send(
			&stranger,
			ln_mesh_write_refusal(refusing->why, "\033[5mno"));
	}
	return NULL;
}

static void refusals_end_the_attempt(void **state)
{
	static const struct {
		enum ln_refusal why;
		int error;
		const char *text;
	} cases[] = {
		{ LN_REFUSED_NAME, LN_EEXIST, "choose another name" },
		{ LN_REFUSED_VERSION, LN_EUNSUP, "versions of lunatic" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct refusing refusing = { .why = cases[i].why };
		char address[LN_NODE_ADDRESS_SIZE];

		be(&stranger, "hostile", WAITS);
		test_stranger_listen(&stranger, address);
		assert_int_equal(pthread_create(&refusing.thread, NULL,
						refuse_one, &refusing),
				 0);
		try_to_join("x", address, cases[i].error, cases[i].text);
		pthread_join(refusing.thread, NULL);
		test_stranger_deinit(&stranger);
	}
}

static int lines;

static void count_line(const char *line)
{
	assert_non_null(strstr(line, "waiting for the node at 127.0.0.1:"));
	lines++;
}

/* A node whose peer, at `address`, listens and never answers. */
static struct ln_fabric *start_beside_mute(char address[LN_NODE_ADDRESS_SIZE])
{
	const struct ln_local_node_options own = { .name = "x" };
	const char *peer = address;
	const struct ln_fabric_options options = { .address = "127.0.0.1:0",
						   .peers = &peer,
						   .peer_count = 1,
						   .tls = meshes.tls };
	struct test_mesh *at = &meshes.at[0];
	char *error = NULL;

	be(&stranger, "mute", WAITS);
	test_stranger_listen(&stranger, address);
	meshes.count++;
	assert_int_equal(
		ln_local_node_new(meshes.environment->runtime, &own, &at->node),
		0);
	assert_int_equal(
		ln_mesh_class.start(at->node, &options, &at->fabric, &error),
		0);
	return at->fabric;
}

/* What listens says nothing: there is a line about it, and an error at last. */
static void it_never_answers(void **state)
{
	static char address[LN_NODE_ADDRESS_SIZE];
	struct ln_fabric *fabric;
	char *error = NULL;

	(void)state;
	fabric = start_beside_mute(address);
	assert_int_equal(ln_mesh_class.join(fabric, count_line, &error),
			 LN_ETIMEDOUT);
	assert_non_null(strstr(error, address));
	assert_true(lines > 0);
	free(error);
	test_stranger_deinit(&stranger);
}

static void *interrupt_join(void *argument)
{
	test_nap();
	ln_mesh_class.interrupt(argument);
	return NULL;
}

static void joining_is_interrupted(void **state)
{
	static char address[LN_NODE_ADDRESS_SIZE];
	struct ln_fabric *fabric;
	char *error = NULL;
	pthread_t thread;

	(void)state;
	fabric = start_beside_mute(address);
	assert_int_equal(pthread_create(&thread, NULL, interrupt_join, fabric),
			 0);
	assert_int_equal(ln_mesh_class.join(fabric, NULL, &error), LN_EKILLED);
	assert_null(error);
	pthread_join(thread, NULL);
	test_stranger_deinit(&stranger);
}

/* It comes while another one waits for it. */
static void it_comes_later(void **state)
{
	(void)state;
	choose_addresses();
	assert_int_equal(
		pthread_create(&many[0].thread, NULL, begin_one, &many[0]), 0);
	/* All but the first two are never there. */
	for (int i = 0; i < 500; i++)
		test_nap();
	assert_int_equal(
		pthread_create(&many[1].thread, NULL, begin_one, &many[1]), 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(many[i].thread, NULL);
		assert_int_equal(many[i].result, 0);
		test_meshes_await(&meshes, i, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(silence),
		TEST(nothing_to_say),
		TEST(it_takes_nothing),
		TEST(a_line_breaks),
		TEST(the_name_of_a_dead_node),
		TEST(it_has_noticed_first),
		TEST(a_second_connection),
		TEST(all_dial_each_other),
		TEST(refusals_end_the_attempt),
		TEST(it_never_answers),
		TEST(joining_is_interrupted),
		TEST(it_comes_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
