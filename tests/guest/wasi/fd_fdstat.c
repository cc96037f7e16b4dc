// What standard streams say about themselves, and what can be changed.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "check.h"

#define SEEKABLE (__WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL)

static __wasi_fdstat_t fdstat(int fd)
{
	__wasi_fdstat_t stat;

	memset(&stat, 0xff, sizeof(stat));
	CHECK_OK(__wasi_fd_fdstat_get(fd, &stat));
	CHECK(stat.fs_rights_inheriting == 0);
	return stat;
}

int main(void)
{
	__wasi_fdstat_t stat;

	/* They are files here. */
	for (int fd = 0; fd < 3; fd++) {
		stat = fdstat(fd);
		CHECK(stat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE);
		CHECK(stat.fs_flags == 0);
		CHECK((stat.fs_rights_base & SEEKABLE) == SEEKABLE);
		CHECK(((stat.fs_rights_base & __WASI_RIGHTS_FD_READ) != 0) ==
		      (fd == 0));
		CHECK(((stat.fs_rights_base & __WASI_RIGHTS_FD_WRITE) != 0) ==
		      (fd != 0));
		CHECK(!isatty(fd) && errno == ENOTTY);
	}
	CHECK_ERRNO(__wasi_fd_fdstat_get(3, &stat), BADF);
	CHECK_ERRNO(__wasi_fd_fdstat_get(-1, &stat), BADF);
	CHECK_OK(__wasi_fd_fdstat_get(0, before_end(24)));
	CHECK_ERRNO(__wasi_fd_fdstat_get(0, before_end(23)), FAULT);

	/* Whether this process's calls wait is its own affair. */
	CHECK_OK(__wasi_fd_fdstat_set_flags(0, __WASI_FDFLAGS_NONBLOCK));
	CHECK(fdstat(0).fs_flags == __WASI_FDFLAGS_NONBLOCK);
	CHECK(fdstat(1).fs_flags == 0);
	CHECK_OK(__wasi_fd_fdstat_set_flags(0, __WASI_FDFLAGS_NONBLOCK));
	CHECK((fcntl(0, F_GETFL) & O_NONBLOCK) != 0);
	CHECK(fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~O_NONBLOCK) == 0);
	CHECK(fdstat(0).fs_flags == 0);
	/* The rest is shared with others. */
	CHECK_ERRNO(__wasi_fd_fdstat_set_flags(1, __WASI_FDFLAGS_APPEND),
		    NOTSUP);
	CHECK_ERRNO(__wasi_fd_fdstat_set_flags(1, __WASI_FDFLAGS_SYNC), NOTSUP);
	CHECK(fdstat(1).fs_flags == 0);
	CHECK_ERRNO(__wasi_fd_fdstat_set_flags(1, 32), INVAL);
	CHECK_ERRNO(__wasi_fd_fdstat_set_flags(3, 0), BADF);
	return 0;
}
