// Attributes of standard streams, which are files here.
// stdin: 12345
// stdout: 123456789
#include <sys/stat.h>

#include "check.h"

int main(void)
{
	__wasi_filestat_t stat;
	__wasi_filestat_t other;
	struct stat posix;

	memset(&stat, 0xff, sizeof(stat));
	CHECK_OK(__wasi_fd_filestat_get(0, &stat));
	CHECK(stat.filetype == __WASI_FILETYPE_REGULAR_FILE);
	CHECK(stat.size == 6);
	CHECK(stat.nlink == 1);
	CHECK(stat.mtim > UINT64_C(1577836800000000000));
	CHECK(fstat(0, &posix) == 0);
	CHECK(S_ISREG(posix.st_mode) && posix.st_size == 6);

	CHECK_OK(__wasi_fd_filestat_get(1, &other));
	CHECK(other.size == 0);
	CHECK(other.ino != stat.ino && other.dev == stat.dev);
	CHECK(write(1, "123456789\n", 10) == 10);
	CHECK_OK(__wasi_fd_filestat_get(1, &other));
	CHECK(other.size == 10);

	CHECK_ERRNO(__wasi_fd_filestat_get(3, &stat), BADF);
	CHECK_ERRNO(__wasi_fd_filestat_get(-1, &stat), BADF);
	CHECK_OK(__wasi_fd_filestat_get(0, before_end(64)));
	CHECK_ERRNO(__wasi_fd_filestat_get(0, before_end(63)), FAULT);
	return 0;
}
