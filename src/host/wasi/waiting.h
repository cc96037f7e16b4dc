/*
 * Waiting for several things at a time: deadlines, streams that become ready,
 * and the mailbox. Whoever waits looks at all of them, again and again; what is
 * not ready it names here. Lives on the stack of the task.
 */
#ifndef LN_HOST_WASI_WAITING_H
#define LN_HOST_WASI_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "host/stream.h"

struct ln_mailbox;
struct ln_wasi_block;

#define LN_WASI_FIRST_WATCHES 6 /* on the stack */

struct ln_wasi_watching {
	struct ln_stream_watch watch;
	struct ln_stream_watch **noted; /* by whom the stream is known */
};

struct ln_wasi_waiting {
	int64_t now;                /* when this look began */
	int64_t deadline;           /* the earliest that is still to come */
	bool started;               /* this look began to watch a stream */
	struct ln_mailbox *mailbox; /* that is waited for; NULL: none */
	uint32_t used;              /* of `first` */
	struct ln_wasi_watching first[LN_WASI_FIRST_WATCHES];
	struct ln_wasi_block *blocks; /* the one that has room, then full ones
				       */
};

/* A deadline `ns` after a time; LN_NEVER when that is too far away. */
int64_t ln_wasi_deadline(int64_t time, uint64_t ns);

/* To be called in a look: it is over at `deadline`. True: that has passed. */
bool ln_wasi_wait_until(struct ln_wasi_waiting *waiting, int64_t deadline);

/* Likewise, for a stream that is not ready. `noted` is kept with the stream,
 * for those that are named several times, and NULL at first and afterwards. */
void ln_wasi_wait_for(struct ln_wasi_waiting *waiting, struct ln_stream *stream,
		      struct ln_stream_watch **noted);

/* Likewise, for something new in a mailbox; what ln_mailbox_await_arrival
 * returns. */
int ln_wasi_wait_for_mail(struct ln_wasi_waiting *waiting,
			  struct ln_mailbox *mailbox);

/* Looks and parks until a look returns other than 0, which this returns then,
 * or LN_EKILLED, LN_ENOMEM. *waiting is all zero before. ln_wasi_wait_end
 * follows in any case. */
int ln_wasi_wait(struct ln_wasi_waiting *waiting, int (*look)(void *argument),
		 void *argument);
void ln_wasi_wait_end(struct ln_wasi_waiting *waiting);

#endif
