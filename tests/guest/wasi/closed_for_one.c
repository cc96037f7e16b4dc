// A stream that one process closes, or makes non-blocking, is as it was for the
// others.
// stdout: from the parent
#include <lunatic/abi.h>
#include <stdio.h>

#include "check.h"

__attribute__((export_name("child"))) void child(void)
{
	uint64_t parent;
	size_t n;
	__wasi_ciovec_t piece = { (const uint8_t *)"no", 2 };

	CHECK(lunatic_message_receive(NULL, 0, 0) == 0);
	parent = lunatic_message_take_process(0);
	CHECK_OK(__wasi_fd_fdstat_set_flags(1, __WASI_FDFLAGS_NONBLOCK));
	CHECK_OK(__wasi_fd_close(1));
	CHECK_ERRNO(__wasi_fd_write(1, &piece, 1, &n), BADF);
	lunatic_message_create_data(0, 0);
	lunatic_message_send(parent);
}

int main(void)
{
	__wasi_fdstat_t stat;
	uint64_t id;

	CHECK(lunatic_process_inherit_spawn(0, "child", 5, NULL, 0, &id) == 0);
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(id);
	CHECK(lunatic_message_receive(NULL, 0, 0) == 0);
	CHECK_OK(__wasi_fd_fdstat_get(1, &stat));
	CHECK(stat.fs_flags == 0);
	puts("from the parent");
	return 0;
}
