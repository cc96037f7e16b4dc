// No directory is preopened, whichever descriptor is asked about.
#include "check.h"

int main(void)
{
	static const int fds[] = { 0, 1, 2, 3, 4, 1000, INT32_MAX, -1 };
	__wasi_prestat_t prestat;
	uint8_t name[16];

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		CHECK_ERRNO(__wasi_fd_prestat_get(fds[i], &prestat), BADF);
		CHECK_ERRNO(
			__wasi_fd_prestat_dir_name(fds[i], name, sizeof(name)),
			BADF);
	}
	CHECK_ERRNO(__wasi_fd_prestat_get(3, before_end(7)), FAULT);
	CHECK_ERRNO(__wasi_fd_prestat_dir_name(3, before_end(7), 8), FAULT);
	return 0;
}
