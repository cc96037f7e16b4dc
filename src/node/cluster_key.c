/*
 * DESIGN
 * A new key is written to a file of another name, completely, and then linked
 * to its own. Linking fails when the name is taken: then another node was
 * faster, and its key is read. So nobody sees half of a key, and none is ever
 * replaced.
 */
#include "node/cluster_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/random.h"

/* Makes *error a text; LN_ENOMEM in the place of `result` when it cannot. */
static __attribute__((format(printf, 3, 4))) int fail(int result, char **error,
						      const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vasprintf(error, format, arguments);
	va_end(arguments);
	if (len >= 0)
		return result;
	*error = NULL;
	return LN_ENOMEM;
}

static int check(const struct stat *stat, const char *path, char **error)
{
	if (!S_ISREG(stat->st_mode))
		return fail(LN_EFORMAT, error,
			    "the cluster key '%s' is not a file", path);
	if (stat->st_uid != geteuid())
		return fail(LN_EPERM, error,
			    "the cluster key '%s' belongs to another user; "
			    "use a copy of your own (--cluster-key FILE)",
			    path);
	if ((stat->st_mode & 077) != 0)
		return fail(LN_EPERM, error,
			    "others may read or change the cluster key '%s'; "
			    "if none has, run: chmod 600 '%s'",
			    path, path);
	if (stat->st_size != LN_TLS_KEY_SIZE)
		return fail(LN_EFORMAT, error,
			    "the cluster key '%s' has %lld bytes, not %d; copy "
			    "it again from another node",
			    path, (long long)stat->st_size, LN_TLS_KEY_SIZE);
	return 0;
}

static int read_all(int fd, const char *path, uint8_t key[LN_TLS_KEY_SIZE],
		    char **error)
{
	struct stat stat;
	size_t count = 0;
	int result;

	if (fstat(fd, &stat) < 0)
		return fail(LN_EIO, error,
			    "cannot read the cluster key '%s': %s", path,
			    strerror(errno));
	result = check(&stat, path, error);
	if (result < 0)
		return result;
	while (count < LN_TLS_KEY_SIZE) {
		ssize_t n = read(fd, key + count, LN_TLS_KEY_SIZE - count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(LN_EIO, error,
				    "cannot read the cluster key '%s': %s",
				    path,
				    n < 0 ? strerror(errno)
					  : "it has become shorter");
		count += (size_t)n;
	}
	return 0;
}

/* Reads the file; LN_ENOENT without a text when it is not there. */
static int read_file(const char *path, uint8_t key[LN_TLS_KEY_SIZE],
		     char **error)
{
	/* Whatever it is, opening it must not wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int result;

	if (fd < 0 && errno == ENOENT)
		return LN_ENOENT;
	if (fd < 0)
		return fail(errno == EACCES ? LN_EPERM : LN_EIO, error,
			    "cannot open the cluster key '%s': %s", path,
			    strerror(errno));
	result = read_all(fd, path, key, error);
	ln_fd_close(fd);
	return result;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* Makes the folders that lead to a file, for the user alone. */
static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		bool made;

		*slash = '\0';
		made = mkdir(path, 0700) == 0 || errno == EEXIST;
		*slash = '/';
		if (!made)
			return false;
	}
	return true;
}

/* Puts a new key into the file unless there is one by now. */
static bool write_new(const char *path, char *temporary)
{
	uint8_t key[LN_TLS_KEY_SIZE];
	int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	bool done;
	int number;

	if (fd < 0)
		return false;
	ln_random_bytes(key, sizeof(key));
	done = write_all(fd, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	done = done && (link(temporary, path) == 0 || errno == EEXIST);
	number = errno;
	ln_fd_close(fd);
	/* If it stays, it holds what nobody uses, or the key that was linked,
	 * for the same user alone. */
	(void)unlink(temporary);
	errno = number;
	return done;
}

static int make_file(char *path, char **error)
{
	char *temporary;
	int result = 0;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return LN_ENOMEM;
	if (!make_folders(path) || !write_new(path, temporary))
		result = fail(LN_EIO, error,
			      "cannot make the cluster key '%s': %s; make that "
			      "possible, or use --cluster-key FILE",
			      path, strerror(errno));
	free(temporary);
	return result;
}

/* Where the key is when nobody says where; NULL, with an error. */
static char *usual_path(int *result, char **error)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;
	int len;

	/* Relative ones are to be ignored: XDG Base Directory Specification. */
	if (config != NULL && config[0] == '/') {
		len = asprintf(&path, "%s/lunatic/cluster.key", config);
	} else if (home != NULL && home[0] == '/') {
		len = asprintf(&path, "%s/.config/lunatic/cluster.key", home);
	} else {
		*result = fail(LN_ENOENT, error,
			       "there is no place for the cluster key: HOME is "
			       "not set; use --cluster-key FILE");
		return NULL;
	}
	if (len >= 0)
		return path;
	*result = LN_ENOMEM;
	return NULL;
}

static int read_usual(uint8_t key[LN_TLS_KEY_SIZE], char **error)
{
	int result = 0;
	char *path = usual_path(&result, error);

	if (path == NULL)
		return result;
	result = read_file(path, key, error);
	if (result == LN_ENOENT) {
		result = make_file(path, error);
		if (result == 0)
			result = read_file(path, key, error);
		if (result == LN_ENOENT && *error == NULL)
			result = fail(LN_ENOENT, error,
				      "the cluster key '%s' was removed", path);
	}
	free(path);
	return result;
}

int ln_cluster_key_read(const char *path, uint8_t key[LN_TLS_KEY_SIZE],
			char **error)
{
	int result;

	*error = NULL;
	if (path == NULL)
		return read_usual(key, error);
	result = read_file(path, key, error);
	if (result == LN_ENOENT)
		return fail(LN_ENOENT, error,
			    "there is no cluster key '%s'; copy it from "
			    "another node",
			    path);
	return result;
}
