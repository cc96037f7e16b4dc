/*
 * DESIGN
 * One turn publishes what the hub has, writes to the socket, and reads from it
 * what there is, without waiting; then the task parks. Whoever has something
 * for it wakes it: the hub, the poller, the library when it wants to write.
 *
 * Nothing but the task calls the library's functions that read and write. They
 * run on the worker's own stack, a piece of some tens of kilobytes at a time.
 * What is handed to the library waits in its buffer, so no more is handed over
 * while much waits there.
 *
 * The library closes its descriptor when it likes, so the poller watches a
 * duplicate of it. It does so only in a call of the task, or after the task has
 * ended: its own timer, which might, is switched off (nats/broker.c).
 *
 * The poller tells of an edge. So after a read it is asked whether more is
 * there, and once the other side has hung up there is one read more.
 */
#include "nats/pump.h"

#if LUNATIC_NATS

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/futex.h"
#include "base/time.h"
#include "nats/hub.h"
#include "nats/line.h"
#include "process/runtime.h"
#include "sched/poller.h"
#include "sched/sched.h"
#include "sched/task.h"

/* Bytes that are read at once. */
#define PIECE 65536

/* Bytes in the library's buffer beyond which it gets no more. */
#define BUFFERED_MAX (256 << 10)

/* A server that takes nothing for so long is lost. */
#define WRITE_TIME (2 * LN_NS_PER_S)

/* Messages that are freed together, and bytes in them. */
#define USED_MAX 64
#define USED_BYTES (256 << 10)

/* Writes and reads in one turn: so neither waits for the end of the other. */
#define TURNS 8

struct ln_nats_pump {
	struct ln_task task;
	struct ln_nats_line line;
	struct ln_runtime *runtime;
	void (*lost)(void *argument);
	void *argument;
	int fd; /* owned; -1: none */
	struct ln_pollable *pollable;
	struct ln_watch watches[2];

	_Atomic(natsSubscription *) inbox; /* NULL: not yet */
	_Atomic uint32_t asked;            /* to settle; a futex */
	_Atomic uint32_t running;          /* likewise */
	_Atomic bool ending;
	_Atomic bool look; /* there may be messages for the inbox */

	/* The task's. */
	struct ln_nats_out *rest; /* taken from the hub */
	bool failed;
	size_t buffered; /* bytes in the library's buffer */
	int64_t moved;   /* when there were last less of them, or none */
	bool more;       /* there may be more to read */
	bool again;      /* or to send, for which there is room */
	unsigned used_count;
	size_t used_bytes; /* in those */
	natsMsg *used[USED_MAX];
};

struct ln_nats_pump *ln_nats_pump_new(const struct ln_nats_library *library,
				      struct ln_nats_hub *hub,
				      struct ln_runtime *runtime)
{
	struct ln_nats_pump *pump = calloc(1, sizeof(*pump));

	if (pump == NULL)
		return NULL;
	pump->line = (struct ln_nats_line){ .library = library, .hub = hub };
	pump->runtime = runtime;
	pump->fd = -1;
	return pump;
}

void ln_nats_pump_free(struct ln_nats_pump *pump)
{
	if (pump == NULL)
		return;
	ln_assert(atomic_load(&pump->running) == 0);
	ln_pollable_free(pump->pollable);
	if (pump->fd >= 0)
		ln_fd_close(pump->fd);
	ln_nats_outs_free(pump->rest);
	free(pump);
}

static natsStatus attach(void **data, void *loop, natsConnection *connection,
			 int socket)
{
	struct ln_nats_pump *pump = loop;

	(void)connection;
	ln_assert(pump->fd < 0);
	*data = pump;
	pump->fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
	return pump->fd >= 0 ? NATS_OK : NATS_SYS_ERROR;
}

/* The task looks by itself whether it is to read. */
static natsStatus on_read(void *data, bool begin)
{
	(void)data;
	(void)begin;
	return NATS_OK;
}

/* Or to write; but it may be parked. */
static natsStatus on_write(void *data, bool begin)
{
	struct ln_nats_pump *pump = data;

	if (begin && ln_task_current() != &pump->task)
		ln_task_wake(&pump->task);
	return NATS_OK;
}

static natsStatus on_detach(void *data)
{
	(void)data;
	return NATS_OK;
}

natsStatus ln_nats_pump_set(struct ln_nats_pump *pump, natsOptions *options)
{
	const struct ln_nats_library *library = pump->line.library;
	natsStatus status = library->natsOptions_SetEventLoop(
		options, pump, attach, on_read, on_write, on_detach);

	if (status == NATS_OK)
		status = library->natsOptions_SetIOBufSize(options, PIECE);
	return status;
}

static void fail(struct ln_nats_pump *pump)
{
	if (pump->failed)
		return;
	pump->failed = true;
	pump->lost(pump->argument);
}

/* Hands packets to the library until it has much; on the worker's stack. */
static void publish(void *argument)
{
	struct ln_nats_pump *pump = argument;
	size_t len = 0;

	while (pump->rest != NULL && !pump->failed &&
	       pump->buffered + len < BUFFERED_MAX) {
		struct ln_nats_out *out = pump->rest;

		len += out->len;
		if (ln_nats_line_publish(&pump->line, out) != NATS_OK)
			fail(pump);
		pump->rest = out->next;
		free(out);
	}
}

/* Bytes in the library's buffer; none if it is closed, which it says. */
static size_t buffered(const struct ln_nats_pump *pump)
{
	int count = pump->line.library->natsConnection_Buffered(
		pump->line.connection);

	return count > 0 ? (size_t)count : 0;
}

/* Writes to the socket what it takes; on the worker's stack. */
static void write_out(void *argument)
{
	struct ln_nats_pump *pump = argument;
	size_t before = buffered(pump);

	pump->buffered = before;
	if (before > 0) {
		pump->line.library->natsConnection_ProcessWriteEvent(
			pump->line.connection);
		pump->buffered = buffered(pump);
	}
	if (pump->buffered == 0 || pump->buffered < before)
		pump->moved = ln_time_now();
}

/* Reads once; on the worker's stack. */
static void read_in(void *argument)
{
	struct ln_nats_pump *pump = argument;
	int left = 0;

	pump->line.library->natsConnection_ProcessReadEvent(
		pump->line.connection);
	pump->more = ioctl(pump->fd, FIONREAD, &left) == 0 && left > 0;
}

/* Frees the messages that were handed over; on the worker's stack. */
static void free_used(void *argument)
{
	struct ln_nats_pump *pump = argument;

	for (unsigned i = 0; i < pump->used_count; i++)
		pump->line.library->natsMsg_Destroy(pump->used[i]);
	pump->used_count = 0;
	pump->used_bytes = 0;
}

/* Keeps a message that was handed over until there are many: the library has a
 * thread that frees them, which it wakes. */
static void put_by(struct ln_nats_pump *pump, natsMsg *message)
{
	pump->used[pump->used_count++] = message;
	pump->used_bytes +=
		(size_t)pump->line.library->natsMsg_GetDataLength(message);
	if (pump->used_count == USED_MAX || pump->used_bytes > USED_BYTES)
		free_used(pump);
}

/* Hands over the messages that were read, of which there are at most as many as
 * fit into a piece; on the worker's stack. */
static void hand_over(void *argument)
{
	struct ln_nats_pump *pump = argument;
	const struct ln_nats_library *library = pump->line.library;
	natsSubscription *inbox = atomic_load(&pump->inbox);
	natsMsg *message;
	int count = 0;

	if (inbox == NULL || library->natsSubscription_GetPending(
				     inbox, &count, NULL) != NATS_OK)
		return;
	for (; count > 0; count--) {
		if (library->natsSubscription_NextMsg(&message, inbox, 0) !=
		    NATS_OK)
			continue;
		ln_nats_line_receive(&pump->line, message);
		put_by(pump, message);
	}
}

/* Until the hub has nothing, and wakes the task when it has, or the library has
 * much that the server does not take, or for a while. */
static void send_all(struct ln_nats_pump *pump)
{
	struct ln_task *task = &pump->task;
	int writes = 0;
	bool all = false;

	if (pump->buffered >= BUFFERED_MAX)
		ln_task_on_worker_stack(task, write_out, pump);
	while (!all && pump->buffered < BUFFERED_MAX && writes++ < TURNS) {
		if (pump->rest == NULL)
			pump->rest = ln_nats_hub_poll(pump->line.hub);
		all = pump->rest == NULL;
		if (pump->rest != NULL)
			ln_task_on_worker_stack(task, publish, pump);
		if (pump->failed) {
			ln_nats_outs_free(pump->rest);
			pump->rest = NULL;
		}
		ln_task_on_worker_stack(task, write_out, pump);
	}
	pump->again = !all && pump->buffered < BUFFERED_MAX;
	if (all && atomic_exchange(&pump->asked, 0) != 0)
		ln_futex_wake(&pump->asked, 1);
}

static void receive_all(struct ln_nats_pump *pump)
{
	struct ln_task *task = &pump->task;
	int reads = 0;

	/* Taken first: what comes from here on comes with another one. */
	if (!ln_pollable_take(pump->pollable, LN_READABLE) && !pump->more &&
	    !atomic_exchange(&pump->look, false))
		return;
	do {
		ln_task_on_worker_stack(task, read_in, pump);
		ln_task_on_worker_stack(task, hand_over, pump);
	} while (pump->more && ++reads < TURNS);
	if (!pump->more && ln_pollable_hung_up(pump->pollable)) {
		ln_task_on_worker_stack(task, read_in, pump);
		ln_task_on_worker_stack(task, hand_over, pump);
	}
}

/* Until somebody has something for it, or the server has taken nothing for too
 * long. */
static void rest(struct ln_nats_pump *pump)
{
	struct ln_task *task = &pump->task;
	bool stuck = pump->buffered > 0 && !pump->failed;

	if (pump->more || pump->again) {
		if (ln_task_should_yield(task))
			ln_task_give_way(task);
		return;
	}
	ln_task_set_waiting(task, LN_WAIT_IO);
	if (ln_task_wait(task, stuck ? pump->moved + WRITE_TIME : LN_NEVER) ==
		    LN_ETIMEDOUT &&
	    stuck)
		fail(pump);
	ln_task_set_waiting(task, LN_WAIT_OTHER);
}

static void run(struct ln_task *task)
{
	struct ln_nats_pump *pump =
		ln_container_of(task, struct ln_nats_pump, task);

	ln_runtime_service_begins(pump->runtime);
	ln_pollable_watch(pump->pollable, LN_READABLE, &pump->watches[0]);
	ln_pollable_watch(pump->pollable, LN_WRITABLE, &pump->watches[1]);
	while (!atomic_load(&pump->ending)) {
		send_all(pump);
		receive_all(pump);
		rest(pump);
	}
	ln_task_on_worker_stack(task, free_used, pump);
	ln_pollable_unwatch(&pump->watches[0]);
	ln_pollable_unwatch(&pump->watches[1]);
	ln_runtime_service_ends(pump->runtime);
}

static void done(struct ln_task *task)
{
	struct ln_nats_pump *pump =
		ln_container_of(task, struct ln_nats_pump, task);

	atomic_store(&pump->running, 0);
	/* It may be freed from here on: only its address is used. */
	ln_futex_wake(&pump->running, 1);
}

int ln_nats_pump_start(struct ln_nats_pump *pump, natsConnection *connection,
		       void (*lost)(void *argument), void *argument)
{
	struct ln_sched *sched = pump->runtime->sched;
	int error;

	pump->line.connection = connection;
	pump->lost = lost;
	pump->argument = argument;
	error = ln_pollable_new(ln_sched_poller(sched), pump->fd,
				&pump->pollable);
	if (error < 0)
		return error;
	atomic_store(&pump->running, 1);
	error = ln_task_start(sched, &pump->task, run, done);
	if (error < 0)
		atomic_store(&pump->running, 0);
	return error;
}

struct ln_task *ln_nats_pump_task(struct ln_nats_pump *pump)
{
	return &pump->task;
}

void ln_nats_pump_take_from(struct ln_nats_pump *pump, natsSubscription *inbox)
{
	atomic_store(&pump->inbox, inbox);
	/* Something may have come for it. */
	atomic_store(&pump->look, true);
	ln_task_wake(&pump->task);
}

void ln_nats_pump_settle(struct ln_nats_pump *pump, int64_t deadline)
{
	int64_t left = deadline - ln_time_now();

	atomic_store(&pump->asked, 1);
	ln_task_wake(&pump->task);
	while (left > 0 && atomic_load(&pump->asked) != 0) {
		ln_futex_wait(&pump->asked, 1, left);
		left = deadline - ln_time_now();
	}
}

void ln_nats_pump_end(struct ln_nats_pump *pump)
{
	atomic_store(&pump->ending, true);
	if (atomic_load(&pump->running) != 0)
		ln_task_wake(&pump->task);
	while (atomic_load(&pump->running) != 0)
		ln_futex_wait(&pump->running, 1, -1);
}

#endif
