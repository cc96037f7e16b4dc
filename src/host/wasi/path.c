/*
 * DESIGN
 * The WASI functions that act on what a path names. Paths are resolved by
 * base/beneath.c, below the directory of the descriptor they are given with,
 * and what follows acts on the descriptor that came out of it: of the file
 * itself (attributes, times) or of the directory that holds it, with its last
 * name and no slash behind (making, removing, moving). So nothing that others
 * rename or link meanwhile leads outside.
 *
 * Links may point anywhere inside, also with `..`; links to absolute paths are
 * neither made nor read. What a slash behind the last name means, the kernel
 * would tell by following links; here it is told without.
 *
 * Threads: the one that runs the process; jobs in the pool, or, where what they
 * need is in memory, on the worker's stack.
 */
#include "host/wasi/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/utf8.h"
#include "host/abi_gen.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"
#include "sched/task.h"

/* Of a metered guest; a byte or two may be one more directory to go into. */
#define FUEL_PER_PATH_BYTE 100

#define ATIM 1u
#define ATIM_NOW 2u
#define MTIM 4u
#define MTIM_NOW 8u
#define FSTFLAGS_ALL 15u

/* A path, or two, and what to do there. */
struct path_job {
	int dir;
	int other_dir;
	struct ln_slice path;
	struct ln_slice other;
	struct ln_buffer out;
	size_t used;
	bool follow;
	bool here;      /* without blocking, or AGAIN */
	bool read_only; /* what is to change; told after all other errors */
	struct timespec times[2];
	struct stat stat;
	int (*act)(struct path_job *, const struct ln_beneath_place *);
	uint32_t result;
};

uint32_t ln_wasi_copy_path(struct ln_slice path, char **out)
{
	if (path.len == 0)
		return LN_WASI_NOENT;
	if (path.len >= PATH_MAX)
		return LN_WASI_NAMETOOLONG;
	if (memchr(path.data, '\0', path.len) != NULL)
		return LN_WASI_INVAL;
	if (!ln_utf8_valid(path.data, path.len))
		return LN_WASI_ILSEQ;
	*out = strndup((const char *)path.data, path.len);
	return *out != NULL ? LN_WASI_SUCCESS : LN_WASI_NOMEM;
}

void ln_wasi_pay_path(struct ln_guest *guest, struct ln_slice path)
{
	/* Longer ones are refused at once. */
	if (path.len < PATH_MAX)
		ln_guest_pay(guest, path.len * FUEL_PER_PATH_BYTE);
}

uint32_t ln_wasi_from_beneath(int error)
{
	return error == -EXDEV ? LN_WASI_PERM : ln_wasi_from_errno(-error);
}

static struct timespec from_ns(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u),
	};
}

uint32_t ln_wasi_times(uint64_t atim, uint64_t mtim, uint32_t flags,
		       struct timespec times[2])
{
	if ((flags & ~FSTFLAGS_ALL) != 0 ||
	    (flags & (ATIM | ATIM_NOW)) == (ATIM | ATIM_NOW) ||
	    (flags & (MTIM | MTIM_NOW)) == (MTIM | MTIM_NOW))
		return LN_WASI_INVAL;
	times[0] = from_ns(atim);
	times[1] = from_ns(mtim);
	if ((flags & ATIM) == 0)
		times[0].tv_nsec =
			(flags & ATIM_NOW) != 0 ? UTIME_NOW : UTIME_OMIT;
	if ((flags & MTIM) == 0)
		times[1].tv_nsec =
			(flags & MTIM_NOW) != 0 ? UTIME_NOW : UTIME_OMIT;
	return LN_WASI_SUCCESS;
}

/* Runs a job in the pool and tells its result. */
static int run(void (*function)(void *), struct path_job *job, uint32_t *result)
{
	int error = ln_wasi_block(function, job);

	return ln_wasi_answer(error, job->result, result);
}

/* Finds the directory of a call and notes its descriptor. */
static uint32_t find_dir(struct ln_guest *guest, uint32_t fd, uint64_t right,
			 int *dir)
{
	struct ln_wasi_fd *entry;
	uint32_t result = ln_wasi_find(guest, fd, right, &entry);

	if (result == LN_WASI_SUCCESS)
		*dir = entry->fd;
	return result;
}

/* Finds the directory of a call that changes something, but of which errors
 * tell more than that nothing can change: programs that make what may be there
 * already look for EXIST. The job gives ROFS at the end. */
static uint32_t find_dir_to_change(struct ln_guest *guest, uint32_t fd,
				   uint64_t right, struct path_job *job)
{
	struct ln_wasi_fd *entry;
	uint32_t result = ln_wasi_find_held(guest, fd, right, &entry);

	if (result == LN_WASI_SUCCESS) {
		job->dir = entry->fd;
		job->read_only |= entry->read_only;
	}
	return result;
}

/* Opens what a path names, itself, for no purpose: O_PATH. */
static int open_named(struct path_job *job)
{
	int flags = job->follow ? O_PATH : O_PATH | O_NOFOLLOW;
	char *path;
	int fd;

	job->result = ln_wasi_copy_path(job->path, &path);
	if (job->result != LN_WASI_SUCCESS)
		return -1;
	if (job->here)
		fd = ln_beneath_open_cached(job->dir, path, flags);
	else
		fd = ln_beneath_open(job->dir, path, flags, 0);
	free(path);
	if (fd < 0)
		job->result = ln_wasi_from_beneath(fd);
	return fd;
}

static void stat_it(void *argument)
{
	struct path_job *job = argument;
	int fd = open_named(job);

	if (fd < 0)
		return;
	if (fstat(fd, &job->stat) < 0)
		job->result = ln_wasi_from_errno(errno);
	ln_fd_close(fd);
}

int ln_host_wasi_path_filestat_get(struct ln_guest *guest, uint32_t fd,
				   uint32_t flags, struct ln_slice path,
				   uint8_t *out, uint32_t *result)
{
	struct path_job job = {
		.path = path,
		.follow = (flags & LN_WASI_LOOKUP_FOLLOW) != 0,
		.here = true,
	};
	int error = 0;

	*result =
		find_dir(guest, fd, LN_WASI_RIGHT_PATH_FILESTAT_GET, &job.dir);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	ln_wasi_pay_path(guest, path);
	ln_task_on_worker_stack(ln_task_current(), stat_it, &job);
	if (job.result == LN_WASI_AGAIN) {
		job.here = false;
		error = run(stat_it, &job, result);
	} else {
		*result = job.result;
	}
	if (error == 0 && *result == LN_WASI_SUCCESS)
		ln_wasi_put_filestat(out, ln_wasi_filetype(-1, &job.stat),
				     &job.stat);
	return error;
}

static void set_times(void *argument)
{
	struct path_job *job = argument;
	int fd = open_named(job);

	if (fd < 0)
		return;
	if (job->read_only)
		job->result = LN_WASI_ROFS;
	else if (utimensat(fd, "", job->times, AT_EMPTY_PATH) < 0)
		job->result = ln_wasi_from_errno(errno);
	ln_fd_close(fd);
}

int ln_host_wasi_path_filestat_set_times(struct ln_guest *guest, uint32_t fd,
					 uint32_t flags, struct ln_slice path,
					 uint64_t atim, uint64_t mtim,
					 uint32_t fst_flags, uint32_t *result)
{
	struct path_job job = {
		.path = path,
		.follow = (flags & LN_WASI_LOOKUP_FOLLOW) != 0,
	};

	ln_wasi_pay_path(guest, path);
	*result = find_dir_to_change(
		guest, fd, LN_WASI_RIGHT_PATH_FILESTAT_SET_TIMES, &job);
	if (*result == LN_WASI_SUCCESS)
		*result = ln_wasi_times(atim, mtim, fst_flags, job.times);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	return run(set_times, &job, result);
}

static void read_link(void *argument)
{
	struct path_job *job = argument;
	char *text;
	ssize_t len;
	int fd;

	/* With a slash behind, the link is not what is named. */
	job->follow =
		job->path.len > 0 && job->path.data[job->path.len - 1] == '/';
	fd = open_named(job);
	if (fd < 0)
		return;
	text = malloc(PATH_MAX);
	len = text != NULL ? ln_beneath_readlink(fd, text, PATH_MAX) : -ENOMEM;
	ln_fd_close(fd);
	if (len < 0) {
		job->result = ln_wasi_from_errno((int)-len);
	} else if (len > 0 && text[0] == '/') {
		job->result = LN_WASI_PERM;
	} else {
		job->used =
			(size_t)len < job->out.len ? (size_t)len : job->out.len;
		memcpy(job->out.data, text, job->used);
	}
	free(text);
}

int ln_host_wasi_path_readlink(struct ln_guest *guest, uint32_t fd,
			       struct ln_slice path, struct ln_buffer buf,
			       uint8_t *bufused, uint32_t *result)
{
	struct path_job job = { .path = path, .out = buf };
	int error;

	*result = find_dir(guest, fd, LN_WASI_RIGHT_PATH_READLINK, &job.dir);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	ln_wasi_pay_path(guest, path);
	error = run(read_link, &job, result);
	if (error == 0 && *result == LN_WASI_SUCCESS)
		ln_wasi_store32(bufused, (uint32_t)job.used);
	return error;
}

/* Finds where the path ends and acts there. What `.` and `..` name cannot be
 * made, moved or removed by that name: `special` is the errno for it. */
static void act_at(struct path_job *job, uint32_t special)
{
	struct ln_beneath_place place;
	char *path;
	int error;

	job->result = ln_wasi_copy_path(job->path, &path);
	if (job->result != LN_WASI_SUCCESS)
		return;
	error = ln_beneath_find(job->dir, path, &place);
	free(path);
	if (error == -EISDIR) {
		job->result = special;
	} else if (error < 0) {
		job->result = ln_wasi_from_beneath(error);
	} else {
		if (job->act(job, &place) < 0)
			job->result = ln_wasi_from_errno(errno);
		ln_fd_close(place.fd);
	}
}

/* The type of what is at a place, links not followed; 0 with errno set. */
static mode_t type_at(const struct ln_beneath_place *place)
{
	struct stat stat;

	if (fstatat(place->fd, place->name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return stat.st_mode & S_IFMT;
}

static int fail(int number)
{
	errno = number;
	return -1;
}

/* Why nothing can be made at a place in a read-only directory. */
static int refuse_to_make(const struct ln_beneath_place *place)
{
	struct stat stat;

	if (fstatat(place->fd, place->name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
		return fail(EEXIST);
	return errno == ENOENT ? fail(EROFS) : -1;
}

static int make_directory(struct path_job *job,
			  const struct ln_beneath_place *place)
{
	if (job->read_only)
		return refuse_to_make(place);
	return mkdirat(place->fd, place->name, 0777);
}

static int remove_directory(struct path_job *job,
			    const struct ln_beneath_place *place)
{
	(void)job;
	if (place->fixed)
		return fail(EBUSY);
	return unlinkat(place->fd, place->name, AT_REMOVEDIR);
}

static int remove_file(struct path_job *job,
		       const struct ln_beneath_place *place)
{
	mode_t type;

	(void)job;
	if (place->fixed)
		return fail(EBUSY);
	if (!place->slash)
		return unlinkat(place->fd, place->name, 0);
	type = type_at(place);
	if (type == 0)
		return -1;
	return fail(type == S_IFDIR ? EISDIR : ENOTDIR);
}

static void act_exists(void *argument)
{
	act_at(argument, LN_WASI_EXIST);
}

static void act_remove_directory(void *argument)
{
	struct path_job *job = argument;
	const uint8_t *end = job->path.data + job->path.len;
	bool parent = job->path.len >= 2 && end[-1] == '.' && end[-2] == '.';

	act_at(job, parent ? LN_WASI_NOTEMPTY : LN_WASI_INVAL);
}

static void act_is_directory(void *argument)
{
	act_at(argument, LN_WASI_ISDIR);
}

/* A call with one path that removes what it names. */
static int change(struct ln_guest *guest, uint32_t fd, uint64_t right,
		  void (*function)(void *), struct path_job *job,
		  uint32_t *result)
{
	*result = find_dir(guest, fd, right, &job->dir);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	ln_wasi_pay_path(guest, job->path);
	return run(function, job, result);
}

/* A call with one path that makes what it names. */
static int make(struct ln_guest *guest, uint32_t fd, uint64_t right,
		struct path_job *job, uint32_t *result)
{
	*result = find_dir_to_change(guest, fd, right, job);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	ln_wasi_pay_path(guest, job->path);
	return run(act_exists, job, result);
}

int ln_host_wasi_path_create_directory(struct ln_guest *guest, uint32_t fd,
				       struct ln_slice path, uint32_t *result)
{
	struct path_job job = { .path = path, .act = make_directory };

	return make(guest, fd, LN_WASI_RIGHT_PATH_CREATE_DIRECTORY, &job,
		    result);
}

int ln_host_wasi_path_remove_directory(struct ln_guest *guest, uint32_t fd,
				       struct ln_slice path, uint32_t *result)
{
	struct path_job job = { .path = path, .act = remove_directory };

	return change(guest, fd, LN_WASI_RIGHT_PATH_REMOVE_DIRECTORY,
		      act_remove_directory, &job, result);
}

int ln_host_wasi_path_unlink_file(struct ln_guest *guest, uint32_t fd,
				  struct ln_slice path, uint32_t *result)
{
	struct path_job job = { .path = path, .act = remove_file };

	return change(guest, fd, LN_WASI_RIGHT_PATH_UNLINK_FILE,
		      act_is_directory, &job, result);
}

static int make_link(struct path_job *job, const struct ln_beneath_place *place)
{
	char *text;
	int outcome;
	int number;

	job->result = ln_wasi_copy_path(job->other, &text);
	if (job->result != LN_WASI_SUCCESS)
		return 0;
	if (text[0] == '/')
		outcome = fail(EPERM);
	else if (place->slash)
		outcome = fail(type_at(place) != 0 ? EEXIST : ENOENT);
	else if (job->read_only)
		outcome = refuse_to_make(place);
	else
		outcome = symlinkat(text, place->fd, place->name);
	number = errno;
	free(text);
	errno = number;
	return outcome;
}

int ln_host_wasi_path_symlink(struct ln_guest *guest, struct ln_slice old_path,
			      uint32_t fd, struct ln_slice new_path,
			      uint32_t *result)
{
	struct path_job job = {
		.path = new_path,
		.other = old_path,
		.act = make_link,
	};

	return make(guest, fd, LN_WASI_RIGHT_PATH_SYMLINK, &job, result);
}

/* The second half of a call with two places: finds the other one. */
static bool find_other(struct path_job *job, uint32_t special,
		       struct ln_beneath_place *other)
{
	char *path;
	int error;

	job->result = ln_wasi_copy_path(job->other, &path);
	if (job->result != LN_WASI_SUCCESS)
		return false;
	error = ln_beneath_find(job->other_dir, path, other);
	free(path);
	if (error == -EISDIR)
		job->result = special;
	else if (error < 0)
		job->result = ln_wasi_from_beneath(error);
	return error == 0;
}

static int rename_to(struct path_job *job, const struct ln_beneath_place *place)
{
	struct ln_beneath_place other;
	int outcome;

	if (!find_other(job, LN_WASI_BUSY, &other))
		return 0;
	if ((place->slash || other.slash) && type_at(place) != S_IFDIR)
		outcome = fail(type_at(place) != 0 ? ENOTDIR : ENOENT);
	else if (job->read_only)
		outcome = fail(EROFS);
	else if (place->fixed || other.fixed)
		outcome = fail(EBUSY);
	else
		outcome =
			renameat(place->fd, place->name, other.fd, other.name);
	if (outcome < 0)
		job->result = ln_wasi_from_errno(errno);
	ln_fd_close(other.fd);
	return 0;
}

static void act_busy(void *argument)
{
	act_at(argument, LN_WASI_BUSY);
}

static int link_to(struct path_job *job, const struct ln_beneath_place *place)
{
	struct ln_beneath_place other;
	int outcome;

	if (!find_other(job, LN_WASI_EXIST, &other))
		return 0;
	if (other.slash)
		outcome = fail(type_at(&other) != 0 ? EEXIST : ENOENT);
	else if (place->slash && type_at(place) != S_IFDIR)
		outcome = fail(type_at(place) != 0 ? ENOTDIR : ENOENT);
	else if (job->read_only)
		outcome = type_at(place) != 0 ? refuse_to_make(&other) : -1;
	else
		outcome =
			linkat(place->fd, place->name, other.fd, other.name, 0);
	if (outcome < 0)
		job->result = ln_wasi_from_errno(errno);
	ln_fd_close(other.fd);
	return 0;
}

static void act_perm(void *argument)
{
	act_at(argument, LN_WASI_PERM);
}

/* A call with two places. */
static int change_two(struct ln_guest *guest, const uint32_t fds[2],
		      const uint64_t rights[2], void (*function)(void *),
		      struct path_job *job, uint32_t *result)
{
	int dir;

	*result = find_dir_to_change(guest, fds[0], rights[0], job);
	dir = job->dir;
	if (*result == LN_WASI_SUCCESS)
		*result = find_dir_to_change(guest, fds[1], rights[1], job);
	job->other_dir = job->dir;
	job->dir = dir;
	if (*result != LN_WASI_SUCCESS)
		return 0;
	ln_wasi_pay_path(guest, job->path);
	ln_wasi_pay_path(guest, job->other);
	return run(function, job, result);
}

int ln_host_wasi_path_rename(struct ln_guest *guest, uint32_t fd,
			     struct ln_slice old_path, uint32_t new_fd,
			     struct ln_slice new_path, uint32_t *result)
{
	static const uint64_t rights[] = { LN_WASI_RIGHT_PATH_RENAME_SOURCE,
					   LN_WASI_RIGHT_PATH_RENAME_TARGET };
	const uint32_t fds[] = { fd, new_fd };
	struct path_job job = {
		.path = old_path,
		.other = new_path,
		.act = rename_to,
	};

	return change_two(guest, fds, rights, act_busy, &job, result);
}

int ln_host_wasi_path_link(struct ln_guest *guest, uint32_t old_fd,
			   uint32_t old_flags, struct ln_slice old_path,
			   uint32_t new_fd, struct ln_slice new_path,
			   uint32_t *result)
{
	static const uint64_t rights[] = { LN_WASI_RIGHT_PATH_LINK_SOURCE,
					   LN_WASI_RIGHT_PATH_LINK_TARGET };
	const uint32_t fds[] = { old_fd, new_fd };
	struct path_job job = {
		.path = old_path,
		.other = new_path,
		.act = link_to,
	};

	if (old_flags != 0) {
		/* A link to what a link leads to is not offered. */
		*result = LN_WASI_INVAL;
		return 0;
	}
	return change_two(guest, fds, rights, act_perm, &job, result);
}
