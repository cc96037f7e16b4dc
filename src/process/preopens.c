/*
 * DESIGN
 * A child environment's directories are reached through descriptors of its
 * parent's, never by the path on the host: its guests may rename and link below
 * them, and a path that was inside when it was checked could lead elsewhere
 * when it is opened.
 *
 * Guests have no working directory. Their paths are compared part by part with
 * the names of their directories, as C libraries do: `.` and empty parts do not
 * count, and the longest name that fits wins. What remains is resolved below.
 */
#include "process/preopens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/guard.h"
#include "process/config.h"

/* Skips what does not count: slashes, and parts that are a point. */
static const char *skip(const char *path)
{
	for (;;) {
		bool point =
			path[0] == '.' && (path[1] == '/' || path[1] == '\0');

		if (path[0] != '/' && !point)
			return path;
		path++;
	}
}

/* What remains of `path` below the directory `name`; NULL: it is not there.
 * *parts: how many parts the name has. */
static const char *below(const char *path, const char *name, size_t *parts)
{
	*parts = 0;
	if ((path[0] == '/') != (name[0] == '/'))
		return NULL;
	path = skip(path);
	name = skip(name);
	while (name[0] != '\0') {
		size_t len = strcspn(name, "/");

		if (strcspn(path, "/") != len || memcmp(path, name, len) != 0)
			return NULL;
		path = skip(path + len);
		name = skip(name + len);
		++*parts;
	}
	return path;
}

const struct ln_open_dir *ln_preopens_find(const struct ln_preopens *preopens,
					   const char *path, const char **rest)
{
	const struct ln_open_dir *best = NULL;
	size_t max = 0;

	for (size_t i = 0; preopens != NULL && i < preopens->count; i++) {
		const struct ln_open_dir *dir = &preopens->dirs[i];
		size_t parts;
		const char *remains = below(path, dir->guest, &parts);

		if (remains != NULL && (best == NULL || parts > max)) {
			best = dir;
			*rest = remains;
			max = parts;
		}
	}
	return best;
}

int ln_preopens_reach(const struct ln_preopens *preopens, const char *path,
		      bool *read_only)
{
	const struct ln_open_dir *dir;
	const char *rest;

	if (path[0] == '\0')
		return -ENOENT;
	dir = ln_preopens_find(preopens, path, &rest);
	if (dir == NULL)
		return -EXDEV;
	*read_only = dir->read_only;
	return ln_beneath_open(dir->fd, rest[0] != '\0' ? rest : ".",
			       O_PATH | O_DIRECTORY, 0);
}

static int open_host(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) < 0 || ln_guard_closes(&stat)) {
		ln_fd_close(fd);
		return -EACCES;
	}
	return fd;
}

/* Our error for a directory that could not be opened. */
static int refusal(int number)
{
	switch (number) {
	case EXDEV:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return LN_ENOENT;
	default:
		return ln_error_from_errno(number);
	}
}

int ln_preopens_open(const struct ln_config *config, bool nested,
		     const struct ln_preopens *parent, struct ln_preopens **out)
{
	size_t count = config->preopen_count;
	struct ln_preopens *preopens;

	*out = NULL;
	if (count == 0)
		return 0;
	preopens = malloc(sizeof(*preopens) + count * sizeof(*preopens->dirs));
	if (preopens == NULL)
		return LN_ENOMEM;
	preopens->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct ln_preopen *from = &config->preopens[i];
		bool read_only = false;
		int fd = nested ? ln_preopens_reach(parent, from->host,
						    &read_only)
				: open_host(from->host);

		if (fd < 0) {
			ln_preopens_close(preopens);
			return refusal(-fd);
		}
		preopens->dirs[preopens->count++] = (struct ln_open_dir){
			.fd = fd,
			.guest = from->guest,
			.read_only = read_only || from->read_only,
		};
	}
	*out = preopens;
	return 0;
}

void ln_preopens_close(struct ln_preopens *preopens)
{
	if (preopens == NULL)
		return;
	for (size_t i = 0; i < preopens->count; i++)
		ln_fd_close(preopens->dirs[i].fd);
	free(preopens);
}
