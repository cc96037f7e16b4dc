/*
 * DESIGN
 * Signals are not queued behind messages. Kill is a flag of the task; links are
 * changed in place under the lock of each side; the death of a link either
 * kills at once or becomes a message that no mailbox bound refuses.
 *
 * Lock order: no function holds the locks of two processes. The two sides of a
 * link are changed one after the other, the caller's side first. A peer that
 * dies in between finds its side missing, or removes the caller's side. When
 * the peer turns out to be dead, the caller's side is removed again.
 *
 * Processes of other nodes are an exception, since they never run: their lock
 * is taken under that of a local process, and both sides of a link to one are
 * changed in one step. See process/remote.h.
 */
#include "process/process.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/probe.h"
#include "base/random.h"
#include "base/refs.h"
#include "base/time.h"
#include "engine/account.h"
#include "engine/report.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/remote.h"
#include "process/runtime.h"
#include "sched/counters.h"

/* Links that are told of a death before others may run. */
#define REST_AFTER 64
#define SLOTS_AFTER 4096

_Static_assert(offsetof(struct ln_process, task) +
				       offsetof(struct ln_task, fiber) +
				       offsetof(struct ln_fiber, sp) ==
			       (size_t)2 * LN_CACHE_LINE ||
		       (LN_ASAN | LN_TSAN) != 0,
	       "what a message touches does not begin with a line");
_Static_assert(offsetof(struct ln_process, mailbox) +
				       offsetof(struct ln_mailbox, room) ==
			       (size_t)5 * LN_CACHE_LINE ||
		       (LN_ASAN | LN_TSAN) != 0,
	       "what a message touches does not end with a line");
_Static_assert(sizeof(struct ln_process) <= LN_PROCESS_ENDED_BYTES,
	       "a process takes more than it is charged at");

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
	if (!ln_account_charge(environment->charged, LN_PROCESS_BYTES)) {
		ln_environment_leave(environment, NULL);
		return LN_EMEMORY;
	}
	process = calloc(1, sizeof(*process));
	if (process == NULL) {
		ln_account_refund(environment->charged, NULL, LN_PROCESS_BYTES);
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
	if (ln_process_is_remote(process)) {
		process->remote->free(process);
		return;
	}
	/* It has ended, and who ends leaves nothing behind. */
	ln_assert(process->dead && process->extra == NULL);
	ln_assert(process->registrations == NULL && process->watches == NULL &&
		  process->watchers == NULL);
	ln_assert(ln_links_count(&process->links) == 0);
	ln_account_refund(process->environment->charged, NULL,
			  LN_PROCESS_ENDED_BYTES);
	ln_environment_release(process->environment);
	ln_report_free(process->failure);
	free(process);
}

/* Handles a message that a closed mailbox has refused. */
LN_NOINLINE static int send_closed(struct ln_process *process,
				   struct ln_message *message, bool wait,
				   int64_t deadline)
{
	int error = LN_EDEAD;

	message->weight = 0; /* it may be sent again, elsewhere */
	if (ln_process_is_remote(process))
		error = process->remote->send(process, message, wait, deadline);
	if (!ln_process_is_remote(process) || (error == LN_EINVAL && !wait))
		ln_message_free(message);
	return error;
}

/* Its mailbox has just become crowded. */
LN_NOINLINE static void warn_crowded(struct ln_process *process)
{
	process->environment->on_crowded(process,
					 ln_mailbox_count(&process->mailbox));
}

/* Notes when it is sent. */
LN_NOINLINE static void measure(struct ln_message *message)
{
	uint32_t weight;

	message->sent = ln_measure_message(&weight);
	ln_assert(weight <= UINT16_MAX);
	message->weight = (uint16_t)weight;
}

static inline int send(struct ln_process *process, struct ln_message *message,
		       bool wait, int64_t deadline)
{
	LN_PROBE_SEND(process, message->tag, message->size);
	if (ln_count_message())
		measure(message);
	switch (ln_mailbox_push(&process->mailbox, message)) {
	case LN_PUSH_WAKE:
		ln_task_wake(&process->task);
		return 0;
	case LN_PUSH_QUEUED:
		return 0;
	case LN_PUSH_CROWDED:
		warn_crowded(process);
		return 0;
	case LN_PUSH_FULL:
		ln_count_dropped();
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
	if (!ln_process_is_remote(process))
		return 0;
	return process->remote->wait_for_room(process, deadline);
}

void ln_process_kill(struct ln_process *process)
{
	bool dead;

	if (ln_process_is_remote(process)) {
		process->remote->kill(process);
		return;
	}
	ln_process_lock(process);
	dead = process->dead;
	ln_process_unlock(process);
	if (!dead)
		ln_task_interrupt(&process->task);
}

/* Tells a process, whose lock is held, that a link failed. True: `message`,
 * which may be NULL, is in its mailbox. */
static bool tell_death(struct ln_process *process, struct ln_message *message)
{
	ln_process_assert_locked(process);
	if (message != NULL &&
	    !atomic_load_explicit(&process->die_when_link_dies,
				  memory_order_relaxed)) {
		if (ln_mailbox_push_locked(&process->mailbox, message) ==
		    LN_PUSH_WAKE)
			ln_task_wake(&process->task);
		return true;
	}
	/* Killed also when memory is short: it must not go on as if nothing had
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

	ln_process_lock(process);
	linked = ln_links_remove(&process->links, peer);
	if (linked)
		sent = tell_death(process, message);
	ln_process_unlock(process);
	if (!sent)
		ln_message_free(message);
	if (linked)
		ln_process_release(peer);
}

static void drop_link(struct ln_process *process, struct ln_process *peer)
{
	bool linked;

	ln_process_lock(process);
	linked = ln_links_remove(&process->links, peer);
	ln_process_unlock(process);
	if (linked)
		ln_process_release(peer);
}

uint32_t ln_process_link_room(struct ln_process *process)
{
	uint32_t max = process->environment->limits.max_links;
	uint64_t deaths = ln_mailbox_deaths(&process->mailbox);

	ln_process_assert_locked(process);
	return deaths < max ? max - (uint32_t)deaths : 0;
}

/* Adds one side of a link; LN_EDEAD when the owner has ended. */
static int add_link(struct ln_process *process, struct ln_process *peer,
		    int64_t tag, enum ln_outcome *outcome)
{
	int error = LN_EDEAD;

	ln_process_lock(process);
	if (!process->dead)
		error = ln_links_set(&process->links, peer, tag,
				     ln_process_link_room(process),
				     process->environment->charged);
	else
		*outcome = process->outcome;
	ln_process_unlock(process);
	return error;
}

static int link(struct ln_process *self, struct ln_process *peer,
		int64_t self_tag, int64_t peer_tag)
{
	enum ln_outcome outcome = LN_OUTCOME_NORMAL;
	int error;

	ln_assert(!ln_process_is_remote(self));
	if (self == peer)
		return 0;
	if (ln_process_is_remote(peer))
		return peer->remote->link(self, peer, self_tag, peer_tag);
	/* The table of a process holds the tags that its peers are told. */
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

int ln_process_link(struct ln_process *self, struct ln_process *peer,
		    int64_t self_tag, int64_t peer_tag)
{
	int error = link(self, peer, self_tag, peer_tag);

	if (error == 0 &&
	    (ln_process_is_traced(self) || ln_process_is_traced(peer)))
		self->environment->on_link(self, peer, true);
	return error;
}

int ln_process_link_gone(struct ln_process *self, int64_t tag)
{
	struct ln_message *message =
		ln_message_new(LN_MESSAGE_LINK_DIED, tag, 0);
	bool sent = false;
	int error = 0;

	ln_process_lock(self);
	if (ln_process_link_room(self) == 0)
		error = LN_ELIMIT;
	else
		sent = tell_death(self, message);
	ln_process_unlock(self);
	if (!sent)
		ln_message_free(message);
	return error;
}

static void unlink_both(struct ln_process *self, struct ln_process *peer)
{
	if (ln_process_is_remote(peer)) {
		peer->remote->unlink(self, peer);
		return;
	}
	drop_link(self, peer);
	drop_link(peer, self);
}

void ln_process_unlink(struct ln_process *self, struct ln_process *peer)
{
	unlink_both(self, peer);
	if (ln_process_is_traced(self) || ln_process_is_traced(peer))
		self->environment->on_link(self, peer, false);
}

/* Probes see every message; monitors count those taken under their tags. */
static inline void note_taken(struct ln_process *self,
			      struct ln_message *message)
{
	LN_PROBE_RECEIVE(self, message->tag, message->size);
	if (LN_UNLIKELY(message->weight > 0)) {
		ln_sched_message_received(message->sent, message->weight);
		message->weight = 0;
	}
	if (LN_UNLIKELY(self->mailbox.picky))
		self->mailbox.note_taken(&self->mailbox, message);
	if (ln_process_is_traced(self))
		self->environment->on_receive(self, message);
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

void ln_process_settle_links(struct ln_process *process, struct ln_links *links,
			     bool failed)
{
	uint32_t slots = ln_links_slots(links);
	uint32_t told = 0;

	for (uint32_t i = 0; i < slots; i++) {
		int64_t tag;
		struct ln_process *peer = ln_links_at(links, i, &tag);

		if (i % SLOTS_AFTER == SLOTS_AFTER - 1)
			ln_task_rest();
		if (peer == NULL)
			continue;
		if (ln_process_is_remote(peer))
			peer->remote->link_ended(peer, process, failed);
		else if (failed)
			link_died(peer, process, tag);
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

	ln_assert(process->dead);
	if (process->outcome == LN_OUTCOME_EXITED)
		end.code = process->exit_code;
	return end;
}

void ln_remote_init(struct ln_process *process,
		    const struct ln_remote_class *class, const uint8_t id[16])
{
	process->remote = class;
	memcpy(process->id, id, sizeof(process->id));
	atomic_init(&process->references, 1);
	ln_mailbox_init(&process->mailbox, 0, 0, NULL);
	process->mailbox.closed = true;
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
	ln_process_lock(process);
	known = ln_links_remove(&process->links, remote);
	ln_process_lock(remote);
	linked = ln_links_take(&remote->links, process, &tag);
	ln_process_unlock(remote);
	if (known && failed) {
		if (message != NULL)
			message->tag = tag;
		sent = tell_death(process, message);
	}
	ln_process_unlock(process);
	if (!sent)
		ln_message_free(message);
	if (known)
		ln_process_release(remote);
	if (linked)
		ln_process_release(process);
	return known;
}
