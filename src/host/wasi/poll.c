/*
 * DESIGN
 * poll_oneoff looks at all subscriptions, and parks when none has an event.
 * What it looks at stays in the guest's memory: each look decodes it anew,
 * writes the events it finds, and names what is not ready (waiting.h). There
 * are never more watches than descriptors of the process, nor than
 * subscriptions, each of which takes as much of the guest's own memory.
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
#include "host/wasi/waiting.h"
#include "host/wasi/wasi.h"
#include "process/guest.h"
#include "process/process.h"
#include "sched/task.h"

#define MAX_SUBSCRIPTIONS 4096u
#define FUEL_PER_SUBSCRIPTION 500 /* of a metered guest */
#define LOOK_AGAIN_REALTIME (10 * LN_NS_PER_S)
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

struct polling {
	struct ln_guest *guest;
	const uint8_t *subscriptions;
	uint8_t *events;
	uint32_t count; /* subscriptions */
	uint32_t found; /* events */
	uint32_t error; /* a WASI errno */
	int64_t start;  /* when the call began */
	struct ln_wasi_waiting waiting;
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

/* The deadline for a time of the real-time clock. */
static int64_t from_realtime(const struct polling *polling, uint64_t time)
{
	struct timespec real;
	uint64_t now;
	int64_t deadline;
	int64_t latest = polling->waiting.now + LOOK_AGAIN_REALTIME;

	clock_gettime(CLOCK_REALTIME, &real);
	now = (uint64_t)real.tv_sec * 1000000000u + (uint64_t)real.tv_nsec;
	if (time <= now)
		return polling->waiting.now;
	deadline = ln_wasi_deadline(polling->waiting.now, time - now);
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
		deadline = ln_wasi_deadline(polling->start, timeout);
	else if (id == CLOCK_ID_REALTIME)
		deadline = from_realtime(polling, timeout);
	else
		deadline = ln_wasi_deadline(0, timeout);
	return ln_wasi_wait_until(&polling->waiting, deadline);
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

/* Looks at the mailbox, likewise. */
static bool look_at_mailbox(struct polling *polling, struct event *event)
{
	int arrived;

	if (event->type != EVENT_FD_READ) {
		event->error = LN_WASI_BADF;
		return true;
	}
	arrived = ln_wasi_wait_for_mail(&polling->waiting,
					&polling->guest->process->mailbox);
	if (arrived < 0)
		event->error = LN_WASI_NOMEM;
	event->nbytes = arrived > 0;
	return arrived != 0;
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
	if (entry->kind == LN_WASI_MAILBOX)
		return look_at_mailbox(polling, event);
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
		ln_wasi_wait_for(&polling->waiting, stream,
				 &entry->watches[direction]);
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

/* Looks at all subscriptions, and writes events: 1 when there are any, or a
 * WASI errno is in polling->error. */
static int look(void *argument)
{
	struct polling *polling = argument;
	const uint8_t *at = polling->subscriptions;

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
			polling->error = LN_WASI_INVAL;
			return 1;
		}
		if (happened)
			put_event(polling, &event);
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
		at += LN_WASI_SUBSCRIPTION_SIZE;
	}
	return polling->found > 0;
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
	error = ln_wasi_wait(&polling.waiting, look, &polling);
	ln_wasi_wait_end(&polling.waiting);
	if (error == LN_EKILLED)
		return error;
	*result = error == LN_ENOMEM ? LN_WASI_NOMEM : polling.error;
	if (*result == LN_WASI_SUCCESS)
		ln_wasi_store32(nevents, polling.found);
	return 0;
}
