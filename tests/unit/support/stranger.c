/* The other end of a connection of the mesh, made by hand. */
#include "support/stranger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "net/address.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "node/queue.h"
#include "support/tcp.h"

#define PATIENCE_MS 20000
#define ROOM ((size_t)1 << 18)

void test_stranger_init(struct test_stranger *stranger, struct ln_sched *sched,
			struct ln_tls_context *context, const char *name,
			uint8_t byte)
{
	memset(stranger, 0, sizeof(*stranger));
	stranger->sched = sched;
	stranger->context = context;
	stranger->in_size = ROOM;
	stranger->in = malloc(ROOM);
	assert_non_null(stranger->in);
	stranger->hello.greeting.version_min = LN_PROTOCOL_VERSION_MIN;
	stranger->hello.greeting.version_max = LN_PROTOCOL_VERSION_MAX;
	stranger->hello.greeting.heartbeat = LN_HEARTBEAT_DEFAULT;
	strcpy(stranger->hello.greeting.id.name, name);
	memset(stranger->hello.greeting.id.incarnation, byte, LN_ID_SIZE);
	strcpy(stranger->hello.address, "127.0.0.1:9");
}

/* Runs it on a task, and waits for its end. */
static int call(struct test_stranger *stranger, void (*body)(void *))
{
	memset(&stranger->task, 0, sizeof(stranger->task));
	stranger->result = 0;
	test_task_start(stranger->sched, &stranger->task, body, stranger);
	test_task_wait_over(&stranger->task);
	return stranger->result;
}

static void close_both(void *argument)
{
	struct test_stranger *stranger = argument;

	ln_tls_free(stranger->tls);
	stranger->tls = NULL;
}

void test_stranger_close(struct test_stranger *stranger)
{
	call(stranger, close_both);
	stranger->in_len = stranger->heard = 0;
}

void test_stranger_deinit(struct test_stranger *stranger)
{
	test_stranger_close(stranger);
	if (stranger->listener != NULL)
		test_drop(stranger->sched, stranger->listener);
	free(stranger->in);
}

static void secure(struct test_stranger *stranger, struct ln_socket *socket,
		   enum ln_tls_role role)
{
	stranger->result =
		ln_tls_new(stranger->context, socket, role, &stranger->tls);
	if (stranger->result == 0)
		stranger->result = ln_tls_handshake(
			stranger->tls, ln_time_after_ms(PATIENCE_MS));
}

static void dial(void *argument)
{
	struct test_stranger *stranger = argument;
	struct ln_endpoint endpoint;
	struct ln_socket *socket;
	const char *reason;
	int number;

	stranger->result =
		ln_endpoint_parse(stranger->address, strlen(stranger->address),
				  &endpoint, &reason);
	if (stranger->result == 0)
		stranger->result = ln_tcp_connect(&endpoint.address, NULL,
						  ln_time_after_ms(PATIENCE_MS),
						  &socket, &number);
	if (stranger->result == 0)
		secure(stranger, socket, LN_TLS_CLIENT);
}

int test_stranger_dial(struct test_stranger *stranger, const char *address)
{
	stranger->address = address;
	return call(stranger, dial);
}

void test_stranger_listen(struct test_stranger *stranger,
			  char address[LN_NODE_ADDRESS_SIZE])
{
	struct ln_address bound;
	char text[LN_ADDRESS_TEXT];

	stranger->listener = test_listener(stranger->sched, &bound);
	ln_address_format(&bound, text);
	strcpy(address, text);
	strcpy(stranger->hello.address, text);
}

static void accept_one(void *argument)
{
	struct test_stranger *stranger = argument;
	struct ln_socket *socket;
	struct ln_address peer;
	int number;

	stranger->result = ln_tcp_accept(stranger->listener, NULL,
					 ln_time_after_ms(PATIENCE_MS), &socket,
					 &peer, &number);
	if (stranger->result == 0)
		secure(stranger, socket, LN_TLS_SERVER);
}

int test_stranger_accept(struct test_stranger *stranger)
{
	return call(stranger, accept_one);
}

static void write_all(void *argument)
{
	struct test_stranger *stranger = argument;

	stranger->result =
		ln_tls_write(stranger->tls, stranger->data, stranger->len,
			     ln_time_after_ms(PATIENCE_MS));
}

void test_stranger_send_raw(struct test_stranger *stranger, const void *data,
			    size_t len)
{
	stranger->data = data;
	stranger->len = len;
	call(stranger, write_all);
}

void test_stranger_send(struct test_stranger *stranger, struct ln_frame *frame)
{
	uint32_t len;
	uint8_t *bytes;

	assert_non_null(frame);
	len = (uint32_t)frame->len;
	bytes = malloc(sizeof(len) + len);
	assert_non_null(bytes);
	memcpy(bytes, &len, sizeof(len));
	memcpy(bytes + sizeof(len), frame->data, len);
	ln_frames_free(frame);
	test_stranger_send_raw(stranger, bytes, sizeof(len) + len);
	free(bytes);
}

void test_stranger_say(struct test_stranger *stranger, uint8_t kind,
		       const void *data, size_t len)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, kind, len);
	ln_frame_encoder_bytes(&writer, data, len);
	test_stranger_send(stranger, ln_frame_encoder_finish(&writer));
}

static void read_more(void *argument)
{
	struct test_stranger *stranger = argument;
	size_t n;

	stranger->result =
		ln_tls_read(stranger->tls, stranger->in + stranger->in_len,
			    stranger->in_size - stranger->in_len,
			    ln_time_after_ms(PATIENCE_MS), &n);
	stranger->len = stranger->result == 0 ? n : 0;
}

bool test_stranger_hear(struct test_stranger *stranger,
			struct ln_decoder *frame)
{
	uint32_t len = 0;

	stranger->in_len -= stranger->heard;
	memmove(stranger->in, stranger->in + stranger->heard, stranger->in_len);
	stranger->heard = 0;
	for (;;) {
		if (stranger->in_len >= sizeof(len))
			memcpy(&len, stranger->in, sizeof(len));
		if (stranger->in_len >= sizeof(len) &&
		    stranger->in_len - sizeof(len) >= len)
			break;
		call(stranger, read_more);
		assert_int_not_equal(stranger->result, LN_ETIMEDOUT);
		if (stranger->len == 0)
			return false;
		stranger->in_len += stranger->len;
	}
	*frame = (struct ln_decoder){ .data = stranger->in + sizeof(len),
				      .len = len };
	stranger->heard = sizeof(len) + len;
	return true;
}

bool test_stranger_await(struct test_stranger *stranger, uint8_t kind,
			 struct ln_decoder *frame)
{
	while (test_stranger_hear(stranger, frame)) {
		if (ln_decoder_u8(frame) == kind)
			return true;
	}
	return false;
}

bool test_stranger_is_cut(struct test_stranger *stranger)
{
	struct ln_decoder frame;

	/* A connection that stays fails the test. */
	while (test_stranger_hear(stranger, &frame))
		;
	return true;
}

void test_stranger_hello(struct test_stranger *stranger)
{
	struct ln_decoder frame;

	test_stranger_send(stranger, ln_mesh_write_hello(&stranger->hello));
	assert_true(test_stranger_hear(stranger, &frame));
	assert_int_equal(ln_decoder_u8(&frame), LN_MESH_HELLO);
	assert_true(ln_mesh_read_hello(&frame, &stranger->other));
	assert_true(ln_decoder_done(&frame));
}

void test_stranger_agree(struct test_stranger *stranger)
{
	bool decides =
		memcmp(stranger->hello.greeting.id.incarnation,
		       stranger->other.greeting.id.incarnation, LN_ID_SIZE) < 0;
	struct ln_decoder frame;

	if (decides) {
		assert_true(
			test_stranger_await(stranger, LN_MESH_READY, &frame));
		test_stranger_say(stranger, LN_MESH_ACCEPT, NULL, 0);
	} else {
		test_stranger_say(stranger, LN_MESH_READY, NULL, 0);
		assert_true(
			test_stranger_await(stranger, LN_MESH_ACCEPT, &frame));
	}
}

void test_stranger_join(struct test_stranger *stranger, const char *address)
{
	assert_int_equal(test_stranger_dial(stranger, address), 0);
	test_stranger_hello(stranger);
	test_stranger_agree(stranger);
}
