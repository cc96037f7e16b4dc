// What a directory passes on is what it can do: Go opens directories without
// the rights that write, and then changes what is below. A right that is not
// passed on either is gone.
// setup: mkdir -p dir/sub; echo text >dir/sub/file
// options: --dir dir::.
#include "check.h"

#define ROOT 3
#define R(name) __WASI_RIGHTS_##name
#define ALL UINT64_C(0x0fffffff)
#define WRITING                                                                \
	(R(FD_DATASYNC) | R(FD_WRITE) | R(FD_ALLOCATE) |                       \
	 R(PATH_FILESTAT_SET_SIZE) | R(PATH_CREATE_FILE) |                     \
	 R(PATH_CREATE_DIRECTORY) | R(PATH_SYMLINK) | R(PATH_LINK_SOURCE) |    \
	 R(PATH_LINK_TARGET) | R(PATH_RENAME_SOURCE) | R(PATH_RENAME_TARGET) | \
	 R(PATH_FILESTAT_SET_TIMES) | R(PATH_UNLINK_FILE) |                    \
	 R(PATH_REMOVE_DIRECTORY) | R(PATH_READLINK) | R(PATH_FILESTAT_GET) |  \
	 R(FD_READDIR) | R(FD_SYNC) | R(FD_FILESTAT_GET) |                     \
	 R(FD_FILESTAT_SET_TIMES))

static __wasi_errno_t open_at(__wasi_fd_t dir, const char *path,
			      __wasi_oflags_t oflags)
{
	__wasi_fd_t fd;
	__wasi_errno_t result = __wasi_path_open(
		dir, 0, path, oflags, R(FD_READ) | R(FD_WRITE), 0, 0, &fd);

	if (result == __WASI_ERRNO_SUCCESS)
		CHECK_OK(__wasi_fd_close(fd));
	return result;
}

static __wasi_fd_t open_dir(uint64_t base, uint64_t inheriting)
{
	__wasi_fd_t fd;

	CHECK_OK(__wasi_path_open(ROOT, 0, "sub", __WASI_OFLAGS_DIRECTORY, base,
				  inheriting, 0, &fd));
	return fd;
}

/* Each call once; 0, or the error that all of them must give. */
static void all_give(__wasi_fd_t dir, __wasi_errno_t error)
{
	uint8_t buffer[64];
	__wasi_filestat_t stat;
	__wasi_size_t n;

	CHECK(open_at(dir, "new", __WASI_OFLAGS_CREAT) == error);
	CHECK(open_at(dir, "file", __WASI_OFLAGS_TRUNC) == error);
	CHECK(open_at(dir, "both", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC) ==
	      error);
	CHECK(__wasi_path_create_directory(dir, "d") == error);
	CHECK(__wasi_path_symlink("x", dir, "l") == error);
	CHECK(__wasi_path_readlink(dir, "l", buffer, 64, &n) == error);
	CHECK(__wasi_path_link(dir, 0, "file", dir, "h") == error);
	CHECK(__wasi_path_rename(dir, "file", dir, "other") == error);
	CHECK(__wasi_path_rename(dir, "other", dir, "file") == error);
	CHECK(__wasi_path_filestat_get(dir, 0, "file", &stat) == error);
	CHECK(__wasi_path_filestat_set_times(dir, 0, "file", 1, 1, 1) == error);
	CHECK(__wasi_path_remove_directory(dir, "d") == error);
	CHECK(__wasi_path_unlink_file(dir, "l") == error);
	CHECK(__wasi_fd_readdir(dir, buffer, 64, 0, &n) == error);
	CHECK(__wasi_fd_filestat_get(dir, &stat) == error);
	CHECK(__wasi_fd_filestat_set_times(dir, 1, 1, 1) == error);
	CHECK(__wasi_fd_sync(dir) == error);
}

int main(void)
{
	__wasi_fd_t dir = open_dir(ALL & ~WRITING & ~R(FD_READ), ALL);
	__wasi_fdstat_t stat;

	all_give(dir, __WASI_ERRNO_SUCCESS);
	/* What is told is what was asked for. */
	CHECK_OK(__wasi_fd_fdstat_get(dir, &stat));
	CHECK((stat.fs_rights_base & WRITING) == 0);
	CHECK((stat.fs_rights_inheriting & R(FD_WRITE)) != 0);
	/* Nothing can be opened, so nothing is passed on. */
	CHECK_OK(
		__wasi_fd_fdstat_set_rights(dir, 0, stat.fs_rights_inheriting));
	all_give(dir, __WASI_ERRNO_NOTCAPABLE);
	CHECK_ERRNO(open_at(dir, "file", 0), NOTCAPABLE);
	dir = open_dir(ALL & ~WRITING & ~R(FD_READ),
		       (ALL & ~WRITING) | R(FD_WRITE));
	all_give(dir, __WASI_ERRNO_NOTCAPABLE);
	CHECK_OK(open_at(dir, "file", 0));
	return 0;
}
