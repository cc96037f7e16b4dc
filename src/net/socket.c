/*
 * DESIGN
 * A task that has the only reference waits in the poller's word for the
 * direction: an edge that came since the last attempt is remembered there, and
 * ends the wait at once. This memory is one bit, and a wait uses it up. With
 * two readers it could lose a wake-up: both get EAGAIN, data arrives, the first
 * one takes the bit and part of the data, and the second one parks although
 * there is data, for which no edge comes again. So tasks that share a socket
 * watch it instead: every edge wakes all watches, and a watcher first tries
 * after it has set up the watch. The price is that all of them are woken.
 *
 * A read that was shorter than its buffer has left nothing (`drained`): later
 * data comes with an edge, which is remembered until a wait uses it up. So the
 * next read waits before it tries, which saves a server one system call for
 * each request. This does not apply once the end of the stream, an error or
 * urgent data has been reported, which end a read early, and only to a task
 * that has the only reference.
 *
 * A task that has the only reference keeps it as long as its call lasts: nobody
 * else has a reference that could be cloned.
 *
 * Threads: any; waits on tasks.
 */
#include "net/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/quota.h"
#include "base/refs.h"
#include "net/address.h"
#include "net/serving.h"
#include "sched/sched.h"
#include "sched/task.h"

void ln_net_error_text(int number, char text[LN_NET_ERROR_SIZE])
{
	char buffer[64];

	snprintf(text, LN_NET_ERROR_SIZE, "%s (os error %d)",
		 strerror_r(number, buffer, sizeof(buffer)), number);
}

LN_NOINLINE int ln_socket_open(unsigned version, int type,
			       struct ln_quota *quota)
{
	int fd;

	if (!ln_quota_take(quota))
		return -EMFILE;
	fd = socket(version == 4 ? AF_INET : AF_INET6,
		    type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		int number = errno;

		ln_quota_give(quota);
		return -number;
	}
	return fd;
}

int ln_socket_new(int fd, struct ln_quota *quota, struct ln_socket **out)
{
	struct ln_poller *poller = ln_sched_poller(ln_task_current()->sched);
	struct ln_socket *socket = malloc(sizeof(*socket));
	int error = LN_ENOMEM;

	ln_assert(fd >= 0);
	if (socket == NULL)
		goto fail_memory;
	error = ln_pollable_new(poller, fd, &socket->pollable);
	if (error < 0)
		goto fail_pollable;
	socket->fd = fd;
	socket->quota = quota;
	socket->drained = false;
	socket->accepted = NULL;
	socket->listener = NULL;
	atomic_init(&socket->references, 1);
	for (int i = 0; i < LN_SOCKET_TIMEOUTS; i++)
		atomic_init(&socket->timeouts[i], LN_SOCKET_PATIENT);
	*out = socket;
	return 0;
fail_pollable:
	free(socket);
fail_memory:
	ln_fd_close(fd);
	ln_quota_give(quota);
	return error;
}

int ln_socket_adopt(int fd, struct ln_quota *quota, struct ln_socket **socket,
		    int *number)
{
	int error = ln_socket_new(fd, quota, socket);

	if (error == LN_ELIMIT || error == LN_EIO) {
		*number = ENOBUFS;
		return LN_EIO;
	}
	return error;
}

int ln_socket_serve_listener(struct ln_socket *socket,
			     struct ln_serving *serving)
{
	ln_assert(socket->listener == NULL);
	if (serving == NULL)
		return 0;
	socket->listener = malloc(sizeof(*socket->listener));
	if (socket->listener == NULL)
		return LN_ENOMEM;
	ln_serving_listen(serving, socket->listener, socket->fd);
	return 0;
}

void ln_socket_serve_connection(struct ln_socket *socket,
				struct ln_serving *serving)
{
	ln_assert(socket->accepted == NULL);
	socket->accepted = serving;
	ln_serving_begin(serving);
}

struct ln_socket *ln_socket_retain(struct ln_socket *socket)
{
	ln_refs_retain(&socket->references);
	return socket;
}

void ln_socket_release(struct ln_socket *socket)
{
	if (!ln_refs_release(&socket->references))
		return;
	if (socket->listener != NULL)
		ln_serving_forget(socket->listener);
	free(socket->listener);
	ln_serving_end(socket->accepted);
	ln_pollable_free(socket->pollable);
	ln_fd_close(socket->fd);
	ln_quota_give(socket->quota);
	free(socket);
}

static LN_NOINLINE int
address_of(int (*name_of)(int, struct sockaddr *, socklen_t *), int fd,
	   struct ln_address *address, int *number)
{
	union ln_sockaddr name;
	socklen_t len = sizeof(name);

	if (name_of(fd, &name.any, &len) < 0) {
		*number = errno;
		return LN_EIO;
	}
	return ln_address_from_kernel(&name, address);
}

int ln_socket_local_address(const struct ln_socket *socket,
			    struct ln_address *address, int *number)
{
	return address_of(getsockname, socket->fd, address, number);
}

int ln_socket_peer_address(const struct ln_socket *socket,
			   struct ln_address *address, int *number)
{
	return address_of(getpeername, socket->fd, address, number);
}

static int wait_watching(int64_t deadline)
{
	return ln_task_wait_for(ln_task_current(), LN_WAIT_IO, deadline);
}

int ln_socket_wait(struct ln_socket *socket, enum ln_direction direction,
		   int64_t deadline, struct ln_socket_wait *wait)
{
	/* A wait is for one socket. */
	ln_assert(wait->watch == NULL ||
		  wait->watch->pollable == socket->pollable);
	if (wait->watch != NULL)
		return wait_watching(deadline);
	if (ln_socket_sole(socket))
		return ln_pollable_wait(socket->pollable, direction, deadline);
	wait->watch = malloc(sizeof(*wait->watch));
	if (wait->watch == NULL)
		return LN_ENOMEM;
	ln_pollable_watch(socket->pollable, direction, wait->watch);
	return 0;
}

void ln_socket_wait_end(struct ln_socket_wait *wait)
{
	if (wait->watch == NULL)
		return;
	ln_pollable_unwatch(wait->watch);
	free(wait->watch);
	wait->watch = NULL;
}

int ln_socket_settle(struct ln_socket *socket, enum ln_direction direction,
		     ssize_t result, int64_t deadline,
		     struct ln_socket_wait *wait, int *number)
{
	if (LN_LIKELY(result >= 0))
		return 0;
	if (result == -EAGAIN)
		return ln_socket_wait(socket, direction, deadline, wait);
	*number = (int)-result;
	return LN_EIO;
}
