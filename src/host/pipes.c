/* Waiting for pipes. Threads: the one that runs the process, which looks again
 * each time that it was woken. */
#include "host/pipes.h"

#include <errno.h>

#include "base/error.h"
#include "sched/task.h"
#include "serve/pipe.h"

int ln_host_pipe_wait(int64_t deadline)
{
	return ln_task_wait_for(ln_task_current(), LN_WAIT_IO, deadline);
}

/* What a read that has found nothing means: 0: nothing comes any more. */
static int judge_empty(const struct ln_pipe_state *state, bool nonblocking,
		       int *number)
{
	if (state->end == LN_PIPE_ENDED)
		return 0;
	*number = state->end == LN_PIPE_BROKEN ? ECONNRESET : EAGAIN;
	if (state->end == LN_PIPE_BROKEN || nonblocking)
		return LN_EIO;
	return LN_EAGAIN;
}

int ln_host_pipe_read(struct ln_pipe *pipe, uint8_t *to, size_t len,
		      int64_t deadline, bool nonblocking, size_t *done,
		      int *number)
{
	struct ln_pipe_state state;
	int error;

	for (;;) {
		*done = ln_pipe_read(pipe, to, len);
		if (*done > 0)
			return 0;
		state = ln_pipe_look(pipe);
		if (state.len > 0 && len > 0)
			continue;
		if (state.len > 0)
			return 0;
		error = judge_empty(&state, nonblocking, number);
		if (error != LN_EAGAIN)
			return error;
		error = ln_host_pipe_wait(deadline);
		if (error < 0)
			return error;
	}
}

int ln_host_pipe_write(struct ln_pipe *pipe, const uint8_t *from, size_t len,
		       int64_t deadline, size_t *done, int *number)
{
	int error;

	for (;;) {
		error = ln_pipe_write(pipe, from, len, done);
		if (error == LN_EDEAD) {
			*number = EPIPE;
			return LN_EIO;
		}
		if (error < 0 || *done > 0 || len == 0)
			return error;
		error = ln_host_pipe_wait(deadline);
		if (error < 0)
			return error;
	}
}
