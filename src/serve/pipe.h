/*
 * The body of a message on its way between a connection and a process: bytes in
 * a bounded buffer, then its end, with trailers perhaps. Each side is a task,
 * which is woken when the other one has moved something; it looks again, then
 * parks. Counted references. Any thread.
 */
#ifndef LN_SERVE_PIPE_H
#define LN_SERVE_PIPE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"

struct ln_fields;
struct ln_process;

/* Bytes that wait in it at most. */
#define LN_PIPE_ROOM ((size_t)64 << 10)

enum ln_pipe_end {
	LN_PIPE_OPEN,
	LN_PIPE_ENDED,  /* complete */
	LN_PIPE_BROKEN, /* it will never be complete */
};

struct ln_pipe {
	_Atomic uint32_t references;

	/* Under lock. */
	struct ln_lock lock;
	bool closed; /* nobody reads any more */
	enum ln_pipe_end end;
	struct ln_fields *trailers; /* counted; NULL: none */
	uint8_t *data;
	size_t size;
	size_t start; /* of what waits */
	size_t len;
	uint64_t total; /* bytes that were written ever */
	/* Who is woken, counted; NULL: nobody. */
	struct ln_process *reader;
	struct ln_process *writer;
};

struct ln_pipe_state {
	size_t len;  /* bytes that wait */
	size_t room; /* bytes that can be written now */
	uint64_t total;
	enum ln_pipe_end end;
	bool closed;
};

/* With one reference; each process may be NULL. NULL: memory is short. */
struct ln_pipe *ln_pipe_new(struct ln_process *reader,
			    struct ln_process *writer);
struct ln_pipe *ln_pipe_retain(struct ln_pipe *pipe);
void ln_pipe_release(struct ln_pipe *pipe); /* NULL is fine */

/* Who reads from now on. */
void ln_pipe_set_reader(struct ln_pipe *pipe, struct ln_process *reader);

struct ln_pipe_state ln_pipe_look(struct ln_pipe *pipe);

/* Copies as much as there is room for; how much that was. LN_ENOMEM; LN_EDEAD:
 * nobody reads, or it has ended. */
int ln_pipe_write(struct ln_pipe *pipe, const void *data, size_t len,
		  size_t *done);

/* Copies what there is, at most `len` bytes; how much. */
size_t ln_pipe_read(struct ln_pipe *pipe, void *data, size_t len);

/* Ends it; once, the first one counts. Owns the trailers from now on. */
void ln_pipe_finish(struct ln_pipe *pipe, enum ln_pipe_end end,
		    struct ln_fields *trailers);

/* Nobody reads any more; what waits is dropped. */
void ln_pipe_close(struct ln_pipe *pipe);

/* The same, and nothing that it holds is kept, trailers included: by the only
 * one who reads these. */
void ln_pipe_discard(struct ln_pipe *pipe);

#endif
