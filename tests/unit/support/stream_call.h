/*
 * Calls of ln_stream_transfer on fibers, and a program that reads what a stream
 * writes, for the tests of streams.
 */
#ifndef LN_TEST_SUPPORT_STREAM_CALL_H
#define LN_TEST_SUPPORT_STREAM_CALL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/stream.h"
#include "support/tasks.h"

/* Longer than any pipe or socket holds. */
#define STREAM_LONG (1u << 20)

/* A call, and what it gave. */
struct stream_call {
	struct test_task task;
	struct ln_stream *stream;
	bool nonblocking;
	uint8_t *memory; /* a guest's: the list, then the buffer */
	size_t memory_len;
	uint32_t pieces;
	size_t done;
	int number;
	int result;
};

/* Prepares a call with one piece of `len` bytes, all zero. */
void stream_call_init(struct stream_call *call, struct ln_stream *stream,
		      size_t len);
void stream_call_deinit(struct stream_call *call);

/* The bytes of the piece. */
uint8_t *stream_call_buffer(struct stream_call *call);

void stream_call_start(struct ln_sched *sched, struct stream_call *call);

/* Starts it and waits until it is over. */
void stream_call_run(struct ln_sched *sched, struct stream_call *call);

/* A stream on `fd`; the test fails when there is none. */
struct ln_stream *open_stream(int fd, enum ln_direction direction);

/* Reads from `fd` until the end, on a thread of its own. */
struct stream_reader {
	pthread_t thread;
	int fd;
	size_t len;
	uint8_t *bytes;
};

/* `max`: bytes that can come. */
void stream_reader_start(struct stream_reader *reader, int fd, size_t max);

/* Waits for the end; the bytes are there until stream_reader_deinit. */
void stream_reader_join(struct stream_reader *reader);
void stream_reader_deinit(struct stream_reader *reader);

#endif
