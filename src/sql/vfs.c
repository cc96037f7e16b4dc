/*
 * DESIGN
 * Names are the owner's paths, as they were given. What SQLite adds to one
 * (-journal, -wal) is resolved as any other name, so what stands beside a
 * database is below the same directory. Names that SQLite reads from files,
 * such as that of a super-journal, go the same way. Temporary files have no
 * names; SQLite is told to have them in memory, and the others are refused.
 *
 * Threads: any that is in a run; the owner is that of the run, or of the file.
 */
#include "sql/vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/compiler.h"
#include "base/fd.h"
#include "base/quota.h"
#include "base/random.h"
#include "sql/run.h"

#define MAX_SLEEP_US 10000
#define ZFS_MAGIC 0x2fc12fc1

int ln_sql_lock_range(int fd, short type, sqlite3_int64 start,
		      sqlite3_int64 len)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = len,
	};
	int outcome;

	do {
		outcome = fcntl(fd, F_OFD_SETLK, &lock);
	} while (outcome < 0 && errno == EINTR);
	if (outcome == 0)
		return SQLITE_OK;
	return errno == EAGAIN || errno == EACCES ? SQLITE_BUSY
						  : SQLITE_IOERR_LOCK;
}

static bool changes(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
}

int ln_sql_open_name(const struct ln_sql_owner *owner, const char *name,
		     int flags)
{
	bool read_only = false;
	int dir = -1;
	const char *rest = owner->find(owner->context, name, &dir, &read_only);
	struct stat stat;
	int fd;

	ln_sql_run_count(LN_SQL_CALL_WORK);
	ln_sql_run_move();
	if (rest == NULL)
		return -EXDEV;
	if (read_only && changes(flags))
		return -EROFS;
	if (!ln_quota_take(owner->files))
		return -EMFILE;
	/* Whatever is there must not keep the thread waiting. */
	fd = ln_beneath_open(dir, rest, flags | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (fd >= 0 && (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode))) {
		ln_fd_close(fd);
		fd = -EISDIR;
	}
	if (fd < 0)
		ln_quota_give(owner->files);
	return fd;
}

void ln_sql_close_fd(struct ln_quota *files, int fd)
{
	/* What must be on the disk has been synced. */
	(void)close(fd);
	ln_quota_give(files);
}

/* Finds the directory of a name that is to change, or to be synced. */
static int find_place(const struct ln_sql_owner *owner, const char *name,
		      struct ln_beneath_place *place)
{
	bool read_only = false;
	int dir = -1;
	const char *rest = owner->find(owner->context, name, &dir, &read_only);

	ln_sql_run_count(LN_SQL_CALL_WORK);
	ln_sql_run_move();
	if (rest == NULL)
		return -EXDEV;
	if (read_only)
		return -EROFS;
	return ln_beneath_find(dir, rest, place);
}

int ln_sql_remove_name(const struct ln_sql_owner *owner, const char *name)
{
	struct ln_beneath_place place;
	int error = find_place(owner, name, &place);

	if (error < 0)
		return error;
	if (place.fixed)
		error = -EACCES;
	else if (unlinkat(place.fd, place.name, 0) < 0)
		error = -errno;
	ln_fd_close(place.fd);
	return error;
}

int ln_sql_sync_directory(const struct ln_sql_owner *owner, const char *name)
{
	struct ln_beneath_place place;
	int error = find_place(owner, name, &place);
	int fd;

	if (error < 0)
		return error;
	fd = openat(place.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		error = -errno;
	if (fd >= 0)
		ln_fd_close(fd);
	ln_fd_close(place.fd);
	return error;
}

static int open_flags(int flags)
{
	int result = (flags & SQLITE_OPEN_READWRITE) != 0 ? O_RDWR : O_RDONLY;

	if ((flags & SQLITE_OPEN_CREATE) != 0)
		result |= O_CREAT;
	if ((flags & SQLITE_OPEN_EXCLUSIVE) != 0)
		result |= O_EXCL;
	return result;
}

/* Looks at the file system of a file that was opened. */
static void look_at_system(struct ln_sql_file *file, struct ln_sql_run *run)
{
	/* Of this machine; others may let even a look at a file wait. */
	static const unsigned long local[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, ZFS_MAGIC,
	};
	unsigned long type;
	struct statfs stat;

	if (fstatfs(file->fd, &stat) < 0) {
		run->remote = true;
		return;
	}
	type = (unsigned long)stat.f_type;
	file->in_memory = type == TMPFS_MAGIC || type == RAMFS_MAGIC;
	if (file->in_memory)
		return;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		if (type == local[i])
			return;
	}
	run->remote = true;
}

#define JOURNALS \
	(SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL)

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base,
		     int flags, int *chosen)
{
	struct ln_sql_file *file = (struct ln_sql_file *)base;
	struct ln_sql_run *run = ln_sql_run_current();
	bool read_only = (flags & SQLITE_OPEN_READWRITE) == 0;
	int fd;

	(void)vfs;
	memset(file, 0, sizeof(*file));
	if (run == NULL || name == NULL ||
	    (flags & SQLITE_OPEN_DELETEONCLOSE) != 0)
		return SQLITE_CANTOPEN;
	fd = ln_sql_open_name(run->owner, name, open_flags(flags));
	if ((fd == -EROFS || fd == -EACCES) && !read_only) {
		read_only = true;
		fd = ln_sql_open_name(run->owner, name, O_RDONLY);
	}
	if (fd == -EISDIR)
		return SQLITE_CANTOPEN_ISDIR;
	if (fd == -ELOOP)
		return SQLITE_CANTOPEN_SYMLINK;
	if (fd < 0)
		return SQLITE_CANTOPEN;
	file->owner = run->owner;
	file->name = name;
	file->fd = fd;
	file->level = SQLITE_LOCK_NONE;
	look_at_system(file, run);
	file->read_only = read_only;
	file->sync_directory =
		(flags & JOURNALS) != 0 && (flags & SQLITE_OPEN_CREATE) != 0;
	file->base.pMethods = &ln_sql_file_methods;
	if (chosen != NULL && read_only)
		*chosen = (flags &
			   ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
			  SQLITE_OPEN_READONLY;
	else if (chosen != NULL)
		*chosen = flags;
	return SQLITE_OK;
}

static int remove_file(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct ln_sql_run *run = ln_sql_run_current();
	int error;

	(void)vfs;
	if (run == NULL)
		return SQLITE_IOERR_DELETE;
	error = ln_sql_remove_name(run->owner, name);
	if (error == -ENOENT)
		return SQLITE_IOERR_DELETE_NOENT;
	if (error < 0)
		return SQLITE_IOERR_DELETE;
	if (sync != 0 && ln_sql_sync_directory(run->owner, name) < 0)
		return SQLITE_IOERR_DIR_FSYNC;
	return SQLITE_OK;
}

/* Out of line: the address of errno must not be kept across a move. */
static LN_NOINLINE int look_now(int dir, const char *rest)
{
	if (!ln_sql_run_on_worker())
		return -EAGAIN;
	return ln_beneath_open_cached(dir, rest, O_PATH | O_NOFOLLOW);
}

/* Looks at a name without opening the file, and without a unit of the quota:
 * the descriptor is closed at once. */
static int look_at_name(const struct ln_sql_owner *owner, const char *name,
			struct stat *stat, bool *read_only)
{
	int dir = -1;
	const char *rest = owner->find(owner->context, name, &dir, read_only);
	int error = 0;
	int fd;

	ln_sql_run_count(LN_SQL_CALL_WORK);
	if (rest == NULL)
		return -EXDEV;
	fd = look_now(dir, rest);
	if (fd == -EAGAIN) {
		ln_sql_run_move();
		fd = ln_beneath_open(dir, rest, O_PATH | O_NOFOLLOW, 0);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, stat) < 0)
		error = -errno;
	ln_fd_close(fd);
	return error;
}

static int look_at_file(sqlite3_vfs *vfs, const char *name, int what,
			int *result)
{
	struct ln_sql_run *run = ln_sql_run_current();
	bool read_only = false;
	struct stat stat;
	int error;

	(void)vfs;
	*result = 0;
	if (run == NULL)
		return SQLITE_IOERR_ACCESS;
	error = look_at_name(run->owner, name, &stat, &read_only);
	if (error == -EMFILE || error == -ENFILE || error == -ENOMEM ||
	    error == -EIO)
		return SQLITE_IOERR_ACCESS;
	if (error < 0)
		return SQLITE_OK;
	/* An empty file counts as none, as in SQLite's own file system. */
	*result = what == SQLITE_ACCESS_EXISTS
			  ? !S_ISREG(stat.st_mode) || stat.st_size > 0
			  : !read_only;
	return SQLITE_OK;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
	size_t len = strlen(name);

	(void)vfs;
	if (len >= (size_t)room)
		return SQLITE_CANTOPEN_FULLPATH;
	memcpy(out, name, len + 1);
	return SQLITE_OK;
}

static int make_random(sqlite3_vfs *vfs, int len, char *bytes)
{
	(void)vfs;
	ln_random_bytes(bytes, (size_t)len);
	return len;
}

/* Waits for what another connection does at the moment. */
static int sleep_short(sqlite3_vfs *vfs, int microseconds)
{
	struct timespec time = { 0 };

	(void)vfs;
	ln_sql_run_move();
	if (microseconds > MAX_SLEEP_US)
		microseconds = MAX_SLEEP_US;
	if (microseconds > 0) {
		time.tv_nsec = (long)microseconds * 1000;
		(void)nanosleep(&time, NULL); /* too short does no harm */
	}
	return microseconds;
}

#define MS_PER_DAY 86400000.0
/* 1970-01-01 as a Julian day, in milliseconds. */
#define EPOCH_MS ((sqlite3_int64)24405875 * 8640000)

static int time_in_ms(sqlite3_vfs *vfs, sqlite3_int64 *ms)
{
	struct timespec time;

	(void)vfs;
	if (clock_gettime(CLOCK_REALTIME, &time) < 0)
		return SQLITE_ERROR;
	*ms = EPOCH_MS + (sqlite3_int64)time.tv_sec * 1000 +
	      time.tv_nsec / 1000000;
	return SQLITE_OK;
}

static int time_in_days(sqlite3_vfs *vfs, double *days)
{
	sqlite3_int64 ms = 0;
	int code = time_in_ms(vfs, &ms);

	*days = (double)ms / MS_PER_DAY;
	return code;
}

static int last_error(sqlite3_vfs *vfs, int room, char *text)
{
	(void)vfs;
	(void)room;
	(void)text;
	return 0;
}

int ln_sql_vfs_register(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 2,
		.szOsFile = sizeof(struct ln_sql_file),
		.mxPathname = LN_SQL_MAX_PATH,
		.zName = LN_SQL_VFS,
		.xOpen = open_file,
		.xDelete = remove_file,
		.xAccess = look_at_file,
		.xFullPathname = full_name,
		.xRandomness = make_random,
		.xSleep = sleep_short,
		.xCurrentTime = time_in_days,
		.xGetLastError = last_error,
		.xCurrentTimeInt64 = time_in_ms,
	};

	return sqlite3_vfs_register(&vfs, 0);
}
