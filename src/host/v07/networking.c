/* lunatic::networking: TCP and name resolution (host/net.h), with a timeout for
 * each call. Other generations use what they have in common with this one. */
#include <string.h>

#include "host/abi_gen.h"
#include "host/descriptor.h"
#include "host/net.h"
#include "host/result.h"
#include "net/address.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "process/environment.h"

int ln_host_networking_resolve(struct ln_guest *guest, struct ln_slice name,
			       uint32_t timeout, uint8_t *id, uint32_t *result)
{
	return ln_host_net_resolve(guest, name, ln_host_deadline(timeout), id,
				   result);
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
	struct ln_host_address at = { version, ip, port, flow_info, scope_id };
	struct ln_socket *listener = NULL;
	struct ln_address address;
	int number = 0;
	int error;

	error = ln_host_net_begin(guest, LN_RESOURCE_TCP_LISTENER, at,
				  &address);
	if (error < 0)
		return error;
	error = ln_host_net_listen(guest, &address, &listener, &number);
	return ln_host_net_give(guest, LN_RESOURCE_TCP_LISTENER, error, number,
				listener, id, result);
}

int ln_host_networking_drop_tcp_listener(struct ln_guest *guest,
					 uint64_t listener)
{
	return ln_host_drop(guest, LN_RESOURCE_TCP_LISTENER, listener);
}

int ln_host_networking_local_addr(struct ln_guest *guest, uint64_t listener,
				  uint8_t *id, uint32_t *result)
{
	return ln_host_net_tell(guest, LN_RESOURCE_TCP_LISTENER, listener,
				ln_socket_local_address, id, result);
}

int ln_host_networking_tcp_accept(struct ln_guest *guest, uint64_t listener,
				  uint8_t *id, uint8_t *peer, uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_LISTENER, listener);

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_LISTENER,
				       listener);
	return ln_host_net_accept(guest, socket, LN_RESOURCE_TCP_STREAM, NULL,
				  NULL, id, peer, result);
}

int ln_host_networking_tcp_connect(struct ln_guest *guest, uint32_t version,
				   uint32_t ip, uint32_t port,
				   uint32_t flow_info, uint32_t scope_id,
				   uint32_t timeout, uint8_t *id,
				   uint32_t *result)
{
	struct ln_host_address to = { version, ip, port, flow_info, scope_id };

	return ln_host_net_connect(guest, to, ln_host_deadline(timeout), id,
				   result);
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

/* What the two that give descriptors have in common. */
static int give_descriptor(struct ln_guest *guest, enum ln_resource_kind kind,
			   uint64_t id,
			   bool (*add)(struct ln_guest *guest,
				       struct ln_socket *socket, uint32_t *fd),
			   uint32_t *result)
{
	struct ln_socket *socket = ln_guest_get(guest, kind, id);
	uint32_t fd;

	if (socket == NULL)
		return ln_host_missing(guest, kind, id);
	*result = add(guest, socket, &fd) ? fd : UINT32_MAX;
	return 0;
}

int ln_host_networking_tcp_stream_fd(struct ln_guest *guest, uint64_t stream,
				     uint32_t *result)
{
	return give_descriptor(guest, LN_RESOURCE_TCP_STREAM, stream,
			       ln_descriptor_of_stream, result);
}

int ln_host_networking_tcp_listener_fd(struct ln_guest *guest,
				       uint64_t listener, uint32_t *result)
{
	return give_descriptor(guest, LN_RESOURCE_TCP_LISTENER, listener,
			       ln_descriptor_of_listener, result);
}

int ln_host_networking_tcp_write_vectored(struct ln_guest *guest,
					  uint64_t stream,
					  struct ln_array pieces,
					  uint32_t timeout, uint8_t *result_id,
					  uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	return ln_host_net_write(guest, socket, pieces,
				 ln_host_deadline(timeout), result_id, result);
}

int ln_host_networking_tcp_read(struct ln_guest *guest, uint64_t stream,
				struct ln_buffer buffer, uint32_t timeout,
				uint8_t *result_id, uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	return ln_host_net_read(guest, socket, buffer,
				ln_host_deadline(timeout), result_id, result);
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
