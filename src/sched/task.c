/*
 * DESIGN
 * States of a task and who changes them:
 *
 *   NEW      -> PARKED    ln_task_start
 *   PARKED   -> ACTIVE    a waker (compare-and-swap), who then queues it
 *   ACTIVE   -> NOTIFIED  a waker
 *   ACTIVE   -> PARKED    its worker, after the switch off its stack
 *   NOTIFIED -> ACTIVE    the task, when it begins to park; or its worker,
 *                         after the switch off its stack, who queues it
 *   ACTIVE   -> DONE      its worker, after the switch off its stack
 *   PARKED   -> HELD      who folds it (compare-and-swap), sched/fold.c
 *   HELD     -> CALLED    a waker
 *   HELD     -> PARKED    who folds it, when that is done
 *   CALLED   -> ACTIVE    the same, who queues it
 *
 * Queued and running are one state, so that a worker that takes a task out of a
 * queue need not change the word, which others write. Waking a task that is
 * already queued makes it check its condition once more than necessary.
 *
 * Why no wake-up is lost. A waker first makes the condition true, then calls
 * ln_task_wake, a read-modify-write of the state. The task checks the condition
 * and parks; the park ends in a compare-and-swap of the state from ACTIVE to
 * PARKED, done by the worker once the stack is left. All changes of one state
 * word are in one order. If the waker's comes before the park's, it left
 * NOTIFIED: the park's swap fails, and the task goes on. If it comes after, it
 * finds PARKED and queues the task. In each case the task checks again after
 * the waker's change, and sees the condition: its check follows an acquire of
 * what the waker released, the state in the first case, the queue in the
 * second.
 *
 * While somebody folds it the task is parked, but not to be queued: the waker
 * leaves CALLED, and who folds it takes the place of the waker. It ends in a
 * compare-and-swap of the state from HELD to PARKED. If the waker's change came
 * before, that fails, and it queues the task; if after, the waker finds PARKED.
 *
 * Why no task runs twice: whoever changes PARKED to ACTIVE queues the task
 * once, and so does the worker that finds NOTIFIED behind it; nobody else
 * queues one that is not running, and the stack was left before. Likewise for
 * CALLED: only who holds the task changes that, and once.
 *
 * The task is published as PARKED only off its stack, because from then on
 * another worker may enter it: hence ln_worker_arrived.
 */
#include "sched/task.h"

#include <stdlib.h>

#if LN_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#include "base/error.h"
#include "base/systematic.h"
#include "base/time.h"
#include "sched/probe.h"
#include "sched/worker.h"

/* Bytes of the stack of a task that will run soon: enough for a guest that
 * waits for a message. */
#define PREFETCHED_LINES 8

#define STACK_COLORS 24

/* The bytes that a line of a page table is for. */
#define TABLE_LINE ((size_t)32 << 10)

/* What must hold when the running task leaves its stack: it is on it, not on
 * the worker's, and keeps no lock and nothing of its thread. */
static inline void may_leave(const struct ln_worker *worker,
			     const struct ln_task *task)
{
	ln_assert(worker != NULL && worker->current == task);
	ln_assert(!worker->borrowed);
	ln_assert(worker->left == NULL);
	ln_assert(ln_locks_held() == 0);
	ln_assert(ln_thread_pins() == 0);
	(void)worker;
	(void)task;
}

static void task_entry(void *argument)
{
	struct ln_task *task = argument;
	struct ln_worker *worker;
	struct ln_task *next;

#if LN_ASAN
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
	ln_worker_arrived();
	ln_probe_look(task);
	task->run(task);

	worker = ln_worker_current();
	may_leave(worker, task);
	next = ln_worker_pick(worker);
	worker->left = task;
	worker->leaving = LN_LEAVE_DONE;
	if (next != NULL)
		ln_worker_run(worker, next);
	else
		ln_worker_rest(worker);
	ln_fiber_switch(&task->fiber, next ? &next->fiber : &worker->base, 1);
	__builtin_unreachable();
}

/* Where the stack in this slot begins. Slots are a power of two apart, so the
 * busy end of every stack would fall into the same few sets of the caches:
 * neighbours begin at different lines of their page. Likewise for the entries
 * of the page tables, where each slot has its own: there is room to begin at
 * different lines of these. */
static size_t colored_len(size_t size, size_t asked, const char *stack)
{
	size_t slot = (uintptr_t)stack / size;
	size_t places = (size - asked) / TABLE_LINE;

	if (places > 0)
		size -= slot % places * TABLE_LINE;
	return size - slot % STACK_COLORS * LN_CACHE_LINE;
}

/* Takes a stack; *len: from its lowest byte to where it begins. */
static inline __attribute__((always_inline)) char *
take_stack(struct ln_sched *sched, size_t *len)
{
	size_t asked = sched->options.stack_size;
	struct ln_slab *slab = &sched->stacks;
	char *stack = ln_slab_take_below(slab, LN_STACKS_CLOSE);

	if (stack == NULL) {
		slab = &sched->stacks_apart;
		stack = ln_slab_take(slab);
	}
	if (stack != NULL)
		*len = colored_len(slab->slot_size, asked, stack);
	return stack;
}

int ln_task_start(struct ln_sched *sched, struct ln_task *task,
		  void (*run)(struct ln_task *), void (*done)(struct ln_task *))
{
	size_t len = 0;
	char *stack = take_stack(sched, &len);

	ln_assert(atomic_load_explicit(&task->state, memory_order_relaxed) ==
			  LN_TASK_NEW ||
		  atomic_load_explicit(&task->state, memory_order_relaxed) ==
			  LN_TASK_DONE);
	if (stack == NULL)
		return LN_ENOMEM;
	ln_fiber_init(&task->fiber, stack, len, task_entry, task);
	task->sched = sched;
	task->next = NULL;
	task->run = run;
	task->done = done;
	task->local = NULL;
	task->entry_note = 0;
	atomic_store_explicit(&task->slices, 0, memory_order_relaxed);
	atomic_store_explicit(&task->cpu, 0, memory_order_relaxed);
	/* Counted before anybody can wake it: it may be over at once. */
	atomic_fetch_add_explicit(&sched->live, 1, memory_order_relaxed);
	atomic_store_explicit(&task->state, LN_TASK_PARKED,
			      memory_order_release);
	ln_systematic_point();
	ln_task_wake(task);
	return 0;
}

/* Prefetches what a task touches first when it is entered: the end of its
 * stack, and the address that it has told. Needed as soon as the running task
 * parks. */
static inline void prefetch(const struct ln_task *task)
{
	const char *sp = task->fiber.sp;

	__builtin_prefetch(
		atomic_load_explicit(&task->soon, memory_order_relaxed), 1);
	for (size_t i = 0; i < PREFETCHED_LINES; i++)
		__builtin_prefetch(sp + i * LN_CACHE_LINE, 1);
}

/* Puts a woken task where it runs soon: next on this worker. The task that was
 * in that place goes to the queue, where others may steal it. */
static void schedule_soon(struct ln_worker *worker, struct ln_task *task)
{
	struct ln_sched *sched = worker->sched;
	struct ln_task *displaced;

	prefetch(task);
	ln_systematic_point();
	atomic_store_explicit(
		&worker->next_tick,
		atomic_load_explicit(&sched->tick, memory_order_relaxed),
		memory_order_relaxed);
	/* Only this worker ever puts a task there; a thief only takes it out.
	 * So an empty slot stays empty until here, and needs no exchange.
	 * Release pairs with the acquire of whoever takes it. */
	displaced = atomic_load_explicit(&worker->next, memory_order_relaxed);
	if (displaced == NULL)
		atomic_store_explicit(&worker->next, task,
				      memory_order_release);
	else
		displaced = atomic_exchange_explicit(&worker->next, task,
						     memory_order_acq_rel);
	if (displaced == NULL)
		return;
	ln_worker_enqueue(worker, displaced);
	ln_sched_wake_worker(sched);
}

/* Changes the state of a task that is woken; true: it must be queued. */
static bool mark_woken(struct ln_task *task)
{
	uint32_t state =
		atomic_load_explicit(&task->state, memory_order_relaxed);

	for (;;) {
		uint32_t wanted = state;

		ln_assert(state <= LN_TASK_DONE);
		ln_systematic_point();
		if (state == LN_TASK_PARKED)
			wanted = LN_TASK_ACTIVE;
		else if (state == LN_TASK_ACTIVE)
			wanted = LN_TASK_NOTIFIED;
		else if (state == LN_TASK_HELD)
			wanted = LN_TASK_CALLED;
		/* A change from X to X too: release what the waker wrote
		 * before, so that the task sees it when it next changes the
		 * word. Pairs with the acquires in arrived and park. */
		if (atomic_compare_exchange_weak_explicit(
			    &task->state, &state, wanted, memory_order_acq_rel,
			    memory_order_relaxed))
			return state == LN_TASK_PARKED;
	}
}

/* The task has been stamped. */
void ln_task_queue_woken(struct ln_task *task)
{
	struct ln_sched *sched = task->sched;
	struct ln_worker *worker = ln_worker_current();

	if (worker != NULL && worker->sched == sched) {
		schedule_soon(worker, task);
	} else {
		ln_shared_append(&sched->shared, task, task, 1);
		ln_sched_wake_worker(sched);
	}
}

void ln_task_wake(struct ln_task *task)
{
	if (!mark_woken(task))
		return;
	ln_worker_stamp(task);
	ln_task_queue_woken(task);
}

void ln_task_wake_later(struct ln_task *task, struct ln_wakes *wakes)
{
	if (!mark_woken(task))
		return;
	ln_worker_stamp(task);
	if (wakes->count++ == 0)
		wakes->first = task;
	else
		wakes->last->next = task;
	wakes->last = task;
}

void ln_wakes_queue(const struct ln_wakes *wakes)
{
	struct ln_task *first = wakes->first;
	struct ln_sched *sched;

	if (wakes->count == 0)
		return;
	ln_assert(first != NULL && wakes->last != NULL);
	sched = first->sched;
	if (wakes->count > 1) {
		ln_shared_append(&sched->shared, first->next, wakes->last,
				 wakes->count - 1);
		ln_sched_wake_worker(sched);
	}
	ln_task_queue_woken(first);
}

void ln_wakes_queue_due(const struct ln_wakes *wakes)
{
	struct ln_worker *worker = ln_worker_current();
	struct ln_sched *sched;

	if (wakes->count == 0)
		return;
	/* Once it is queued another worker may run it, and free it. */
	sched = wakes->first->sched;
	ln_assert(wakes->last != NULL);
	ln_shared_append(&sched->due, wakes->first, wakes->last, wakes->count);
	/* Only one, and this worker, which looked for timers, takes it next. */
	if (wakes->count == 1 && worker != NULL && !worker->was_due)
		return;
	ln_sched_wake_worker(sched);
}

void ln_task_interrupt(struct ln_task *task)
{
	atomic_fetch_or_explicit(&task->interrupts, LN_INTERRUPT_END,
				 memory_order_release);
	ln_systematic_point();
	ln_task_wake(task);
}

void ln_task_cancel(struct ln_task *task)
{
	/* Release pairs with the acquire in ln_task_interrupted. */
	atomic_fetch_or_explicit(&task->interrupts, LN_INTERRUPT_CANCEL,
				 memory_order_release);
	ln_task_wake(task);
}

void ln_task_uncancel(struct ln_task *task)
{
	ln_assert(ln_task_current() == task);
	/* Relaxed: a kill stays, and is read anew. */
	atomic_fetch_and_explicit(&task->interrupts,
				  (uint8_t)~LN_INTERRUPT_CANCEL,
				  memory_order_relaxed);
}

struct ln_task *ln_task_current(void)
{
	struct ln_worker *worker = ln_worker_current();

	return worker != NULL ? worker->current : NULL;
}

void ln_task_set_local(struct ln_task *task, void *local)
{
	ln_assert(ln_task_current() == task);
	task->local = local;
	ln_worker_set_local(ln_worker_current(), local);
}

/* Leaves the running task for the next one, or for the worker's own stack. */
static void leave(struct ln_task *task, enum ln_leaving leaving)
{
	struct ln_worker *worker = ln_worker_current();
	struct ln_task *next;

	may_leave(worker, task);
	next = ln_worker_pick(worker);
	worker->left = task;
	worker->leaving = leaving;
	if (next != NULL)
		ln_worker_run(worker, next);
	else
		ln_worker_rest(worker);
	ln_fiber_switch(&task->fiber, next ? &next->fiber : &worker->base, 0);
	ln_worker_arrived();
	ln_probe_look(task);
}

void ln_task_park(struct ln_task *task)
{
	uint32_t notified = LN_TASK_NOTIFIED;

	/* Also when it need not leave: next time it may have to. */
	ln_assert(ln_task_current() == task);
	ln_assert(ln_locks_held() == 0);
	ln_systematic_point();
	if (atomic_load_explicit(&task->state, memory_order_relaxed) ==
		    LN_TASK_NOTIFIED &&
	    atomic_compare_exchange_strong_explicit(
		    &task->state, &notified, LN_TASK_ACTIVE,
		    memory_order_acq_rel, memory_order_relaxed)) {
		ln_probe_look(task);
		return;
	}
	leave(task, LN_LEAVE_PARK);
}

int ln_task_wait(struct ln_task *task, int64_t deadline)
{
	struct ln_sched *sched = task->sched;
	struct ln_timer timer = { .deadline = deadline, .task = task };
	int earliest;
	int error;

	if (ln_task_interrupted(task))
		return LN_EKILLED;
	if (deadline == LN_NEVER) {
		ln_task_park(task);
		return ln_task_interrupted(task) ? LN_EKILLED : 0;
	}
	if (deadline <= ln_time_now())
		return LN_ETIMEDOUT;
	error = ln_timers_add(&sched->timers, &timer, &earliest);
	if (error < 0)
		return error;
	if (earliest)
		ln_sched_deadline_changed(sched, deadline);
	task->entry_note = (uintptr_t)&timer;
	ln_task_park(task);
	/* Unless it was entered. */
	task->entry_note = 0;
	ln_timers_remove(&sched->timers, &timer);
	if (ln_task_interrupted(task))
		return LN_EKILLED;
	return ln_time_now() >= deadline ? LN_ETIMEDOUT : 0;
}

int ln_task_sleep(struct ln_task *task, int64_t deadline)
{
	int result;

	ln_task_set_waiting(task, LN_WAIT_TIMER);
	do {
		result = ln_task_wait(task, deadline);
	} while (result == 0);
	ln_task_set_waiting(task, LN_WAIT_OTHER);
	return result == LN_ETIMEDOUT ? 0 : result;
}

void ln_task_yield(struct ln_task *task)
{
	leave(task, LN_LEAVE_YIELD);
}

void ln_task_give_way(struct ln_task *task)
{
	struct ln_worker *worker = ln_worker_current();

	ln_worker_add(&worker->counters.preemptions, 1);
	if (worker->slice_tick < ln_sched_ticks(task->sched)) {
		leave(task, LN_LEAVE_YIELD);
		return;
	}
	task->entry_note = ln_note_of_tick(worker->slice_tick);
	leave(task, LN_LEAVE_INTERRUPTED);
}

void ln_task_renew_slice(struct ln_task *task)
{
	struct ln_worker *worker = ln_worker_current();

	ln_assert(worker->current == task);
	worker->slice_tick = ln_sched_ticks(task->sched) + 1;
}

void ln_task_count_slice(struct ln_task *task)
{
	struct ln_worker *worker = ln_worker_current();

	ln_worker_add(&task->slices, 1);
	ln_worker_charge(worker, task, ln_sched_ticks(task->sched));
}

void ln_task_rest(void)
{
	struct ln_worker *worker = ln_worker_current();
	struct ln_task *task = worker != NULL ? worker->current : NULL;

	/* A worker that is still leaving one task runs another already. */
	if (task != NULL && !worker->borrowed &&
	    worker->leaving == LN_LEAVE_NOTHING && ln_task_should_yield(task))
		ln_task_give_way(task);
}

void ln_task_rest_if_free(void)
{
	struct ln_task *task = ln_task_current();

	if (task != NULL && task->gives_way)
		ln_task_rest();
}

bool ln_task_should_yield(struct ln_task *task)
{
	struct ln_worker *worker = ln_worker_current();
	struct ln_sched *sched = task->sched;
	uint64_t tick = ln_sched_ticks(sched);

	ln_worker_beat(worker, tick);
	/* Timers and the poller are served on the worker's own stack: a due
	 * timer at once, the poller once a tick unless another worker sleeps
	 * in it. */
	if (atomic_load_explicit(&sched->timers.earliest,
				 memory_order_relaxed) <=
	    atomic_load_explicit(&sched->coarse_now, memory_order_relaxed))
		return true;
	if (worker->slice_tick >= tick)
		return false; /* it has only just begun */
	if (atomic_load_explicit(&worker->next, memory_order_relaxed) != NULL)
		return true;
	if (!ln_runq_empty(&worker->queue))
		return true;
	if (ln_shared_filled(&sched->shared) || ln_shared_filled(&sched->due))
		return true;
	return worker->seen_tick != tick &&
	       !atomic_load_explicit(&sched->poll_taken, memory_order_relaxed);
}

void ln_task_on_worker_stack(struct ln_task *task, void (*function)(void *),
			     void *argument)
{
	struct ln_worker *worker = ln_worker_current();

	if (worker == NULL || task == NULL || worker->current != task ||
	    worker->borrowed) {
		function(argument);
		return;
	}
	worker->borrowed = true;
	ln_fiber_call_on(&task->fiber, &worker->base, function, argument);
	worker->borrowed = false;
}

/* A call on another stack. */
struct other {
	struct ln_task *task;
	void (*function)(void *);
	void *argument;
	struct ln_fiber own;  /* the task's own stack, meanwhile */
	struct ln_fiber left; /* the other one, when it is done */
};

static void other_entry(void *argument)
{
	struct other *other = argument;
	struct ln_task *task = other->task;

#if LN_ASAN
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
	other->function(other->argument);
	may_leave(ln_worker_current(), task);
	other->left = task->fiber;
	task->fiber = other->own;
	ln_fiber_switch(&other->left, &task->fiber, 1);
	__builtin_unreachable();
}

/* The fiber of the task is what it runs on, so it may be left anywhere. */
int ln_task_on_other_stack(struct ln_task *task, void (*function)(void *),
			   void *argument)
{
	struct ln_sched *sched = task->sched;
	struct other other = {
		.task = task,
		.function = function,
		.argument = argument,
	};
	size_t len = 0;
	char *stack = take_stack(sched, &len);

	may_leave(ln_worker_current(), task);
	if (stack == NULL)
		return LN_ENOMEM;
	other.own = task->fiber;
	ln_fiber_init(&task->fiber, stack, len, other_entry, &other);
	ln_fiber_switch(&other.own, &task->fiber, 0);
	ln_fiber_check(&other.left);
	ln_fiber_deinit(&other.left);
	ln_slab_give(ln_stacks_of(sched, &other.left), other.left.stack);
	return 0;
}
