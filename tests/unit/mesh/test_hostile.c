/* src/mesh: whoever has the cluster key and does not behave, and
 * whoever does not have it. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "mesh/mesh_impl.h"
#include "net/address.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "support/meshes.h"
#include "support/stranger.h"
#include "support/tasks.h"
#include "support/tcp.h"

#define DECIDES 0x00
#define WAITS 0xff
#define FLOOD 300

static struct test_meshes meshes;
static struct test_stranger stranger;
static int a; /* the node that is attacked */

static int setup(void **state)
{
	(void)state;
	test_meshes_init(&meshes);
	a = test_meshes_start(&meshes, "a", NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_meshes_deinit(&meshes);
	return 0;
}

static struct ln_sched *sched(void)
{
	return meshes.environment->runtime->sched;
}

static void be(const char *name, uint8_t byte)
{
	test_stranger_init(&stranger, sched(), meshes.tls, name, byte);
}

static void dial(void)
{
	assert_int_equal(
		test_stranger_dial(&stranger, test_meshes_address(&meshes, a)),
		0);
}

/* The node goes on: another one can join it. */
static void check_alive(void)
{
	int b = test_meshes_start(&meshes, "alive",
				  test_meshes_address(&meshes, a));

	test_meshes_await(&meshes, b, 1);
	test_meshes_await(&meshes, a, 1);
	test_meshes_leave(&meshes, b);
	test_meshes_await(&meshes, a, 0);
}

/* What is refused: bytes as they are, with the length before each frame. */
struct bad {
	const char *name;
	const char *bytes;
	size_t len;
};

#define BAD(name, bytes) { name, bytes, sizeof(bytes) - 1 }

static void say_bad(const struct bad *bad)
{
	test_stranger_send_raw(&stranger, bad->bytes, bad->len);
	if (!test_stranger_is_cut(&stranger))
		fail_msg("%s", bad->name);
	test_stranger_deinit(&stranger);
	test_meshes_await(&meshes, a, 0);
}

static void bad_greetings(void **state)
{
	static const struct bad cases[] = {
		BAD("no length", "\0\0\0\0"),
		BAD("longer than a greeting", "\1\4\0\0"),
		BAD("far too long", "\xff\xff\xff\xff"),
		BAD("something else", "GET / HTTP/1.1\r\n\r\n"),
		BAD("a message", "\1\0\0\0\1"),
		BAD("ready", "\1\0\0\0\x81"),
		BAD("accept", "\1\0\0\0\x82"),
		BAD("ping", "\1\0\0\0\x85"),
		BAD("leave", "\1\0\0\0\x87"),
		BAD("no kind of ours", "\1\0\0\0\xff"),
		BAD("an empty hello", "\1\0\0\0\x80"),
		BAD("another protocol", "\11\0\0\0\x80lunacy!\0"),
		BAD("a malformed refusal", "\2\0\0\0\x83\1"),
		BAD("a refusal without a reason", "\6\0\0\0\x83\xff\0\0\0\0"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		be("hostile", WAITS);
		dial();
		say_bad(&cases[i]);
	}
	check_alive();
}

static void bad_choices(void **state)
{
	static const struct bad cases[] = {
		BAD("accept, where the node decides", "\1\0\0\0\x82"),
		BAD("ping", "\1\0\0\0\x85"),
		BAD("a message", "\1\0\0\0\1"),
		BAD("no kind of ours", "\1\0\0\0\x88"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		be("hostile", WAITS);
		dial();
		test_stranger_hello(&stranger);
		say_bad(&cases[i]);
	}
	/* Ready, where it is for the other one to decide. */
	be("hostile", DECIDES);
	dial();
	test_stranger_hello(&stranger);
	say_bad(&(struct bad)BAD("ready", "\1\0\0\0\x81"));
	check_alive();
}

static void bad_members(void **state)
{
	static const struct bad cases[] = {
		BAD("no length", "\0\0\0\0"),
		BAD("longer than a frame", "\1\0\1\0"),
		BAD("far too long", "\xff\xff\xff\xff"),
		BAD("another hello", "\1\0\0\0\x80"),
		BAD("ready", "\1\0\0\0\x81"),
		BAD("accept", "\1\0\0\0\x82"),
		BAD("a refusal", "\6\0\0\0\x83\1\0\0\0\0"),
		BAD("half a peer", "\5\0\0\0\x84zzzz"),
		BAD("a long ping", "\2\0\0\0\x85z"),
		BAD("a long pong", "\2\0\0\0\x86z"),
		BAD("a long farewell", "\2\0\0\0\x87z"),
		BAD("no kind of the mesh's", "\1\0\0\0\x88"),
		BAD("no kind of a session's", "\1\0\0\0\x7f"),
		BAD("an empty message", "\1\0\0\0\1"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		be("hostile", i % 2 == 0 ? WAITS : DECIDES);
		test_stranger_join(&stranger, test_meshes_address(&meshes, a));
		say_bad(&cases[i]);
	}
	check_alive();
}

static void a_line_that_breaks_in_a_frame(void **state)
{
	(void)state;
	be("hostile", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	test_meshes_await(&meshes, a, 1);
	test_stranger_send_raw(&stranger, "\xff\0\0\0\1zzz", 8);
	test_stranger_deinit(&stranger);
	test_meshes_await(&meshes, a, 0);
	check_alive();
}

static void expect_refusal(enum ln_refusal why)
{
	struct ln_mesh_refused refused;
	struct ln_decoder frame;

	assert_true(test_stranger_await(&stranger, LN_MESH_REFUSE, &frame));
	assert_true(ln_mesh_read_refusal(&frame, &refused));
	assert_int_equal(refused.why, why);
	assert_true(test_stranger_is_cut(&stranger));
	test_stranger_deinit(&stranger);
}

static void versions_that_do_not_go_together(void **state)
{
	static const uint32_t versions[][2] = { { LN_PROTOCOL_VERSION + 1, 9 },
						{ 0, 0 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		be("other", WAITS);
		stranger.hello.greeting.version_min = versions[i][0];
		stranger.hello.greeting.version_max = versions[i][1];
		dial();
		test_stranger_hello(&stranger);
		expect_refusal(LN_REFUSED_VERSION);
	}
	/* One in common is enough. */
	be("other", WAITS);
	stranger.hello.greeting.version_min = 0;
	stranger.hello.greeting.version_max = 9;
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	test_meshes_await(&meshes, a, 1);
	test_stranger_deinit(&stranger);
	test_meshes_await(&meshes, a, 0);
}

static void the_name_of_the_node(void **state)
{
	(void)state;
	be("a", WAITS);
	dial();
	test_stranger_hello(&stranger);
	expect_refusal(LN_REFUSED_NAME);
	check_alive();
}

static void a_ping_is_answered(void **state)
{
	struct ln_decoder frame;

	(void)state;
	be("other", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	for (int i = 0; i < 3; i++) {
		test_stranger_say(&stranger, LN_MESH_PING, NULL, 0);
		assert_true(
			test_stranger_await(&stranger, LN_MESH_PONG, &frame));
	}
	test_stranger_deinit(&stranger);
	test_meshes_await(&meshes, a, 0);
}

static uint32_t contacts(void)
{
	struct ln_mesh *mesh = test_meshes_mesh(&meshes, a);
	uint32_t count;

	ln_lock_acquire(&mesh->lock);
	count = mesh->contact_count;
	ln_lock_release(&mesh->lock);
	return count;
}

/* Who says goodbye is not dialled again. */
static void farewell(void **state)
{
	(void)state;
	be("other", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	test_meshes_await(&meshes, a, 1);
	assert_int_equal(contacts(), 1);
	test_stranger_say(&stranger, LN_MESH_LEAVE, NULL, 0);
	assert_true(test_stranger_is_cut(&stranger));
	test_stranger_deinit(&stranger);
	test_meshes_await(&meshes, a, 0);
	assert_int_equal(contacts(), 0);
}

static void the_node_says_goodbye(void **state)
{
	struct ln_decoder frame;

	(void)state;
	be("other", DECIDES);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	test_meshes_await(&meshes, a, 1);
	/* It does not wait for ever for this one to go. */
	test_meshes_leave(&meshes, a);
	assert_true(test_stranger_await(&stranger, LN_MESH_LEAVE, &frame));
	assert_true(test_stranger_is_cut(&stranger));
	test_stranger_deinit(&stranger);
}

/* Tells of nodes that are not there: `count`, at addresses that differ. */
static void tell_of(int count)
{
	struct ln_frame_encoder writer = { 0 };
	struct ln_node_id id = { .name = "nobody" };
	char address[LN_NODE_ADDRESS_SIZE];

	for (int i = 0; i < count; i++) {
		memcpy(id.incarnation, &i, sizeof(i));
		/* Nobody listens at port 1 of these. */
		snprintf(address, sizeof(address), "127.77.%d.%d:1", i / 250,
			 i % 250 + 1);
		if (ln_mesh_put_member(&writer, &id, address))
			continue;
		if (i > 0)
			test_stranger_send(&stranger,
					   ln_frame_encoder_finish(&writer));
		ln_frame_encoder_begin(&writer, LN_MESH_PEERS, 1024);
		ln_mesh_put_member(&writer, &id, address);
	}
	test_stranger_send(&stranger, ln_frame_encoder_finish(&writer));
}

static void too_many_peers(void **state)
{
	struct ln_decoder frame;

	(void)state;
	be("teller", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	tell_of(3 * LN_MESH_CONTACTS_MAX);
	test_stranger_say(&stranger, LN_MESH_PING, NULL, 0);
	assert_true(test_stranger_await(&stranger, LN_MESH_PONG, &frame));
	assert_int_equal(contacts(), LN_MESH_CONTACTS_MAX);
	test_stranger_deinit(&stranger);
	check_alive();
}

static void peers_are_told(void **state)
{
	int b = test_meshes_start(&meshes, "b",
				  test_meshes_address(&meshes, a));
	struct ln_mesh_member member;
	struct ln_decoder frame;

	(void)state;
	test_meshes_await(&meshes, a, 1);
	be("other", WAITS);
	test_stranger_join(&stranger, test_meshes_address(&meshes, a));
	assert_true(test_stranger_await(&stranger, LN_MESH_PEERS, &frame));
	assert_true(ln_mesh_read_member(&frame, &member));
	assert_string_equal(member.id.name, "b");
	assert_string_equal(member.address, test_meshes_address(&meshes, b));
	assert_memory_equal(member.id.incarnation,
			    meshes.at[b].node->id.incarnation, LN_ID_SIZE);
	assert_true(ln_decoder_done(&frame));
	test_stranger_deinit(&stranger);
}

/* A plain connection to the node. */
static int connect_plainly(void)
{
	const char *text = test_meshes_address(&meshes, a);
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port =
		htons((uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10));
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static uint32_t strangers(void)
{
	struct ln_mesh *mesh = test_meshes_mesh(&meshes, a);
	uint32_t count;

	ln_lock_acquire(&mesh->lock);
	count = mesh->stranger_count;
	ln_lock_release(&mesh->lock);
	return count;
}

static void await_strangers(uint32_t max)
{
	for (int naps = 0; naps < 20000 && strangers() > max; naps++)
		test_nap();
	assert_true(strangers() <= max);
}

/* Who says nothing makes room for others, and is let go in the end. */
static void silent_strangers(void **state)
{
	int fds[FLOOD];
	char byte;

	(void)state;
	for (int i = 0; i < FLOOD; i++)
		fds[i] = connect_plainly();
	await_strangers(LN_MESH_STRANGERS_MAX);
	/* The first ones had to go. */
	for (int i = 0; i < FLOOD - 2 * LN_MESH_STRANGERS_MAX; i++)
		assert_int_equal(read(fds[i], &byte, 1), 0);
	check_alive();
	await_strangers(0);
	assert_int_equal(read(fds[FLOOD - 1], &byte, 1), 0);
	for (int i = 0; i < FLOOD; i++)
		close(fds[i]);
}

static void noise(void **state)
{
	uint8_t bytes[512];
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < FLOOD; i++) {
		int fd = connect_plainly();

		for (size_t j = 0; j < sizeof(bytes); j++)
			bytes[j] = (uint8_t)(rand_r(&seed) >> 4);
		/* Half of it looks like a handshake. */
		if (i % 2 == 0)
			memcpy(bytes, "\x16\x03\x01\x01\x00\x01\x00", 7);
		(void)!send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		close(fd);
	}
	await_strangers(0);
	check_alive();
}

static void without_the_key(void **state)
{
	static const uint8_t other[LN_TLS_KEY_SIZE] = { 9 };
	struct ln_tls_context *context;

	(void)state;
	assert_int_equal(ln_tls_context_new_key(other, &context), 0);
	for (int i = 0; i < 50; i++) {
		test_stranger_init(&stranger, sched(), context, "x", WAITS);
		assert_int_equal(
			test_stranger_dial(&stranger,
					   test_meshes_address(&meshes, a)),
			LN_EPERM);
		test_stranger_deinit(&stranger);
	}
	ln_tls_context_free(context);
	await_strangers(0);
	check_alive();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(bad_greetings),
		TEST(bad_choices),
		TEST(bad_members),
		TEST(a_line_that_breaks_in_a_frame),
		TEST(versions_that_do_not_go_together),
		TEST(the_name_of_the_node),
		TEST(a_ping_is_answered),
		TEST(farewell),
		TEST(the_node_says_goodbye),
		TEST(too_many_peers),
		TEST(peers_are_told),
		TEST(silent_strangers),
		TEST(noise),
		TEST(without_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
