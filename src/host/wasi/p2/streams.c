/*
 * DESIGN
 * wasi:io/streams over the descriptors of preview 1, and over sockets. A stream
 * is the number of a descriptor.
 *
 * A read goes into a buffer of the host's, since only what it returns says how
 * much the guest has to allocate; a write comes from the guest's memory. Both
 * park where they wait. A write that was not announced by check-write, or is
 * larger, waits until all is written, as preview 1 does: nothing is kept here
 * that flush would have to write.
 *
 * Threads: the one that runs the process.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/iovecs.h"
#include "host/stream.h"
#include "host/wasi/io.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/http.h"
#include "host/wasi/p2/sockets.h"
#include "host/wasi/table.h"
#include "net/tcp.h"
#include "process/guest.h"

/* How results are laid out: result<u64,E>, result<list<u8>,E>, result<_,E>. */
#define NUMBER_SIZE 16
#define NUMBER_AT 8
#define LIST_SIZE 12
#define LIST_AT 4
#define NONE_SIZE 12
#define NONE_AT 4

/* Bytes to move, of the guest's memory or of a buffer. */
struct move {
	uint32_t fd;
	enum ln_direction direction;
	uint8_t *memory;
	uint64_t size;    /* of the memory */
	uint32_t address; /* in it */
	uint32_t len;
	int64_t offset; /* in a file, which it moves on */
	bool nonblocking;
	struct ln_p2_http *http; /* a body's; NULL: it is none */
	size_t done;
	int number; /* errno, with LN_EIO */
};

/* Whether a stream's descriptor is open. LN_EIO. */
static int find_stream(struct ln_p2_call *call, struct move *move,
		       struct ln_wasi_fd **entry)
{
	*entry = NULL;
	if (ln_wasi_find(call->guest, move->fd, 0, entry) == LN_WASI_SUCCESS &&
	    ((*entry)->kind == LN_WASI_FILE ||
	     (*entry)->streams[move->direction] != NULL))
		return 0;
	/* Of a socket, it was shut down. */
	move->number = EBADF;
	if (*entry != NULL && (*entry)->kind == LN_WASI_NET)
		move->number = EPIPE;
	return LN_EIO;
}

/* One transfer of a body: what it moves is inside the memory. */
static int move_body(struct move *move)
{
	uint8_t *at = move->memory + move->address;

	return move->direction == LN_READABLE
		       ? ln_p2_http_read(move->http, at, move->len,
					 move->nonblocking, &move->done,
					 &move->number)
		       : ln_p2_http_write(move->http, at, move->len,
					  &move->done, &move->number);
}

/* One transfer. LN_EIO: move->number says why. */
static int transfer(struct ln_p2_call *call, struct move *move)
{
	struct ln_wasi_fd *entry;
	struct ln_iovecs pieces;
	uint8_t piece[LN_IOVECS_PIECE];
	int error;

	if (move->http != NULL)
		return move_body(move);
	error = find_stream(call, move, &entry);
	if (error == 0)
		error = ln_iovecs_one(&pieces, piece, move->memory, move->size,
				      move->address, move->len);
	if (error != 0)
		return error;
	if (entry->kind == LN_WASI_FILE)
		error = ln_wasi_file_transfer(entry, move->direction,
					      move->offset, &pieces,
					      &move->done, &move->number);
	else
		error = ln_stream_transfer(entry->streams[move->direction],
					   &pieces, move->nonblocking,
					   &move->done, &move->number);
	if (error == 0 && move->offset >= 0)
		move->offset += (int64_t)move->done;
	if (error != LN_ENOMEM)
		return error;
	move->number = ENOMEM;
	return LN_EIO;
}

/* What an errno is to a guest: 0 for the end of a stream. */
static int end_of(int number)
{
	return number == EPIPE ? 0 : number;
}

/* Begins a move of the stream that is an argument. */
static int begin(struct ln_p2_call *call, unsigned index, uint32_t kind,
		 struct move *move)
{
	struct ln_p2_resource *resource;
	int error = ln_p2_get(call, kind, ln_p2_u32(call, index), &resource);

	if (error == 0) {
		move->fd = resource->fd;
		move->http = resource->http;
		move->offset = resource->http != NULL ? -1 : resource->offset;
	}
	return error;
}

/* Notes where its file is to be read or written next: the guest has not run
 * since, so the handle is the same. */
static int end(struct ln_p2_call *call, unsigned index, uint32_t kind,
	       const struct move *move)
{
	struct ln_p2_resource *resource;
	int error = ln_p2_get(call, kind, ln_p2_u32(call, index), &resource);

	if (error == 0 && move->http == NULL)
		resource->offset = move->offset;
	return error;
}

/* ---- Input ---- */

/* Whether a connection is at its end, which reading nothing tells, too. */
static bool has_ended(struct ln_p2_call *call, struct move *move)
{
	struct ln_wasi_fd *entry;

	if (find_stream(call, move, &entry) < 0)
		return move->number == EPIPE;
	return entry->kind == LN_WASI_NET && ln_tcp_ended(entry->net->socket);
}

/* Reads up to `max` bytes into a buffer, which is the caller's. *state: 1 there
 * are move->done bytes, perhaps none; 0: the stream is at its end; otherwise a
 * negative errno. */
static int read_some(struct ln_p2_call *call, struct move *move, uint64_t max,
		     bool blocking, int *state)
{
	int error;

	move->direction = LN_READABLE;
	move->nonblocking = !blocking;
	move->len = max < LN_P2_CHUNK ? (uint32_t)max : LN_P2_CHUNK;
	move->size = move->len;
	move->memory = malloc(move->len > 0 ? move->len : 1);
	*state = 1;
	if (move->memory == NULL)
		return LN_ENOMEM;
	if (move->len == 0) {
		*state = !has_ended(call, move);
		return 0;
	}
	ln_guest_charge(call->guest, move->len);
	error = transfer(call, move);
	if (error == 0) {
		*state = move->done > 0;
		return 0;
	}
	if (error != LN_EIO)
		return error;
	move->done = 0;
	if (move->number != EAGAIN)
		*state = -move->number;
	return 0;
}

static int answer_list(struct ln_p2_call *call, const struct move *move)
{
	uint32_t address;
	uint8_t *at;
	int error = ln_p2_bytes(call, move->memory, move->done, &address);

	if (error == 0)
		error = ln_p2_result(call, 2, LIST_SIZE, 4, &at);
	if (error != 0)
		return error;
	ln_wasi_store32(at + LIST_AT, address);
	ln_wasi_store32(at + LIST_AT + 4, (uint32_t)move->done);
	return 0;
}

static int answer_number(struct ln_p2_call *call, unsigned index,
			 uint64_t value)
{
	uint8_t *at;
	int error = ln_p2_result(call, index, NUMBER_SIZE, 8, &at);

	if (error == 0)
		ln_wasi_store64(at + NUMBER_AT, value);
	return error;
}

/* What has come of moving bytes: how many, or why none. */
static int answer_moved(struct ln_p2_call *call, unsigned index, int state,
			uint64_t moved)
{
	return state > 0 ? answer_number(call, index, moved)
			 : ln_p2_stream_error(call, index, NUMBER_SIZE, 8,
					      NUMBER_AT, end_of(-state));
}

/* Reads of the stream that is the first argument as much as the second says. */
static int take(struct ln_p2_call *call, struct move *move, bool blocking,
		int *state)
{
	int error = begin(call, 0, LN_P2_INPUT_STREAM, move);

	if (error == 0)
		error = read_some(call, move, ln_p2_u64(call, 1), blocking,
				  state);
	return error != 0 ? error : end(call, 0, LN_P2_INPUT_STREAM, move);
}

static int read_list(struct ln_p2_call *call, bool blocking)
{
	struct move move = { 0 };
	int state = 0;
	int error = take(call, &move, blocking, &state);

	if (error == 0)
		error = state > 0 ? answer_list(call, &move)
				  : ln_p2_stream_error(call, 2, LIST_SIZE, 4,
						       LIST_AT, end_of(-state));
	free(move.memory);
	return error;
}

int ln_p2_read(struct ln_p2_call *call)
{
	return read_list(call, false);
}

int ln_p2_blocking_read(struct ln_p2_call *call)
{
	return read_list(call, true);
}

static int skip_some(struct ln_p2_call *call, bool blocking)
{
	struct move move = { 0 };
	int state = 0;
	int error = take(call, &move, blocking, &state);

	free(move.memory);
	return error != 0 ? error : answer_moved(call, 2, state, move.done);
}

int ln_p2_skip(struct ln_p2_call *call)
{
	return skip_some(call, false);
}

int ln_p2_blocking_skip(struct ln_p2_call *call)
{
	return skip_some(call, true);
}

/* ---- Output ---- */

/* Writes all of it. LN_EIO: move->number says why not. */
static int write_all(struct ln_p2_call *call, struct move *move)
{
	int error = 0;

	move->direction = LN_WRITABLE;
	while (error == 0 && move->len > 0) {
		error = transfer(call, move);
		if (error == 0) {
			move->address += (uint32_t)move->done;
			move->len -= (uint32_t)move->done;
		}
	}
	return error;
}

/* The end of a write: `error` is what write_all said. */
static int answer_written(struct ln_p2_call *call, unsigned index, int error,
			  const struct move *move)
{
	bool failed = error == LN_EIO;
	uint8_t *at;

	if (error == 0 || failed)
		error = end(call, 0, LN_P2_OUTPUT_STREAM, move);
	if (error != 0)
		return error;
	if (failed)
		return ln_p2_stream_error(call, index, NONE_SIZE, 4, NONE_AT,
					  end_of(move->number));
	return ln_p2_result(call, index, NONE_SIZE, 4, &at);
}

int ln_p2_write(struct ln_p2_call *call)
{
	struct move move = {
		.address = ln_p2_u32(call, 1),
		.len = ln_p2_u32(call, 2),
	};
	const struct ln_component_view *view;
	uint8_t *at;
	int error = begin(call, 0, LN_P2_OUTPUT_STREAM, &move);

	if (error == 0)
		error = ln_p2_list(call, move.address, move.len, 1, 1, &at);
	if (error != 0)
		return error;
	view = call->ops->memory(call->instance, call->options);
	move.memory = view->base;
	move.size = view->size;
	error = write_all(call, &move);
	return answer_written(call, 3, error, &move);
}

int ln_p2_write_zeroes(struct ln_p2_call *call)
{
	uint64_t len = ln_p2_u64(call, 1);
	struct move move = { .len = (uint32_t)len, .size = len };
	int error = begin(call, 0, LN_P2_OUTPUT_STREAM, &move);

	if (error != 0)
		return error;
	if (len > LN_P2_CHUNK)
		return ln_guest_trap(call->guest,
				     "write-zeroes takes at most %u bytes, as "
				     "check-write says",
				     LN_P2_CHUNK);
	ln_guest_charge(call->guest, len);
	move.memory = calloc(1, len > 0 ? len : 1);
	if (move.memory == NULL)
		return LN_ENOMEM;
	error = write_all(call, &move);
	free(move.memory);
	return answer_written(call, 2, error, &move);
}

/* How many bytes a stream takes now, at most LN_P2_CHUNK; a negative errno. A
 * connection takes them without waiting, so that a guest that does not write
 * more can serve several. */
static int room(struct ln_p2_call *call, struct move *stream)
{
	struct ln_wasi_fd *entry;
	size_t size;
	short ready;

	stream->direction = LN_WRITABLE;
	if (stream->http != NULL)
		return ln_p2_http_room(stream->http);
	if (find_stream(call, stream, &entry) < 0)
		return -stream->number;
	if (entry->kind == LN_WASI_FILE)
		return LN_P2_CHUNK;
	ready = ln_stream_poll(entry->streams[LN_WRITABLE]);
	if ((ready & POLLERR) != 0)
		return -EPIPE;
	if (ready == 0)
		return 0;
	size = entry->kind == LN_WASI_NET ? ln_tcp_room(entry->net->socket)
					  : LN_P2_CHUNK;
	return size < LN_P2_CHUNK ? (int)size : (int)LN_P2_CHUNK;
}

int ln_p2_check_write(struct ln_p2_call *call)
{
	struct move move = { 0 };
	int error = begin(call, 0, LN_P2_OUTPUT_STREAM, &move);
	int state;

	if (error != 0)
		return error;
	state = room(call, &move);
	return state >= 0 ? answer_number(call, 1, (uint64_t)state)
			  : ln_p2_stream_error(call, 1, NUMBER_SIZE, 8,
					       NUMBER_AT, end_of(-state));
}

/* All has been written, or is in the pipe of a body. */
int ln_p2_flush(struct ln_p2_call *call)
{
	struct move move = { 0 };
	struct ln_wasi_fd *entry;
	uint8_t *at;
	int number = 0;
	int error = begin(call, 0, LN_P2_OUTPUT_STREAM, &move);

	if (error != 0)
		return error;
	move.direction = LN_WRITABLE;
	if (move.http != NULL)
		number = ln_p2_http_room(move.http) < 0 ? EPIPE : 0;
	else if (find_stream(call, &move, &entry) < 0)
		number = move.number;
	if (number != 0)
		return ln_p2_stream_error(call, 1, NONE_SIZE, 4, NONE_AT,
					  end_of(number));
	return ln_p2_result(call, 1, NONE_SIZE, 4, &at);
}

/* At most `max` bytes that are read so as to be written to a stream: no more
 * than it takes. An error the write finds. */
static uint64_t splice_room(struct ln_p2_call *call, struct move *out,
			    uint64_t max)
{
	int takes = room(call, out);

	return takes >= 0 && (uint64_t)takes < max ? (uint64_t)takes : max;
}

static int splice_some(struct ln_p2_call *call, bool blocking)
{
	uint64_t max = ln_p2_u64(call, 2);
	struct move in = { 0 };
	struct move out = { 0 };
	int state = 0;
	int error = begin(call, 0, LN_P2_OUTPUT_STREAM, &out);

	if (error == 0)
		error = begin(call, 1, LN_P2_INPUT_STREAM, &in);
	if (error != 0)
		return error;
	if (!blocking)
		max = splice_room(call, &out, max);
	error = read_some(call, &in, max, blocking, &state);
	out.memory = in.memory;
	out.size = in.size;
	out.len = (uint32_t)in.done;
	if (error == 0 && state > 0)
		error = write_all(call, &out);
	free(in.memory);
	if (error == LN_EIO)
		state = -out.number;
	else if (error != 0)
		return error;
	error = end(call, 1, LN_P2_INPUT_STREAM, &in);
	if (error == 0)
		error = end(call, 0, LN_P2_OUTPUT_STREAM, &out);
	if (error != 0)
		return error;
	return answer_moved(call, 3, state, in.done);
}

int ln_p2_splice(struct ln_p2_call *call)
{
	return splice_some(call, false);
}

int ln_p2_blocking_splice(struct ln_p2_call *call)
{
	return splice_some(call, true);
}

/* ---- Readiness ---- */

int ln_p2_subscribe(struct ln_p2_call *call, uint32_t kind,
		    enum ln_direction direction)
{
	struct ln_p2_resource pollable = { .kind = LN_P2_POLLABLE,
					   .direction = direction };
	struct ln_p2_resource *stream;
	int error = ln_p2_get(call, kind, ln_p2_u32(call, 0), &stream);

	if (error != 0)
		return error;
	if (stream->http != NULL)
		return ln_p2_http_subscribe(call, stream->http, direction);
	pollable.fd = stream->fd;
	return ln_p2_return(call, &pollable);
}

int ln_p2_subscribe_input(struct ln_p2_call *call)
{
	return ln_p2_subscribe(call, LN_P2_INPUT_STREAM, LN_READABLE);
}

int ln_p2_subscribe_output(struct ln_p2_call *call)
{
	return ln_p2_subscribe(call, LN_P2_OUTPUT_STREAM, LN_WRITABLE);
}
