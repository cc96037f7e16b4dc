/*
 * DESIGN
 * Each worker is a thread with a slot for the task to run next, and a queue.
 * A task that is left hands over to the next one directly, stack to stack; the
 * thread's own stack is entered only to look further: timers, the poller, the
 * shared queue, other workers' queues (steal.c), sleep.
 *
 * Order: the `next` slot (so that a message's receiver runs while the message
 * is in the cache), at most NEXT_STREAK times in a row so that two tasks that
 * wake each other do not shut out the others; then the queue; every
 * SHARED_EVERY picks, and every other tick, the shared queue first, from which
 * a worker then takes about as many as it has of its own. What the poller
 * reports goes to the shared queue, whose order is that of the events: in the
 * queue of one worker it would wait as long as that worker gets no core.
 *
 * A task whose timer is due would wait in a worker's queue for a round of all
 * tasks that compute. So these tasks go to a separate queue; while it is not
 * empty, every second task that a worker runs comes from it. A task that was
 * interrupted for timers runs next afterwards, for the rest of its slice, so it
 * does not lose a turn each time.
 *
 * Sleeping without losing work. A producer queues its task, then (fence) reads
 * `sleeping` and `searching`. A worker that finds nothing enters the idle list
 * and counts itself in `sleeping`, leaves `searching`, then (fence) looks at
 * all queues once more. By the order of the two fences either the producer sees
 * the sleeper, and wakes it unless a searcher is left, or the worker sees the
 * task. A searcher that is left looks at all queues after the producer's fence,
 * or is itself on its way to sleep and looks once more. Only the `next` slots
 * are left out: their owner is awake by definition, and the ticker wakes a
 * thief for a task that has sat in one for a tick.
 *
 * One idle worker sleeps in the poller, the others on their futexes. When it
 * has found work it leaves the poller, and wakes nobody to replace it, since
 * usually it is back soon. If it is not, the ticker sees that a timer is due or
 * that nobody polls, and wakes another worker (see sched.c).
 */
#include "sched/worker.h"

#include <stdio.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "base/probe.h"
#include "base/systematic.h"
#include "base/time.h"
#include "sched/fold.h"
#include "sched/poller.h"
#include "sched/preempt.h"
#include "sched/stack.h"
#include "sched/steal.h"
#include "sched/task.h"

#define NEXT_STREAK 64
#define SHARED_EVERY 61
#define PORTION_MIN 16u
#define PORTION_MAX 64u
#define PREFETCHED_LINES 8
#define TIMER_SLACK_NS 10000

_Thread_local struct ln_worker *ln_thread_worker;
_Thread_local void *ln_task_running_local;

#if !defined(__x86_64__)
LN_NOINLINE struct ln_worker *ln_worker_current(void)
{
	/* The barrier keeps compilers from treating this as a pure function
	 * whose result could be kept across a switch. */
	__asm__ volatile("" ::: "memory");
	return ln_thread_worker;
}
#endif

unsigned ln_sched_worker_index(void)
{
	struct ln_worker *worker = ln_worker_current();

	return worker != NULL ? worker->index : 0;
}

void ln_shared_append(struct ln_shared *queue, struct ln_task *first,
		      struct ln_task *last, uint32_t count)
{
	ln_assert(first != NULL && count > 0);
	last->next = NULL;
	ln_lock_acquire(&queue->lock);
	ln_assert(*queue->tail == NULL);
	*queue->tail = first;
	queue->tail = &last->next;
	/* Relaxed: a hint, the lock orders the list; the fence in
	 * ln_sched_wake_worker orders it before the look for sleepers. */
	atomic_fetch_add_explicit(&queue->count, count, memory_order_relaxed);
	ln_lock_release(&queue->lock);
}

/* Takes at most `max` tasks out of it, as a chain; NULL: there are none. */
static struct ln_task *shared_take(struct ln_shared *queue, uint32_t max,
				   uint32_t *taken)
{
	struct ln_task *first;
	struct ln_task *last;
	uint32_t n = 1;

	ln_assert(max > 0);
	ln_lock_acquire(&queue->lock);
	first = queue->head;
	if (first != NULL) {
		for (last = first; n < max && last->next != NULL; n++)
			last = last->next;
		queue->head = last->next;
		if (last->next == NULL)
			queue->tail = &queue->head;
		ln_assert(atomic_load_explicit(&queue->count,
					       memory_order_relaxed) >= n);
		atomic_fetch_sub_explicit(&queue->count, n,
					  memory_order_relaxed);
	}
	ln_lock_release(&queue->lock);
	*taken = n;
	return first;
}

/* The ring is full: moves half of it, and the task, to the shared queue. */
LN_NOINLINE static void overflow(struct ln_worker *worker, struct ln_task *task)
{
	struct ln_task *first = NULL;
	struct ln_task **link = &first;
	uint32_t count = 0;

	while (count < LN_RUNQ_SIZE / 2) {
		struct ln_task *moved = ln_runq_pop(&worker->queue);

		if (moved == NULL)
			break;
		*link = moved;
		link = &moved->next;
		count++;
	}
	*link = task;
	ln_shared_append(&worker->sched->shared, first, task, count + 1);
}

void ln_worker_enqueue(struct ln_worker *worker, struct ln_task *task)
{
	if (LN_UNLIKELY(!ln_runq_push(&worker->queue, task)))
		overflow(worker, task);
}

/* Takes a worker off the idle list; NULL when none sleeps. */
static struct ln_worker *take_idle(struct ln_sched *sched)
{
	struct ln_worker *worker;

	ln_lock_acquire(&sched->idle_lock);
	worker = sched->idle;
	if (worker != NULL) {
		sched->idle = worker->idle_next;
		ln_assert(worker->idle);
		ln_assert(atomic_load_explicit(&sched->sleeping,
					       memory_order_relaxed) > 0);
		worker->idle = false;
		atomic_fetch_sub_explicit(&sched->sleeping, 1,
					  memory_order_relaxed);
	}
	ln_lock_release(&sched->idle_lock);
	return worker;
}

static void rouse(struct ln_worker *worker)
{
	/* Release pairs with the acquire when it wakes. */
	atomic_store_explicit(&worker->asleep, 0, memory_order_release);
	ln_systematic_point();
	/* seq_cst with the sleeper's store of `polling`, then its load of
	 * `asleep`: one of the two sees the other's. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&worker->polling, memory_order_relaxed))
		ln_poller_interrupt(worker->sched->poller);
	else
		ln_futex_wake(&worker->asleep, 1);
}

void ln_sched_wake_worker(struct ln_sched *sched)
{
	uint32_t none = 0;
	struct ln_worker *worker;

	/* The producer's side of the proof above. */
	atomic_thread_fence(memory_order_seq_cst);
	ln_systematic_point();
	if (atomic_load_explicit(&sched->sleeping, memory_order_relaxed) == 0)
		return;
	ln_systematic_point();
	if (atomic_load_explicit(&sched->searching, memory_order_relaxed) > 0)
		return;
	if (!atomic_compare_exchange_strong_explicit(&sched->searching, &none,
						     1, memory_order_seq_cst,
						     memory_order_relaxed))
		return;
	worker = take_idle(sched);
	if (worker == NULL) {
		atomic_fetch_sub_explicit(&sched->searching, 1,
					  memory_order_seq_cst);
		return;
	}
	ln_systematic_point();
	worker->searching = true; /* counted for it above; it still sleeps */
	rouse(worker);
}

/* How many tasks of the shared queue a worker takes at once: few, because it
 * may lose its core while it has them; but as many as it has of its own, so
 * that neither has to wait for all of the other. */
static uint32_t portion(struct ln_worker *worker, uint32_t count)
{
	uint32_t max = ln_runq_length(&worker->queue);
	uint32_t share = count / worker->sched->count + 1;

	if (max < PORTION_MIN)
		max = PORTION_MIN;
	else if (max > PORTION_MAX)
		max = PORTION_MAX;
	return share < max ? share : max;
}

/* Prefetches what a task that runs after some others touches first. */
static void prefetch(const struct ln_task *task)
{
	const char *sp = task->fiber.sp;

	for (size_t i = 0; i < PREFETCHED_LINES; i++)
		__builtin_prefetch(sp + i * LN_CACHE_LINE, 1);
}

/* Takes tasks out of the shared queue: returns the first one, and puts the
 * others into the own queue. */
static struct ln_task *take_injected(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	struct ln_task *first;
	uint32_t count = atomic_load_explicit(&sched->shared.count,
					      memory_order_relaxed);
	uint32_t n;

	if (count == 0)
		return NULL;
	first = shared_take(&sched->shared, portion(worker, count), &n);
	if (first == NULL || n == 1)
		return first;
	/* Whoever takes a task out of the ring may change its link. */
	for (struct ln_task *task = first->next; n > 1; n--) {
		struct ln_task *next = task->next;

		prefetch(task);
		ln_worker_enqueue(worker, task);
		task = next;
	}
	ln_sched_wake_worker(sched);
	return first;
}

/* A signal handler of this thread reads the local, which is therefore never
 * that of a task which has ended. */
static void set_local(struct ln_worker *worker, void *local)
{
	ln_task_running_local = local;
	atomic_store_explicit(&worker->preemptible_since,
			      local != NULL ? worker->slice_tick
					    : LN_NOT_PREEMPTIBLE,
			      memory_order_relaxed);
}

LN_NOINLINE void ln_worker_set_local(struct ln_worker *worker, void *local)
{
	set_local(worker, local);
}

/* Where none is near the worker may fall asleep. The time until then is that of
 * the task that it leaves. */
LN_NOINLINE void ln_worker_rest(struct ln_worker *worker)
{
	uint64_t tick = ln_sched_ticks(worker->sched);

	if (tick != worker->counters.settled ||
	    (ln_runq_empty(&worker->queue) &&
	     atomic_load_explicit(&worker->next, memory_order_relaxed) == NULL))
		ln_worker_charge(worker, worker->left, tick);
	worker->current = NULL;
	set_local(worker, NULL);
}

/* Does what the note on a task that is about to be entered asks for. On the
 * stack of the task that is left, or the worker's own. */
LN_NOINLINE static void heed_note(struct ln_worker *worker,
				  struct ln_task *task)
{
	uintptr_t note = task->entry_note & ~LN_NOTE_STAMPED;

	if (note != task->entry_note)
		ln_worker_measure_wait(worker, task);
	task->entry_note = 0;
	if (note == LN_NOTE_FOLDED)
		ln_fold_restore_stack(task);
	else if ((note & 1) != 0)
		worker->slice_tick = note >> 1;
}

/* Out of line, as ln_worker_current: its callers switch. */
LN_NOINLINE void ln_worker_run(struct ln_worker *worker, struct ln_task *task)
{
	uint64_t tick = ln_sched_ticks(worker->sched);

	ln_worker_add(&worker->counters.switches, 1);
	/* What its wakers wrote came with the queue. */
	atomic_store_explicit(&task->running, true, memory_order_relaxed);
	worker->current = task;
	worker->slice_tick = tick;
	if (LN_UNLIKELY(task->entry_note != 0))
		heed_note(worker, task);
	set_local(worker, task->local);
	ln_worker_add(&task->slices, 1);
	LN_PROBE_SWITCH(worker->index, task);
}

/* Takes a task whose timer was due, unless the last one was such a task: they
 * must not keep others from running. */
static struct ln_task *take_due(struct ln_worker *worker)
{
	uint32_t n;

	worker->was_due =
		!worker->was_due && ln_shared_filled(&worker->sched->due);
	return worker->was_due ? shared_take(&worker->sched->due, 1, &n) : NULL;
}

static bool timers_due(struct ln_sched *sched)
{
	return atomic_load_explicit(&sched->timers.earliest,
				    memory_order_relaxed) <=
	       atomic_load_explicit(&sched->coarse_now, memory_order_relaxed);
}

static uint64_t switches_of(struct ln_worker *worker)
{
	return atomic_load_explicit(&worker->counters.switches,
				    memory_order_relaxed);
}

/* Whether it is time to search beyond the own queues. */
static bool must_look_further(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;

	return worker->seen_tick != ln_sched_ticks(sched) ||
	       switches_of(worker) >= worker->look_at || timers_due(sched);
}

/* The next task of the own queues, or NULL. */
static struct ln_task *pick_local(struct ln_worker *worker)
{
	struct ln_task *task;

	worker->was_due = false;
	if (worker->next_streak < NEXT_STREAK &&
	    atomic_load_explicit(&worker->next, memory_order_relaxed) != NULL) {
		ln_systematic_point();
		/* A thief may have been faster. */
		task = atomic_exchange_explicit(&worker->next, NULL,
						memory_order_acq_rel);
		if (task != NULL) {
			worker->next_streak++;
			return task;
		}
	}
	worker->next_streak = 0;
	task = ln_runq_pop(&worker->queue);
	if (task == NULL &&
	    atomic_load_explicit(&worker->next, memory_order_relaxed) != NULL)
		task = atomic_exchange_explicit(&worker->next, NULL,
						memory_order_acq_rel);
	return task;
}

struct ln_task *ln_worker_pick(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;

	/* As must_look_further, and when the time of each task is measured. */
	return LN_UNLIKELY(worker->seen_tick != ln_sched_ticks(sched) ||
			   switches_of(worker) >= worker->rest_at ||
			   timers_due(sched) || ln_shared_filled(&sched->due))
		       ? NULL
		       : pick_local(worker);
}

/* Gives the stack of a task that has ended back, and tells its owner. */
static void finish(struct ln_worker *worker, struct ln_task *task)
{
	struct ln_sched *sched = worker->sched;
	char *stack = task->fiber.stack;
	struct ln_slab *stacks;

	ln_fiber_check(&task->fiber);
	stacks = ln_stacks_of(sched, &task->fiber);
	ln_stack_ended(stack, stacks->slot_size, ++worker->finished);
	ln_fiber_deinit(&task->fiber);
	ln_slab_give(stacks, stack);
	atomic_store_explicit(&task->state, LN_TASK_DONE, memory_order_relaxed);
	task->done(task);
	ln_assert(atomic_load_explicit(&sched->live, memory_order_relaxed) > 0);
	/* Release: ln_sched_free must come after all that the task did. */
	if (atomic_fetch_sub_explicit(&sched->live, 1, memory_order_acq_rel) ==
	    1) {
		ln_systematic_point();
		atomic_fetch_add_explicit(&sched->none_left, 1,
					  memory_order_release);
		ln_futex_wake(&sched->none_left, 64);
	}
}

static void requeue(struct ln_worker *worker, struct ln_task *task)
{
	ln_worker_stamp(task);
	ln_worker_enqueue(worker, task);
	ln_sched_wake_worker(worker->sched);
}

/* A task that gave way to timers continues when one of their tasks has run,
 * unless another task is already next. */
static void keep_next(struct ln_worker *worker, struct ln_task *task)
{
	if (atomic_load_explicit(&worker->next, memory_order_relaxed) != NULL) {
		requeue(worker, task);
		return;
	}
	atomic_store_explicit(&worker->next_tick, ln_sched_ticks(worker->sched),
			      memory_order_relaxed);
	/* As in schedule_soon: only this worker puts a task there. */
	atomic_store_explicit(&worker->next, task, memory_order_release);
}

void ln_worker_arrived(void)
{
	struct ln_worker *worker = ln_worker_current();
	struct ln_task *task = worker->left;
	uint32_t expected = LN_TASK_ACTIVE;

	ln_assert((task != NULL) == (worker->leaving != LN_LEAVE_NOTHING));
	ln_assert(ln_locks_held() == 0);
	worker->left = NULL;
	switch (worker->leaving) {
	case LN_LEAVE_NOTHING:
		break;
	case LN_LEAVE_PARK:
		atomic_store_explicit(&task->running, false,
				      memory_order_relaxed);
		ln_systematic_point();
		/* Release: whoever enters it next sees what it did. */
		if (atomic_compare_exchange_strong_explicit(
			    &task->state, &expected, LN_TASK_PARKED,
			    memory_order_acq_rel, memory_order_acquire))
			break;
		/* Woken while it parked: nobody else changes it then. */
		ln_assert(expected == LN_TASK_NOTIFIED);
		atomic_exchange_explicit(&task->state, LN_TASK_ACTIVE,
					 memory_order_acq_rel);
		ln_systematic_point();
		requeue(worker, task);
		break;
	case LN_LEAVE_YIELD:
		atomic_store_explicit(&task->running, false,
				      memory_order_relaxed);
		requeue(worker, task);
		break;
	case LN_LEAVE_INTERRUPTED:
		atomic_store_explicit(&task->running, false,
				      memory_order_relaxed);
		keep_next(worker, task);
		break;
	case LN_LEAVE_DONE:
		finish(worker, task);
		break;
	}
	worker->leaving = LN_LEAVE_NOTHING;
}

/* Begins to search for work elsewhere, unless enough others do so. */
static bool start_search(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;

	if (worker->searching)
		return true;
	if (atomic_load_explicit(&sched->searching, memory_order_relaxed) * 2 >=
	    sched->count)
		return false;
	ln_systematic_point();
	atomic_fetch_add_explicit(&sched->searching, 1, memory_order_seq_cst);
	worker->searching = true;
	return true;
}

/* Ends a search that found something; the last searcher wakes another worker,
 * because there may be more. */
static void found_work(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;

	if (!worker->searching)
		return;
	ln_assert(atomic_load_explicit(&sched->searching,
				       memory_order_relaxed) > 0);
	worker->searching = false;
	ln_systematic_point();
	if (atomic_fetch_sub_explicit(&sched->searching, 1,
				      memory_order_seq_cst) == 1)
		ln_sched_wake_worker(sched);
}

bool ln_sched_work_visible(struct ln_sched *sched)
{
	if (ln_shared_filled(&sched->shared) || ln_shared_filled(&sched->due))
		return true;
	for (unsigned i = 0; i < sched->count; i++) {
		ln_systematic_point();
		if (!ln_runq_empty(&sched->workers[i].queue))
			return true;
	}
	return false;
}

static void enter_idle(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	bool searched = worker->searching;

	/* Before anybody may find it in the list, and count it again. */
	worker->searching = false;
	ln_lock_acquire(&sched->idle_lock);
	ln_assert(!worker->idle);
	worker->idle_next = sched->idle;
	sched->idle = worker;
	worker->idle = true;
	atomic_store_explicit(&worker->asleep, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&sched->sleeping, 1, memory_order_relaxed);
	ln_lock_release(&sched->idle_lock);
	if (searched) {
		ln_systematic_point();
		atomic_fetch_sub_explicit(&sched->searching, 1,
					  memory_order_seq_cst);
	}
	/* The sleeper's side of the proof above. */
	atomic_thread_fence(memory_order_seq_cst);
	ln_systematic_point();
}

/* Leaves the idle list, or waits for the waker who took the worker out of it
 * and has counted it as searching. */
static void leave_idle(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	struct ln_worker **link;

	ln_lock_acquire(&sched->idle_lock);
	if (worker->idle) {
		for (link = &sched->idle; *link != worker;)
			link = &(*link)->idle_next;
		*link = worker->idle_next;
		worker->idle = false;
		atomic_fetch_sub_explicit(&sched->sleeping, 1,
					  memory_order_relaxed);
		atomic_store_explicit(&worker->asleep, 0, memory_order_relaxed);
	}
	ln_lock_release(&sched->idle_lock);
	/* Acquire pairs with the release in rouse. */
	while (atomic_load_explicit(&worker->asleep, memory_order_acquire) != 0)
		ln_futex_wait(&worker->asleep, 1, -1);
}

static bool take_poller(struct ln_sched *sched)
{
	return sched->poller != NULL &&
	       !atomic_exchange_explicit(&sched->poll_taken, true,
					 memory_order_acquire);
}

static void give_poller(struct ln_sched *sched)
{
	/* Only who has the poller writes it: no read-modify-write needed. */
	atomic_store_explicit(
		&sched->polls,
		atomic_load_explicit(&sched->polls, memory_order_relaxed) + 1,
		memory_order_relaxed);
	atomic_store_explicit(&sched->poll_taken, false, memory_order_release);
}

/* Sleeps in the poller, until an event, the earliest deadline, or a waker. */
static void sleep_in_poller(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	int64_t deadline;

	atomic_store_explicit(&worker->polling, true, memory_order_relaxed);
	do {
		deadline = atomic_load_explicit(&sched->timers.earliest,
						memory_order_relaxed);
		atomic_store_explicit(&sched->poll_deadline, deadline,
				      memory_order_relaxed);
		/* Pairs with ln_sched_deadline_changed and with rouse. */
		atomic_thread_fence(memory_order_seq_cst);
	} while (atomic_load_explicit(&sched->timers.earliest,
				      memory_order_relaxed) < deadline);
	if (atomic_load_explicit(&worker->asleep, memory_order_relaxed) != 0)
		ln_poller_poll(sched->poller, deadline);
	atomic_store_explicit(&sched->poll_deadline, 0, memory_order_relaxed);
	atomic_store_explicit(&worker->polling, false, memory_order_seq_cst);
	give_poller(sched);
}

static void wake_ticker(struct ln_sched *sched)
{
	/* Pairs with the fence in the ticker: it sees this worker awake, or
	 * this sees the ticker asleep; it sees that nobody is in the poller, or
	 * this sees until when it sleeps. */
	atomic_thread_fence(memory_order_seq_cst);
	ln_sched_nudge_ticker(sched,
			      atomic_load_explicit(&sched->timers.earliest,
						   memory_order_relaxed));
	if (atomic_load_explicit(&sched->ticker_asleep, memory_order_relaxed) ==
	    0)
		return;
	atomic_store_explicit(&sched->ticker_asleep, 0, memory_order_relaxed);
	ln_futex_wake(&sched->ticker_asleep, 1);
}

static void sleep_worker(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	int64_t now;

	enter_idle(worker);
	ln_worker_falls_asleep(worker);
	if (!ln_sched_work_visible(sched) &&
	    !atomic_load_explicit(&sched->stopping, memory_order_acquire)) {
		if (take_poller(sched)) {
			sleep_in_poller(worker);
		} else {
			while (atomic_load_explicit(&worker->asleep,
						    memory_order_acquire) != 0)
				ln_futex_wait(&worker->asleep, 1, -1);
		}
	}
	leave_idle(worker);
	now = ln_time_now();
	ln_worker_awakes(worker, now);
	atomic_store_explicit(&sched->coarse_now, now, memory_order_relaxed);
	wake_ticker(sched);
}

/* What every worker does once a tick, and whenever a timer is due. */
static void look_around(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	uint64_t tick = ln_sched_ticks(sched);

	if (timers_due(sched))
		ln_timers_expire(&sched->timers, ln_time_now());
	if (worker->seen_tick == tick)
		return;
	worker->seen_tick = tick;
	ln_worker_beat(worker, tick);
	ln_worker_publish(worker, false);
	ln_worker_level(worker);
	if (take_poller(sched)) {
		ln_poller_poll(sched->poller, 0);
		give_poller(sched);
	}
}

/* The next task, from any queue; NULL: stop. */
static struct ln_task *find(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	struct ln_task *task;
	bool further;

	for (;;) {
		if (atomic_load_explicit(&sched->stopping,
					 memory_order_acquire))
			return NULL;
		further = must_look_further(worker);
		look_around(worker);
		/* Now and then, and about every other tick, the shared queue
		 * comes first: local tasks may never run out. Not twice in a
		 * row: it may never run out either. */
		task = take_due(worker);
		if (further && task == NULL) {
			worker->look_at = switches_of(worker) + SHARED_EVERY;
			ln_worker_set_rest(worker);
			worker->shared_first = !worker->shared_first;
			if (worker->shared_first)
				task = take_injected(worker);
		}
		if (task == NULL)
			task = pick_local(worker);
		if (task == NULL)
			task = take_injected(worker);
		if (task == NULL && start_search(worker))
			task = ln_worker_steal(worker);
		if (task != NULL)
			break;
		sleep_worker(worker);
	}
	found_work(worker);
	return task;
}

void *ln_worker_main(void *argument)
{
	struct ln_worker *worker = argument;
	struct ln_task *task;
	char name[16];

	snprintf(name, sizeof(name), "ln-worker-%u", worker->index);
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	ln_thread_worker = worker;
	if (worker->sched->options.on_preempt != NULL)
		ln_preempt_allow();
	ln_worker_begin_counting(worker);
	ln_worker_rest(worker);
	ln_fiber_init_thread(&worker->base);
	while ((task = find(worker)) != NULL) {
		uint64_t tick = ln_sched_ticks(worker->sched);

		if (tick != worker->counters.settled)
			ln_worker_charge(worker, NULL, tick);
		ln_worker_run(worker, task);
		ln_fiber_switch(&worker->base, &task->fiber, 0);
		ln_worker_arrived();
	}
	return NULL;
}
