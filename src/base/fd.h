/*
 * Closing descriptors when the result does not matter.
 */
#ifndef LN_BASE_FD_H
#define LN_BASE_FD_H

#include <unistd.h>

/* Closes a descriptor through which nothing was written, or that was synced. On
 * Linux the descriptor is gone afterwards, whatever close returns; its error is
 * about bytes that the file system has not written yet. So code that has
 * written a file must call close itself and check the result. May change errno.
 * Any thread. */
static inline void ln_fd_close(int fd)
{
	/* Nothing was written, see above. */
	(void)close(fd);
}

#endif
