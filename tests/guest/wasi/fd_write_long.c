// A write that takes many system calls arrives whole.
// stdout~ ^a{100}$
// stdout~ ^z{100}$
#include "check.h"

#define LINE 101
#define LINES 26000

static char text[LINE * LINES];

int main(void)
{
	__wasi_ciovec_t piece = { (const uint8_t *)text, sizeof(text) };
	__wasi_filestat_t stat;
	size_t written;

	for (int i = 0; i < LINES; i++) {
		memset(text + i * LINE, 'a' + i / 1000, LINE - 1);
		text[i * LINE + LINE - 1] = '\n';
	}
	CHECK_OK(__wasi_fd_write(1, &piece, 1, &written));
	CHECK(written == sizeof(text));
	CHECK_OK(__wasi_fd_filestat_get(1, &stat));
	CHECK(stat.size == sizeof(text));
	return 0;
}
