/* Networking of all generations, around src/net. Everything that a call makes
 * is in a table of the guest before the call returns, or released. */
#include "host/net.h"

#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "engine/memory.h"
#include "host/iovecs.h"
#include "host/result.h"
#include "net/address.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "process/environment.h"
#include "process/runtime.h"

int ln_host_net_address(struct ln_guest *guest, struct ln_host_address from,
			struct ln_address *address)
{
	size_t len = from.version == 4 ? 4 : 16;
	const uint8_t *bytes;

	if (from.version != 4 && from.version != 6)
		return ln_guest_trap(guest,
				     "the address type is %u, not 4 or 6",
				     from.version);
	bytes = ln_guest_memory(guest, from.ip, len);
	if (bytes == NULL)
		return ln_guest_trap(guest, "argument `ip` points outside of "
					    "the exported memory");
	*address = (struct ln_address){
		.version = (uint8_t)from.version,
		.port = (uint16_t)from.port,
		.flow_info = from.flow_info,
		.scope_id = from.scope_id,
	};
	memcpy(address->ip, bytes, len);
	return 0;
}

int ln_host_net_begin(struct ln_guest *guest, enum ln_resource_kind kind,
		      struct ln_host_address from, struct ln_address *address)
{
	int error = ln_host_net_address(guest, from, address);

	return error < 0 ? error : ln_host_check_room(guest, kind);
}

int ln_host_net_add_address(struct ln_guest *guest,
			    const struct ln_address *address, uint64_t *id)
{
	struct ln_addresses *addresses = ln_addresses_new(1);

	if (addresses == NULL)
		return LN_ENOMEM;
	addresses->list[0] = *address;
	return ln_host_add(guest, LN_RESOURCE_DNS_ITERATOR, addresses, id);
}

LN_NOINLINE int ln_host_net_conclude(struct ln_guest *guest, int error,
				     int number, uint64_t value, uint8_t *id,
				     uint32_t *result)
{
	char text[LN_NET_ERROR_SIZE];

	switch (error) {
	case 0:
		ln_host_put_id(id, value);
		*result = LN_HOST_DONE;
		return 0;
	case LN_ETIMEDOUT:
		*result = LN_HOST_TIMED_OUT;
		return 0;
	case LN_EIO:
		ln_net_error_text(number, text);
		return ln_host_fail(guest, id, result, "%s", text);
	default:
		return error;
	}
}

int ln_host_net_give(struct ln_guest *guest, enum ln_resource_kind kind,
		     int error, int number, struct ln_socket *socket,
		     uint8_t *id, uint32_t *result)
{
	uint64_t stored = 0;

	if (error == 0)
		error = ln_host_add(guest, kind, socket, &stored);
	return ln_host_net_conclude(guest, error, number, stored, id, result);
}

int ln_host_net_tell(struct ln_guest *guest, enum ln_resource_kind kind,
		     uint64_t socket,
		     int (*address_of)(const struct ln_socket *,
				       struct ln_address *, int *),
		     uint8_t *id, uint32_t *result)
{
	const struct ln_socket *held = ln_guest_get(guest, kind, socket);

	if (held == NULL)
		return ln_host_missing(guest, kind, socket);
	return ln_host_net_tell_of(guest, held, address_of, id, result);
}

int ln_host_net_tell_of(struct ln_guest *guest, const struct ln_socket *socket,
			int (*address_of)(const struct ln_socket *,
					  struct ln_address *, int *),
			uint8_t *id, uint32_t *result)
{
	struct ln_address address;
	uint64_t stored = 0;
	int number = 0;
	int error = ln_host_check_room(guest, LN_RESOURCE_DNS_ITERATOR);

	if (error < 0)
		return error;
	error = address_of(socket, &address, &number);
	if (error == 0)
		error = ln_host_net_add_address(guest, &address, &stored);
	return ln_host_net_conclude(guest, error, number, stored, id, result);
}

int ln_host_net_listen(struct ln_guest *guest, const struct ln_address *address,
		       struct ln_socket **listener, int *number)
{
	int error = ln_tcp_listen(address, guest->environment->descriptors,
				  listener, number);

	if (error < 0)
		return error;
	error = ln_socket_serve_listener(*listener,
					 guest->environment->serving);
	if (error < 0)
		ln_socket_release(*listener);
	return error;
}

int ln_host_net_accept(struct ln_guest *guest, struct ln_socket *listener,
		       enum ln_resource_kind kind,
		       int (*wrap)(void *with, struct ln_socket *socket,
				   void **stream),
		       void *with, uint8_t *id, uint8_t *peer, uint32_t *result)
{
	struct ln_socket *socket;
	struct ln_address address;
	uint64_t stored = 0;
	uint64_t iterator = 0;
	void *stream = NULL;
	int number = 0;
	int error = ln_host_check_room(guest, kind);

	if (error == 0)
		error = ln_host_check_room(guest, LN_RESOURCE_DNS_ITERATOR);
	if (error < 0)
		return error;
	error = ln_tcp_accept(listener, guest->environment->descriptors,
			      LN_NEVER, &socket, &address, &number);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		ln_socket_serve_connection(socket, guest->environment->serving);
	if (error == 0 && wrap != NULL)
		error = wrap(with, socket, &stream);
	else if (error == 0)
		stream = socket;
	if (error == 0)
		error = ln_host_add(guest, kind, stream, &stored);
	if (error == 0)
		error = ln_host_net_add_address(guest, &address, &iterator);
	error = ln_host_net_conclude(guest, error, number, stored, id, result);
	if (error == 0)
		ln_host_put_id(peer, iterator);
	return error;
}

int ln_host_net_resolve(struct ln_guest *guest, struct ln_slice name,
			int64_t deadline, uint8_t *id, uint32_t *result)
{
	struct ln_resolver *resolver = guest->environment->runtime->resolver;
	struct ln_addresses *addresses;
	const char *reason;
	uint64_t stored = 0;
	int error;

	if (!ln_utf8_valid(name.data, name.len))
		return ln_guest_trap(guest, "the name is not UTF-8");
	error = ln_host_check_room(guest, LN_RESOURCE_DNS_ITERATOR);
	if (error < 0)
		return error;
	error = ln_resolver_resolve(resolver, guest->environment->names,
				    (const char *)name.data, name.len, deadline,
				    &addresses, &reason);
	ln_instance_resumed(guest->instance);
	if (error == LN_EFORMAT || error == LN_EIO)
		return ln_host_fail(guest, id, result, "%s%s",
				    error == LN_EIO
					    ? "failed to lookup address "
					      "information: "
					    : "",
				    reason);
	if (error == 0)
		error = ln_host_add(guest, LN_RESOURCE_DNS_ITERATOR, addresses,
				    &stored);
	return ln_host_net_conclude(guest, error, 0, stored, id, result);
}

int ln_host_net_connect(struct ln_guest *guest, struct ln_host_address to,
			int64_t deadline, uint8_t *id, uint32_t *result)
{
	struct ln_socket *stream = NULL;
	struct ln_address address;
	int number = 0;
	int error;

	error = ln_host_net_begin(guest, LN_RESOURCE_TCP_STREAM, to, &address);
	if (error < 0)
		return error;
	error = ln_tcp_connect(&address, guest->environment->descriptors,
			       deadline, &stream, &number);
	ln_instance_resumed(guest->instance);
	return ln_host_net_give(guest, LN_RESOURCE_TCP_STREAM, error, number,
				stream, id, result);
}

int ln_host_net_read(struct ln_guest *guest, struct ln_socket *stream,
		     struct ln_buffer buffer, int64_t deadline, uint8_t *count,
		     uint32_t *result)
{
	size_t n = 0;
	int number = 0;
	int error;

	ln_memory_open(buffer.data, buffer.len);
	error = ln_tcp_read(stream, buffer.data, buffer.len, deadline, &n,
			    &number);
	ln_instance_resumed(guest->instance);
	return ln_host_net_conclude(guest, error, number, n, count, result);
}

int ln_host_net_peek(struct ln_guest *guest, struct ln_socket *stream,
		     struct ln_buffer buffer, int64_t deadline, uint8_t *count,
		     uint32_t *result)
{
	size_t n = 0;
	int number = 0;
	int error;

	ln_memory_open(buffer.data, buffer.len);
	error = ln_tcp_peek(stream, buffer.data, buffer.len, deadline, &n,
			    &number);
	ln_instance_resumed(guest->instance);
	return ln_host_net_conclude(guest, error, number, n, count, result);
}

/* Writes until there is no room, everything is written, or enough is for one
 * call. Only the first part waits. */
static int write_pieces(struct ln_socket *stream, struct ln_iovecs *pieces,
			int64_t deadline, size_t *count, int *number)
{
	struct iovec batch[LN_IOVECS_BATCH];
	size_t done = 0;
	int error = 0;

	do {
		int n = ln_iovecs_gather(pieces, batch, LN_TCP_SLICE);
		size_t written = 0;
		size_t wanted = 0;

		for (int i = 0; i < n; i++)
			wanted += batch[i].iov_len;
		error = ln_tcp_write(stream, batch, n, done > 0 ? 0 : deadline,
				     &written, number);
		if (error < 0)
			break;
		ln_iovecs_advance(pieces, written);
		done += written;
		if (n == 0 || written < wanted)
			break;
	} while (pieces->left > 0 && done < LN_TCP_SLICE);
	*count = done;
	/* What went wrong later, the next call finds out. */
	return done > 0 && error != LN_EKILLED ? 0 : error;
}

int ln_host_net_write(struct ln_guest *guest, struct ln_socket *stream,
		      struct ln_array pieces, int64_t deadline, uint8_t *count,
		      uint32_t *result)
{
	struct ln_iovecs iovecs;
	uint8_t *memory;
	uint64_t size;
	size_t n;
	int number = 0;
	int error;

	/* There is one: `count` is in it. */
	if (!ln_instance_view(guest->instance, &memory, &size) ||
	    ln_iovecs_init(&iovecs, memory, size, pieces) < 0)
		return ln_guest_trap(guest, "a piece points outside of the "
					    "exported memory");
	/* A call moves no more than that, whatever it is given. */
	ln_guest_charge(guest, iovecs.left < LN_TCP_SLICE ? iovecs.left
							  : LN_TCP_SLICE);
	error = write_pieces(stream, &iovecs, deadline, &n, &number);
	ln_instance_resumed(guest->instance);
	return ln_host_net_conclude(guest, error, number, n, count, result);
}
