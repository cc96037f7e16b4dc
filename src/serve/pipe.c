/*
 * A ring of bytes that grows to its bound. The lock is held while at most that
 * much is copied.
 */
#include "serve/pipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/refs.h"
#include "process/process.h"
#include "process/process_refs.h"
#include "serve/fields.h"

#define FIRST_SIZE ((size_t)512)

struct ln_pipe *ln_pipe_new(struct ln_process *reader,
			    struct ln_process *writer)
{
	struct ln_pipe *pipe = calloc(1, sizeof(*pipe));

	if (pipe == NULL)
		return NULL;
	atomic_init(&pipe->references, 1);
	if (reader != NULL)
		pipe->reader = ln_process_retain(reader);
	if (writer != NULL)
		pipe->writer = ln_process_retain(writer);
	return pipe;
}

struct ln_pipe *ln_pipe_retain(struct ln_pipe *pipe)
{
	ln_refs_retain(&pipe->references);
	return pipe;
}

void ln_pipe_release(struct ln_pipe *pipe)
{
	if (pipe == NULL || !ln_refs_release(&pipe->references))
		return;
	if (pipe->reader != NULL)
		ln_process_release(pipe->reader);
	if (pipe->writer != NULL)
		ln_process_release(pipe->writer);
	ln_fields_release(pipe->trailers);
	free(pipe->data);
	free(pipe);
}

void ln_pipe_set_reader(struct ln_pipe *pipe, struct ln_process *reader)
{
	struct ln_process *before;

	ln_process_retain(reader);
	ln_lock_acquire(&pipe->lock);
	before = pipe->reader;
	pipe->reader = reader;
	ln_lock_release(&pipe->lock);
	if (before != NULL)
		ln_process_release(before);
}

/* Processes stay as long as the pipe, which the caller has; only a reader may
 * be exchanged, by the one who reads. */
static void wake(struct ln_process *process)
{
	if (process != NULL)
		ln_task_wake(&process->task);
}

/* Who is to be told that something has come, retained; under the lock. */
static struct ln_process *reader_of(const struct ln_pipe *pipe)
{
	return pipe->reader != NULL ? ln_process_retain(pipe->reader) : NULL;
}

static void wake_reader(struct ln_process *reader)
{
	wake(reader);
	if (reader != NULL)
		ln_process_release(reader);
}

struct ln_pipe_state ln_pipe_look(struct ln_pipe *pipe)
{
	struct ln_pipe_state state;

	ln_lock_acquire(&pipe->lock);
	state = (struct ln_pipe_state){
		.len = pipe->len,
		.room = LN_PIPE_ROOM - pipe->len,
		.total = pipe->total,
		.end = pipe->end,
		.closed = pipe->closed,
	};
	ln_lock_release(&pipe->lock);
	return state;
}

/* Makes room for `len` bytes in all; under the lock. */
static bool grow(struct ln_pipe *pipe, size_t len)
{
	size_t size = pipe->size == 0 ? FIRST_SIZE : pipe->size;
	size_t first = pipe->size - pipe->start;
	uint8_t *data;

	while (size < len)
		size *= 2;
	if (size == pipe->size)
		return true;
	data = malloc(size);
	if (data == NULL)
		return false;
	if (first > pipe->len)
		first = pipe->len;
	if (pipe->len > 0) {
		memcpy(data, pipe->data + pipe->start, first);
		memcpy(data + first, pipe->data, pipe->len - first);
	}
	free(pipe->data);
	pipe->data = data;
	pipe->size = size;
	pipe->start = 0;
	return true;
}

static void copy_in(struct ln_pipe *pipe, const uint8_t *data, size_t len)
{
	size_t at = (pipe->start + pipe->len) & (pipe->size - 1);
	size_t first = pipe->size - at < len ? pipe->size - at : len;

	memcpy(pipe->data + at, data, first);
	memcpy(pipe->data, data + first, len - first);
	pipe->len += len;
	pipe->total += len;
}

int ln_pipe_write(struct ln_pipe *pipe, const void *data, size_t len,
		  size_t *done)
{
	struct ln_process *reader = NULL;
	int error = 0;

	ln_lock_acquire(&pipe->lock);
	if (len > LN_PIPE_ROOM - pipe->len)
		len = LN_PIPE_ROOM - pipe->len;
	if (pipe->closed || pipe->end != LN_PIPE_OPEN)
		error = LN_EDEAD;
	else if (len > 0 && !grow(pipe, pipe->len + len))
		error = LN_ENOMEM;
	if (error == 0 && len > 0) {
		copy_in(pipe, data, len);
		reader = reader_of(pipe);
	}
	ln_lock_release(&pipe->lock);
	*done = error == 0 ? len : 0;
	wake_reader(reader);
	return error;
}

size_t ln_pipe_read(struct ln_pipe *pipe, void *data, size_t len)
{
	uint8_t *to = data;
	size_t first;

	ln_lock_acquire(&pipe->lock);
	if (len > pipe->len)
		len = pipe->len;
	first = pipe->size - pipe->start < len ? pipe->size - pipe->start : len;
	if (len > 0) {
		memcpy(to, pipe->data + pipe->start, first);
		memcpy(to + first, pipe->data, len - first);
		pipe->start = (pipe->start + len) & (pipe->size - 1);
		pipe->len -= len;
	}
	ln_lock_release(&pipe->lock);
	if (len > 0)
		wake(pipe->writer);
	return len;
}

void ln_pipe_finish(struct ln_pipe *pipe, enum ln_pipe_end end,
		    struct ln_fields *trailers)
{
	struct ln_process *reader = NULL;

	ln_lock_acquire(&pipe->lock);
	if (pipe->end == LN_PIPE_OPEN) {
		pipe->end = end;
		pipe->trailers = trailers;
		trailers = NULL;
		reader = reader_of(pipe);
	}
	ln_lock_release(&pipe->lock);
	ln_fields_release(trailers);
	wake_reader(reader);
}

void ln_pipe_close(struct ln_pipe *pipe)
{
	bool first;

	ln_lock_acquire(&pipe->lock);
	first = !pipe->closed && pipe->end == LN_PIPE_OPEN;
	pipe->closed = true;
	pipe->len = 0;
	ln_lock_release(&pipe->lock);
	/* Whoever has ended it is not interested. */
	if (first)
		wake(pipe->writer);
}

void ln_pipe_discard(struct ln_pipe *pipe)
{
	struct ln_fields *trailers;
	uint8_t *data;

	ln_pipe_close(pipe);
	ln_lock_acquire(&pipe->lock);
	if (pipe->end == LN_PIPE_OPEN)
		pipe->end = LN_PIPE_BROKEN;
	trailers = pipe->trailers;
	data = pipe->data;
	pipe->trailers = NULL;
	pipe->data = NULL;
	pipe->size = 0;
	pipe->start = 0;
	ln_lock_release(&pipe->lock);
	ln_fields_release(trailers);
	free(data);
}
