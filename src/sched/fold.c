/*
 * DESIGN
 * A folded task is a parked one that has two notes: entry_note, for the worker
 * that enters it, and the fold in the place of a question (sched/probe.h), for
 * the task itself. Both are looked at in any case, so that a task which is not
 * folded pays nothing.
 *
 * Order of what happens:
 *
 *   who folds                     a waker             who enters the task
 *
 *   PARKED -> HELD
 *   copies the stack
 *   moves the timer
 *   drops the pages               HELD -> CALLED
 *   sets the notes
 *   HELD -> PARKED                PARKED -> ACTIVE
 *   or CALLED -> ACTIVE             and queues it
 *     and queues it                                   worker: the stack
 *                                                     task: timer, the rest
 *
 * Why nobody runs without a stack: the task is entered by who takes it out of a
 * queue. It is in none while it is HELD or CALLED, and it is put into one by a
 * change of its state that acquires the release of who folded it (or by that
 * one itself). So who enters it sees the notes.
 *
 * Why no wake-up is lost: sched/task.c. A wake-up that ends in the middle only
 * has the task unfolded again.
 *
 * Why no question is lost: the fold stands where a question would. A question
 * that came before keeps the task from being folded; one that comes later is
 * refused, as if somebody else were asking, which a task that waits for a long
 * time need not be woken for. When the task is entered it takes the fold away.
 *
 * The timer of ln_task_wait lies on the stack, and the heap of timers writes to
 * it whenever others come and go. So it is moved into the fold, and back, each
 * time in one step under the heap's lock. It may expire meanwhile: then it is
 * in no heap, and the copy says so.
 *
 * The whole slot of a stack is given back, so that the kernel can free the page
 * table too (Linux 6.14), which takes as much as a page. It can where the slot
 * has its own: those of the first tasks have not, since page tables that are
 * close together make hops among a few tasks faster (sched.c). What is below
 * the stack pointer is of no use.
 *
 * A stack that is compared with that of another task which waits in the same
 * place differs in few words: return addresses and what compiled code keeps are
 * the same, and pointers into the stack itself are as far from its top.
 *
 * Threads: who folds is one at a time for each task, as it holds it.
 */
#include "sched/fold.h"

#include <string.h>

#include "base/compiler.h"
#include "base/delta.h"
#include "base/pages.h"
#include "base/systematic.h"
#include "sched/task.h"
#include "sched/worker.h"

static void assert_held(const struct ln_task *task)
{
	uint32_t state =
		atomic_load_explicit(&task->state, memory_order_relaxed);

	ln_assert(state == LN_TASK_HELD || state == LN_TASK_CALLED);
	(void)state;
}

bool ln_fold_hold(struct ln_task *task)
{
	uint32_t parked = LN_TASK_PARKED;

	if (atomic_load_explicit(&task->state, memory_order_relaxed) !=
		    LN_TASK_PARKED ||
	    atomic_load_explicit(&task->probe, memory_order_relaxed) != NULL)
		return false;
	ln_systematic_point();
	/* Acquire: what the task did before it parked is seen here. */
	return atomic_compare_exchange_strong_explicit(
		&task->state, &parked, LN_TASK_HELD, memory_order_acq_rel,
		memory_order_relaxed);
}

bool ln_fold_called(const struct ln_task *task)
{
	assert_held(task);
	return atomic_load_explicit(&task->state, memory_order_relaxed) ==
	       LN_TASK_CALLED;
}

void ln_fold_let_go(struct ln_task *task)
{
	uint32_t held = LN_TASK_HELD;

	assert_held(task);
	ln_systematic_point();
	/* Release: who enters it sees that it is folded. */
	if (atomic_compare_exchange_strong_explicit(
		    &task->state, &held, LN_TASK_PARKED, memory_order_acq_rel,
		    memory_order_acquire))
		return;
	ln_assert(held == LN_TASK_CALLED);
	atomic_exchange_explicit(&task->state, LN_TASK_ACTIVE,
				 memory_order_acq_rel);
	ln_systematic_point();
	ln_task_queue_woken(task);
}

bool ln_fold_has_timer(const struct ln_task *task)
{
	assert_held(task);
	return ln_note_timer(task->entry_note) != NULL;
}

static const char *top_of(const struct ln_task *task)
{
	return task->fiber.stack + task->fiber.stack_len;
}

size_t ln_fold_stack_used(const struct ln_task *task)
{
	const char *sp = task->fiber.sp;

	if (sp <= task->fiber.stack || sp >= top_of(task))
		return 0;
	return (size_t)(top_of(task) - sp);
}

/* AddressSanitizer knows of frames on the stacks of fibers, and the compiler
 * would make a call of memcpy of a plain copy. */
LN_NO_ASAN void ln_fold_take_model(const struct ln_task *task,
				   struct ln_stack_model *model)
{
	const volatile uint64_t *from = task->fiber.sp;

	assert_held(task);
	model->top = (uintptr_t)top_of(task);
	model->len = ln_fold_stack_used(task);
	for (size_t i = 0; i < model->len / sizeof(*from); i++)
		model->words[i] = from[i];
}

/* Writes what the stack of a task would hold, if it were as the model's. */
LN_NO_ASAN static void write_model(const struct ln_task *task,
				   const struct ln_stack_model *model,
				   volatile uint64_t *to)
{
	uint64_t bottom = model->top - model->len;
	uint64_t moved = (uintptr_t)top_of(task) - model->top;

	for (size_t i = 0; i < model->len / sizeof(*to); i++) {
		uint64_t word = model->words[i];

		to[i] = word - bottom <= model->len ? word + moved : word;
	}
}

size_t ln_fold_write_stack(const struct ln_task *task,
			   const struct ln_stack_model *model, uint64_t *room,
			   uint8_t *to)
{
	struct ln_delta_recent recent = { { 0 } };
	size_t used = ln_fold_stack_used(task);

	assert_held(task);
	if (model != NULL) {
		ln_assert(model->len == used);
		write_model(task, model, room);
	}
	return ln_delta_write(&recent, to, task->fiber.sp,
			      model != NULL ? room : NULL, used);
}

static struct ln_fold *fold_of(struct ln_probe *probe)
{
	return ln_container_of(probe, struct ln_fold, probe);
}

static void restore(struct ln_task *task, const struct ln_fold *fold)
{
	struct ln_delta_recent recent = { { 0 } };

	if (fold->model != NULL)
		write_model(task, fold->model, task->fiber.sp);
	ln_delta_apply(&recent, task->fiber.sp, ln_fold_stack_used(task),
		       fold->stack);
}

void ln_fold_restore_stack(struct ln_task *task)
{
	/* Relaxed: it was set before the task was queued. */
	restore(task, fold_of(atomic_load_explicit(&task->probe,
						   memory_order_relaxed)));
}

/* On the fiber, whose stack is there. */
static void answer(struct ln_probe *probe, struct ln_task *task)
{
	struct ln_fold *fold = fold_of(probe);

	if (fold->waiting != NULL)
		ln_timers_move(&task->sched->timers, fold->timer,
			       fold->waiting);
	fold->unfold(fold, task);
}

bool ln_fold_stack(struct ln_task *task, struct ln_fold *fold)
{
	struct ln_sched *sched = task->sched;
	struct ln_probe *none = NULL;

	assert_held(task);
	fold->probe = (struct ln_probe){ .task = NULL };
	fold->waiting = ln_note_timer(task->entry_note);
	ln_systematic_point();
	/* Relaxed: who takes it has entered the task. */
	if (!atomic_compare_exchange_strong_explicit(
		    &task->probe, &none, &fold->probe, memory_order_relaxed,
		    memory_order_relaxed))
		return false;
	if (fold->waiting != NULL)
		ln_timers_move(&sched->timers, fold->waiting, fold->timer);
	fold->probe.answer = answer;
	task->entry_note = LN_NOTE_FOLDED;
	ln_systematic_point();
	if (ln_pages_drop(task->fiber.stack,
			  ln_stacks_of(sched, &task->fiber)->slot_size) == 0)
		return true;
	/* Some pages may be gone. */
	task->entry_note = (uintptr_t)fold->waiting;
	restore(task, fold);
	if (fold->waiting != NULL)
		ln_timers_move(&sched->timers, fold->timer, fold->waiting);
	atomic_store_explicit(&task->probe, NULL, memory_order_relaxed);
	return false;
}
