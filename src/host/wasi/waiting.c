/*
 * DESIGN
 * When a look has begun to watch a stream, another look follows, so that
 * nothing is missed between a look and the wait.
 *
 * A stream is watched once, however often it is named: it is noted by which
 * watch, which takes no search. The first watches are on the stack, further
 * ones in blocks on the heap; who waits bounds how many there can be. Without
 * memory for one, the rest is looked at every few milliseconds, as are streams
 * that cannot be watched.
 *
 * Threads: the one that runs the process.
 */
#include "host/wasi/waiting.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/time.h"
#include "process/mailbox.h"
#include "sched/task.h"

#define BLOCK_WATCHES 64

struct ln_wasi_block {
	struct ln_wasi_block *next;
	uint32_t used;
	struct ln_wasi_watching list[BLOCK_WATCHES];
};

int64_t ln_wasi_deadline(int64_t time, uint64_t ns)
{
	return ns >= (uint64_t)(LN_NEVER - time) ? LN_NEVER
						 : time + (int64_t)ns;
}

bool ln_wasi_wait_until(struct ln_wasi_waiting *waiting, int64_t deadline)
{
	if (deadline <= waiting->now)
		return true;
	if (deadline < waiting->deadline)
		waiting->deadline = deadline;
	return false;
}

/* Room for one more watch, which it counts as used; NULL: there is none. */
static struct ln_wasi_watching *add_watching(struct ln_wasi_waiting *waiting)
{
	struct ln_wasi_block *block = waiting->blocks;

	if (waiting->used < LN_WASI_FIRST_WATCHES)
		return &waiting->first[waiting->used++];
	if (block == NULL || block->used == BLOCK_WATCHES) {
		block = malloc(sizeof(*block));
		if (block == NULL)
			return NULL;
		block->next = waiting->blocks;
		block->used = 0;
		waiting->blocks = block;
	}
	return &block->list[block->used++];
}

void ln_wasi_wait_for(struct ln_wasi_waiting *waiting, struct ln_stream *stream,
		      struct ln_stream_watch **noted)
{
	int64_t soon = ln_time_after_ms(LN_STREAM_LOOK_AGAIN_MS);
	struct ln_wasi_watching *watching;

	if (*noted == NULL) {
		watching = add_watching(waiting);
		if (watching != NULL) {
			watching->noted = noted;
			*noted = &watching->watch;
			ln_stream_watch(stream, *noted);
			waiting->started = true;
			return;
		}
	} else if ((*noted)->attachment != NULL) {
		return;
	}
	if (soon < waiting->deadline)
		waiting->deadline = soon;
}

int ln_wasi_wait_for_mail(struct ln_wasi_waiting *waiting,
			  struct ln_mailbox *mailbox)
{
	waiting->mailbox = mailbox;
	return ln_mailbox_await_arrival(mailbox);
}

static void unwatch(struct ln_wasi_watching *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		*list[i].noted = NULL;
		ln_stream_unwatch(&list[i].watch);
	}
}

void ln_wasi_wait_end(struct ln_wasi_waiting *waiting)
{
	struct ln_wasi_block *block = waiting->blocks;

	if (waiting->mailbox != NULL)
		ln_mailbox_stop_awaiting(waiting->mailbox);
	unwatch(waiting->first, waiting->used);
	while (block != NULL) {
		struct ln_wasi_block *next = block->next;

		unwatch(block->list, block->used);
		free(block);
		block = next;
		/* Each watch took a system call. */
		ln_task_rest();
	}
}

int ln_wasi_wait(struct ln_wasi_waiting *waiting, int (*look)(void *argument),
		 void *argument)
{
	struct ln_task *task = ln_task_current();
	int result;

	for (;;) {
		waiting->now = ln_time_now();
		waiting->deadline = LN_NEVER;
		waiting->started = false;
		result = look(argument);
		if (result != 0)
			return result;
		/* What became ready before the watch began, a look finds. */
		if (waiting->started)
			continue;
		result = ln_task_wait_for(task,
					  waiting->used > 0 ? LN_WAIT_WATCHED
							    : LN_WAIT_TIMER,
					  waiting->deadline);
		if (result == LN_EKILLED || result == LN_ENOMEM)
			return result;
	}
}
