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
#include "net/option.h"
#include "net/socket.h"

static LN_NOINLINE int bind_to(int fd, const struct ln_address *address)
{
	union ln_sockaddr name;
	socklen_t len = ln_address_to_kernel(address, &name);

	return bind(fd, &name.any, len) < 0 ? -errno : 0;
}

int ln_udp_bind(const struct ln_address *address, struct ln_quota *quota,
		struct ln_socket **socket, int *number)
{
	int fd = ln_socket_open(address->version, SOCK_DGRAM, quota);
	int result;

	if (fd < 0)
		return ln_socket_conclude(fd, number);
	result = bind_to(fd, address);
	if (result < 0) {
		ln_fd_close(fd);
		ln_quota_give(quota);
		return ln_socket_conclude(result, number);
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
	return ln_socket_conclude(connect_to(socket->fd, address), number);
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

/* ---- Steps ---- */

int ln_udp_open(unsigned version, struct ln_quota *quota,
		struct ln_socket **socket, int *number)
{
	return ln_socket_begin(ln_socket_open(version, SOCK_DGRAM, quota),
			       version, quota, socket, number);
}

int ln_udp_bind_to(const struct ln_socket *socket,
		   const struct ln_address *address, int *number)
{
	return ln_socket_conclude(bind_to(socket->fd, address), number);
}

static LN_NOINLINE int disconnect(int fd)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	return connect(fd, &none, sizeof(none)) < 0 ? -errno : 0;
}

/* Linux takes away a port that it has chosen, and the address of a socket that
 * was bound to all. */
int ln_udp_disconnect(const struct ln_socket *socket,
		      const struct ln_address *local, int *number)
{
	struct ln_address now;
	int error = ln_socket_conclude(disconnect(socket->fd), number);

	if (error == 0)
		error = ln_socket_local_address(socket, &now, number);
	if (error != 0 || now.port == local->port)
		return error;
	return ln_udp_bind_to(socket, local, number);
}

/* The end of a step, whose system call has given `n`. */
static int step_end(ssize_t n, int *number)
{
	return n == -EAGAIN ? LN_EAGAIN : ln_socket_conclude((int)n, number);
}

int ln_udp_receive_step(const struct ln_socket *socket, void *data, size_t len,
			struct ln_address *from, size_t *count, int *number)
{
	ssize_t n = receive_once(socket->fd, data, len, from);

	*count = n >= 0 ? (size_t)n : 0;
	return step_end(n, number);
}

int ln_udp_send_step(const struct ln_socket *socket, const void *data,
		     size_t len, const struct ln_address *to, int *number)
{
	return step_end(send_once(socket->fd, data, len, to), number);
}

/* ---- Options ---- */

int ln_udp_set_ttl(const struct ln_socket *socket, uint32_t ttl, int *number)
{
	if (ttl < 1 || ttl > LN_UDP_MAX_TTL)
		return ln_socket_conclude(-EINVAL, number);
	return ln_socket_set_option(socket, LN_SOCKET_HOP_LIMIT, (int)ttl,
				    number);
}

int ln_udp_ttl(const struct ln_socket *socket, uint32_t *ttl, int *number)
{
	int value = 0;
	int error =
		ln_socket_option(socket, LN_SOCKET_HOP_LIMIT, &value, number);

	if (error == 0)
		*ttl = (uint32_t)value;
	return error;
}

int ln_udp_set_broadcast(const struct ln_socket *socket, bool on, int *number)
{
	return ln_socket_set_option(socket, LN_SOCKET_BROADCAST, on, number);
}

int ln_udp_broadcast(const struct ln_socket *socket, bool *on, int *number)
{
	int value = 0;
	int error =
		ln_socket_option(socket, LN_SOCKET_BROADCAST, &value, number);

	if (error == 0)
		*on = value != 0;
	return error;
}
