/*
 * DESIGN
 * path_open. What is in the kernel's memory is opened on the worker's stack;
 * the rest, and whatever creates or truncates, in the blocking pool. Files are
 * opened without blocking: a FIFO, or a device, becomes a stream that parks who
 * waits for it.
 *
 * Rights. FD_READ and FD_WRITE choose how a file is opened, and must be
 * inherited from the directory; of the others the descriptor gets what is
 * inherited and makes sense for its type and mode, since languages' libraries
 * ask for more than there is: Go asks for FD_FILESTAT_SET_SIZE to read.
 *
 * Below a read-only directory, what would change something is only looked for,
 * since what is found may be another error than ROFS, or none: a file that
 * exists can be opened with CREAT.
 *
 * Threads: the one that runs the process; jobs in the pool.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/quota.h"
#include "host/abi_gen.h"
#include "host/stream.h"
#include "host/wasi/path.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"
#include "process/environment.h"
#include "process/guest.h"
#include "sched/task.h"

#define OFLAG_CREAT 1u
#define OFLAG_DIRECTORY 2u
#define OFLAG_EXCL 4u
#define OFLAG_TRUNC 8u
#define OFLAGS_ALL 15u

#define TO_READ LN_WASI_RIGHT_FD_READ
#define TO_WRITE LN_WASI_RIGHT_FD_WRITE
/* What only a file that was opened for writing can do. */
#define WHEN_WRITING                                          \
	(LN_WASI_RIGHT_FD_WRITE | LN_WASI_RIGHT_FD_ALLOCATE | \
	 LN_WASI_RIGHT_FD_FILESTAT_SET_SIZE)

struct opening {
	int dir;
	struct ln_slice path;
	int flags;  /* of open(2) */
	bool here;  /* without blocking; -EAGAIN otherwise */
	bool look;  /* only see what is there, to say why it cannot change */
	bool creat; /* CREAT, below a read-only directory */
	struct ln_wasi_fd made;
	int error; /* -errno of the system, if not a WASI errno: */
	uint32_t result;
};

static bool is_memory(int fd)
{
	struct statfs stat;

	return fstatfs(fd, &stat) == 0 &&
	       (stat.f_type == TMPFS_MAGIC || stat.f_type == RAMFS_MAGIC);
}

/* Fills in what a descriptor is; takes `fd`. */
static uint32_t describe(struct ln_wasi_fd *made, int fd)
{
	struct stat stat;

	made->fd = fd;
	made->list = -1;
	if (fstat(fd, &stat) < 0) {
		uint32_t result = ln_wasi_from_errno(errno);

		ln_fd_close(fd);
		return result;
	}
	if (S_ISDIR(stat.st_mode)) {
		made->kind = LN_WASI_DIRECTORY;
		made->list = fd;
		made->readable = false;
		made->writable = false;
		made->rights &= ln_wasi_directory_rights;
		return LN_WASI_SUCCESS;
	}
	made->inheriting = 0;
	made->rights &= ln_wasi_file_rights;
	if (!S_ISREG(stat.st_mode) && !S_ISBLK(stat.st_mode)) {
		made->kind = LN_WASI_DEVICE;
		return ln_wasi_make_streams(made, fd, false);
	}
	made->kind = LN_WASI_FILE;
	made->in_memory = is_memory(fd);
	return LN_WASI_SUCCESS;
}

/* Why what was only looked for, `fd`, cannot be opened as was asked. */
static int refusal(const struct opening *opening, int fd)
{
	struct stat stat;

	if (fd < 0)
		return fd == -ENOENT && opening->creat ? -EROFS : fd;
	if ((opening->flags & O_EXCL) != 0)
		return -EEXIST;
	if (fstat(fd, &stat) < 0)
		return -errno;
	if (S_ISLNK(stat.st_mode))
		return -ELOOP;
	return S_ISDIR(stat.st_mode) ? -EISDIR : -EROFS;
}

/* Looks for what cannot be opened as was asked. */
static void look_for(struct opening *opening, const char *path)
{
	int flags = O_PATH | (opening->flags & (O_DIRECTORY | O_NOFOLLOW));
	int fd;

	if ((opening->flags & O_EXCL) != 0)
		flags |= O_NOFOLLOW;
	if (opening->here)
		fd = ln_beneath_open_cached(opening->dir, path, flags);
	else
		fd = ln_beneath_open(opening->dir, path, flags, 0);
	opening->error = refusal(opening, fd);
	if (fd >= 0)
		ln_fd_close(fd);
}

static void open_it(void *argument)
{
	struct opening *opening = argument;
	char *path;
	int fd;

	opening->error = 0;
	opening->result = ln_wasi_copy_path(opening->path, &path);
	if (opening->result != LN_WASI_SUCCESS)
		return;
	if (opening->look) {
		look_for(opening, path);
		free(path);
		return;
	}
	if (opening->here)
		fd = ln_beneath_open_cached(opening->dir, path, opening->flags);
	else
		fd = ln_beneath_open(opening->dir, path, opening->flags, 0666);
	free(path);
	if (fd < 0) {
		opening->error = refusal(opening, fd);
		return;
	}
	opening->result = describe(&opening->made, fd);
	if (opening->result != LN_WASI_SUCCESS)
		return;
	/* What exists is not created, but a directory could not have been. */
	if (opening->creat && opening->made.kind == LN_WASI_DIRECTORY) {
		ln_fd_close(fd);
		opening->result = LN_WASI_ISDIR;
	}
}

/* The flags of open(2); a WASI errno when they contradict each other. */
static uint32_t open_flags(uint32_t dirflags, uint32_t oflags, uint64_t rights,
			   uint32_t fdflags, int *out)
{
	bool write = (rights & TO_WRITE) != 0;
	int flags = O_NONBLOCK;

	if ((oflags & ~OFLAGS_ALL) != 0 ||
	    (fdflags & ~LN_WASI_FDFLAGS_ALL) != 0 ||
	    (dirflags & ~LN_WASI_LOOKUP_FOLLOW) != 0)
		return LN_WASI_INVAL;
	if ((oflags & OFLAG_DIRECTORY) != 0) {
		flags |= O_DIRECTORY;
		if ((oflags & ~OFLAG_DIRECTORY) != 0)
			return LN_WASI_INVAL;
	}
	if ((oflags & OFLAG_CREAT) != 0)
		flags |=
			(oflags & OFLAG_EXCL) != 0 ? O_CREAT | O_EXCL : O_CREAT;
	if ((oflags & OFLAG_TRUNC) != 0)
		flags |= O_TRUNC;
	if ((dirflags & LN_WASI_LOOKUP_FOLLOW) == 0)
		flags |= O_NOFOLLOW;
	if ((fdflags & LN_WASI_FDFLAG_APPEND) != 0)
		flags |= O_APPEND;
	if ((fdflags & LN_WASI_FDFLAG_DSYNC) != 0)
		flags |= O_DSYNC;
	if ((fdflags & (LN_WASI_FDFLAG_RSYNC | LN_WASI_FDFLAG_SYNC)) != 0)
		flags |= O_SYNC;
	if (write)
		flags |= (rights & TO_READ) != 0 ? O_RDWR : O_WRONLY;
	*out = flags;
	return LN_WASI_SUCCESS;
}

/* Below a read-only directory: does without what would change something. */
static void spare_read_only(struct opening *opening)
{
	int flags = opening->flags;

	opening->creat = (flags & O_CREAT) != 0;
	opening->look = (flags & (O_EXCL | O_TRUNC)) != 0 ||
			(flags & O_ACCMODE) != O_RDONLY;
	if (!opening->look)
		opening->flags &= ~O_CREAT;
}

/* What the directory must allow for these flags. */
static uint64_t needed_rights(uint32_t oflags)
{
	uint64_t rights = LN_WASI_RIGHT_PATH_OPEN;

	if ((oflags & OFLAG_CREAT) != 0)
		rights |= LN_WASI_RIGHT_PATH_CREATE_FILE;
	if ((oflags & OFLAG_TRUNC) != 0)
		rights |= LN_WASI_RIGHT_PATH_FILESTAT_SET_SIZE;
	return rights;
}

/* Opens, where it is quickest. LN_EKILLED, LN_ENOMEM. */
static int open_somewhere(struct opening *opening)
{
	if (opening->look || (opening->flags & (O_CREAT | O_TRUNC)) == 0) {
		opening->here = true;
		ln_task_on_worker_stack(ln_task_current(), open_it, opening);
		if (opening->error != -EAGAIN)
			return 0;
	}
	opening->here = false;
	return ln_wasi_block(open_it, opening);
}

int ln_host_wasi_path_open(struct ln_guest *guest, uint32_t fd,
			   uint32_t dirflags, struct ln_slice path,
			   uint32_t oflags, uint64_t rights,
			   uint64_t inheriting, uint32_t fdflags,
			   uint8_t *opened, uint32_t *result)
{
	struct opening opening = { .path = path };
	struct ln_wasi_fd *dir;
	uint32_t number;
	bool write;
	int error;

	*result = ln_wasi_find_held(guest, fd, needed_rights(oflags), &dir);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	ln_wasi_pay_path(guest, path);
	*result = open_flags(dirflags, oflags, rights, fdflags, &opening.flags);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	write = (opening.flags & O_ACCMODE) != O_RDONLY;
	if ((rights & (TO_READ | TO_WRITE) & ~dir->inheriting) != 0) {
		*result = LN_WASI_NOTCAPABLE;
		return 0;
	}
	if (dir->read_only)
		spare_read_only(&opening);
	if (!write)
		rights &= ~WHEN_WRITING;
	opening.dir = dir->fd;
	opening.made = (struct ln_wasi_fd){
		.read_only = dir->read_only,
		.readable = !write || (opening.flags & O_ACCMODE) == O_RDWR,
		.writable = write,
		.flags = (uint16_t)fdflags,
		.rights = rights & dir->inheriting,
		.inheriting = inheriting & dir->inheriting,
		.quota = guest->environment->descriptors,
	};
	if (!ln_quota_take(opening.made.quota)) {
		*result = LN_WASI_MFILE;
		return 0;
	}
	error = open_somewhere(&opening);
	if (opening.error < 0)
		opening.result = ln_wasi_from_beneath(opening.error);
	if (error != LN_ENOMEM && opening.result == LN_WASI_SUCCESS) {
		opening.result = ln_wasi_add(guest, &opening.made, &number);
		if (opening.result == LN_WASI_SUCCESS)
			ln_wasi_store32(opened, number);
		else
			ln_wasi_release(&opening.made);
	} else {
		ln_quota_give(opening.made.quota);
	}
	return ln_wasi_answer(error, opening.result, result);
}
