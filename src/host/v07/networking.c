/*
 * lunatic::networking: guests' ids around src/net. Everything that a call makes
 * is in a table of the guest before the call returns, or released.
 */
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/iovecs.h"
#include "host/result.h"
#include "net/address.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "process/environment.h"
#include "process/runtime.h"

static int add_address(struct ln_guest *guest, const struct ln_address *address,
		       uint64_t *id)
{
	struct ln_addresses *addresses = ln_addresses_new(1);

	if (addresses == NULL)
		return LN_ENOMEM;
	addresses->list[0] = *address;
	return ln_host_add(guest, LN_RESOURCE_DNS_ITERATOR, addresses, id);
}

/* Ends a call: stores `value` at `id`, or the id of an error, or tells of the
 * timeout, or lets the process end. */
static LN_NOINLINE int conclude(struct ln_guest *guest, int error, int number,
				uint64_t value, uint8_t *id, uint32_t *result)
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

/* Reads an address out of the arguments of a call. */
static int read_address(struct ln_guest *guest, uint32_t version, uint32_t ip,
			uint32_t port, uint32_t flow_info, uint32_t scope_id,
			struct ln_address *address)
{
	size_t len = version == 4 ? 4 : 16;
	const uint8_t *bytes;

	if (version != 4 && version != 6)
		return ln_guest_trap(
			guest, "the address type is %u, not 4 or 6", version);
	bytes = ln_guest_memory(guest, ip, len);
	if (bytes == NULL)
		return ln_guest_trap(guest, "argument `ip` points outside of "
					    "the exported memory");
	*address = (struct ln_address){
		.version = (uint8_t)version,
		.port = (uint16_t)port,
		.flow_info = flow_info,
		.scope_id = scope_id,
	};
	memcpy(address->ip, bytes, len);
	return 0;
}

int ln_host_networking_resolve(struct ln_guest *guest, struct ln_slice name,
			       uint32_t timeout, uint8_t *id, uint32_t *result)
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
	error = ln_resolver_resolve(
		resolver, guest->environment->names, (const char *)name.data,
		name.len, ln_host_deadline(timeout), &addresses, &reason);
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
	return conclude(guest, error, 0, stored, id, result);
}

int ln_host_networking_drop_dns_iterator(struct ln_guest *guest,
					 uint64_t iterator)
{
	return ln_host_drop(guest, LN_RESOURCE_DNS_ITERATOR, iterator);
}

int ln_host_networking_resolve_next(struct ln_guest *guest, uint64_t iterator,
				    uint8_t *version, uint8_t *ip,
				    uint8_t *port, uint8_t *flow_info,
				    uint8_t *scope_id, uint32_t *result)
{
	struct ln_addresses *addresses =
		ln_guest_get(guest, LN_RESOURCE_DNS_ITERATOR, iterator);
	const struct ln_address *address;
	uint32_t number;

	if (addresses == NULL)
		return ln_host_missing(guest, LN_RESOURCE_DNS_ITERATOR,
				       iterator);
	if (addresses->next == addresses->count) {
		*result = LN_HOST_FAILED;
		return 0;
	}
	address = &addresses->list[addresses->next++];
	number = address->version;
	memcpy(version, &number, sizeof(number));
	memcpy(ip, address->ip, number == 4 ? 4 : 16);
	memcpy(port, &address->port, sizeof(address->port));
	if (number == 6) {
		memcpy(flow_info, &address->flow_info,
		       sizeof(address->flow_info));
		memcpy(scope_id, &address->scope_id, sizeof(address->scope_id));
	}
	*result = LN_HOST_DONE;
	return 0;
}

int ln_host_networking_tcp_bind(struct ln_guest *guest, uint32_t version,
				uint32_t ip, uint32_t port, uint32_t flow_info,
				uint32_t scope_id, uint8_t *id,
				uint32_t *result)
{
	struct ln_socket *listener;
	struct ln_address address;
	uint64_t stored = 0;
	int number = 0;
	int error;

	error = read_address(guest, version, ip, port, flow_info, scope_id,
			     &address);
	if (error == 0)
		error = ln_host_check_room(guest, LN_RESOURCE_TCP_LISTENER);
	if (error < 0)
		return error;
	error = ln_tcp_listen(&address, guest->environment->descriptors,
			      &listener, &number);
	if (error == 0)
		error = ln_host_add(guest, LN_RESOURCE_TCP_LISTENER, listener,
				    &stored);
	return conclude(guest, error, number, stored, id, result);
}

int ln_host_networking_drop_tcp_listener(struct ln_guest *guest,
					 uint64_t listener)
{
	return ln_host_drop(guest, LN_RESOURCE_TCP_LISTENER, listener);
}

int ln_host_networking_local_addr(struct ln_guest *guest, uint64_t listener,
				  uint8_t *id, uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_LISTENER, listener);
	struct ln_address address;
	uint64_t stored = 0;
	int number = 0;
	int error;

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_LISTENER,
				       listener);
	error = ln_host_check_room(guest, LN_RESOURCE_DNS_ITERATOR);
	if (error < 0)
		return error;
	error = ln_tcp_local_address(socket, &address, &number);
	if (error == 0)
		error = add_address(guest, &address, &stored);
	return conclude(guest, error, number, stored, id, result);
}

int ln_host_networking_tcp_accept(struct ln_guest *guest, uint64_t listener,
				  uint8_t *id, uint8_t *peer, uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_LISTENER, listener);
	struct ln_socket *stream;
	struct ln_address address;
	uint64_t stored = 0;
	uint64_t iterator = 0;
	int number = 0;
	int error;

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_LISTENER,
				       listener);
	error = ln_host_check_room(guest, LN_RESOURCE_TCP_STREAM);
	if (error == 0)
		error = ln_host_check_room(guest, LN_RESOURCE_DNS_ITERATOR);
	if (error < 0)
		return error;
	error = ln_tcp_accept(socket, guest->environment->descriptors, LN_NEVER,
			      &stream, &address, &number);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		error = ln_host_add(guest, LN_RESOURCE_TCP_STREAM, stream,
				    &stored);
	if (error == 0)
		error = add_address(guest, &address, &iterator);
	error = conclude(guest, error, number, stored, id, result);
	if (error == 0)
		ln_host_put_id(peer, iterator);
	return error;
}

int ln_host_networking_tcp_connect(struct ln_guest *guest, uint32_t version,
				   uint32_t ip, uint32_t port,
				   uint32_t flow_info, uint32_t scope_id,
				   uint32_t timeout, uint8_t *id,
				   uint32_t *result)
{
	struct ln_socket *stream;
	struct ln_address address;
	uint64_t stored = 0;
	int number = 0;
	int error;

	error = read_address(guest, version, ip, port, flow_info, scope_id,
			     &address);
	if (error == 0)
		error = ln_host_check_room(guest, LN_RESOURCE_TCP_STREAM);
	if (error < 0)
		return error;
	error = ln_tcp_connect(&address, guest->environment->descriptors,
			       ln_host_deadline(timeout), &stream, &number);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		error = ln_host_add(guest, LN_RESOURCE_TCP_STREAM, stream,
				    &stored);
	return conclude(guest, error, number, stored, id, result);
}

int ln_host_networking_drop_tcp_stream(struct ln_guest *guest, uint64_t stream)
{
	return ln_host_drop(guest, LN_RESOURCE_TCP_STREAM, stream);
}

int ln_host_networking_clone_tcp_stream(struct ln_guest *guest, uint64_t stream,
					uint64_t *result)
{
	return ln_host_clone(guest, LN_RESOURCE_TCP_STREAM, stream, result);
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

int ln_host_networking_tcp_write_vectored(struct ln_guest *guest,
					  uint64_t stream,
					  struct ln_array pieces,
					  uint32_t timeout, uint8_t *result_id,
					  uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);
	struct ln_iovecs iovecs;
	uint8_t *memory;
	uint64_t size;
	size_t count;
	int number = 0;
	int error;

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	/* There is one: `result_id` is in it. */
	if (!ln_instance_view(guest->instance, &memory, &size) ||
	    ln_iovecs_init(&iovecs, memory, size, pieces) < 0)
		return ln_guest_trap(guest, "a piece points outside of the "
					    "exported memory");
	/* A call moves no more than that, whatever it is given. */
	ln_guest_charge(guest, iovecs.left < LN_TCP_SLICE ? iovecs.left
							  : LN_TCP_SLICE);
	error = write_pieces(socket, &iovecs, ln_host_deadline(timeout), &count,
			     &number);
	ln_instance_resumed(guest->instance);
	return conclude(guest, error, number, count, result_id, result);
}

int ln_host_networking_tcp_read(struct ln_guest *guest, uint64_t stream,
				struct ln_buffer buffer, uint32_t timeout,
				uint8_t *result_id, uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);
	size_t count = 0;
	int number = 0;
	int error;

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	error = ln_tcp_read(socket, buffer.data, buffer.len,
			    ln_host_deadline(timeout), &count, &number);
	ln_instance_resumed(guest->instance);
	return conclude(guest, error, number, count, result_id, result);
}

int ln_host_networking_tcp_flush(struct ln_guest *guest, uint64_t stream,
				 uint8_t *error, uint32_t *result)
{
	if (ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream) == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	ln_host_put_id(error, 0);
	*result = LN_HOST_DONE;
	return 0;
}
