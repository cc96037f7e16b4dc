/*
 * DESIGN
 * Where the kernel has openat2(2), RESOLVE_BENEATH does it all in one call, and
 * sees renames that happen meanwhile. Where it has not, the path is walked:
 * each part is opened by itself, never following a link, so that every step
 * starts at a descriptor that was reached from the root. `..` goes back to the
 * descriptor before, never to what the file system calls the parent; the text
 * of a link is put in front of what remains of the path. Nothing is decided on
 * a name and then used by that name.
 *
 * openat2 gives EAGAIN when it cannot tell whether `..` stayed inside, because
 * something was renamed or mounted somewhere: after some tries the walk
 * answers.
 *
 * A slash at the end makes the kernel follow a link in that place whatever the
 * flags say. So ln_beneath_find cuts it off, and callers that must not follow
 * never pass one on.
 *
 * Where a directory leads to one that guests must not enter (base/guard.h), the
 * path is walked, too, so that each directory on the way is looked at.
 *
 * Limits: 40 links as in the kernel; a path of PATH_MAX bytes, to which the
 * texts of links count in the walk; the walk holds a descriptor for each level.
 */
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/guard.h"

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

#define MAX_LINKS 40
#define MAX_TRIES 32
#define EXPANDED (-4096) /* no errno */

static pthread_once_t chosen = PTHREAD_ONCE_INIT;
static _Atomic bool steps;

static long open_two(int dir, const char *path, int flags, mode_t mode,
		     unsigned resolve)
{
	struct open_how how = {
		.flags = (unsigned)flags,
		.mode = (flags & O_CREAT) != 0 ? mode & 07777 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
	};
	long fd;

	do {
		fd = syscall(__NR_openat2, dir, path, &how, sizeof(how));
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* Walking is always right, so it is used in case of doubt. */
static void choose(void)
{
	const char *wish = getenv("LUNATIC_OPENAT2");
	long fd;

	if (wish != NULL && strcmp(wish, "off") == 0) {
		atomic_store(&steps, true);
		return;
	}
	fd = open_two(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0, 0);
	if (fd >= 0)
		ln_fd_close((int)fd);
	else
		atomic_store(&steps, true);
}

bool ln_beneath_steps(void)
{
	pthread_once(&chosen, choose);
	return atomic_load_explicit(&steps, memory_order_relaxed);
}

void ln_beneath_set_steps(bool value)
{
	pthread_once(&chosen, choose);
	atomic_store(&steps, value);
}

ssize_t ln_beneath_readlink(int fd, char *text, size_t room)
{
	ssize_t len = readlinkat(fd, "", text, room);

	if (len >= 0)
		return len;
	/* For the empty path the kernel returns ENOENT when it is not a link.
	 */
	return errno == ENOENT ? -EINVAL : -errno;
}

struct walk {
	int *levels; /* descriptors from the root on, which is the caller's */
	size_t depth;
	size_t room;
	unsigned links;
	char *rest; /* what is left of the path, inside text */
	char text[PATH_MAX];
	char link[PATH_MAX]; /* what a link holds */
};

static int top(const struct walk *walk)
{
	return walk->levels[walk->depth - 1];
}

static int push(struct walk *walk, int fd)
{
	int *levels = ln_array_grow(walk->levels, walk->depth, &walk->room,
				    sizeof(*levels));

	if (levels == NULL)
		return -ENOMEM;
	walk->levels = levels;
	walk->levels[walk->depth++] = fd;
	return 0;
}

static void end_walk(struct walk *walk)
{
	while (walk->depth > 1)
		ln_fd_close(walk->levels[--walk->depth]);
	free(walk->levels);
}

static int open_at(int dir, const char *name, int flags, mode_t mode)
{
	int fd;

	do {
		fd = openat(dir, name, flags, mode);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* Puts the text of the link behind `fd` in front of the rest. */
static int expand(struct walk *walk, int fd)
{
	size_t rest = strlen(walk->rest);
	ssize_t len = ln_beneath_readlink(fd, walk->link, sizeof(walk->link));

	if (len < 0)
		return (int)len;
	if (++walk->links > MAX_LINKS)
		return -ELOOP;
	if (len == 0)
		return -ENOENT;
	if (walk->link[0] == '/')
		return -EXDEV;
	if ((size_t)len + 1 + rest >= sizeof(walk->text))
		return -ENAMETOOLONG;
	/* The rest begins with a slash or is empty. */
	memmove(walk->text + len, walk->rest, rest + 1);
	memcpy(walk->text, walk->link, (size_t)len);
	walk->rest = walk->text;
	return 0;
}

/* Goes through one part that is not the last. */
static int descend(struct walk *walk, const char *name)
{
	struct stat stat;
	int error = 0;
	int fd;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		if (walk->depth == 1)
			return -EXDEV;
		ln_fd_close(walk->levels[--walk->depth]);
		return 0;
	}
	fd = open_at(top(walk), name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &stat) < 0)
		error = -errno;
	else if (S_ISLNK(stat.st_mode))
		error = expand(walk, fd);
	else if (ln_guard_closes(&stat))
		error = -EACCES;
	else if (S_ISDIR(stat.st_mode))
		error = push(walk, fd);
	else
		error = -ENOTDIR;
	if (error < 0 || !S_ISDIR(stat.st_mode))
		ln_fd_close(fd);
	return error;
}

/* Closes a directory that is not to be entered. */
static int check_guard(int fd)
{
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0 || !ln_guard_closes(&stat))
		return fd;
	ln_fd_close(fd);
	return -EACCES;
}

/* Opens the last part; EXPANDED when it was a link: the path goes on. */
static int arrive(struct walk *walk, const char *name, int flags, mode_t mode)
{
	bool slash = walk->rest[0] == '/';
	bool follow = slash || (flags & O_NOFOLLOW) == 0;
	struct stat stat;
	int link;
	int fd;

	if (slash && (flags & O_CREAT) != 0)
		return -EISDIR;
	if (slash)
		flags |= O_DIRECTORY;
	if (strcmp(name, "..") == 0) {
		if (walk->depth == 1)
			return -EXDEV;
		ln_fd_close(walk->levels[--walk->depth]);
		name = ".";
	}
	if (strcmp(name, ".") == 0)
		return check_guard(open_at(top(walk), ".", flags, mode));
	if ((flags & O_CREAT) != 0 && ln_guard_fixes(top(walk), name))
		return -EACCES;
	if (follow && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)) {
		link = open_at(top(walk), name, O_PATH | O_NOFOLLOW | O_CLOEXEC,
			       0);
		if (link >= 0 && fstat(link, &stat) == 0 &&
		    S_ISLNK(stat.st_mode)) {
			int error = expand(walk, link);

			ln_fd_close(link);
			return error < 0 ? error : EXPANDED;
		}
		if (link >= 0)
			ln_fd_close(link);
	}
	/* If it has become a link since, this fails: ELOOP. */
	fd = check_guard(open_at(top(walk), name, flags | O_NOFOLLOW, mode));
	if (fd < 0 || (flags & O_PATH) == 0 || !follow)
		return fd;
	if (fstat(fd, &stat) == 0 && !S_ISLNK(stat.st_mode))
		return fd;
	ln_fd_close(fd);
	return -ELOOP;
}

/* Cuts the first part off the rest; false when it was the last. Stores where
 * it is; the rest then begins with a slash, or is empty. */
static bool next_part(struct walk *walk, char name[NAME_MAX + 1], int *error)
{
	size_t len;

	walk->rest += strspn(walk->rest, "/");
	len = strcspn(walk->rest, "/");
	if (len > NAME_MAX) {
		*error = -ENAMETOOLONG;
		return false;
	}
	memcpy(name, walk->rest, len);
	name[len] = '\0';
	walk->rest += len;
	return walk->rest[strspn(walk->rest, "/")] != '\0';
}

/* Walks the path that is in walk->text. */
static int go(struct walk *walk, int dir, int flags, mode_t mode)
{
	char name[NAME_MAX + 1];
	int error = push(walk, dir);

	walk->rest = walk->text;
	while (error == 0) {
		if (next_part(walk, name, &error)) {
			error = descend(walk, name);
		} else if (error == 0) {
			error = arrive(walk, name, flags, mode);
			if (error != EXPANDED)
				break;
			error = 0;
		}
	}
	end_walk(walk);
	return error;
}

static int open_walk(int dir, const char *path, int flags, mode_t mode)
{
	size_t len = strlen(path);
	struct walk *walk;
	int fd;

	if (len == 0)
		return -ENOENT;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	if (path[0] == '/')
		return -EXDEV;
	walk = calloc(1, sizeof(*walk));
	if (walk == NULL)
		return -ENOMEM;
	memcpy(walk->text, path, len + 1);
	fd = go(walk, dir, flags, mode);
	free(walk);
	return fd;
}

int ln_beneath_open(int dir, const char *path, int flags, mode_t mode)
{
	long fd = -EAGAIN;

	flags |= O_CLOEXEC;
	if ((flags & O_PATH) == 0)
		flags |= O_NOCTTY;
	if (!ln_beneath_steps() && !ln_guard_concerns(dir)) {
		for (int i = 0; i < MAX_TRIES && fd == -EAGAIN; i++)
			fd = open_two(dir, path, flags, mode, 0);
	}
	if (fd == -EAGAIN)
		fd = open_walk(dir, path, flags, mode);
	return (int)fd;
}

int ln_beneath_open_cached(int dir, const char *path, int flags)
{
	if (ln_beneath_steps() || ln_guard_concerns(dir))
		return -EAGAIN;
	flags |= O_CLOEXEC;
	if ((flags & O_PATH) == 0)
		flags |= O_NOCTTY;
	return (int)open_two(dir, path, flags, 0, RESOLVE_CACHED);
}

/* Opens the directory that the first `len` bytes of `path` name. */
static int open_parent(int dir, const char *path, size_t len)
{
	char *parent;
	int fd;

	if (len == 0)
		return ln_beneath_open(dir, ".", O_PATH | O_DIRECTORY, 0);
	parent = strndup(path, len);
	if (parent == NULL)
		return -ENOMEM;
	fd = ln_beneath_open(dir, parent, O_PATH | O_DIRECTORY, 0);
	free(parent);
	return fd;
}

int ln_beneath_find(int dir, const char *path, struct ln_beneath_place *place)
{
	size_t len = strlen(path);
	size_t end = len;
	size_t start;
	struct stat stat;

	if (len == 0)
		return -ENOENT;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	if (path[0] == '/')
		return -EXDEV;
	while (path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/';)
		start--;
	if (end - start > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(place->name, path + start, end - start);
	place->name[end - start] = '\0';
	place->slash = end < len;
	if (strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0) {
		place->fd = ln_beneath_open(dir, path, O_PATH | O_DIRECTORY, 0);
		if (place->fd < 0)
			return place->fd;
		ln_fd_close(place->fd);
		return -EISDIR;
	}
	place->fd = open_parent(dir, path, start);
	if (place->fd < 0)
		return place->fd;
	place->fixed = ln_guard_fixes(place->fd, place->name);
	/* What is there cannot be made; what is not there must not be. */
	if (place->fixed &&
	    fstatat(place->fd, place->name, &stat, AT_SYMLINK_NOFOLLOW) < 0) {
		ln_fd_close(place->fd);
		return -EACCES;
	}
	return 0;
}
