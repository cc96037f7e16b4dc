/*
 * DESIGN
 * As in net/tcp.c each system call is in a function of its own, out of line,
 * that returns a negative errno. The kernel keeps datagrams apart, so there is
 * no state here, and every read tries before it waits.
 *
 * Threads: tasks. No locks.
 */
#include "net/udp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/quota.h"
#include "net/address.h"
#include "net/socket.h"

static LN_NOINLINE int bind_to(int fd, const struct ln_address *address)
{
	union ln_sockaddr name;
	socklen_t len = ln_address_to_kernel(address, &name);

	return bind(fd, &name.any, len) < 0 ? -errno : 0;
}

/* Converts the result of a function that returns a negative errno. */
static int conclude(int result, int *number)
{
	if (result >= 0)
		return 0;
	*number = -result;
	return LN_EIO;
}

int ln_udp_bind(const struct ln_address *address, struct ln_quota *quota,
		struct ln_socket **socket, int *number)
{
	int fd = ln_socket_open(address->version, SOCK_DGRAM, quota);
	int result;

	if (fd < 0)
		return conclude(fd, number);
	result = bind_to(fd, address);
	if (result < 0) {
		ln_fd_close(fd);
		ln_quota_give(quota);
		return conclude(result, number);
	}
	return ln_socket_adopt(fd, quota, socket, number);
}

static LN_NOINLINE int connect_to(int fd, const struct ln_address *address)
{
	union ln_sockaddr name;
	socklen_t len = ln_address_to_kernel(address, &name);

	return connect(fd, &name.any, len) < 0 ? -errno : 0;
}

int ln_udp_connect(const struct ln_socket *socket,
		   const struct ln_address *address, int *number)
{
	return conclude(connect_to(socket->fd, address), number);
}

static LN_NOINLINE ssize_t receive_once(int fd, void *data, size_t len,
					struct ln_address *from)
{
	union ln_sockaddr name = { .any.sa_family = AF_UNSPEC };
	socklen_t name_len = sizeof(name);
	ssize_t n;

	do {
		n = recvfrom(fd, data, len, 0, &name.any, &name_len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (from != NULL && ln_address_from_kernel(&name, from) < 0)
		return -EAFNOSUPPORT;
	return n;
}

int ln_udp_receive(struct ln_socket *socket, void *data, size_t len,
		   int64_t deadline, struct ln_address *from, size_t *count,
		   int *number)
{
	struct ln_socket_wait wait = { .watch = NULL };
	int error;
	ssize_t n;

	do {
		n = receive_once(socket->fd, data, len, from);
		error = ln_socket_settle(socket, LN_READABLE, n, deadline,
					 &wait, number);
	} while (error == 0 && n == -EAGAIN);
	ln_socket_wait_end(&wait);
	if (error == 0)
		*count = (size_t)n;
	return error;
}

static LN_NOINLINE ssize_t send_once(int fd, const void *data, size_t len,
				     const struct ln_address *to)
{
	union ln_sockaddr name;
	socklen_t name_len = 0;
	ssize_t n;

	if (to != NULL)
		name_len = ln_address_to_kernel(to, &name);
	do {
		n = sendto(fd, data, len, MSG_NOSIGNAL,
			   to != NULL ? &name.any : NULL, name_len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int ln_udp_send(struct ln_socket *socket, const void *data, size_t len,
		const struct ln_address *to, int64_t deadline, size_t *count,
		int *number)
{
	struct ln_socket_wait wait = { .watch = NULL };
	int error;
	ssize_t n;

	do {
		n = send_once(socket->fd, data, len, to);
		error = ln_socket_settle(socket, LN_WRITABLE, n, deadline,
					 &wait, number);
	} while (error == 0 && n == -EAGAIN);
	ln_socket_wait_end(&wait);
	if (error == 0)
		*count = (size_t)n;
	return error;
}

static LN_NOINLINE int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno
								      : 0;
}

/* The value, which is not negative, or a negative errno. */
static LN_NOINLINE int get_option(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) < 0 ? -errno : value;
}

int ln_udp_set_ttl(const struct ln_socket *socket, uint32_t ttl, int *number)
{
	int family = get_option(socket->fd, SOL_SOCKET, SO_DOMAIN);
	int result = family;

	if (ttl < 1 || ttl > LN_UDP_MAX_TTL)
		return conclude(-EINVAL, number);
	/* Such a socket may send to addresses of IPv4 as well. */
	if (family == AF_INET6)
		result = set_option(socket->fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS,
				    (int)ttl);
	if (result >= 0)
		result = set_option(socket->fd, IPPROTO_IP, IP_TTL, (int)ttl);
	return conclude(result, number);
}

int ln_udp_ttl(const struct ln_socket *socket, uint32_t *ttl, int *number)
{
	int family = get_option(socket->fd, SOL_SOCKET, SO_DOMAIN);
	int result = family;

	if (family == AF_INET6)
		result =
			get_option(socket->fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	else if (family >= 0)
		result = get_option(socket->fd, IPPROTO_IP, IP_TTL);
	if (result >= 0)
		*ttl = (uint32_t)result;
	return conclude(result, number);
}

int ln_udp_set_broadcast(const struct ln_socket *socket, bool on, int *number)
{
	return conclude(set_option(socket->fd, SOL_SOCKET, SO_BROADCAST, on),
			number);
}

int ln_udp_broadcast(const struct ln_socket *socket, bool *on, int *number)
{
	int result = get_option(socket->fd, SOL_SOCKET, SO_BROADCAST);

	if (result >= 0)
		*on = result != 0;
	return conclude(result, number);
}
