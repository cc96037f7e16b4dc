/*
 * DESIGN
 * A connection has two tasks. The reader establishes it (greeting.c), passes
 * received frames to the session one by one, and takes the connection down at
 * its end. The writer sends the frames that the session has queued, many at a
 * time: frames queued while it sends go out together. So a sender wakes one
 * task on the way to the network, and on the way from the network only the
 * receiver is woken.
 *
 * On the network each frame is preceded by its length in 32 bits.
 *
 * The reader is the owner. Any error shuts the socket down, which ends the wait
 * of either task; the reader then waits for the writer, and tells the node. The
 * memory stays until both tasks are done.
 *
 * Silence: a node sends at least after a quarter of the shorter one of both
 * heartbeats. A node from which nothing has arrived for our heartbeat is lost,
 * and so is one that has accepted no data for four times that.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/refs.h"
#include "base/time.h"
#include "mesh/mesh_impl.h"
#include "net/socket.h"
#include "net/wire.h"
#include "node/id_table.h"
#include "node/node.h"
#include "node/queue.h"
#include "process/runtime.h"

#define PREFIX sizeof(uint32_t)

/* A whole frame, and as much again to be read with it. */
#define IN_SIZE (2 * ((size_t)LN_FRAME_MAX + PREFIX))

/* Bytes of frames that are sent together. */
#define BATCH ((size_t)65536)

/* In nanoseconds: how long a fruitless wait for other tasks may take at most,
 * and how often the wait is skipped after that, at most. */
#define GATHER_LONG 100000
#define GATHER_PAUSE_MAX 1024

/* After so many heartbeats a node that accepts no data is lost. */
#define SLOWNESS 4

static void release(struct ln_connection *connection)
{
	struct ln_mesh *mesh = connection->mesh;

	if (ln_refs_release(&connection->references)) {
		free(connection->in);
		ln_bytes_deinit(&connection->out);
		free(connection);
	}
	ln_mesh_task_over(mesh);
}

void ln_connection_blame(struct ln_connection *connection, const char *reason)
{
	ln_lock_acquire(&connection->lock);
	if (connection->reason[0] == '\0')
		ln_mesh_copy(connection->reason, sizeof(connection->reason),
			     reason);
	ln_lock_release(&connection->lock);
}

void ln_connection_close(struct ln_connection *connection, const char *reason)
{
	ln_connection_blame(connection, reason);
	atomic_store(&connection->closing, true);
	ln_tls_shutdown(connection->tls);
	ln_task_wake(&connection->writer);
}

static struct ln_connection *of_channel(struct ln_channel *channel)
{
	return ln_container_of(channel, struct ln_connection, channel);
}

static void wake_channel(struct ln_channel *channel)
{
	ln_task_wake(&of_channel(channel)->writer);
}

static void close_channel(struct ln_channel *channel, const char *reason)
{
	ln_connection_close(of_channel(channel), reason);
}

static const struct ln_channel_class channel_class = {
	.wake = wake_channel,
	.close = close_channel,
};

static uint32_t get_length(const uint8_t *bytes)
{
	uint32_t len;

	memcpy(&len, bytes, sizeof(len));
	return len;
}

/* Reads more, behind what is there already. */
static int fill(struct ln_connection *connection, int64_t deadline)
{
	size_t n;
	int error;

	ln_assert(connection->in_at <= connection->in_len);
	connection->in_len -= connection->in_at;
	memmove(connection->in, connection->in + connection->in_at,
		connection->in_len);
	connection->in_at = 0;
	error = ln_tls_read(connection->tls,
			    connection->in + connection->in_len,
			    IN_SIZE - connection->in_len, deadline, &n);
	if (error == 0 && n == 0) {
		ln_connection_blame(connection, "the connection was closed");
		return LN_EIO;
	}
	if (error < 0) {
		ln_connection_blame(
			connection,
			error == LN_ETIMEDOUT
				? "it gave no sign of life"
				: ln_tls_read_reason(connection->tls));
		return error;
	}
	connection->in_len += n;
	ln_assert(connection->in_len <= IN_SIZE);
	atomic_fetch_add_explicit(&connection->received, n,
				  memory_order_relaxed);
	ln_liveness_note(&connection->liveness);
	return 0;
}

/* Finds a frame in the received bytes: 1, or 0 if it is not complete. */
static int next_frame(struct ln_connection *connection, size_t max,
		      struct ln_decoder *frame)
{
	const uint8_t *bytes = connection->in + connection->in_at;
	size_t left = connection->in_len - connection->in_at;
	uint32_t len;

	if (left < PREFIX)
		return 0;
	len = get_length(bytes);
	if (len == 0 || len > max) {
		ln_connection_blame(connection, "a frame of wrong length");
		return LN_EFORMAT;
	}
	if (left - PREFIX < len)
		return 0;
	*frame = (struct ln_decoder){ .data = bytes + PREFIX, .len = len };
	connection->in_at += PREFIX + len;
	return 1;
}

int ln_connection_read(struct ln_connection *connection, size_t max,
		       int64_t deadline, struct ln_decoder *frame)
{
	bool silence = deadline == 0;

	if (connection->in == NULL)
		connection->in = malloc(IN_SIZE);
	if (connection->in == NULL) {
		ln_connection_blame(connection, ln_error_text(LN_ENOMEM));
		return LN_ENOMEM;
	}
	for (;;) {
		int result = next_frame(connection, max, frame);

		if (result != 0)
			return result < 0 ? result : 0;
		if (silence)
			deadline = ln_liveness_deadline(&connection->liveness);
		result = fill(connection, deadline);
		if (result < 0)
			return result;
	}
}

/* Sends frames, and frees them. */
static int send_frames(struct ln_connection *connection,
		       struct ln_frame *frames, int64_t deadline)
{
	struct ln_bytes *out = &connection->out;
	size_t total = 0;
	uint8_t *at;
	int error;

	for (struct ln_frame *frame = frames; frame != NULL;
	     frame = frame->next)
		total += PREFIX + frame->len;
	out->len = 0;
	at = ln_bytes_extend(out, total);
	if (at == NULL) {
		ln_frames_free(frames);
		ln_connection_blame(connection, ln_error_text(LN_ENOMEM));
		return LN_ENOMEM;
	}
	for (struct ln_frame *frame = frames; frame != NULL;
	     frame = frame->next) {
		uint32_t len = (uint32_t)frame->len;

		/* Or the other node would refuse it. */
		ln_assert(len > 0 && len <= LN_FRAME_MAX);
		memcpy(at, &len, PREFIX);
		memcpy(at + PREFIX, frame->data, frame->len);
		at += PREFIX + frame->len;
	}
	ln_assert(at == out->data + total);
	ln_frames_free(frames);
	error = ln_tls_write(connection->tls, out->data, total, deadline);
	if (error == LN_ETIMEDOUT)
		ln_connection_blame(connection, "it no longer accepts data");
	else if (error < 0)
		ln_connection_blame(connection,
				    ln_tls_write_reason(connection->tls));
	atomic_fetch_add_explicit(&connection->sent, total,
				  memory_order_relaxed);
	return error;
}

int ln_connection_write(struct ln_connection *connection,
			struct ln_frame *frame, int64_t deadline)
{
	if (frame == NULL) {
		ln_connection_blame(connection, ln_error_text(LN_ENOMEM));
		return LN_ENOMEM;
	}
	return send_frames(connection, frame, deadline);
}

/* Prepends a frame, if it could be made. Losing such a frame does no harm:
 * nobody misses it, or it is sent again. */
static struct ln_frame *with_frame(struct ln_frame *frames,
				   struct ln_frame *frame)
{
	if (frame == NULL)
		return frames;
	frame->next = frames;
	return frame;
}

/* What is to be sent next. */
static struct ln_frame *collect(struct ln_connection *connection)
{
	struct ln_frame *frames = connection->greetings;

	if (frames != NULL) {
		connection->greetings = frames->next;
		frames->next = NULL;
		return frames;
	}
	frames = ln_session_take(connection->session, BATCH);
	/* Read first, because every prober writes it. */
	if (atomic_load(&connection->pong) &&
	    atomic_exchange(&connection->pong, false))
		frames = with_frame(frames, ln_mesh_write_plain(LN_MESH_PONG));
	if (atomic_load(&connection->ping) &&
	    atomic_exchange(&connection->ping, false))
		frames = with_frame(frames, ln_mesh_write_plain(LN_MESH_PING));
	return frames;
}

/* Sends LEAVE, and waits for the other node to close the connection: closing it
 * here could destroy data in transit. */
static void say_goodbye(struct ln_connection *connection)
{
	ln_connection_write(connection, ln_mesh_write_plain(LN_MESH_LEAVE),
			    ln_time_now() + connection->liveness.timeout);
	ln_connection_blame(connection, "this node has left");
	while (!atomic_load(&connection->closing))
		ln_task_park(&connection->writer);
}

/* Lets runnable tasks run first: their frames can then go out together, which
 * is cheaper. But some tasks may only compute, each for a whole time slice. So
 * this is skipped after it was fruitless, the more often the longer that is so.
 */
static struct ln_frame *gather(struct ln_connection *connection)
{
	struct ln_task *task = &connection->writer;
	struct ln_frame *frames;
	int64_t start;

	if (connection->gather_pause > 0) {
		connection->gather_pause--;
		return collect(connection);
	}
	start = ln_time_now();
	ln_task_yield(task);
	frames = collect(connection);
	if (frames == NULL || frames->next != NULL ||
	    ln_time_now() - start < GATHER_LONG) {
		connection->gather_failures = 0;
		return frames;
	}
	if (connection->gather_failures == 0)
		connection->gather_failures = 1;
	else if (connection->gather_failures < GATHER_PAUSE_MAX)
		connection->gather_failures *= 2;
	connection->gather_pause = connection->gather_failures;
	return frames;
}

/* Sends until the connection ends. */
static void write_all(struct ln_connection *connection)
{
	struct ln_task *task = &connection->writer;
	int64_t last = ln_time_now();
	bool woken = false;
	int error = 0;

	while (error == 0 && !atomic_load(&connection->closing)) {
		struct ln_frame *frames =
			woken ? gather(connection) : collect(connection);

		woken = false;
		if (frames != NULL) {
			last = ln_time_now();
			error = send_frames(
				connection, frames,
				last + connection->liveness.timeout * SLOWNESS);
		} else if (atomic_load(&connection->leave)) {
			say_goodbye(connection);
		} else {
			error = ln_task_wait(task,
					     last + connection->liveness.pause);
			woken = error == 0;
			if (error == LN_ETIMEDOUT) {
				atomic_store(&connection->ping, true);
				error = 0;
			}
		}
	}
}

static void run_writer(struct ln_task *task)
{
	struct ln_connection *connection =
		ln_container_of(task, struct ln_connection, writer);

	struct ln_runtime *runtime = connection->mesh->node->runtime;

	ln_runtime_service_begins(runtime);
	write_all(connection);
	ln_tls_shutdown(connection->tls);
	atomic_store(&connection->writer_over, true);
	ln_task_wake(&connection->reader);
	ln_runtime_service_ends(runtime);
}

static void writer_done(struct ln_task *task)
{
	release(ln_container_of(task, struct ln_connection, writer));
}

/* A node names another one. */
static void meet(struct ln_mesh *mesh, const struct ln_mesh_member *member)
{
	const uint8_t *incarnation = member->id.incarnation;

	if (!ln_mesh_takes(mesh, member->address))
		return;
	if (memcmp(incarnation, mesh->node->id.incarnation, LN_ID_SIZE) == 0)
		return;
	ln_lock_acquire(&mesh->lock);
	if (ln_mesh_find(mesh, incarnation) == NULL)
		ln_contact_add(mesh, member->address, incarnation);
	ln_lock_release(&mesh->lock);
}

static LN_NOINLINE bool meet_all(struct ln_mesh *mesh, struct ln_decoder *frame)
{
	struct ln_mesh_member member;

	while (ln_mesh_read_member(frame, &member))
		meet(mesh, &member);
	ln_task_wake(&mesh->manager);
	return ln_decoder_done(frame);
}

/* The other node has named all that it is connected to. */
static LN_NOINLINE void be_introduced(struct ln_connection *connection)
{
	struct ln_mesh *mesh = connection->mesh;

	ln_lock_acquire(&mesh->lock);
	connection->introduced = true;
	ln_lock_release(&mesh->lock);
	ln_mesh_changed(mesh);
}

/* A frame of the mesh. LN_ESTOPPED: the node has left. */
static int receive_own(struct ln_connection *connection, uint8_t kind,
		       struct ln_decoder *frame)
{
	bool good;

	switch (kind) {
	case LN_MESH_PEERS:
		good = ln_decoder_done(frame);
		if (good)
			be_introduced(connection);
		else
			good = meet_all(connection->mesh, frame);
		break;
	case LN_MESH_PING:
		good = ln_decoder_done(frame);
		if (!atomic_exchange(&connection->pong, true))
			ln_task_wake(&connection->writer);
		break;
	case LN_MESH_PONG:
		good = ln_decoder_done(frame);
		break;
	case LN_MESH_LEAVE:
		good = ln_decoder_done(frame);
		if (good)
			return LN_ESTOPPED;
		break;
	default:
		good = false;
	}
	if (good)
		return 0;
	ln_connection_blame(
		connection,
		"an unknown, malformed or unexpected frame of the mesh");
	return LN_EFORMAT;
}

/* Receives until the connection ends. */
static int read_all(struct ln_connection *connection)
{
	struct ln_task *task = &connection->reader;
	int error = 0;

	while (error == 0) {
		const char *reason = NULL;
		struct ln_decoder frame;

		error = ln_connection_read(connection, LN_FRAME_MAX, 0, &frame);
		if (error < 0)
			return error;
		if (frame.data[0] < LN_MESH_HELLO) {
			error = ln_session_receive(connection->session,
						   frame.data, frame.len,
						   &reason);
			if (error < 0)
				ln_connection_blame(connection, reason);
		} else {
			uint8_t kind = ln_decoder_u8(&frame);

			error = receive_own(connection, kind, &frame);
		}
		if (ln_task_should_yield(task))
			ln_task_give_way(task);
	}
	return error;
}

/* Makes the frames that list all connected nodes for the other node; the last
 * one is empty. Nodes that connect later learn of it themselves. On the
 * worker's stack. */
static void introduce(void *argument)
{
	struct ln_connection *connection = argument;
	const uint8_t *incarnation = connection->hello.greeting.id.incarnation;
	struct ln_frame_encoder writer = { .frame = { 0 } };
	struct ln_frame *frames =
		with_frame(NULL, ln_mesh_write_plain(LN_MESH_PEERS));
	struct ln_fabric_peer *peers;
	int count = ln_mesh_list(connection->mesh, &peers);

	for (int i = 0; i < count; i++) {
		const struct ln_fabric_peer *peer = &peers[i];

		if (memcmp(peer->id.incarnation, incarnation, LN_ID_SIZE) ==
			    0 ||
		    ln_mesh_put_member(&writer, &peer->id, peer->address))
			continue;
		frames = with_frame(frames, ln_frame_encoder_finish(&writer));
		ln_frame_encoder_begin(&writer, LN_MESH_PEERS, 256);
		ln_mesh_put_member(&writer, &peer->id, peer->address);
	}
	connection->greetings =
		with_frame(frames, ln_frame_encoder_finish(&writer));
	free(peers);
}

/* Releases the dialled contact, if there is one. */
static void settle(struct ln_connection *connection, int error,
		   const char *reason)
{
	struct ln_contact *contact = connection->contact;

	connection->contact = NULL;
	ln_contact_tried(connection->mesh, contact,
			 connection->identified
				 ? connection->hello.greeting.id.incarnation
				 : NULL,
			 error, reason);
}

/* Marks it as up, and counts the writer, which tells the other node when the
 * mesh ends. False: the mesh is already ending. */
static bool come_up(struct ln_connection *connection)
{
	struct ln_mesh *mesh = connection->mesh;
	bool stopping;

	ln_lock_acquire(&mesh->lock);
	stopping = mesh->stopping;
	if (!stopping) {
		ln_assert(connection->state == LN_CONNECTION_CLAIMED);
		connection->state = LN_CONNECTION_UP;
		connection->since = ln_time_now();
		if (!connection->dialled) {
			ln_assert(mesh->stranger_count > 0);
			mesh->stranger_count--;
		}
		ln_contact_up(mesh, connection);
		mesh->tasks++;
	}
	ln_lock_release(&mesh->lock);
	return !stopping;
}

static int start_writer(struct ln_connection *connection)
{
	struct ln_mesh *mesh = connection->mesh;
	int error;

	ln_refs_retain(&connection->references);
	error = ln_task_start(mesh->node->runtime->sched, &connection->writer,
			      run_writer, writer_done);
	if (error < 0) {
		ln_mesh_task_over(mesh);
		/* Never the last: the reader has one. */
		(void)ln_refs_release(&connection->references);
		ln_connection_blame(connection, ln_error_text(error));
	}
	return error;
}

/* Both sides have agreed: until the end. */
static int converse(struct ln_connection *connection)
{
	int error;

	if (!come_up(connection)) {
		ln_connection_blame(connection, "this node is leaving");
		return LN_ESTOPPED;
	}
	settle(connection, 0, NULL);
	ln_mesh_log(LN_LOG_INFO, "connected with node",
		    connection->hello.greeting.id.name,
		    connection->hello.address, NULL);
	ln_task_on_worker_stack(&connection->reader, introduce, connection);
	error = start_writer(connection);
	if (error < 0)
		return error;
	error = read_all(connection);
	atomic_store(&connection->closing, true);
	ln_tls_shutdown(connection->tls);
	ln_task_wake(&connection->writer);
	while (!atomic_load(&connection->writer_over))
		ln_task_park(&connection->reader);
	return error;
}

/* Logs the end of a connection that was up. */
static void report_loss(struct ln_connection *connection, int error)
{
	bool left = error == LN_ESTOPPED || atomic_load(&connection->leave);

	ln_mesh_log(left ? LN_LOG_INFO : LN_LOG_WARN,
		    left ? "left by node" : "lost node",
		    connection->hello.greeting.id.name,
		    connection->hello.address,
		    left ? NULL : connection->reason);
}

/* Takes it out of the mesh. */
static void withdraw(struct ln_connection *connection,
		     enum ln_connection_state state, bool left)
{
	struct ln_mesh *mesh = connection->mesh;

	ln_lock_acquire(&mesh->lock);
	ln_list_remove(&connection->link);
	if (state != LN_CONNECTION_STRANGER) {
		ln_assert(mesh->member_count > 0);
		mesh->member_count--;
	}
	if (state != LN_CONNECTION_UP && !connection->dialled) {
		ln_assert(mesh->stranger_count > 0);
		mesh->stranger_count--;
	}
	if (state == LN_CONNECTION_UP)
		ln_contact_lost(mesh, connection, left);
	ln_lock_release(&mesh->lock);
}

/* Closes what has come in. */
static void let_go(struct ln_socket *socket, struct ln_wire *wire)
{
	if (socket != NULL)
		ln_socket_release(socket);
	if (wire != NULL)
		wire->class->release(wire);
}

static void conclude(struct ln_connection *connection, int error)
{
	struct ln_mesh *mesh = connection->mesh;
	enum ln_connection_state state;

	ln_lock_acquire(&mesh->lock);
	state = connection->state;
	ln_assert(state != LN_CONNECTION_OVER);
	if (state != LN_CONNECTION_STRANGER)
		connection->state = LN_CONNECTION_OVER;
	ln_lock_release(&mesh->lock);
	if (connection->session != NULL)
		ln_session_down(connection->session, connection->reason);
	ln_frames_free(connection->greetings);
	withdraw(connection, state, error == LN_ESTOPPED);
	if (state == LN_CONNECTION_UP)
		report_loss(connection, error);
	else if (!connection->dialled && error != LN_EAGAIN)
		ln_mesh_log_stranger(connection);
	settle(connection, error, connection->reason);
	let_go(connection->socket, connection->wire);
	ln_tls_free(connection->tls);
	ln_mesh_changed(mesh);
}

static void run_reader(struct ln_task *task)
{
	struct ln_connection *connection =
		ln_container_of(task, struct ln_connection, reader);
	struct ln_runtime *runtime = connection->mesh->node->runtime;
	int error;

	ln_runtime_service_begins(runtime);
	error = ln_connection_greet(connection);
	if (error == 0)
		error = converse(connection);
	conclude(connection, error);
	ln_runtime_service_ends(runtime);
}

static void reader_done(struct ln_task *task)
{
	release(ln_container_of(task, struct ln_connection, reader));
}

/* Ends the connection that has been in the greeting for longest. */
static void make_room_for_stranger(struct ln_mesh *mesh)
{
	ln_lock_assert(&mesh->lock);
	ln_list_for_each (at, &mesh->connections) {
		struct ln_connection *connection =
			ln_container_of(at, struct ln_connection, link);

		if (connection->state == LN_CONNECTION_STRANGER &&
		    !connection->dialled &&
		    !ln_task_interrupted(&connection->reader)) {
			ln_connection_blame(connection,
					    "too many others want to connect");
			ln_task_interrupt(&connection->reader);
			return;
		}
	}
}

/* Enters the connection into the mesh, and counts its reader. */
static int enter(struct ln_mesh *mesh, struct ln_connection *connection)
{
	if (!ln_mesh_task_begins(mesh))
		return LN_ESTOPPED;
	ln_lock_acquire(&mesh->lock);
	if (!connection->dialled &&
	    ++mesh->stranger_count > LN_MESH_STRANGERS_MAX)
		make_room_for_stranger(mesh);
	ln_list_append(&mesh->connections, &connection->link);
	ln_lock_release(&mesh->lock);
	return 0;
}

int ln_connection_start(struct ln_mesh *mesh,
			const struct ln_mesh_arrival *arrival,
			struct ln_contact *contact)
{
	struct ln_connection *connection = calloc(1, sizeof(*connection));
	int error = LN_ENOMEM;

	if (connection == NULL)
		goto fail;
	connection->channel.class = &channel_class;
	connection->mesh = mesh;
	connection->contact = contact;
	connection->out.max = SIZE_MAX; /* the session bounds what it gives */
	connection->dialled = contact != NULL;
	if (arrival != NULL) {
		connection->socket = arrival->socket;
		connection->wire = arrival->wire;
		connection->remote = arrival->remote;
		memcpy(connection->from, arrival->from,
		       sizeof(connection->from));
	}
	atomic_init(&connection->references, 1);
	error = enter(mesh, connection);
	if (error < 0)
		goto fail;
	error = ln_task_start(mesh->node->runtime->sched, &connection->reader,
			      run_reader, reader_done);
	if (error == 0)
		return 0;
	withdraw(connection, LN_CONNECTION_STRANGER, false);
	ln_mesh_task_over(mesh);
fail:
	ln_contact_tried(mesh, contact, NULL, error, ln_error_text(error));
	if (arrival != NULL)
		let_go(arrival->socket, arrival->wire);
	free(connection);
	return error;
}
