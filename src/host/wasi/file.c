/*
 * DESIGN
 * What a descriptor of a file can do besides reading and writing: size, times,
 * storage, advice. All of it may wait for the device, so it runs in the
 * blocking pools: what depends on the size of the file in that for long work.
 *
 * Threads: the one that runs the process; jobs in the pool.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "host/abi_gen.h"
#include "host/wasi/path.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"

struct file_job {
	int fd;
	uint64_t offset;
	uint64_t len;
	int advice;
	struct timespec times[2];
	uint32_t result;
};

/* A signal for the program, which came to the thread of a job. */
static bool interrupted(int outcome)
{
	return outcome < 0 && errno == EINTR;
}

static void note(struct file_job *job, int outcome)
{
	if (outcome < 0)
		job->result = ln_wasi_from_errno(errno);
}

/* Finds a regular file; other descriptors have no such calls. */
static uint32_t find_file(struct ln_guest *guest, uint32_t fd, uint64_t right,
			  struct ln_wasi_fd **entry)
{
	uint32_t result = ln_wasi_find(guest, fd, right, entry);

	if (result == LN_WASI_SUCCESS && (*entry)->kind != LN_WASI_FILE)
		return LN_WASI_BADF;
	return result;
}

static int run(struct ln_wasi_fd *entry, void (*function)(void *),
	       struct file_job *job, uint32_t *result)
{
	int error;

	job->fd = entry->fd;
	job->result = LN_WASI_SUCCESS;
	error = ln_wasi_block(function, job);
	return ln_wasi_answer(error, job->result, result);
}

/* The same for what takes a time in proportion to the file. */
static int run_long(struct ln_wasi_fd *entry, void (*function)(void *),
		    struct file_job *job, uint32_t *result)
{
	int error;

	job->fd = entry->fd;
	job->result = LN_WASI_SUCCESS;
	error = ln_wasi_block_long(function, job);
	return ln_wasi_answer(error, job->result, result);
}

static void advise(void *argument)
{
	struct file_job *job = argument;
	int number = posix_fadvise(job->fd, (off_t)job->offset, (off_t)job->len,
				   job->advice);

	job->result = ln_wasi_from_errno(number);
}

int ln_host_wasi_fd_advise(struct ln_guest *guest, uint32_t fd, uint64_t offset,
			   uint64_t len, uint32_t advice, uint32_t *result)
{
	static const int advices[] = {
		POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
		POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE,
	};
	struct file_job job = { .offset = offset, .len = len };
	struct ln_wasi_fd *entry;

	*result = find_file(guest, fd, LN_WASI_RIGHT_FD_ADVISE, &entry);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (advice >= sizeof(advices) / sizeof(advices[0]) ||
	    offset > INT64_MAX || len > INT64_MAX) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	job.advice = advices[advice];
	return run_long(entry, advise, &job, result);
}

static void allocate(void *argument)
{
	struct file_job *job = argument;
	int outcome;

	do {
		outcome = fallocate(job->fd, 0, (off_t)job->offset,
				    (off_t)job->len);
	} while (interrupted(outcome));
	note(job, outcome);
}

int ln_host_wasi_fd_allocate(struct ln_guest *guest, uint32_t fd,
			     uint64_t offset, uint64_t len, uint32_t *result)
{
	struct file_job job = { .offset = offset, .len = len };
	struct ln_wasi_fd *entry;

	*result = find_file(guest, fd, LN_WASI_RIGHT_FD_ALLOCATE, &entry);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (offset > INT64_MAX || len > INT64_MAX || len == 0) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	ln_guest_charge(guest, len);
	return run_long(entry, allocate, &job, result);
}

static void set_size(void *argument)
{
	struct file_job *job = argument;
	int outcome;

	do {
		outcome = ftruncate(job->fd, (off_t)job->len);
	} while (interrupted(outcome));
	note(job, outcome);
}

int ln_host_wasi_fd_filestat_set_size(struct ln_guest *guest, uint32_t fd,
				      uint64_t size, uint32_t *result)
{
	struct file_job job = { .len = size };
	struct ln_wasi_fd *entry;

	*result = find_file(guest, fd, LN_WASI_RIGHT_FD_FILESTAT_SET_SIZE,
			    &entry);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (size > INT64_MAX) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	return run_long(entry, set_size, &job, result);
}

static void sync_data(void *argument)
{
	struct file_job *job = argument;
	int outcome;

	do {
		outcome = fdatasync(job->fd);
	} while (interrupted(outcome));
	note(job, outcome);
}

static void sync_all(void *argument)
{
	struct file_job *job = argument;
	int outcome;

	do {
		outcome = fsync(job->fd);
	} while (interrupted(outcome));
	note(job, outcome);
}

/* A directory as it can be read: what cannot be synced has nothing to sync. */
static int synchronise(struct ln_guest *guest, uint32_t fd, uint64_t right,
		       void (*function)(void *), uint32_t *result)
{
	struct ln_wasi_fd *entry;
	struct file_job job;

	*result = ln_wasi_find(guest, fd, right, &entry);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (entry->kind == LN_WASI_FILE)
		return run_long(entry, function, &job, result);
	if (entry->kind != LN_WASI_DIRECTORY) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	/* Opened once more, as a preopened one can only be passed through. */
	return ln_wasi_sync_directory(entry, function == sync_data, result);
}

int ln_host_wasi_fd_datasync(struct ln_guest *guest, uint32_t fd,
			     uint32_t *result)
{
	return synchronise(guest, fd, LN_WASI_RIGHT_FD_DATASYNC, sync_data,
			   result);
}

int ln_host_wasi_fd_sync(struct ln_guest *guest, uint32_t fd, uint32_t *result)
{
	return synchronise(guest, fd, LN_WASI_RIGHT_FD_SYNC, sync_all, result);
}

static void set_times(void *argument)
{
	struct file_job *job = argument;

	note(job, utimensat(job->fd, "", job->times, AT_EMPTY_PATH));
}

int ln_host_wasi_fd_filestat_set_times(struct ln_guest *guest, uint32_t fd,
				       uint64_t atim, uint64_t mtim,
				       uint32_t flags, uint32_t *result)
{
	struct ln_wasi_fd *entry;
	struct file_job job;

	*result = ln_wasi_find(guest, fd, LN_WASI_RIGHT_FD_FILESTAT_SET_TIMES,
			       &entry);
	if (*result == LN_WASI_SUCCESS)
		*result = ln_wasi_times(atim, mtim, flags, job.times);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (entry->kind != LN_WASI_FILE && entry->kind != LN_WASI_DIRECTORY) {
		*result = LN_WASI_BADF;
		return 0;
	}
	return run(entry, set_times, &job, result);
}
