/*
 * DESIGN
 * The task of the connection moves bytes by turns, as it moves bodies
 * (converse.c): from the client into a pipe while there is room, out of the
 * other one while the client reads. It knows nothing of the protocol. Nobody
 * waits for an answer here, so there is a time only for silence, and one for a
 * client that does not read what waits for it.
 *
 * A client that is gone does not take the process with it at once, as it does
 * during a response: the process sees the end of what it reads, and has some
 * time to say so to others.
 */
#include "serve/tunnel.h"

#include "base/compiler.h"
#include "base/time.h"
#include "process/process.h"
#include "sched/task.h"
#include "serve/connection_impl.h"
#include "serve/exchange.h"
#include "serve/pipe.h"
#include "serve/server_impl.h"

/* How long a process may go on behind its connection. */
#define GRACE_NS (5 * LN_NS_PER_S)
/* How long a client may send no more before it is taken for gone. */
#define HALF_CLOSED_NS (2 * LN_NS_PER_S)
/* Output beyond which no more is made. */
#define OUTPUT_FULL LN_PIPE_ROOM

/* ---- The process ---- */

bool ln_exchange_upgrade(struct ln_exchange *exchange, struct ln_fields *fields,
			 struct ln_pipe *inbound, struct ln_pipe *outbound)
{
	bool first;

	ln_lock_acquire(&exchange->lock);
	first = exchange->answer == LN_ANSWER_NONE && exchange->inbound == NULL;
	if (first)
		exchange->inbound = inbound;
	ln_lock_release(&exchange->lock);
	if (!first)
		ln_pipe_release(inbound);
	/* Only the process answers, so nobody has done so in between. */
	return ln_exchange_answer(exchange, 101, fields, outbound);
}

void ln_exchange_stream(struct ln_exchange *exchange)
{
	ln_lock_acquire(&exchange->lock);
	if (exchange->answer == LN_ANSWER_NONE)
		exchange->streams = true;
	ln_lock_release(&exchange->lock);
}

bool ln_exchange_is_draining(struct ln_exchange *exchange)
{
	return atomic_load_explicit(&exchange->server->draining,
				    memory_order_relaxed);
}

struct ln_pipe *ln_exchange_inbound(struct ln_exchange *exchange)
{
	struct ln_pipe *pipe;

	ln_lock_acquire(&exchange->lock);
	pipe = exchange->inbound != NULL ? exchange->inbound
					 : exchange->request;
	ln_lock_release(&exchange->lock);
	return pipe;
}

struct ln_pipe *ln_exchange_outbound(struct ln_exchange *exchange)
{
	struct ln_pipe *pipe;

	ln_lock_acquire(&exchange->lock);
	pipe = exchange->response;
	ln_lock_release(&exchange->lock);
	return pipe;
}

/* ---- The connection ---- */

void ln_tunnel_tell_drain(struct ln_client *connection)
{
	struct ln_exchange *exchange = connection->exchange;
	struct ln_process *process;

	if (connection->told || !ln_exchange_is_draining(exchange))
		return;
	connection->told = true;
	ln_lock_acquire(&exchange->lock);
	process = exchange->process;
	ln_lock_release(&exchange->lock);
	/* It stays as long as the exchange. */
	if (process != NULL)
		ln_task_wake(&process->task);
}

/* From the client to the process; whether anything has moved. */
static bool move_in(struct ln_client *connection)
{
	struct ln_transport *wire = &connection->wire;
	struct ln_pipe *pipe = connection->exchange->inbound;
	size_t waits = ln_transport_waits(wire);
	size_t done = 0;

	if (waits > 0) {
		/* Nobody may read any more: what comes is dropped. */
		if (ln_pipe_write(pipe, wire->in + wire->in_start, waits,
				  &done) < 0)
			done = waits;
		wire->in_start += done;
	}
	if (done < waits)
		return done > 0;
	if (wire->eof) {
		ln_pipe_finish(pipe, LN_PIPE_ENDED, NULL);
		return done > 0;
	}
	return ln_transport_read(wire) || done > 0;
}

/* From the process to the output. */
static bool move_out(struct ln_client *connection)
{
	struct ln_transport *wire = &connection->wire;
	struct ln_pipe *pipe = connection->exchange->response;
	struct ln_pipe_state state = ln_pipe_look(pipe);
	size_t len = state.len;
	uint8_t *to;

	if (connection->response.complete)
		return false;
	if (len == 0) {
		if (state.end == LN_PIPE_OPEN)
			return false;
		connection->response.complete = true;
		return true;
	}
	if (wire->out.len >= OUTPUT_FULL)
		return false;
	to = ln_bytes_extend(&wire->out, len);
	if (to == NULL) {
		wire->gone = true;
		return true;
	}
	/* Only this task reads, so as much is there as it was told. */
	len = ln_pipe_read(pipe, to, len);
	connection->response.sent += len;
	return true;
}

static bool is_over(const struct ln_client *connection)
{
	return connection->wire.gone || (connection->response.complete &&
					 ln_transport_sent(&connection->wire));
}

static int64_t earlier(int64_t deadline, int64_t since, uint64_t timeout)
{
	if (timeout == 0 || since == 0 || deadline - since < (int64_t)timeout)
		return deadline;
	return since + (int64_t)timeout;
}

static int64_t deadline_of(const struct ln_client *connection)
{
	const struct ln_serve_options *options = &connection->server->options;
	int64_t deadline =
		earlier(LN_NEVER, connection->moved, options->stream_timeout);

	deadline = earlier(deadline, connection->left, HALF_CLOSED_NS);
	if (!ln_transport_sent(&connection->wire))
		deadline = earlier(deadline, connection->moved,
				   options->body_timeout);
	return deadline;
}

/* One round; whether anything has moved. */
static bool move(struct ln_client *connection)
{
	struct ln_transport *wire = &connection->wire;
	bool moved = move_in(connection);

	moved |= move_out(connection);
	moved |= ln_transport_write(wire);
	if (wire->eof && connection->left == 0)
		connection->left = ln_time_now();
	return moved;
}

static void carry(struct ln_client *connection)
{
	struct ln_task *task = &connection->self->task;

	while (!is_over(connection)) {
		if (move(connection)) {
			connection->moved = ln_time_now();
			if (ln_task_should_yield(task))
				ln_task_yield(task);
			continue;
		}
		if (is_over(connection))
			return;
		ln_tunnel_tell_drain(connection);
		ln_transport_relax(&connection->wire);
		if (ln_transport_wait(&connection->wire,
				      deadline_of(connection)) < 0)
			connection->wire.gone = true;
	}
}

void ln_tunnel(struct ln_client *connection)
{
	struct ln_exchange *exchange = connection->exchange;

	ln_assert(exchange->inbound != NULL && exchange->response != NULL);
	ln_assert(connection->received);
	connection->response.complete = false;
	connection->moved = ln_time_now();
	carry(connection);
	ln_pipe_finish(exchange->inbound, LN_PIPE_BROKEN, NULL);
	ln_pipe_close(exchange->response);
	exchange->deadline = ln_time_now() + GRACE_NS;
}
