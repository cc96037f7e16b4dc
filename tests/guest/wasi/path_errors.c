// Functions with paths: what they do, and each error.
// setup: mkdir -p dir/sub dir/full; echo text >dir/file; : >dir/full/x
// setup: ln -s file dir/link; ln -s nothing dir/dangling; ln -s loop dir/loop
// options: --dir dir::.
#include <stdio.h>

#include "check.h"

#define ROOT 3
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define CREAT __WASI_OFLAGS_CREAT
#define EXCL __WASI_OFLAGS_EXCL
#define TRUNC __WASI_OFLAGS_TRUNC
#define DIRECTORY __WASI_OFLAGS_DIRECTORY
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE

/* As the functions are imported: with lengths. */
#define IMPORT(name)                                            \
	__attribute__((import_module("wasi_snapshot_preview1"), \
		       import_name(#name)))
IMPORT(path_filestat_get)
int32_t raw_stat(int32_t fd, int32_t flags, const void *path, int32_t len,
		 void *stat);
IMPORT(path_open)
int32_t raw_open(int32_t fd, int32_t dirflags, const void *path, int32_t len,
		 int32_t oflags, int64_t base, int64_t inheriting,
		 int32_t flags, void *opened);

static __wasi_errno_t open_with(const char *path, uint32_t flags,
				__wasi_oflags_t oflags, uint64_t rights,
				__wasi_fd_t *fd)
{
	return __wasi_path_open(ROOT, flags, path, oflags, rights, 0, 0, fd);
}

static void opening(void)
{
	__wasi_fd_t fd;
	__wasi_fd_t other;

	CHECK_OK(open_with("file", 0, 0, READ, &fd));
	CHECK(fd == 4);
	CHECK_OK(open_with("./sub/../file", 0, 0, READ | WRITE, &other));
	CHECK(other == 5);
	CHECK_OK(__wasi_fd_close(fd));
	/* The lowest number that is free. */
	CHECK_OK(open_with("link", FOLLOW, 0, READ, &fd));
	CHECK(fd == 4);
	/* A descriptor of a file is no directory. */
	CHECK_ERRNO(__wasi_path_open(fd, 0, "x", 0, READ, 0, 0, &other),
		    NOTDIR);
	CHECK_OK(__wasi_fd_close(4));
	CHECK_OK(__wasi_fd_close(5));
	CHECK_ERRNO(__wasi_path_open(5, 0, "x", 0, READ, 0, 0, &other), BADF);
	CHECK_ERRNO(__wasi_path_open(1, 0, "x", 0, READ, 0, 0, &other), NOTDIR);

	CHECK_ERRNO(open_with("link", 0, 0, READ, &fd), LOOP);
	CHECK_ERRNO(open_with("loop", FOLLOW, 0, READ, &fd), LOOP);
	CHECK_ERRNO(open_with("dangling", FOLLOW, 0, READ, &fd), NOENT);
	CHECK_ERRNO(open_with("", 0, 0, READ, &fd), NOENT);
	CHECK_ERRNO(open_with("nothing", 0, 0, READ, &fd), NOENT);
	CHECK_ERRNO(open_with("nothing", 0, TRUNC, WRITE, &fd), NOENT);
	CHECK_ERRNO(open_with("file/", 0, 0, READ, &fd), NOTDIR);
	CHECK_ERRNO(open_with("file/x", 0, 0, READ, &fd), NOTDIR);
	CHECK_ERRNO(open_with("file", 0, DIRECTORY, READ, &fd), NOTDIR);
	CHECK_ERRNO(open_with("sub", 0, 0, WRITE, &fd), ISDIR);
	CHECK_ERRNO(open_with("file", 0, CREAT | EXCL, WRITE, &fd), EXIST);
	CHECK_ERRNO(open_with("new", 0, CREAT | DIRECTORY, WRITE, &fd), INVAL);
	CHECK_ERRNO(open_with("new", 0, 16, READ, &fd), INVAL);
	CHECK_ERRNO(open_with("new", 2, 0, READ, &fd), INVAL);
	CHECK_ERRNO(__wasi_path_open(ROOT, 0, "file", 0, READ, 0, 32, &fd),
		    INVAL);
	CHECK_OK(open_with("new", 0, CREAT | EXCL, READ | WRITE, &fd));
	CHECK_OK(__wasi_fd_close(fd));
	CHECK_OK(__wasi_path_unlink_file(ROOT, "new"));
	/* A directory is not written to, whatever else it is opened for. */
	CHECK_ERRNO(open_with("sub", 0, DIRECTORY, READ | WRITE, &fd), ISDIR);
	CHECK_ERRNO(open_with("sub", 0, DIRECTORY, WRITE, &fd), ISDIR);
	CHECK_ERRNO(open_with("sub", 0, 0, READ | WRITE, &fd), ISDIR);
	CHECK_ERRNO(open_with("sub", 0, CREAT, READ, &fd), ISDIR);
	CHECK_ERRNO(open_with("no", 0, DIRECTORY, WRITE, &fd), NOENT);
	CHECK_ERRNO(open_with("file", 0, DIRECTORY, WRITE, &fd), NOTDIR);
	/* Rights that it cannot have are left out. */
	CHECK_OK(open_with("sub", 0, DIRECTORY, (uint64_t)-1 & ~WRITE, &fd));
	CHECK_OK(__wasi_fd_close(fd));
}

static void names(void)
{
	static char path[5000];
	__wasi_filestat_t stat;
	__wasi_fd_t fd;

	CHECK_OK((uint16_t)raw_stat(ROOT, 0, "file", 4, &stat));
	CHECK(stat.filetype == __WASI_FILETYPE_REGULAR_FILE && stat.size == 5);
	CHECK_ERRNO(raw_stat(ROOT, 0, "file\0", 5, &stat), INVAL);
	CHECK_ERRNO(raw_stat(ROOT, 0, "file\0/x", 7, &stat), INVAL);
	CHECK_ERRNO(raw_stat(ROOT, 0, "\xff", 1, &stat), ILSEQ);
	CHECK_ERRNO(raw_stat(ROOT, 0, "x", 0, &stat), NOENT);
	CHECK_ERRNO(raw_stat(ROOT, 0, before_end(3), 4, &stat), FAULT);
	CHECK_ERRNO(raw_stat(ROOT, 0, (void *)-1, 4, &stat), FAULT);
	CHECK_ERRNO(raw_stat(ROOT, 0, "file", 4, before_end(63)), FAULT);
	CHECK_ERRNO(raw_open(ROOT, 0, "\0", 1, 0, READ, 0, 0, &fd), INVAL);
	CHECK_ERRNO(raw_open(ROOT, 0, "file", 4, 0, READ, 0, 0, before_end(3)),
		    FAULT);
	memset(path, 'x', sizeof(path));
	CHECK_ERRNO(raw_stat(ROOT, 0, path, 256, &stat), NAMETOOLONG);
	CHECK_ERRNO(raw_stat(ROOT, 0, path, 255, &stat), NOENT);
	for (int i = 0; i < 4999; i += 2)
		memcpy(path + i, "./", 2);
	CHECK_ERRNO(raw_stat(ROOT, 0, path, 4096, &stat), NAMETOOLONG);
	CHECK_ERRNO(raw_stat(ROOT, 0, path, 5000, &stat), NAMETOOLONG);
	CHECK_OK((uint16_t)raw_stat(ROOT, 0, path, 4095, &stat));
	CHECK_ERRNO(raw_stat(ROOT, 0, path, -1, &stat), FAULT);
}

static void changing(void)
{
	CHECK_OK(__wasi_path_create_directory(ROOT, "made/"));
	CHECK_ERRNO(__wasi_path_create_directory(ROOT, "made"), EXIST);
	CHECK_ERRNO(__wasi_path_create_directory(ROOT, "."), EXIST);
	CHECK_ERRNO(__wasi_path_create_directory(ROOT, "file"), EXIST);
	CHECK_ERRNO(__wasi_path_create_directory(ROOT, "link"), EXIST);
	CHECK_ERRNO(__wasi_path_create_directory(ROOT, "no/x"), NOENT);
	CHECK_ERRNO(__wasi_path_create_directory(ROOT, "file/x"), NOTDIR);
	CHECK_ERRNO(__wasi_path_create_directory(9, "x"), BADF);

	CHECK_ERRNO(__wasi_path_remove_directory(ROOT, "full"), NOTEMPTY);
	CHECK_ERRNO(__wasi_path_remove_directory(ROOT, "file"), NOTDIR);
	CHECK_ERRNO(__wasi_path_remove_directory(ROOT, "link/"), NOTDIR);
	CHECK_ERRNO(__wasi_path_remove_directory(ROOT, "nothing"), NOENT);
	CHECK_ERRNO(__wasi_path_remove_directory(ROOT, "."), INVAL);
	CHECK_ERRNO(__wasi_path_remove_directory(ROOT, "made/.."), NOTEMPTY);

	CHECK_ERRNO(__wasi_path_unlink_file(ROOT, "made"), ISDIR);
	CHECK_ERRNO(__wasi_path_unlink_file(ROOT, "made/"), ISDIR);
	CHECK_ERRNO(__wasi_path_unlink_file(ROOT, "file/"), NOTDIR);
	CHECK_ERRNO(__wasi_path_unlink_file(ROOT, "nothing/"), NOENT);
	CHECK_ERRNO(__wasi_path_unlink_file(ROOT, "."), ISDIR);

	CHECK_OK(__wasi_path_rename(ROOT, "made", ROOT, "sub/moved/"));
	CHECK_ERRNO(__wasi_path_rename(ROOT, "made", ROOT, "x"), NOENT);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "file", ROOT, "sub"), ISDIR);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "sub", ROOT, "file"), NOTDIR);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "sub", ROOT, "full"), NOTEMPTY);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "sub", ROOT, "sub/moved/x"),
		    INVAL);
	CHECK_ERRNO(__wasi_path_rename(ROOT, ".", ROOT, "x"), BUSY);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "file", ROOT, "sub/.."), BUSY);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "file/", ROOT, "x"), NOTDIR);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "file", ROOT, "x/"), NOTDIR);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "file", 9, "x"), BADF);
	CHECK_OK(__wasi_path_remove_directory(ROOT, "sub/moved"));

	CHECK_OK(__wasi_path_link(ROOT, 0, "file", ROOT, "sub/hard"));
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, "file", ROOT, "link"), EXIST);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, "file", ROOT, "."), EXIST);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, "sub", ROOT, "x"), PERM);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, ".", ROOT, "x"), PERM);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, "no", ROOT, "x"), NOENT);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, "file/", ROOT, "x"), NOTDIR);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, "file", ROOT, "x/"), NOENT);
	CHECK_OK(__wasi_path_unlink_file(ROOT, "sub/hard"));

	CHECK_ERRNO(__wasi_path_symlink("x", ROOT, "file"), EXIST);
	CHECK_ERRNO(__wasi_path_symlink("x", ROOT, "file/"), EXIST);
	CHECK_ERRNO(__wasi_path_symlink("x", ROOT, "x/"), NOENT);
	CHECK_ERRNO(__wasi_path_symlink("x", ROOT, "no/x"), NOENT);
}

static void links(void)
{
	uint8_t buffer[8];
	__wasi_size_t used;

	CHECK_OK(__wasi_path_readlink(ROOT, "link", buffer, 8, &used));
	CHECK(used == 4 && memcmp(buffer, "file", 4) == 0);
	CHECK_OK(__wasi_path_readlink(ROOT, "link", buffer, 2, &used));
	CHECK(used == 2);
	CHECK_OK(__wasi_path_readlink(ROOT, "link", buffer, 0, &used));
	CHECK(used == 0);
	CHECK_ERRNO(__wasi_path_readlink(ROOT, "file", buffer, 8, &used),
		    INVAL);
	CHECK_ERRNO(__wasi_path_readlink(ROOT, "sub/", buffer, 8, &used),
		    INVAL);
	CHECK_ERRNO(__wasi_path_readlink(ROOT, "link/", buffer, 8, &used),
		    NOTDIR);
	CHECK_ERRNO(__wasi_path_readlink(ROOT, "no", buffer, 8, &used), NOENT);
}

static void times(void)
{
	__wasi_filestat_t stat;

	CHECK_OK(__wasi_path_filestat_set_times(ROOT, FOLLOW, "link", 5, 7,
						__WASI_FSTFLAGS_ATIM |
							__WASI_FSTFLAGS_MTIM));
	CHECK_OK(__wasi_path_filestat_get(ROOT, 0, "file", &stat));
	CHECK(stat.atim == 5 && stat.mtim == 7);
	CHECK_OK(__wasi_path_filestat_set_times(ROOT, 0, "link", 5, 9,
						__WASI_FSTFLAGS_MTIM));
	CHECK_OK(__wasi_path_filestat_get(ROOT, 0, "file", &stat));
	CHECK(stat.mtim == 7);
	CHECK_OK(__wasi_path_filestat_get(ROOT, 0, "link", &stat));
	CHECK(stat.mtim == 9);
	CHECK_OK(__wasi_path_filestat_set_times(ROOT, 0, "file", 1, 1,
						__WASI_FSTFLAGS_MTIM_NOW));
	CHECK_OK(__wasi_path_filestat_get(ROOT, 0, "file", &stat));
	CHECK(stat.atim == 5 && stat.mtim > 1000);
	CHECK_ERRNO(__wasi_path_filestat_set_times(ROOT, 0, "file", 1, 1, 3),
		    INVAL);
	CHECK_ERRNO(__wasi_path_filestat_set_times(ROOT, 0, "file", 1, 1, 12),
		    INVAL);
	CHECK_ERRNO(__wasi_path_filestat_set_times(ROOT, 0, "file", 1, 1, 16),
		    INVAL);
	CHECK_ERRNO(__wasi_path_filestat_set_times(ROOT, 0, "no", 1, 1, 1),
		    NOENT);
}

int main(void)
{
	opening();
	names();
	changing();
	links();
	times();
	return 0;
}
