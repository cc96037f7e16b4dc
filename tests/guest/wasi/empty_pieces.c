// Empty pieces in front of a list, more than a call takes pieces: they are
// passed over, for they would look like the end of a file. Those that point
// outside are empty, too.
// setup: mkdir dir; printf abcdef >dir/file
// options: --dir dir::.
// stdin: abc
// stdout: ok
#include "check.h"

#define EMPTY 200000u

static __wasi_iovec_t in[EMPTY + 2];
static __wasi_ciovec_t out[EMPTY + 2];

int main(void)
{
	__wasi_rights_t rights = __WASI_RIGHTS_FD_READ |
				 __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK;
	uint8_t text[8];
	__wasi_fd_t fd;
	__wasi_size_t n;

	for (uint32_t i = 0; i < EMPTY; i++)
		in[i].buf = (uint8_t *)(uintptr_t)(i * 999983u);
	in[EMPTY] = (__wasi_iovec_t){ text, 2 };
	in[EMPTY + 1] = (__wasi_iovec_t){ text + 2, 1 };
	out[EMPTY] = (__wasi_ciovec_t){ (const uint8_t *)"ok", 2 };
	out[EMPTY + 1] = (__wasi_ciovec_t){ (const uint8_t *)"\n", 1 };
	CHECK_OK(__wasi_fd_read(0, in, EMPTY + 2, &n));
	CHECK(n == 3 && memcmp(text, "abc", 3) == 0);
	CHECK_OK(__wasi_path_open(3, 0, "file", 0, rights, 0, 0, &fd));
	CHECK_OK(__wasi_fd_pread(fd, in, EMPTY + 2, 1, &n));
	CHECK(n == 3 && memcmp(text, "bcd", 3) == 0);
	CHECK_OK(__wasi_fd_pwrite(fd, out, EMPTY + 2, 2, &n));
	CHECK(n == 3);
	CHECK_OK(__wasi_fd_read(fd, in, EMPTY + 2, &n));
	CHECK(n == 3 && memcmp(text, "abo", 3) == 0);
	CHECK_OK(__wasi_fd_read(fd, in, EMPTY, &n));
	CHECK(n == 0);
	CHECK_OK(__wasi_fd_write(1, out, EMPTY + 2, &n));
	CHECK(n == 3);
	return 0;
}
