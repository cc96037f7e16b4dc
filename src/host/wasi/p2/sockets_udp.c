/*
 * wasi:sockets/udp. Datagrams go in lists: some at a time, copied once on the
 * way in, since only their length says how much the guest has to allocate, and
 * sent from the guest's memory.
 *
 * Threads: the one that runs the process.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/stream.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/sockets.h"
#include "host/wasi/table.h"
#include "net/socket.h"
#include "net/udp.h"
#include "process/environment.h"
#include "process/guest.h"
#include "sched/task.h"

#define MAX_DATAGRAMS 16u /* in a list, either way */
#define MAX_DATAGRAM_SIZE 65536u
#define MAX_STRANGERS 64u /* datagrams of others that one call drops */
#define REST_AFTER 4u     /* datagrams, which may be of 64 KiB each */

/* Elements of lists: data, address; data, option<address>. */
#define INCOMING_SIZE (8 + LN_P2_ADDRESS_SIZE)
#define OUTGOING_SIZE (12 + LN_P2_ADDRESS_SIZE)

struct datagram {
	struct ln_address from;
	uint32_t len;
	uint8_t *data; /* owned */
};

static int get(struct ln_p2_call *call, struct ln_p2_socket **net,
	       struct ln_p2_resource **resource)
{
	return ln_p2_socket_get(call, LN_P2_UDP_SOCKET, 0, net, resource);
}

int ln_p2_udp_create(struct ln_p2_call *call)
{
	return ln_p2_socket_create(call, LN_P2_UDP_SOCKET, ln_udp_open);
}

/* ---- Binding ---- */

static int start_bind(struct ln_p2_socket *net,
		      const struct ln_address *address)
{
	int number = 0;
	int error;

	if (net->state == LN_P2_BINDING)
		return LN_P2_CONCURRENCY_CONFLICT;
	if (net->state != LN_P2_UNBOUND)
		return LN_P2_INVALID_STATE;
	if (!ln_p2_same_family(net, address))
		return LN_P2_INVALID_ARGUMENT;
	error = ln_udp_bind_to(net->socket, address, &number);
	net->code = ln_p2_bind_code(error, number);
	net->state = LN_P2_BINDING;
	return LN_P2_FINE;
}

int ln_p2_udp_start_bind(struct ln_p2_call *call)
{
	struct ln_address address;
	struct ln_p2_socket *net;
	int error = get(call, &net, NULL);

	if (error == 0)
		error = ln_p2_network(call, 1);
	if (error == 0)
		error = ln_p2_address(call, 2, &address);
	return error != 0 ? error
			  : ln_p2_socket_none(call, 2 + LN_P2_ADDRESS_VALUES,
					      start_bind(net, &address));
}

int ln_p2_udp_finish_bind(struct ln_p2_call *call)
{
	struct ln_p2_socket *net;
	int error = get(call, &net, NULL);
	int code = LN_P2_NOT_IN_PROGRESS;

	if (error != 0)
		return error;
	if (net->state == LN_P2_BINDING) {
		code = net->code;
		net->state = code == LN_P2_FINE ? LN_P2_BOUND : LN_P2_UNBOUND;
		net->code = LN_P2_FINE;
	}
	return ln_p2_socket_none(call, 1, code);
}

/* ---- Streams ---- */

/* Ends that the socket has one peer only. */
static int end_remote(struct ln_p2_socket *net)
{
	struct ln_address local;
	int number = 0;
	int error;

	if (!net->has_remote)
		return LN_P2_FINE;
	error = ln_socket_local_address(net->socket, &local, &number);
	if (error == 0)
		error = ln_udp_disconnect(net->socket, &local, &number);
	if (error == 0)
		net->has_remote = false;
	return ln_p2_bind_code(error, number);
}

static int set_remote(struct ln_p2_socket *net, const struct ln_address *remote)
{
	int number = 0;
	int code;
	int error;

	if (net->state != LN_P2_BOUND)
		return LN_P2_INVALID_STATE;
	if (remote != NULL && !ln_p2_is_remote(net, remote))
		return LN_P2_INVALID_ARGUMENT;
	code = end_remote(net);
	if (code != LN_P2_FINE || remote == NULL)
		return code;
	error = ln_udp_connect(net->socket, remote, &number);
	if (error == 0) {
		net->remote = *remote;
		net->has_remote = true;
	}
	return ln_p2_connect_code(error, number);
}

static int answer_streams(struct ln_p2_call *call, unsigned index, int code,
			  struct ln_p2_socket *net, uint32_t fd)
{
	const struct ln_p2_shape shape = { 12, 4, 4 };
	uint32_t incoming = 0;
	uint32_t outgoing = 0;
	uint8_t *at;
	int error = 0;

	if (code == LN_P2_FINE) {
		error = ln_p2_socket_give(call, LN_P2_INCOMING_DATAGRAMS, fd,
					  &incoming);
		if (error == 0)
			error = ln_p2_socket_give(
				call, LN_P2_OUTGOING_DATAGRAMS, fd, &outgoing);
		net->datagrams = 2;
	}
	if (error == 0)
		error = ln_p2_socket_answer(call, index, shape, code, &at);
	if (error != 0 || at == NULL)
		return error;
	ln_wasi_store32(at, incoming);
	ln_wasi_store32(at + 4, outgoing);
	return 0;
}

int ln_p2_udp_stream(struct ln_p2_call *call)
{
	struct ln_p2_resource *resource;
	struct ln_address remote;
	struct ln_p2_socket *net;
	bool has_remote = ln_p2_u32(call, 1) != 0;
	int error = get(call, &net, &resource);

	if (error == 0)
		error = ln_p2_case(call, ln_p2_u32(call, 1), 2);
	if (error == 0 && has_remote)
		error = ln_p2_address(call, 2, &remote);
	if (error != 0)
		return error;
	if (net->datagrams > 0)
		return ln_guest_trap(call->guest,
				     "the streams of the UDP socket have not "
				     "been dropped: drop both before `stream` "
				     "makes others");
	return answer_streams(call, 2 + LN_P2_ADDRESS_VALUES,
			      set_remote(net, has_remote ? &remote : NULL), net,
			      resource->fd);
}

int ln_p2_subscribe_incoming(struct ln_p2_call *call)
{
	return ln_p2_subscribe(call, LN_P2_INCOMING_DATAGRAMS, LN_READABLE);
}

int ln_p2_subscribe_outgoing(struct ln_p2_call *call)
{
	return ln_p2_subscribe(call, LN_P2_OUTGOING_DATAGRAMS, LN_WRITABLE);
}

/* ---- Receiving ---- */

static bool equal(const struct ln_address *a, const struct ln_address *b)
{
	size_t len = a->version == 4 ? 4 : 16;

	return a->version == b->version && a->port == b->port &&
	       a->flow_info == b->flow_info && a->scope_id == b->scope_id &&
	       memcmp(a->ip, b->ip, len) == 0;
}

/* Whether a datagram is from the peer, which the kernel sees to, but for those
 * that came before there was one. What else the kernel knows of the sender is
 * not what the guest has passed. */
static bool is_of_peer(const struct ln_p2_socket *net,
		       const struct ln_address *from)
{
	struct ln_address address = *from;

	address.flow_info = net->remote.flow_info;
	address.scope_id = net->remote.scope_id;
	return !net->has_remote || equal(&address, &net->remote);
}

static int keep(struct datagram *to, const uint8_t *data, size_t len)
{
	to->data = malloc(len > 0 ? len : 1);
	if (to->data == NULL)
		return LN_P2_OUT_OF_MEMORY;
	memcpy(to->data, data, len);
	to->len = (uint32_t)len;
	return LN_P2_FINE;
}

/* Takes the datagrams that there are, at most `max`; an error-code if there is
 * none because of that. */
static int take(const struct ln_p2_socket *net, struct datagram *list,
		uint32_t max, uint32_t *count)
{
	uint8_t *buffer = malloc(MAX_DATAGRAM_SIZE);
	uint32_t strangers = 0;
	int code = buffer != NULL ? LN_P2_FINE : LN_P2_OUT_OF_MEMORY;

	while (code == LN_P2_FINE && *count < max &&
	       strangers < MAX_STRANGERS) {
		struct datagram *to = &list[*count];
		int number = 0;
		size_t len;
		int error = ln_udp_receive_step(net->socket, buffer,
						MAX_DATAGRAM_SIZE, &to->from,
						&len, &number);

		code = ln_p2_socket_code(error, number);
		if (code != LN_P2_FINE)
			break;
		if ((*count + strangers) % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
		if (!is_of_peer(net, &to->from)) {
			strangers++;
			continue;
		}
		code = keep(to, buffer, len);
		*count += code == LN_P2_FINE;
	}
	free(buffer);
	return *count > 0 || code == LN_P2_WOULD_BLOCK ? LN_P2_FINE : code;
}

static int answer_datagrams(struct ln_p2_call *call, int code,
			    const struct datagram *list, uint32_t count)
{
	const struct ln_p2_shape shape = { 12, 4, 4 };
	uint32_t data[MAX_DATAGRAMS];
	uint32_t address = 0;
	uint8_t *at;
	int error = 0;

	for (uint32_t i = 0; error == 0 && i < count; i++)
		error = ln_p2_bytes(call, list[i].data, list[i].len, &data[i]);
	if (error == 0 && code == LN_P2_FINE)
		error = ln_p2_allocate(call, 4, (uint64_t)count * INCOMING_SIZE,
				       &address);
	if (error == 0)
		error = ln_p2_list(call, address, count, INCOMING_SIZE, 4, &at);
	if (error != 0)
		return error;
	for (uint32_t i = 0; i < count; i++, at += INCOMING_SIZE) {
		memset(at, 0, INCOMING_SIZE);
		ln_wasi_store32(at, data[i]);
		ln_wasi_store32(at + 4, list[i].len);
		ln_p2_store_address(at + 8, &list[i].from);
	}
	error = ln_p2_socket_answer(call, 2, shape, code, &at);
	if (error != 0 || at == NULL)
		return error;
	ln_wasi_store32(at, address);
	ln_wasi_store32(at + 4, count);
	return 0;
}

int ln_p2_udp_receive(struct ln_p2_call *call)
{
	uint64_t wanted = ln_p2_u64(call, 1);
	uint32_t max =
		wanted < MAX_DATAGRAMS ? (uint32_t)wanted : MAX_DATAGRAMS;
	struct ln_p2_socket *net;
	struct datagram *list;
	uint32_t count = 0;
	int code;
	int error =
		ln_p2_socket_get(call, LN_P2_INCOMING_DATAGRAMS, 0, &net, NULL);

	if (error != 0)
		return error;
	list = calloc(MAX_DATAGRAMS, sizeof(*list));
	if (list == NULL)
		return LN_ENOMEM;
	code = take(net, list, max, &count);
	error = answer_datagrams(call, code, list, count);
	for (uint32_t i = 0; i < count; i++)
		free(list[i].data);
	free(list);
	return error;
}

/* ---- Sending ---- */

int ln_p2_udp_check_send(struct ln_p2_call *call)
{
	struct ln_p2_resource *resource;
	struct ln_p2_socket *net;
	struct ln_wasi_fd *entry;
	int error = ln_p2_socket_get(call, LN_P2_OUTGOING_DATAGRAMS, 0, &net,
				     &resource);

	if (error != 0)
		return error;
	if (ln_wasi_find(call->guest, resource->fd, 0, &entry) !=
	    LN_WASI_SUCCESS)
		return LN_ENOMEM;
	resource->permitted = 0;
	if (ln_stream_poll(entry->streams[LN_WRITABLE]) != 0)
		resource->permitted = MAX_DATAGRAMS;
	return ln_p2_socket_number(call, 1, 8, LN_P2_FINE, resource->permitted);
}

/* Sends what one element of the list says: *code. LN_ETRAP. */
static int send_one(struct ln_p2_call *call, const struct ln_p2_socket *net,
		    const uint8_t *element, int *code)
{
	const struct ln_address *to = NULL;
	struct ln_address address;
	uint32_t len = ln_wasi_load32(element + 4);
	uint8_t *data;
	int number = 0;
	int error = ln_p2_list(call, ln_wasi_load32(element), len, 1, 1, &data);

	if (error == 0)
		error = ln_p2_case(call, element[8], 2);
	if (error == 0 && element[8] == 1) {
		to = &address;
		error = ln_p2_load_address(call, element + 12, &address);
	}
	if (error != 0)
		return error;
	*code = LN_P2_INVALID_ARGUMENT;
	if (net->has_remote && to != NULL && !equal(to, &net->remote))
		return 0;
	if (!net->has_remote && (to == NULL || !ln_p2_is_remote(net, to)))
		return 0;
	error = ln_udp_send_step(net->socket, data, len,
				 net->has_remote ? NULL : to, &number);
	*code = ln_p2_socket_code(error, number);
	return 0;
}

/* Sends all of a list, until something goes wrong. */
static int send_all(struct ln_p2_call *call, const struct ln_p2_socket *net,
		    const uint8_t *list, uint32_t count)
{
	uint64_t sent = 0;
	int code = LN_P2_FINE;
	int error = 0;

	for (; error == 0 && sent < count; sent++) {
		error = send_one(call, net, list + sent * OUTGOING_SIZE, &code);
		if (code != LN_P2_FINE)
			break;
		if (sent % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
	}
	if (error != 0)
		return error;
	if (sent > 0 || code == LN_P2_WOULD_BLOCK)
		code = LN_P2_FINE;
	return ln_p2_socket_number(call, 3, 8, code, sent);
}

int ln_p2_udp_send(struct ln_p2_call *call)
{
	uint32_t count = ln_p2_u32(call, 2);
	struct ln_p2_resource *resource;
	struct ln_p2_socket *net;
	uint8_t *list;
	int error = ln_p2_socket_get(call, LN_P2_OUTGOING_DATAGRAMS, 0, &net,
				     &resource);

	if (error != 0)
		return error;
	if (count > resource->permitted)
		return ln_guest_trap(call->guest,
				     "`send` is given %u datagrams, and "
				     "`check-send` has permitted %u before it",
				     count, (unsigned)resource->permitted);
	if (count > 0)
		resource->permitted = 0;
	error = ln_p2_list(call, ln_p2_u32(call, 1), count, OUTGOING_SIZE, 4,
			   &list);
	return error != 0 ? error : send_all(call, net, list, count);
}
