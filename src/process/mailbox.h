/*
 * The mailbox of a process: any thread pushes, the process itself takes. It
 * knows nothing of the scheduler: a push says whether the owner must be woken,
 * and that bit is the only link between the two.
 */
#ifndef LN_PROCESS_MAILBOX_H
#define LN_PROCESS_MAILBOX_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/futex.h"

struct ln_account;
struct ln_message;

/* What waits in the queue; a copy of the tag keeps a search in the cache. */
struct ln_queued {
	int64_t tag;
	struct ln_message *message; /* NULL: taken out of the middle */
};

/* Whether the owner is to do something when it next receives; see
 * process/change.h. */
enum ln_asked {
	LN_ASKED_NOTHING,
	LN_ASKED_NOW,   /* also while it waits */
	LN_ASKED_LATER, /* not in the wait that is under way */
};

/* Two lines of the cache hold what a message touches. */
struct ln_mailbox {
	/* Under `lock`: senders and owner. */
	struct ln_lock lock;
	uint32_t wanted_count;       /* tags in `wanted`; 0: any message */
	const uint8_t *wanted;       /* i64 each, little-endian, unaligned */
	struct ln_message *incoming; /* pushed since the owner last looked */
	struct ln_message **incoming_end;
	uint64_t pushed;           /* data messages ever let in */
	uint64_t pushed_bytes;     /* and their weight */
	bool waiting;              /* the owner parks until a match comes */
	bool closed;               /* the owner has ended */
	bool picky;                /* `admit` must be asked */
	bool charged_some;         /* `charged` is not 0 */
	bool arrived;              /* something came since that was noticed */
	_Atomic uint8_t asked;     /* enum ln_asked; the owner reads it without
				    * the lock */
	uint64_t allowed_bytes;    /* at the moment: what is free and charged */
	uint64_t allowed_messages; /* at the moment: until it counts as crowded
				    */

	/* A sender that ends the owner's wait puts the match here, and the
	 * owner takes it without the lock. */
	struct ln_message *_Atomic found;

	/* The owner writes, senders read. */
	_Atomic uint64_t taken; /* data messages ever taken out */
	_Atomic uint64_t taken_bytes;

	/* The owner alone: older than all of `incoming`, oldest first. */
	struct ln_queued *queue;
	uint32_t head; /* index of the oldest */
	uint32_t end;  /* index behind the newest */
	/* Data messages that it has sent, wherever to: beside what it touches
	 * anyway. The owner writes it, reports read it. */
	_Atomic uint64_t sent;
	size_t room; /* entries allocated, at most LN_MAILBOX_ROOM */
	size_t holes;
	uint64_t compared; /* tags and messages, in searches */

	/* Under `lock`. */
	uint64_t dropped; /* data messages refused because it was full */
	uint64_t deaths;  /* messages of failed links ever let in */
	/* Whether a data message may be let in; under `lock`. */
	bool (*admit)(struct ln_mailbox *mailbox,
		      const struct ln_message *message);
	/* A message was taken out of one that is picky; by the owner. */
	void (*note_taken)(struct ln_mailbox *mailbox,
			   const struct ln_message *message);

	/* The owner writes, others read. */
	_Atomic uint64_t deaths_taken;
	uint64_t charged; /* bytes that the account is charged */

	/* Immutable. */
	uint64_t max_bytes;         /* that `allowed_bytes` may become */
	uint64_t max_messages;      /* that `allowed_messages` may become */
	struct ln_account *account; /* NULL: none; outlives it */
};

#define LN_MAILBOX_ROOM ((size_t)1 << 31)

/* Bytes of messages that are charged to nobody. */
#define LN_MAILBOX_FREE 4096u

/* Bounds are for data messages; 0 means none. What is more than LN_MAILBOX_FREE
 * is charged to `account`, in larger amounts; NULL: to nobody. */
void ln_mailbox_init(struct ln_mailbox *mailbox, uint64_t max_messages,
		     uint64_t max_bytes, struct ln_account *account);

/* A mailbox that has more messages than this for the first time is crowded, and
 * then each time that it has more than twice as many. */
#define LN_MAILBOX_CROWDED 1024u

enum ln_push {
	LN_PUSH_QUEUED,   /* let in */
	LN_PUSH_CROWDED,  /* let in, see LN_MAILBOX_CROWDED */
	LN_PUSH_WAKE,     /* let in, and the owner must be woken */
	LN_PUSH_FULL,     /* refused: a bound is reached */
	LN_PUSH_UNWANTED, /* refused: `admit` says so */
	LN_PUSH_CLOSED,   /* refused: the owner has ended */
};

/* Hands the message over; when refused, the caller still owns it. Signals that
 * became messages are never refused for lack of room. Any thread. */
enum ln_push ln_mailbox_push(struct ln_mailbox *mailbox,
			     struct ln_message *message);

/* The same for a caller that holds the lock. */
enum ln_push ln_mailbox_push_locked(struct ln_mailbox *mailbox,
				    struct ln_message *message);

/* What the owner looks for. */
struct ln_wanted {
	const uint8_t *tags; /* i64 each, little-endian, unaligned */
	uint32_t count;      /* 0: any message, tagged or not */
	size_t from;         /* queue index where the search goes on */
	uint32_t tag;        /* of `from`'s message: tags compared so far */
};

enum ln_take {
	LN_TAKE_FOUND,
	LN_TAKE_NONE, /* all were looked at: wait */
	LN_TAKE_MORE, /* a piece of the search is done: call again */
};

/* Takes the oldest match. Looks at a bounded number of messages a call, so that
 * the owner can let others run in between. LN_TAKE_NONE notes what is wanted,
 * for the next push to compare with: to be followed by a park. Owner only. */
enum ln_take ln_mailbox_take(struct ln_mailbox *mailbox,
			     struct ln_wanted *wanted,
			     struct ln_message **message);

/* Moves all that has come in so far behind the queue's `end`, where a search
 * that wants only newer messages begins. Owner only. */
void ln_mailbox_skip(struct ln_mailbox *mailbox);

/* Ends a wait that LN_TAKE_NONE began; `wanted` may go afterwards. Returns a
 * match that came at the last moment, which the caller then owns, or NULL. */
struct ln_message *ln_mailbox_stop_waiting(struct ln_mailbox *mailbox);

/* Whether there is any message, which stays there. If not, the next push says
 * that the owner must be woken. The owner may park, and call it again; then it
 * calls ln_mailbox_stop_awaiting, before it takes anything. Owner only. */
bool ln_mailbox_await(struct ln_mailbox *mailbox);
void ln_mailbox_stop_awaiting(struct ln_mailbox *mailbox);

/* The same for news: 1 if a message, or a signal that became one, has come
 * since the last ln_mailbox_notice, though it may have been taken out; 0: the
 * next push wakes the owner. LN_ENOMEM. Rests when much has come in. */
int ln_mailbox_await_arrival(struct ln_mailbox *mailbox);
bool ln_mailbox_has_arrived(struct ln_mailbox *mailbox);

/* What came so far is no news any more: whether it was. */
bool ln_mailbox_notice(struct ln_mailbox *mailbox);

/* For who folds the process while its owner is parked and held
 * (sched/fold.h). Bytes of the tags that senders compare with; 0: they compare
 * with none. */
size_t ln_mailbox_wanted_bytes(struct ln_mailbox *mailbox);

/* Has senders compare with the tags at `tags` instead, which are the same;
 * returns where they looked before. */
const uint8_t *ln_mailbox_want_from(struct ln_mailbox *mailbox,
				    const uint8_t *tags);

/* Refuses everything from now on. The lock must be held by the caller, who
 * thereby makes it one step with what else ends a process. */
void ln_mailbox_close_locked(struct ln_mailbox *mailbox);

/* Frees what is in a closed mailbox. Owner only. */
void ln_mailbox_deinit(struct ln_mailbox *mailbox);

/* Messages in it that tell of failed links; under the lock. */
uint64_t ln_mailbox_deaths(struct ln_mailbox *mailbox);

/* By the owner: what it is asked. */
static inline enum ln_asked ln_mailbox_asked(const struct ln_mailbox *mailbox)
{
	/* Acquire pairs with the release of who asks. */
	return (enum ln_asked)atomic_load_explicit(&mailbox->asked,
						   memory_order_acquire);
}

/* Data messages in it now; a moment's truth. Any thread. */
uint64_t ln_mailbox_count(struct ln_mailbox *mailbox);

#endif
