// Descriptors of files and directories: each function, flags, rights, errors.
// setup: mkdir dir ro; echo 0123456789 >dir/file; echo x >ro/file
// options: --dir dir --dir ro::/only/read:ro
#include "check.h"

#define DIR 3
#define RO 4
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE
#define FILE_RIGHTS                                                        \
	(READ | WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL |    \
	 __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS | __WASI_RIGHTS_FD_ADVISE |     \
	 __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FILESTAT_GET |       \
	 __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_SYNC |      \
	 __WASI_RIGHTS_FD_FILESTAT_SET_TIMES | __WASI_RIGHTS_FD_DATASYNC | \
	 __WASI_RIGHTS_POLL_FD_READWRITE)

static uint8_t buffer[64];
static __wasi_iovec_t in[] = { { buffer, 4 }, { buffer + 4, 4 } };
static __wasi_size_t n;

static __wasi_fd_t open_file(uint64_t rights, __wasi_fdflags_t flags)
{
	__wasi_fd_t fd;

	CHECK_OK(__wasi_path_open(DIR, 0, "file", 0, rights, 0, flags, &fd));
	return fd;
}

static __wasi_errno_t write_text(__wasi_fd_t fd, const char *text)
{
	__wasi_ciovec_t out = { (const uint8_t *)text, strlen(text) };

	return __wasi_fd_write(fd, &out, 1, &n);
}

static void preopens(void)
{
	__wasi_prestat_t stat;

	CHECK_OK(__wasi_fd_prestat_get(DIR, &stat));
	CHECK(stat.tag == 0 && stat.u.dir.pr_name_len == 3);
	CHECK_OK(__wasi_fd_prestat_get(RO, &stat));
	CHECK(stat.u.dir.pr_name_len == 10);
	memset(buffer, '-', sizeof(buffer));
	CHECK_OK(__wasi_fd_prestat_dir_name(RO, buffer, 10));
	CHECK(memcmp(buffer, "/only/read-", 11) == 0);
	CHECK_ERRNO(__wasi_fd_prestat_dir_name(RO, buffer, 9), NAMETOOLONG);
	CHECK_ERRNO(__wasi_fd_prestat_get(5, &stat), BADF);
	CHECK_ERRNO(__wasi_fd_prestat_get(1, &stat), BADF);
	CHECK_ERRNO(__wasi_fd_prestat_dir_name(5, buffer, 9), BADF);
}

static void reading(void)
{
	__wasi_fd_t fd = open_file(
		READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL, 0);
	__wasi_filesize_t at;

	CHECK_OK(__wasi_fd_read(fd, in, 2, &n));
	CHECK(n == 8 && memcmp(buffer, "01234567", 8) == 0);
	CHECK_OK(__wasi_fd_read(fd, in, 2, &n));
	CHECK(n == 3 && memcmp(buffer, "89\n", 3) == 0);
	CHECK_OK(__wasi_fd_read(fd, in, 2, &n));
	CHECK(n == 0);
	CHECK_OK(__wasi_fd_tell(fd, &at));
	CHECK(at == 11);
	CHECK_OK(__wasi_fd_pread(fd, in, 2, 2, &n));
	CHECK(n == 8 && memcmp(buffer, "23456789", 8) == 0);
	CHECK_OK(__wasi_fd_pread(fd, in, 2, 100, &n));
	CHECK(n == 0);
	CHECK_ERRNO(__wasi_fd_pread(fd, in, 2, UINT64_MAX, &n), INVAL);
	CHECK_OK(__wasi_fd_seek(fd, -3, __WASI_WHENCE_END, &at));
	CHECK(at == 8);
	CHECK_ERRNO(__wasi_fd_seek(fd, -9, __WASI_WHENCE_CUR, &at), INVAL);
	CHECK_ERRNO(__wasi_fd_seek(fd, 0, 3, &at), INVAL);
	in[1].buf = before_end(2);
	CHECK_ERRNO(__wasi_fd_read(fd, in, 2, &n), FAULT);
	in[1].buf = buffer + 4;
	CHECK_ERRNO(write_text(fd, "no"), BADF);
	CHECK_ERRNO(__wasi_fd_filestat_set_size(fd, 1), BADF);
	CHECK_OK(__wasi_fd_close(fd));
	CHECK_ERRNO(__wasi_fd_read(fd, in, 2, &n), BADF);
	CHECK_ERRNO(__wasi_fd_pread(1, in, 2, 0, &n), BADF);
	CHECK_ERRNO(__wasi_fd_read(DIR, in, 2, &n), BADF);
	CHECK_ERRNO(__wasi_fd_seek(DIR, 0, 0, &at), BADF);
}

static void writing(void)
{
	__wasi_ciovec_t out = { (const uint8_t *)"AB", 2 };
	__wasi_fd_t fd = open_file(FILE_RIGHTS, 0);
	__wasi_filestat_t stat;
	__wasi_filesize_t at;

	CHECK_OK(write_text(fd, "abc"));
	CHECK(n == 3);
	CHECK_OK(__wasi_fd_pwrite(fd, &out, 1, 9, &n));
	CHECK_OK(__wasi_fd_tell(fd, &at));
	CHECK(at == 3);
	CHECK_OK(__wasi_fd_pread(fd, in, 2, 3, &n));
	CHECK(n == 8 && memcmp(buffer, "345678AB", 8) == 0);
	CHECK_ERRNO(__wasi_fd_pwrite(fd, &out, 1, 1ull << 63, &n), INVAL);
	/* At the end, wherever the position is. */
	CHECK_OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
	CHECK_OK(write_text(fd, "!"));
	CHECK_OK(__wasi_fd_filestat_get(fd, &stat));
	CHECK(stat.size == 12 && stat.nlink == 1 && stat.ino != 0);
	CHECK(stat.filetype == __WASI_FILETYPE_REGULAR_FILE);
	CHECK_ERRNO(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC),
		    NOTSUP);
	CHECK_ERRNO(__wasi_fd_fdstat_set_flags(fd, 32), INVAL);
	CHECK_OK(__wasi_fd_fdstat_set_flags(fd, 0));
	CHECK_OK(__wasi_fd_filestat_set_size(fd, 20));
	CHECK_OK(__wasi_fd_filestat_get(fd, &stat));
	CHECK(stat.size == 20);
	CHECK_ERRNO(__wasi_fd_filestat_set_size(fd, UINT64_MAX), INVAL);
	CHECK_OK(__wasi_fd_allocate(fd, 10, 20));
	CHECK_OK(__wasi_fd_filestat_get(fd, &stat));
	CHECK(stat.size == 30);
	CHECK_ERRNO(__wasi_fd_allocate(fd, 0, 0), INVAL);
	CHECK_ERRNO(__wasi_fd_allocate(fd, UINT64_MAX, 1), INVAL);
	for (uint8_t advice = 0; advice < 6; advice++)
		CHECK_OK(__wasi_fd_advise(fd, 0, 10, advice));
	CHECK_ERRNO(__wasi_fd_advise(fd, 0, 10, 6), INVAL);
	CHECK_ERRNO(__wasi_fd_advise(fd, UINT64_MAX, 10, 0), INVAL);
	CHECK_ERRNO(__wasi_fd_advise(DIR, 0, 10, 0), BADF);
	CHECK_ERRNO(__wasi_fd_allocate(1, 0, 10), BADF);
	CHECK_OK(__wasi_fd_filestat_set_times(fd, 3, 4, 5));
	CHECK_OK(__wasi_fd_filestat_get(fd, &stat));
	CHECK(stat.atim == 3 && stat.mtim == 4);
	CHECK_ERRNO(__wasi_fd_filestat_set_times(fd, 3, 4, 3), INVAL);
	CHECK_OK(__wasi_fd_filestat_set_times(DIR, 3, 4, 5));
	CHECK_OK(__wasi_fd_filestat_get(DIR, &stat));
	CHECK(stat.mtim == 4 && stat.filetype == __WASI_FILETYPE_DIRECTORY);
	CHECK_OK(__wasi_fd_sync(fd));
	CHECK_OK(__wasi_fd_datasync(fd));
	CHECK_OK(__wasi_fd_sync(DIR));
	CHECK_ERRNO(__wasi_fd_sync(77), BADF);
	CHECK_OK(__wasi_fd_close(fd));
	fd = open_file(WRITE, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_DSYNC);
	CHECK_ERRNO(__wasi_fd_read(fd, in, 2, &n), BADF);
	CHECK_OK(write_text(fd, "?"));
	CHECK_OK(__wasi_fd_close(fd));
}

static void rights(void)
{
	__wasi_fd_t fd = open_file(FILE_RIGHTS, 0);
	__wasi_fdstat_t stat;
	__wasi_fd_t other;

	CHECK_OK(__wasi_fd_fdstat_get(fd, &stat));
	CHECK(stat.fs_rights_base == FILE_RIGHTS);
	CHECK(stat.fs_rights_inheriting == 0);
	CHECK(stat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE);
	CHECK_ERRNO(__wasi_fd_fdstat_set_rights(
			    fd, FILE_RIGHTS | __WASI_RIGHTS_PATH_OPEN, 0),
		    NOTCAPABLE);
	CHECK_ERRNO(__wasi_fd_fdstat_set_rights(fd, FILE_RIGHTS, READ),
		    NOTCAPABLE);
	CHECK_OK(__wasi_fd_fdstat_set_rights(fd, READ, 0));
	CHECK_ERRNO(write_text(fd, "no"), NOTCAPABLE);
	CHECK_ERRNO(__wasi_fd_sync(fd), NOTCAPABLE);
	CHECK_OK(__wasi_fd_read(fd, in, 2, &n));
	CHECK_ERRNO(__wasi_fd_fdstat_set_rights(fd, FILE_RIGHTS, 0),
		    NOTCAPABLE);
	CHECK_OK(__wasi_fd_close(fd));

	/* A directory that lets nothing be opened for writing. */
	CHECK_OK(__wasi_fd_fdstat_get(DIR, &stat));
	CHECK_OK(__wasi_path_open(DIR, 0, ".", __WASI_OFLAGS_DIRECTORY,
				  __WASI_RIGHTS_PATH_OPEN, READ, 0, &fd));
	CHECK_ERRNO(__wasi_path_open(fd, 0, "file", 0, WRITE, 0, 0, &other),
		    NOTCAPABLE);
	CHECK_ERRNO(__wasi_path_open(fd, 0, "new", __WASI_OFLAGS_CREAT, READ, 0,
				     0, &other),
		    NOTCAPABLE);
	CHECK_ERRNO(__wasi_path_unlink_file(fd, "file"), NOTCAPABLE);
	CHECK_OK(__wasi_path_open(fd, 0, "file", 0, READ, 0, 0, &other));
	CHECK_OK(__wasi_fd_close(other));
	CHECK_OK(__wasi_fd_close(fd));
}

static void read_only(void)
{
	__wasi_filestat_t stat;
	__wasi_fd_t fd;

	CHECK_OK(__wasi_path_open(RO, 0, "file", 0, READ, 0, 0, &fd));
	CHECK_ERRNO(write_text(fd, "no"), BADF);
	CHECK_ERRNO(__wasi_fd_filestat_set_times(fd, 1, 1, 5), NOTCAPABLE);
	CHECK_OK(__wasi_fd_close(fd));
	CHECK_OK(__wasi_path_filestat_get(RO, 0, "file", &stat));
	CHECK_ERRNO(__wasi_path_open(RO, 0, "file", 0, WRITE, 0, 0, &fd), ROFS);
	CHECK_ERRNO(__wasi_path_open(RO, 0, "file", __WASI_OFLAGS_TRUNC, READ,
				     0, 0, &fd),
		    ROFS);
	CHECK_ERRNO(__wasi_path_open(RO, 0, "new", __WASI_OFLAGS_CREAT, READ, 0,
				     0, &fd),
		    ROFS);
	CHECK_ERRNO(__wasi_path_create_directory(RO, "new"), ROFS);
	CHECK_ERRNO(__wasi_path_remove_directory(RO, "new"), ROFS);
	CHECK_ERRNO(__wasi_path_unlink_file(RO, "file"), ROFS);
	CHECK_ERRNO(__wasi_path_symlink("file", RO, "new"), ROFS);
	CHECK_ERRNO(__wasi_path_rename(RO, "file", DIR, "stolen"), ROFS);
	CHECK_ERRNO(__wasi_path_rename(DIR, "file", RO, "new"), ROFS);
	/* Not even another name, under which it could be written to. */
	CHECK_ERRNO(__wasi_path_link(RO, 0, "file", DIR, "stolen"), ROFS);
	CHECK_ERRNO(__wasi_path_link(DIR, 0, "file", RO, "new"), ROFS);
	CHECK_ERRNO(__wasi_path_filestat_set_times(RO, 0, "file", 1, 1, 5),
		    ROFS);
	CHECK_ERRNO(__wasi_fd_filestat_set_times(RO, 1, 1, 5), ROFS);
	/* And so below it. */
	CHECK_OK(__wasi_path_open(RO, 0, ".", __WASI_OFLAGS_DIRECTORY,
				  UINT64_MAX & ~(WRITE | READ), UINT64_MAX, 0,
				  &fd));
	CHECK_ERRNO(__wasi_path_unlink_file(fd, "file"), ROFS);
	CHECK_OK(__wasi_fd_close(fd));
}

/* Reads the whole directory with a buffer of `size` bytes; entries seen. */
static int list(uint32_t size)
{
	static uint8_t space[4096];
	uint64_t cookie = 0;
	int count = 0;

	for (;;) {
		__wasi_dirent_t entry;
		uint32_t at = 0;

		CHECK_OK(__wasi_fd_readdir(DIR, space, size, cookie, &n));
		while (at + sizeof(entry) <= n) {
			memcpy(&entry, space + at, sizeof(entry));
			if (at + sizeof(entry) + entry.d_namlen > n)
				break;
			CHECK(entry.d_namlen > 0 && entry.d_ino != 0);
			at += sizeof(entry) + entry.d_namlen;
			cookie = entry.d_next;
			count++;
		}
		if (n < size)
			return count;
		CHECK(at > 0);
	}
}

static void listing(void)
{
	__wasi_fd_t fd;

	CHECK(list(4096) == 3);
	CHECK(list(30) == 3);
	CHECK(list(64) == 3);
	CHECK_OK(__wasi_fd_readdir(DIR, buffer, 0, 0, &n));
	CHECK(n == 0);
	CHECK_OK(__wasi_fd_readdir(DIR, buffer, 7, 0, &n));
	CHECK(n == 7);
	CHECK_ERRNO(__wasi_fd_readdir(DIR, buffer, 64, UINT64_MAX, &n), INVAL);
	CHECK_ERRNO(__wasi_fd_readdir(DIR, before_end(63), 64, 0, &n), FAULT);
	CHECK_ERRNO(__wasi_fd_readdir(1, buffer, 64, 0, &n), NOTDIR);
	fd = open_file(READ, 0);
	CHECK_ERRNO(__wasi_fd_readdir(fd, buffer, 64, 0, &n), NOTDIR);
	CHECK_OK(__wasi_fd_close(fd));
	/* A cookie that nobody gave out: some entries, or none. */
	CHECK_OK(__wasi_fd_readdir(DIR, buffer, 64, 12345678, &n));
}

static void numbers(void)
{
	__wasi_prestat_t stat;
	__wasi_fd_t fd = open_file(READ, 0);
	__wasi_fd_t other = open_file(READ, 0);

	CHECK(fd == 5 && other == 6);
	CHECK_OK(__wasi_fd_renumber(other, fd));
	CHECK_ERRNO(__wasi_fd_close(other), BADF);
	CHECK_OK(__wasi_fd_renumber(fd, fd));
	CHECK_ERRNO(__wasi_fd_renumber(fd, other), BADF);
	CHECK_ERRNO(__wasi_fd_renumber(other, fd), BADF);
	/* Over a preopened directory, which this process then has no more. */
	CHECK_OK(__wasi_fd_renumber(fd, RO));
	CHECK_ERRNO(__wasi_fd_prestat_get(RO, &stat), BADF);
	CHECK_OK(__wasi_fd_read(RO, in, 2, &n));
	CHECK_OK(__wasi_fd_close(RO));
	CHECK_OK(__wasi_fd_close(DIR));
	CHECK_ERRNO(__wasi_fd_prestat_get(DIR, &stat), BADF);
	CHECK_ERRNO(__wasi_path_open(DIR, 0, "file", 0, READ, 0, 0, &fd), BADF);
}

int main(void)
{
	preopens();
	reading();
	writing();
	rights();
	read_only();
	listing();
	numbers();
	return 0;
}
