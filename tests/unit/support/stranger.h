/*
 * The other end of a connection of the mesh, made by hand: it has the cluster
 * key, says what a test wants it to say, and shows what it is told.
 */
#ifndef LN_TEST_SUPPORT_STRANGER_H
#define LN_TEST_SUPPORT_STRANGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mesh/frame.h"
#include "net/tls.h"
#include "support/tasks.h"

struct ln_sched;
struct ln_socket;

struct test_stranger {
	struct ln_sched *sched;
	struct ln_tls_context *context;
	struct ln_tls *tls;         /* NULL: not connected */
	struct ln_socket *listener; /* NULL: it does not listen */
	struct ln_mesh_hello hello; /* what it says of itself */
	struct ln_mesh_hello other; /* what it was told */

	/* Received, with the length before each frame. */
	uint8_t *in;
	size_t in_len;
	size_t in_size;
	size_t heard; /* bytes of the frame that was returned last */

	/* Of the call under way. */
	struct test_task task;
	const char *address;
	const uint8_t *data;
	size_t len;
	int result;
};

/* A stranger with that name, whose incarnation is 16 times `byte`: with 0 it
 * decides, with 255 the node does. It says that it is at 127.0.0.1:9. */
void test_stranger_init(struct test_stranger *stranger, struct ln_sched *sched,
			struct ln_tls_context *context, const char *name,
			uint8_t byte);
void test_stranger_deinit(struct test_stranger *stranger);

/* Dials a node and does the handshake of TLS: its error. */
int test_stranger_dial(struct test_stranger *stranger, const char *address);

/* Listens; stores the address. Then waits for a node, and does the handshake
 * of TLS. */
void test_stranger_listen(struct test_stranger *stranger,
			  char address[LN_NODE_ADDRESS_SIZE]);
int test_stranger_accept(struct test_stranger *stranger);

/* Sends bytes as they are, or a frame, which it frees, or one of the kind and
 * bytes. Whether they arrive is not known. */
void test_stranger_send_raw(struct test_stranger *stranger, const void *data,
			    size_t len);
void test_stranger_send(struct test_stranger *stranger, struct ln_frame *frame);
void test_stranger_say(struct test_stranger *stranger, uint8_t kind,
		       const void *data, size_t len);

/* The next frame, valid until the next call; false: the node has closed the
 * connection. The test fails when neither happens. */
bool test_stranger_hear(struct test_stranger *stranger,
			struct ln_decoder *frame);

/* Reads on until a frame of the kind has come; false as above. */
bool test_stranger_await(struct test_stranger *stranger, uint8_t kind,
			 struct ln_decoder *frame);

/* True when the node has closed the connection, whatever it said before; the
 * test fails when it does not. */
bool test_stranger_is_cut(struct test_stranger *stranger);

/* Says HELLO, and reads the node's; then agrees. */
void test_stranger_hello(struct test_stranger *stranger);
void test_stranger_agree(struct test_stranger *stranger);

/* Dials, and does all of that. */
void test_stranger_join(struct test_stranger *stranger, const char *address);

/* Closes the connection. */
void test_stranger_close(struct test_stranger *stranger);

#endif
