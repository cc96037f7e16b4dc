/* lunatic::networking: TCP and name resolution (host/net.h), where a stream
 * knows how long its calls may wait. What is the same as in 0.7 is there. */
#include "host/abi_gen.h"
#include "host/net.h"
#include "host/result.h"
#include "net/socket.h"

static int64_t deadline_of(const struct ln_socket *stream,
			   enum ln_socket_timeout which)
{
	return ln_host_deadline_long(ln_socket_timeout(stream, which));
}

int ln_host_v13_networking_resolve(struct ln_guest *guest, struct ln_slice name,
				   uint64_t timeout, uint8_t *id,
				   uint32_t *result)
{
	return ln_host_net_resolve(guest, name, ln_host_deadline_long(timeout),
				   id, result);
}

int ln_host_v13_networking_tcp_connect(struct ln_guest *guest, uint32_t version,
				       uint32_t ip, uint32_t port,
				       uint32_t flow_info, uint32_t scope_id,
				       uint64_t timeout, uint8_t *id,
				       uint32_t *result)
{
	struct ln_host_address to = { version, ip, port, flow_info, scope_id };

	return ln_host_net_connect(guest, to, ln_host_deadline_long(timeout),
				   id, result);
}

int ln_host_v13_networking_tcp_peer_addr(struct ln_guest *guest,
					 uint64_t stream, uint8_t *id,
					 uint32_t *result)
{
	return ln_host_net_tell(guest, LN_RESOURCE_TCP_STREAM, stream,
				ln_socket_peer_address, id, result);
}

int ln_host_v13_networking_tcp_write_vectored(struct ln_guest *guest,
					      uint64_t stream,
					      struct ln_array pieces,
					      uint8_t *result_id,
					      uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	return ln_host_net_write(guest, socket, pieces,
				 deadline_of(socket, LN_SOCKET_WRITE_TIMEOUT),
				 result_id, result);
}

int ln_host_v13_networking_tcp_read(struct ln_guest *guest, uint64_t stream,
				    struct ln_buffer buffer, uint8_t *result_id,
				    uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	return ln_host_net_read(guest, socket, buffer,
				deadline_of(socket, LN_SOCKET_READ_TIMEOUT),
				result_id, result);
}

int ln_host_v13_networking_tcp_peek(struct ln_guest *guest, uint64_t stream,
				    struct ln_buffer buffer, uint8_t *result_id,
				    uint32_t *result)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	return ln_host_net_peek(guest, socket, buffer,
				deadline_of(socket, LN_SOCKET_PEEK_TIMEOUT),
				result_id, result);
}

static int set_timeout(struct ln_guest *guest, uint64_t stream,
		       enum ln_socket_timeout which, uint64_t timeout)
{
	struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	ln_socket_set_timeout(socket, which, timeout);
	return 0;
}

static int get_timeout(struct ln_guest *guest, uint64_t stream,
		       enum ln_socket_timeout which, uint64_t *timeout)
{
	const struct ln_socket *socket =
		ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, stream);

	if (socket == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TCP_STREAM, stream);
	*timeout = ln_socket_timeout(socket, which);
	return 0;
}

int ln_host_v13_networking_set_read_timeout(struct ln_guest *guest,
					    uint64_t stream, uint64_t timeout)
{
	return set_timeout(guest, stream, LN_SOCKET_READ_TIMEOUT, timeout);
}

int ln_host_v13_networking_get_read_timeout(struct ln_guest *guest,
					    uint64_t stream, uint64_t *result)
{
	return get_timeout(guest, stream, LN_SOCKET_READ_TIMEOUT, result);
}

int ln_host_v13_networking_set_write_timeout(struct ln_guest *guest,
					     uint64_t stream, uint64_t timeout)
{
	return set_timeout(guest, stream, LN_SOCKET_WRITE_TIMEOUT, timeout);
}

int ln_host_v13_networking_get_write_timeout(struct ln_guest *guest,
					     uint64_t stream, uint64_t *result)
{
	return get_timeout(guest, stream, LN_SOCKET_WRITE_TIMEOUT, result);
}

int ln_host_v13_networking_set_peek_timeout(struct ln_guest *guest,
					    uint64_t stream, uint64_t timeout)
{
	return set_timeout(guest, stream, LN_SOCKET_PEEK_TIMEOUT, timeout);
}

int ln_host_v13_networking_get_peek_timeout(struct ln_guest *guest,
					    uint64_t stream, uint64_t *result)
{
	return get_timeout(guest, stream, LN_SOCKET_PEEK_TIMEOUT, result);
}
