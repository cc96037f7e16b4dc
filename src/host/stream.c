/*
 * DESIGN
 * Whether a descriptor blocks is a property of the open file, which other
 * programs share (the shell's terminal, the other end of a pipeline's
 * siblings): setting O_NONBLOCK would break them. So each kind has its own way:
 *
 *   OWN    pipe, FIFO, terminal: opened once more through /proc, which gives
 *          an open file of our own that can be non-blocking; and what a guest
 *          opened by a path, which is our own anyway
 *   SOCKET MSG_DONTWAIT
 *   PLAIN  regular files and whatever epoll refuses (/dev/null): never waits
 *          for another program; the shared position and O_APPEND are
 *          respected. A regular file may wait for its device: what the kernel
 *          does not do at once, a thread of a blocking pool does
 *   ASK    the rest, and those that cannot be opened again: poll(2) before each
 *          transfer of at most PIPE_BUF bytes, which then does not block unless
 *          another program was faster
 *
 * Readiness is always that of the original: a pipe that was opened again after
 * its last writer had left would not report the end.
 *
 * The poller belongs to a scheduler, a stream to the program. So a stream is
 * registered with a poller while tasks of that scheduler wait for it (an
 * attachment, counted), and no longer. A task watches first and looks then, so
 * it misses nothing; where watching fails, it looks every few milliseconds.
 *
 * Tasks take turns through a mutex that they keep while they wait: that keeps a
 * write in one piece and makes readers wait in order. A task that is killed
 * leaves; what it had written stays written.
 *
 * Threads: any. Lock order: the mutex; stream.lock, then the poller's locks.
 */
#include "host/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/futex.h"
#include "base/time.h"
#include "host/iovecs.h"
#include "net/socket.h"
#include "sched/blocking.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/task.h"

/* Bytes of one system call: it should not take long. */
#define SLICE 65536u

/* How long a transfer that must not wait waits for its turn: as long as others
 * may take that wait for nobody either, on a machine with much to do. Go ends a
 * program whose last words find no turn. Where nobody waits for another program
 * (PLAIN), it waits until it has it. */
#define TURN_MS 20

enum mode { MODE_OWN, MODE_SOCKET, MODE_PLAIN, MODE_ASK };

struct ln_stream_attachment {
	struct ln_stream_attachment *next;
	struct ln_poller *poller;
	struct ln_pollable *pollable;
	unsigned users; /* watches */
};

struct ln_stream {
	/* Immutable once in use. */
	int fd; /* the original */
	int io; /* what is read and written */
	enum ln_direction direction;
	enum mode mode;
	bool terminal;
	bool seekable;
	bool file;  /* a regular one, PLAIN */
	bool owned; /* fd is ours, too, and no standard stream */
	bool fifo;  /* owned, and its end means that writers have left */
	struct ln_socket *socket; /* counted; whose `fd` it is, or NULL */
	struct ln_stream_attachment steady; /* of the socket */
	struct ln_mutex *turn; /* own_place, or that of another stream */

	/* Any task. */
	struct ln_mutex own_place;
	struct ln_lock lock;
	struct ln_stream_attachment *attachments; /* under lock */
};

/* Whether the kernel can tell when `fd` becomes ready; if not, it always is. */
static bool watchable(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	bool refused;

	if (epoll < 0)
		return true;
	refused = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 &&
		  errno == EPERM;
	ln_fd_close(epoll);
	return !refused;
}

/* Opens the file behind the stream's descriptor for ourselves; -1: no way. The
 * path is made by hand: printf needs more stack than a fiber should give. */
static int reopen(const struct ln_stream *stream)
{
	static const char prefix[] = "/proc/self/fd/";
	int access = stream->direction == LN_READABLE ? O_RDONLY : O_WRONLY;
	char path[sizeof(prefix) + 10];
	char *at = path + sizeof(path) - 1;
	int rest = stream->fd;

	*at = '\0';
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	at -= sizeof(prefix) - 1;
	memcpy(at, prefix, sizeof(prefix) - 1);
	return open(at, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void choose_mode(struct ln_stream *stream, mode_t type)
{
	stream->io = stream->fd;
	stream->file = S_ISREG(type);
	if (S_ISSOCK(type)) {
		stream->mode = MODE_SOCKET;
		return;
	}
	if (S_ISFIFO(type) || stream->terminal) {
		int io = reopen(stream);

		stream->mode = io < 0 ? MODE_ASK : MODE_OWN;
		if (io >= 0)
			stream->io = io;
		return;
	}
	stream->mode = watchable(stream->fd) ? MODE_ASK : MODE_PLAIN;
}

int ln_stream_new(int fd, enum ln_direction direction, struct ln_stream **out)
{
	struct ln_stream *stream;
	struct stat stat;

	*out = NULL;
	if (fstat(fd, &stat) < 0)
		return LN_EINVAL;
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return LN_ENOMEM;
	stream->fd = fd;
	stream->direction = direction;
	stream->terminal = S_ISCHR(stat.st_mode) && isatty(fd);
	stream->seekable = !stream->terminal && lseek(fd, 0, SEEK_CUR) >= 0;
	ln_mutex_init(&stream->own_place);
	stream->turn = &stream->own_place;
	choose_mode(stream, stat.st_mode);
	*out = stream;
	return 0;
}

int ln_stream_open(int fd, enum ln_direction direction, struct ln_stream **out)
{
	struct ln_stream *stream = calloc(1, sizeof(*stream));
	struct stat stat;

	*out = NULL;
	if (stream == NULL)
		return LN_ENOMEM;
	if (fstat(fd, &stat) < 0) {
		free(stream);
		return LN_EINVAL;
	}
	stream->fd = fd;
	stream->io = fd;
	stream->direction = direction;
	stream->owned = true;
	stream->fifo = S_ISFIFO(stat.st_mode);
	stream->terminal = S_ISCHR(stat.st_mode) && isatty(fd);
	if (S_ISSOCK(stat.st_mode))
		stream->mode = MODE_SOCKET;
	else
		stream->mode = watchable(fd) ? MODE_OWN : MODE_PLAIN;
	stream->seekable =
		stream->mode == MODE_PLAIN && lseek(fd, 0, SEEK_CUR) >= 0;
	ln_mutex_init(&stream->own_place);
	stream->turn = &stream->own_place;
	*out = stream;
	return 0;
}

int ln_stream_of_socket(struct ln_socket *socket, enum ln_direction direction,
			struct ln_stream **out)
{
	struct ln_stream *stream = calloc(1, sizeof(*stream));

	*out = NULL;
	if (stream == NULL)
		return LN_ENOMEM;
	stream->fd = socket->fd;
	stream->io = socket->fd;
	stream->direction = direction;
	stream->mode = MODE_SOCKET;
	stream->socket = ln_socket_retain(socket);
	stream->steady.pollable = socket->pollable;
	ln_mutex_init(&stream->own_place);
	stream->turn = &stream->own_place;
	*out = stream;
	return 0;
}

void ln_stream_free(struct ln_stream *stream)
{
	if (stream == NULL)
		return;
	if (stream->socket != NULL)
		ln_socket_release(stream->socket);
	if (stream->io != stream->fd)
		ln_fd_close(stream->io);
	if (stream->owned)
		ln_fd_close(stream->fd);
	free(stream);
}

void ln_stream_share(struct ln_stream *stream, struct ln_stream *other)
{
	stream->turn = other->turn;
}

int ln_stream_fd(const struct ln_stream *stream)
{
	return stream->fd;
}

enum ln_direction ln_stream_direction(const struct ln_stream *stream)
{
	return stream->direction;
}

bool ln_stream_terminal(const struct ln_stream *stream)
{
	return stream->terminal;
}

bool ln_stream_seekable(const struct ln_stream *stream)
{
	return stream->seekable;
}

short ln_stream_poll(const struct ln_stream *stream)
{
	struct pollfd poll_fd = {
		.fd = stream->fd,
		.events = stream->direction == LN_READABLE ? POLLIN : POLLOUT,
	};

	if (stream->mode == MODE_PLAIN)
		return poll_fd.events;
	return poll(&poll_fd, 1, 0) > 0 ? poll_fd.revents : 0;
}

uint64_t ln_stream_available(const struct ln_stream *stream)
{
	struct stat stat;
	off_t position;
	int bytes = 0;

	if (stream->mode == MODE_PLAIN) {
		position = lseek(stream->fd, 0, SEEK_CUR);
		if (position < 0 || fstat(stream->fd, &stat) < 0 ||
		    stat.st_size <= position)
			return 0;
		return (uint64_t)(stat.st_size - position);
	}
	if (ioctl(stream->fd, FIONREAD, &bytes) < 0 || bytes < 0)
		return 0;
	return (uint64_t)bytes;
}

/* The attachment to `poller`, made when there is none; NULL: no way. */
static struct ln_stream_attachment *attach(struct ln_stream *stream,
					   struct ln_poller *poller)
{
	struct ln_stream_attachment *at;

	ln_lock_acquire(&stream->lock);
	for (at = stream->attachments; at != NULL; at = at->next) {
		if (at->poller == poller)
			break;
	}
	if (at == NULL) {
		at = calloc(1, sizeof(*at));
		if (at != NULL &&
		    ln_pollable_new(poller, stream->fd, &at->pollable) < 0) {
			free(at);
			at = NULL;
		}
		if (at != NULL) {
			at->poller = poller;
			at->next = stream->attachments;
			stream->attachments = at;
		}
	}
	if (at != NULL)
		at->users++;
	ln_lock_release(&stream->lock);
	return at;
}

static void detach(struct ln_stream *stream, struct ln_stream_attachment *at)
{
	struct ln_stream_attachment **link = &stream->attachments;

	ln_lock_acquire(&stream->lock);
	ln_assert(at->users > 0);
	if (--at->users == 0) {
		while (*link != at)
			link = &(*link)->next;
		*link = at->next;
		ln_pollable_free(at->pollable);
		free(at);
	}
	ln_lock_release(&stream->lock);
}

void ln_stream_watch(struct ln_stream *stream, struct ln_stream_watch *watch)
{
	struct ln_poller *poller = ln_sched_poller(ln_task_current()->sched);

	watch->stream = stream;
	if (stream->socket != NULL)
		watch->attachment = &stream->steady;
	else
		watch->attachment =
			poller != NULL ? attach(stream, poller) : NULL;
	if (watch->attachment != NULL)
		ln_pollable_watch(watch->attachment->pollable,
				  stream->direction, &watch->watch);
}

void ln_stream_unwatch(struct ln_stream_watch *watch)
{
	if (watch->stream == NULL)
		return;
	if (watch->attachment != NULL) {
		ln_pollable_unwatch(&watch->watch);
		if (watch->attachment != &watch->stream->steady)
			detach(watch->stream, watch->attachment);
	}
	watch->stream = NULL;
}

static ssize_t socket_transfer(const struct ln_stream *stream,
			       struct iovec *batch, int count)
{
	struct msghdr message = {
		.msg_iov = batch,
		.msg_iovlen = (size_t)count,
	};

	if (stream->direction == LN_READABLE)
		return recvmsg(stream->io, &message, MSG_DONTWAIT);
	return sendmsg(stream->io, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* One system call for the next pieces: bytes moved, or a negative errno. Out of
 * line: its caller parks, and must know neither errno nor the batch. `flags`
 * are of preadv2, and for files. */
static LN_NOINLINE ssize_t move_slice(const struct ln_stream *stream,
				      const struct ln_iovecs *pieces, int flags)
{
	struct iovec batch[LN_IOVECS_BATCH];
	size_t max = stream->mode == MODE_ASK ? PIPE_BUF : SLICE;
	int count = stream->direction == LN_READABLE
			    ? ln_iovecs_gather_open(pieces, batch, max)
			    : ln_iovecs_gather(pieces, batch, max);
	ssize_t n;

	if (count == 0)
		return 0;
	if (stream->mode == MODE_ASK && ln_stream_poll(stream) == 0)
		return -EAGAIN;
	do {
		if (stream->mode == MODE_SOCKET)
			n = socket_transfer(stream, batch, count);
		else if (stream->file && stream->direction == LN_READABLE)
			n = preadv2(stream->io, batch, count, -1, flags);
		else if (stream->file)
			n = pwritev2(stream->io, batch, count, -1, flags);
		else if (stream->direction == LN_READABLE)
			n = readv(stream->io, batch, count);
		else
			n = writev(stream->io, batch, count);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* Nobody has opened the other end of this FIFO yet. */
	if (n == 0 && stream->fifo && ln_stream_poll(stream) == 0)
		return -EAGAIN;
	return n;
}

struct slice {
	const struct ln_stream *stream;
	const struct ln_iovecs *pieces;
	ssize_t n;
};

static void move_blocking(void *argument)
{
	struct slice *slice = argument;

	slice->n = move_slice(slice->stream, slice->pieces, 0);
}

/* The same for a file, in a pool if it cannot be done at once. For no tenant:
 * there are few such files, and of each one task at a time. */
static int move_file(const struct ln_stream *stream,
		     const struct ln_iovecs *pieces, ssize_t *n)
{
	struct slice slice = { .stream = stream, .pieces = pieces };
	int error;

	*n = move_slice(stream, pieces, RWF_NOWAIT);
	if (*n != -EAGAIN && *n != -EOPNOTSUPP)
		return 0;
	error = ln_blocking_run(ln_sched_files(ln_task_current()->sched),
				move_blocking, &slice);
	*n = error < 0 ? 0 : slice.n;
	return error;
}

int ln_stream_wait(struct ln_stream *stream, struct ln_stream_watch *watch)
{
	struct ln_task *task = ln_task_current();
	int64_t deadline = LN_NEVER;
	int error;

	if (watch->stream == NULL) {
		ln_stream_watch(stream, watch);
		return 0;
	}
	if (watch->attachment == NULL)
		deadline = ln_time_after_ms(LN_STREAM_LOOK_AGAIN_MS);
	error = ln_task_wait_for(task, LN_WAIT_WATCHED, deadline);
	return error == LN_ETIMEDOUT ? 0 : error;
}

/* Lets others run between two parts of a long transfer. */
static int breathe(void)
{
	struct ln_task *task = ln_task_current();

	if (ln_task_should_yield(task))
		ln_task_give_way(task);
	return ln_task_interrupted(task) ? LN_EKILLED : 0;
}

/* Whether a transfer that has just moved bytes goes on. */
static bool wants_more(const struct ln_stream *stream,
		       const struct ln_iovecs *pieces)
{
	if (pieces->left == 0)
		return false;
	return stream->direction == LN_WRITABLE || stream->mode == MODE_PLAIN;
}

/* ln_stream_transfer by the task whose turn it is. */
static int transfer(struct ln_stream *stream, struct ln_iovecs *pieces,
		    bool nonblocking, size_t *done, int *number)
{
	struct ln_stream_watch watch = { .stream = NULL };
	int error = 0;

	while (error == 0) {
		ssize_t n = 0;

		if (stream->file)
			error = move_file(stream, pieces, &n);
		else
			n = move_slice(stream, pieces, 0);
		if (n == 0)
			break;
		if (n > 0) {
			*done += (size_t)n;
			ln_iovecs_advance(pieces, (size_t)n);
			if (!wants_more(stream, pieces))
				break;
			error = breathe();
		} else if (n == -EAGAIN && !nonblocking) {
			error = ln_stream_wait(stream, &watch);
		} else {
			*number = (int)-n;
			error = LN_EIO;
		}
	}
	ln_stream_unwatch(&watch);
	return error == LN_EIO && *done > 0 ? 0 : error;
}

int ln_stream_transfer(struct ln_stream *stream, struct ln_iovecs *pieces,
		       bool nonblocking, size_t *done, int *number)
{
	int64_t deadline = nonblocking && stream->mode != MODE_PLAIN
				   ? ln_time_after_ms(TURN_MS)
				   : LN_NEVER;
	int error;

	*done = 0;
	*number = 0;
	if (pieces->left == 0)
		return 0;
	error = ln_mutex_acquire(stream->turn, deadline);
	if (error == LN_ETIMEDOUT) {
		*number = EAGAIN;
		return LN_EIO;
	}
	if (error < 0)
		return error;
	error = transfer(stream, pieces, nonblocking, done, number);
	ln_mutex_release(stream->turn);
	return error;
}
