// No path that a guest gives, and nothing it makes, leads out of its directory.
// setup: mkdir -p dir/a/b outside; echo secret >outside/secret
// setup: ln -s ../outside dir/out; ln -s ../outside/secret dir/file_out
// setup: ln -s /etc dir/absolute; ln -s ../outside/new dir/dangling
// setup: ln -s /proc/self/root dir/magic; echo text >dir/file
// options: --dir dir::/
#include <stdio.h>

#include "check.h"

#define ROOT 3
#define ALL UINT64_MAX
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

static __wasi_rights_t rights;

static __wasi_errno_t open_at(const char *path, uint32_t flags,
			      __wasi_oflags_t oflags)
{
	__wasi_fd_t fd;
	__wasi_errno_t error = __wasi_path_open(ROOT, flags, path, oflags,
						rights, rights, 0, &fd);

	if (error == 0)
		CHECK_OK(__wasi_fd_close(fd));
	return error;
}

/* Every function, with a path that leads outside. */
static void refused(const char *path)
{
	static uint8_t buffer[64];
	__wasi_filestat_t stat;
	__wasi_size_t used;

	CHECK_ERRNO(open_at(path, FOLLOW, 0), PERM);
	CHECK_ERRNO(open_at(path, FOLLOW, __WASI_OFLAGS_CREAT), PERM);
	CHECK_ERRNO(open_at(path, FOLLOW, __WASI_OFLAGS_TRUNC), PERM);
	CHECK_ERRNO(__wasi_path_filestat_get(ROOT, FOLLOW, path, &stat), PERM);
	CHECK_ERRNO(__wasi_path_filestat_set_times(ROOT, FOLLOW, path, 0, 0, 0),
		    PERM);
	CHECK_ERRNO(__wasi_path_create_directory(ROOT, path), PERM);
	CHECK_ERRNO(__wasi_path_remove_directory(ROOT, path), PERM);
	CHECK_ERRNO(__wasi_path_unlink_file(ROOT, path), PERM);
	CHECK_ERRNO(__wasi_path_rename(ROOT, path, ROOT, "got"), PERM);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "file", ROOT, path), PERM);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, path, ROOT, "got"), PERM);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, "file", ROOT, path), PERM);
	CHECK_ERRNO(__wasi_path_symlink("file", ROOT, path), PERM);
	CHECK_ERRNO(__wasi_path_readlink(ROOT, path, buffer, 64, &used), PERM);
}

/* What a link at the end of the path leads to is not reached. */
static void link_refused(const char *path)
{
	__wasi_filestat_t stat;

	CHECK_ERRNO(open_at(path, FOLLOW, 0), PERM);
	CHECK_ERRNO(open_at(path, FOLLOW, __WASI_OFLAGS_CREAT), PERM);
	CHECK_ERRNO(open_at(path, FOLLOW, __WASI_OFLAGS_TRUNC), PERM);
	CHECK_ERRNO(open_at(path, 0, 0), LOOP);
	CHECK_ERRNO(__wasi_path_filestat_get(ROOT, FOLLOW, path, &stat), PERM);
	CHECK_OK(__wasi_path_filestat_get(ROOT, 0, path, &stat));
	CHECK(stat.filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
	CHECK_ERRNO(__wasi_path_filestat_set_times(ROOT, FOLLOW, path, 0, 0, 0),
		    PERM);
}

/* With a slash behind the link's name. */
static void slash_refused(const char *path)
{
	static uint8_t buffer[64];
	__wasi_filestat_t stat;
	__wasi_size_t used;

	for (uint32_t flags = 0; flags <= FOLLOW; flags++) {
		CHECK_ERRNO(open_at(path, flags, 0), PERM);
		CHECK(open_at(path, flags, __WASI_OFLAGS_CREAT) != 0);
		CHECK_ERRNO(open_at(path, flags, __WASI_OFLAGS_DIRECTORY),
			    PERM);
		CHECK_ERRNO(__wasi_path_filestat_get(ROOT, flags, path, &stat),
			    PERM);
		CHECK_ERRNO(__wasi_path_filestat_set_times(ROOT, flags, path, 0,
							   0, 0),
			    PERM);
	}
	CHECK_ERRNO(__wasi_path_readlink(ROOT, path, buffer, 64, &used), PERM);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, path, ROOT, "got"), NOTDIR);
	CHECK_ERRNO(__wasi_path_rename(ROOT, path, ROOT, "got"), NOTDIR);
	CHECK_ERRNO(__wasi_path_rename(ROOT, "file", ROOT, path), NOTDIR);
	CHECK_ERRNO(__wasi_path_unlink_file(ROOT, path), NOTDIR);
	CHECK_ERRNO(__wasi_path_remove_directory(ROOT, path), NOTDIR);
	CHECK_ERRNO(__wasi_path_create_directory(ROOT, path), EXIST);
	CHECK_ERRNO(__wasi_path_symlink("file", ROOT, path), EXIST);
	CHECK_ERRNO(__wasi_path_link(ROOT, 0, "file", ROOT, path), EXIST);
}

static void own_links(void)
{
	/* To an absolute path none are made; others are, and do not help. */
	CHECK_ERRNO(__wasi_path_symlink("/etc/passwd", ROOT, "mine"), PERM);
	CHECK_ERRNO(__wasi_path_symlink("/", ROOT, "mine"), PERM);
	CHECK_ERRNO(__wasi_path_symlink("", ROOT, "mine"), NOENT);
	CHECK_OK(__wasi_path_symlink("../outside", ROOT, "mine"));
	refused("mine/secret");
	link_refused("mine");
	/* A hard link to the link is that link once more. */
	CHECK_OK(__wasi_path_link(ROOT, 0, "mine", ROOT, "hard"));
	refused("hard/secret");
	CHECK_ERRNO(__wasi_path_link(ROOT, FOLLOW, "mine", ROOT, "got"), INVAL);
	/* In a place from where it would lead inside, then moved. */
	CHECK_OK(__wasi_path_symlink("../../file", ROOT, "a/b/moving"));
	CHECK_OK(open_at("a/b/moving", FOLLOW, 0));
	CHECK_OK(__wasi_path_rename(ROOT, "a/b/moving", ROOT, "moving"));
	link_refused("moving");
	CHECK_OK(__wasi_path_unlink_file(ROOT, "mine"));
	CHECK_OK(__wasi_path_unlink_file(ROOT, "hard"));
	CHECK_OK(__wasi_path_unlink_file(ROOT, "moving"));
}

/* A directory that is open, moved up: its `..` was never anybody's to use. */
static void moved_directory(void)
{
	__wasi_filestat_t stat;
	__wasi_fd_t fd;

	CHECK_OK(__wasi_path_open(ROOT, 0, "a/b", __WASI_OFLAGS_DIRECTORY,
				  rights, rights, 0, &fd));
	CHECK_ERRNO(__wasi_path_filestat_get(fd, FOLLOW, "..", &stat), PERM);
	CHECK_OK(__wasi_path_rename(ROOT, "a/b", ROOT, "b"));
	CHECK_ERRNO(__wasi_path_filestat_get(fd, FOLLOW, "../..", &stat), PERM);
	CHECK_OK(__wasi_path_rename(ROOT, "b", ROOT, "a/b"));
	CHECK_OK(__wasi_fd_close(fd));
}

int main(void)
{
	static uint8_t buffer[64];
	__wasi_fdstat_t fdstat;
	__wasi_size_t used;

	CHECK_OK(__wasi_fd_fdstat_get(ROOT, &fdstat));
	rights = fdstat.fs_rights_inheriting;
	refused("..");
	refused("../outside/secret");
	refused("a/../../outside");
	refused("a/b/../../../outside/secret");
	refused("/etc/passwd");
	refused("/");
	refused("//");
	refused("/file");
	refused("out/secret");
	refused("out/..");
	refused("out/new");
	refused("a/../out/secret");
	refused("absolute/passwd");
	refused("magic/etc/passwd");
	link_refused("out");
	link_refused("file_out");
	link_refused("absolute");
	link_refused("magic");
	link_refused("dangling");
	slash_refused("out/");
	slash_refused("absolute/");
	slash_refused("magic//");
	/* Where a link leads on the host is not told; inside it is. */
	CHECK_ERRNO(__wasi_path_readlink(ROOT, "absolute", buffer, 64, &used),
		    PERM);
	CHECK_OK(__wasi_path_readlink(ROOT, "out", buffer, 4, &used));
	CHECK(used == 4 && memcmp(buffer, "../o", 4) == 0);
	own_links();
	moved_directory();
	return 0;
}
