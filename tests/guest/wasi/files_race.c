// Processes on several threads: one exchanges a directory with a link to the
// outside, others resolve paths through it. None reads what is outside.
// setup: mkdir -p dir/place outside; echo inside >dir/place/file
// setup: echo outside >outside/file; ln -s ../outside dir/trap
// options: --dir dir --workers 4
// timeout: 60
#include <lunatic/abi.h>

#include "check.h"

#define DIR 3
#define ROUNDS 3000
#define READERS 2

static uint64_t parent;

static void tell(void)
{
	lunatic_message_create_data(1, 0);
	lunatic_message_send(parent);
}

static void get_parent(void)
{
	CHECK(lunatic_message_receive(NULL, 0, 0) == 0);
	parent = lunatic_message_take_process(0);
}

__attribute__((export_name("swapper"))) void swapper(void)
{
	get_parent();
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_OK(__wasi_path_rename(DIR, "place", DIR, "away"));
		CHECK_OK(__wasi_path_rename(DIR, "trap", DIR, "place"));
		CHECK_OK(__wasi_path_rename(DIR, "place", DIR, "trap"));
		CHECK_OK(__wasi_path_rename(DIR, "away", DIR, "place"));
	}
	tell();
}

__attribute__((export_name("reader"))) void reader(void)
{
	uint8_t bytes[16];
	__wasi_iovec_t in = { bytes, sizeof(bytes) };
	__wasi_size_t n;

	get_parent();
	for (int i = 0; i < ROUNDS; i++) {
		__wasi_fd_t fd;
		__wasi_errno_t error;

		error = __wasi_path_open(DIR, 1, "place/file", 0,
					 __WASI_RIGHTS_FD_READ, 0, 0, &fd);
		if (error == __WASI_ERRNO_NOENT || error == __WASI_ERRNO_PERM)
			continue;
		CHECK_OK(error);
		CHECK_OK(__wasi_fd_read(fd, &in, 1, &n));
		CHECK(n == 7 && memcmp(bytes, "inside\n", 7) == 0);
		CHECK_OK(__wasi_fd_close(fd));
	}
	tell();
}

int main(void)
{
	lunatic_process_die_when_link_dies(1);
	for (int i = 0; i <= READERS; i++) {
		const char *entry = i == 0 ? "swapper" : "reader";
		uint64_t id;

		CHECK(lunatic_process_inherit_spawn(1, entry, strlen(entry),
						    NULL, 0, &id) == 0);
		lunatic_message_create_data(0, 0);
		lunatic_message_push_process(lunatic_process_this());
		lunatic_message_send(id);
	}
	for (int i = 0; i <= READERS; i++)
		CHECK(lunatic_message_receive(NULL, 0, 0) == 0);
	return 0;
}
