/*
 * DESIGN
 * A new key is written completely to a file with a temporary name, and then
 * linked to its own name. Linking fails if the name exists: then another
 * program was faster, and its key is read. So nobody sees half of a key, and no
 * key is ever replaced.
 */
#include "base/secret.h"

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
#include "base/folders.h"
#include "base/guard.h"
#include "base/random.h"

const struct ln_secret ln_secret_cluster = {
	.name = "cluster key",
	.variable = "XDG_CONFIG_HOME",
	.below = ".config",
	.file = "cluster.key",
	.foreign = "; use a copy of your own (--cluster-key FILE)",
	.damaged = "; copy it again from another node",
	.unmade = "; make that possible, or use --cluster-key FILE",
	.homeless = "; use --cluster-key FILE",
	.unplaced = "; copy it from another node",
};

const struct ln_secret ln_secret_cache = {
	.name = "key of compiled code",
	.variable = "XDG_STATE_HOME",
	.below = ".local/state",
	.file = "cache.key",
	.damaged = "; remove it, and another one is made",
};

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

static const char *advice(const char *text)
{
	return text != NULL ? text : "";
}

/* Root may let a group read it: so are secrets that systemd or Kubernetes gives
 * to a service. */
static mode_t allowed(const struct stat *stat)
{
	return stat->st_uid == geteuid() ? 0700 : 0740;
}

static int check(const struct ln_secret *secret, const struct stat *stat,
		 const char *path, char **error)
{
	if (!S_ISREG(stat->st_mode))
		return fail(LN_EFORMAT, error, "the %s '%s' is not a file",
			    secret->name, path);
	if (stat->st_uid != geteuid() && stat->st_uid != 0)
		return fail(LN_EPERM, error,
			    "the %s '%s' belongs to another user%s",
			    secret->name, path, advice(secret->foreign));
	if ((stat->st_mode & 0777 & ~allowed(stat)) != 0)
		return fail(LN_EPERM, error,
			    "others may read or change the %s '%s'; if none "
			    "has, run: chmod 600 '%s'",
			    secret->name, path, path);
	if (stat->st_size != LN_SECRET_SIZE)
		return fail(LN_EFORMAT, error,
			    "the %s '%s' has %lld bytes, not %d%s",
			    secret->name, path, (long long)stat->st_size,
			    LN_SECRET_SIZE, advice(secret->damaged));
	return 0;
}

static int read_all(const struct ln_secret *secret, int fd, const char *path,
		    uint8_t key[LN_SECRET_SIZE], char **error)
{
	struct stat stat;
	size_t count = 0;
	int result;

	if (fstat(fd, &stat) < 0)
		return fail(LN_EIO, error, "cannot read the %s '%s': %s",
			    secret->name, path, strerror(errno));
	result = check(secret, &stat, path, error);
	if (result < 0)
		return result;
	while (count < LN_SECRET_SIZE) {
		ssize_t n = read(fd, key + count, LN_SECRET_SIZE - count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(LN_EIO, error,
				    "cannot read the %s '%s': %s", secret->name,
				    path,
				    n < 0 ? strerror(errno)
					  : "it has become shorter");
		count += (size_t)n;
	}
	return 0;
}

/* Reads the file; LN_ENOENT without a text when it is not there. */
static int read_file(const struct ln_secret *secret, const char *path,
		     uint8_t key[LN_SECRET_SIZE], char **error)
{
	/* Whatever it is, opening it must not wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int result;

	if (fd < 0 && errno == ENOENT)
		return LN_ENOENT;
	if (fd < 0)
		return fail(errno == EACCES ? LN_EPERM : LN_EIO, error,
			    "cannot open the %s '%s': %s", secret->name, path,
			    strerror(errno));
	result = read_all(secret, fd, path, key, error);
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
	uint8_t key[LN_SECRET_SIZE];
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
	/* If it stays, it has an unused key, or the key that was linked, and
	 * only the same user may read it. */
	(void)unlink(temporary);
	errno = number;
	return done;
}

static int make_file(const struct ln_secret *secret, char *path, char **error)
{
	char *temporary;
	int result = 0;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return LN_ENOMEM;
	if (!make_folders(path) || !write_new(path, temporary))
		result = fail(LN_EIO, error, "cannot make the %s '%s': %s%s",
			      secret->name, path, strerror(errno),
			      advice(secret->unmade));
	free(temporary);
	return result;
}

/* The default path of the key; NULL, with an error. */
static char *usual_path(const struct ln_secret *secret, int *result,
			char **error)
{
	char *folder;
	char *path = NULL;

	*result = ln_folders_find(secret->variable, secret->below, &folder);
	if (*result == LN_ENOENT)
		*result = fail(LN_ENOENT, error,
			       "there is no folder for the %s: HOME is not "
			       "set, and the user has no home%s",
			       secret->name, advice(secret->homeless));
	else if (*result == LN_ELIMIT)
		*result = fail(LN_ELIMIT, error,
			       "no folder was found for the %s: too many "
			       "files are open",
			       secret->name);
	if (*result < 0)
		return NULL;
	if (asprintf(&path, "%s/%s", folder, secret->file) < 0) {
		path = NULL;
		*result = LN_ENOMEM;
	}
	free(folder);
	return path;
}

static int read_usual(const struct ln_secret *secret,
		      uint8_t key[LN_SECRET_SIZE], char **error)
{
	int result = 0;
	char *path = usual_path(secret, &result, error);

	if (path == NULL)
		return result;
	result = read_file(secret, path, key, error);
	if (result == LN_ENOENT) {
		result = make_file(secret, path, error);
		if (result == 0)
			result = read_file(secret, path, key, error);
		if (result == LN_ENOENT && *error == NULL)
			result = fail(LN_ENOENT, error,
				      "the %s '%s' was removed", secret->name,
				      path);
	}
	free(path);
	return result;
}

int ln_secret_read(const struct ln_secret *secret, const char *path,
		   uint8_t key[LN_SECRET_SIZE], char **error)
{
	int result;

	*error = NULL;
	if (path == NULL)
		return read_usual(secret, key, error);
	result = read_file(secret, path, key, error);
	if (result == LN_ENOENT)
		return fail(LN_ENOENT, error, "there is no %s '%s'%s",
			    secret->name, path, advice(secret->unplaced));
	return result;
}

int ln_secret_guard(void)
{
	const struct ln_secret *const all[] = { &ln_secret_cluster,
						&ln_secret_cache };
	int error = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && error == 0;
	     i++) {
		char *folder;

		error = ln_folders_find(all[i]->variable, all[i]->below,
					&folder);
		if (error == 0)
			error = ln_guard_add(folder);
		free(folder);
		/* A folder that does not exist, or that we cannot reach, cannot
		 * be reached by guests either. */
		if (error != LN_ENOMEM && error != LN_ELIMIT)
			error = 0;
	}
	return error;
}
