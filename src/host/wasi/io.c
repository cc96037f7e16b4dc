/*
 * DESIGN
 * A read asks the kernel for what is in memory (RWF_NOWAIT) on the worker; what
 * is not, a thread of a blocking pool reads. A write may wait for the device,
 * for others' writes, or because too much is unwritten, so it is done there at
 * once. File systems that are nothing but memory are read and written on the
 * worker.
 *
 * What is small goes to the pool for short work. The rest is moved in steps of
 * 1 MiB, between which others have their turn. A guest expects that a write to
 * a regular file writes all, so it goes on until that is done, or an error. But
 * each step is a system call of its own: other writers may come in between,
 * with O_APPEND, too.
 *
 * A job in the pool works on the guest's memory itself. That is safe: the guest
 * is parked until the job is over, also when it is killed, so its memory
 * neither grows nor goes away. A kill is noticed after each step.
 *
 * Threads: the one that runs the process; run_step also in the pools.
 */
#include "host/wasi/io.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "base/compiler.h"
#include "base/error.h"
#include "host/iovecs.h"
#include "host/wasi/table.h"
#include "sched/task.h"

/* Bytes of one system call on a worker, and of one step in the pool. */
#define SLICE_ON_WORKER ((size_t)256 << 10)
#define SLICE_IN_POOL ((size_t)1 << 20)

/* Transfers of at most so many bytes are small. */
#define SMALL ((size_t)64 << 10)

struct transfer {
	struct ln_task *task;
	struct ln_iovecs *pieces;
	int64_t offset;
	size_t done;
	int fd;
	enum ln_direction direction;
	int number; /* of the error that ended it; 0: none */
	bool over;
};

/* One system call: bytes, or a negative errno. Out of line, as its caller may
 * park. */
static LN_NOINLINE ssize_t move(const struct transfer *transfer, size_t max,
				int flags)
{
	struct iovec batch[LN_IOVECS_BATCH];
	int count =
		transfer->direction == LN_READABLE
			? ln_iovecs_gather_open(transfer->pieces, batch, max)
			: ln_iovecs_gather(transfer->pieces, batch, max);
	bool at_end = transfer->offset == LN_WASI_AT_END;
	ssize_t n;

	if (count == 0)
		return 0;
	do {
		if (transfer->direction == LN_READABLE)
			n = preadv2(transfer->fd, batch, count,
				    transfer->offset, flags);
		else
			n = pwritev2(transfer->fd, batch, count,
				     at_end ? -1 : transfer->offset,
				     at_end ? flags | RWF_APPEND : flags);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Notes what a call moved; true when there is more to do. */
static bool note(struct transfer *transfer, ssize_t n)
{
	if (n <= 0) {
		transfer->number = (int)-n;
		transfer->over = true;
		return false;
	}
	transfer->done += (size_t)n;
	if (transfer->offset >= 0)
		transfer->offset += n;
	ln_iovecs_advance(transfer->pieces, (size_t)n);
	transfer->over = transfer->pieces->left == 0;
	return !transfer->over;
}

/* In a pool: whether there is more to do, and nobody was killed. */
static bool run_step(void *argument)
{
	struct transfer *transfer = argument;

	return note(transfer, move(transfer, SLICE_IN_POOL, 0)) &&
	       !ln_task_interrupted(transfer->task);
}

static void run_small(void *argument)
{
	while (run_step(argument))
		;
}

static int run_in_pool(struct transfer *transfer)
{
	if (transfer->pieces->left <= SMALL)
		return ln_wasi_block(run_small, transfer);
	return ln_wasi_block_steps(run_step, transfer);
}

/* On the worker, as long as nothing blocks: returns 0 when that is all there
 * was to do, or LN_EAGAIN. */
static int run_here(struct transfer *transfer, int flags)
{
	for (;;) {
		ssize_t n = move(transfer, SLICE_ON_WORKER, flags);

		if (n == -EAGAIN || n == -EOPNOTSUPP)
			return LN_EAGAIN;
		if (!note(transfer, n))
			return 0;
		if (ln_task_should_yield(transfer->task))
			ln_task_give_way(transfer->task);
		if (ln_task_interrupted(transfer->task))
			return LN_EKILLED;
	}
}

int ln_wasi_file_transfer(const struct ln_wasi_fd *file,
			  enum ln_direction direction, int64_t offset,
			  struct ln_iovecs *pieces, size_t *done, int *number)
{
	struct transfer transfer = {
		.task = ln_task_current(),
		.pieces = pieces,
		.offset = offset,
		.fd = file->fd,
		.direction = direction,
	};
	int error = LN_EAGAIN;

	*done = 0;
	*number = 0;
	if (pieces->left == 0)
		return 0;
	if (file->in_memory)
		error = run_here(&transfer, 0);
	else if (direction == LN_READABLE)
		error = run_here(&transfer, RWF_NOWAIT);
	if (error == LN_EAGAIN)
		error = run_in_pool(&transfer);
	if (error < 0)
		return error;
	*done = transfer.done;
	*number = transfer.number;
	return transfer.number != 0 && transfer.done == 0 ? LN_EIO : 0;
}
