/*
 * Opening files below a directory. A path never leads out of the directory,
 * whatever `..`, symbolic links or concurrent renames are involved. Absolute
 * paths and absolute links lead out. All functions block for file operations,
 * and return negative values of errno; -EXDEV: the path leads out; -EACCES
 * also: it leads into a directory that is closed to guests (base/guard.h). Any
 * thread.
 */
#ifndef LN_BASE_BENEATH_H
#define LN_BASE_BENEATH_H

#include <stdbool.h>
#include <sys/types.h>

/* Opens `path` below the directory `dir` (which may be an O_PATH descriptor),
 * with flags and mode of open(2); O_CLOEXEC and O_NOCTTY are added. Magic links
 * of /proc are not followed. */
int ln_beneath_open(int dir, const char *path, int flags, mode_t mode);

/* The same, if all that is needed for it is in memory; -EAGAIN if not, if that
 * cannot be known, or if the flags create or truncate. Does not block. */
int ln_beneath_open_cached(int dir, const char *path, int flags);

/* A directory and a name in it, for the calls that make, move or remove. */
struct ln_beneath_place {
	int fd;     /* of the directory (O_PATH), to be closed */
	bool slash; /* the path ended in one, which `name` does not */
	bool fixed; /* `name` is there, and must be neither moved nor removed */
	char name[256];
};

/* Finds the directory of the last part of `path`, which need not exist. That
 * part is not followed if it is a link. -EISDIR: it is `.` or `..`, which name
 * an existing directory. Nothing to close on failure. */
int ln_beneath_find(int dir, const char *path, struct ln_beneath_place *place);

/* Reads a symbolic link that was opened with O_PATH and O_NOFOLLOW; stores at
 * most `room` bytes and returns how many. -EINVAL: it is not a link. */
ssize_t ln_beneath_readlink(int fd, char *text, size_t room);

/* Whether paths are resolved by steps instead of by openat2(2), which Linux
 * has since 5.6 and some sandboxes refuse. Chosen when first needed; the
 * variable LUNATIC_OPENAT2=off chooses the steps. */
bool ln_beneath_steps(void);

/* For tests: chooses. */
void ln_beneath_set_steps(bool steps);

#endif
