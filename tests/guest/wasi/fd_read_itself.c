// Reading over the list of pieces, the count, and both at once does no harm.
// stdin: \377\377\377\377 is what comes to stand where the pieces were listed
#include "check.h"

static union {
	__wasi_iovec_t pieces[40];
	uint8_t bytes[320];
} list;

int main(void)
{
	size_t n = 0;

	/* Each piece is the list. */
	for (int i = 0; i < 40; i++)
		list.pieces[i] = (__wasi_iovec_t){ list.bytes, 3 };
	CHECK_OK(__wasi_fd_read(0, list.pieces, 40, &n));
	CHECK(n > 0 && n <= 120);
	/* The count is stored last, over what was read. */
	list.pieces[0] = (__wasi_iovec_t){ list.bytes + 16, 8 };
	CHECK_OK(
		__wasi_fd_read(0, list.pieces, 1, (size_t *)(list.bytes + 16)));
	CHECK(list.bytes[16] <= 8 && list.bytes[17] == 0);
	return 0;
}
