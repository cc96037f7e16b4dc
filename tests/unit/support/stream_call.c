/* Calls of ln_stream_transfer on fibers. */
#include "support/stream_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/iovecs.h"
#include "host/wasi/wasi.h"

/* One piece is listed at address 0; the rest of the memory is the buffer. */
#define BUFFER 8u

void stream_call_init(struct stream_call *call, struct ln_stream *stream,
		      size_t len)
{
	*call = (struct stream_call){ .stream = stream, .pieces = 1 };
	call->result = -1000;
	call->memory_len = BUFFER + len;
	call->memory = calloc(1, call->memory_len);
	assert_non_null(call->memory);
	ln_wasi_store32(call->memory, BUFFER);
	ln_wasi_store32(call->memory + 4, (uint32_t)len);
}

void stream_call_deinit(struct stream_call *call)
{
	free(call->memory);
}

uint8_t *stream_call_buffer(struct stream_call *call)
{
	return call->memory + BUFFER;
}

static void transfer(void *argument)
{
	struct stream_call *call = argument;
	const struct ln_array array = { call->memory, call->pieces };
	struct ln_iovecs iovecs;

	call->result =
		ln_iovecs_init(&iovecs, call->memory, call->memory_len, array);
	if (call->result == 0)
		call->result = ln_stream_transfer(call->stream, &iovecs,
						  call->nonblocking,
						  &call->done, &call->number);
}

void stream_call_start(struct ln_sched *sched, struct stream_call *call)
{
	test_task_start(sched, &call->task, transfer, call);
}

void stream_call_run(struct ln_sched *sched, struct stream_call *call)
{
	stream_call_start(sched, call);
	test_task_wait_over(&call->task);
}

struct ln_stream *open_stream(int fd, enum ln_direction direction)
{
	struct ln_stream *stream = NULL;

	assert_int_equal(ln_stream_new(fd, direction, &stream), 0);
	assert_non_null(stream);
	assert_int_equal(ln_stream_fd(stream), fd);
	assert_int_equal(ln_stream_direction(stream), direction);
	return stream;
}

static void *read_all(void *argument)
{
	struct stream_reader *reader = argument;
	ssize_t n;

	while ((n = read(reader->fd, reader->bytes + reader->len, 65536)) > 0)
		reader->len += (size_t)n;
	return NULL;
}

void stream_reader_start(struct stream_reader *reader, int fd, size_t max)
{
	reader->fd = fd;
	reader->len = 0;
	reader->bytes = malloc(max + 65536);
	assert_non_null(reader->bytes);
	assert_int_equal(
		pthread_create(&reader->thread, NULL, read_all, reader), 0);
}

void stream_reader_join(struct stream_reader *reader)
{
	pthread_join(reader->thread, NULL);
}

void stream_reader_deinit(struct stream_reader *reader)
{
	free(reader->bytes);
}
