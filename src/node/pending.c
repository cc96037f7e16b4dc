/*
 * DESIGN
 * A table of LN_PENDING_MAX places. A number consists of the index of a place
 * and, in the upper bits, how often it was used, so that a second answer finds
 * no request. There are always as many free places as the gate lets through.
 *
 * Threads: any; ln_pending_find, _answered and _end by one task at a time. One
 * lock, under which waiters are woken, so that they may go once they have had
 * it. Nothing is freed and nobody parks under it.
 */
#include "node/pending.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/refs.h"
#include "base/time.h"
#include "sched/task.h"

/* Somebody who waits; on its stack. */
struct ln_pending_waiter {
	struct ln_list link;    /* in a gate's list, or alone */
	struct ln_task *task;   /* NULL: a thread */
	_Atomic uint32_t woken; /* futex, for a thread */
	bool granted;           /* under the lock */
};

/* Lets through as many as there is room for, in the order they came. */
struct gate {
	uint32_t room;
	struct ln_list waiters;
};

struct ln_pending {
	_Atomic uint32_t references;

	/* Under `lock`. */
	struct ln_lock lock;
	bool ended;
	struct gate numbers;
	struct gate large;
	uint32_t free_count;
	uint8_t free[LN_PENDING_MAX]; /* places, the one to be used last */
	uint64_t uses[LN_PENDING_MAX];
	struct ln_request *places[LN_PENDING_MAX];
};

int ln_pending_new(struct ln_pending **out)
{
	struct ln_pending *pending = calloc(1, sizeof(*pending));

	if (pending == NULL)
		return LN_ENOMEM;
	atomic_init(&pending->references, 1);
	pending->numbers.room = LN_PENDING_MAX;
	ln_list_init(&pending->numbers.waiters);
	pending->large.room = 1;
	ln_list_init(&pending->large.waiters);
	pending->free_count = LN_PENDING_MAX;
	for (uint32_t i = 0; i < LN_PENDING_MAX; i++)
		pending->free[i] = (uint8_t)i;
	*out = pending;
	return 0;
}

struct ln_pending *ln_pending_retain(struct ln_pending *pending)
{
	ln_refs_retain(&pending->references);
	return pending;
}

void ln_pending_release(struct ln_pending *pending)
{
	if (ln_refs_release(&pending->references))
		free(pending);
}

static void prepare(struct ln_pending_waiter *waiter)
{
	*waiter = (struct ln_pending_waiter){ .task = ln_task_current() };
	ln_list_init(&waiter->link);
}

/* Under the lock, which the waiter needs before it can go. */
static void wake(struct ln_pending_waiter *waiter)
{
	if (waiter->task != NULL) {
		ln_task_wake(waiter->task);
		return;
	}
	atomic_store_explicit(&waiter->woken, 1, memory_order_release);
	ln_futex_wake(&waiter->woken, 1);
}

/* Waits for a wake-up, or for nothing. LN_EKILLED, LN_ENOMEM. */
static int park(struct ln_pending_waiter *waiter)
{
	if (waiter->task != NULL)
		return ln_task_wait(waiter->task, LN_NEVER);
	ln_futex_wait(&waiter->woken, 0, -1);
	/* The waiter checks its condition afterwards. */
	atomic_store_explicit(&waiter->woken, 0, memory_order_release);
	return 0;
}

/* Gives one place in the gate to the next waiter; under the lock. */
static void let_in(struct gate *gate)
{
	struct ln_pending_waiter *waiter;

	ln_assert(gate->room < LN_PENDING_MAX);
	if (ln_list_empty(&gate->waiters)) {
		gate->room++;
		return;
	}
	waiter = ln_container_of(gate->waiters.next, struct ln_pending_waiter,
				 link);
	ln_assert(gate->room == 0 && !waiter->granted);
	ln_list_remove(&waiter->link);
	waiter->granted = true;
	wake(waiter);
}

/* Lets `waiter` wait behind the others. Not inlined, or gcc 12 warns of a local
 * variable in a list, which it has left when its function returns. */
LN_NOINLINE static void queue_up(struct gate *gate,
				 struct ln_pending_waiter *waiter)
{
	prepare(waiter);
	ln_list_append(&gate->waiters, &waiter->link);
}

/* Waits for a place in the gate; takes the lock, and returns with it. */
static int pass(struct ln_pending *pending, struct gate *gate)
{
	struct ln_pending_waiter waiter;
	int error = 0;

	ln_lock_acquire(&pending->lock);
	if (pending->ended)
		return LN_EIO;
	if (gate->room > 0) {
		gate->room--;
		return 0;
	}
	queue_up(gate, &waiter);
	while (!waiter.granted && !pending->ended && error == 0) {
		ln_lock_release(&pending->lock);
		error = park(&waiter);
		ln_lock_acquire(&pending->lock);
	}
	ln_list_remove(&waiter.link);
	if (waiter.granted && !pending->ended && error == 0)
		return 0;
	if (waiter.granted)
		let_in(gate);
	return error < 0 ? error : LN_EIO;
}

/* Gives the number back; under the lock. */
static void take_out(struct ln_pending *pending, struct ln_request *request)
{
	uint32_t place = (uint32_t)(request->number % LN_PENDING_MAX);

	ln_lock_assert(&pending->lock);
	ln_assert(pending->places[place] == request);
	ln_assert(pending->free_count < LN_PENDING_MAX);
	pending->places[place] = NULL;
	pending->free[pending->free_count++] = (uint8_t)place;
	let_in(&pending->numbers);
	if (request->large)
		let_in(&pending->large);
}

int ln_pending_enter(struct ln_pending *pending, struct ln_request *request)
{
	uint8_t place;
	int error;

	request->over = false;
	request->lost = false;
	request->found = false;
	request->abandoned = false;
	request->waiter = NULL;
	if (request->large) {
		error = pass(pending, &pending->large);
		ln_lock_release(&pending->lock);
		if (error < 0)
			return error;
	}
	error = pass(pending, &pending->numbers);
	if (error == 0) {
		ln_assert(pending->free_count > 0);
		place = pending->free[--pending->free_count];
		ln_assert(pending->places[place] == NULL);
		request->number =
			pending->uses[place]++ * LN_PENDING_MAX + place;
		pending->places[place] = request;
	} else if (request->large) {
		let_in(&pending->large);
	}
	ln_lock_release(&pending->lock);
	return error;
}

bool ln_pending_leave(struct ln_pending *pending, struct ln_request *request)
{
	bool ours;

	ln_lock_acquire(&pending->lock);
	ours = request->over || !request->found;
	if (!ours) {
		request->abandoned = true;
	} else if (!request->over) {
		take_out(pending, request);
		request->over = true;
	}
	ln_lock_release(&pending->lock);
	return ours;
}

int ln_pending_await(struct ln_pending *pending, struct ln_request *request)
{
	struct ln_pending_waiter waiter;
	int error = 0;

	prepare(&waiter);
	ln_lock_acquire(&pending->lock);
	ln_assert(request->waiter == NULL && !request->abandoned);
	request->waiter = &waiter;
	while (!request->over && error == 0) {
		ln_lock_release(&pending->lock);
		error = park(&waiter);
		ln_lock_acquire(&pending->lock);
	}
	request->waiter = NULL;
	if (request->over)
		error = request->lost ? LN_EIO : 0;
	else
		request->abandoned = true;
	ln_lock_release(&pending->lock);
	return error;
}

struct ln_request *ln_pending_find(struct ln_pending *pending, uint64_t number)
{
	struct ln_request *request;

	ln_lock_acquire(&pending->lock);
	request = pending->places[number % LN_PENDING_MAX];
	if (request != NULL && request->number != number)
		request = NULL;
	if (request != NULL)
		request->found = true;
	ln_lock_release(&pending->lock);
	return request;
}

/* Ends a request; under the lock. True: the caller must dispose of it. */
static bool finish(struct ln_pending *pending, struct ln_request *request,
		   bool lost)
{
	bool abandoned = request->abandoned;

	ln_lock_assert(&pending->lock);
	ln_assert(!request->over);
	take_out(pending, request);
	request->lost = lost;
	request->over = true;
	if (request->waiter != NULL)
		wake(request->waiter);
	return abandoned;
}

void ln_pending_answered(struct ln_pending *pending, struct ln_request *request)
{
	bool abandoned;

	ln_lock_acquire(&pending->lock);
	abandoned = finish(pending, request, false);
	ln_lock_release(&pending->lock);
	if (abandoned)
		request->dispose(request);
}

/* Loses one request; it is returned when it was abandoned. */
static struct ln_request *lose(struct ln_pending *pending, uint32_t place)
{
	struct ln_request *request;

	ln_lock_acquire(&pending->lock);
	request = pending->places[place];
	if (request != NULL && !finish(pending, request, true))
		request = NULL;
	ln_lock_release(&pending->lock);
	return request;
}

static void wake_all(struct gate *gate)
{
	ln_list_for_each (at, &gate->waiters)
		wake(ln_container_of(at, struct ln_pending_waiter, link));
}

void ln_pending_end(struct ln_pending *pending)
{
	ln_lock_acquire(&pending->lock);
	pending->ended = true;
	wake_all(&pending->numbers);
	wake_all(&pending->large);
	ln_lock_release(&pending->lock);
	for (uint32_t place = 0; place < LN_PENDING_MAX; place++) {
		struct ln_request *request = lose(pending, place);

		if (request != NULL)
			request->dispose(request);
	}
}
