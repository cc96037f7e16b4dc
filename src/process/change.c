/*
 * DESIGN
 * A change is the process's and its owner's, one reference each. Its state, and
 * process->change, are under the lock of the process. Whoever takes it out of
 * process->change tells that it is over, once. It is cancelled under the lock,
 * while it is under way, so that ln_task_uncancel afterwards ends that for
 * sure.
 */
#include "process/change.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"
#include "base/text.h"
#include "base/time.h"
#include "process/env_module.h"
#include "process/process.h"

struct ln_change *ln_change_new(struct ln_process *process,
				struct ln_module *to)
{
	struct ln_change *change = calloc(1, sizeof(*change));

	if (change == NULL)
		return NULL;
	change->process = ln_process_retain(process);
	change->to = ln_module_retain(to);
	ln_list_init(&change->place);
	atomic_init(&change->references, 1);
	return change;
}

void ln_change_release(struct ln_change *change)
{
	if (!ln_refs_release(&change->references))
		return;
	ln_module_release(change->to);
	ln_process_release(change->process);
	free(change->reason);
	free(change);
}

/* Under the lock: what the owner of the mailbox is asked. Release pairs with
 * the acquire in ln_mailbox_asked. */
static void ask(struct ln_process *process, enum ln_asked what)
{
	ln_process_assert_locked(process);
	atomic_store_explicit(&process->mailbox.asked, (uint8_t)what,
			      memory_order_release);
}

static void set_state(struct ln_change *change, enum ln_change_state state)
{
	ln_process_assert_locked(change->process);
	/* Release: who sees without the lock that it is under way sees since
	 * when; pairs with is_under_way of the job. */
	atomic_store_explicit(&change->state, (uint8_t)state,
			      memory_order_release);
}

static enum ln_change_state state_of(const struct ln_change *change)
{
	return (enum ln_change_state)atomic_load_explicit(&change->state,
							  memory_order_relaxed);
}

static bool is_cancelled(const struct ln_change *change)
{
	return atomic_load_explicit(&change->cancelled, memory_order_relaxed);
}

/* Takes it out of its process, under the lock, to be told of afterwards. */
static void take_out(struct ln_change *change)
{
	ln_assert(change->process->change == change);
	change->process->change = NULL;
	ask(change->process, LN_ASKED_NOTHING);
	set_state(change, LN_CHANGE_OVER);
}

/* After take_out, without the lock; takes over the process's reference. */
static void tell(struct ln_change *change)
{
	if (change->over != NULL)
		change->over(change);
	ln_change_release(change);
}

int ln_change_ask(struct ln_change *change)
{
	struct ln_process *process = change->process;
	struct ln_change *before;
	int result = LN_EDEAD;

	ln_process_lock(process);
	before = process->change;
	if (before != NULL && before->over == NULL &&
	    state_of(before) == LN_CHANGE_ASKED)
		take_out(before);
	else
		before = NULL;
	if (!process->dead && process->change != NULL) {
		result = LN_EEXIST;
	} else if (!process->dead) {
		ln_refs_retain(&change->references);
		process->change = change;
		set_state(change, LN_CHANGE_ASKED);
		ask(process, LN_ASKED_NOW);
		result = process->mailbox.waiting;
	}
	ln_process_unlock(process);
	if (before != NULL)
		tell(before);
	/* The process is retained: it may have ended since. */
	if (result == 1)
		ln_task_wake(&process->task);
	return result;
}

void ln_change_withdraw(struct ln_change *change, bool cancel)
{
	struct ln_process *process = change->process;
	bool over = false;

	ln_process_lock(process);
	if (process->change == change) {
		switch (state_of(change)) {
		case LN_CHANGE_ASKED:
			change->result = LN_CHANGE_WAITING;
			over = true;
			break;
		case LN_CHANGE_SETTLING:
			change->result = LN_CHANGE_DONE;
			over = true;
			break;
		case LN_CHANGE_UNDER_WAY:
			if (cancel)
				ln_task_cancel(&process->task);
			break;
		case LN_CHANGE_TAKING_OVER:
		case LN_CHANGE_OVER:
			break;
		}
		if (cancel)
			atomic_store_explicit(&change->cancelled, true,
					      memory_order_relaxed);
		if (over)
			take_out(change);
	}
	ln_process_unlock(process);
	if (over)
		tell(change);
}

enum ln_change_result ln_change_fail(struct ln_change *change,
				     enum ln_change_result result,
				     const char *format, ...)
{
	va_list arguments;

	free(change->reason);
	va_start(arguments, format);
	ln_text_vformat(&change->reason, format, arguments);
	va_end(arguments);
	return result;
}

void ln_change_end_of(struct ln_process *process)
{
	struct ln_change *change;
	bool settling = false;

	ln_process_lock(process);
	change = process->change;
	if (change != NULL) {
		settling = state_of(change) == LN_CHANGE_SETTLING;
		change->result = settling ? LN_CHANGE_FAILED : LN_CHANGE_ENDED;
		take_out(change);
	}
	ln_process_unlock(process);
	if (settling)
		(void)ln_change_fail(
			change, LN_CHANGE_FAILED,
			"the process ended before the new version received");
	if (change != NULL)
		tell(change);
}

void ln_change_conclude(struct ln_change *change, enum ln_change_result result)
{
	struct ln_process *process = change->process;
	bool over = false;

	ln_process_lock(process);
	/* It was not cancelled, but killed. */
	if (result == LN_CHANGE_TIMED_OUT && !is_cancelled(change))
		result = LN_CHANGE_ENDED;
	change->result = result;
	if (result == LN_CHANGE_DONE && !change->dry) {
		set_state(change, LN_CHANGE_TAKING_OVER);
		ask(process, LN_ASKED_NOW);
	} else if (result == LN_CHANGE_WAITING && !is_cancelled(change)) {
		set_state(change, LN_CHANGE_ASKED);
		ask(process, LN_ASKED_LATER);
	} else {
		take_out(change);
		over = true;
	}
	ln_process_unlock(process);
	/* It is not under way: nobody cancels it any more. */
	ln_task_uncancel(&process->task);
	if (over)
		tell(change);
}

struct ln_change *ln_change_begin(struct ln_process *process)
{
	struct ln_change *change;
	bool settled;

	ln_process_lock(process);
	change = process->change;
	settled = change != NULL && state_of(change) == LN_CHANGE_SETTLING;
	if (settled) {
		change->result = LN_CHANGE_DONE;
		take_out(change);
	} else if (change != NULL) {
		ln_assert(state_of(change) == LN_CHANGE_ASKED);
		ln_refs_retain(&change->references);
		atomic_store_explicit(&change->begun, ln_time_now(),
				      memory_order_relaxed);
		set_state(change, LN_CHANGE_UNDER_WAY);
	} else {
		ask(process, LN_ASKED_NOTHING);
	}
	ln_process_unlock(process);
	if (settled)
		tell(change);
	return settled ? NULL : change;
}

void ln_change_settle(struct ln_process *process)
{
	struct ln_change *change;

	ln_process_lock(process);
	change = process->change;
	/* Only now may it be withdrawn: who is told that a process has changed
	 * must find it to be of the new version, or it would not be changed
	 * back. Nobody else ends what takes over. */
	ln_assert(change != NULL && state_of(change) == LN_CHANGE_TAKING_OVER);
	set_state(change, LN_CHANGE_SETTLING);
	/* Relaxed: its own. */
	change->pause =
		ln_time_now() -
		atomic_load_explicit(&change->begun, memory_order_relaxed);
	ln_process_unlock(process);
}
