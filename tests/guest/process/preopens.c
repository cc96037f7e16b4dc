// Directories of a sandbox: one below those of its maker, which nothing leads
// out of, also not a link that the maker puts in its place; read-only stays so.
// setup: mkdir -p dir/inner dir/later ro outside; echo secret >outside/file
// setup: echo mine >dir/inner/file; ln -s ../outside dir/out
// options: --dir dir::data --dir ro::/ro:ro
#include <wasi/api.h>

#include "../check.h"

static uint64_t new_config(void)
{
	uint64_t config = lunatic_process_create_config(1 << 24, 0);

	lunatic_process_allow_namespace(config, "", 0);
	return config;
}

/* Makes a sandbox with one directory and runs an entry there, linked. */
static bool run_in(const char *directory, const char *entry)
{
	uint64_t config = new_config();
	uint64_t environment;
	uint64_t module;
	uint64_t process;
	uint64_t id;

	if (lunatic_process_preopen_dir(config, directory, strlen(directory),
					&id) != 0)
		return false;
	if (lunatic_process_create_environment(config, &environment) != 0)
		return false;
	CHECK_EQ(lunatic_process_add_this_module(environment, &module), 0);
	CHECK_EQ(lunatic_process_spawn(1, module, entry, strlen(entry), NULL, 0,
				       &process),
		 0);
	send_this(process, 7);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), 8);
	return true;
}

static void answer(void)
{
	uint64_t parent;

	CHECK_EQ(receive_any(SOON), DATA);
	parent = lunatic_message_take_process(0);
	lunatic_message_create_data(8, 0);
	lunatic_message_send(parent);
}

static int open_file(const char *path, __wasi_oflags_t oflags, uint64_t rights)
{
	__wasi_fd_t fd;

	return __wasi_path_open(3, 1, path, oflags, rights, 0, 0, &fd);
}

ENTRY(inner)(void)
{
	__wasi_prestat_t stat;

	CHECK_EQ(open_file("file", 0, __WASI_RIGHTS_FD_READ), 0);
	CHECK_EQ(open_file("../later", 0, 0), __WASI_ERRNO_PERM);
	CHECK_EQ(open_file("../out/file", 0, 0), __WASI_ERRNO_PERM);
	CHECK_EQ(open_file("new", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE),
		 0);
	CHECK_EQ(__wasi_fd_prestat_get(3, &stat), 0);
	CHECK_EQ(stat.u.dir.pr_name_len, strlen("data/inner"));
	CHECK_EQ(__wasi_fd_prestat_get(4, &stat), __WASI_ERRNO_BADF);
	answer();
}

ENTRY(read_only)(void)
{
	CHECK_EQ(open_file("new", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE),
		 __WASI_ERRNO_ROFS);
	answer();
}

int main(void)
{
	uint64_t config;
	uint64_t id;

	CHECK(run_in("data/inner", "inner"));
	CHECK(run_in("/ro", "read_only"));
	CHECK(!run_in("data/..", "inner"));
	CHECK(!run_in("data/out", "inner"));
	CHECK(!run_in("/etc", "inner"));
	CHECK(!run_in("outside", "inner"));

	/* What was a directory when it was granted is a link when it counts. */
	config = new_config();
	CHECK_EQ(lunatic_process_preopen_dir(config, "data/later", 10, &id), 0);
	CHECK_EQ(__wasi_path_remove_directory(3, "later"), 0);
	CHECK_EQ(__wasi_path_symlink("../outside", 3, "later"), 0);
	CHECK_EQ(lunatic_process_create_environment(config, &id), 1);
	return 0;
}
