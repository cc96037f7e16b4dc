/*
 * What the WASI functions that take paths share.
 */
#ifndef LN_HOST_WASI_PATH_H
#define LN_HOST_WASI_PATH_H

#include <stdint.h>
#include <time.h>

#include "process/guest.h"

struct ln_wasi_fd;

/* WASI's `lookupflags`. */
#define LN_WASI_LOOKUP_FOLLOW 1u

/* Copies a guest's path, which may not be empty, and ends it with a zero; the
 * caller frees it. A WASI errno: NOENT (empty), NAMETOOLONG, ILSEQ (not UTF-8),
 * INVAL (a zero byte in it), NOMEM. */
uint32_t ln_wasi_copy_path(struct ln_slice path, char **out);

/* Makes a metered guest pay for a path that is about to be walked. */
void ln_wasi_pay_path(struct ln_guest *guest, struct ln_slice path);

/* The WASI errno for what base/beneath.h returned: that a path leads outside is
 * PERM. */
uint32_t ln_wasi_from_beneath(int error);

/* Turns WASI's `fstflags` and times into what utimensat takes; INVAL. */
uint32_t ln_wasi_times(uint64_t atim, uint64_t mtim, uint32_t flags,
		       struct timespec times[2]);

/* A directory's own descriptor that can be read, opened when first asked for;
 * -errno. In the pool. */
int ln_wasi_list_fd(struct ln_wasi_fd *directory);

/* Brings a directory to its storage. The answer of a host function; parks. */
int ln_wasi_sync_directory(struct ln_wasi_fd *directory, bool data_only,
			   uint32_t *result);

#endif
