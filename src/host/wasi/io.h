/*
 * Reading and writing files that have a place to read from: fast when the data
 * is in memory, and never blocking a worker when it is not.
 */
#ifndef LN_HOST_WASI_IO_H
#define LN_HOST_WASI_IO_H

#include <stddef.h>
#include <stdint.h>

#include "sched/poller.h"

struct ln_iovecs;
struct ln_wasi_fd;

#define LN_WASI_AT_POSITION (-1) /* where the file's own position is */
#define LN_WASI_AT_END (-2)      /* where it ends; writes only */

/* Moves the pieces to or from an open file, at `offset` or as said above. A
 * read ends at the end of the file. 0: *done bytes were moved; LN_EIO: an error
 * before the first byte, *number is its errno; LN_EKILLED; LN_ENOMEM. Tasks
 * only; parks. */
int ln_wasi_file_transfer(const struct ln_wasi_fd *file,
			  enum ln_direction direction, int64_t offset,
			  struct ln_iovecs *pieces, size_t *done, int *number);

#endif
