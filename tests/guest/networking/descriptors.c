// Sockets and files that are open have a bound together, in an environment and
// all below it. Beyond it calls fail, and nothing that is open is harmed.
//
// setup: mkdir dir; echo hello >dir/file; mkfifo dir/fifo
// options: --max-descriptors 6 --dir dir
// stdout: passed
#include <wasi/api.h>

#include "../process/env.h"

#define DIR 3

static const uint8_t ip[4] = { 127, 0, 0, 1 };

static uint32_t bind_one(uint64_t *id)
{
	return lunatic_networking_tcp_bind(4, (void *)ip, 0, 0, 0, id);
}

static __wasi_errno_t open_it(const char *name, uint64_t rights, int *fd)
{
	__wasi_fd_t opened = 0;
	__wasi_errno_t result =
		__wasi_path_open(DIR, 0, name, 0, rights, 0, 0, &opened);

	*fd = (int)opened;
	return result;
}

// Takes whatever is left, says how much that was, and ends with it open.
ENTRY(take_all)(void)
{
	uint64_t id;
	uint64_t boss;
	int64_t count = 0;

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	while (bind_one(&id) == 0)
		count++;
	expect_error(id, "Too many open files (os error 24)");
	send_number(boss, 0, count);
	receive_any(0);
	exit(1);
}

static uint64_t let_take(uint64_t module, int64_t link, int64_t want)
{
	uint64_t process = spawn_in(module, "take_all", link, 0);

	send_this(process, 0);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(read_number(), want);
	return process;
}

int main(void)
{
	uint64_t inner = add_this(make_environment(MEMORY, 0));
	uint64_t ids[5];
	uint64_t id;
	int file;
	int other;

	lunatic_process_die_when_link_dies(0);
	// The directory is one, so five are left. What fails takes none.
	for (int i = 0; i < 20; i++)
		CHECK_EQ(open_it("missing", __WASI_RIGHTS_FD_READ, &other),
			 __WASI_ERRNO_NOENT);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(bind_one(&ids[i]), 0);
	CHECK_EQ(open_it("file", __WASI_RIGHTS_FD_READ, &file), 0);
	// One is left: not enough for both ends of a FIFO.
	for (int i = 0; i < 20; i++)
		CHECK_EQ(open_it("fifo",
				 __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE,
				 &other),
			 __WASI_ERRNO_MFILE);
	CHECK_EQ(bind_one(&ids[3]), 0);
	CHECK_EQ(bind_one(&id), 1);
	expect_error(id, "Too many open files (os error 24)");
	CHECK_EQ(open_it("file", __WASI_RIGHTS_FD_READ, &other),
		 __WASI_ERRNO_MFILE);
	// Closing gives back, of every kind.
	CHECK_EQ(__wasi_fd_close((__wasi_fd_t)file), 0);
	lunatic_networking_drop_tcp_listener(ids[0]);
	CHECK_EQ(open_it("fifo", __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE,
			 &file),
		 0);
	CHECK_EQ(bind_one(&id), 1);
	lunatic_error_drop(id);
	CHECK_EQ(__wasi_fd_close((__wasi_fd_t)file), 0);

	// An environment below has what is left, and gives it back when its
	// process dies.
	for (int64_t link = 1; link <= 3; link++) {
		uint64_t process = let_take(inner, link, 2);

		CHECK_EQ(bind_one(&id), 1);
		lunatic_error_drop(id);
		CHECK_EQ(open_it("file", __WASI_RIGHTS_FD_READ, &other),
			 __WASI_ERRNO_MFILE);
		send_this(process, 0);
		expect_link_died(link);
		lunatic_process_drop_process(process);
	}
	puts("passed");
	return 0;
}
