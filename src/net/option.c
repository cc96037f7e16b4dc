/* Options by name: a row for each; the hop limit depends on the IP version.
 * System calls are in functions of their own, which keep errno. */
#include "net/option.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "net/socket.h"

static const struct {
	int level;
	int name;
} options[] = {
	[LN_SOCKET_BROADCAST] = { SOL_SOCKET, SO_BROADCAST },
	[LN_SOCKET_V6_ONLY] = { IPPROTO_IPV6, IPV6_V6ONLY },
	[LN_SOCKET_KEEP_ALIVE] = { SOL_SOCKET, SO_KEEPALIVE },
	[LN_SOCKET_KEEP_IDLE] = { IPPROTO_TCP, TCP_KEEPIDLE },
	[LN_SOCKET_KEEP_INTERVAL] = { IPPROTO_TCP, TCP_KEEPINTVL },
	[LN_SOCKET_KEEP_COUNT] = { IPPROTO_TCP, TCP_KEEPCNT },
	[LN_SOCKET_RECEIVE_BUFFER] = { SOL_SOCKET, SO_RCVBUF },
	[LN_SOCKET_SEND_BUFFER] = { SOL_SOCKET, SO_SNDBUF },
	[LN_SOCKET_HOP_LIMIT] = { IPPROTO_IP, IP_TTL },
};

int ln_socket_conclude(int result, int *number)
{
	if (result >= 0)
		return 0;
	*number = -result;
	return LN_EIO;
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

int ln_socket_set_option(const struct ln_socket *socket,
			 enum ln_socket_option option, int value, int *number)
{
	int result = 0;

	/* A socket of IPv6 may send to addresses of IPv4 as well. */
	if (option == LN_SOCKET_HOP_LIMIT) {
		result = get_option(socket->fd, SOL_SOCKET, SO_DOMAIN);
		if (result == AF_INET6)
			result = set_option(socket->fd, IPPROTO_IPV6,
					    IPV6_UNICAST_HOPS, value);
	}
	if (result >= 0)
		result = set_option(socket->fd, options[option].level,
				    options[option].name, value);
	return ln_socket_conclude(result, number);
}

int ln_socket_option(const struct ln_socket *socket,
		     enum ln_socket_option option, int *value, int *number)
{
	int level = options[option].level;
	int name = options[option].name;
	int result = 0;

	if (option == LN_SOCKET_HOP_LIMIT) {
		result = get_option(socket->fd, SOL_SOCKET, SO_DOMAIN);
		if (result == AF_INET6) {
			level = IPPROTO_IPV6;
			name = IPV6_UNICAST_HOPS;
		}
	}
	if (result >= 0)
		result = get_option(socket->fd, level, name);
	if (result >= 0)
		*value = result;
	return ln_socket_conclude(result, number);
}

int ln_socket_begin(int fd, unsigned version, struct ln_quota *quota,
		    struct ln_socket **socket, int *number)
{
	int error;

	if (fd < 0)
		return ln_socket_conclude(fd, number);
	error = ln_socket_adopt(fd, quota, socket, number);
	if (error < 0 || version == 4)
		return error;
	error = ln_socket_set_option(*socket, LN_SOCKET_V6_ONLY, 1, number);
	if (error < 0)
		ln_socket_release(*socket);
	return error;
}
