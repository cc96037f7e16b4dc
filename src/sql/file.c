/*
 * DESIGN
 * Reading, writing and locking of SQLite's files. Locks are those of SQLite's
 * own file system, at the same bytes, so other programs may use a database at
 * the same time; but they belong to the open file (F_OFD_SETLK), not to the
 * program, so that connections of this program exclude each other, and closing
 * one file does not drop the locks of another.
 *
 * On the worker is done what does not wait: what the kernel has in memory, and
 * locks, as the file system is one of this machine (or the run is not there).
 * For the rest the run moves to the pool, and stays there.
 *
 * Threads: that of the run of the file's connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/compiler.h"
#include "sql/run.h"
#include "sql/shared.h"
#include "sql/vfs.h"

/* Where SQLite's locks are in the file. */
#define PENDING_AT 0x40000000
#define RESERVED_AT (PENDING_AT + 1)
#define SHARED_AT (PENDING_AT + 2)
#define SHARED_COUNT 510

#define BYTES_PER_WORK 8

static void count(int bytes)
{
	ln_sql_run_count(LN_SQL_CALL_WORK + (uint64_t)bytes / BYTES_PER_WORK);
}

/* Before what may wait for the disk. */
static void expect_wait(const struct ln_sql_file *file)
{
	if (!file->in_memory)
		ln_sql_run_move();
}

/* On the worker: reads or writes what needs no waiting, and returns how much;
 * the run has moved if that is not all. Out of line: the address of errno must
 * not be kept across a move. */
static LN_NOINLINE ssize_t transfer_now(const struct ln_sql_file *file,
					char *at, size_t len, off_t offset,
					bool write)
{
	struct iovec part = { at, len };
	ssize_t done;

	if (file->in_memory || !ln_sql_run_on_worker())
		return 0;
	done = write ? pwritev2(file->fd, &part, 1, offset, RWF_NOWAIT)
		     : preadv2(file->fd, &part, 1, offset, RWF_NOWAIT);
	if (done == (ssize_t)len)
		return done;
	ln_sql_run_move();
	return done > 0 ? done : 0;
}

static struct ln_sql_file *file_of(sqlite3_file *base)
{
	return (struct ln_sql_file *)base;
}

static int close_file(sqlite3_file *base)
{
	struct ln_sql_file *file = file_of(base);

	(void)ln_sql_shared_unmap(file, 0);
	expect_wait(file);
	ln_sql_close_fd(file->owner->files, file->fd);
	file->base.pMethods = NULL;
	return SQLITE_OK;
}

static int read_file(sqlite3_file *base, void *to, int len,
		     sqlite3_int64 offset)
{
	struct ln_sql_file *file = file_of(base);
	char *at = to;
	ssize_t done;

	count(len);
	done = transfer_now(file, at, (size_t)len, offset, false);
	at += done;
	len -= (int)done;
	offset += done;
	while (len > 0) {
		ssize_t got = pread(file->fd, at, (size_t)len, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return SQLITE_IOERR_READ;
		if (got == 0)
			break;
		at += got;
		len -= (int)got;
		offset += got;
	}
	if (len == 0)
		return SQLITE_OK;
	memset(at, 0, (size_t)len);
	return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *base, const void *from, int len,
		      sqlite3_int64 offset)
{
	struct ln_sql_file *file = file_of(base);
	const char *at = from;
	ssize_t done;

	count(len);
	done = transfer_now(file, (char *)at, (size_t)len, offset, true);
	at += done;
	len -= (int)done;
	offset += done;
	while (len > 0) {
		ssize_t put = pwrite(file->fd, at, (size_t)len, offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 &&
		    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return SQLITE_FULL;
		if (put < 0)
			return SQLITE_IOERR_WRITE;
		at += put;
		len -= (int)put;
		offset += put;
	}
	return SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size)
{
	int outcome;

	count(0);
	expect_wait(file_of(base));
	do {
		outcome = ftruncate(file_of(base)->fd, size);
	} while (outcome < 0 && errno == EINTR);
	return outcome < 0 ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int sync_file(sqlite3_file *base, int flags)
{
	struct ln_sql_file *file = file_of(base);

	(void)flags;
	count(0);
	expect_wait(file);
	if (fdatasync(file->fd) < 0)
		return SQLITE_IOERR_FSYNC;
	if (!file->sync_directory)
		return SQLITE_OK;
	file->sync_directory = false;
	if (ln_sql_sync_directory(file->owner, file->name) < 0)
		return SQLITE_IOERR_DIR_FSYNC;
	return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
	struct stat stat;

	if (fstat(file_of(base)->fd, &stat) < 0)
		return SQLITE_IOERR_FSTAT;
	*size = stat.st_size;
	return SQLITE_OK;
}

/* Nobody gets SHARED while somebody holds PENDING. */
static int lock_shared(struct ln_sql_file *file)
{
	int code = ln_sql_lock_range(file->fd, F_RDLCK, PENDING_AT, 1);
	int unlocked;

	if (code != SQLITE_OK)
		return code;
	code = ln_sql_lock_range(file->fd, F_RDLCK, SHARED_AT, SHARED_COUNT);
	unlocked = ln_sql_lock_range(file->fd, F_UNLCK, PENDING_AT, 1);
	return code != SQLITE_OK ? code : unlocked;
}

/* PENDING stays when others still read, so that they become fewer. */
static int lock_exclusive(struct ln_sql_file *file)
{
	int code = SQLITE_OK;

	if (file->level < SQLITE_LOCK_PENDING)
		code = ln_sql_lock_range(file->fd, F_WRLCK, PENDING_AT, 1);
	if (code != SQLITE_OK)
		return code;
	file->level = SQLITE_LOCK_PENDING;
	return ln_sql_lock_range(file->fd, F_WRLCK, SHARED_AT, SHARED_COUNT);
}

static int lock_file(sqlite3_file *base, int level)
{
	struct ln_sql_file *file = file_of(base);
	int code;

	count(0);
	if (file->level >= level)
		return SQLITE_OK;
	if (level == SQLITE_LOCK_SHARED)
		code = lock_shared(file);
	else if (level == SQLITE_LOCK_RESERVED)
		code = ln_sql_lock_range(file->fd, F_WRLCK, RESERVED_AT, 1);
	else
		code = lock_exclusive(file);
	if (code == SQLITE_OK)
		file->level = level;
	return code;
}

static int unlock_file(sqlite3_file *base, int level)
{
	struct ln_sql_file *file = file_of(base);
	int code = SQLITE_OK;

	count(0);
	if (file->level <= level)
		return SQLITE_OK;
	if (level == SQLITE_LOCK_NONE) {
		code = ln_sql_lock_range(file->fd, F_UNLCK, PENDING_AT,
					 2 + SHARED_COUNT);
	} else {
		if (file->level == SQLITE_LOCK_EXCLUSIVE)
			code = ln_sql_lock_range(file->fd, F_RDLCK, SHARED_AT,
						 SHARED_COUNT);
		if (code == SQLITE_OK)
			code = ln_sql_lock_range(file->fd, F_UNLCK, PENDING_AT,
						 2);
	}
	if (code != SQLITE_OK)
		return SQLITE_IOERR_UNLOCK;
	file->level = level;
	return SQLITE_OK;
}

static int look_for_reserved(sqlite3_file *base, int *result)
{
	struct ln_sql_file *file = file_of(base);
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = RESERVED_AT,
		.l_len = 1,
	};

	*result = file->level > SQLITE_LOCK_SHARED;
	if (*result)
		return SQLITE_OK;
	if (fcntl(file->fd, F_OFD_GETLK, &lock) < 0)
		return SQLITE_IOERR_CHECKRESERVEDLOCK;
	*result = lock.l_type != F_UNLCK;
	return SQLITE_OK;
}

static int control(sqlite3_file *base, int what, void *argument)
{
	struct ln_sql_file *file = file_of(base);
	struct stat stat;

	switch (what) {
	case SQLITE_FCNTL_LOCKSTATE:
		*(int *)argument = file->level;
		return SQLITE_OK;
	case SQLITE_FCNTL_HAS_MOVED:
		*(int *)argument =
			fstat(file->fd, &stat) < 0 || stat.st_nlink == 0;
		return SQLITE_OK;
	case SQLITE_FCNTL_SIZE_HINT:
		return SQLITE_OK;
	default:
		return SQLITE_NOTFOUND;
	}
}

static int sector_size(sqlite3_file *base)
{
	(void)base;
	return 4096;
}

static int characteristics(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int shared_map(sqlite3_file *base, int region, int size, int extend,
		      void volatile **at)
{
	return ln_sql_shared_map(file_of(base), region, size, extend, at);
}

static int shared_lock(sqlite3_file *base, int first, int number, int flags)
{
	return ln_sql_shared_lock(file_of(base), first, number, flags);
}

static void shared_barrier(sqlite3_file *base)
{
	ln_sql_shared_barrier(file_of(base));
}

static int shared_unmap(sqlite3_file *base, int remove)
{
	return ln_sql_shared_unmap(file_of(base), remove);
}

const sqlite3_io_methods ln_sql_file_methods = {
	.iVersion = 2,
	.xClose = close_file,
	.xRead = read_file,
	.xWrite = write_file,
	.xTruncate = truncate_file,
	.xSync = sync_file,
	.xFileSize = file_size,
	.xLock = lock_file,
	.xUnlock = unlock_file,
	.xCheckReservedLock = look_for_reserved,
	.xFileControl = control,
	.xSectorSize = sector_size,
	.xDeviceCharacteristics = characteristics,
	.xShmMap = shared_map,
	.xShmLock = shared_lock,
	.xShmBarrier = shared_barrier,
	.xShmUnmap = shared_unmap,
};
