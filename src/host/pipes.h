/*
 * Moving bytes between a guest and the pipes of a request (serve/pipe.h), for
 * all generations: what waits parks the process.
 */
#ifndef LN_HOST_PIPES_H
#define LN_HOST_PIPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_pipe;

/* Reads until there is at least one byte, or the end, with 0 bytes. LN_EIO:
 * *number is the errno, EAGAIN if it would wait and must not; LN_ETIMEDOUT,
 * LN_EKILLED, LN_ENOMEM. */
int ln_host_pipe_read(struct ln_pipe *pipe, uint8_t *to, size_t len,
		      int64_t deadline, bool nonblocking, size_t *done,
		      int *number);

/* Writes at least one byte, if there are any. The same errors. */
int ln_host_pipe_write(struct ln_pipe *pipe, const uint8_t *from, size_t len,
		       int64_t deadline, size_t *done, int *number);

/* Parks until the other side has moved something, a message has come, or the
 * like; perhaps for nothing. */
int ln_host_pipe_wait(int64_t deadline);

#endif
