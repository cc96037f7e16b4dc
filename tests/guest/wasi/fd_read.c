// Reading: into several pieces, to the end, and into places that are not there.
// stdin: 0123456789
// stdin: abcdefghij
#include "check.h"

static uint8_t bytes[64];

int main(void)
{
	__wasi_iovec_t pieces[3];
	size_t n = 0;

	pieces[0] = (__wasi_iovec_t){ bytes, 4 };
	pieces[1] = (__wasi_iovec_t){ bytes + 20, 0 };
	pieces[2] = (__wasi_iovec_t){ bytes + 40, 3 };
	CHECK_OK(__wasi_fd_read(0, pieces, 3, &n));
	CHECK(n == 7);
	CHECK(memcmp(bytes, "0123\0", 5) == 0);
	CHECK(memcmp(bytes + 40, "456\0", 4) == 0);
	CHECK_OK(__wasi_fd_read(0, pieces, 0, &n));
	CHECK(n == 0);

	/* What is refused takes nothing from the input. */
	pieces[2].buf = before_end(2);
	CHECK_ERRNO(__wasi_fd_read(0, pieces, 3, &n), FAULT);
	CHECK_ERRNO(__wasi_fd_read(0, before_end(7), 1, &n), FAULT);
	CHECK_ERRNO(__wasi_fd_read(0, pieces, 1, before_end(3)), FAULT);
	CHECK_ERRNO(__wasi_fd_read(0, pieces, UINT32_MAX, &n), FAULT);
	CHECK_ERRNO(__wasi_fd_read(1, pieces, 1, &n), BADF);
	CHECK_ERRNO(__wasi_fd_read(3, pieces, 1, &n), BADF);
	CHECK_ERRNO(__wasi_fd_read(-1, pieces, 1, &n), BADF);
	CHECK_OK(__wasi_fd_read(0, pieces, 1, &n));
	CHECK(n == 4 && memcmp(bytes, "789\n", 4) == 0);

	/* Less than asked for at the end, then nothing. */
	pieces[0].buf_len = sizeof(bytes);
	CHECK_OK(__wasi_fd_read(0, pieces, 1, &n));
	CHECK(n == 11 && memcmp(bytes, "abcdefghij\n", 11) == 0);
	CHECK_OK(__wasi_fd_read(0, pieces, 1, &n));
	CHECK(n == 0);
	CHECK_OK(__wasi_fd_read(0, pieces, 1, &n));
	CHECK(n == 0);
	return 0;
}
