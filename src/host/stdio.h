/*
 * Standard input, output and error of the program, shared by all its
 * processes.
 */
#ifndef LN_HOST_STDIO_H
#define LN_HOST_STDIO_H

#include <stdint.h>

#define LN_STDIO_STREAMS 3u

struct ln_stdio;
struct ln_stream;

/* Opens /dev/null in the place of standard descriptors that are closed, so that
 * no descriptor of the runtime's takes their number. To be called before the
 * program opens anything. */
void ln_stdio_reserve(void);

/* The standard streams, looked at when this is first called; they live as long
 * as the program. Any thread. */
struct ln_stdio *ln_stdio_get(void);

/* Streams that stand for them in some environments (struct ln_console): no
 * input, and one descriptor for both outputs, which stays the caller's and must
 * stay open. NULL when memory is short. */
struct ln_stdio *ln_stdio_new(int output);

/* No guest may be left that has seen it; NULL is fine. */
void ln_stdio_free(struct ln_stdio *stdio);

/* A stream (0: input, 1: output, 2: error), or NULL when the program was
 * started without it. Any thread. */
struct ln_stream *ln_stdio_stream(struct ln_stdio *stdio, uint32_t index);

#endif
