/*
 * A socket: a non-blocking descriptor, registered with the poller of one
 * scheduler, with counted references. Each user of a socket has its own
 * reference, so several tasks may use it at the same time; the last release
 * closes it.
 *
 * What calls of all kinds of sockets have in common: a failure in the kernel is
 * LN_EIO, with the errno stored through `number`.
 */
#ifndef LN_NET_SOCKET_H
#define LN_NET_SOCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sched/poller.h"

struct ln_address;
struct ln_quota;
struct ln_serving;
struct ln_serving_listener;

/* What a guest sets for all who share a stream: milliseconds that a call waits
 * at most, LN_SOCKET_PATIENT at first. */
enum ln_socket_timeout {
	LN_SOCKET_READ_TIMEOUT,
	LN_SOCKET_WRITE_TIMEOUT,
	LN_SOCKET_PEEK_TIMEOUT,
	LN_SOCKET_TIMEOUTS,
};

#define LN_SOCKET_PATIENT UINT64_MAX /* as long as it takes */

struct ln_socket {
	int fd;
	struct ln_pollable *pollable;
	struct ln_quota *quota;      /* one unit of it; NULL: of none */
	struct ln_serving *accepted; /* counts it; NULL: nobody does */
	struct ln_serving_listener *listener; /* owned; NULL: none */
	_Atomic uint32_t references;
	bool drained; /* by whoever has the only reference */
	/* Relaxed: numbers that nothing else depends on. */
	_Atomic uint64_t timeouts[LN_SOCKET_TIMEOUTS];
};

/* How a call waits: zeroed at first, on the stack of the task that calls. */
struct ln_socket_wait {
	/* NULL: it does not watch. Not on the stack, which may be folded while
	 * the task waits (sched/fold.h). */
	struct ln_watch *watch;
};

/* The text of an errno, for people: "Connection refused (os error 111)". */
#define LN_NET_ERROR_SIZE 96
void ln_net_error_text(int number, char text[LN_NET_ERROR_SIZE]);

/* A new descriptor for addresses of that IP version (4 or 6), non-blocking, of
 * the kernel's `type` (SOCK_STREAM, SOCK_DGRAM), which the caller owns with a
 * unit of `quota`; or a negative errno, -EMFILE when no unit is left. Any
 * thread. */
int ln_socket_open(unsigned version, int type, struct ln_quota *quota);

/* Makes a socket from a non-blocking descriptor and a unit taken from `quota`.
 * It owns both from now on: on failure, and when the socket ends, the
 * descriptor is closed and the unit returned. With one reference, the caller's.
 * LN_ENOMEM, LN_ELIMIT, LN_EIO. Tasks only. */
int ln_socket_new(int fd, struct ln_quota *quota, struct ln_socket **socket);

/* The same for who tells a guest: where the poller has no room, LN_EIO and
 * ENOBUFS. */
int ln_socket_adopt(int fd, struct ln_quota *quota, struct ln_socket **socket,
		    int *number);

/* Has `serving` shut a listener down, or count an accepted connection; NULL:
 * neither. By whoever has the only reference. LN_ENOMEM, and nothing changed.
 */
int ln_socket_serve_listener(struct ln_socket *socket,
			     struct ln_serving *serving);
void ln_socket_serve_connection(struct ln_socket *socket,
				struct ln_serving *serving);

/* Any thread. The last release closes the descriptor, without waiting for
 * unsent data. */
struct ln_socket *ln_socket_retain(struct ln_socket *socket);
void ln_socket_release(struct ln_socket *socket);

/* Whether the caller has the only reference; this stays so until it gives one
 * away. */
static inline bool ln_socket_sole(const struct ln_socket *socket)
{
	/* Acquire pairs with the releases of those who used it before. */
	return atomic_load_explicit(&socket->references,
				    memory_order_acquire) == 1;
}

/* Where it is bound to, and what it is connected to. Never park. */
int ln_socket_local_address(const struct ln_socket *socket,
			    struct ln_address *address, int *number);
int ln_socket_peer_address(const struct ln_socket *socket,
			   struct ln_address *address, int *number);

/* How long calls of guests on the stream may wait, in milliseconds. */
static inline uint64_t ln_socket_timeout(const struct ln_socket *socket,
					 enum ln_socket_timeout which)
{
	return atomic_load_explicit(&socket->timeouts[which],
				    memory_order_relaxed);
}

static inline void ln_socket_set_timeout(struct ln_socket *socket,
					 enum ln_socket_timeout which,
					 uint64_t timeout)
{
	atomic_store_explicit(&socket->timeouts[which], timeout,
			      memory_order_relaxed);
}

/* Parks the running task until trying again may help; called after a system
 * call has said EAGAIN, any number of times. 0; LN_ETIMEDOUT, LN_EKILLED,
 * LN_ENOMEM. Ended by ln_socket_wait_end, whatever it returned. */
int ln_socket_wait(struct ln_socket *socket, enum ln_direction direction,
		   int64_t deadline, struct ln_socket_wait *wait);
void ln_socket_wait_end(struct ln_socket_wait *wait);

/* What follows from a system call that gave `result`, a negative errno on
 * failure: parks as ln_socket_wait after -EAGAIN, and then the call is to be
 * made again. 0; LN_EIO after another failure; LN_ETIMEDOUT, LN_EKILLED,
 * LN_ENOMEM. */
int ln_socket_settle(struct ln_socket *socket, enum ln_direction direction,
		     ssize_t result, int64_t deadline,
		     struct ln_socket_wait *wait, int *number);

#endif
