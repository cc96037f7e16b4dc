/*
 * DESIGN
 * Sockets of WASI preview 1, which can accept, send, receive and shut down, but
 * not connect: lunatic::networking can, and its streams and listeners can get a
 * number here, too. A listener of the environment is for many; each process
 * that waits for it does so through a descriptor of its own. A
 * connection is two streams, one for each direction, like a device that was
 * opened by a path: so fd_read, fd_write and poll_oneoff work on it, too.
 *
 * A listener is non-blocking when a process gets it: languages that schedule
 * their own tasks (Go, TinyGo, .NET) would stand still in an accept that waits.
 * They either look at the flags first, or accept4 with SOCK_NONBLOCK. A program
 * that does neither is a loop around accept, which expects to wait, and does.
 *
 * Standard streams that are sockets can send and receive. They cannot accept:
 * others may share them, so they must not be made non-blocking; and they are
 * not shut down, since that would be so for the others.
 *
 * Threads: the one that runs the process. Calls may park.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/quota.h"
#include "host/abi_gen.h"
#include "host/descriptor.h"
#include "host/iovecs.h"
#include "host/stream.h"
#include "host/trampoline.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"
#include "net/address.h"
#include "net/serving.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "process/environment.h"
#include "process/guest.h"
#include "sched/task.h"

#define RECV_PEEK 1u
#define RECV_WAITALL 2u
#define SHUT_DOWN_RD 1u
#define SHUT_DOWN_WR 2u

static bool is_socket(const struct ln_wasi_fd *entry)
{
	const struct ln_stream *stream = entry->streams[LN_READABLE];
	struct stat stat;

	if (stream == NULL)
		stream = entry->streams[LN_WRITABLE];
	return stream != NULL && fstat(ln_stream_fd(stream), &stat) == 0 &&
	       S_ISSOCK(stat.st_mode);
}

/* Finds a descriptor that is a connection and has a right. */
static uint32_t find_connection(struct ln_guest *guest, uint32_t fd,
				uint64_t right, struct ln_wasi_fd **entry)
{
	uint32_t result = ln_wasi_find(guest, fd, 0, entry);

	if (result != LN_WASI_SUCCESS)
		return result;
	if ((*entry)->kind == LN_WASI_LISTENER)
		return ln_wasi_from_errno(ENOTCONN);
	if ((*entry)->kind != LN_WASI_SOCKET && !is_socket(*entry))
		return LN_WASI_NOTSOCK;
	return ln_wasi_find(guest, fd, right, entry);
}

/* Finds a listener, and makes room in the table for what it accepts: nothing is
 * accepted that would have to be closed. */
static uint32_t find_listener(struct ln_guest *guest, uint32_t fd,
			      struct ln_wasi_fd **entry)
{
	uint32_t result = ln_wasi_find(guest, fd, 0, entry);

	if (result != LN_WASI_SUCCESS)
		return result;
	if ((*entry)->kind == LN_WASI_SOCKET)
		return LN_WASI_INVAL;
	if ((*entry)->kind != LN_WASI_LISTENER)
		return is_socket(*entry) ? LN_WASI_NOTSUP : LN_WASI_NOTSOCK;
	result = ln_wasi_make_room(guest);
	if (result == LN_WASI_SUCCESS)
		result = ln_wasi_find(guest, fd, LN_WASI_RIGHT_SOCK_ACCEPT,
				      entry);
	return result == LN_WASI_SUCCESS ? ln_wasi_watch_listener(*entry)
					 : result;
}

/* Takes a connection that is there, with units of the quota for both of its
 * streams; or a negative errno, and none. */
static int accept_now(struct ln_stream *listener, struct ln_quota *quota)
{
	struct ln_address peer;
	int fd;

	if (!ln_quota_take(quota))
		return -EMFILE;
	fd = ln_tcp_accept_fd(ln_stream_fd(listener), quota, &peer);
	if (fd < 0)
		ln_quota_give(quota);
	return fd;
}

/* The same, waiting for it if need be: 0 and what accept_now returned in *fd;
 * LN_EKILLED, LN_ENOMEM. */
static int accept_next(struct ln_stream *listener, struct ln_quota *quota,
		       bool nonblocking, int *fd)
{
	struct ln_stream_watch watch = { .stream = NULL };
	struct ln_task *task = ln_task_current();
	int error = 0;

	for (;;) {
		*fd = accept_now(listener, quota);
		if (*fd == -EINTR) {
			/* Broken connections may come without end. */
			if (ln_task_should_yield(task))
				ln_task_give_way(task);
			error = ln_task_interrupted(task) ? LN_EKILLED : 0;
		} else if (*fd == -EAGAIN && !nonblocking) {
			error = ln_stream_wait(listener, &watch);
		} else {
			break;
		}
		if (error < 0)
			break;
	}
	ln_stream_unwatch(&watch);
	return error;
}

/* Puts a connection into the table; takes `fd`. */
static uint32_t add_connection(struct ln_guest *guest, uint64_t rights, int fd,
			       uint32_t flags, uint32_t *number)
{
	struct ln_wasi_fd made = {
		.kind = LN_WASI_SOCKET,
		.readable = true,
		.writable = true,
		.fd = -1,
		.list = -1,
		.flags = (uint16_t)flags,
		.rights = rights,
		.quota = guest->environment->descriptors,
		.serving = guest->environment->serving,
	};
	uint32_t result = ln_wasi_make_streams(&made, fd, true);

	if (result != LN_WASI_SUCCESS) {
		ln_quota_give(made.quota);
		return result;
	}
	ln_serving_begin(made.serving);
	result = ln_wasi_add(guest, &made, number);
	if (result != LN_WASI_SUCCESS)
		ln_wasi_release(&made);
	return result;
}

/* Puts what the guest has by an id into the table, too. A stream takes a unit
 * of the quota, as if it had a descriptor of its own: that bounds them. */
static bool add_socket(struct ln_guest *guest, struct ln_wasi_fd *made,
		       struct ln_socket *socket, uint32_t *number)
{
	int last = made->writable ? LN_WRITABLE : LN_READABLE;
	bool done = true;

	made->quota = guest->environment->descriptors;
	for (int i = LN_READABLE; done && i <= last; i++) {
		done = ln_quota_take(made->quota);
		if (done && ln_stream_of_socket(socket, (enum ln_direction)i,
						&made->streams[i]) < 0) {
			ln_quota_give(made->quota);
			done = false;
		}
	}
	done = done && ln_wasi_add(guest, made, number) == LN_WASI_SUCCESS;
	if (!done)
		ln_wasi_release(made);
	return done;
}

bool ln_descriptor_of_stream(struct ln_guest *guest, struct ln_socket *socket,
			     uint32_t *fd)
{
	struct ln_wasi_fd made = {
		.kind = LN_WASI_SOCKET,
		.readable = true,
		.writable = true,
		.fd = -1,
		.list = -1,
		.flags = LN_WASI_FDFLAG_NONBLOCK,
		.rights = ln_wasi_socket_rights,
	};

	return add_socket(guest, &made, socket, fd);
}

bool ln_descriptor_of_listener(struct ln_guest *guest, struct ln_socket *socket,
			       uint32_t *fd)
{
	struct ln_wasi_fd made = {
		.kind = LN_WASI_LISTENER,
		.fd = socket->fd,
		.list = -1,
		.flags = LN_WASI_FDFLAG_NONBLOCK,
		.rights = ln_wasi_listener_rights,
		.inheriting = ln_wasi_socket_rights,
	};

	return add_socket(guest, &made, socket, fd);
}

/* Whether an accept fails rather than waits. */
static bool fails_at_once(const struct ln_wasi_fd *listener, uint32_t flags)
{
	bool knows = listener->asked || (flags & LN_WASI_FDFLAG_NONBLOCK) != 0;

	return knows && (listener->flags & LN_WASI_FDFLAG_NONBLOCK) != 0;
}

int ln_host_wasi_sock_accept(struct ln_guest *guest, uint32_t fd,
			     uint32_t flags, uint8_t *connection,
			     uint32_t *result)
{
	struct ln_wasi_fd *entry;
	uint32_t number;
	int accepted;
	int error;

	*result = find_listener(guest, fd, &entry);
	if (*result == LN_WASI_SUCCESS &&
	    (flags & ~LN_WASI_FDFLAG_NONBLOCK) != 0)
		*result = LN_WASI_INVAL;
	if (*result != LN_WASI_SUCCESS)
		return 0;
	error = accept_next(entry->streams[LN_READABLE], entry->quota,
			    fails_at_once(entry, flags), &accepted);
	if (error == LN_ENOMEM) {
		*result = LN_WASI_NOMEM;
		return 0;
	}
	if (error < 0)
		return error;
	if (accepted < 0) {
		*result = ln_wasi_from_errno(-accepted);
		return 0;
	}
	*result = add_connection(guest, entry->inheriting, accepted, flags,
				 &number);
	if (*result == LN_WASI_SUCCESS)
		ln_wasi_store32(connection, number);
	return 0;
}

/* One look at what there is, as the stream reads: bytes or a negative errno. */
static LN_NOINLINE ssize_t peek_once(const struct ln_stream *stream,
				     const struct ln_iovecs *pieces)
{
	struct iovec batch[LN_IOVECS_BATCH];
	struct msghdr message = { .msg_iov = batch };
	ssize_t n;

	message.msg_iovlen =
		(size_t)ln_iovecs_gather_open(pieces, batch, pieces->left);
	do {
		n = recvmsg(ln_stream_fd(stream), &message,
			    MSG_PEEK | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int peek(struct ln_stream *stream, struct ln_iovecs *pieces,
		bool nonblocking, size_t *done, int *number)
{
	struct ln_stream_watch watch = { .stream = NULL };
	ssize_t n = 0;
	int error = 0;

	while (error == 0 && pieces->left > 0) {
		n = peek_once(stream, pieces);
		if (n != -EAGAIN || nonblocking)
			break;
		error = ln_stream_wait(stream, &watch);
	}
	ln_stream_unwatch(&watch);
	*number = n < 0 ? (int)-n : 0;
	*done = n < 0 ? 0 : (size_t)n;
	return error == 0 && n < 0 ? LN_EIO : error;
}

/* Receives until the pieces are full, or no more comes. */
static int receive_all(struct ln_stream *stream, struct ln_iovecs *pieces,
		       bool nonblocking, size_t *done, int *number)
{
	size_t part;
	int error;

	*done = 0;
	do {
		error = ln_stream_transfer(stream, pieces, nonblocking, &part,
					   number);
		*done += part;
	} while (error == 0 && part > 0 && pieces->left > 0);
	return error == LN_EIO && *done > 0 ? 0 : error;
}

/* Moves bytes between a connection and the guest. */
static int transfer(struct ln_guest *guest, struct ln_wasi_fd *entry,
		    enum ln_direction direction, struct ln_array array,
		    uint32_t flags, uint8_t *moved, uint32_t *result)
{
	struct ln_stream *stream = entry->streams[direction];
	bool nonblocking = (entry->flags & LN_WASI_FDFLAG_NONBLOCK) != 0;
	struct ln_iovecs pieces;
	uint8_t *memory;
	uint64_t size;
	size_t done;
	int number;
	int error;

	if (stream == NULL) {
		*result = LN_WASI_BADF;
		return 0;
	}
	if (!ln_guest_view(guest, &memory, &size) ||
	    ln_iovecs_init(&pieces, memory, size, array) < 0) {
		*result = LN_WASI_FAULT;
		return 0;
	}
	ln_guest_charge(guest, pieces.left);
	if (flags & RECV_PEEK)
		error = peek(stream, &pieces, nonblocking, &done, &number);
	else if (flags & RECV_WAITALL)
		error = receive_all(stream, &pieces, nonblocking, &done,
				    &number);
	else
		error = ln_stream_transfer(stream, &pieces, nonblocking, &done,
					   &number);
	*result = LN_WASI_SUCCESS;
	if (error == LN_EIO)
		*result = ln_wasi_from_errno(number);
	else if (error == LN_ENOMEM)
		*result = LN_WASI_NOMEM;
	else if (error < 0)
		return error;
	else
		ln_wasi_store32(moved, (uint32_t)done);
	return 0;
}

int ln_host_wasi_sock_recv(struct ln_guest *guest, uint32_t fd,
			   struct ln_array data, uint32_t flags,
			   uint8_t *received, uint8_t *out_flags,
			   uint32_t *result)
{
	struct ln_wasi_fd *entry;

	*result = find_connection(guest, fd, LN_WASI_RIGHT_FD_READ, &entry);
	if (*result == LN_WASI_SUCCESS && flags > RECV_WAITALL)
		*result = flags == (RECV_PEEK | RECV_WAITALL) ? LN_WASI_NOTSUP
							      : LN_WASI_INVAL;
	if (*result != LN_WASI_SUCCESS)
		return 0;
	ln_wasi_store16(out_flags, 0);
	return transfer(guest, entry, LN_READABLE, data, flags, received,
			result);
}

int ln_host_wasi_sock_send(struct ln_guest *guest, uint32_t fd,
			   struct ln_array data, uint32_t flags, uint8_t *sent,
			   uint32_t *result)
{
	struct ln_wasi_fd *entry;

	*result = find_connection(guest, fd, LN_WASI_RIGHT_FD_WRITE, &entry);
	if (*result == LN_WASI_SUCCESS && flags != 0)
		*result = LN_WASI_INVAL;
	if (*result != LN_WASI_SUCCESS)
		return 0;
	return transfer(guest, entry, LN_WRITABLE, data, 0, sent, result);
}

int ln_host_wasi_sock_shutdown(struct ln_guest *guest, uint32_t fd,
			       uint32_t how, uint32_t *result)
{
	static const int ways[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };
	struct ln_wasi_fd *entry;

	*result =
		find_connection(guest, fd, LN_WASI_RIGHT_SOCK_SHUTDOWN, &entry);
	if (*result == LN_WASI_SUCCESS && entry->kind != LN_WASI_SOCKET)
		*result = LN_WASI_NOTSUP;
	else if (*result == LN_WASI_SUCCESS &&
		 (how == 0 || how > (SHUT_DOWN_RD | SHUT_DOWN_WR)))
		*result = LN_WASI_INVAL;
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (shutdown(ln_stream_fd(entry->streams[LN_READABLE]), ways[how - 1]) <
	    0)
		*result = ln_wasi_from_errno(errno);
	return 0;
}
