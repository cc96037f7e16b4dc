/*
 * DESIGN
 * A monitor is in two places: in the table of who watches, by its tag, under
 * that one's lock; and in the list of the watched one, under the lock of that.
 * Each place holds a reference; the two locks are never held at a time. Whoever
 * takes it out of the list gets that reference and tells, so it is told once.
 * Once it is out of the table, a message that comes later is dropped: a monitor
 * is closed when the table does not have it.
 *
 * A request has one monitor for as long as it waits. So the first one is beside
 * the table, and one that has not told is kept for the next request, with its
 * message and its charge, until the process ends.
 *
 * The message is made with the monitor, so that no end goes untold for lack of
 * memory. Full mailboxes accept it. Such messages are bounded because the
 * monitor stays in the table, and counts, until its message is taken.
 *
 * Tags count up from a number that is drawn at random, so that those of two
 * processes do not meet and nobody guesses one. A message under a tag that was
 * given out is let in only while its monitor is in the table and has not told.
 * So the sender's own push drops an answer to a request that is over, and
 * nothing has to be kept about it.
 */
#include "process/monitors.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/random.h"
#include "base/refs.h"
#include "engine/account.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/message.h"
#include "process/process.h"
#include "process/remote.h"

/* What a monitor is charged at: itself, its message, its place in the table. */
#define MONITOR_BYTES 512u

/* Watchers that are told before others may run. */
#define REST_AFTER 64

/* Tags that are reserved at once, so that not each takes the lock. */
#define TAGS_AT_ONCE 32

_Static_assert((int)LN_REASON_NORMAL == (int)LN_OUTCOME_NORMAL &&
		       (int)LN_REASON_EXITED == (int)LN_OUTCOME_EXITED &&
		       (int)LN_REASON_TRAPPED == (int)LN_OUTCOME_TRAPPED &&
		       (int)LN_REASON_KILLED == (int)LN_OUTCOME_KILLED,
	       "two numbers for one reason");

bool ln_message_end(const struct ln_message *message, struct ln_end *end)
{
	uint32_t numbers[2];

	if (message->kind != LN_MESSAGE_ENDED)
		return false;
	memcpy(numbers, message->data, sizeof(numbers));
	end->reason = (enum ln_reason)numbers[0];
	end->code = numbers[1];
	return true;
}

uint64_t ln_message_ended(const struct ln_message *message)
{
	uint64_t number = 0;

	if (message->kind == LN_MESSAGE_ENDED && message->size >= LN_END_SIZE)
		memcpy(&number, message->data + LN_END_SIZE - sizeof(number),
		       sizeof(number));
	return number;
}

void ln_watchers_add(struct ln_process *process, struct ln_watcher *watcher)
{
	ln_process_assert_locked(process);
	ln_assert(!process->dead && watcher->at == NULL);
	watcher->next = process->watchers;
	watcher->at = &process->watchers;
	if (watcher->next != NULL)
		watcher->next->at = &watcher->next;
	process->watchers = watcher;
}

bool ln_watchers_remove(struct ln_watcher *watcher)
{
	if (watcher->at == NULL)
		return false;
	ln_assert(*watcher->at == watcher);
	*watcher->at = watcher->next;
	if (watcher->next != NULL)
		watcher->next->at = watcher->at;
	watcher->at = NULL;
	return true;
}

void ln_watchers_tell(struct ln_process *process, const struct ln_end *end)
{
	uint32_t told = 0;

	for (;;) {
		struct ln_watcher *watcher;

		ln_process_lock(process);
		watcher = process->watchers;
		if (watcher != NULL)
			ln_watchers_remove(watcher);
		ln_process_unlock(process);
		if (watcher == NULL)
			return;
		watcher->ended(watcher, end);
		if (++told % REST_AFTER == 0)
			ln_task_rest();
	}
}

void ln_monitor_release(struct ln_monitor *monitor)
{
	if (!ln_refs_release(&monitor->references))
		return;
	/* It is in no list: that held a reference. */
	ln_assert(monitor->watcher.at == NULL);
	ln_message_free(monitor->notice);
	ln_account_refund(monitor->self->environment->charged, NULL,
			  MONITOR_BYTES);
	if (monitor->process != NULL)
		ln_process_release(monitor->process);
	ln_process_release(monitor->self);
	free(monitor);
}

static struct ln_monitors *monitors_of(struct ln_process *process)
{
	return process->extra != NULL ? &process->extra->monitors : NULL;
}

/* The monitor of a tag, or NULL; under the lock of its process. */
static struct ln_monitor *find(const struct ln_monitors *monitors, int64_t tag)
{
	if (monitors == NULL)
		return NULL;
	if (monitors->one != NULL && monitors->one->tag == tag)
		return monitors->one;
	if (ln_handles_count(&monitors->table) == 0)
		return NULL;
	return ln_handles_get(&monitors->table,
			      (uint64_t)tag - monitors->first_tag);
}

/* Whether a tag was given out, or is reserved; under the lock. No monitor is
 * under those that are only reserved. */
static bool is_own(const struct ln_monitors *monitors, int64_t tag)
{
	return monitors != NULL &&
	       (uint64_t)tag - monitors->first_tag < monitors->table.next_id;
}

/* Whether a message may be let in; see struct ln_mailbox. Under the lock. */
static bool admit(struct ln_mailbox *mailbox, const struct ln_message *message)
{
	struct ln_process *process =
		ln_container_of(mailbox, struct ln_process, mailbox);
	struct ln_monitors *monitors = monitors_of(process);
	struct ln_monitor *monitor;

	ln_process_assert_locked(process);
	if (!is_own(monitors, message->tag))
		return true;
	monitor = find(monitors, message->tag);
	if (monitor == NULL || monitor->notice == NULL)
		return false;
	monitor->arrived++;
	return true;
}

/* The process that watches is told, if it still wants to be. */
static void ended(struct ln_watcher *watcher, const struct ln_end *end)
{
	struct ln_monitor *monitor =
		ln_container_of(watcher, struct ln_monitor, watcher);
	struct ln_process *self = monitor->self;
	struct ln_message *notice = monitor->notice;
	uint64_t number = monitor->number;
	uint32_t numbers[] = { end->reason, end->code };

	ln_assert(notice != NULL); /* who took it out of the list tells once */
	/* Small enough for the message itself. */
	if (number == 0 && monitor->process != NULL)
		number = ln_directory_id(&monitor->process->entry);
	(void)ln_message_write(notice, numbers, sizeof(numbers), LN_END_SIZE);
	(void)ln_message_write(notice, &number, sizeof(number), LN_END_SIZE);
	ln_process_lock(self);
	if (!self->dead && find(monitors_of(self), monitor->tag) == monitor) {
		monitor->notice = NULL;
		if (ln_mailbox_push_locked(&self->mailbox, notice) ==
		    LN_PUSH_WAKE)
			ln_task_wake(&self->task);
	}
	ln_process_unlock(self);
	ln_monitor_release(monitor);
}

/* Tags are negative, and so far from 0 that programs do not choose them. */
static uint64_t draw_first_tag(void)
{
	uint64_t tag;

	ln_random_bytes(&tag, sizeof(tag));
	return tag >> 2 | UINT64_C(1) << 63;
}

/* Whether it is found by the id of its process; not by one that no process can
 * have. */
static bool is_numbered(const struct ln_monitor *monitor)
{
	return monitor->number - 1 < UINT64_MAX - 1;
}

/* Takes a monitor out of the table; under the lock of its process. */
static void take_out(struct ln_monitors *monitors, struct ln_monitor *monitor)
{
	struct ln_table_slot *slot;

	if (monitors->one == monitor)
		monitors->one = NULL;
	else
		ln_handles_remove(&monitors->table,
				  (uint64_t)monitor->tag - monitors->first_tag);
	if (!is_numbered(monitor))
		return;
	slot = ln_table_find(&monitors->numbers, monitor->number);
	ln_assert(slot != NULL && slot->value == monitor);
	ln_table_remove(&monitors->numbers, slot);
}

/* One that told of an end ends its monitor. See struct ln_mailbox. */
static void note_taken(struct ln_mailbox *mailbox,
		       const struct ln_message *message)
{
	struct ln_process *self =
		ln_container_of(mailbox, struct ln_process, mailbox);
	struct ln_monitors *monitors = monitors_of(self);
	struct ln_monitor *monitor = find(monitors, message->tag);

	if (monitor == NULL)
		return;
	/* The death of a link may have the same tag, which a guest chooses. */
	if (message->kind == LN_MESSAGE_DATA) {
		ln_assert(monitor->arrived != monitor->taken);
		monitor->taken++;
	}
	if (message->kind != LN_MESSAGE_ENDED)
		return;
	ln_process_lock(self);
	take_out(monitors, monitor);
	ln_process_unlock(self);
	ln_monitor_release(monitor);
}

/* The monitors of the running process, which begin with its first tag. */
static struct ln_monitors *begin(struct ln_process *self)
{
	struct ln_extra *extra = ln_extra_of(self);

	if (extra == NULL)
		return NULL;
	if (!self->mailbox.picky) {
		extra->monitors.first_tag = draw_first_tag();
		extra->monitors.numbers.keyed = true;
		ln_process_lock(self);
		self->mailbox.admit = admit;
		self->mailbox.note_taken = note_taken;
		self->mailbox.picky = true;
		ln_process_unlock(self);
	}
	return &extra->monitors;
}

int ln_process_new_tag(struct ln_process *self, int64_t *tag)
{
	struct ln_monitors *monitors = begin(self);

	if (monitors == NULL)
		return LN_ENOMEM;
	if (monitors->next == monitors->table.next_id) {
		ln_process_lock(self);
		monitors->table.next_id += TAGS_AT_ONCE;
		ln_process_unlock(self);
	}
	*tag = (int64_t)(monitors->first_tag + monitors->next++);
	return 0;
}

static int make_new(struct ln_process *self, struct ln_monitor **out)
{
	struct ln_account *account = self->environment->charged;
	struct ln_monitor *monitor;
	struct ln_message *notice;

	if (!ln_account_charge(account, MONITOR_BYTES))
		return LN_EMEMORY;
	monitor = calloc(1, sizeof(*monitor));
	notice = ln_message_new(LN_MESSAGE_ENDED, 0, 0);
	if (monitor == NULL || notice == NULL) {
		ln_account_refund(account, NULL, MONITOR_BYTES);
		ln_message_free(notice);
		free(monitor);
		return LN_ENOMEM;
	}
	monitor->watcher.ended = ended;
	atomic_init(&monitor->references, 2);
	monitor->self = ln_process_retain(self);
	monitor->notice = notice;
	*out = monitor;
	return 0;
}

/* The spare one, or a new one, which is in no place yet. */
static int make(struct ln_process *self, struct ln_process *process,
		int64_t tag, struct ln_monitor **out)
{
	struct ln_monitors *monitors = monitors_of(self);
	struct ln_monitor *monitor = monitors->spare;
	int error = 0;

	if (monitor != NULL)
		monitors->spare = NULL;
	else
		error = make_new(self, &monitor);
	if (error < 0)
		return error;
	if (process != NULL)
		monitor->process = ln_process_retain(process);
	monitor->tag = monitor->notice->tag = tag;
	*out = monitor;
	return 0;
}

/* Enters it into the list of a local process; what comes of one that has ended
 * is told at once. */
static void watch(struct ln_process *process, struct ln_monitor *monitor)
{
	struct ln_end end = { .reason = LN_REASON_NORMAL };
	bool dead;

	ln_process_lock(process);
	dead = process->dead;
	if (dead)
		end = ln_process_end(process);
	else
		ln_watchers_add(process, &monitor->watcher);
	ln_process_unlock(process);
	if (dead)
		ended(&monitor->watcher, &end);
}

/* Puts it where it is found by its tag. Under the lock. */
static int put(struct ln_monitors *monitors, uint32_t limit,
	       struct ln_monitor *monitor)
{
	if (monitors->one != NULL) {
		/* That one counts. */
		return limit == 0 ? LN_ELIMIT
				  : ln_handles_put(&monitors->table, limit - 1,
						   monitor,
						   (uint64_t)monitor->tag -
							   monitors->first_tag);
	}
	if (ln_handles_count(&monitors->table) >= limit)
		return LN_ELIMIT;
	monitors->one = monitor;
	return 0;
}

/* Puts it into the table, which others read under the lock. */
static int enter(struct ln_process *self, struct ln_monitors *monitors,
		 struct ln_monitor *monitor)
{
	struct ln_table_slot *slot;
	int error;

	ln_process_lock(self);
	error = put(monitors, self->environment->limits.max_links, monitor);
	if (error == 0 && is_numbered(monitor)) {
		slot = ln_table_add(&monitors->numbers, monitor->number);
		if (slot != NULL) {
			slot->value = monitor;
		} else {
			monitor->number = 0;
			take_out(monitors, monitor);
			error = LN_ENOMEM;
		}
	}
	ln_process_unlock(self);
	return error;
}

/* Begins a monitor under a tag that was given out. */
static int start(struct ln_process *self, struct ln_process *process,
		 int64_t tag, uint64_t number)
{
	static const struct ln_end gone = { .reason = LN_REASON_NO_PROCESS };
	struct ln_monitors *monitors = monitors_of(self);
	struct ln_monitor *monitor;
	int error = make(self, process, tag, &monitor);

	if (error < 0)
		return error;
	monitor->number = number;
	error = enter(self, monitors, monitor);
	if (error < 0) {
		ln_monitor_release(monitor);
		ln_monitor_release(monitor);
		return error;
	}
	if (process == NULL)
		ended(&monitor->watcher, &gone);
	else if (ln_process_is_remote(process))
		process->remote->monitor(process, monitor);
	else
		watch(process, monitor);
	return 0;
}

int ln_process_monitor_as(struct ln_process *self, struct ln_process *process,
			  int64_t tag)
{
	struct ln_monitors *monitors = monitors_of(self);

	/* Only this process changes the table. */
	if (monitors == NULL ||
	    (uint64_t)tag - monitors->first_tag >= monitors->next ||
	    find(monitors, tag) != NULL)
		return LN_EINVAL;
	return start(self, process, tag, 0);
}

int ln_process_monitor(struct ln_process *self, struct ln_process *process,
		       int64_t *tag)
{
	int error = ln_process_new_tag(self, tag);

	if (error == 0)
		error = start(self, process, *tag, 0);
	return error;
}

int ln_process_watch(struct ln_process *self, uint64_t number,
		     struct ln_process *process)
{
	const struct ln_monitors *monitors = monitors_of(self);
	int64_t tag;
	int error;

	if (monitors != NULL &&
	    ln_table_find(&monitors->numbers, number) != NULL)
		return 0;
	error = ln_process_new_tag(self, &tag);
	if (error == 0)
		error = start(self, process, tag, number);
	return error;
}

/* Takes a monitor that was in the table out of the list of the watched one. */
static void cancel(struct ln_monitor *monitor)
{
	struct ln_process *process = monitor->process;
	bool listed;

	if (process == NULL) {
		ln_monitor_release(monitor);
		return;
	}
	ln_process_lock(process);
	listed = ln_watchers_remove(&monitor->watcher);
	if (listed && ln_process_is_remote(process))
		process->remote->demonitor(process, monitor);
	ln_process_unlock(process);
	if (listed)
		ln_monitor_release(monitor);
	ln_monitor_release(monitor);
}

/* Keeps one that nobody can find any more, if it has not told; or releases the
 * references of both places. */
static void keep(struct ln_monitors *monitors, struct ln_monitor *monitor)
{
	/* Pairs with the release of a reference by ln_monitor_release. */
	if (monitors->spare != NULL ||
	    atomic_load_explicit(&monitor->references, memory_order_acquire) !=
		    2) {
		ln_monitor_release(monitor);
		ln_monitor_release(monitor);
		return;
	}
	ln_assert(monitor->notice != NULL && monitor->watcher.at == NULL);
	ln_process_release(monitor->process);
	monitor->process = NULL;
	monitor->number = 0;
	monitor->arrived = monitor->taken = 0;
	monitors->spare = monitor;
}

/* The same as cancel, for one that may be used again. */
static void cancel_kept(struct ln_monitors *monitors,
			struct ln_monitor *monitor)
{
	struct ln_process *process = monitor->process;
	bool listed;

	if (process == NULL || ln_process_is_remote(process)) {
		cancel(monitor);
		return;
	}
	ln_process_lock(process);
	listed = ln_watchers_remove(&monitor->watcher);
	ln_process_unlock(process);
	if (listed)
		keep(monitors, monitor);
	else
		ln_monitor_release(monitor);
}

/* Throws away what is in the mailbox under a tag, `count` at most. */
static void flush(struct ln_process *self, int64_t tag, uint32_t count)
{
	struct ln_message *message;

	while (count-- > 0 && ln_process_receive(self, (const uint8_t *)&tag, 1,
						 0, false, &message) == 0)
		ln_message_free(message);
}

bool ln_process_demonitor(struct ln_process *self, int64_t tag)
{
	struct ln_monitors *monitors = monitors_of(self);
	struct ln_monitor *monitor = find(monitors, tag);
	uint32_t left;
	bool told;

	if (monitor == NULL)
		return false;
	ln_process_lock(self);
	told = monitor->notice == NULL;
	left = monitor->arrived - monitor->taken + told;
	take_out(monitors, monitor);
	ln_process_unlock(self);
	cancel_kept(monitors, monitor);
	flush(self, tag, left);
	return !told;
}

void ln_process_unwatch(struct ln_process *self, uint64_t number)
{
	const struct ln_monitors *monitors = monitors_of(self);
	const struct ln_table_slot *slot = NULL;

	if (monitors != NULL)
		slot = ln_table_find(&monitors->numbers, number);
	if (slot != NULL)
		ln_process_demonitor(
			self, ((const struct ln_monitor *)slot->value)->tag);
}

static void cancel_any(void *monitor)
{
	cancel(monitor);
}

void ln_monitors_end(struct ln_monitors *monitors)
{
	if (monitors->one != NULL)
		cancel(monitors->one);
	monitors->one = NULL;
	ln_handles_deinit(&monitors->table, cancel_any);
	if (monitors->spare != NULL) {
		ln_monitor_release(monitors->spare);
		ln_monitor_release(monitors->spare);
	}
	monitors->spare = NULL;
	ln_table_deinit(&monitors->numbers, ln_task_rest_if_free);
}

struct ln_monitor *ln_monitor_find(struct ln_process *self, int64_t tag)
{
	struct ln_monitor *monitor = NULL;

	ln_process_lock(self);
	if (!self->dead)
		monitor = find(monitors_of(self), tag);
	if (monitor != NULL && (monitor->process == NULL ||
				!ln_process_is_remote(monitor->process)))
		monitor = NULL;
	if (monitor != NULL)
		ln_refs_retain(&monitor->references);
	ln_process_unlock(self);
	return monitor;
}
