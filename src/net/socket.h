/*
 * A socket: a non-blocking descriptor, registered with the poller of one
 * scheduler, with counted references. Each user of a socket has its own
 * reference, so several tasks may use it at the same time; the last release
 * closes it.
 */
#ifndef LN_NET_SOCKET_H
#define LN_NET_SOCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/poller.h"

struct ln_quota;

struct ln_socket {
	int fd;
	struct ln_pollable *pollable;
	struct ln_quota *quota; /* one unit of it; NULL: of none */
	_Atomic uint32_t references;
	bool drained; /* by whoever has the only reference */
};

/* How a call waits: zeroed at first, on the stack of the task that calls. */
struct ln_socket_wait {
	struct ln_watch watch;
	bool watching;
};

/* Makes a socket from a non-blocking descriptor and a unit taken from `quota`.
 * It owns both from now on: on failure, and when the socket ends, the
 * descriptor is closed and the unit returned. With one reference, the caller's.
 * LN_ENOMEM, LN_ELIMIT, LN_EIO. Tasks only. */
int ln_socket_new(int fd, struct ln_quota *quota, struct ln_socket **socket);

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

/* Parks the running task until trying again may help; called after a system
 * call has said EAGAIN, any number of times. 0; LN_ETIMEDOUT, LN_EKILLED,
 * LN_ENOMEM. Ended by ln_socket_wait_end, whatever it returned. */
int ln_socket_wait(struct ln_socket *socket, enum ln_direction direction,
		   int64_t deadline, struct ln_socket_wait *wait);
void ln_socket_wait_end(struct ln_socket_wait *wait);

#endif
