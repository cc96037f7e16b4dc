/*
 * DESIGN
 * An array, in which a number is looked up at once, and a hint where the lowest
 * free entry can be. Entries are copied when it grows.
 *
 * Closing a file may take long: the last one who closes a file without a name
 * frees its blocks, and network file systems write back. So that is done in the
 * blocking pool, unless a look at the file says that it is neither.
 *
 * A directory that is read-only is so like a file system that is: its
 * descriptors have the rights that were asked for, and what would change
 * something fails with ROFS, which programs know how to handle.
 *
 * Threads: the one that runs the process.
 */
#include "host/wasi/table.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/quota.h"
#include "host/stdio.h"
#include "host/wasi/p2/resources.h"
#include "host/wasi/p2/sockets.h"
#include "net/serving.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/listeners.h"
#include "process/preopens.h"
#include "process/process.h"
#include "sched/blocking.h"
#include "sched/sched.h"
#include "sched/task.h"

/* A file of so many bytes is freed at once. */
#define FREED_SOON ((off_t)1 << 20)

struct ln_wasi {
	struct ln_wasi_fd *fds;
	uint32_t count; /* entries, open or not */
	uint32_t room;
	uint32_t lowest;        /* none below is free */
	struct ln_p2_table *p2; /* resources of WASI 0.2, or NULL */
};

#define RIGHT(name) LN_WASI_RIGHT_##name

const uint64_t ln_wasi_file_rights =
	RIGHT(FD_DATASYNC) | RIGHT(FD_READ) | RIGHT(FD_SEEK) |
	RIGHT(FD_FDSTAT_SET_FLAGS) | RIGHT(FD_SYNC) | RIGHT(FD_TELL) |
	RIGHT(FD_WRITE) | RIGHT(FD_ADVISE) | RIGHT(FD_ALLOCATE) |
	RIGHT(FD_FILESTAT_GET) | RIGHT(FD_FILESTAT_SET_SIZE) |
	RIGHT(FD_FILESTAT_SET_TIMES) | RIGHT(POLL_FD_READWRITE);

#define PATH_RIGHTS                                                    \
	(RIGHT(PATH_CREATE_DIRECTORY) | RIGHT(PATH_CREATE_FILE) |      \
	 RIGHT(PATH_LINK_SOURCE) | RIGHT(PATH_LINK_TARGET) |           \
	 RIGHT(PATH_OPEN) | RIGHT(FD_READDIR) | RIGHT(PATH_READLINK) | \
	 RIGHT(PATH_RENAME_SOURCE) | RIGHT(PATH_RENAME_TARGET) |       \
	 RIGHT(PATH_FILESTAT_GET) | RIGHT(PATH_FILESTAT_SET_SIZE) |    \
	 RIGHT(PATH_FILESTAT_SET_TIMES) | RIGHT(PATH_SYMLINK) |        \
	 RIGHT(PATH_REMOVE_DIRECTORY) | RIGHT(PATH_UNLINK_FILE))

const uint64_t ln_wasi_directory_rights =
	PATH_RIGHTS | RIGHT(FD_FDSTAT_SET_FLAGS) | RIGHT(FD_DATASYNC) |
	RIGHT(FD_SYNC) | RIGHT(FD_FILESTAT_GET) | RIGHT(FD_FILESTAT_SET_TIMES);

const uint64_t ln_wasi_changing_rights =
	RIGHT(FD_WRITE) | RIGHT(FD_ALLOCATE) | RIGHT(FD_FILESTAT_SET_SIZE) |
	RIGHT(FD_FILESTAT_SET_TIMES) | RIGHT(PATH_CREATE_DIRECTORY) |
	RIGHT(PATH_CREATE_FILE) | RIGHT(PATH_LINK_SOURCE) |
	RIGHT(PATH_LINK_TARGET) | RIGHT(PATH_RENAME_SOURCE) |
	RIGHT(PATH_RENAME_TARGET) | RIGHT(PATH_FILESTAT_SET_SIZE) |
	RIGHT(PATH_FILESTAT_SET_TIMES) | RIGHT(PATH_SYMLINK) |
	RIGHT(PATH_REMOVE_DIRECTORY) | RIGHT(PATH_UNLINK_FILE);

const uint64_t ln_wasi_socket_rights =
	RIGHT(FD_READ) | RIGHT(FD_WRITE) | RIGHT(FD_FDSTAT_SET_FLAGS) |
	RIGHT(FD_FILESTAT_GET) | RIGHT(POLL_FD_READWRITE) |
	RIGHT(SOCK_SHUTDOWN);
const uint64_t ln_wasi_listener_rights =
	RIGHT(FD_FDSTAT_SET_FLAGS) | RIGHT(FD_FILESTAT_GET) |
	RIGHT(POLL_FD_READWRITE) | RIGHT(SOCK_ACCEPT);

static void fill_streams(struct ln_wasi *wasi,
			 const struct ln_environment *environment)
{
	const struct ln_console *console = environment->console;
	struct ln_stdio *stdio =
		console != NULL ? console->streams : ln_stdio_get();

	for (uint32_t i = 0; i < LN_STDIO_STREAMS; i++) {
		struct ln_stream *stream = ln_stdio_stream(stdio, i);
		struct ln_wasi_fd *entry = &wasi->fds[wasi->count++];

		if (stream == NULL)
			continue;
		entry->kind = LN_WASI_STREAM;
		entry->fd = -1;
		entry->list = -1;
		entry->rights = UINT64_MAX;
		entry->readable = ln_stream_direction(stream) == LN_READABLE;
		entry->writable = !entry->readable;
		entry->streams[ln_stream_direction(stream)] = stream;
	}
}

static void fill_listeners(struct ln_wasi *wasi,
			   const struct ln_listeners *listeners,
			   struct ln_quota *quota)
{
	for (size_t i = 0; listeners != NULL && i < listeners->count; i++)
		wasi->fds[wasi->count++] = (struct ln_wasi_fd){
			.kind = LN_WASI_LISTENER,
			.preopened = true,
			.flags = LN_WASI_FDFLAG_NONBLOCK,
			.fd = listeners->list[i].fd,
			.list = -1,
			.rights = ln_wasi_listener_rights,
			.inheriting = ln_wasi_socket_rights,
			.quota = quota,
		};
}

static void fill_directories(struct ln_wasi *wasi,
			     const struct ln_preopens *preopens,
			     struct ln_quota *quota)
{
	for (size_t i = 0; preopens != NULL && i < preopens->count; i++) {
		const struct ln_open_dir *dir = &preopens->dirs[i];

		wasi->fds[wasi->count++] = (struct ln_wasi_fd){
			.kind = LN_WASI_DIRECTORY,
			.preopened = true,
			.read_only = dir->read_only,
			.fd = dir->fd,
			.list = -1,
			.rights = ln_wasi_directory_rights,
			.inheriting =
				ln_wasi_directory_rights | ln_wasi_file_rights,
			.name = dir->guest,
			.quota = quota,
		};
	}
}

/* Makes the table, unless it is there; false when memory is short. */
static bool have_table(struct ln_guest *guest)
{
	const struct ln_preopens *preopens = guest->environment->preopens;
	const struct ln_listeners *listeners = guest->environment->listeners;
	uint32_t room = LN_STDIO_STREAMS;
	struct ln_wasi *wasi;

	if (guest->wasi != NULL)
		return true;
	if (preopens != NULL)
		room += (uint32_t)preopens->count;
	if (listeners != NULL)
		room += (uint32_t)listeners->count;
	wasi = calloc(1, sizeof(*wasi));
	if (wasi == NULL)
		return false;
	wasi->fds = calloc(room, sizeof(*wasi->fds));
	if (wasi->fds == NULL) {
		free(wasi);
		return false;
	}
	wasi->room = room;
	fill_streams(wasi, guest->environment);
	fill_listeners(wasi, listeners, guest->environment->descriptors);
	fill_directories(wasi, preopens, guest->environment->descriptors);
	guest->wasi = wasi;
	return true;
}

/* Why a descriptor lacks some of the rights that a call needs. */
static uint32_t refusal(const struct ln_wasi_fd *entry, uint64_t missing)
{
	const uint64_t to_read = RIGHT(FD_READ);
	const uint64_t to_write = RIGHT(FD_WRITE) | RIGHT(FD_ALLOCATE) |
				  RIGHT(FD_FILESTAT_SET_SIZE);

	if (entry->kind != LN_WASI_DIRECTORY && (missing & PATH_RIGHTS) != 0)
		return LN_WASI_NOTDIR;
	if (entry->kind == LN_WASI_DIRECTORY &&
	    (missing & ~ln_wasi_directory_rights) != 0)
		return LN_WASI_BADF;
	if ((!entry->readable && (missing & to_read) != 0) ||
	    (!entry->writable && (missing & to_write) != 0))
		return LN_WASI_BADF;
	return LN_WASI_NOTCAPABLE;
}

void ln_wasi_miss_directory(struct ln_guest *guest)
{
	/* Relaxed: whoever reads it has waited for the process's end. */
	if (guest->environment->preopens == NULL)
		atomic_store_explicit(&guest->environment->lacks_directories,
				      true, memory_order_relaxed);
}

/* The rights that a descriptor amounts to. A directory in which something can
 * be opened can be opened itself, as `.`, with what it passes on; so that is
 * what counts. Go opens directories without the rights that write. */
static uint64_t held(const struct ln_wasi_fd *entry)
{
	if (entry->kind != LN_WASI_DIRECTORY ||
	    (entry->rights & RIGHT(PATH_OPEN)) == 0)
		return entry->rights;
	return entry->rights | (entry->inheriting & ln_wasi_directory_rights);
}

uint32_t ln_wasi_find_held(struct ln_guest *guest, uint32_t fd, uint64_t rights,
			   struct ln_wasi_fd **out)
{
	struct ln_wasi_fd *entry;

	if (!have_table(guest))
		return LN_WASI_NOMEM;
	if (fd >= guest->wasi->count ||
	    guest->wasi->fds[fd].kind == LN_WASI_NONE) {
		if ((rights & PATH_RIGHTS) != 0)
			ln_wasi_miss_directory(guest);
		return LN_WASI_BADF;
	}
	entry = &guest->wasi->fds[fd];
	if ((rights & ~held(entry)) != 0)
		return refusal(entry, rights & ~held(entry));
	if (entry->kind == LN_WASI_STREAM && (rights & PATH_RIGHTS) != 0)
		return LN_WASI_NOTDIR;
	*out = entry;
	return LN_WASI_SUCCESS;
}

uint32_t ln_wasi_find(struct ln_guest *guest, uint32_t fd, uint64_t rights,
		      struct ln_wasi_fd **out)
{
	struct ln_wasi_fd *entry;
	uint32_t result = ln_wasi_find_held(guest, fd, rights, &entry);

	if (result != LN_WASI_SUCCESS)
		return result;
	if (entry->read_only && (rights & ln_wasi_changing_rights) != 0)
		return LN_WASI_ROFS;
	*out = entry;
	return LN_WASI_SUCCESS;
}

struct ln_stream *ln_wasi_stream(struct ln_guest *guest, uint32_t fd,
				 enum ln_direction direction)
{
	struct ln_wasi_fd *entry;

	if (ln_wasi_find(guest, fd, 0, &entry) != LN_WASI_SUCCESS)
		return NULL;
	return entry->streams[direction];
}

/* A second descriptor, with a unit of the quota, which may have been taken;
 * negative: there is none, of either. */
static int duplicate(int fd, struct ln_quota *quota, bool taken)
{
	int copy;

	if (!taken && !ln_quota_take(quota))
		return -1;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		ln_quota_give(quota);
	return copy;
}

uint32_t ln_wasi_make_streams(struct ln_wasi_fd *made, int fd, bool second)
{
	int fds[2] = { fd, fd };
	int error = 0;

	made->fd = -1;
	if (made->readable && made->writable) {
		fds[LN_WRITABLE] = duplicate(fd, made->quota, second);
		if (fds[LN_WRITABLE] < 0) {
			ln_fd_close(fd);
			return LN_WASI_MFILE;
		}
	}
	if (made->readable)
		error = ln_stream_open(fds[LN_READABLE], LN_READABLE,
				       &made->streams[LN_READABLE]);
	if (made->writable && error == 0)
		error = ln_stream_open(fds[LN_WRITABLE], LN_WRITABLE,
				       &made->streams[LN_WRITABLE]);
	if (error == 0)
		return LN_WASI_SUCCESS;
	for (int i = LN_READABLE; i <= LN_WRITABLE; i++) {
		ln_stream_free(made->streams[i]);
		if (made->streams[i] == NULL &&
		    (i == LN_READABLE || fds[i] != fds[LN_READABLE]))
			ln_fd_close(fds[i]);
	}
	if (fds[LN_READABLE] != fds[LN_WRITABLE])
		ln_quota_give(made->quota);
	return LN_WASI_NOMEM;
}

uint32_t ln_wasi_watch_listener(struct ln_wasi_fd *listener)
{
	int fd;

	if (listener->streams[LN_READABLE] != NULL)
		return LN_WASI_SUCCESS;
	/* The poller knows each descriptor once, and others use this one. */
	fd = duplicate(listener->fd, listener->quota, false);
	if (fd < 0)
		return LN_WASI_MFILE;
	if (ln_stream_open(fd, LN_READABLE, &listener->streams[LN_READABLE]) <
	    0) {
		ln_fd_close(fd);
		ln_quota_give(listener->quota);
		return LN_WASI_NOMEM;
	}
	return LN_WASI_SUCCESS;
}

static uint32_t max_fds(const struct ln_guest *guest)
{
	uint32_t max = guest->environment->limits.max_handles;

	return max < LN_WASI_MAX_FDS ? max : LN_WASI_MAX_FDS;
}

static bool grow(struct ln_guest *guest, struct ln_wasi *wasi)
{
	uint32_t room = wasi->room * 2;
	uint64_t more = (room - wasi->room) * sizeof(struct ln_wasi_fd);
	struct ln_wasi_fd *fds;

	if (!ln_guest_keep(guest, more))
		return false;

	fds = realloc(wasi->fds, room * sizeof(*fds));
	if (fds == NULL) {
		ln_guest_forget(guest, more);
		return false;
	}
	wasi->fds = fds;
	wasi->room = room;
	return true;
}

uint32_t ln_wasi_make_room(struct ln_guest *guest)
{
	struct ln_wasi *wasi;
	uint32_t at;

	if (!have_table(guest))
		return LN_WASI_NOMEM;
	wasi = guest->wasi;
	at = wasi->lowest;
	while (at < wasi->count && wasi->fds[at].kind != LN_WASI_NONE)
		at++;
	wasi->lowest = at;
	if (at == wasi->count) {
		if (at >= max_fds(guest))
			return LN_WASI_MFILE;
		if (at == wasi->room && !grow(guest, wasi))
			return LN_WASI_NOMEM;
	}
	return LN_WASI_SUCCESS;
}

uint32_t ln_wasi_add(struct ln_guest *guest, const struct ln_wasi_fd *entry,
		     uint32_t *fd)
{
	uint32_t result = ln_wasi_make_room(guest);
	struct ln_wasi *wasi = guest->wasi;

	if (result != LN_WASI_SUCCESS)
		return result;
	/* Making room has found the lowest one. */
	*fd = wasi->lowest;
	if (*fd == wasi->count)
		wasi->count++;
	wasi->fds[*fd] = *entry;
	return LN_WASI_SUCCESS;
}

static void close_fd(void *argument)
{
	const int *fd = argument;

	ln_fd_close(*fd);
}

/* Closes a file, in the blocking pool if that may take long. A guest that must
 * know whether all is written asks with fd_sync. */
static void close_file(const struct ln_wasi_fd *entry)
{
	struct stat stat;
	int fd = entry->fd;
	bool known = fstat(fd, &stat) == 0;
	bool brief = known && (stat.st_nlink > 0 || stat.st_size <= FREED_SOON);
	int error = LN_ENOMEM;

	if (!brief)
		error = ln_wasi_block_long(close_fd, &fd);
	else if (entry->writable && !entry->in_memory)
		error = ln_wasi_block(close_fd, &fd);
	if (error == LN_ENOMEM)
		ln_fd_close(fd);
}

void ln_wasi_release(struct ln_wasi_fd *entry)
{
	switch ((enum ln_wasi_kind)entry->kind) {
	case LN_WASI_NONE:
	case LN_WASI_STREAM:
	case LN_WASI_MAILBOX:
		break;
	case LN_WASI_SOCKET:
		ln_serving_end(entry->serving);
		__attribute__((fallthrough));
	case LN_WASI_DEVICE:
	case LN_WASI_LISTENER:
		for (int i = LN_READABLE; i <= LN_WRITABLE; i++) {
			if (entry->streams[i] == NULL)
				continue;
			ln_stream_free(entry->streams[i]);
			ln_quota_give(entry->quota);
		}
		break;
	case LN_WASI_NET:
		/* The socket has the unit of the quota. */
		for (int i = LN_READABLE; i <= LN_WRITABLE; i++)
			ln_stream_free(entry->streams[i]);
		ln_p2_socket_free(entry->net);
		break;
	case LN_WASI_FILE:
		close_file(entry);
		ln_quota_give(entry->quota);
		break;
	case LN_WASI_DIRECTORY:
		if (entry->list >= 0 && entry->list != entry->fd) {
			ln_fd_close(entry->list);
			ln_quota_give(entry->quota);
		}
		if (!entry->preopened) {
			ln_fd_close(entry->fd);
			ln_quota_give(entry->quota);
		}
		break;
	}
	*entry = (struct ln_wasi_fd){ .kind = LN_WASI_NONE };
}

static void remove_at(struct ln_wasi *wasi, uint32_t fd)
{
	struct ln_wasi_fd entry = wasi->fds[fd];

	wasi->fds[fd] = (struct ln_wasi_fd){ .kind = LN_WASI_NONE };
	if (fd < wasi->lowest)
		wasi->lowest = fd;
	ln_wasi_release(&entry);
}

uint32_t ln_wasi_close(struct ln_guest *guest, uint32_t fd)
{
	struct ln_wasi_fd *entry;
	uint32_t result = ln_wasi_find(guest, fd, 0, &entry);

	if (result == LN_WASI_SUCCESS)
		remove_at(guest->wasi, fd);
	return result;
}

uint32_t ln_wasi_renumber(struct ln_guest *guest, uint32_t from, uint32_t to)
{
	struct ln_wasi_fd *source;
	struct ln_wasi_fd *target;
	struct ln_wasi_fd replaced;
	uint32_t result = ln_wasi_find(guest, from, 0, &source);

	if (result == LN_WASI_SUCCESS)
		result = ln_wasi_find(guest, to, 0, &target);
	if (result != LN_WASI_SUCCESS || from == to)
		return result;
	replaced = *target;
	*target = *source;
	*source = (struct ln_wasi_fd){ .kind = LN_WASI_NONE };
	if (from < guest->wasi->lowest)
		guest->wasi->lowest = from;
	ln_wasi_release(&replaced);
	return LN_WASI_SUCCESS;
}

void ln_wasi_free(struct ln_wasi *wasi)
{
	if (wasi == NULL)
		return;
	for (uint32_t i = 0; i < wasi->count; i++) {
		ln_wasi_release(&wasi->fds[i]);
		/* Closing is a system call. */
		if (i % 16 == 15)
			ln_task_rest();
	}
	ln_p2_table_free(wasi->p2);
	free(wasi->fds);
	free(wasi);
}

struct ln_p2_table **ln_wasi_p2(struct ln_guest *guest)
{
	return have_table(guest) ? &guest->wasi->p2 : NULL;
}

/* What a task that has run a job answers. */
static int conclude(struct ln_task *task, int error)
{
	if (error < 0)
		return error;
	return ln_task_interrupted(task) ? LN_EKILLED : 0;
}

int ln_wasi_block(void (*function)(void *), void *argument)
{
	struct ln_task *task = ln_task_current();

	if (task == NULL) {
		function(argument);
		return 0;
	}
	return conclude(task, ln_blocking_run_for(
				      ln_sched_files(task->sched),
				      ln_process_of(task)->environment->files,
				      function, argument));
}

int ln_wasi_block_long(void (*function)(void *), void *argument)
{
	struct ln_task *task = ln_task_current();

	if (task == NULL) {
		function(argument);
		return 0;
	}
	return conclude(task, ln_blocking_run_for(
				      ln_sched_bulk(task->sched),
				      ln_process_of(task)->environment->bulk,
				      function, argument));
}

int ln_wasi_block_steps(bool (*step)(void *), void *argument)
{
	struct ln_task *task = ln_task_current();

	if (task == NULL) {
		while (step(argument))
			;
		return 0;
	}
	return conclude(task, ln_blocking_run_steps(
				      ln_sched_bulk(task->sched),
				      ln_process_of(task)->environment->bulk,
				      step, argument));
}

int ln_wasi_answer(int error, uint32_t job_result, uint32_t *result)
{
	*result = error == LN_ENOMEM ? LN_WASI_NOMEM : job_result;
	return error == LN_ENOMEM ? 0 : error;
}
