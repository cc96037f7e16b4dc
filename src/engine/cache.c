/*
 * Compiled code in files, one a key, named by the key in hexadecimal.
 *
 *   offset  bytes
 *        0     32  HMAC-SHA256 of all that follows, with the user's secret key
 *       32      8  magic, with the version of this layout
 *       40      8  length of the code, little-endian
 *       48     32  the key
 *       80      -  the code
 *
 * Job: give back only what this program wrote for this user. Code that is
 * loaded runs with all rights of the process, so a file counts only if it is a
 * regular one, owned by the user, not writable by others, in a folder of which
 * the same holds, reached without following a link at its end. A guest has the
 * rights of the user, so these checks do not stop files that a guest writes.
 * Therefore the folder is closed to guests (base/guard.h), and each file is
 * signed, content and key, with a secret from another closed folder
 * (base/secret.h): a file that a guest wrote or moved is not run. It also tells
 * files that are whole from those that a crash or a disk left otherwise.
 * Threads: any; there is no state but the folder and the secret, which are
 * looked up in the environment at each call. Lock order: no locks.
 * Guarantees: files appear whole, by renaming, so processes need not agree. The
 * code is read into memory and checked there, so changing the file later
 * changes nothing. What exists is never written to. Every failure is a miss,
 * told at the debug level of the log only; but for a secret that cannot be
 * used, of which one warning tells.
 * Limits: the folder is measured when something is added to it, by one pass
 * over at most ENTRIES_READ names; several processes that add at once may
 * exceed the bound until the next one does.
 */
#include "engine/cache.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "lunatic_version.h"

#define MAGIC "lncode\0\2"
#define SUFFIX ".code"
#define TEMPORARY "tmp-"
#define NAME_SIZE (64 + sizeof(SUFFIX))
#define TEMPORARY_SIZE (sizeof(TEMPORARY) + 32)

#define SIZE_DEFAULT ((uint64_t)512) /* MiB */
#define SIZE_MAX_MIB ((uint64_t)1 << 20)
#define FILES_MAX 4096      /* files of ours that are kept */
#define ENTRIES_READ 65536  /* names that one pass looks at */
#define BLOCK 4096          /* files take up disk space in these */
#define HOUR ((time_t)3600) /* how exact the time of last use is */

#if defined(__x86_64__)
#define ARCHITECTURE "x86-64"
#elif defined(__aarch64__)
#define ARCHITECTURE "aarch64"
#else
#error "the engine has no code generator for this architecture"
#endif

#define MAC_SIZE 32

struct header {
	uint8_t mac[MAC_SIZE]; /* of the rest, and of the code */
	char magic[8];
	uint64_t len; /* little-endian */
	uint8_t key[32];
};
_Static_assert(sizeof(struct header) == 80, "the layout has no padding");

/* ---- Where ---- */

static const char *setting(const char *name)
{
	const char *value = secure_getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool is_off(void)
{
	const char *value = setting("LUNATIC_CACHE");

	return value != NULL && strcmp(value, "off") == 0;
}

/* The folder, owned by the caller; NULL when there is none to use. */
static char *folder_path(void)
{
	const char *base = setting("LUNATIC_CACHE_DIR");
	char *folder;
	char *path;

	if (base != NULL)
		return strdup(base);
	if (ln_folders_find("XDG_CACHE_HOME", ".cache", &folder) < 0)
		return NULL;
	if (asprintf(&path, "%s/modules", folder) < 0)
		path = NULL;
	free(folder);
	return path;
}

/* Reads a number of MiB, at most SIZE_MAX_MIB; false if it is none. */
static bool parse_size(const char *value, uint64_t *mib)
{
	char *end;

	if (value[0] < '0' || value[0] > '9')
		return false;
	/* What is too large for the type is read as its maximum. */
	*mib = strtoull(value, &end, 10);
	if (*end != '\0')
		return false;
	if (*mib > SIZE_MAX_MIB)
		*mib = SIZE_MAX_MIB;
	return true;
}

/* Bytes that the folder may hold. */
static uint64_t size_bound(void)
{
	const char *value = setting("LUNATIC_CACHE_SIZE");
	uint64_t mib;

	if (value == NULL || !parse_size(value, &mib))
		mib = SIZE_DEFAULT;
	return mib << 20;
}

const char *ln_cache_check_settings(void)
{
	const char *value = setting("LUNATIC_CACHE");
	uint64_t mib;

	if (value != NULL && !is_off() && strcmp(value, "on") != 0)
		return "LUNATIC_CACHE should be on or off";
	value = setting("LUNATIC_CACHE_SIZE");
	if (value != NULL && !parse_size(value, &mib))
		return "LUNATIC_CACHE_SIZE should be a number of MiB, 0 to "
		       "1048576";
	return NULL;
}

static bool is_private(const struct stat *status)
{
	return status->st_uid == geteuid() &&
	       (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Makes the folder and those above it; what cannot be made shows when it is
 * opened. */
static void make_folder(char *path)
{
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		/* What is not there afterwards cannot be opened. */
		(void)mkdir(path, S_IRWXU);
		*p = '/';
	}
	(void)mkdir(path, S_IRWXU);
}

/* Opens the folder at `path`; -1 with errno. */
static int open_or_make(char *path, bool make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int folder = open(path, flags);

	if (folder >= 0 || errno != ENOENT || !make)
		return folder;
	make_folder(path);
	return open(path, flags);
}

/* Opens the folder if it can be trusted; -1 otherwise. */
static int open_folder(bool make)
{
	struct stat status;
	char *path;
	int folder;

	if (is_off())
		return -1;
	path = folder_path();
	if (path == NULL)
		return -1;
	folder = open_or_make(path, make);
	if (folder < 0) {
		if (make || errno != ENOENT)
			ln_log(LN_LOG_DEBUG, "cache: cannot open %s: %m", path);
	} else if (fstat(folder, &status) != 0 || !is_private(&status)) {
		ln_log(LN_LOG_DEBUG,
		       "cache: %s is not used: it belongs to another user or "
		       "others can write to it",
		       path);
		ln_fd_close(folder);
		folder = -1;
	} else if (!ln_guard_closes(&status) && ln_guard_add(path) != 0) {
		ln_log(LN_LOG_DEBUG,
		       "cache: %s is not used: it cannot be closed to guests",
		       path);
		ln_fd_close(folder);
		folder = -1;
	}
	free(path);
	return folder;
}

/* Reads the secret, or makes it; false, after a warning, when there is none. */
static bool read_secret(uint8_t secret[LN_SECRET_SIZE])
{
	static atomic_flag told = ATOMIC_FLAG_INIT;
	char *error;

	if (ln_secret_read(&ln_secret_cache, NULL, secret, &error) == 0)
		return true;
	if (!atomic_flag_test_and_set(&told))
		ln_log(LN_LOG_WARN, "compiled code is not kept: %s",
		       error != NULL ? error : "out of memory");
	free(error);
	return false;
}

int ln_cache_guard(void)
{
	uint8_t secret[LN_SECRET_SIZE];
	char *path = folder_path();
	int folder = open_folder(true);
	int error = 0;

	/* Made by now, so that no guest makes them. Where the cache is off they
	 * are guarded as they are, for others who use it. */
	if (folder >= 0) {
		if (read_secret(secret))
			explicit_bzero(secret, sizeof(secret));
		ln_fd_close(folder);
	} else if (path != NULL) {
		error = ln_guard_add(path);
	}
	free(path);
	/* A folder that does not exist, or that we cannot reach, cannot be
	 * reached by guests either. */
	if (error != LN_ENOMEM && error != LN_ELIMIT)
		error = ln_secret_guard();
	return error;
}

static void write_hex(char *text, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
	*text = '\0';
}

static void write_name(char name[NAME_SIZE], const struct ln_cache_key *key)
{
	write_hex(name, key->digest, sizeof(key->digest));
	memcpy(name + 64, SUFFIX, sizeof(SUFFIX));
}

/* ---- Keys and digests ---- */

int ln_cache_key(const char *engine, const uint8_t *bytes, size_t len,
		 unsigned variant, struct ln_cache_key *key)
{
	EVP_MD_CTX *context;
	char text[192];
	bool done;
	int n;

	if (is_off())
		return LN_ENOENT;
	n = snprintf(text, sizeof(text), "lunatic %s engine %s %s %s %u;",
		     LUNATIC_VERSION, LUNATIC_ENGINE_KEY, engine, ARCHITECTURE,
		     variant);
	context = EVP_MD_CTX_new();
	if (context == NULL)
		return LN_ENOMEM;
	done = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
	       EVP_DigestUpdate(context, text, (size_t)n) == 1 &&
	       EVP_DigestUpdate(context, bytes, len) == 1 &&
	       EVP_DigestFinal_ex(context, key->digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	return done ? 0 : LN_ENOMEM;
}

/* The code over a header, but for its own place, and what follows it. */
static bool make_mac(const struct header *header, const uint8_t *code,
		     size_t len, uint8_t mac[MAC_SIZE])
{
	uint8_t secret[LN_SECRET_SIZE];
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char[]){ "SHA256" }, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *method;
	EVP_MAC_CTX *context;
	bool done;

	if (!read_secret(secret))
		return false;
	method = EVP_MAC_fetch(NULL, "HMAC", NULL);
	context = method != NULL ? EVP_MAC_CTX_new(method) : NULL;
	done = context != NULL &&
	       EVP_MAC_init(context, secret, sizeof(secret), params) == 1 &&
	       EVP_MAC_update(context, (const uint8_t *)header + MAC_SIZE,
			      sizeof(*header) - MAC_SIZE) == 1 &&
	       EVP_MAC_update(context, code, len) == 1 &&
	       EVP_MAC_final(context, mac, NULL, MAC_SIZE) == 1;
	explicit_bzero(secret, sizeof(secret));
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(method);
	return done;
}

/* ---- Loading ---- */

static bool read_all(int file, void *bytes, size_t len)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t n = read(file, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Reads an open file's code if it can be trusted; NULL otherwise. */
static uint8_t *read_code(int file, const struct stat *status,
			  const struct ln_cache_key *key, size_t *len)
{
	struct header header;
	uint8_t actual[MAC_SIZE];
	uint64_t size = (uint64_t)status->st_size;
	uint8_t *code;

	if (!S_ISREG(status->st_mode) || !is_private(status) ||
	    size <= sizeof(header) || !read_all(file, &header, sizeof(header)))
		return NULL;
	size -= sizeof(header);
	if (memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0 ||
	    memcmp(header.key, key->digest, sizeof(header.key)) != 0 ||
	    le64toh(header.len) != size)
		return NULL;
	code = malloc((size_t)size);
	if (code == NULL)
		return NULL;
	if (!read_all(file, code, (size_t)size) ||
	    !make_mac(&header, code, (size_t)size, actual) ||
	    CRYPTO_memcmp(header.mac, actual, sizeof(actual)) != 0) {
		free(code);
		return NULL;
	}
	*len = (size_t)size;
	return code;
}

/* Remembers that the file was used. */
static void touch(int file, const struct stat *status)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_nsec = UTIME_NOW },
	};
	time_t now = time(NULL);

	if (now >= status->st_mtim.tv_sec &&
	    now - status->st_mtim.tv_sec < HOUR)
		return;
	/* If it fails, the file is dropped too early. */
	(void)futimens(file, times);
}

int ln_cache_load(const struct ln_cache_key *key, uint8_t **code, size_t *len)
{
	int folder = open_folder(false);
	char name[NAME_SIZE];
	struct stat status;
	uint8_t *found = NULL;
	int file;

	if (folder < 0)
		return LN_ENOENT;
	write_name(name, key);
	/* O_NONBLOCK: it may be a pipe that nobody writes to. */
	file = openat(folder, name,
		      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0 && errno != ENOENT)
		ln_log(LN_LOG_DEBUG, "cache: cannot open %s: %m", name);
	ln_fd_close(folder);
	if (file < 0)
		return LN_ENOENT;
	if (fstat(file, &status) == 0)
		found = read_code(file, &status, key, len);
	if (found != NULL)
		touch(file, &status);
	else
		ln_log(LN_LOG_DEBUG, "cache: %s is damaged or not ours", name);
	ln_fd_close(file);
	if (found == NULL)
		return LN_ENOENT;
	*code = found;
	return 0;
}

/* ---- Bounding the folder ---- */

struct file {
	char name[NAME_SIZE];
	struct timespec used;
	uint64_t size;
};

struct files {
	struct file *all;
	size_t count;
	size_t room;
	uint64_t size;
};

static bool is_ours(const char *name)
{
	return strlen(name) == NAME_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == 64 &&
	       strcmp(name + 64, SUFFIX) == 0;
}

/* Returns false when memory is short. */
static bool add_file(struct files *files, const char *name,
		     const struct stat *status)
{
	struct file *all = ln_array_grow(files->all, files->count, &files->room,
					 sizeof(*all));
	struct file *file;

	if (all == NULL)
		return false;
	files->all = all;
	file = &files->all[files->count++];
	memcpy(file->name, name, NAME_SIZE);
	file->used = status->st_mtim;
	file->size = ((uint64_t)status->st_size + BLOCK - 1) / BLOCK * BLOCK;
	files->size += file->size;
	return true;
}

/* Lists files of ours, and removes what processes left that were killed while
 * they wrote. */
static void list_files(int folder, DIR *stream, struct files *files)
{
	time_t now = time(NULL);
	const struct dirent *entry;
	struct stat status;

	for (int i = 0; i < ENTRIES_READ; i++) {
		bool temporary;

		entry = readdir(stream);
		if (entry == NULL)
			return;
		temporary = strncmp(entry->d_name, TEMPORARY,
				    strlen(TEMPORARY)) == 0;
		if ((!temporary && !is_ours(entry->d_name)) ||
		    fstatat(folder, entry->d_name, &status,
			    AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (!temporary) {
			if (!add_file(files, entry->d_name, &status))
				return;
		} else if (now - status.st_mtim.tv_sec > HOUR) {
			/* If it stays, it is tried again next time. */
			(void)unlinkat(folder, entry->d_name, 0);
		}
	}
}

static int compare_used(const void *left, const void *right)
{
	const struct timespec *a = &((const struct file *)left)->used;
	const struct timespec *b = &((const struct file *)right)->used;

	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}

/* Drops what was not used for longest, a tenth more than needed, so that the
 * next additions need not. Consumes the folder. */
static void trim(int folder, uint64_t bound)
{
	DIR *stream = fdopendir(folder);
	struct files files = { 0 };
	size_t left;

	if (stream == NULL) {
		ln_fd_close(folder);
		return;
	}
	list_files(folder, stream, &files);
	left = files.count;
	if (files.size > bound || left > FILES_MAX) {
		qsort(files.all, files.count, sizeof(*files.all), compare_used);
		for (size_t i = 0; i + 1 < files.count; i++) {
			if (files.size <= bound - bound / 10 &&
			    left <= FILES_MAX - FILES_MAX / 10)
				break;
			/* What another process has dropped is gone, too. */
			if (unlinkat(folder, files.all[i].name, 0) != 0 &&
			    errno != ENOENT)
				continue;
			files.size -= files.all[i].size;
			left--;
		}
		ln_log(LN_LOG_DEBUG, "cache: dropped %zu files",
		       files.count - left);
	}
	free(files.all);
	closedir(stream);
}

/* ---- Storing ---- */

static bool write_all(int file, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = write(file, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_code(int file, const struct ln_cache_key *key,
		       const uint8_t *code, size_t len)
{
	struct header header = { .len = htole64(len) };

	memcpy(header.magic, MAGIC, sizeof(header.magic));
	memcpy(header.key, key->digest, sizeof(header.key));
	return make_mac(&header, code, len, header.mac) &&
	       write_all(file, &header, sizeof(header)) &&
	       write_all(file, code, len);
}

static void write_temporary(char name[TEMPORARY_SIZE])
{
	uint8_t unique[16];

	ln_random_bytes(unique, sizeof(unique));
	memcpy(name, TEMPORARY, sizeof(TEMPORARY));
	write_hex(name + strlen(TEMPORARY), unique, sizeof(unique));
}

void ln_cache_store(const struct ln_cache_key *key, const uint8_t *code,
		    size_t len)
{
	char temporary[TEMPORARY_SIZE], name[NAME_SIZE];
	uint64_t bound = size_bound();
	int folder, file;
	bool done;

	if (len == 0 || len > bound)
		return;
	folder = open_folder(true);
	if (folder < 0)
		return;
	write_temporary(temporary);
	write_name(name, key);
	file = openat(folder, temporary,
		      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      S_IRUSR | S_IWUSR);
	if (file < 0)
		goto fail_open;
	done = write_code(file, key, code, len);
	done = close(file) == 0 && done;
	if (!done || renameat(folder, temporary, folder, name) != 0)
		goto fail_write;
	trim(folder, bound);
	return;

fail_write:
	/* If it stays, trim finds it. */
	(void)unlinkat(folder, temporary, 0);
fail_open:
	ln_log(LN_LOG_DEBUG, "cache: cannot write %s: %m", name);
	ln_fd_close(folder);
}
