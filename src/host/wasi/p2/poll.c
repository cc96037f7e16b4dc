/*
 * wasi:io/poll and errors: pollables are deadlines of the monotonic clock,
 * streams and sockets that become ready, look-ups of names that end, or the
 * mailbox. A process that waits for them is parked.
 *
 * Threads: the one that runs the process.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "host/stream.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/http.h"
#include "host/wasi/p2/sockets.h"
#include "host/wasi/table.h"
#include "host/wasi/waiting.h"
#include "process/guest.h"
#include "process/process.h"
#include "sched/task.h"

#define MAX_POLLABLES 4096u
#define FUEL_PER_POLLABLE 500 /* of a metered guest */
#define REST_AFTER 64         /* of them, each with a system call */

struct polling {
	struct ln_p2_call *call;
	struct ln_wasi_waiting waiting;
	const uint32_t *numbers; /* resources that are waited for */
	uint32_t count;
	uint32_t found;
	uint32_t *ready; /* positions of those that are */
	bool names;      /* look-ups are waited for */
};

/* The stream that a pollable waits for. */
struct awaited {
	struct ln_wasi_fd *entry; /* NULL: none */
	enum ln_direction direction;
};

/* Whether the stream is ready that a pollable waits for. */
static bool is_stream_ready(struct ln_guest *guest,
			    const struct ln_p2_resource *pollable,
			    struct awaited *awaited)
{
	bool of_socket = pollable->direction == LN_P2_OF_SOCKET;
	int direction = (int)pollable->direction;
	struct ln_wasi_fd *entry;
	short ready;

	/* What is closed is ready: the next call says so. */
	if (ln_wasi_find(guest, pollable->fd, 0, &entry) != LN_WASI_SUCCESS ||
	    entry->kind == LN_WASI_FILE)
		return true;
	if (of_socket)
		direction = ln_p2_socket_awaits(entry->net);
	if (direction < 0 || entry->streams[direction] == NULL)
		return true;
	awaited->entry = entry;
	awaited->direction = (enum ln_direction)direction;
	ready = ln_stream_poll(entry->streams[direction]);
	/* A listener that was shut down: nobody will connect. */
	if (of_socket && direction == LN_READABLE && (ready & POLLHUP) != 0)
		return false;
	return ready != 0;
}

/* Whether a pollable is ready. If not, and it is a stream's, *awaited is that.
 */
static bool is_ready(struct ln_guest *guest,
		     const struct ln_p2_resource *pollable, int64_t now,
		     struct awaited *awaited)
{
	awaited->entry = NULL;
	if (pollable->http != NULL)
		return ln_p2_http_is_ready(pollable->http);
	if (pollable->direction == LN_P2_OF_LOOKUP)
		return ln_p2_names_ready(pollable->names);
	if (pollable->direction == LN_P2_OF_MAILBOX)
		return ln_mailbox_has_arrived(&guest->process->mailbox);
	if (pollable->fd == UINT32_MAX)
		return pollable->deadline <= now;
	return is_stream_ready(guest, pollable, awaited);
}

/* Whether one is ready now; otherwise it is waited for. */
static bool look_at(struct polling *polling, uint32_t number)
{
	struct ln_guest *guest = polling->call->guest;
	const struct ln_p2_resource *pollable = ln_p2_find(guest, number);
	struct awaited awaited;

	ln_assert(pollable != NULL && pollable->kind == LN_P2_POLLABLE);
	if (is_ready(guest, pollable, polling->waiting.now, &awaited))
		return true;
	/* What changes it wakes the process. */
	if (pollable->http != NULL)
		return false;
	if (pollable->direction == LN_P2_OF_LOOKUP) {
		polling->names = true;
		return !ln_p2_names_watch(pollable->names);
	}
	/* Where memory is short, who asks for messages is told. */
	if (pollable->direction == LN_P2_OF_MAILBOX)
		return ln_wasi_wait_for_mail(&polling->waiting,
					     &guest->process->mailbox) != 0;
	if (awaited.entry == NULL)
		return ln_wasi_wait_until(&polling->waiting,
					  pollable->deadline);
	ln_wasi_wait_for(&polling->waiting,
			 awaited.entry->streams[awaited.direction],
			 &awaited.entry->watches[awaited.direction]);
	return false;
}

static int look(void *argument)
{
	struct polling *polling = argument;

	for (uint32_t i = 0; i < polling->count; i++) {
		if (look_at(polling, polling->numbers[i]))
			polling->ready[polling->found++] = i;
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
	}
	return polling->found > 0;
}

/* Look-ups that go on wake nobody. */
static void unwatch_names(const struct polling *polling)
{
	struct ln_guest *guest = polling->call->guest;

	for (uint32_t i = 0; i < polling->count; i++) {
		const struct ln_p2_resource *pollable =
			ln_p2_find(guest, polling->numbers[i]);

		if (pollable->direction == LN_P2_OF_LOOKUP)
			ln_p2_names_unwatch(pollable->names);
	}
}

static int wait(struct polling *polling)
{
	int result = ln_wasi_wait(&polling->waiting, look, polling);

	ln_wasi_wait_end(&polling->waiting);
	if (polling->names)
		unwatch_names(polling);
	/* Above 0: something is ready. */
	return result < 0 ? result : 0;
}

int ln_p2_pollable_ready(struct ln_p2_call *call)
{
	struct ln_p2_resource *pollable;
	struct awaited awaited;
	int error =
		ln_p2_get(call, LN_P2_POLLABLE, ln_p2_u32(call, 0), &pollable);

	if (error == 0)
		call->values[0].i32 = is_ready(call->guest, pollable,
					       ln_time_now(), &awaited);
	return error;
}

/* The numbers that handles of pollables stand for. */
static int find_numbers(struct ln_p2_call *call, const uint8_t *handles,
			uint32_t *numbers, uint32_t count)
{
	uint32_t table =
		call->ops->handles(call->instance, call->type, LN_P2_POLLABLE);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t handle = ln_wasi_load32(handles + (size_t)i * 4);

		if (!call->ops->handle_get(call->instance, table, handle,
					   &numbers[i]))
			return LN_P2_RAISED;
	}
	return 0;
}

int ln_p2_pollable_block(struct ln_p2_call *call)
{
	uint32_t number;
	uint32_t ready;
	uint8_t handle[4];
	struct polling polling = {
		.call = call,
		.numbers = &number,
		.count = 1,
		.ready = &ready,
	};
	int error;

	ln_wasi_store32(handle, ln_p2_u32(call, 0));
	error = find_numbers(call, handle, &number, 1);
	return error != 0 ? error : wait(&polling);
}

static int answer(struct polling *polling)
{
	struct ln_p2_call *call = polling->call;
	uint32_t address;
	uint8_t *at;
	int error =
		ln_p2_allocate(call, 4, (uint64_t)polling->found * 4, &address);

	if (error == 0)
		error = ln_p2_list(call, address, polling->found, 4, 4, &at);
	if (error != 0)
		return error;
	for (uint32_t i = 0; i < polling->found; i++)
		ln_wasi_store32(at + (size_t)i * 4, polling->ready[i]);
	return ln_p2_answer_list(call, 2, address, polling->found);
}

int ln_p2_poll(struct ln_p2_call *call)
{
	uint32_t count = ln_p2_u32(call, 1);
	struct polling polling = { .call = call, .count = count };
	uint8_t *handles;
	uint32_t *room;
	int error;

	if (count == 0 || count > MAX_POLLABLES)
		return ln_guest_trap(call->guest,
				     "poll takes 1 to %u pollables, not %u",
				     MAX_POLLABLES, count);
	ln_guest_pay(call->guest, (uint64_t)count * FUEL_PER_POLLABLE);
	room = calloc(count, 2 * sizeof(*room));
	if (room == NULL)
		return LN_ENOMEM;
	polling.numbers = room;
	polling.ready = room + count;
	error = ln_p2_list(call, ln_p2_u32(call, 0), count, 4, 4, &handles);
	if (error == 0)
		error = find_numbers(call, handles, room, count);
	if (error == 0)
		error = wait(&polling);
	if (error == 0)
		error = answer(&polling);
	free(room);
	return error;
}

/* ---- Errors ---- */

int ln_p2_error_text(struct ln_p2_call *call)
{
	struct ln_p2_resource *resource;
	const char *text;
	char buffer[64];
	uint32_t address, len;
	int error = ln_p2_get(call, LN_P2_ERROR, ln_p2_u32(call, 0), &resource);

	if (error != 0)
		return error;
	text = strerror_r(resource->number, buffer, sizeof(buffer));
	error = ln_p2_string(call, text, &address, &len);
	return error != 0 ? error : ln_p2_answer_list(call, 1, address, len);
}
