/*
 * DESIGN
 * epoll, edge triggered: a descriptor is registered once for both directions.
 * Each direction has a word: nothing, READY (an edge came that nobody has used
 * yet) or the task that waits. An edge that comes between a task's EAGAIN and
 * its wait leaves READY behind, so the wait returns at once; an older one costs
 * one vain attempt.
 *
 * An event may still be in a batch when its pollable is freed. So pollables are
 * never given back to the allocator while the poller lives: a late event finds
 * either a free pollable or its next user, which then tries once in vain. A
 * task in the word is woken under the pollable's lock, and removes itself under
 * it, so it is alive when it is woken.
 *
 * A task that waits for several things at once watches instead: its watch is in
 * a list of the direction, and every event wakes all of them, under the same
 * rules. Nothing is remembered for them; they look for themselves after they
 * have joined the list.
 *
 * Threads: any; ln_poller_poll by one worker at a time.
 */
#include "sched/poller.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/futex.h"
#include "base/time.h"
#include "sched/task.h"

#define BATCH 64

/* Events after which a short read does not mean that nothing is left. */
#define HANG_UP (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)

struct ln_pollable {
	struct ln_poller *poller;
	struct ln_pollable *next_free;
	struct ln_pollable *next_all; /* for ln_poller_free */
	int fd;
	struct ln_lock lock;
	bool ready[2];             /* under lock */
	_Atomic bool hung_up;      /* written under lock */
	struct ln_task *task[2];   /* under lock */
	struct ln_list watches[2]; /* under lock */
};

struct ln_poller {
	int epoll;
	int event;
	bool in_ms; /* the one who polls: epoll_pwait2 fails */
	struct ln_lock lock;
	struct ln_pollable *free; /* under lock */
	struct ln_pollable *all;  /* under lock */
};

int ln_poller_new(struct ln_poller **out)
{
	struct ln_poller *poller = calloc(1, sizeof(*poller));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	int error;

	if (poller == NULL)
		return LN_ENOMEM;
	poller->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (poller->epoll < 0)
		goto fail_epoll;
	poller->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (poller->event < 0)
		goto fail_event;
	if (epoll_ctl(poller->epoll, EPOLL_CTL_ADD, poller->event, &event) < 0)
		goto fail_add;
	*out = poller;
	return 0;
fail_add:
	error = ln_error_from_errno(errno);
	ln_fd_close(poller->event);
	ln_fd_close(poller->epoll);
	free(poller);
	return error;
fail_event:
	error = ln_error_from_errno(errno);
	ln_fd_close(poller->epoll);
	free(poller);
	return error;
fail_epoll:
	error = ln_error_from_errno(errno);
	free(poller);
	return error;
}

void ln_poller_free(struct ln_poller *poller)
{
	struct ln_pollable *pollable;

	if (poller == NULL)
		return;
	pollable = poller->all;
	while (pollable != NULL) {
		struct ln_pollable *next = pollable->next_all;

		free(pollable);
		pollable = next;
	}
	ln_fd_close(poller->event);
	ln_fd_close(poller->epoll);
	free(poller);
}

/* Nobody waits for it: when it is taken, and when it is given back. */
static void assert_unused(const struct ln_pollable *pollable)
{
	for (int i = LN_READABLE; i <= LN_WRITABLE; i++) {
		ln_assert(pollable->task[i] == NULL);
		ln_assert(ln_list_empty(&pollable->watches[i]));
	}
	(void)pollable;
}

static struct ln_pollable *take_pollable(struct ln_poller *poller)
{
	struct ln_pollable *pollable;

	ln_lock_acquire(&poller->lock);
	pollable = poller->free;
	if (pollable != NULL) {
		poller->free = pollable->next_free;
		assert_unused(pollable);
	} else {
		pollable = calloc(1, sizeof(*pollable));
		if (pollable != NULL) {
			ln_list_init(&pollable->watches[LN_READABLE]);
			ln_list_init(&pollable->watches[LN_WRITABLE]);
			pollable->next_all = poller->all;
			poller->all = pollable;
		}
	}
	ln_lock_release(&poller->lock);
	return pollable;
}

static void give_pollable(struct ln_pollable *pollable)
{
	struct ln_poller *poller = pollable->poller;

	assert_unused(pollable);
	ln_lock_acquire(&poller->lock);
	pollable->next_free = poller->free;
	poller->free = pollable;
	ln_lock_release(&poller->lock);
}

int ln_pollable_new(struct ln_poller *poller, int fd, struct ln_pollable **out)
{
	struct ln_pollable *pollable = take_pollable(poller);
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET,
		.data.ptr = pollable,
	};

	if (pollable == NULL)
		return LN_ENOMEM;
	ln_lock_acquire(&pollable->lock);
	pollable->poller = poller;
	pollable->fd = fd;
	pollable->ready[LN_READABLE] = false;
	pollable->ready[LN_WRITABLE] = false;
	atomic_store_explicit(&pollable->hung_up, false, memory_order_relaxed);
	ln_lock_release(&pollable->lock);
	if (epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		int number = errno;

		give_pollable(pollable);
		return number == EPERM ? LN_EUNSUP
				       : ln_error_from_errno(number);
	}
	*out = pollable;
	return 0;
}

void ln_pollable_free(struct ln_pollable *pollable)
{
	if (pollable == NULL)
		return;
	/* If it fails, the entry disappears with the descriptor, which is
	 * closed now. Until then it can only wake a task in vain. */
	(void)epoll_ctl(pollable->poller->epoll, EPOLL_CTL_DEL, pollable->fd,
			NULL);
	give_pollable(pollable);
}

int ln_pollable_wait(struct ln_pollable *pollable, enum ln_direction direction,
		     int64_t deadline)
{
	struct ln_task *task = ln_task_current();
	int result = 0;

	ln_assert(task != NULL);
	ln_lock_acquire(&pollable->lock);
	if (pollable->task[direction] != NULL) {
		ln_lock_release(&pollable->lock);
		return LN_EEXIST;
	}
	ln_task_set_waiting(task, LN_WAIT_IO);
	while (!pollable->ready[direction] && result == 0) {
		pollable->task[direction] = task;
		ln_lock_release(&pollable->lock);
		result = ln_task_wait(task, deadline);
		ln_lock_acquire(&pollable->lock);
		ln_assert(pollable->task[direction] == task);
		pollable->task[direction] = NULL;
	}
	ln_task_set_waiting(task, LN_WAIT_OTHER);
	if (pollable->ready[direction]) {
		pollable->ready[direction] = false;
		if (result == LN_ETIMEDOUT)
			result = 0;
	}
	ln_lock_release(&pollable->lock);
	return result;
}

bool ln_pollable_hung_up(const struct ln_pollable *pollable)
{
	/* Whoever used up the edge that came with it took the lock after. */
	return atomic_load_explicit(&pollable->hung_up, memory_order_relaxed);
}

void ln_pollable_watch(struct ln_pollable *pollable,
		       enum ln_direction direction, struct ln_watch *watch)
{
	watch->pollable = pollable;
	watch->task = ln_task_current();
	ln_assert(watch->task != NULL);
	ln_lock_acquire(&pollable->lock);
	ln_list_append(&pollable->watches[direction], &watch->link);
	ln_lock_release(&pollable->lock);
}

bool ln_pollable_take(struct ln_pollable *pollable, enum ln_direction direction)
{
	bool ready;

	ln_lock_acquire(&pollable->lock);
	ready = pollable->ready[direction];
	pollable->ready[direction] = false;
	ln_lock_release(&pollable->lock);
	return ready;
}

void ln_pollable_unwatch(struct ln_watch *watch)
{
	ln_assert(watch->task == ln_task_current());
	ln_lock_acquire(&watch->pollable->lock);
	ln_list_remove(&watch->link);
	ln_lock_release(&watch->pollable->lock);
}

static void mark_ready(struct ln_pollable *pollable,
		       enum ln_direction direction, struct ln_wakes *wakes)
{
	struct ln_list *list = &pollable->watches[direction];

	ln_lock_assert(&pollable->lock);
	pollable->ready[direction] = true;
	if (pollable->task[direction] != NULL)
		ln_task_wake_later(pollable->task[direction], wakes);
	ln_list_for_each (link, list) {
		struct ln_watch *watch =
			ln_container_of(link, struct ln_watch, link);

		ln_task_wake_later(watch->task, wakes);
	}
}

static void drain(int event)
{
	uint64_t count;

	/* Non-blocking; an empty counter is fine too. */
	if (read(event, &count, sizeof(count)) < 0)
		return;
}

/* Where epoll_pwait2(2) is missing (before Linux 5.11, or in a sandbox): in
 * milliseconds, rounded up, so that nobody wakes too early. */
static int wait_ms(struct ln_poller *poller, struct epoll_event *events,
		   int64_t ns)
{
	int64_t ms = (ns + LN_NS_PER_MS - 1) / LN_NS_PER_MS;

	return epoll_wait(poller->epoll, events, BATCH,
			  ns < 0       ? -1
			  : ms > 60000 ? 60000
				       : (int)ms);
}

/* glibc has a function for it from 2.35 on. */
static int wait_ns(struct ln_poller *poller, struct epoll_event *events,
		   const struct timespec *timeout)
{
#if __GLIBC_PREREQ(2, 35)
	return epoll_pwait2(poller->epoll, events, BATCH, timeout, NULL);
#else
	return (int)syscall(__NR_epoll_pwait2, poller->epoll, events, BATCH,
			    timeout, NULL, 0);
#endif
}

/* Waits for `ns` nanoseconds at most; negative: without end. */
static int wait_for_events(struct ln_poller *poller, struct epoll_event *events,
			   int64_t ns)
{
	const struct timespec timeout = { .tv_sec = ns / LN_NS_PER_S,
					  .tv_nsec = ns % LN_NS_PER_S };
	int n;

	/* Written by whoever has the poller. */
	if (ns <= 0 || poller->in_ms)
		return wait_ms(poller, events, ns);
	n = wait_ns(poller, events, &timeout);
	if (n >= 0 || errno == EINTR)
		return n;
	poller->in_ms = true;
	return wait_ms(poller, events, ns);
}

void ln_poller_poll(struct ln_poller *poller, int64_t deadline)
{
	struct epoll_event events[BATCH];
	struct ln_wakes wakes = { .count = 0 };
	int64_t ns = deadline == LN_NEVER ? -1 : 0;
	int n;

	if (deadline > 0 && deadline != LN_NEVER) {
		ns = deadline - ln_time_now();
		if (ns < 0)
			ns = 0;
	}
	n = wait_for_events(poller, events, ns);
	for (int i = 0; i < n; i++) {
		struct ln_pollable *pollable = events[i].data.ptr;
		uint32_t mask = events[i].events;

		if (pollable == NULL) {
			drain(poller->event);
			continue;
		}
		ln_lock_acquire(&pollable->lock);
		if (mask & HANG_UP)
			atomic_store_explicit(&pollable->hung_up, true,
					      memory_order_relaxed);
		if (mask & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			mark_ready(pollable, LN_READABLE, &wakes);
		if (mask & (EPOLLOUT | EPOLLHUP | EPOLLERR))
			mark_ready(pollable, LN_WRITABLE, &wakes);
		ln_lock_release(&pollable->lock);
	}
	ln_wakes_queue(&wakes);
}

void ln_poller_interrupt(struct ln_poller *poller)
{
	uint64_t one = 1;

	/* A full counter has ended the wait already. */
	if (write(poller->event, &one, sizeof(one)) < 0)
		return;
}
