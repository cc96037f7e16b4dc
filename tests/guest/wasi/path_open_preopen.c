// A directory opened again, as `.`: what the test path_open_preopen of the
// WebAssembly test suite for WASI asks for. Its rights must be those that
// language libraries look for; with FD_WRITE it is refused, with DIRECTORY or
// without, also where nothing can be written.
// setup: mkdir dir
// options: --dir dir::/ --dir dir::/fixed:ro
#include "check.h"

#define R(name) __WASI_RIGHTS_##name
#define BASE                                                                  \
	(R(PATH_CREATE_DIRECTORY) | R(PATH_CREATE_FILE) |                     \
	 R(PATH_LINK_SOURCE) | R(PATH_LINK_TARGET) | R(PATH_OPEN) |           \
	 R(FD_READDIR) | R(PATH_READLINK) | R(PATH_RENAME_SOURCE) |           \
	 R(PATH_RENAME_TARGET) | R(PATH_SYMLINK) | R(PATH_REMOVE_DIRECTORY) | \
	 R(PATH_UNLINK_FILE) | R(PATH_FILESTAT_GET) |                         \
	 R(PATH_FILESTAT_SET_TIMES) | R(FD_FILESTAT_GET) |                    \
	 R(FD_FILESTAT_SET_TIMES))
#define INHERITING                                                        \
	(BASE | R(FD_DATASYNC) | R(FD_READ) | R(FD_SEEK) |                \
	 R(FD_FDSTAT_SET_FLAGS) | R(FD_SYNC) | R(FD_TELL) | R(FD_WRITE) | \
	 R(FD_ADVISE) | R(FD_ALLOCATE) | R(FD_FILESTAT_SET_SIZE) |        \
	 R(POLL_FD_READWRITE))

static __wasi_errno_t open_again(__wasi_fd_t dir, __wasi_oflags_t oflags,
				 __wasi_rights_t base,
				 __wasi_rights_t inheriting)
{
	__wasi_fd_t fd;
	__wasi_errno_t result =
		__wasi_path_open(dir, 0, ".", oflags, base, inheriting, 0, &fd);

	if (result == __WASI_ERRNO_SUCCESS)
		CHECK_OK(__wasi_fd_close(fd));
	return result;
}

static void check_directory(__wasi_fd_t dir)
{
	const __wasi_oflags_t directory = __WASI_OFLAGS_DIRECTORY;
	__wasi_fdstat_t stat;

	CHECK_OK(__wasi_fd_fdstat_get(dir, &stat));
	CHECK((stat.fs_rights_base & BASE) == BASE);
	CHECK((stat.fs_rights_inheriting & INHERITING) == INHERITING);
	CHECK_OK(open_again(dir, 0, stat.fs_rights_base,
			    stat.fs_rights_inheriting));
	CHECK_OK(open_again(dir, 0, 0, 0));
	CHECK_OK(open_again(dir, directory, 0, 0));
	CHECK_OK(open_again(dir, directory, R(FD_READ), 0));
	CHECK(open_again(dir, directory, R(FD_READ) | R(FD_WRITE), 0) ==
	      __WASI_ERRNO_ISDIR);
	CHECK(open_again(dir, directory, R(FD_WRITE), 0) == __WASI_ERRNO_ISDIR);
	CHECK(open_again(dir, 0, R(FD_READ) | R(FD_WRITE), 0) ==
	      __WASI_ERRNO_ISDIR);
}

int main(void)
{
	check_directory(3);
	check_directory(4);
	return 0;
}
