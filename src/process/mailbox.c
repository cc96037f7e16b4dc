/*
 * DESIGN
 * Two stages. Senders append to `incoming`, a linked list, under the lock; the
 * owner moves the whole list to its own queue, an array of tag and pointer,
 * when it has looked through that. So a search by tag runs over memory that is
 * contiguous and that nobody else writes.
 *
 * A sender compares a message with what the owner waits for, and asks for a
 * wake-up only on a match; with many tags it asks always, since it must not
 * work long under the lock. The tags lie in the owner's memory and do not
 * change while it waits; at any other time nobody else looks at them.
 *
 * No wake-up is lost: the owner sets `waiting` under the lock, having seen
 * `incoming` and `found` empty under the same lock; a push after that sees
 * `waiting`. The owner then parks; a wake-up that comes first is a token (see
 * sched/task.c).
 *
 * A mailbox may hold millions. Whatever the owner does with all of them, it
 * does in pieces, between which others run: nobody else looks at its queue, and
 * what it has taken from `incoming` is its own.
 *
 * Bounds: a sender compares what was ever let in with what was ever taken out.
 * The owner raises the latter without the lock; a sender that reads an old
 * value refuses a message too many, never lets one in too many.
 *
 * Noticing that a mailbox is crowded costs no extra check: a push compares with
 * `allowed_messages` anyway, which is raised when it is reached.
 *
 * Where the environment bounds the memory of all, `allowed_bytes` is small at
 * first and is raised by what is charged to its account, some messages at a
 * time; the owner gives that back when it finds the mailbox empty. So a message
 * of usual size costs nothing more.
 */
#include "process/mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/account.h"
#include "process/message.h"
#include "sched/bulk.h"
#include "sched/task.h"

#define MIN_ROOM 8
#define KEPT_ROOM 256
#define COMPARE_MAX 4096   /* comparisons in one call of ln_mailbox_take */
#define FILTER_MAX 8       /* tags that a sender compares with */
#define CHARGE_MIN 65536u  /* bytes, unless fewer may be charged */
#define REST_AFTER 256     /* messages that are freed before others may run */
#define ENTRIES_AFTER 1024 /* that are moved before */

void ln_mailbox_init(struct ln_mailbox *mailbox, uint64_t max_messages,
		     uint64_t max_bytes, struct ln_account *account)
{
	*mailbox = (struct ln_mailbox){
		.allowed_messages = LN_MAILBOX_CROWDED,
		.max_messages = max_messages ? max_messages : UINT64_MAX,
		.max_bytes = max_bytes ? max_bytes : UINT64_MAX,
		.account = account,
	};
	if (mailbox->allowed_messages > mailbox->max_messages)
		mailbox->allowed_messages = mailbox->max_messages;
	mailbox->allowed_bytes = mailbox->max_bytes;
	if (account != NULL && mailbox->allowed_bytes > LN_MAILBOX_FREE)
		mailbox->allowed_bytes = LN_MAILBOX_FREE;
	mailbox->incoming_end = &mailbox->incoming;
}

static int64_t tag_at(const uint8_t *tags, uint32_t index)
{
	int64_t tag;

	memcpy(&tag, tags + (size_t)index * sizeof(tag), sizeof(tag));
	return tag;
}

static bool matches(int64_t tag, const uint8_t *tags, uint32_t count)
{
	if (tag == 0)
		return false; /* untagged messages match no tag */
	for (uint32_t i = 0; i < count; i++) {
		if (tag_at(tags, i) == tag)
			return true;
	}
	return false;
}

/* Charges the account for room for a message beside `bytes` others, and for
 * some more if it allows that; false: there is none. Under the lock. */
LN_NOINLINE static bool charge(struct ln_mailbox *mailbox, uint64_t bytes,
			       size_t weight)
{
	uint64_t max = mailbox->max_bytes - mailbox->allowed_bytes;
	uint64_t min;
	uint64_t more;

	ln_lock_assert(&mailbox->lock);
	if (bytes > mailbox->max_bytes || weight > mailbox->max_bytes - bytes)
		return false;
	ln_assert(bytes + weight > mailbox->allowed_bytes);
	min = bytes + weight - mailbox->allowed_bytes;
	more = min > CHARGE_MIN ? min : CHARGE_MIN;
	if (more > max)
		more = max;
	if (!ln_account_charge(mailbox->account, more)) {
		more = min;
		if (!ln_account_charge(mailbox->account, more))
			return false;
	}
	mailbox->charged_some = true;
	mailbox->charged += more;
	mailbox->allowed_bytes += more;
	ln_assert(mailbox->allowed_bytes <= mailbox->max_bytes);
	return true;
}

/* The mailbox is empty, or is freed. Under the lock. */
LN_NOINLINE static void refund(struct ln_mailbox *mailbox)
{
	ln_lock_assert(&mailbox->lock);
	ln_assert(mailbox->charged <= mailbox->allowed_bytes);
	ln_account_refund(mailbox->account, NULL, mailbox->charged);
	mailbox->allowed_bytes -= mailbox->charged;
	mailbox->charged = 0;
	mailbox->charged_some = false;
}

/* Messages in it; under the lock. */
static uint64_t count_of(const struct ln_mailbox *mailbox)
{
	uint64_t taken =
		atomic_load_explicit(&mailbox->taken, memory_order_relaxed);

	ln_lock_assert(&mailbox->lock);
	/* A message is counted before the owner can find it. */
	ln_assert(mailbox->pushed >= taken);
	return mailbox->pushed - taken;
}

/* Whether the bytes of a data message fit; under the lock. */
static inline bool has_room(struct ln_mailbox *mailbox, size_t weight)
{
	uint64_t taken = atomic_load_explicit(&mailbox->taken_bytes,
					      memory_order_relaxed);
	uint64_t bytes = mailbox->pushed_bytes - taken;

	ln_lock_assert(&mailbox->lock);
	/* A message weighs the same when it is pushed and when it is taken. */
	ln_assert(mailbox->pushed_bytes >= taken);
	if (LN_LIKELY(bytes <= mailbox->allowed_bytes &&
		      weight <= mailbox->allowed_bytes - bytes))
		return true;
	return mailbox->allowed_bytes < mailbox->max_bytes &&
	       charge(mailbox, bytes, weight);
}

/* Puts a message where the owner finds it; under the lock. */
static enum ln_push deliver(struct ln_mailbox *mailbox,
			    struct ln_message *message)
{
	bool many = mailbox->wanted_count > FILTER_MAX;
	bool match = mailbox->waiting &&
		     (mailbox->wanted_count == 0 ||
		      (!many && matches(message->tag, mailbox->wanted,
					mailbox->wanted_count)));

	ln_lock_assert(&mailbox->lock);
	ln_assert(!mailbox->closed && message->next == NULL);
	ln_assert(*mailbox->incoming_end == NULL);
	mailbox->arrived = true;
	if (match) {
		/* It waits for one, and has not been given any. */
		ln_assert(atomic_load_explicit(&mailbox->found,
					       memory_order_relaxed) == NULL);
		mailbox->waiting = false;
		/* Release pairs with the acquire in take_found. */
		atomic_store_explicit(&mailbox->found, message,
				      memory_order_release);
		return LN_PUSH_WAKE;
	}
	*mailbox->incoming_end = message;
	mailbox->incoming_end = &message->next;
	if (!mailbox->waiting || !many)
		return LN_PUSH_QUEUED;
	mailbox->waiting = false;
	return LN_PUSH_WAKE;
}

/* Lets a data message into a mailbox that has `allowed_messages`, if it may
 * have more. That it is crowded is reported by a push that wakes nobody, since
 * a push returns only one result. */
LN_NOINLINE static enum ln_push push_beyond(struct ln_mailbox *mailbox,
					    struct ln_message *message,
					    size_t weight)
{
	enum ln_push result;

	ln_lock_assert(&mailbox->lock);
	if (count_of(mailbox) >= mailbox->max_messages ||
	    !has_room(mailbox, weight)) {
		mailbox->dropped++;
		return LN_PUSH_FULL;
	}
	mailbox->pushed++;
	mailbox->pushed_bytes += weight;
	result = deliver(mailbox, message);
	/* It may have been emptied since its bound was compared. */
	if (result != LN_PUSH_QUEUED ||
	    count_of(mailbox) <= mailbox->allowed_messages)
		return result;
	while (mailbox->allowed_messages < count_of(mailbox))
		mailbox->allowed_messages *= 2;
	if (mailbox->allowed_messages > mailbox->max_messages)
		mailbox->allowed_messages = mailbox->max_messages;
	return LN_PUSH_CROWDED;
}

enum ln_push ln_mailbox_push_locked(struct ln_mailbox *mailbox,
				    struct ln_message *message)
{
	size_t weight = ln_message_weight(message);

	ln_lock_assert(&mailbox->lock);
	ln_assert(message->size <= message->capacity);
	message->next = NULL;
	if (LN_UNLIKELY(mailbox->closed | mailbox->picky)) {
		if (mailbox->closed)
			return LN_PUSH_CLOSED;
		if (message->kind == LN_MESSAGE_DATA &&
		    !mailbox->admit(mailbox, message))
			return LN_PUSH_UNWANTED;
	}
	if (message->kind != LN_MESSAGE_DATA) {
		mailbox->deaths += message->kind == LN_MESSAGE_LINK_DIED;
		return deliver(mailbox, message);
	}
	if (LN_UNLIKELY(count_of(mailbox) >= mailbox->allowed_messages))
		return push_beyond(mailbox, message, weight);
	if (LN_UNLIKELY(!has_room(mailbox, weight))) {
		mailbox->dropped++;
		return LN_PUSH_FULL;
	}
	mailbox->pushed++;
	mailbox->pushed_bytes += weight;
	return deliver(mailbox, message);
}

enum ln_push ln_mailbox_push(struct ln_mailbox *mailbox,
			     struct ln_message *message)
{
	enum ln_push result;

	ln_lock_acquire(&mailbox->lock);
	result = ln_mailbox_push_locked(mailbox, message);
	ln_lock_release(&mailbox->lock);
	return result;
}

/* Accounts for a message that leaves the mailbox, and returns it. */
static struct ln_message *taken(struct ln_mailbox *mailbox,
				struct ln_message *message)
{
	if (message->kind == LN_MESSAGE_DATA) {
		size_t weight = ln_message_weight(message);

		/* Only the owner writes these: no read-modify-write needed. */
		atomic_store_explicit(
			&mailbox->taken,
			atomic_load_explicit(&mailbox->taken,
					     memory_order_relaxed) +
				1,
			memory_order_relaxed);
		atomic_store_explicit(
			&mailbox->taken_bytes,
			atomic_load_explicit(&mailbox->taken_bytes,
					     memory_order_relaxed) +
				weight,
			memory_order_relaxed);
	} else if (message->kind == LN_MESSAGE_LINK_DIED) {
		atomic_fetch_add_explicit(&mailbox->deaths_taken, 1,
					  memory_order_relaxed);
	}
	message->next = NULL;
	return message;
}

/* Moves the entries to the front of the array, without holes. */
static void compact(struct ln_mailbox *mailbox, struct ln_wanted *wanted)
{
	size_t to = 0;
	size_t from = 0;

	for (size_t i = mailbox->head; i < mailbox->end; i++) {
		if (i == wanted->from)
			from = to;
		if (mailbox->queue[i].message != NULL)
			mailbox->queue[to++] = mailbox->queue[i];
		if (i % ENTRIES_AFTER == 0)
			ln_task_rest_if_free();
	}
	/* All that is left has moved, and nothing else. */
	ln_assert(to == mailbox->end - mailbox->head - mailbox->holes);
	if (wanted->from >= mailbox->end)
		from = to;
	wanted->from = from;
	mailbox->head = 0;
	mailbox->end = (uint32_t)to;
	mailbox->holes = 0;
}

/* Makes room for one more entry; false when memory is short. */
static bool make_room(struct ln_mailbox *mailbox, struct ln_wanted *wanted)
{
	size_t room = mailbox->room == 0 ? MIN_ROOM : mailbox->room * 2;
	struct ln_queued *queue;

	if (mailbox->end < mailbox->room)
		return true;
	if (mailbox->head + mailbox->holes > mailbox->room / 2) {
		compact(mailbox, wanted);
		return true;
	}
	if (room > LN_MAILBOX_ROOM)
		return false;
	queue = ln_bulk_resize(mailbox->queue, mailbox->room * sizeof(*queue),
			       mailbox->end * sizeof(*queue),
			       room * sizeof(*queue));
	if (queue == NULL)
		return false;
	mailbox->queue = queue;
	mailbox->room = room;
	return true;
}

/* Appends a list of incoming messages to the queue. What cannot be appended for
 * lack of memory goes back to where it came from: false. */
static bool append(struct ln_mailbox *mailbox, struct ln_wanted *wanted,
		   struct ln_message *list)
{
	struct ln_message *last;

	while (list != NULL) {
		struct ln_message *message = list;

		if (!make_room(mailbox, wanted))
			break;
		list = message->next;
		message->next = NULL;
		mailbox->queue[mailbox->end++] =
			(struct ln_queued){ .tag = message->tag,
					    .message = message };
		if (mailbox->end % ENTRIES_AFTER == 0)
			ln_task_rest_if_free();
	}
	if (LN_LIKELY(list == NULL))
		return true;
	last = list;
	for (size_t n = 1; last->next != NULL; n++) {
		last = last->next;
		if (n % ENTRIES_AFTER == 0)
			ln_task_rest_if_free();
	}
	ln_lock_acquire(&mailbox->lock);
	last->next = mailbox->incoming;
	if (mailbox->incoming == NULL)
		mailbox->incoming_end = &last->next;
	mailbox->incoming = list;
	ln_lock_release(&mailbox->lock);
	return false;
}

/* Takes an entry out of the queue. */
static struct ln_message *remove_at(struct ln_mailbox *mailbox, size_t index)
{
	struct ln_message *message = mailbox->queue[index].message;

	ln_assert(index >= mailbox->head && index < mailbox->end);
	ln_assert(message != NULL);
	mailbox->queue[index].message = NULL;
	mailbox->holes++;
	while (mailbox->head < mailbox->end &&
	       mailbox->queue[mailbox->head].message == NULL) {
		mailbox->head++;
		mailbox->holes--;
		if (mailbox->head % ENTRIES_AFTER == 0)
			ln_task_rest_if_free();
	}
	ln_assert(mailbox->holes <= mailbox->end - mailbox->head);
	if (mailbox->head == mailbox->end) {
		mailbox->head = 0;
		mailbox->end = 0;
		if (mailbox->room > KEPT_ROOM) {
			ln_bulk_free(mailbox->queue,
				     mailbox->room * sizeof(*mailbox->queue));
			mailbox->queue = NULL;
			mailbox->room = 0;
		}
	}
	return taken(mailbox, message);
}

/* Searches the queue from wanted->from on, until *compared is COMPARE_MAX. */
static enum ln_take search(struct ln_mailbox *mailbox, struct ln_wanted *wanted,
			   uint32_t *compared, struct ln_message **message)
{
	if (wanted->from < mailbox->head) {
		wanted->from = mailbox->head;
		wanted->tag = 0;
	}
	ln_assert(wanted->tag <= wanted->count);
	for (; wanted->from < mailbox->end; wanted->from++, wanted->tag = 0) {
		struct ln_queued *entry = &mailbox->queue[wanted->from];
		uint32_t left = wanted->count - wanted->tag;

		if (*compared >= COMPARE_MAX)
			return LN_TAKE_MORE;
		if (entry->message == NULL) {
			++*compared;
			continue;
		}
		if (left > COMPARE_MAX)
			left = COMPARE_MAX;
		*compared += left + 1;
		mailbox->compared += left + 1;
		if (wanted->count == 0 ||
		    matches(entry->tag, wanted->tags + (size_t)wanted->tag * 8,
			    left)) {
			*message = remove_at(mailbox, wanted->from);
			return LN_TAKE_FOUND;
		}
		wanted->tag += left;
		if (wanted->tag < wanted->count)
			return LN_TAKE_MORE;
	}
	return LN_TAKE_NONE;
}

/* The match that a sender left, or NULL. */
static struct ln_message *take_found(struct ln_mailbox *mailbox)
{
	struct ln_message *message =
		atomic_load_explicit(&mailbox->found, memory_order_acquire);

	if (message == NULL)
		return NULL;
	/* The next one comes only after the owner has waited again. */
	atomic_store_explicit(&mailbox->found, NULL, memory_order_relaxed);
	return taken(mailbox, message);
}

/* Takes all that has come in; notes what is wanted when that is nothing. */
static struct ln_message *take_incoming(struct ln_mailbox *mailbox,
					const struct ln_wanted *wanted)
{
	struct ln_message *list;

	ln_lock_acquire(&mailbox->lock);
	list = mailbox->incoming;
	ln_assert((list == NULL) ==
		  (mailbox->incoming_end == &mailbox->incoming));
	mailbox->incoming = NULL;
	mailbox->incoming_end = &mailbox->incoming;
	if (list == NULL && wanted != NULL &&
	    atomic_load_explicit(&mailbox->found, memory_order_relaxed) ==
		    NULL) {
		ln_assert(wanted->count == 0 || wanted->tags != NULL);
		mailbox->wanted = wanted->tags;
		mailbox->wanted_count = wanted->count;
		mailbox->waiting = true;
		if (LN_UNLIKELY(mailbox->charged_some) &&
		    mailbox->head == mailbox->end)
			refund(mailbox);
	}
	ln_lock_release(&mailbox->lock);
	return list;
}

enum ln_take ln_mailbox_take(struct ln_mailbox *mailbox,
			     struct ln_wanted *wanted,
			     struct ln_message **message)
{
	uint32_t compared = 0;

	for (;;) {
		struct ln_message *list;
		enum ln_take result;

		*message = take_found(mailbox);
		if (*message != NULL)
			return LN_TAKE_FOUND;
		result = search(mailbox, wanted, &compared, message);
		if (result != LN_TAKE_NONE)
			return result;
		list = take_incoming(mailbox, wanted);
		if (list == NULL) {
			*message = take_found(mailbox);
			return *message != NULL ? LN_TAKE_FOUND : LN_TAKE_NONE;
		}
		/* The common case: one message, and it is wanted. */
		if (list->next == NULL &&
		    (wanted->count == 0 ||
		     (wanted->count <= FILTER_MAX &&
		      matches(list->tag, wanted->tags, wanted->count)))) {
			*message = taken(mailbox, list);
			return LN_TAKE_FOUND;
		}
		if (!append(mailbox, wanted, list))
			return LN_TAKE_MORE;
	}
}

/* False: memory is short. */
static bool queue_incoming(struct ln_mailbox *mailbox)
{
	struct ln_wanted nothing = { 0 };

	return append(mailbox, &nothing, take_incoming(mailbox, NULL));
}

void ln_mailbox_skip(struct ln_mailbox *mailbox)
{
	(void)queue_incoming(mailbox);
}

struct ln_message *ln_mailbox_stop_waiting(struct ln_mailbox *mailbox)
{
	ln_lock_acquire(&mailbox->lock);
	mailbox->waiting = false;
	mailbox->wanted = NULL;
	mailbox->wanted_count = 0;
	ln_lock_release(&mailbox->lock);
	return take_found(mailbox);
}

/* Whether anything is in it that the owner has not queued. */
static bool has_incoming(const struct ln_mailbox *mailbox)
{
	ln_lock_assert(&mailbox->lock);
	return mailbox->incoming != NULL ||
	       atomic_load_explicit(&mailbox->found, memory_order_relaxed) !=
		       NULL;
}

/* The next push, whatever it is, wakes the owner. Under the lock. */
static void await_any(struct ln_mailbox *mailbox)
{
	ln_lock_assert(&mailbox->lock);
	mailbox->wanted = NULL;
	mailbox->wanted_count = 0;
	mailbox->waiting = true;
	if (LN_UNLIKELY(mailbox->charged_some) && mailbox->head == mailbox->end)
		refund(mailbox);
}

bool ln_mailbox_await(struct ln_mailbox *mailbox)
{
	bool some;

	ln_lock_acquire(&mailbox->lock);
	some = mailbox->head != mailbox->end || has_incoming(mailbox);
	if (!some)
		await_any(mailbox);
	ln_lock_release(&mailbox->lock);
	return some;
}

int ln_mailbox_await_arrival(struct ln_mailbox *mailbox)
{
	for (;;) {
		bool arrived;
		bool older;

		ln_lock_acquire(&mailbox->lock);
		arrived = mailbox->arrived;
		/* What the next push leaves in `found` is newer. */
		older = has_incoming(mailbox);
		if (!arrived && !older)
			await_any(mailbox);
		ln_lock_release(&mailbox->lock);
		if (arrived || !older)
			return arrived;
		if (!queue_incoming(mailbox))
			return LN_ENOMEM;
	}
}

bool ln_mailbox_has_arrived(struct ln_mailbox *mailbox)
{
	bool arrived;

	ln_lock_acquire(&mailbox->lock);
	arrived = mailbox->arrived;
	ln_lock_release(&mailbox->lock);
	return arrived;
}

bool ln_mailbox_notice(struct ln_mailbox *mailbox)
{
	bool arrived;

	ln_lock_acquire(&mailbox->lock);
	arrived = mailbox->arrived;
	mailbox->arrived = false;
	ln_lock_release(&mailbox->lock);
	return arrived;
}

void ln_mailbox_stop_awaiting(struct ln_mailbox *mailbox)
{
	struct ln_message *message;

	ln_lock_acquire(&mailbox->lock);
	mailbox->waiting = false;
	message = atomic_load_explicit(&mailbox->found, memory_order_relaxed);
	if (message != NULL) {
		/* It came before all that are incoming, and after all that
		 * are queued. */
		atomic_store_explicit(&mailbox->found, NULL,
				      memory_order_relaxed);
		message->next = mailbox->incoming;
		if (mailbox->incoming == NULL)
			mailbox->incoming_end = &message->next;
		mailbox->incoming = message;
	}
	ln_lock_release(&mailbox->lock);
}

size_t ln_mailbox_wanted_bytes(struct ln_mailbox *mailbox)
{
	size_t count = 0;

	ln_lock_acquire(&mailbox->lock);
	if (mailbox->waiting && mailbox->wanted_count <= FILTER_MAX)
		count = mailbox->wanted_count;
	ln_lock_release(&mailbox->lock);
	return count * sizeof(int64_t);
}

const uint8_t *ln_mailbox_want_from(struct ln_mailbox *mailbox,
				    const uint8_t *tags)
{
	const uint8_t *before;

	ln_lock_acquire(&mailbox->lock);
	before = mailbox->wanted;
	mailbox->wanted = tags;
	ln_lock_release(&mailbox->lock);
	return before;
}

void ln_mailbox_close_locked(struct ln_mailbox *mailbox)
{
	ln_lock_assert(&mailbox->lock);
	ln_assert(!mailbox->closed);
	mailbox->closed = true;
	mailbox->waiting = false;
}

void ln_mailbox_deinit(struct ln_mailbox *mailbox)
{
	struct ln_message *list = take_incoming(mailbox, NULL);
	uint64_t freed = 0;

	ln_message_free(take_found(mailbox));
	while (list != NULL) {
		struct ln_message *next = list->next;

		ln_message_free(taken(mailbox, list));
		list = next;
		if (++freed % REST_AFTER == 0)
			ln_task_rest();
	}
	for (size_t i = mailbox->head; i < mailbox->end; i++) {
		if (mailbox->queue[i].message != NULL)
			ln_message_free(
				taken(mailbox, mailbox->queue[i].message));
		if (++freed % REST_AFTER == 0)
			ln_task_rest();
	}
	ln_bulk_free(mailbox->queue, mailbox->room * sizeof(*mailbox->queue));
	mailbox->queue = NULL;
	mailbox->head = 0;
	mailbox->end = 0;
	mailbox->room = 0;
	mailbox->holes = 0;
	ln_lock_acquire(&mailbox->lock);
	/* Nothing came after it was closed. */
	ln_assert(mailbox->closed && mailbox->incoming == NULL);
	ln_assert(count_of(mailbox) == 0);
	refund(mailbox);
	ln_lock_release(&mailbox->lock);
}

uint64_t ln_mailbox_deaths(struct ln_mailbox *mailbox)
{
	uint64_t taken = atomic_load_explicit(&mailbox->deaths_taken,
					      memory_order_relaxed);

	ln_lock_assert(&mailbox->lock);
	ln_assert(mailbox->deaths >= taken);
	return mailbox->deaths - taken;
}

uint64_t ln_mailbox_count(struct ln_mailbox *mailbox)
{
	uint64_t count;

	ln_lock_acquire(&mailbox->lock);
	count = count_of(mailbox);
	ln_lock_release(&mailbox->lock);
	return count;
}
