// Writing: pieces in order, as many as allowed, all of them checked first.
// stdout~ ^one, two, three$
// stdout~ ^x{1023}$
// stderr: to standard error
#include "check.h"

#define MANY 1030

static __wasi_ciovec_t pieces[MANY];

static __wasi_ciovec_t piece(const char *text)
{
	return (__wasi_ciovec_t){ (const uint8_t *)text, strlen(text) };
}

int main(void)
{
	size_t written = 0;

	pieces[0] = piece("one, ");
	pieces[1] = piece("");
	pieces[2] = piece("two, ");
	pieces[3] = piece("three\n");
	CHECK_OK(__wasi_fd_write(1, pieces, 4, &written));
	CHECK(written == 16);
	pieces[0] = piece("to standard error\n");
	CHECK_OK(__wasi_fd_write(2, pieces, 1, &written));
	CHECK(written == 18);

	/* Nothing, in three ways; an empty piece may have any address. */
	CHECK_OK(__wasi_fd_write(1, pieces, 0, &written));
	CHECK(written == 0);
	CHECK_OK(__wasi_fd_write(1, (const __wasi_ciovec_t *)UINTPTR_MAX, 0,
				 &written));
	pieces[0] = (__wasi_ciovec_t){ (const uint8_t *)UINTPTR_MAX, 0 };
	written = 1;
	CHECK_OK(__wasi_fd_write(1, pieces, 1, &written));
	CHECK(written == 0);

	/* A bad piece: nothing at all is written. */
	pieces[0] = piece("must not be seen\n");
	pieces[1] = (__wasi_ciovec_t){ before_end(1), 2 };
	CHECK_ERRNO(__wasi_fd_write(1, pieces, 2, &written), FAULT);
	pieces[1] = (__wasi_ciovec_t){ (const uint8_t *)16, UINT32_MAX };
	CHECK_ERRNO(__wasi_fd_write(1, pieces, 2, &written), FAULT);
	CHECK_ERRNO(__wasi_fd_write(1, before_end(15), 2, &written), FAULT);
	CHECK_ERRNO(__wasi_fd_write(1, pieces, UINT32_MAX, &written), FAULT);
	CHECK_ERRNO(__wasi_fd_write(1, pieces, 1, before_end(3)), FAULT);

	/* Descriptors that are not open, or not for writing. */
	CHECK_ERRNO(__wasi_fd_write(0, pieces, 1, &written), BADF);
	CHECK_ERRNO(__wasi_fd_write(3, pieces, 1, &written), BADF);
	CHECK_ERRNO(__wasi_fd_write(-1, pieces, 1, &written), BADF);

	/* More pieces than a call takes: a part of them is written. Empty ones
	 * do not count. */
	for (int i = 0; i < MANY; i++)
		pieces[i] = piece("x");
	pieces[0] = piece("");
	pieces[1024] = piece("\n");
	pieces[1025] = piece("must not be seen\n");
	CHECK_OK(__wasi_fd_write(1, pieces, MANY, &written));
	CHECK(written == 1024);
	return 0;
}
