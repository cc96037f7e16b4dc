/*
 * One direction of a descriptor that came from outside the program and that
 * other programs may share: it is read and written without ever blocking a
 * worker and without changing how it looks to the others.
 */
#ifndef LN_HOST_STREAM_H
#define LN_HOST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "sched/poller.h"

struct ln_iovecs;
struct ln_socket;
struct ln_stream;
struct ln_stream_attachment;

#define LN_STREAM_LOOK_AGAIN_MS 10

/* A task's interest in a stream; it lives on the task's stack. */
struct ln_stream_watch {
	struct ln_watch watch;
	struct ln_stream *stream;                /* NULL: not watching */
	struct ln_stream_attachment *attachment; /* NULL: nobody will tell */
};

/* Prepares a stream; the descriptor stays the caller's and must stay open.
 * LN_EINVAL: `fd` is not an open descriptor; LN_ENOMEM. *stream is then NULL.
 * Any thread. */
int ln_stream_new(int fd, enum ln_direction direction,
		  struct ln_stream **stream);

/* The same for a FIFO, device or socket that was opened for the stream alone,
 * without blocking (O_NONBLOCK): the descriptor becomes the stream's. The end
 * of a FIFO is then read when its writers have left, not before the first has
 * come. */
int ln_stream_open(int fd, enum ln_direction direction,
		   struct ln_stream **stream);

/* The same for one direction of a socket, which the stream retains. */
int ln_stream_of_socket(struct ln_socket *socket, enum ln_direction direction,
			struct ln_stream **stream);

/* Nobody may be using it. Closes what is its own. */
void ln_stream_free(struct ln_stream *stream);

/* Lets `stream` take turns with `other`, which must outlive it. Before the
 * first transfer. */
void ln_stream_share(struct ln_stream *stream, struct ln_stream *other);

/* What ln_stream_new got. */
int ln_stream_fd(const struct ln_stream *stream);
enum ln_direction ln_stream_direction(const struct ln_stream *stream);

bool ln_stream_terminal(const struct ln_stream *stream);

/* Whether it has a position that can be moved. */
bool ln_stream_seekable(const struct ln_stream *stream);

/* Reads into, or writes from, the pieces, according to the direction. A read
 * waits for the first bytes and returns what is there (of a file: all that was
 * asked for); 0 bytes: the end. A write waits until all is written, in one
 * piece among the writes of all tasks. With `nonblocking` they wait for nothing
 * but their turn, for a moment, or of a file until they have it.
 *
 * 0: *done bytes were moved. LN_EIO: an error before the first byte, *number is
 * its errno (EAGAIN: it would wait). LN_EKILLED: killed on the way; LN_ENOMEM.
 * Tasks only; parks. */
int ln_stream_transfer(struct ln_stream *stream, struct ln_iovecs *pieces,
		       bool nonblocking, size_t *done, int *number);

/* What poll(2) says right now: POLLIN or POLLOUT with POLLHUP, POLLERR,
 * POLLNVAL; 0: not ready. Any thread. */
short ln_stream_poll(const struct ln_stream *stream);

/* How many bytes can be read right now, as far as is known. */
uint64_t ln_stream_available(const struct ln_stream *stream);

/* Has the stream wake the running task when ln_stream_poll may say more than
 * before, until ln_stream_unwatch. A task looks after it has called this, and
 * parks then. Where the system cannot tell, watch->attachment is NULL: look
 * every LN_STREAM_LOOK_AGAIN_MS. */
void ln_stream_watch(struct ln_stream *stream, struct ln_stream_watch *watch);

/* Parks the running task until trying again may help, after a call that said
 * EAGAIN. The first call only begins to watch and returns: the next try notices
 * what happened before. `watch` is empty at first, and ended by the caller. 0,
 * LN_EKILLED, LN_ENOMEM. */
int ln_stream_wait(struct ln_stream *stream, struct ln_stream_watch *watch);

/* Ends it; harmless when it is not watching. By the same task. */
void ln_stream_unwatch(struct ln_stream_watch *watch);

#endif
