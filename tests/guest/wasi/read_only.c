// A read-only directory is like a read-only file system: what exists can be
// opened with CREAT, and what is made anew says so when it exists.
// setup: mkdir -p dir/sub rw; echo text >dir/file; ln -s file dir/link
// setup: ln -s nothing dir/dangling; chmod 0444 dir/file
// options: --dir dir::/ro:ro --dir rw::/rw
#include "check.h"

#define RO 3
#define RW 4
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define CREAT __WASI_OFLAGS_CREAT
#define EXCL __WASI_OFLAGS_EXCL
#define TRUNC __WASI_OFLAGS_TRUNC
#define DIRECTORY __WASI_OFLAGS_DIRECTORY
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE
/* What Go asks for to read. */
#define GO_READ                                               \
	(READ | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE |          \
	 __WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_FD_ADVISE | \
	 __WASI_RIGHTS_FD_SEEK)

static __wasi_errno_t open_with(const char *path, __wasi_oflags_t oflags,
				uint64_t rights)
{
	__wasi_fd_t fd;
	__wasi_errno_t result =
		__wasi_path_open(RO, FOLLOW, path, oflags, rights, 0, 0, &fd);

	if (result == __WASI_ERRNO_SUCCESS)
		CHECK_OK(__wasi_fd_close(fd));
	return result;
}

static void opening(void)
{
	__wasi_fd_t fd;

	CHECK_OK(open_with("file", 0, READ));
	CHECK_OK(open_with("file", 0, GO_READ));
	CHECK_OK(open_with("file", CREAT, GO_READ));
	CHECK_OK(open_with("link", CREAT, READ));
	CHECK_ERRNO(open_with("file", CREAT, READ | WRITE), ROFS);
	CHECK_ERRNO(open_with("file", 0, WRITE), ROFS);
	CHECK_ERRNO(open_with("file", TRUNC, READ), ROFS);
	CHECK_ERRNO(open_with("file", CREAT | TRUNC, WRITE), ROFS);
	CHECK_ERRNO(open_with("file", CREAT | EXCL, WRITE), EXIST);
	CHECK_ERRNO(open_with("dangling", CREAT | EXCL, WRITE), EXIST);
	CHECK_ERRNO(open_with("sub", CREAT | EXCL, READ), EXIST);
	CHECK_ERRNO(open_with("no", 0, WRITE), NOENT);
	CHECK_ERRNO(open_with("no", TRUNC, WRITE), NOENT);
	CHECK_ERRNO(open_with("no", CREAT, READ), ROFS);
	CHECK_ERRNO(open_with("no", CREAT, WRITE), ROFS);
	CHECK_ERRNO(open_with("no", CREAT | EXCL, WRITE), ROFS);
	CHECK_ERRNO(open_with("dangling", CREAT, READ), ROFS);
	CHECK_ERRNO(open_with("sub", CREAT, READ), ISDIR);
	CHECK_ERRNO(open_with("sub", 0, WRITE), ISDIR);
	CHECK_ERRNO(open_with("sub", DIRECTORY, WRITE), ISDIR);
	CHECK_ERRNO(open_with("file", DIRECTORY, WRITE), NOTDIR);
	CHECK_ERRNO(open_with("file/x", CREAT, WRITE), NOTDIR);
	CHECK_ERRNO(open_with("../rw/x", CREAT, WRITE), PERM);
	CHECK_OK(open_with("sub", DIRECTORY, GO_READ));
	CHECK_ERRNO(__wasi_path_open(RO, 0, "link", 0, WRITE, 0, 0, &fd), LOOP);
}

static void making(void)
{
	CHECK_ERRNO(__wasi_path_create_directory(RO, "sub"), EXIST);
	CHECK_ERRNO(__wasi_path_create_directory(RO, "file"), EXIST);
	CHECK_ERRNO(__wasi_path_create_directory(RO, "."), EXIST);
	CHECK_ERRNO(__wasi_path_create_directory(RO, "no/x"), NOENT);
	CHECK_ERRNO(__wasi_path_create_directory(RO, "no"), ROFS);
	CHECK_ERRNO(__wasi_path_symlink("x", RO, "file"), EXIST);
	CHECK_ERRNO(__wasi_path_symlink("x", RO, "dangling"), EXIST);
	CHECK_ERRNO(__wasi_path_symlink("x", RO, "no"), ROFS);
	CHECK_ERRNO(__wasi_path_link(RO, 0, "file", RO, "link"), EXIST);
	CHECK_ERRNO(__wasi_path_link(RO, 0, "no", RO, "x"), NOENT);
	CHECK_ERRNO(__wasi_path_link(RO, 0, "file", RO, "x"), ROFS);
	/* A second name would be a way to write to the file. */
	CHECK_ERRNO(__wasi_path_link(RO, 0, "file", RW, "x"), ROFS);
}

static void changing(void)
{
	CHECK_ERRNO(__wasi_path_filestat_set_times(RO, 0, "no", 1, 1, 1),
		    NOENT);
	CHECK_ERRNO(__wasi_path_filestat_set_times(RO, 0, "file", 1, 1, 1),
		    ROFS);
	CHECK_ERRNO(__wasi_path_unlink_file(RO, "file"), ROFS);
	CHECK_ERRNO(__wasi_path_remove_directory(RO, "sub"), ROFS);
	CHECK_ERRNO(__wasi_path_rename(RO, "file", RO, "x"), ROFS);
	CHECK_ERRNO(__wasi_path_rename(RO, "file", RW, "x"), ROFS);
	CHECK_OK(__wasi_path_create_directory(RW, "made"));
	CHECK_ERRNO(__wasi_path_rename(RW, "made", RO, "x"), ROFS);
}

int main(void)
{
	opening();
	making();
	changing();
	return 0;
}
