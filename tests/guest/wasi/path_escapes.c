// No path that a guest gives, and nothing it makes, leads out of its directory.
// setup: mkdir -p dir/a/b outside; echo secret >outside/secret
// setup: ln -s ../outside dir/out; ln -s ../outside/secret dir/file_out
// setup: ln -s /etc dir/absolute; ln -s ../outside/new dir/dangling
// setup: ln -s /proc/self/root dir/magic; echo text >dir/file
// setup: mkdir dir2; echo secret >dir2/secret; ln -s ../dir2 dir/beside
// setup: ln -s out dir/chain; ln -s chain dir/chain2; ln -s a/b dir/below
// setup: ln -s ../dir/file dir/back; ln -s a/../../outside dir/winding
// options: --dir dir::/
#include <stdio.h>

#include "check.h"

/*
 * What was found in other runtimes, and where it is tried here: links at the
 * end of a path that is created (CVE-2024-38358), link_refused; links that the
 * guest has made, own_links; a slash behind a link (GHSA-vqjp-4c8c-hfgg),
 * slash_refused; absolute paths, and names that begin as the directory's,
 * refused; a directory that is exchanged meanwhile, files_race.c; truncation
 * and other names in a read-only directory (CVE-2026-47261,
 * GHSA-4ch3-9j33-3pmj), fd_files.c; a directory that nobody gave
 * (CVE-2023-51661), cli/files.sh; links of /proc, path_proc.c.
 */
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
				  rights & ~__WASI_RIGHTS_FD_WRITE, rights, 0,
				  &fd));
	CHECK_ERRNO(__wasi_path_filestat_get(fd, FOLLOW, "..", &stat), PERM);
	CHECK_OK(__wasi_path_rename(ROOT, "a/b", ROOT, "b"));
	CHECK_ERRNO(__wasi_path_filestat_get(fd, FOLLOW, "../..", &stat), PERM);
	CHECK_OK(__wasi_path_rename(ROOT, "b", ROOT, "a/b"));
	CHECK_OK(__wasi_fd_close(fd));
}

/* Moved into another directory while it is open, with what is in it; and in
 * the place of the directory itself, a file or one with fewer rights. */
static void replaced_descriptors(void)
{
	__wasi_filestat_t stat;
	__wasi_fd_t inner;
	__wasi_fd_t file;

	CHECK_OK(__wasi_path_create_directory(ROOT, "a/b/c"));
	CHECK_OK(__wasi_path_open(ROOT, 0, "a/b/c", __WASI_OFLAGS_DIRECTORY,
				  rights & ~__WASI_RIGHTS_FD_WRITE, rights, 0,
				  &inner));
	CHECK_OK(__wasi_path_symlink("../../../file", ROOT, "a/b/c/up"));
	CHECK_OK(__wasi_path_filestat_get(ROOT, FOLLOW, "a/b/c/up", &stat));
	/* Inside for the root, but not for this one. */
	CHECK_ERRNO(__wasi_path_filestat_get(inner, FOLLOW, "up", &stat), PERM);
	CHECK_OK(__wasi_path_rename(ROOT, "a/b/c", ROOT, "c"));
	CHECK_ERRNO(__wasi_path_filestat_get(ROOT, FOLLOW, "c/up", &stat),
		    PERM);
	CHECK_ERRNO(__wasi_path_filestat_get(inner, FOLLOW, "up", &stat), PERM);
	CHECK_ERRNO(__wasi_path_rename(inner, "up", inner, "../up"), PERM);
	CHECK_ERRNO(__wasi_path_link(inner, 0, "up", inner, "../up"), PERM);
	CHECK_OK(__wasi_path_unlink_file(inner, "up"));
	CHECK_OK(__wasi_path_remove_directory(ROOT, "c"));
	/* Removed, it leads nowhere. */
	CHECK_ERRNO(__wasi_path_filestat_get(inner, FOLLOW, "..", &stat), PERM);
	CHECK_ERRNO(__wasi_path_create_directory(inner, "x"), NOENT);
	CHECK_OK(__wasi_path_open(ROOT, 0, "file", 0, rights, 0, 0, &file));
	CHECK_OK(__wasi_fd_renumber(file, inner));
	CHECK_ERRNO(__wasi_path_filestat_get(inner, FOLLOW, "..", &stat),
		    NOTDIR);
	CHECK_OK(__wasi_fd_close(inner));
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
	/* A name that begins as the directory's does, and out and back in. */
	refused("../dir2/secret");
	refused("beside/secret");
	refused("../dir/file");
	refused("a/b/../../../dir/file");
	/* Links to links, and ".." behind a link: of where it leads. */
	refused("chain/secret");
	refused("chain2/secret");
	refused("below/../../../outside/secret");
	refused("winding/secret");
	link_refused("beside");
	link_refused("chain2");
	link_refused("winding");
	link_refused("back");
	link_refused("out");
	link_refused("file_out");
	link_refused("absolute");
	link_refused("magic");
	link_refused("dangling");
	slash_refused("out/");
	slash_refused("chain2/");
	slash_refused("beside//");
	slash_refused("absolute/");
	slash_refused("magic//");
	/* Where a link leads on the host is not told; inside it is. */
	CHECK_ERRNO(__wasi_path_readlink(ROOT, "absolute", buffer, 64, &used),
		    PERM);
	CHECK_OK(__wasi_path_readlink(ROOT, "out", buffer, 4, &used));
	CHECK(used == 4 && memcmp(buffer, "../o", 4) == 0);
	own_links();
	moved_directory();
	replaced_descriptors();
	return 0;
}
