// The position of standard streams that are files.
// stdin: 0123456789
// stdout: ab_def
#include "check.h"

static char byte_at_position(void)
{
	char byte = 0;

	CHECK(read(0, &byte, 1) == 1);
	return byte;
}

int main(void)
{
	uint64_t position = 99;

	CHECK_OK(__wasi_fd_tell(0, &position));
	CHECK(position == 0);
	CHECK_OK(__wasi_fd_seek(0, 4, __WASI_WHENCE_SET, &position));
	CHECK(position == 4 && byte_at_position() == '4');
	CHECK_OK(__wasi_fd_seek(0, -2, __WASI_WHENCE_CUR, &position));
	CHECK(position == 3 && byte_at_position() == '3');
	CHECK_OK(__wasi_fd_seek(0, -3, __WASI_WHENCE_END, &position));
	CHECK(position == 8 && byte_at_position() == '8');
	CHECK_OK(__wasi_fd_tell(0, &position));
	CHECK(position == 9);
	/* Behind the end is a position, too. */
	CHECK_OK(__wasi_fd_seek(0, 1000, __WASI_WHENCE_END, &position));
	CHECK(position == 1011);

	/* What is refused changes nothing. */
	CHECK_ERRNO(__wasi_fd_seek(0, -1, __WASI_WHENCE_SET, &position), INVAL);
	CHECK_ERRNO(__wasi_fd_seek(0, INT64_MIN, __WASI_WHENCE_CUR, &position),
		    INVAL);
	CHECK_ERRNO(__wasi_fd_seek(0, 0, 3, &position), INVAL);
	CHECK_ERRNO(__wasi_fd_seek(3, 0, __WASI_WHENCE_SET, &position), BADF);
	CHECK_ERRNO(__wasi_fd_tell(3, &position), BADF);
	CHECK_ERRNO(__wasi_fd_seek(0, 0, __WASI_WHENCE_SET, before_end(7)),
		    FAULT);
	CHECK_ERRNO(__wasi_fd_tell(0, before_end(7)), FAULT);
	CHECK_OK(__wasi_fd_tell(0, &position));
	CHECK(position == 1011);

	/* Output, too, goes where the position is. */
	CHECK(write(1, "abcdef\n", 7) == 7);
	CHECK_OK(__wasi_fd_seek(1, 2, __WASI_WHENCE_SET, &position));
	CHECK(write(1, "_", 1) == 1);
	CHECK_OK(__wasi_fd_tell(1, &position));
	CHECK(position == 3);
	return 0;
}
