/*
 * wasi:sockets: what TCP and UDP have in common. What sockets do is in src/net,
 * in steps that never wait: a component waits in wasi:io/poll. This is how
 * addresses, errors and states look to it.
 *
 * Threads: the one that runs the process.
 */
#include "host/wasi/p2/sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "host/stream.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/table.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "process/environment.h"
#include "process/guest.h"

void ln_p2_socket_free(struct ln_p2_socket *net)
{
	if (net == NULL)
		return;
	ln_socket_release(net->socket);
	free(net);
}

/* ---- Arguments ---- */

int ln_p2_socket_get(struct ln_p2_call *call, uint32_t kind, unsigned index,
		     struct ln_p2_socket **net,
		     struct ln_p2_resource **resource)
{
	struct ln_p2_resource *found;
	struct ln_wasi_fd *entry;
	uint32_t result;
	int error = ln_p2_get(call, kind, ln_p2_u32(call, index), &found);

	if (error != 0)
		return error;
	/* It is open as long as there is a resource of it. */
	result = ln_wasi_find(call->guest, found->fd, 0, &entry);
	ln_assert(result == LN_WASI_SUCCESS && entry->kind == LN_WASI_NET);
	(void)result;
	*net = entry->net;
	if (resource != NULL)
		*resource = found;
	return 0;
}

int ln_p2_socket_any(struct ln_p2_call *call, struct ln_p2_socket **net,
		     uint32_t *fd)
{
	struct ln_p2_resource *resource;
	uint32_t kind = LN_P2_TCP_SOCKET;
	int error;

	if (call->ops->handles(call->instance, call->type, kind) == UINT32_MAX)
		kind = LN_P2_UDP_SOCKET;
	error = ln_p2_socket_get(call, kind, 0, net, &resource);
	*fd = error == 0 ? resource->fd : UINT32_MAX;
	return error;
}

int ln_p2_network(struct ln_p2_call *call, unsigned index)
{
	struct ln_p2_resource *network;

	return ln_p2_get(call, LN_P2_NETWORK, ln_p2_u32(call, index), &network);
}

int ln_p2_case(struct ln_p2_call *call, uint32_t number, uint32_t count)
{
	return number < count
		       ? 0
		       : ln_guest_trap(call->guest,
				       "case %u of a type that has %u cases",
				       number, count);
}

static void store_word(uint8_t *ip, size_t i, uint32_t word)
{
	ip[2 * i] = (uint8_t)(word >> 8);
	ip[2 * i + 1] = (uint8_t)word;
}

int ln_p2_address(struct ln_p2_call *call, unsigned index,
		  struct ln_address *address)
{
	unsigned at = index + 1;

	if (ln_p2_case(call, ln_p2_u32(call, index), 2) < 0)
		return LN_ETRAP;
	*address = (struct ln_address){
		.version = ln_p2_u32(call, index) == 0 ? 4 : 6,
		.port = (uint16_t)ln_p2_u32(call, at),
	};
	if (address->version == 4) {
		for (unsigned i = 0; i < 4; i++)
			address->ip[i] = (uint8_t)ln_p2_u32(call, at + 1 + i);
		return 0;
	}
	address->flow_info = ln_p2_u32(call, at + 1);
	for (unsigned i = 0; i < 8; i++)
		store_word(address->ip, i, ln_p2_u32(call, at + 2 + i));
	address->scope_id = ln_p2_u32(call, at + 10);
	return 0;
}

int ln_p2_load_address(struct ln_p2_call *call, const uint8_t *at,
		       struct ln_address *address)
{
	if (ln_p2_case(call, at[0], 2) < 0)
		return LN_ETRAP;
	*address = (struct ln_address){
		.version = at[0] == 0 ? 4 : 6,
		.port = ln_wasi_load16(at + 4),
	};
	if (address->version == 4) {
		memcpy(address->ip, at + 6, 4);
		return 0;
	}
	address->flow_info = ln_wasi_load32(at + 8);
	for (size_t i = 0; i < 8; i++)
		store_word(address->ip, i, ln_wasi_load16(at + 12 + 2 * i));
	address->scope_id = ln_wasi_load32(at + 28);
	return 0;
}

void ln_p2_store_address(uint8_t *at, const struct ln_address *address)
{
	const uint8_t *ip = address->ip;

	at[0] = address->version != 4;
	ln_wasi_store16(at + 4, address->port);
	if (address->version == 4) {
		memcpy(at + 6, ip, 4);
		return;
	}
	ln_wasi_store32(at + 8, address->flow_info);
	for (size_t i = 0; i < 8; i++)
		ln_wasi_store16(at + 12 + 2 * i,
				(uint16_t)(ip[2 * i] << 8 | ip[2 * i + 1]));
	ln_wasi_store32(at + 28, address->scope_id);
}

bool ln_p2_is_unicast(const struct ln_address *address)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };
	uint8_t first = address->ip[0];

	if (address->version != 4)
		return first != 0xff;
	return (first & 0xf0) != 0xe0 &&
	       memcmp(address->ip, broadcast, sizeof(broadcast)) != 0;
}

/* Addresses of IPv4 in IPv6, mapped or, long deprecated, compatible. */
static bool is_inner_v4(const struct ln_address *address)
{
	static const uint8_t prefix[10];
	const uint8_t *ip = address->ip;
	bool zero = memcmp(ip, prefix, sizeof(prefix)) == 0;

	if (zero && ip[10] == 0xff && ip[11] == 0xff)
		return true;
	return zero && ip[10] == 0 && ip[11] == 0 &&
	       (ip[12] != 0 || ip[13] != 0 || ip[14] != 0 || ip[15] > 1);
}

bool ln_p2_same_family(const struct ln_p2_socket *net,
		       const struct ln_address *address)
{
	return address->version == net->version &&
	       (address->version == 4 || !is_inner_v4(address));
}

bool ln_p2_is_remote(const struct ln_p2_socket *net,
		     const struct ln_address *address)
{
	return ln_p2_same_family(net, address) && address->port != 0 &&
	       !ln_address_unspecified(address);
}

/* ---- Results ---- */

static int code_of_errno(int number)
{
	switch (number) {
	case EPERM:
	case EACCES:
		return LN_P2_ACCESS_DENIED;
	case EOPNOTSUPP:
	case ENOPROTOOPT:
	case EPFNOSUPPORT:
	case EPROTONOSUPPORT:
	case EPROTOTYPE:
	case ESOCKTNOSUPPORT:
	case EAFNOSUPPORT:
		return LN_P2_NOT_SUPPORTED;
	case EINVAL:
		return LN_P2_INVALID_ARGUMENT;
	case ENOMEM:
	case ENOBUFS:
		return LN_P2_OUT_OF_MEMORY;
	case ETIMEDOUT:
		return LN_P2_TIMEOUT;
	case EALREADY:
		return LN_P2_CONCURRENCY_CONFLICT;
	case EAGAIN:
	case EINTR:
		return LN_P2_WOULD_BLOCK;
	case EISCONN:
	case ENOTCONN:
	case EDESTADDRREQ:
		return LN_P2_INVALID_STATE;
	case EMFILE:
	case ENFILE:
		return LN_P2_NEW_SOCKET_LIMIT;
	case EADDRNOTAVAIL:
		return LN_P2_ADDRESS_NOT_BINDABLE;
	case EADDRINUSE:
		return LN_P2_ADDRESS_IN_USE;
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ENETDOWN:
	case ENONET:
		return LN_P2_REMOTE_UNREACHABLE;
	case ECONNREFUSED:
		return LN_P2_CONNECTION_REFUSED;
	case ECONNRESET:
		return LN_P2_CONNECTION_RESET;
	case ECONNABORTED:
		return LN_P2_CONNECTION_ABORTED;
	case EMSGSIZE:
		return LN_P2_DATAGRAM_TOO_LARGE;
	default:
		return LN_P2_UNKNOWN;
	}
}

int ln_p2_socket_code(int error, int number)
{
	switch (error) {
	case 0:
		return LN_P2_FINE;
	case LN_EAGAIN:
		return LN_P2_WOULD_BLOCK;
	case LN_EIO:
		return code_of_errno(number);
	case LN_ENOMEM:
		return LN_P2_OUT_OF_MEMORY;
	default:
		return LN_P2_UNKNOWN;
	}
}

int ln_p2_bind_code(int error, int number)
{
	/* An address of the local network without the number of a scope. */
	if (error == LN_EIO && (number == EINVAL || number == ENODEV))
		return LN_P2_ADDRESS_NOT_BINDABLE;
	return ln_p2_socket_code(error, number);
}

int ln_p2_connect_code(int error, int number)
{
	/* No port was left. */
	if (error == LN_EIO && (number == EADDRNOTAVAIL || number == EAGAIN))
		return LN_P2_ADDRESS_IN_USE;
	return ln_p2_socket_code(error, number);
}

int ln_p2_socket_answer(struct ln_p2_call *call, unsigned index,
			struct ln_p2_shape shape, int code, uint8_t **at)
{
	uint8_t *result;
	int error = ln_p2_result(call, index, shape.size, shape.align, &result);

	*at = NULL;
	if (error != 0)
		return error;
	if (code == LN_P2_FINE) {
		*at = result + shape.value;
		return 0;
	}
	result[0] = 1;
	result[shape.value] = (uint8_t)code;
	return 0;
}

int ln_p2_socket_none(struct ln_p2_call *call, unsigned index, int code)
{
	const struct ln_p2_shape shape = { 2, 1, 1 };
	uint8_t *at;

	return ln_p2_socket_answer(call, index, shape, code, &at);
}

int ln_p2_socket_number(struct ln_p2_call *call, unsigned index, uint32_t size,
			int code, uint64_t value)
{
	const struct ln_p2_shape shape = { 2 * size, size, size };
	uint8_t *at;
	int error = ln_p2_socket_answer(call, index, shape, code, &at);

	if (error != 0 || at == NULL)
		return error;
	if (size == 1)
		at[0] = (uint8_t)value;
	else if (size == 4)
		ln_wasi_store32(at, (uint32_t)value);
	else
		ln_wasi_store64(at, value);
	return 0;
}

static int answer_address(struct ln_p2_call *call, unsigned index, int code,
			  const struct ln_address *address)
{
	const struct ln_p2_shape shape = { 4 + LN_P2_ADDRESS_SIZE, 4, 4 };
	uint8_t *at;
	int error = ln_p2_socket_answer(call, index, shape, code, &at);

	if (error == 0 && at != NULL)
		ln_p2_store_address(at, address);
	return error;
}

/* ---- Sockets ---- */

static int code_of_wasi(uint32_t result)
{
	return result == LN_WASI_MFILE ? LN_P2_NEW_SOCKET_LIMIT
				       : LN_P2_OUT_OF_MEMORY;
}

int ln_p2_socket_add(struct ln_guest *guest, struct ln_socket *socket,
		     const struct ln_p2_socket *from, uint32_t *fd)
{
	struct ln_wasi_fd made = {
		.kind = LN_WASI_NET,
		.fd = -1,
		.list = -1,
		.net = malloc(sizeof(*made.net)),
	};
	uint32_t result = LN_WASI_NOMEM;

	if (made.net == NULL) {
		ln_socket_release(socket);
		return LN_P2_OUT_OF_MEMORY;
	}
	*made.net = *from;
	made.net->socket = socket;
	if (ln_stream_of_socket(socket, LN_READABLE,
				&made.streams[LN_READABLE]) == 0 &&
	    ln_stream_of_socket(socket, LN_WRITABLE,
				&made.streams[LN_WRITABLE]) == 0)
		result = ln_wasi_add(guest, &made, fd);
	if (result == LN_WASI_SUCCESS)
		return LN_P2_FINE;
	ln_wasi_release(&made);
	return code_of_wasi(result);
}

int ln_p2_socket_give(struct ln_p2_call *call, uint32_t kind, uint32_t fd,
		      uint32_t *handle)
{
	const struct ln_p2_resource resource = { .kind = kind, .fd = fd };

	return ln_p2_give(call, &resource, handle);
}

int ln_p2_socket_create(struct ln_p2_call *call, uint32_t kind,
			int (*open)(unsigned version, struct ln_quota *quota,
				    struct ln_socket **socket, int *number))
{
	const struct ln_p2_shape shape = { 8, 4, 4 };
	const struct ln_environment *environment = call->guest->environment;
	uint32_t family = ln_p2_u32(call, 0);
	struct ln_p2_socket made = {
		.state = LN_P2_UNBOUND,
		.code = LN_P2_FINE,
		.backlog = LN_TCP_BACKLOG,
		.version = family == 0 ? 4 : 6,
	};
	struct ln_socket *socket;
	uint32_t handle = 0;
	uint32_t fd;
	uint8_t *at;
	int number = 0;
	int error = ln_p2_case(call, family, 2);
	int code;

	if (error != 0)
		return error;
	error = open(made.version, environment->descriptors, &socket, &number);
	code = ln_p2_socket_code(error, number);
	error = 0;
	if (code == LN_P2_FINE)
		code = ln_p2_socket_add(call->guest, socket, &made, &fd);
	if (code == LN_P2_FINE)
		error = ln_p2_socket_give(call, kind, fd, &handle);
	if (error == 0)
		error = ln_p2_socket_answer(call, 1, shape, code, &at);
	if (error == 0 && at != NULL)
		ln_wasi_store32(at, handle);
	return error;
}

int ln_p2_socket_family(struct ln_p2_call *call)
{
	struct ln_p2_socket *net;
	uint32_t fd;
	int error = ln_p2_socket_any(call, &net, &fd);

	if (error == 0)
		call->values[0].i32 = net->version != 4;
	return error;
}

int ln_p2_socket_local_address(struct ln_p2_call *call)
{
	struct ln_address address = { .version = 4 };
	struct ln_p2_socket *net;
	uint32_t fd;
	int number = 0;
	int code = LN_P2_INVALID_STATE;
	int error = ln_p2_socket_any(call, &net, &fd);

	if (error != 0)
		return error;
	if (net->state >= LN_P2_BOUND && net->state != LN_P2_CLOSED) {
		error = ln_socket_local_address(net->socket, &address, &number);
		code = ln_p2_socket_code(error, number);
	}
	return answer_address(call, 1, code, &address);
}

int ln_p2_socket_remote_address(struct ln_p2_call *call)
{
	struct ln_p2_socket *net;
	uint32_t fd;
	int error = ln_p2_socket_any(call, &net, &fd);
	bool is_known;

	if (error != 0)
		return error;
	is_known = net->has_remote &&
		   (net->state == LN_P2_CONNECTED || net->state == LN_P2_BOUND);
	return answer_address(call, 1,
			      is_known ? LN_P2_FINE : LN_P2_INVALID_STATE,
			      &net->remote);
}

int ln_p2_socket_awaits(const struct ln_p2_socket *net)
{
	if (net->state == LN_P2_LISTENING)
		return LN_READABLE;
	if (net->state == LN_P2_CONNECTING && net->code == LN_P2_FINE)
		return LN_WRITABLE;
	return -1;
}

int ln_p2_subscribe_socket(struct ln_p2_call *call)
{
	struct ln_p2_resource pollable = { .kind = LN_P2_POLLABLE,
					   .direction = LN_P2_OF_SOCKET };
	struct ln_p2_socket *net;
	int error = ln_p2_socket_any(call, &net, &pollable.fd);

	return error != 0 ? error : ln_p2_return(call, &pollable);
}

/* ---- Networks and errors ---- */

int ln_p2_instance_network(struct ln_p2_call *call)
{
	const struct ln_p2_resource network = { .kind = LN_P2_NETWORK,
						.fd = UINT32_MAX };

	return ln_p2_return(call, &network);
}

int ln_p2_network_error_code(struct ln_p2_call *call)
{
	struct ln_p2_resource *resource;
	uint8_t *at;
	int code;
	int error = ln_p2_get(call, LN_P2_ERROR, ln_p2_u32(call, 0), &resource);

	if (error != 0)
		return error;
	code = code_of_errno(resource->number);
	error = ln_p2_result(call, 1, 2, 1, &at);
	if (error != 0 || code == LN_P2_UNKNOWN)
		return error;
	at[0] = 1;
	at[1] = (uint8_t)code;
	return 0;
}
