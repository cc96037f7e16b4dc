/*
 * DESIGN
 * Each system call is in a separate function, out of line, that returns a
 * negative errno, because its caller parks and errno belongs to a thread.
 *
 * TCP_NODELAY is set on listeners, whose streams inherit it, and on streams
 * that connect: a guest cannot set it, and written data should be sent at once.
 *
 * Threads: tasks. No locks.
 */
#include "net/tcp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/quota.h"
#include "net/address.h"
#include "net/option.h"
#include "net/socket.h"
#include "sched/task.h"

/* Broken connections that accept skips before other tasks may run. */
#define BROKEN_IN_A_ROW 64

static LN_NOINLINE int open_socket(const struct ln_address *address,
				   struct ln_quota *quota)
{
	int fd = ln_socket_open(address->version, SOCK_STREAM, quota);
	int one = 1;

	/* If it fails, data is only sent a little later. */
	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
				 sizeof(one));
	return fd;
}

static LN_NOINLINE int bind_to(int fd, const struct ln_address *address)
{
	union ln_sockaddr name;
	socklen_t len = ln_address_to_kernel(address, &name);
	int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, &name.any, len) < 0)
		return -errno;
	return 0;
}

static LN_NOINLINE int listen_at(int fd, int backlog)
{
	return listen(fd, backlog) < 0 ? -errno : 0;
}

static int bind_and_listen(int fd, const struct ln_address *address)
{
	int result = bind_to(fd, address);

	return result < 0 ? result : listen_at(fd, LN_TCP_BACKLOG);
}

int ln_tcp_listen_fd(const struct ln_address *address, struct ln_quota *quota)
{
	int fd = open_socket(address, quota);
	int result;

	if (fd < 0)
		return fd;
	result = bind_and_listen(fd, address);
	if (result < 0) {
		ln_fd_close(fd);
		ln_quota_give(quota);
		return result;
	}
	return fd;
}

int ln_tcp_listen(const struct ln_address *address, struct ln_quota *quota,
		  struct ln_socket **listener, int *number)
{
	int fd = ln_tcp_listen_fd(address, quota);

	if (fd < 0)
		return ln_socket_conclude(fd, number);
	return ln_socket_adopt(fd, quota, listener, number);
}

static LN_NOINLINE int accept_one(int fd, struct ln_address *peer)
{
	union ln_sockaddr name = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof(name);
	int stream = accept4(fd, &name.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	/* EINVAL: the listener was shut down, see net/serving.c. */
	if (stream < 0)
		return errno == EINVAL ? -EAGAIN : -errno;
	if (ln_address_from_kernel(&name, peer) < 0) {
		ln_fd_close(stream);
		return -ECONNABORTED;
	}
	return stream;
}

/* With a unit of the quota, or with neither: a waiting task has no unit. */
static int accept_once(int fd, struct ln_quota *quota, struct ln_address *peer)
{
	int stream = -EMFILE;

	if (!ln_quota_take(quota))
		return stream;
	stream = accept_one(fd, peer);
	if (stream < 0)
		ln_quota_give(quota);
	return stream;
}

/* Whether the connection failed that accept was about to return, rather than
 * the listener: Linux reports errors of the network here as well. */
static bool broken_connection(int number)
{
	switch (number) {
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

int ln_tcp_accept_fd(int listener, struct ln_quota *quota,
		     struct ln_address *peer)
{
	int fd = accept_once(listener, quota, peer);

	return fd < 0 && broken_connection(-fd) ? -EINTR : fd;
}

/* Lets others run after a series of attempts that did not park. */
static int breathe(void)
{
	struct ln_task *task = ln_task_current();

	ln_task_yield(task);
	return ln_task_interrupted(task) ? LN_EKILLED : 0;
}

int ln_tcp_accept(struct ln_socket *listener, struct ln_quota *quota,
		  int64_t deadline, struct ln_socket **stream,
		  struct ln_address *peer, int *number)
{
	struct ln_socket_wait wait = { .watch = NULL };
	unsigned broken = 0;
	int error = 0;
	int fd;

	for (;;) {
		fd = accept_once(listener->fd, quota, peer);
		if (fd >= 0)
			break;
		if (fd == -EAGAIN) {
			error = ln_socket_wait(listener, LN_READABLE, deadline,
					       &wait);
		} else if (!broken_connection(-fd)) {
			*number = -fd;
			error = LN_EIO;
		} else if (++broken % BROKEN_IN_A_ROW == 0) {
			error = breathe();
		}
		if (error < 0)
			break;
	}
	ln_socket_wait_end(&wait);
	return error < 0 ? error : ln_socket_adopt(fd, quota, stream, number);
}

/* 0: connected; -EINPROGRESS: not yet. Further calls tell the progress of the
 * first one. */
static LN_NOINLINE int connect_once(int fd, const struct ln_address *address)
{
	union ln_sockaddr name;
	socklen_t len = ln_address_to_kernel(address, &name);

	if (connect(fd, &name.any, len) == 0 || errno == EISCONN)
		return 0;
	if (errno == EALREADY || errno == EINTR)
		return -EINPROGRESS;
	return -errno;
}

/* Waits for a connection under way. */
static int await_connection(struct ln_socket *stream,
			    const struct ln_address *address, int64_t deadline,
			    int *number)
{
	struct ln_socket_wait wait = { .watch = NULL };
	int error;
	int result;

	do {
		error = ln_socket_wait(stream, LN_WRITABLE, deadline, &wait);
		if (error < 0)
			break;
		result = connect_once(stream->fd, address);
		if (result < 0 && result != -EINPROGRESS) {
			*number = -result;
			error = LN_EIO;
		}
	} while (error == 0 && result < 0);
	ln_socket_wait_end(&wait);
	return error;
}

int ln_tcp_connect(const struct ln_address *address, struct ln_quota *quota,
		   int64_t deadline, struct ln_socket **stream, int *number)
{
	int fd = open_socket(address, quota);
	struct ln_socket *made;
	int result;
	int error;

	if (fd < 0) {
		*number = -fd;
		return LN_EIO;
	}
	result = connect_once(fd, address);
	if (result < 0 && result != -EINPROGRESS) {
		ln_fd_close(fd);
		ln_quota_give(quota);
		*number = -result;
		return LN_EIO;
	}
	error = ln_socket_adopt(fd, quota, &made, number);
	if (error < 0)
		return error;
	if (result < 0) {
		error = await_connection(made, address, deadline, number);
		if (error < 0) {
			ln_socket_release(made);
			return error;
		}
	}
	*stream = made;
	return 0;
}

/* ---- Steps ---- */

int ln_tcp_open(unsigned version, struct ln_quota *quota,
		struct ln_socket **socket, int *number)
{
	const struct ln_address any = { .version = (uint8_t)version };

	return ln_socket_begin(open_socket(&any, quota), version, quota, socket,
			       number);
}

int ln_tcp_bind(const struct ln_socket *socket,
		const struct ln_address *address, int *number)
{
	return ln_socket_conclude(bind_to(socket->fd, address), number);
}

int ln_tcp_listen_on(const struct ln_socket *socket, int backlog, int *number)
{
	return ln_socket_conclude(listen_at(socket->fd, backlog), number);
}

int ln_tcp_connect_step(const struct ln_socket *socket,
			const struct ln_address *address, int *number)
{
	int result = connect_once(socket->fd, address);

	return result == -EINPROGRESS ? LN_EAGAIN
				      : ln_socket_conclude(result, number);
}

int ln_tcp_accept_step(const struct ln_socket *listener, struct ln_quota *quota,
		       struct ln_socket **stream, struct ln_address *peer,
		       int *number)
{
	int fd = -EINTR;

	for (int i = 0; fd == -EINTR && i < BROKEN_IN_A_ROW; i++)
		fd = ln_tcp_accept_fd(listener->fd, quota, peer);
	if (fd == -EAGAIN)
		return LN_EAGAIN;
	if (fd < 0)
		return ln_socket_conclude(fd == -EINTR ? -ECONNABORTED : fd,
					  number);
	return ln_socket_adopt(fd, quota, stream, number);
}

/* Half of what is free: the kernel also counts what it keeps beside the data.
 */
LN_NOINLINE size_t ln_tcp_room(const struct ln_socket *stream)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(memory);
	uint32_t size, used;
	int buffer = 0;

	if (getsockopt(stream->fd, SOL_SOCKET, SO_MEMINFO, memory, &len) == 0 &&
	    len > SK_MEMINFO_WMEM_QUEUED * sizeof(*memory)) {
		size = memory[SK_MEMINFO_SNDBUF];
		used = memory[SK_MEMINFO_WMEM_QUEUED];
		return size > used + 1 ? (size - used) / 2 : 1;
	}
	/* Some kernels tell only the whole buffer. One that can be written has
	 * a third of it free. */
	len = sizeof(buffer);
	(void)getsockopt(stream->fd, SOL_SOCKET, SO_SNDBUF, &buffer, &len);
	return buffer > 6 ? (size_t)buffer / 6 : 1;
}

/* ---- Transfers ---- */

static LN_NOINLINE ssize_t receive_once(int fd, void *data, size_t len,
					int flags)
{
	ssize_t n;

	do {
		n = recv(fd, data, len, flags);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

bool ln_tcp_ended(const struct ln_socket *stream)
{
	char byte;

	return receive_once(stream->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Waits when an attempt is known to be in vain. */
static int wait_if_drained(struct ln_socket *stream, int64_t deadline,
			   struct ln_socket_wait *wait)
{
	ln_assert(ln_socket_sole(stream));
	if (!stream->drained)
		return 0;
	stream->drained = false;
	if (ln_pollable_hung_up(stream->pollable))
		return 0;
	return ln_socket_wait(stream, LN_READABLE, deadline, wait);
}

/* Reads, or looks at (MSG_PEEK), what is there. */
static int receive(struct ln_socket *stream, void *data, size_t len, int flags,
		   int64_t deadline, size_t *count, int *number)
{
	struct ln_socket_wait wait = { .watch = NULL };
	bool sole = ln_socket_sole(stream);
	int error = 0;
	ssize_t n = -EAGAIN;

	if (len == 0) {
		*count = 0;
		return 0;
	}
	if (len > LN_TCP_SLICE)
		len = LN_TCP_SLICE;
	if (sole)
		error = wait_if_drained(stream, deadline, &wait);
	while (error == 0 && n == -EAGAIN) {
		n = receive_once(stream->fd, data, len, flags);
		error = ln_socket_settle(stream, LN_READABLE, n, deadline,
					 &wait, number);
	}
	ln_socket_wait_end(&wait);
	if (error < 0)
		return error;
	ln_assert(n >= 0 && (size_t)n <= len);
	/* It stays so while this task is here. */
	ln_assert(!sole || ln_socket_sole(stream));
	/* What was only looked at is still there. */
	if (sole)
		stream->drained = flags == 0 && n > 0 && (size_t)n < len;
	*count = (size_t)n;
	return 0;
}

int ln_tcp_read(struct ln_socket *stream, void *data, size_t len,
		int64_t deadline, size_t *count, int *number)
{
	return receive(stream, data, len, 0, deadline, count, number);
}

int ln_tcp_peek(struct ln_socket *stream, void *data, size_t len,
		int64_t deadline, size_t *count, int *number)
{
	return receive(stream, data, len, MSG_PEEK, deadline, count, number);
}

static LN_NOINLINE ssize_t send_once(int fd, const struct iovec *pieces,
				     int count)
{
	struct msghdr message = {
		.msg_iov = (struct iovec *)pieces,
		.msg_iovlen = (size_t)count,
	};
	ssize_t n;

	/* For one buffer this call is faster. */
	do {
		n = count == 1 ? send(fd, pieces[0].iov_base, pieces[0].iov_len,
				      MSG_NOSIGNAL)
			       : sendmsg(fd, &message, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int ln_tcp_write(struct ln_socket *stream, const struct iovec *pieces,
		 int pieces_count, int64_t deadline, size_t *count, int *number)
{
	struct ln_socket_wait wait = { .watch = NULL };
	int error;
	ssize_t n;

	do {
		n = send_once(stream->fd, pieces, pieces_count);
		error = ln_socket_settle(stream, LN_WRITABLE, n, deadline,
					 &wait, number);
	} while (error == 0 && n == -EAGAIN);
	ln_socket_wait_end(&wait);
	if (error == 0)
		*count = (size_t)n;
	return error;
}
