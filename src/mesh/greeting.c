/*
 * DESIGN
 * How two nodes become connected. No frame is read before the TLS handshake has
 * shown that the other side belongs to the cluster. Then both send HELLO. The
 * node with the larger incarnation sends READY if it agrees to the connection.
 * The node with the smaller one decides, since it knows all connections that
 * are being made between the two, whichever node has dialled, and sends ACCEPT
 * on one of them. So two nodes that dial each other keep one connection, and
 * both keep the same. Each may send REFUSE instead, with a reason.
 *
 *   both      HELLO
 *   larger    READY or REFUSE
 *   smaller   ACCEPT or REFUSE
 *
 * node/admission.h decides which nodes may connect. A newcomer whose name is
 * taken waits here while the node that has it is asked for a sign of life.
 *
 * The greeting takes at most LN_MESH_GREETING_TIME.
 */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "mesh/mesh_impl.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "node/id_table.h"
#include "node/node.h"
#include "process/runtime.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOK_NS 10000000 /* between looks at a connection that is probed */

/* Notes why; returns the error. */
static int fail(struct ln_connection *connection, int error, const char *reason)
{
	ln_connection_blame(connection, reason);
	return error;
}

/* Makes the text of a network error, on the worker's stack. */
struct problem {
	int number;
	char text[LN_NET_ERROR_SIZE];
};

static void describe(void *argument)
{
	struct problem *problem = argument;

	ln_net_error_text(problem->number, problem->text);
}

static LN_NOINLINE int fail_number(struct ln_connection *connection, int error,
				   int number)
{
	struct problem problem = { .number = number };

	if (error != LN_EIO)
		return fail(connection, error, ln_error_text(error));
	ln_task_on_worker_stack(ln_task_current(), describe, &problem);
	return fail(connection, error, problem.text);
}

/* Begins a stream to the contact. */
static LN_NOINLINE int dial_over(struct ln_connection *connection)
{
	struct ln_mesh_carrier *carrier = connection->mesh->carrier;
	char reason[LN_TLS_REASON_SIZE] = "";
	int error = carrier->class->dial(carrier, connection->contact->address,
					 &connection->wire, reason);

	ln_mesh_copy(connection->from, sizeof(connection->from),
		     connection->contact->address);
	return error < 0 ? fail(connection, error, reason) : 0;
}

/* Connects to the contact: to its addresses, one after the other. */
static int dial(struct ln_connection *connection, int64_t deadline)
{
	struct ln_mesh *mesh = connection->mesh;
	const char *address = connection->contact->address;
	struct ln_addresses *addresses;
	const char *reason = NULL;
	int number = 0;
	int error = ln_resolver_resolve(mesh->node->runtime->resolver, NULL,
					address, strlen(address), deadline,
					&addresses, &reason);

	if (error < 0)
		return fail(connection, error,
			    reason != NULL ? reason : ln_error_text(error));
	error = LN_EIO;
	for (uint32_t i = 0; i < addresses->count && error == LN_EIO; i++) {
		connection->remote = addresses->list[i];
		error = ln_tcp_connect(&connection->remote, NULL, deadline,
				       &connection->socket, &number);
	}
	free(addresses);
	return error < 0 ? fail_number(connection, error, number) : 0;
}

static int secure(struct ln_connection *connection, int64_t deadline)
{
	enum ln_tls_role role =
		connection->contact != NULL ? LN_TLS_CLIENT : LN_TLS_SERVER;
	struct ln_socket *socket = connection->socket;
	struct ln_wire *wire = connection->wire;
	int error;

	connection->socket = NULL;
	connection->wire = NULL;
	error = wire != NULL ? ln_tls_new_over(connection->mesh->tls, wire,
					       role, &connection->tls)
			     : ln_tls_new(connection->mesh->tls, socket, role,
					  &connection->tls);
	if (error < 0)
		return fail(connection, error, ln_error_text(error));
	error = ln_tls_handshake(connection->tls, deadline);
	if (error == LN_ETIMEDOUT)
		return fail(connection, error,
			    "it did not answer in time; is it a node?");
	return error < 0 ? fail(connection, error,
				ln_tls_read_reason(connection->tls))
			 : 0;
}

/* Sends a refusal; returns the corresponding error. */
static int refuse(struct ln_connection *connection, enum ln_refusal why,
		  const char *reason, int64_t deadline)
{
	ln_connection_write(connection, ln_mesh_write_refusal(why, reason),
			    deadline);
	return fail(connection, ln_refusal_error(why), reason);
}

/* The other side has refused. */
static int take_refusal(struct ln_connection *connection,
			struct ln_decoder *frame)
{
	struct ln_mesh_refused *refused = &connection->refused;

	if (!ln_mesh_read_refusal(frame, refused))
		return fail(connection, LN_EFORMAT, "a malformed refusal");
	return fail(connection, ln_refusal_error(refused->why),
		    refused->reason);
}

/* Reads a frame of the kind that is expected, or a refusal. */
static int expect(struct ln_connection *connection, enum ln_mesh_kind kind,
		  int64_t deadline, struct ln_decoder *frame)
{
	uint8_t number;
	int error = ln_connection_read(connection, LN_MESH_GREETING_MAX,
				       deadline, frame);

	if (error < 0)
		return error;
	number = ln_decoder_u8(frame);
	if (number == LN_MESH_REFUSE)
		return take_refusal(connection, frame);
	return number == kind
		       ? 0
		       : fail(connection, LN_EFORMAT, "an unexpected frame");
}

static void format_remote(void *argument)
{
	struct ln_connection *connection = argument;
	char text[LN_ADDRESS_TEXT];

	ln_address_format(&connection->remote, text);
	ln_mesh_copy(connection->hello.address,
		     sizeof(connection->hello.address), text);
}

/* If the node's address has no host, uses the host that its connection comes
 * from. */
static LN_NOINLINE void complete_address(struct ln_connection *connection)
{
	struct ln_mesh_hello *hello = &connection->hello;
	struct ln_endpoint endpoint;
	const char *reason;

	if (ln_endpoint_parse(hello->address, strlen(hello->address), &endpoint,
			      &reason) < 0 ||
	    endpoint.address.version == 0 ||
	    !ln_address_unspecified(&endpoint.address))
		return;
	connection->remote.port = endpoint.address.port;
	ln_task_on_worker_stack(ln_task_current(), format_remote, connection);
}

static LN_NOINLINE int send_hello(struct ln_connection *connection,
				  int64_t deadline)
{
	const struct ln_mesh *mesh = connection->mesh;
	struct ln_mesh_hello hello;

	ln_admission_greet(&mesh->node->id, mesh->heartbeat, &hello.greeting);
	ln_mesh_copy(hello.address, sizeof(hello.address), mesh->address);
	return ln_connection_write(connection, ln_mesh_write_hello(&hello),
				   deadline);
}

/* Who is at the other end? */
static int identify(struct ln_connection *connection, int64_t deadline)
{
	struct ln_mesh_hello *hello = &connection->hello;
	struct ln_mesh *mesh = connection->mesh;
	enum ln_refusal refusal;
	struct ln_decoder frame;
	const char *reason;
	int error = send_hello(connection, deadline);

	if (error == 0)
		error = expect(connection, LN_MESH_HELLO, deadline, &frame);
	if (error < 0)
		return error;
	if (!ln_mesh_read_hello(&frame, hello) ||
	    !ln_mesh_takes(mesh, hello->address))
		return fail(connection, LN_EFORMAT, "a malformed greeting");
	complete_address(connection);
	ln_lock_acquire(&mesh->lock);
	connection->identified = true;
	ln_lock_release(&mesh->lock);
	refusal = ln_admission_check(&mesh->node->id, &hello->greeting);
	if (refusal == LN_ADMITTED) {
		hello->greeting.id.version =
			ln_admission_version(&hello->greeting);
		return 0;
	}
	reason = ln_refusal_text(refusal);
	if (refusal == LN_REFUSED_SELF) /* nobody needs to be told */
		return fail(connection, ln_refusal_error(refusal), reason);
	if (refusal == LN_REFUSED_NAME)
		reason = "this node has the same name";
	return refuse(connection, refusal, reason, deadline);
}

/* The connection that stands in the way, or NULL; under the lock. */
static struct ln_connection *rival(struct ln_mesh *mesh,
				   struct ln_connection *connection)
{
	ln_lock_assert(&mesh->lock);
	ln_list_for_each (at, &mesh->connections) {
		struct ln_connection *other =
			ln_container_of(at, struct ln_connection, link);

		if (other != connection &&
		    other->state != LN_CONNECTION_STRANGER &&
		    ln_admission_rivals(&other->hello.greeting.id,
					&connection->hello.greeting.id))
			return other;
	}
	return NULL;
}

/* What a newcomer gets. */
struct claim {
	bool wait; /* decided later: it has a rival that may be dead */
	enum ln_refusal refusal; /* otherwise; LN_ADMITTED: it is the one */
};

static enum ln_rival_state state_of_rival(const struct ln_connection *other)
{
	switch (other->state) {
	case LN_CONNECTION_OVER:
		return LN_RIVAL_OVER;
	case LN_CONNECTION_UP:
		return LN_RIVAL_UP;
	default:
		return LN_RIVAL_CLAIMED;
	}
}

/* Deals with a rival; under the lock. */
static struct claim contest(struct ln_connection *other,
			    const struct ln_connection *connection,
			    int64_t asked, int64_t now)
{
	struct claim claim = { .wait = true };

	ln_lock_assert(&connection->mesh->lock);
	switch (ln_admission_judge(
		&other->hello.greeting.id, state_of_rival(other),
		ln_liveness_heard(&other->liveness),
		&connection->hello.greeting.id, asked, now, &claim.refusal)) {
	case LN_RIVALRY_REFUSE:
		claim.wait = false;
		break;
	case LN_RIVALRY_PROBE:
		if (!atomic_exchange(&other->ping, true))
			ln_task_wake(&other->writer);
		break;
	case LN_RIVALRY_REPLACE:
		ln_connection_close(other,
				    "it gave no sign of life, and another node "
				    "took its place");
		break;
	case LN_RIVALRY_WAIT:
		break;
	}
	return claim;
}

/* Makes the connection the one with its node, if there is none. */
static struct claim try_claim(struct ln_connection *connection, int64_t asked,
			      int64_t now)
{
	struct claim claim = { .refusal = LN_ADMITTED };
	struct ln_mesh *mesh = connection->mesh;
	struct ln_connection *other;

	ln_lock_acquire(&mesh->lock);
	other = rival(mesh, connection);
	if (mesh->stopping)
		claim.refusal = LN_REFUSED_LEAVING;
	else if (other != NULL)
		claim = contest(other, connection, asked, now);
	else if (mesh->member_count >= LN_MESH_MEMBERS_MAX)
		claim.refusal = LN_REFUSED_LIMIT;
	if (!claim.wait && claim.refusal == LN_ADMITTED) {
		ln_assert(connection->state == LN_CONNECTION_STRANGER);
		connection->state = LN_CONNECTION_CLAIMED;
		mesh->member_count++;
	}
	ln_lock_release(&mesh->lock);
	return claim;
}

/* The same, but first waits for a dead rival to be gone. */
static int claim(struct ln_connection *connection, int64_t deadline)
{
	struct ln_task *task = &connection->reader;
	int64_t asked = ln_time_now();
	struct claim result;
	int error = 0;

	for (;;) {
		int64_t now = ln_time_now();

		result = try_claim(connection, asked, now);
		if (!result.wait || error < 0 || now >= deadline)
			break;
		error = ln_task_sleep(task, now + LOOK_NS);
	}
	if (error < 0)
		return fail(connection, error, ln_error_text(error));
	if (result.wait)
		result.refusal = LN_REFUSED_NAME;
	return result.refusal != LN_ADMITTED
		       ? refuse(connection, result.refusal,
				ln_refusal_text(result.refusal), deadline)
		       : 0;
}

/* The node with the larger incarnation waits to be accepted. After that, the
 * only obstacle can be an older connection of the same node, which has noticed
 * its end before us, or another node that took the name meanwhile. */
static int await_choice(struct ln_connection *connection, int64_t deadline)
{
	struct ln_mesh *mesh = connection->mesh;
	struct ln_connection *other;
	struct ln_decoder frame;
	int error;

	ln_lock_acquire(&mesh->lock);
	other = rival(mesh, connection);
	if (other != NULL &&
	    memcmp(other->hello.greeting.id.incarnation,
		   connection->hello.greeting.id.incarnation, LN_ID_SIZE) == 0)
		other = NULL;
	ln_lock_release(&mesh->lock);
	if (other != NULL) {
		/* Another node with the same name: we must refuse. */
		error = claim(connection, deadline);
		if (error < 0)
			return error;
	}
	error = ln_connection_write(
		connection, ln_mesh_write_plain(LN_MESH_READY), deadline);
	if (error == 0)
		error = expect(connection, LN_MESH_ACCEPT, deadline, &frame);
	if (error < 0 || other != NULL)
		return error;
	ln_lock_acquire(&mesh->lock);
	other = ln_mesh_find(mesh, connection->hello.greeting.id.incarnation);
	if (other != NULL)
		ln_connection_close(other, "the node has reconnected");
	ln_lock_release(&mesh->lock);
	return claim(connection, deadline);
}

int ln_connection_greet(struct ln_connection *connection)
{
	struct ln_mesh *mesh = connection->mesh;
	int64_t deadline = ln_time_now() + LN_MESH_GREETING_TIME;
	struct ln_decoder frame;
	bool decides;
	int error = 0;

	if (connection->contact != NULL)
		error = mesh->carrier != NULL ? dial_over(connection)
					      : dial(connection, deadline);
	if (error == 0)
		error = secure(connection, deadline);
	if (error == 0)
		error = identify(connection, deadline);
	if (error < 0)
		return error;
	ln_liveness_init(&connection->liveness, mesh->heartbeat,
			 connection->hello.greeting.heartbeat);
	decides = memcmp(mesh->node->id.incarnation,
			 connection->hello.greeting.id.incarnation,
			 LN_ID_SIZE) < 0;
	if (decides) {
		error = expect(connection, LN_MESH_READY, deadline, &frame);
		if (error == 0)
			error = claim(connection, deadline);
	} else {
		error = await_choice(connection, deadline);
	}
	if (error < 0)
		return error;
	error = ln_session_up(mesh->node, &connection->channel,
			      &connection->hello.greeting.id,
			      &connection->session);
	if (error < 0)
		return fail(connection, error, ln_error_text(error));
	if (decides)
		error = ln_connection_write(connection,
					    ln_mesh_write_plain(LN_MESH_ACCEPT),
					    deadline);
	return error;
}
