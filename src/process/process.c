/*
 * DESIGN
 * Life: ln_process_new, perhaps ln_process_link, ln_process_start; the body
 * runs on the task's fiber; conclude() closes the mailbox and settles the
 * links, still on the fiber; the scheduler gives the stack back and calls
 * task_done, which drops the reference that the running task held.
 *
 * Signals are not queued behind messages. Kill is a flag of the task; links are
 * changed in place under the lock of each side; the death of a link either
 * kills at once or becomes a message that no mailbox bound refuses.
 *
 * Lock order: no function holds the locks of two processes. The two sides of a
 * link are changed one after the other, first the own one: a peer that dies in
 * between finds the other side missing or removes it, and a peer that is found
 * dead afterwards makes the own side be taken back.
 *
 * Processes of other nodes never run, so their locks are no process's in that
 * sense: they are taken under the lock of a local one, and the two sides of a
 * link to one are changed in one step. See process/remote.h.
 */
#include "process/process.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/random.h"
#include "base/refs.h"
#include "base/time.h"
#include "engine/account.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/message.h"
#include "process/registry.h"
#include "process/remote.h"
#include "process/runtime.h"
#include "sched/sched.h"

/* Links that are told of a death before others may run. */
#define REST_AFTER 64
#define SLOTS_AFTER 4096

/* What a process is charged at beside its memory: store, instance, the top of
 * its stack. And what is left of one that has ended, while somebody has a
 * handle of it. */
#define PROCESS_BYTES 16384u
#define ENDED_BYTES 1024u

_Static_assert(sizeof(struct ln_process) <= ENDED_BYTES,
	       "a process takes more than it is charged at");

/* Values of `ended`. */
enum { ALIVE, AWAITED, ENDED };

int ln_process_new(struct ln_environment *environment,
		   enum ln_outcome (*body)(struct ln_process *), void *argument,
		   struct ln_process **out)
{
	const struct ln_limits *limits = &environment->limits;
	struct ln_process *process;

	if (atomic_load_explicit(&environment->runtime->stopping,
				 memory_order_relaxed))
		return LN_ESTOPPED;
	if (!ln_environment_enter(environment))
		return LN_ELIMIT;
	if (!ln_account_charge(environment->charged, PROCESS_BYTES)) {
		ln_environment_leave(environment, NULL);
		return LN_EMEMORY;
	}
	process = calloc(1, sizeof(*process));
	if (process == NULL) {
		ln_account_refund(environment->charged, NULL, PROCESS_BYTES);
		ln_environment_leave(environment, NULL);
		return LN_ENOMEM;
	}
	process->environment = ln_environment_retain(environment);
	process->body = body;
	process->argument = argument;
	ln_random_uuid(process->id);
	atomic_init(&process->references, 1);
	atomic_init(&process->die_when_link_dies, true);
	ln_mailbox_init(&process->mailbox, limits->max_messages,
			limits->max_mailbox_bytes, environment->charged);
	ln_list_init(&process->siblings);
	*out = process;
	return 0;
}

struct ln_process *ln_process_retain(struct ln_process *process)
{
	ln_refs_retain(&process->references);
	return process;
}

void ln_process_release(struct ln_process *process)
{
	if (!ln_refs_release(&process->references))
		return;
	if (process->remote != NULL) {
		process->remote->free(process);
		return;
	}
	ln_account_refund(process->environment->charged, NULL, ENDED_BYTES);
	ln_environment_release(process->environment);
	free(process);
}

/* What a closed mailbox has refused. */
LN_NOINLINE static int send_closed(struct ln_process *process,
				   struct ln_message *message, bool wait,
				   int64_t deadline)
{
	if (process->remote != NULL)
		return process->remote->send(process, message, wait, deadline);
	ln_message_free(message);
	return LN_EDEAD;
}

static inline int send(struct ln_process *process, struct ln_message *message,
		       bool wait, int64_t deadline)
{
	switch (ln_mailbox_push(&process->mailbox, message)) {
	case LN_PUSH_WAKE:
		ln_task_wake(&process->task);
		return 0;
	case LN_PUSH_QUEUED:
		return 0;
	case LN_PUSH_FULL:
		ln_message_free(message);
		return LN_EFULL;
	case LN_PUSH_UNWANTED:
		ln_message_free(message);
		return LN_ENOENT;
	case LN_PUSH_CLOSED:
		break;
	}
	return send_closed(process, message, wait, deadline);
}

int ln_process_send(struct ln_process *process, struct ln_message *message)
{
	return send(process, message, false, LN_NEVER);
}

int ln_process_send_wait(struct ln_process *process, struct ln_message *message,
			 int64_t deadline)
{
	return send(process, message, true, deadline);
}

int ln_process_wait_for_room(struct ln_process *process, int64_t deadline)
{
	if (process->remote == NULL)
		return 0;
	return process->remote->wait_for_room(process, deadline);
}

void ln_process_kill(struct ln_process *process)
{
	bool dead;

	if (process->remote != NULL) {
		process->remote->kill(process);
		return;
	}
	ln_lock_acquire(&process->mailbox.lock);
	dead = process->dead;
	ln_lock_release(&process->mailbox.lock);
	if (!dead)
		ln_task_interrupt(&process->task);
}

/* Tells a process, whose lock is held, that a link failed. True: `message`,
 * which may be NULL, is in its mailbox. */
static bool tell_death(struct ln_process *process, struct ln_message *message)
{
	if (message != NULL &&
	    !atomic_load_explicit(&process->die_when_link_dies,
				  memory_order_relaxed)) {
		if (ln_mailbox_push_locked(&process->mailbox, message) ==
		    LN_PUSH_WAKE)
			ln_task_wake(&process->task);
		return true;
	}
	/* Also when memory is short: it must not go on as if nothing had
	 * happened. */
	ln_task_interrupt(&process->task);
	return false;
}

/* Tells `process` that its link `peer` failed, if they are still linked. One
 * step under the lock: after an unlink has returned, nothing of the peer comes.
 */
static void link_died(struct ln_process *process, struct ln_process *peer,
		      int64_t tag)
{
	struct ln_message *message =
		ln_message_new(LN_MESSAGE_LINK_DIED, tag, 0);
	bool linked;
	bool sent = false;

	ln_lock_acquire(&process->mailbox.lock);
	linked = ln_links_remove(&process->links, peer);
	if (linked)
		sent = tell_death(process, message);
	ln_lock_release(&process->mailbox.lock);
	if (!sent)
		ln_message_free(message);
	if (linked)
		ln_process_release(peer);
}

static void drop_link(struct ln_process *process, struct ln_process *peer)
{
	bool linked;

	ln_lock_acquire(&process->mailbox.lock);
	linked = ln_links_remove(&process->links, peer);
	ln_lock_release(&process->mailbox.lock);
	if (linked)
		ln_process_release(peer);
}

uint32_t ln_process_link_room(struct ln_process *process)
{
	uint32_t most = process->environment->limits.max_links;
	uint64_t deaths = ln_mailbox_deaths(&process->mailbox);

	return deaths < most ? most - (uint32_t)deaths : 0;
}

/* Adds one side of a link; LN_EDEAD when the owner has ended. */
static int add_link(struct ln_process *process, struct ln_process *peer,
		    int64_t tag, enum ln_outcome *outcome)
{
	int error = LN_EDEAD;

	ln_lock_acquire(&process->mailbox.lock);
	if (!process->dead)
		error = ln_links_set(&process->links, peer, tag,
				     ln_process_link_room(process),
				     process->environment->charged);
	else
		*outcome = process->outcome;
	ln_lock_release(&process->mailbox.lock);
	return error;
}

int ln_process_link(struct ln_process *self, struct ln_process *peer,
		    int64_t self_tag, int64_t peer_tag)
{
	enum ln_outcome outcome = LN_OUTCOME_NORMAL;
	int error;

	if (self == peer)
		return 0;
	if (peer->remote != NULL)
		return peer->remote->link(self, peer, self_tag, peer_tag);
	/* The table of a process holds what its peers are told. */
	error = add_link(self, peer, peer_tag, &outcome);
	if (error < 0)
		return error;
	error = add_link(peer, self, self_tag, &outcome);
	if (error == 0)
		return 0;
	if (error == LN_EDEAD && outcome != LN_OUTCOME_NORMAL) {
		/* Unless the peer's end has told it meanwhile. */
		link_died(self, peer, self_tag);
		return 0;
	}
	drop_link(self, peer);
	return error == LN_EDEAD ? 0 : error;
}

void ln_process_unlink(struct ln_process *self, struct ln_process *peer)
{
	if (peer->remote != NULL) {
		peer->remote->unlink(self, peer);
		return;
	}
	drop_link(self, peer);
	drop_link(peer, self);
}

/* Monitors count what was taken under their tags. */
static inline void note_taken(struct ln_process *self,
			      const struct ln_message *message)
{
	if (LN_UNLIKELY(self->mailbox.picky))
		ln_monitors_note_taken(self, message);
}

int ln_process_receive(struct ln_process *self, const uint8_t *tags,
		       uint32_t count, int64_t deadline, bool fresh,
		       struct ln_message **message)
{
	struct ln_mailbox *mailbox = &self->mailbox;
	struct ln_wanted wanted = { .tags = tags, .count = count };
	int result = 0;

	if (fresh)
		wanted.from = mailbox->end;
	while (result != LN_EKILLED) {
		switch (ln_mailbox_take(mailbox, &wanted, message)) {
		case LN_TAKE_FOUND:
			/* The match that ended the wait also reset it, so no
			 * sender looks at `tags` any more. */
			note_taken(self, *message);
			return 0;
		case LN_TAKE_MORE:
			if (ln_task_interrupted(&self->task))
				result = LN_EKILLED;
			else if (ln_task_should_yield(&self->task))
				ln_task_give_way(&self->task);
			continue;
		case LN_TAKE_NONE:
			break;
		}
		if (result < 0)
			break;
		/* After a timeout the mailbox is looked at once more: a match
		 * may have come together with the deadline. */
		result = ln_task_wait(&self->task, deadline);
	}
	*message = ln_mailbox_stop_waiting(mailbox);
	if (*message == NULL)
		return result;
	note_taken(self, *message);
	if (result == LN_ETIMEDOUT)
		return 0;
	ln_message_free(*message);
	return result;
}

void ln_process_skip(struct ln_process *self)
{
	ln_mailbox_skip(&self->mailbox);
}

/* Tells every link how this process ended, and forgets them. */
static void settle_links(struct ln_process *process, struct ln_links *links,
			 bool failed)
{
	uint32_t slots = ln_links_slots(links);
	uint32_t told = 0;

	for (uint32_t i = 0; i < slots; i++) {
		struct ln_link *link = ln_links_at(links, i);
		struct ln_process *peer = link->peer;

		if (i % SLOTS_AFTER == SLOTS_AFTER - 1)
			ln_task_rest();
		if (peer == NULL)
			continue;
		if (peer->remote != NULL)
			peer->remote->link_ended(peer, process, failed);
		else if (failed)
			link_died(peer, process, link->tag);
		else
			drop_link(peer, process);
		ln_process_release(peer);
		if (++told % REST_AFTER == 0)
			ln_task_rest();
	}
	ln_links_deinit(links, process->environment->charged);
}

struct ln_end ln_process_end(const struct ln_process *process)
{
	struct ln_end end = { .reason = (enum ln_reason)process->outcome };

	if (process->outcome == LN_OUTCOME_EXITED)
		end.code = process->exit_code;
	return end;
}

/* What few processes have to do at their end. */
LN_NOINLINE static void conclude_rest(struct ln_process *process,
				      struct ln_extra *extra)
{
	struct ln_end end = ln_process_end(process);

	ln_watchers_tell(process, &end);
	ln_extra_free(extra, process->environment);
}

static void conclude(struct ln_process *process, enum ln_outcome outcome)
{
	struct ln_links links;
	struct ln_end_watch *watch;
	struct ln_extra *extra;
	bool registered;
	bool more;

	ln_lock_acquire(&process->mailbox.lock);
	ln_mailbox_close_locked(&process->mailbox);
	process->dead = true;
	registered = process->registrations != NULL;
	watch = process->watches;
	process->watches = NULL;
	process->outcome = outcome;
	links = process->links;
	process->links = (struct ln_links){ 0 };
	extra = process->extra;
	process->extra = NULL;
	more = extra != NULL || process->watchers != NULL;
	ln_lock_release(&process->mailbox.lock);

	/* From here on there is nothing of the process's own that could hold a
	 * lock. One that was never started is concluded by another task. */
	process->task.gives_way = true;
	ln_mailbox_deinit(&process->mailbox);
	/* Its registrations are removed before its links are told. */
	if (registered)
		ln_registry_forget(process);
	if (process->free_argument != NULL)
		process->free_argument(process->argument);
	while (watch != NULL) {
		struct ln_end_watch *next = watch->next;

		watch->ended(watch, process);
		watch = next;
	}
	/* Who is told may start another one in its place. */
	ln_environment_leave(process->environment, NULL);
	settle_links(process, &links, outcome != LN_OUTCOME_NORMAL);
	if (LN_UNLIKELY(more))
		conclude_rest(process, extra);
}

static void task_run(struct ln_task *task)
{
	struct ln_process *process = ln_process_of(task);
	enum ln_outcome outcome = LN_OUTCOME_KILLED;

	if (!ln_task_interrupted(task))
		outcome = process->body(process);
	/* A kill that came while it was about to return is still a kill. */
	if (ln_task_interrupted(task))
		outcome = LN_OUTCOME_KILLED;
	conclude(process, outcome);
}

/* The end of everything but the memory of the process itself. */
static void finish(struct ln_process *process)
{
	ln_account_refund(process->environment->charged, NULL,
			  PROCESS_BYTES - ENDED_BYTES);
	/* Release pairs with the acquire in ln_process_wait_until. A system
	 * call only when somebody sleeps. */
	if (atomic_exchange_explicit(&process->ended, ENDED,
				     memory_order_acq_rel) == AWAITED)
		ln_futex_wake(&process->ended, INT32_MAX);
	ln_process_release(process);
}

static void task_done(struct ln_task *task)
{
	struct ln_process *process = ln_process_of(task);

	ln_runtime_remove(process->environment->runtime, process);
	finish(process);
}

int ln_process_start(struct ln_process *process)
{
	struct ln_runtime *runtime = process->environment->runtime;
	int error;

	process->started = ln_sched_time(runtime->sched);
	ln_process_retain(process); /* the task's */
	ln_runtime_add(runtime, process);
	error = ln_task_start(runtime->sched, &process->task, task_run,
			      task_done);
	if (error < 0) {
		/* Whoever started it knows; its links are not told. */
		conclude(process, LN_OUTCOME_NORMAL);
		ln_runtime_remove(runtime, process);
		finish(process);
		return error;
	}
	return 0;
}

void ln_process_discard(struct ln_process *process)
{
	conclude(process, LN_OUTCOME_NORMAL);
	finish(process);
}

bool ln_process_wait_until(struct ln_process *process, int64_t deadline)
{
	uint32_t state =
		atomic_load_explicit(&process->ended, memory_order_acquire);
	int64_t left = -1;

	while (state != ENDED) {
		if (deadline != LN_NEVER) {
			left = deadline - ln_time_now();
			if (left <= 0)
				return false;
		}
		if (state == ALIVE &&
		    atomic_compare_exchange_strong_explicit(
			    &process->ended, &state, AWAITED,
			    memory_order_acquire, memory_order_acquire))
			state = AWAITED;
		if (state == AWAITED) {
			ln_futex_wait(&process->ended, AWAITED, left);
			state = atomic_load_explicit(&process->ended,
						     memory_order_acquire);
		}
	}
	return true;
}

enum ln_outcome ln_process_wait(struct ln_process *process, uint32_t *exit_code)
{
	ln_process_wait_until(process, LN_NEVER);
	*exit_code = process->exit_code;
	return process->outcome;
}

void ln_remote_init(struct ln_process *process,
		    const struct ln_remote_class *class, const uint8_t id[16])
{
	process->remote = class;
	memcpy(process->id, id, sizeof(process->id));
	atomic_init(&process->references, 1);
	ln_mailbox_init(&process->mailbox, 0, 0, NULL);
	process->mailbox.closed = true;
	ln_list_init(&process->siblings);
}

bool ln_remote_end_link(struct ln_process *process, struct ln_process *remote,
			bool failed)
{
	struct ln_message *message = NULL;
	int64_t tag = 0;
	bool linked;
	bool sent = false;
	bool known;

	if (failed)
		message = ln_message_new(LN_MESSAGE_LINK_DIED, 0, 0);
	ln_lock_acquire(&process->mailbox.lock);
	known = ln_links_remove(&process->links, remote);
	ln_lock_acquire(&remote->mailbox.lock);
	linked = ln_links_take(&remote->links, process, &tag);
	ln_lock_release(&remote->mailbox.lock);
	if (known && failed) {
		if (message != NULL)
			message->tag = tag;
		sent = tell_death(process, message);
	}
	ln_lock_release(&process->mailbox.lock);
	if (!sent)
		ln_message_free(message);
	if (known)
		ln_process_release(remote);
	if (linked)
		ln_process_release(process);
	return known;
}
