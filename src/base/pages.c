/* Giving pages back, locked ones too. */
#include "base/pages.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/error.h"

/* Linux 5.18; older headers lack it. */
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

/* Linux 5.14; older headers lack it. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

int ln_pages_drop(void *at, size_t len)
{
	if (madvise(at, len, MADV_DONTNEED) == 0 ||
	    (errno == EINVAL && madvise(at, len, MADV_DONTNEED_LOCKED) == 0))
		return 0;
	return ln_error_from_errno(errno);
}

void ln_pages_make(void *at, size_t len)
{
	/* Without it each page is made when it is written. */
	(void)madvise(at, len, MADV_POPULATE_WRITE);
}

int ln_pages_unmap(void *at, size_t len)
{
	int error;

	if (munmap(at, len) == 0)
		return 0;
	error = ln_error_from_errno(errno);
	/* The error is reported already, and nobody may use these addresses. */
	(void)ln_pages_drop(at, len);
	return error;
}
