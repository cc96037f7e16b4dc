/*
 * DESIGN
 * A timer is in two places: in the table of its process, under that one's lock,
 * and in the heap of its environment's clock; each has a reference. Whoever
 * takes it out of the heap gets the heap's reference: the task that serves the
 * clock, which then sends, or whoever cancels it. A timer that was taken out to
 * send counts as cancelled when the table no longer has it; that is checked
 * under the lock of its process. A timer that repeats goes back to the heap
 * under the same lock, so that whoever cancels it either finds it there or
 * knows that it will not come back.
 *
 * The task is started by whoever adds a timer when there is none, and ends when
 * it finds the heap empty, both under clock->lock: a timer is in the heap
 * before that is looked at. Cancelling a timer does not wake a task that waits
 * for it, since a new timer often follows; the end of a process does.
 *
 * A timer that outlives its process is left in the heap when that ends, and
 * then belongs to the heap alone; the clock counts these. The tasks that serve
 * clocks are in a list of the runtime, which wakes them when it stops: then
 * they drop whatever is there.
 *
 * Lock order: a process's, then that of the heap.
 */
#include "process/timers.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/list.h"
#include "base/refs.h"
#include "base/time.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/task.h"

#define REST_AFTER 16    /* messages that are sent before others may run */
#define SLOTS_AFTER 1024 /* likewise, slots that are looked at */

struct send_timer {
	struct ln_timer timer;
	uint64_t id;                 /* in the table */
	_Atomic uint32_t references; /* the table's and the heap's */
	struct ln_process *owner;    /* counted */
	struct ln_process *to;       /* counted */
	struct ln_message *message;  /* NULL: sent */
	int64_t period;              /* ns; 0: once */
	size_t weight;               /* of the message */
	bool outlives;               /* its owner; immutable */
	bool left;                   /* by its owner, who has ended; set before
				      * the table's reference is given up */
};

/* The task that serves a clock. */
struct service {
	struct ln_task task;
	struct ln_list link;                /* among those of the runtime */
	struct ln_environment *environment; /* counted */
};

static void release(struct send_timer *timer)
{
	if (!ln_refs_release(&timer->references))
		return;
	if (timer->left)
		atomic_fetch_sub_explicit(
			&timer->owner->environment->clock.left, 1,
			memory_order_relaxed);
	ln_message_free(timer->message);
	ln_account_refund(timer->owner->environment->charged, NULL,
			  timer->weight);
	ln_process_release(timer->to);
	ln_process_release(timer->owner);
	free(timer);
}

static struct ln_table_slot *slot_of(const struct ln_process *owner,
				     uint64_t id)
{
	return owner->extra != NULL
		       ? ln_table_find(&owner->extra->timers.table, id + 1)
		       : NULL;
}

/* Takes the timer out of its table; under the lock of its process. */
static bool take_out(struct send_timer *timer)
{
	struct ln_process *owner = timer->owner;
	struct ln_table_slot *slot;
	struct ln_own_timers *own;

	ln_process_assert_locked(owner);
	slot = owner->dead ? NULL : slot_of(owner, timer->id);
	if (slot == NULL)
		return false;
	own = &owner->extra->timers;
	ln_assert(slot->value == timer);
	ln_table_remove(&own->table, slot);
	ln_assert(own->bytes >= timer->weight);
	own->bytes -= timer->weight;
	return true;
}

/* Whether its process has it; under the lock of that. */
static bool is_there(const struct send_timer *timer)
{
	const struct ln_process *owner = timer->owner;

	ln_process_assert_locked(owner);
	return !owner->dead && slot_of(owner, timer->id) != NULL;
}

/* Sends the message of one that does not repeat. */
static void send_once(struct send_timer *timer)
{
	struct ln_message *message = NULL;
	bool there;

	ln_process_lock(timer->owner);
	there = take_out(timer);
	if (there || (timer->outlives && timer->owner->dead)) {
		message = timer->message;
		timer->message = NULL;
	}
	ln_process_unlock(timer->owner);
	if (message != NULL)
		(void)ln_process_send(timer->to, message);
	if (there)
		release(timer);
}

/* Forgets one that was taken out of the heap. */
static void forget(struct send_timer *timer)
{
	bool there;

	ln_process_lock(timer->owner);
	there = take_out(timer);
	ln_process_unlock(timer->owner);
	if (there)
		release(timer);
	release(timer);
}

/* The next time after `now`. */
static int64_t next_time(const struct send_timer *timer, int64_t now)
{
	int64_t missed = (now - timer->timer.deadline) / timer->period;

	return timer->timer.deadline + (missed + 1) * timer->period;
}

/* Sends a copy, and puts the timer back; false: it is over. */
static bool send_again(struct send_timer *timer, int64_t now)
{
	struct ln_clock *clock = &timer->owner->environment->clock;
	struct ln_message *copy = NULL;
	bool there;
	bool over = false;
	int unused;

	ln_process_lock(timer->owner);
	there = is_there(timer);
	ln_process_unlock(timer->owner);
	if (!there)
		return false;
	copy = ln_message_clone(timer->message);
	/* Of one that has ended nothing can become any more. */
	if (copy != NULL && ln_process_send(timer->to, copy) == LN_EDEAD)
		over = !ln_process_is_remote(timer->to);
	ln_process_lock(timer->owner);
	there = is_there(timer);
	if (there)
		timer->timer.deadline = next_time(timer, now);
	if (there && (over || ln_timers_add(&clock->timers, &timer->timer,
					    &unused) < 0)) {
		take_out(timer);
		over = true;
	}
	ln_process_unlock(timer->owner);
	if (there && over)
		release(timer);
	return there && !over;
}

static void fire(struct ln_timer *due, int64_t now)
{
	struct send_timer *timer =
		ln_container_of(due, struct send_timer, timer);

	if (timer->period == 0)
		send_once(timer);
	else if (send_again(timer, now))
		return; /* the reference is the heap's again */
	release(timer);
}

static int64_t earliest(struct ln_clock *clock)
{
	return atomic_load_explicit(&clock->timers.earliest,
				    memory_order_relaxed);
}

/* Whether the task is over: no timer is left, and it says so. */
static bool retire(struct ln_clock *clock)
{
	bool over;

	ln_lock_acquire(&clock->lock);
	over = earliest(clock) == LN_NEVER;
	if (over)
		clock->task = NULL;
	ln_lock_release(&clock->lock);
	return over;
}

static bool is_stopping(const struct ln_runtime *runtime)
{
	return atomic_load_explicit(&runtime->stopping, memory_order_seq_cst);
}

/* Forgets all timers, at a stop: nobody will hear of them. */
static void forget_all(struct ln_clock *clock)
{
	struct ln_timer *timer;
	uint32_t count = 0;

	while ((timer = ln_timers_take(&clock->timers, LN_NEVER)) != NULL) {
		forget(ln_container_of(timer, struct send_timer, timer));
		if (++count % REST_AFTER == 0)
			ln_task_rest();
	}
}

static void enlist(struct service *service)
{
	struct ln_runtime *runtime = service->environment->runtime;

	ln_lock_acquire(&runtime->clocks_lock);
	ln_list_append(&runtime->clocks, &service->link);
	ln_lock_release(&runtime->clocks_lock);
}

static void delist(struct service *service)
{
	struct ln_runtime *runtime = service->environment->runtime;

	ln_lock_acquire(&runtime->clocks_lock);
	ln_list_remove(&service->link);
	ln_lock_release(&runtime->clocks_lock);
}

void ln_clocks_stop(struct ln_runtime *runtime)
{
	ln_assert(is_stopping(runtime));
	ln_lock_acquire(&runtime->clocks_lock);
	ln_list_for_each (at, &runtime->clocks)
		ln_task_wake(&ln_container_of(at, struct service, link)->task);
	ln_lock_release(&runtime->clocks_lock);
}

static void serve(struct ln_task *task)
{
	struct service *service = ln_container_of(task, struct service, task);
	struct ln_environment *environment = service->environment;
	struct ln_clock *clock = &environment->clock;
	struct ln_timer *due;
	uint32_t sent = 0;

	ln_runtime_service_begins(environment->runtime);
	enlist(service);
	for (;;) {
		int64_t now = ln_time_now();

		if (is_stopping(environment->runtime))
			forget_all(clock);
		while ((due = ln_timers_take(&clock->timers, now)) != NULL) {
			fire(due, now);
			if (++sent % REST_AFTER == 0) {
				ln_task_rest();
				now = ln_time_now();
			}
		}
		if (retire(clock))
			break;
		(void)ln_task_wait(task, earliest(clock));
	}
	delist(service);
	ln_runtime_service_ends(environment->runtime);
}

static void service_done(struct ln_task *task)
{
	struct service *service = ln_container_of(task, struct service, task);

	ln_environment_release(service->environment);
	free(service);
}

/* Starts the task; under clock->lock. */
static int start_service(struct ln_environment *environment)
{
	struct service *service = calloc(1, sizeof(*service));
	int error;

	ln_lock_assert(&environment->clock.lock);
	ln_assert(environment->clock.task == NULL);
	if (service == NULL)
		return LN_ENOMEM;
	service->environment = ln_environment_retain(environment);
	environment->clock.task = &service->task;
	error = ln_task_start(environment->runtime->sched, &service->task,
			      serve, service_done);
	if (error < 0) {
		environment->clock.task = NULL;
		service_done(&service->task);
	}
	return error;
}

/* Sees to it that the clock is served; `first`: a new timer is the first. */
static int see_to(struct ln_environment *environment, bool first)
{
	struct ln_clock *clock = &environment->clock;
	int error = 0;

	ln_lock_acquire(&clock->lock);
	if (clock->task == NULL)
		error = start_service(environment);
	else if (first)
		ln_task_wake(clock->task);
	ln_lock_release(&clock->lock);
	return error;
}

/* Charged for it with its message until it is over. NULL: there is no room. */
static struct send_timer *make(struct ln_process *self, struct ln_process *to,
			       struct ln_message *message)
{
	struct ln_account *account = self->environment->charged;
	uint64_t weight =
		ln_message_weight(message) + sizeof(struct send_timer);
	struct send_timer *timer;

	if (!ln_account_charge(account, weight))
		return NULL;
	timer = calloc(1, sizeof(*timer));
	if (timer == NULL) {
		ln_account_refund(account, NULL, weight);
		return NULL;
	}
	atomic_init(&timer->references, 2);
	timer->owner = ln_process_retain(self);
	timer->to = ln_process_retain(to);
	timer->message = message;
	timer->weight = weight;
	return timer;
}

/* Puts it into the table of its process. */
static int enter(struct ln_own_timers *own, struct send_timer *timer)
{
	struct ln_process *owner = timer->owner;
	const struct ln_limits *limits = &owner->environment->limits;
	uint64_t max = limits->max_mailbox_bytes;
	struct ln_table_slot *slot;
	int error = LN_ELIMIT;

	ln_process_lock(owner);
	ln_assert(!owner->dead && (max == 0 || own->bytes <= max));
	if (own->table.live < limits->max_handles &&
	    (max == 0 || timer->weight <= max - own->bytes)) {
		timer->id = own->made;
		slot = ln_table_add(&own->table, timer->id + 1);
		error = slot != NULL ? 0 : LN_ENOMEM;
	}
	if (error == 0) {
		slot->value = timer;
		own->made++;
		own->bytes += timer->weight;
	}
	ln_process_unlock(owner);
	return error;
}

int ln_process_send_at(struct ln_process *self, struct ln_process *to,
		       struct ln_message *message,
		       const struct ln_send_time *when, uint64_t *id)
{
	struct ln_environment *environment = self->environment;
	struct ln_extra *extra = ln_extra_of(self);
	struct send_timer *timer =
		extra != NULL ? make(self, to, message) : NULL;
	int64_t unused;
	int first;
	int error;

	if (timer == NULL) {
		ln_message_free(message);
		return LN_EMEMORY;
	}
	ln_assert(!when->outlives || when->period == 0);
	timer->timer.deadline = when->deadline;
	timer->period = when->period;
	timer->outlives = when->outlives;
	error = enter(&extra->timers, timer);
	if (error < 0)
		goto fail_enter;
	*id = timer->id;
	error = ln_timers_add(&environment->clock.timers, &timer->timer,
			      &first);
	if (error < 0)
		goto fail_add;
	error = see_to(environment, first);
	if (error < 0)
		(void)ln_process_cancel_timer(self, *id, &unused);
	return error;
fail_add:
	ln_process_lock(self);
	take_out(timer);
	ln_process_unlock(self);
fail_enter:
	release(timer);
	release(timer);
	return error;
}

/* Ends one that was taken out of the table. */
static void cancel(struct send_timer *timer)
{
	struct ln_clock *clock = &timer->owner->environment->clock;

	if (ln_timers_remove(&clock->timers, &timer->timer))
		release(timer);
	release(timer);
}

int ln_process_cancel_timer(struct ln_process *self, uint64_t id, int64_t *left)
{
	struct send_timer *timer = NULL;
	struct ln_table_slot *slot;

	ln_process_lock(self);
	slot = slot_of(self, id);
	if (slot != NULL) {
		timer = slot->value;
		take_out(timer);
	}
	ln_process_unlock(self);
	if (timer == NULL)
		return LN_ENOENT;
	if (ln_timers_remove(&self->environment->clock.timers, &timer->timer))
		release(timer);
	/* Nobody changes it any more. */
	*left = timer->timer.deadline - ln_time_now();
	if (*left < 0)
		*left = 0;
	release(timer);
	return 0;
}

/* Leaves a timer to the heap, if there are not too many such. */
static bool leave(struct send_timer *timer, struct ln_environment *environment)
{
	uint64_t max = environment->limits.max_handles;
	_Atomic uint64_t *left = &environment->clock.left;

	if (!timer->outlives)
		return false;
	if (atomic_fetch_add_explicit(left, 1, memory_order_relaxed) >= max) {
		atomic_fetch_sub_explicit(left, 1, memory_order_relaxed);
		return false;
	}
	timer->left = true;
	release(timer);
	return true;
}

void ln_own_timers_end(struct ln_own_timers *timers,
		       struct ln_environment *environment)
{
	struct ln_clock *clock = &environment->clock;
	uint32_t slots = ln_table_slots(&timers->table);
	uint32_t count = 0;

	if (timers->made == 0)
		return;
	for (uint32_t i = 0; i < slots; i++) {
		struct ln_table_slot *slot = ln_table_at(&timers->table, i);

		if (slot != NULL && !leave(slot->value, environment))
			cancel(slot->value);
		count += slot != NULL;
		if (i % SLOTS_AFTER == SLOTS_AFTER - 1 || count == REST_AFTER) {
			count = 0;
			ln_task_rest();
		}
	}
	ln_table_deinit(&timers->table, ln_task_rest);
	ln_lock_acquire(&clock->lock);
	if (clock->task != NULL && earliest(clock) == LN_NEVER)
		ln_task_wake(clock->task);
	ln_lock_release(&clock->lock);
}
