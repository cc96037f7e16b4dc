/*
 * DESIGN
 * poll_oneoff looks at all subscriptions, and parks when none has an event.
 * What it looks at stays in the guest's memory: each look decodes it anew,
 * writes the events it finds, notes the earliest deadline, and begins to watch
 * streams that are not ready. When it has begun to, another look follows, so
 * that nothing is missed between a look and the wait.
 *
 * A stream is watched once, however many subscriptions name it: the table of
 * descriptors notes by which watch, which takes no search. The first watches
 * are on the stack, further ones in blocks on the heap: they are never more
 * than descriptors of the process, nor than subscriptions, each of which takes
 * as much of the guest's own memory. Without memory for one, the rest is looked
 * at every few milliseconds, as are streams that cannot be watched.
 *
 * Deadlines are on the monotonic clock. One on the real-time clock is
 * translated at every look; that clock may be set, so such a wait looks again
 * after a while.
 *
 * A guest may let events overlap subscriptions: each is decoded before an event
 * is written, and whatever bytes it then finds are checked like any.
 *
 * Threads: the one that runs the process.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "host/abi_gen.h"
#include "host/stream.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"
#include "process/guest.h"
#include "sched/task.h"

#define MAX_SUBSCRIPTIONS 4096u
#define FUEL_PER_SUBSCRIPTION 500 /* of a metered guest */
#define LOOK_AGAIN_REALTIME (10 * LN_NS_PER_S)
#define FIRST_WATCHES 6 /* on the stack */
#define BLOCK_WATCHES 64
#define REST_AFTER 64 /* subscriptions, each with a system call */

enum event_type { EVENT_CLOCK = 0, EVENT_FD_READ = 1, EVENT_FD_WRITE = 2 };
enum clock_id { CLOCK_ID_REALTIME = 0, CLOCK_ID_MONOTONIC = 1 };

#define CLOCK_IDS 4u /* the others tell CPU time */
#define CLOCK_ABSOLUTE 1u
#define EVENT_HANGUP 1u

struct event {
	uint64_t userdata;
	uint64_t nbytes;
	uint16_t error;
	uint16_t flags;
	uint8_t type;
};

struct watching {
	struct ln_stream_watch watch;
	struct ln_stream_watch **noted; /* in the table of descriptors */
};

struct block {
	struct block *next;
	uint32_t used;
	struct watching list[BLOCK_WATCHES];
};

struct polling {
	struct ln_guest *guest;
	const uint8_t *subscriptions;
	uint8_t *events;
	uint32_t count;   /* subscriptions */
	uint32_t found;   /* events */
	int64_t start;    /* when the call began */
	int64_t now;      /* when this look began */
	int64_t deadline; /* the earliest that is still to come */
	bool started;     /* this look began to watch a stream */
	uint32_t used;    /* of `first` */
	struct watching first[FIRST_WATCHES];
	struct block *blocks; /* the one that has room, then full ones */
};

static void put_event(struct polling *polling, const struct event *event)
{
	uint8_t *out =
		polling->events + (size_t)polling->found++ * LN_WASI_EVENT_SIZE;

	memset(out, 0, LN_WASI_EVENT_SIZE);
	ln_wasi_store64(out, event->userdata);
	ln_wasi_store16(out + 8, event->error);
	out[10] = event->type;
	ln_wasi_store64(out + 16, event->nbytes);
	ln_wasi_store16(out + 24, event->flags);
}

static int64_t saturating_add(int64_t time, uint64_t ns)
{
	return ns >= (uint64_t)(LN_NEVER - time) ? LN_NEVER
						 : time + (int64_t)ns;
}

/* The deadline for a time of the real-time clock. */
static int64_t from_realtime(const struct polling *polling, uint64_t time)
{
	struct timespec real;
	uint64_t now;
	int64_t deadline;
	int64_t latest = polling->now + LOOK_AGAIN_REALTIME;

	clock_gettime(CLOCK_REALTIME, &real);
	now = (uint64_t)real.tv_sec * 1000000000u + (uint64_t)real.tv_nsec;
	if (time <= now)
		return polling->now;
	deadline = saturating_add(polling->now, time - now);
	return deadline < latest ? deadline : latest;
}

/* Looks at a clock: true when it has an event. */
static bool look_at_clock(struct polling *polling, const uint8_t *at,
			  struct event *event)
{
	uint32_t id = ln_wasi_load32(at + 16);
	uint64_t timeout = ln_wasi_load64(at + 24);
	uint16_t flags = ln_wasi_load16(at + 40);
	int64_t deadline;

	if (id >= CLOCK_IDS || (flags & ~CLOCK_ABSOLUTE) != 0) {
		event->error = LN_WASI_INVAL;
		return true;
	}
	if (id > CLOCK_ID_MONOTONIC) {
		event->error = LN_WASI_NOTSUP;
		return true;
	}
	if ((flags & CLOCK_ABSOLUTE) == 0)
		deadline = saturating_add(polling->start, timeout);
	else if (id == CLOCK_ID_REALTIME)
		deadline = from_realtime(polling, timeout);
	else
		deadline = saturating_add(0, timeout);
	if (deadline <= polling->now)
		return true;
	if (deadline < polling->deadline)
		polling->deadline = deadline;
	return false;
}

/* Room for one more watch, which it counts as used; NULL: there is none. */
static struct watching *add_watching(struct polling *polling)
{
	struct block *block = polling->blocks;

	if (polling->used < FIRST_WATCHES)
		return &polling->first[polling->used++];
	if (block == NULL || block->used == BLOCK_WATCHES) {
		block = malloc(sizeof(*block));
		if (block == NULL)
			return NULL;
		block->next = polling->blocks;
		block->used = 0;
		polling->blocks = block;
	}
	return &block->list[block->used++];
}

/* Watches a stream that is not ready, unless it is watched already. */
static void want(struct polling *polling, struct ln_wasi_fd *entry,
		 enum ln_direction direction)
{
	struct ln_stream_watch **noted = &entry->watches[direction];
	int64_t soon = ln_time_after_ms(LN_STREAM_LOOK_AGAIN_MS);
	struct watching *watching;

	if (*noted == NULL) {
		watching = add_watching(polling);
		if (watching != NULL) {
			watching->noted = noted;
			*noted = &watching->watch;
			ln_stream_watch(entry->streams[direction], *noted);
			polling->started = true;
			return;
		}
	} else if ((*noted)->attachment != NULL) {
		return;
	}
	if (soon < polling->deadline)
		polling->deadline = soon;
}

static void unwatch(struct watching *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		*list[i].noted = NULL;
		ln_stream_unwatch(&list[i].watch);
	}
}

static void unwatch_all(struct polling *polling)
{
	struct block *block = polling->blocks;

	unwatch(polling->first, polling->used);
	while (block != NULL) {
		struct block *next = block->next;

		unwatch(block->list, block->used);
		free(block);
		block = next;
		/* Each watch took a system call. */
		ln_task_rest();
	}
}

/* Looks at a file, which can always be read and written. */
static bool look_at_file(const struct ln_wasi_fd *entry, struct event *event)
{
	bool reading = event->type == EVENT_FD_READ;
	struct stat stat;
	off_t position;

	if (reading ? !entry->readable : !entry->writable) {
		event->error = LN_WASI_BADF;
		return true;
	}
	event->nbytes = 1;
	if (!reading)
		return true;
	position = lseek(entry->fd, 0, SEEK_CUR);
	event->nbytes = 0;
	if (position >= 0 && fstat(entry->fd, &stat) == 0 &&
	    stat.st_size > position)
		event->nbytes = (uint64_t)(stat.st_size - position);
	return true;
}

/* Looks at a descriptor: true when it has an event. */
static bool look_at_fd(struct polling *polling, const uint8_t *at,
		       struct event *event)
{
	enum ln_direction direction =
		event->type == EVENT_FD_READ ? LN_READABLE : LN_WRITABLE;
	struct ln_wasi_fd *entry;
	struct ln_stream *stream;
	short ready;

	event->error =
		(uint16_t)ln_wasi_find(polling->guest, ln_wasi_load32(at + 16),
				       LN_WASI_RIGHT_POLL_FD_READWRITE, &entry);
	if (event->error != LN_WASI_SUCCESS)
		return true;
	if (entry->kind == LN_WASI_FILE)
		return look_at_file(entry, event);
	if (entry->kind == LN_WASI_LISTENER) {
		event->error = (uint16_t)ln_wasi_watch_listener(entry);
		if (event->error != LN_WASI_SUCCESS)
			return true;
	}
	stream = entry->streams[direction];
	if (stream == NULL) {
		event->error = LN_WASI_BADF;
		return true;
	}
	ready = ln_stream_poll(stream);
	if (ready == 0) {
		want(polling, entry, direction);
		return false;
	}
	/* It was shut down: nobody will connect. */
	if (entry->kind == LN_WASI_LISTENER && (ready & POLLHUP) != 0)
		return false;
	if ((ready & POLLNVAL) != 0)
		event->error = LN_WASI_BADF;
	if ((ready & (POLLHUP | POLLERR)) != 0)
		event->flags = EVENT_HANGUP;
	/* Of a stream that can be written, only that there is room is known. */
	event->nbytes =
		direction == LN_READABLE ? ln_stream_available(stream) : 1;
	return true;
}

/* Looks at all subscriptions, and writes events. Returns a WASI errno. */
static uint32_t look(struct polling *polling)
{
	const uint8_t *at = polling->subscriptions;

	polling->now = ln_time_now();
	polling->deadline = LN_NEVER;
	polling->started = false;
	for (uint32_t i = 0; i < polling->count; i++) {
		struct event event = {
			.userdata = ln_wasi_load64(at),
			.type = at[8],
		};
		bool happened;

		switch (event.type) {
		case EVENT_CLOCK:
			happened = look_at_clock(polling, at, &event);
			break;
		case EVENT_FD_READ:
		case EVENT_FD_WRITE:
			happened = look_at_fd(polling, at, &event);
			break;
		default:
			return LN_WASI_INVAL;
		}
		if (happened)
			put_event(polling, &event);
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
		at += LN_WASI_SUBSCRIPTION_SIZE;
	}
	return LN_WASI_SUCCESS;
}

/* Looks and waits until there is an event. Returns 0 with a WASI errno in
 * *result, or LN_EKILLED. */
static int wait_for_events(struct polling *polling, uint32_t *result)
{
	struct ln_task *task = ln_task_current();
	int error;

	for (;;) {
		*result = look(polling);
		if (*result != LN_WASI_SUCCESS || polling->found > 0)
			return 0;
		/* What became ready before the watch began, a look finds. */
		if (polling->started)
			continue;
		ln_task_set_waiting(task, polling->used > 0 ? LN_WAIT_WATCHED
							    : LN_WAIT_TIMER);
		error = ln_task_wait(task, polling->deadline);
		ln_task_set_waiting(task, LN_WAIT_OTHER);
		if (error == LN_EKILLED)
			return error;
		if (error == LN_ENOMEM) {
			*result = LN_WASI_NOMEM;
			return 0;
		}
	}
}

int ln_host_wasi_poll_oneoff(struct ln_guest *guest, uint32_t subscriptions,
			     uint32_t events, uint32_t count, uint8_t *nevents,
			     uint32_t *result)
{
	struct polling polling = { .guest = guest, .count = count };
	int error;

	if (count == 0 || count > MAX_SUBSCRIPTIONS) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	polling.subscriptions =
		ln_guest_memory(guest, subscriptions,
				(uint64_t)count * LN_WASI_SUBSCRIPTION_SIZE);
	polling.events = ln_guest_memory(guest, events,
					 (uint64_t)count * LN_WASI_EVENT_SIZE);
	if (polling.subscriptions == NULL || polling.events == NULL) {
		*result = LN_WASI_FAULT;
		return 0;
	}
	ln_guest_pay(guest, (uint64_t)count * FUEL_PER_SUBSCRIPTION);
	polling.start = ln_time_now();
	error = wait_for_events(&polling, result);
	unwatch_all(&polling);
	if (error == 0 && *result == LN_WASI_SUCCESS)
		ln_wasi_store32(nevents, polling.found);
	return error;
}
