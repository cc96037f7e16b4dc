/*
 * DESIGN
 * A directory is known by device and inode, so it does not matter by which path
 * it is reached, nor by which mount of the same file system. A fixed entry is
 * the device and inode of a directory and a name in it; names are compared
 * without regard to case, because some file systems do so.
 *
 * To reach a closed directory from above one has to pass all directories of the
 * fixed entries that are below the start. So a directory that has no fixed
 * entry, and is not closed, has no closed one below it, and needs no care.
 *
 * A closed directory is held open, so that nothing else gets its inode when
 * somebody removes it.
 *
 * Limits: other file systems that are mounted onto the same files (overlays)
 * have inodes of their own.
 *
 * Threads: any. The table only grows; entries are written under the lock, and
 * published by their count.
 */
#include "base/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/futex.h"

#define ENTRIES 256
#define MAX_LINKS 40

struct entry {
	dev_t device;
	ino_t inode;
	char *name; /* what is fixed in it; NULL: it is closed */
};

static struct ln_lock table_lock = LN_LOCK_INIT;
static struct entry table[ENTRIES];
static _Atomic size_t table_count;

static size_t count(void)
{
	/* Acquire pairs with the release in add. */
	return atomic_load_explicit(&table_count, memory_order_acquire);
}

static bool equals(const struct entry *entry, const struct stat *stat,
		   const char *name)
{
	if (entry->inode != stat->st_ino || entry->device != stat->st_dev)
		return false;
	if (entry->name == NULL || name == NULL)
		return entry->name == name;
	return strcasecmp(entry->name, name) == 0;
}

static bool has(const struct stat *stat, const char *name)
{
	for (size_t i = count(); i > 0; i--) {
		if (equals(&table[i - 1], stat, name))
			return true;
	}
	return false;
}

/* Adds an entry unless it is there; 1: it is new. */
static int add(const struct stat *stat, const char *name)
{
	char *copy = NULL;
	int error = 1;
	size_t at;

	if (has(stat, name))
		return 0;
	if (name != NULL) {
		copy = strdup(name);
		if (copy == NULL)
			return LN_ENOMEM;
	}
	ln_lock_acquire(&table_lock);
	at = count();
	if (at == ENTRIES) {
		error = LN_ELIMIT;
	} else {
		table[at] = (struct entry){ .device = stat->st_dev,
					    .inode = stat->st_ino,
					    .name = copy };
		/* Release pairs with the acquire in count. */
		atomic_store_explicit(&table_count, at + 1,
				      memory_order_release);
	}
	ln_lock_release(&table_lock);
	if (error < 0)
		free(copy);
	return error;
}

/* A path that is followed, part by part. */
struct route {
	int dir;
	unsigned links;
	char *rest;
	char text[PATH_MAX];
	char link[PATH_MAX];
};

/* Goes on at another directory. */
static int enter(struct route *route, int dir)
{
	int error;

	if (dir < 0) {
		error = ln_error_from_errno(errno);
		ln_assert(error < 0);
		return error;
	}
	if (route->dir >= 0)
		ln_fd_close(route->dir);
	route->dir = dir;
	return 0;
}

static int enter_root(struct route *route)
{
	return enter(route, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Closes the directory where the route ends, and keeps it. */
static int close_end(struct route *route)
{
	struct stat stat;
	int error;

	if (fstat(route->dir, &stat) < 0)
		return ln_error_from_errno(errno);
	error = add(&stat, NULL);
	if (error == 1)
		route->dir = -1;
	return error < 0 ? error : 0;
}

/* Puts the text of a link in front of the rest. */
static int expand(struct route *route, int link)
{
	size_t rest = strlen(route->rest);
	ssize_t len = readlinkat(link, "", route->link, sizeof(route->link));

	if (len <= 0 || ++route->links > MAX_LINKS)
		return LN_EIO;
	if ((size_t)len + 1 + rest >= sizeof(route->text))
		return LN_EINVAL;
	/* The rest begins with a slash or is empty. */
	memmove(route->text + len, route->rest, rest + 1);
	memcpy(route->text, route->link, (size_t)len);
	route->rest = route->text;
	return route->text[0] == '/' ? enter_root(route) : 0;
}

/* Fixes the entry `name` and follows it. */
static int follow(struct route *route, const char *name)
{
	struct stat stat;
	int error;
	int fd;

	if (fstat(route->dir, &stat) < 0)
		return ln_error_from_errno(errno);
	error = add(&stat, name);
	if (error < 0)
		return error;
	fd = openat(route->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat) < 0) {
		error = ln_error_from_errno(errno);
	} else if (S_ISLNK(stat.st_mode)) {
		error = expand(route, fd);
	} else if (S_ISDIR(stat.st_mode)) {
		return enter(route, fd);
	} else {
		error = LN_ENOENT;
	}
	if (fd >= 0)
		ln_fd_close(fd);
	return error;
}

/* Goes through the next part; 1: there is none. */
static int step(struct route *route)
{
	char name[NAME_MAX + 1];
	size_t len;

	route->rest += strspn(route->rest, "/");
	len = strcspn(route->rest, "/");
	if (len == 0)
		return 1;
	if (len > NAME_MAX)
		return LN_EINVAL;
	memcpy(name, route->rest, len);
	name[len] = '\0';
	route->rest += len;
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return enter(route, openat(route->dir, "..",
					   O_PATH | O_DIRECTORY | O_CLOEXEC));
	return follow(route, name);
}

/* Writes the path, from the root on. */
static int begin(struct route *route, const char *path)
{
	size_t len = 0;

	if (path[0] != '/') {
		if (getcwd(route->text, sizeof(route->text)) == NULL)
			return ln_error_from_errno(errno);
		len = strlen(route->text);
		if (len + 1 < sizeof(route->text))
			route->text[len++] = '/';
	}
	if (len + strlen(path) >= sizeof(route->text))
		return LN_EINVAL;
	memcpy(route->text + len, path, strlen(path) + 1);
	route->rest = route->text;
	return enter_root(route);
}

int ln_guard_add(const char *path)
{
	struct route *route = malloc(sizeof(*route));
	int error;

	if (route == NULL)
		return LN_ENOMEM;
	route->dir = -1;
	route->links = 0;
	error = begin(route, path);
	while (error == 0)
		error = step(route);
	if (error == 1)
		error = close_end(route);
	if (route->dir >= 0)
		ln_fd_close(route->dir);
	free(route);
	return error;
}

bool ln_guard_closes(const struct stat *stat)
{
	return count() > 0 && S_ISDIR(stat->st_mode) && has(stat, NULL);
}

/* Which directory it is, without asking a file system that may wait. */
static bool identify(int dir, struct stat *stat)
{
	struct statx known;

	if (statx(dir, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO,
		  &known) < 0)
		return false;
	stat->st_dev = makedev(known.stx_dev_major, known.stx_dev_minor);
	stat->st_ino = known.stx_ino;
	return true;
}

bool ln_guard_concerns(int dir)
{
	size_t max = count();
	struct stat stat;

	if (max == 0)
		return false;
	/* In doubt care is taken. */
	if (!identify(dir, &stat))
		return true;
	for (size_t i = 0; i < max; i++) {
		if (table[i].inode == stat.st_ino &&
		    table[i].device == stat.st_dev)
			return true;
	}
	return false;
}

bool ln_guard_fixes(int dir, const char *name)
{
	struct stat stat;

	return count() > 0 && (!identify(dir, &stat) || has(&stat, name));
}
