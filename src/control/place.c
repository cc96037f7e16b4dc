/*
 * DESIGN
 * A socket gets its final name only when it is listened at, so a socket with
 * that name to which nobody answers is that of a program that has ended without
 * removing it. Whoever lists the folder, or makes a socket there, removes such.
 * The names before that (".new-...") go when they are old.
 *
 * A path in a socket's address has room for 107 bytes. A longer one is reached
 * by a descriptor of its folder, through /proc.
 */
#include "control/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/guard.h"
#include "base/random.h"
#include "base/text.h"
#include "engine/cache.h"

#define VARIABLE "XDG_RUNTIME_DIR"
#define BELOW ".local/run"
#define ENDING ".sock"
#define NEW ".new-"
#define NEW_SECONDS 60 /* then a new name belongs to nobody */
#define BACKLOG 1024
#define DIAL_SECONDS 5
#define SAME_PID 16 /* programs with one pid, each in its own namespace */

int ln_control_folder(const char *given, char **folder, char **error)
{
	int result;

	*error = NULL;
	if (given != NULL) {
		*folder = strdup(given);
		return *folder != NULL ? 0 : LN_ENOMEM;
	}
	result = ln_folders_find(VARIABLE, BELOW, folder);
	if (result == LN_ENOENT)
		ln_text_format(error,
			       "there is no folder for control sockets: "
			       "neither " VARIABLE " nor HOME is set, and the "
			       "user has no home; give one with --control");
	else if (result < 0)
		ln_text_format(error, "no folder for control sockets: %s",
			       ln_error_text(result));
	return result;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

void ln_control_name(const char *file, char name[LN_CONTROL_NAME])
{
	const char *slash = strrchr(file, '/');
	const char *start = slash != NULL ? slash + 1 : file;
	const char *dot = strrchr(start, '.');
	size_t len = strlen(start);

	if (dot != NULL && dot > start &&
	    (strcmp(dot, ".wasm") == 0 || strcmp(dot, ".wat") == 0))
		len = (size_t)(dot - start);
	if (len >= LN_CONTROL_NAME)
		len = LN_CONTROL_NAME - 1;
	for (size_t i = 0; i < len; i++)
		name[i] = is_plain(start[i]) ? start[i] : '_';
	name[len] = '\0';
	if (len == 0)
		memcpy(name, "_", sizeof("_"));
}

/* ---- Addresses ---- */

/* The address of the socket `path`. *folder is a descriptor to close after its
 * use, or -1. A negative errno. */
static int address_of(const char *path, struct sockaddr_un *address,
		      int *folder)
{
	const char *slash = strrchr(path, '/');
	char *parent;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*folder = -1;
	if (strlen(path) < sizeof(address->sun_path)) {
		memcpy(address->sun_path, path, strlen(path) + 1);
		return 0;
	}
	if (slash == NULL)
		return -ENAMETOOLONG;
	parent = strndup(path, (size_t)(slash - path) + 1);
	if (parent == NULL)
		return -ENOMEM;
	*folder = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(parent);
	if (*folder < 0)
		return -errno;
	if ((size_t)snprintf(address->sun_path, sizeof(address->sun_path),
			     "/proc/self/fd/%d%s", *folder,
			     slash) < sizeof(address->sun_path))
		return 0;
	ln_fd_close(*folder);
	return -ENAMETOOLONG;
}

/* Calls bind or connect with the path; a negative errno. */
static int use_path(int fd, const char *path,
		    int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un address;
	int folder;
	int result = address_of(path, &address, &folder);

	if (result < 0)
		return result;
	if (call(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		result = -errno;
	if (folder >= 0)
		ln_fd_close(folder);
	return result;
}

static int connect_to(int fd, const struct sockaddr *address, socklen_t len)
{
	return connect(fd, address, len);
}

static int bind_to(int fd, const struct sockaddr *address, socklen_t len)
{
	return bind(fd, address, len);
}

static int dial(const char *path, int flags)
{
	const struct timeval patience = { .tv_sec = DIAL_SECONDS };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	int result;

	if (fd < 0)
		return -errno;
	/* It bounds the wait for a place in a full backlog. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		       sizeof(patience)) < 0)
		result = -errno;
	else
		result = use_path(fd, path, connect_to);
	if (result == 0)
		return fd;
	ln_fd_close(fd);
	return result;
}

int ln_control_dial(const char *path)
{
	int fd = dial(path, 0);
	int flags;

	if (fd < 0)
		return fd;
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
		return fd;
	flags = -errno;
	ln_fd_close(fd);
	return flags;
}

/* ---- The folder ---- */

static int fail(int code, char **error, const char *what, const char *path,
		const char *why)
{
	ln_text_format(error, "%s '%s': %s", what, path, why);
	return code;
}

/* Whether the folder is the user's alone. */
static int check_folder(const char *folder, char **error)
{
	struct stat status;

	if (stat(folder, &status) < 0)
		return fail(errno == ENOENT ? LN_ENOENT : LN_EIO, error,
			    "cannot use the folder", folder, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return fail(LN_EIO, error, "cannot use the folder", folder,
			    "it is none");
	if (status.st_uid != geteuid())
		return fail(LN_EPERM, error, "cannot use the folder", folder,
			    "it belongs to another user");
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(LN_EPERM, error, "cannot use the folder", folder,
			    "others may use it; chmod 700 it");
	return 0;
}

/* Guests must not put anything of theirs in its place. A folder that leads to
 * it may lead to those of keys and compiled code as well, and be new. */
static int close_folder(const char *folder, char **error)
{
	if (ln_guard_add(folder) == 0 && ln_cache_guard() == 0)
		return 0;
	ln_text_format(error, "cannot keep guests out of '%s'", folder);
	return LN_EIO;
}

/* Makes the folder and those that lead to it, for the user alone. */
int ln_control_make_folder(const char *folder, char **error)
{
	char *path = strdup(folder);
	bool made = true;
	int result;

	if (path == NULL)
		return LN_ENOMEM;
	for (char *slash = strchr(path + 1, '/'); slash != NULL && made;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		made = mkdir(path, S_IRWXU) == 0 || errno == EEXIST;
		*slash = '/';
	}
	free(path);
	if (made)
		made = mkdir(folder, S_IRWXU) == 0 || errno == EEXIST;
	if (!made)
		return fail(LN_EIO, error, "cannot make the folder", folder,
			    strerror(errno));
	result = check_folder(folder, error);
	return result < 0 ? result : close_folder(folder, error);
}

/* Whether nobody listens at a socket any more. */
static bool is_stale(const char *path)
{
	/* Without waiting: a full backlog is an answer as well. */
	int fd = dial(path, SOCK_NONBLOCK);

	if (fd >= 0)
		ln_fd_close(fd);
	return fd == -ECONNREFUSED;
}

/* Reads "PID-NAME.sock"; false: it is another name. */
static bool read_name(const char *entry, struct ln_control_program *program)
{
	size_t len = strlen(entry);
	size_t ending = sizeof(ENDING) - 1;
	char *end;
	unsigned long pid;

	if (entry[0] < '1' || entry[0] > '9' || len <= ending ||
	    strcmp(entry + len - ending, ENDING) != 0)
		return false;
	errno = 0;
	pid = strtoul(entry, &end, 10);
	if (errno != 0 || pid > INT32_MAX || *end != '-')
		return false;
	len = (size_t)(entry + len - ending - end) - 1;
	if (len == 0 || len >= LN_CONTROL_NAME)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_plain(end[1 + i]))
			return false;
	}
	program->pid = (int)pid;
	memcpy(program->name, end + 1, len);
	program->name[len] = '\0';
	return true;
}

/* Removes a socket that was given up before it had its name. */
static void remove_new(int folder, const char *entry)
{
	struct stat status;

	ln_assert(folder >= 0);
	if (fstatat(folder, entry, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISSOCK(status.st_mode) ||
	    time(NULL) - status.st_mtime < NEW_SECONDS)
		return;
	/* It stays, and does no harm, when that is impossible. */
	(void)unlinkat(folder, entry, 0);
}

/* A list that grows. */
struct programs {
	struct ln_control_program *list;
	size_t count;
	size_t room;
};

/* Looks at one entry; LN_ENOMEM. */
static int look_at(const char *folder, int fd, const char *entry,
		   struct programs *programs)
{
	struct ln_control_program program;
	void *list;

	if (strncmp(entry, NEW, sizeof(NEW) - 1) == 0) {
		remove_new(fd, entry);
		return 0;
	}
	if (!read_name(entry, &program))
		return 0;
	if (asprintf(&program.path, "%s/%s", folder, entry) < 0)
		return LN_ENOMEM;
	if (is_stale(program.path)) {
		/* Whoever cannot remove it does not list it either. */
		(void)unlink(program.path);
		free(program.path);
		return 0;
	}
	list = ln_array_grow(programs->list, programs->count, &programs->room,
			     sizeof(program));
	if (list == NULL) {
		free(program.path);
		return LN_ENOMEM;
	}
	programs->list = list;
	programs->list[programs->count++] = program;
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct ln_control_program *left = a;
	const struct ln_control_program *right = b;

	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	return strcmp(left->name, right->name);
}

static int read_folder(const char *folder, DIR *dir, struct programs *programs)
{
	const struct dirent *entry;
	int result = 0;

	while (result == 0 && (entry = readdir(dir)) != NULL)
		result = look_at(folder, dirfd(dir), entry->d_name, programs);
	return result;
}

int ln_control_programs(const char *folder, struct ln_control_program **list,
			size_t *count, char **error)
{
	struct programs programs = { .list = NULL };
	int result;
	DIR *dir;

	*error = NULL;
	*list = NULL;
	*count = 0;
	result = check_folder(folder, error);
	if (result == LN_ENOENT) {
		free(*error);
		*error = NULL;
		return 0;
	}
	if (result < 0)
		return result;
	dir = opendir(folder);
	if (dir == NULL)
		return fail(LN_EIO, error, "cannot read the folder", folder,
			    strerror(errno));
	result = read_folder(folder, dir, &programs);
	/* Nothing was written through it. */
	(void)closedir(dir);
	if (result < 0) {
		ln_control_programs_free(programs.list, programs.count);
		return result;
	}
	if (programs.count > 0)
		qsort(programs.list, programs.count, sizeof(programs.list[0]),
		      by_pid);
	*list = programs.list;
	*count = programs.count;
	return 0;
}

void ln_control_programs_free(struct ln_control_program *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].path);
	free(list);
}

/* ---- A new socket ---- */

/* A listening socket under a temporary name; a negative errno. */
static int open_new(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int result;

	if (fd < 0)
		return -errno;
	/* Nobody else can reach it before its mode is right: the folder is the
	 * user's alone. */
	result = use_path(fd, path, bind_to);
	if (result == 0 &&
	    (chmod(path, S_IRUSR | S_IWUSR) < 0 || listen(fd, BACKLOG) < 0)) {
		result = -errno;
		/* If it stays, it is removed when it is old. */
		(void)unlink(path);
	}
	if (result == 0)
		return fd;
	ln_fd_close(fd);
	return result;
}

/* Gives the socket its name, which no other may have; a negative errno. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* A file system without that. */
	if (link(from, to) < 0)
		return -errno;
	/* A second name does no harm, and is removed when it is old. */
	(void)unlink(from);
	return 0;
}

/* Finds a name for the socket `from`; a negative errno. Another program with
 * this pid lives in another container. */
static int name_new(const char *folder, const char *name, const char *from,
		    char **path)
{
	int result = -EEXIST;

	for (int i = 0; i < SAME_PID && result == -EEXIST; i++) {
		char more[16] = "";

		if (i > 0)
			snprintf(more, sizeof(more), "-%d", i + 1);
		if (asprintf(path, "%s/%d-%.*s%s%s", folder, (int)getpid(),
			     LN_CONTROL_NAME - 1 - (int)strlen(more), name,
			     more, ENDING) < 0) {
			*path = NULL;
			return -ENOMEM;
		}
		result = rename_new(from, *path);
		if (result == 0)
			return 0;
		free(*path);
		*path = NULL;
	}
	return result;
}

/* Listens under a new name, in a folder that is there. A negative errno. */
static int listen_in(const char *folder, const char *name, char **path)
{
	uint64_t number;
	char *first;
	int result;
	int fd;

	ln_random_bytes(&number, sizeof(number));
	if (asprintf(&first, "%s/%s%016llx", folder, NEW,
		     (unsigned long long)number) < 0)
		return -ENOMEM;
	fd = open_new(first);
	if (fd < 0) {
		free(first);
		return fd;
	}
	result = name_new(folder, name, first, path);
	if (result < 0) {
		/* Likewise. */
		(void)unlink(first);
		ln_fd_close(fd);
	}
	free(first);
	return result < 0 ? result : fd;
}

int ln_control_listen(const char *folder, const char *name, char **path,
		      char **error)
{
	struct ln_control_program *list;
	size_t count;
	int result;

	*error = NULL;
	result = ln_control_make_folder(folder, error);
	if (result < 0)
		return result;
	/* For the sake of the stale ones. */
	result = ln_control_programs(folder, &list, &count, error);
	if (result < 0)
		return result;
	ln_control_programs_free(list, count);
	result = listen_in(folder, name, path);
	if (result >= 0)
		return result;
	ln_text_format(error, "cannot listen in '%s': %s", folder,
		       strerror(-result));
	return ln_error_from_errno(-result);
}
