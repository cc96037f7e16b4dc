// Closing: once, for oneself, whatever the descriptor is used for afterwards.
// stdin: unread
// stdout: before
#include "check.h"

int main(void)
{
	__wasi_ciovec_t piece = { (const uint8_t *)"before\n", 7 };
	__wasi_filestat_t filestat;
	__wasi_fdstat_t fdstat;
	uint8_t byte;
	__wasi_iovec_t into = { &byte, 1 };
	uint64_t position;
	size_t n;

	CHECK_ERRNO(__wasi_fd_close(3), BADF);
	CHECK_ERRNO(__wasi_fd_close(-1), BADF);
	CHECK_OK(__wasi_fd_write(1, &piece, 1, &n));
	CHECK_OK(__wasi_fd_close(1));
	CHECK_ERRNO(__wasi_fd_close(1), BADF);
	CHECK_ERRNO(__wasi_fd_write(1, &piece, 1, &n), BADF);
	CHECK_ERRNO(__wasi_fd_fdstat_get(1, &fdstat), BADF);
	CHECK_ERRNO(__wasi_fd_fdstat_set_flags(1, 0), BADF);
	CHECK_ERRNO(__wasi_fd_filestat_get(1, &filestat), BADF);
	CHECK_ERRNO(__wasi_fd_seek(1, 0, __WASI_WHENCE_CUR, &position), BADF);
	CHECK_ERRNO(__wasi_fd_tell(1, &position), BADF);
	CHECK_OK(__wasi_fd_close(0));
	CHECK_ERRNO(__wasi_fd_read(0, &into, 1, &n), BADF);
	/* Standard error is still there. */
	CHECK_OK(__wasi_fd_fdstat_get(2, &fdstat));
	CHECK_OK(__wasi_fd_close(2));
	CHECK_ERRNO(__wasi_fd_close(2), BADF);
	return 0;
}
