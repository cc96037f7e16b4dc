/*
 * Closing descriptors of which nobody needs to know how it went.
 */
#ifndef LN_BASE_FD_H
#define LN_BASE_FD_H

#include <unistd.h>

/* Closes a descriptor through which nothing was written, or that was synced.
 * Whatever close says, on Linux the descriptor is gone afterwards; its error is
 * about bytes that the file system has not written yet, so whoever wrote a file
 * that must be whole calls close and looks. May change errno. Any thread. */
static inline void ln_fd_close(int fd)
{
	/* Nothing was written, see above. */
	(void)close(fd);
}

#endif
