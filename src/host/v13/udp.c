/* lunatic::networking: UDP (net/udp.h); and such sockets in messages. */
#include "net/udp.h"
#include "base/time.h"
#include "engine/instance.h"
#include "engine/memory.h"
#include "host/abi_gen.h"
#include "host/messages.h"
#include "host/net.h"
#include "host/result.h"
#include "net/address.h"
#include "net/socket.h"
#include "process/environment.h"

static struct ln_socket *find(const struct ln_guest *guest, uint64_t socket)
{
	return ln_guest_get(guest, LN_RESOURCE_UDP_SOCKET, socket);
}

static int missing(struct ln_guest *guest, uint64_t socket)
{
	return ln_host_missing(guest, LN_RESOURCE_UDP_SOCKET, socket);
}

int ln_host_v13_networking_udp_bind(struct ln_guest *guest, uint32_t version,
				    uint32_t ip, uint32_t port,
				    uint32_t flow_info, uint32_t scope_id,
				    uint8_t *id, uint32_t *result)
{
	struct ln_host_address at = { version, ip, port, flow_info, scope_id };
	struct ln_socket *socket = NULL;
	struct ln_address address;
	int number = 0;
	int error;

	error = ln_host_net_begin(guest, LN_RESOURCE_UDP_SOCKET, at, &address);
	if (error < 0)
		return error;
	error = ln_udp_bind(&address, guest->environment->descriptors, &socket,
			    &number);
	return ln_host_net_give(guest, LN_RESOURCE_UDP_SOCKET, error, number,
				socket, id, result);
}

int ln_host_v13_networking_udp_local_addr(struct ln_guest *guest,
					  uint64_t socket, uint8_t *id,
					  uint32_t *result)
{
	return ln_host_net_tell(guest, LN_RESOURCE_UDP_SOCKET, socket,
				ln_socket_local_address, id, result);
}

int ln_host_v13_networking_udp_peer_addr(struct ln_guest *guest,
					 uint64_t socket, uint8_t *id,
					 uint32_t *result)
{
	return ln_host_net_tell(guest, LN_RESOURCE_UDP_SOCKET, socket,
				ln_socket_peer_address, id, result);
}

int ln_host_v13_networking_udp_connect(struct ln_guest *guest, uint64_t socket,
				       uint32_t version, uint32_t ip,
				       uint32_t port, uint32_t flow_info,
				       uint32_t scope_id, uint64_t timeout,
				       uint8_t *id, uint32_t *result)
{
	struct ln_host_address to = { version, ip, port, flow_info, scope_id };
	struct ln_socket *held = find(guest, socket);
	struct ln_address address;
	int number = 0;
	int error;

	(void)timeout;
	if (held == NULL)
		return missing(guest, socket);
	error = ln_host_net_address(guest, to, &address);
	if (error < 0)
		return error;
	error = ln_udp_connect(held, &address, &number);
	return ln_host_net_conclude(guest, error, number, 0, id, result);
}

int ln_host_v13_networking_udp_receive(struct ln_guest *guest, uint64_t socket,
				       struct ln_buffer buffer,
				       uint8_t *count_id, uint32_t *result)
{
	struct ln_socket *held = find(guest, socket);
	size_t count = 0;
	int number = 0;
	int error;

	if (held == NULL)
		return missing(guest, socket);
	ln_memory_open(buffer.data, buffer.len);
	error = ln_udp_receive(held, buffer.data, buffer.len, LN_NEVER, NULL,
			       &count, &number);
	ln_instance_resumed(guest->instance);
	return ln_host_net_conclude(guest, error, number, count, count_id,
				    result);
}

int ln_host_v13_networking_udp_receive_from(struct ln_guest *guest,
					    uint64_t socket,
					    struct ln_buffer buffer,
					    uint8_t *count_id, uint8_t *peer,
					    uint32_t *result)
{
	struct ln_socket *held = find(guest, socket);
	struct ln_address address;
	uint64_t iterator = 0;
	size_t count = 0;
	int number = 0;
	int error;

	if (held == NULL)
		return missing(guest, socket);
	error = ln_host_check_room(guest, LN_RESOURCE_DNS_ITERATOR);
	if (error < 0)
		return error;
	ln_memory_open(buffer.data, buffer.len);
	error = ln_udp_receive(held, buffer.data, buffer.len, LN_NEVER,
			       &address, &count, &number);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		error = ln_host_net_add_address(guest, &address, &iterator);
	if (error == 0)
		ln_host_put_id(peer, iterator);
	return ln_host_net_conclude(guest, error, number, count, count_id,
				    result);
}

static int send_datagram(struct ln_guest *guest, struct ln_socket *socket,
			 struct ln_slice data, const struct ln_address *to,
			 uint8_t *count_id, uint32_t *result)
{
	size_t count = 0;
	int number = 0;
	int error = ln_udp_send(socket, data.data, data.len, to, LN_NEVER,
				&count, &number);

	ln_instance_resumed(guest->instance);
	return ln_host_net_conclude(guest, error, number, count, count_id,
				    result);
}

int ln_host_v13_networking_udp_send(struct ln_guest *guest, uint64_t socket,
				    struct ln_slice data, uint8_t *count_id,
				    uint32_t *result)
{
	struct ln_socket *held = find(guest, socket);

	if (held == NULL)
		return missing(guest, socket);
	return send_datagram(guest, held, data, NULL, count_id, result);
}

int ln_host_v13_networking_udp_send_to(struct ln_guest *guest, uint64_t socket,
				       struct ln_slice data, uint32_t version,
				       uint32_t ip, uint32_t port,
				       uint32_t flow_info, uint32_t scope_id,
				       uint8_t *count_id, uint32_t *result)
{
	struct ln_host_address to = { version, ip, port, flow_info, scope_id };
	struct ln_socket *held = find(guest, socket);
	struct ln_address address;
	int error;

	if (held == NULL)
		return missing(guest, socket);
	error = ln_host_net_address(guest, to, &address);
	if (error < 0)
		return error;
	return send_datagram(guest, held, data, &address, count_id, result);
}

/* Ends a function that has no other way to tell of an error. */
static int settled(struct ln_guest *guest, int error, int number)
{
	char text[LN_NET_ERROR_SIZE];

	if (error == 0)
		return 0;
	ln_net_error_text(number, text);
	return ln_guest_trap(guest, "%s", text);
}

int ln_host_v13_networking_set_udp_socket_ttl(struct ln_guest *guest,
					      uint64_t socket, uint32_t ttl)
{
	const struct ln_socket *held = find(guest, socket);
	int number = 0;
	int error;

	if (held == NULL)
		return missing(guest, socket);
	if (ttl < 1 || ttl > LN_UDP_MAX_TTL)
		return ln_guest_trap(guest,
				     "the time to live is %u, not 1 to %u", ttl,
				     LN_UDP_MAX_TTL);
	error = ln_udp_set_ttl(held, ttl, &number);
	return settled(guest, error, number);
}

int ln_host_v13_networking_get_udp_socket_ttl(struct ln_guest *guest,
					      uint64_t socket, uint32_t *result)
{
	const struct ln_socket *held = find(guest, socket);
	int number = 0;
	int error;

	if (held == NULL)
		return missing(guest, socket);
	error = ln_udp_ttl(held, result, &number);
	return settled(guest, error, number);
}

int ln_host_v13_networking_set_udp_socket_broadcast(struct ln_guest *guest,
						    uint64_t socket,
						    uint32_t on)
{
	const struct ln_socket *held = find(guest, socket);
	int number = 0;
	int error;

	if (held == NULL)
		return missing(guest, socket);
	error = ln_udp_set_broadcast(held, on != 0, &number);
	return settled(guest, error, number);
}

int ln_host_v13_networking_get_udp_socket_broadcast(struct ln_guest *guest,
						    uint64_t socket,
						    uint32_t *result)
{
	const struct ln_socket *held = find(guest, socket);
	bool on = false;
	int number = 0;
	int error;

	if (held == NULL)
		return missing(guest, socket);
	error = ln_udp_broadcast(held, &on, &number);
	*result = on ? 1 : 0;
	return settled(guest, error, number);
}

int ln_host_v13_networking_drop_udp_socket(struct ln_guest *guest,
					   uint64_t socket)
{
	return ln_host_drop(guest, LN_RESOURCE_UDP_SOCKET, socket);
}

int ln_host_v13_networking_clone_udp_socket(struct ln_guest *guest,
					    uint64_t socket, uint64_t *result)
{
	return ln_host_clone(guest, LN_RESOURCE_UDP_SOCKET, socket, result);
}

int ln_host_v13_message_push_udp_socket(struct ln_guest *guest, uint64_t socket,
					uint64_t *result)
{
	return ln_host_push(guest, LN_RESOURCE_UDP_SOCKET, socket, result);
}

int ln_host_v13_message_take_udp_socket(struct ln_guest *guest, uint64_t index,
					uint64_t *result)
{
	return ln_host_take(guest, LN_RESOURCE_UDP_SOCKET, index, result);
}
