// A directory of /proc: its links are doors of the kernel's own, to the root,
// to descriptors of the program, to whatever it runs. None can be gone through.
// options: --dir /proc/self::proc --dir /proc/self/fd::fds
#include "check.h"

#define PROC 3
#define FDS 4
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define READ __WASI_RIGHTS_FD_READ

static void refused(__wasi_fd_t dir, const char *path)
{
	__wasi_filestat_t stat;
	__wasi_fd_t fd;

	CHECK(__wasi_path_open(dir, FOLLOW, path, 0, READ, 0, 0, &fd) != 0);
	CHECK(__wasi_path_open(dir, 0, path, 0, READ, 0, 0, &fd) != 0);
	CHECK(__wasi_path_open(dir, FOLLOW, path, __WASI_OFLAGS_DIRECTORY, 0,
			       UINT64_MAX, 0, &fd) != 0);
	CHECK(__wasi_path_filestat_get(dir, FOLLOW, path, &stat) != 0);
}

int main(void)
{
	static const char *const links[] = {
		"root",      "cwd",
		"exe",       "root/",
		"cwd/",      "root/etc/passwd",
		"cwd/../..", "fd/0",
		"fd/1",      "task/../root/etc/passwd"
	};
	static char name[] = "0";
	uint8_t text[64];
	__wasi_filestat_t stat;
	__wasi_size_t used;

	CHECK_OK(__wasi_path_filestat_get(PROC, FOLLOW, "status", &stat));
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		refused(PROC, links[i]);
	CHECK(__wasi_path_readlink(PROC, "root", text, 64, &used) != 0);
	CHECK(__wasi_path_readlink(PROC, "cwd", text, 64, &used) != 0);
	for (; name[0] <= '9'; name[0]++)
		refused(FDS, name);
	return 0;
}
