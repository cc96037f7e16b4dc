/*
 * Readiness of descriptors: a task that got EAGAIN parks here until the kernel
 * says that trying again may help. Level of detail: two directions, edge
 * triggered.
 */
#ifndef LN_SCHED_POLLER_H
#define LN_SCHED_POLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct ln_poller;
struct ln_pollable;
struct ln_sched;
struct ln_task;

enum ln_direction { LN_READABLE, LN_WRITABLE };

/* A task's interest in a descriptor. Where it lies on the task's stack, the
 * task waits as LN_WAIT_WATCHED. */
struct ln_watch {
	struct ln_list link; /* under the pollable's lock */
	struct ln_pollable *pollable;
	struct ln_task *task;
};

/* LN_EIO, LN_ELIMIT (no descriptor left). */
int ln_poller_new(struct ln_poller **poller);
void ln_poller_free(struct ln_poller *poller);

/* Watches a descriptor, which must be non-blocking and of a kind that the
 * kernel can watch (LN_EUNSUP when not: a regular file). The caller keeps the
 * descriptor and closes it after ln_pollable_free. Any thread. */
int ln_pollable_new(struct ln_poller *poller, int fd,
		    struct ln_pollable **pollable);
void ln_pollable_free(struct ln_pollable *pollable);

/* Parks the running task until the descriptor may be ready, or `deadline`.
 * 0: try again; LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM; LN_EEXIST when another
 * task waits for the same direction already. Call only after the system call
 * has said EAGAIN. */
int ln_pollable_wait(struct ln_pollable *pollable, enum ln_direction direction,
		     int64_t deadline);

/* Whether the end of the stream, an error or urgent data has been reported.
 * Then a read that was shorter than its buffer may have left data, and no
 * further event will report it. Any thread. */
bool ln_pollable_hung_up(const struct ln_pollable *pollable);

/* Lets every event of the direction wake the running task, whatever it waits
 * for, until ln_pollable_unwatch; any number of tasks may watch. A task that
 * watches, then finds the descriptor not ready, then parks, misses no event. It
 * may be woken in vain. */
void ln_pollable_watch(struct ln_pollable *pollable,
		       enum ln_direction direction, struct ln_watch *watch);

/* For a task that watches, and is the only one that uses the descriptor:
 * whether an event of the direction has come since the last call. If not, there
 * is nothing to read that was not there then. */
bool ln_pollable_take(struct ln_pollable *pollable,
		      enum ln_direction direction);

/* Ends a watch; afterwards nobody uses it. By the same task. */
void ln_pollable_unwatch(struct ln_watch *watch);

/* Waits for events at most until `deadline` (0: does not wait) and wakes the
 * tasks concerned. Workers only, one at a time. */
void ln_poller_poll(struct ln_poller *poller, int64_t deadline);

/* Ends the running ln_poller_poll, or the next one. Any thread. */
void ln_poller_interrupt(struct ln_poller *poller);

#endif
