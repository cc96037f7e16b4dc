/*
 * Files of guests when system calls go wrong: the linker puts the functions
 * below in front of those of the C library (tests/CMakeLists.txt). A guest
 * opens a file, makes one call, and exits with what it was told; the bound of
 * descriptors is so low that a few which are not given back would be missed.
 */
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/beneath.h"
#include "support/tcp.h"

#define DESCRIPTORS 4 /* the directory, the file, and what lists */
#define TIMES 12      /* that each fault is tried, so that leaks are seen */
#define KILLS 200
#define LEN 1000

enum which {
	NO_CALL,
	ALLOCATE,
	DATASYNC,
	LIST,
	OPEN_AT,
	OPEN_PLACE, /* openat2 for a place that is only pointed at */
	OPEN_TWO,
	READ,
	READ_STREAM,
	SEEK,
	STAT,
	SYNC,
	TIMES_OF,
	TRUNCATE,
	WRITE,
	WRITE_STREAM,
	CALLS
};

/* After `skip` calls that work, the next `times` fail with `number`; transfers
 * move at most `max` bytes unless it is 0. */
static struct {
	_Atomic int skip;
	_Atomic int times;
	int number;
	size_t max;
} faults[CALLS];

/* Whether a file system is one of memory, where nothing needs the pool. */
static _Atomic bool in_memory;
/* While it is set, writes say so and wait at the gate. */
static _Atomic bool gated;
static sem_t arrived;
static sem_t gate;

static bool fails(enum which which)
{
	int times = atomic_load(&faults[which].times);

	if (times == 0)
		return false;
	if (atomic_load(&faults[which].skip) > 0) {
		atomic_fetch_sub(&faults[which].skip, 1);
		return false;
	}
	atomic_store(&faults[which].times, times - 1);
	errno = faults[which].number;
	return true;
}

int __real_fallocate(int, int, off_t, off_t);
int __real_fdatasync(int);
int __real_fstat(int, struct stat *);
int __real_fstatfs(int, struct statfs *);
int __real_fsync(int);
int __real_ftruncate(int, off_t);
ssize_t __real_getdents64(int, void *, size_t);
off_t __real_lseek(int, off_t, int);
int __real_openat(int, const char *, int, ...);
ssize_t __real_preadv2(int, const struct iovec *, int, off_t, int);
ssize_t __real_pwritev2(int, const struct iovec *, int, off_t, int);
ssize_t __real_readv(int, const struct iovec *, int);
long __real_syscall(long, ...);
int __real_utimensat(int, const char *, const struct timespec *, int);
ssize_t __real_writev(int, const struct iovec *, int);
int __wrap_fallocate(int, int, off_t, off_t);
int __wrap_fdatasync(int);
int __wrap_fstat(int, struct stat *);
int __wrap_fstatfs(int, struct statfs *);
int __wrap_fsync(int);
int __wrap_ftruncate(int, off_t);
ssize_t __wrap_getdents64(int, void *, size_t);
off_t __wrap_lseek(int, off_t, int);
int __wrap_openat(int, const char *, int, ...);
ssize_t __wrap_preadv2(int, const struct iovec *, int, off_t, int);
ssize_t __wrap_pwritev2(int, const struct iovec *, int, off_t, int);
ssize_t __wrap_readv(int, const struct iovec *, int);
long __wrap_syscall(long, long, long, long, long, long, long);
int __wrap_utimensat(int, const char *, const struct timespec *, int);
ssize_t __wrap_writev(int, const struct iovec *, int);

int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
	return fails(ALLOCATE) ? -1 : __real_fallocate(fd, mode, offset, len);
}

int __wrap_fdatasync(int fd)
{
	return fails(DATASYNC) ? -1 : __real_fdatasync(fd);
}

int __wrap_fstat(int fd, struct stat *stat)
{
	return fails(STAT) ? -1 : __real_fstat(fd, stat);
}

int __wrap_fstatfs(int fd, struct statfs *stat)
{
	int result = __real_fstatfs(fd, stat);

	stat->f_type = atomic_load(&in_memory) ? TMPFS_MAGIC : EXT4_SUPER_MAGIC;
	return result;
}

int __wrap_fsync(int fd)
{
	return fails(SYNC) ? -1 : __real_fsync(fd);
}

int __wrap_ftruncate(int fd, off_t len)
{
	return fails(TRUNCATE) ? -1 : __real_ftruncate(fd, len);
}

ssize_t __wrap_getdents64(int fd, void *buffer, size_t len)
{
	return fails(LIST) ? -1 : __real_getdents64(fd, buffer, len);
}

off_t __wrap_lseek(int fd, off_t offset, int whence)
{
	return fails(SEEK) ? -1 : __real_lseek(fd, offset, whence);
}

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list list;
	mode_t mode = 0;

	if (fails(OPEN_AT))
		return -1;
	if ((flags & O_CREAT) != 0) {
		va_start(list, flags);
		mode = va_arg(list, mode_t);
		va_end(list);
	}
	return __real_openat(dir, path, flags, mode);
}

/* What is left of a transfer when it moves so much at most. */
static ssize_t cut(enum which which, const struct iovec *pieces,
		   struct iovec *piece)
{
	if (fails(which))
		return -1;
	*piece = pieces[0];
	if (piece->iov_len > faults[which].max)
		piece->iov_len = faults[which].max;
	return faults[which].max > 0;
}

ssize_t __wrap_preadv2(int fd, const struct iovec *pieces, int count,
		       off_t offset, int flags)
{
	struct iovec piece;
	ssize_t less = cut(READ, pieces, &piece);

	if (less < 0)
		return -1;
	return less > 0 ? __real_preadv2(fd, &piece, 1, offset, flags)
			: __real_preadv2(fd, pieces, count, offset, flags);
}

ssize_t __wrap_pwritev2(int fd, const struct iovec *pieces, int count,
			off_t offset, int flags)
{
	struct iovec piece;
	ssize_t less = cut(WRITE, pieces, &piece);

	if (less < 0)
		return -1;
	if (atomic_load(&gated)) {
		sem_post(&arrived);
		while (sem_wait(&gate) < 0)
			continue;
	}
	return less > 0 ? __real_pwritev2(fd, &piece, 1, offset, flags)
			: __real_pwritev2(fd, pieces, count, offset, flags);
}

ssize_t __wrap_readv(int fd, const struct iovec *pieces, int count)
{
	struct iovec piece;
	ssize_t less = cut(READ_STREAM, pieces, &piece);

	if (less < 0)
		return -1;
	return less > 0 ? __real_readv(fd, &piece, 1)
			: __real_readv(fd, pieces, count);
}

ssize_t __wrap_writev(int fd, const struct iovec *pieces, int count)
{
	struct iovec piece;
	ssize_t less = cut(WRITE_STREAM, pieces, &piece);

	if (less < 0)
		return -1;
	return less > 0 ? __real_writev(fd, &piece, 1)
			: __real_writev(fd, pieces, count);
}

/* With as many as any call has: reading more by va_arg than were given would
 * leave the frame. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	const struct open_how *how = (const struct open_how *)c;

	if (number == __NR_openat2 &&
	    fails((how->flags & O_PATH) != 0 ? OPEN_PLACE : OPEN_TWO))
		return -1;
	return __real_syscall(number, a, b, c, d, e, f);
}

int __wrap_utimensat(int fd, const char *path, const struct timespec *times,
		     int flags)
{
	return fails(TIMES_OF) ? -1 : __real_utimensat(fd, path, times, flags);
}

/* What a guest does with the open file; the numbers are those of the table. */
enum operation {
	DO_NOTHING,
	DO_READ,
	DO_WRITE,
	DO_PREAD,
	DO_PWRITE,
	DO_SYNC,
	DO_DATASYNC,
	DO_READDIR,
	DO_SET_SIZE,
	DO_ALLOCATE,
	DO_SET_TIMES,
	DO_STAT,
	DO_SEEK,
	DO_SYNC_DIR,
	DO_COPY, /* what is read is written behind it */
	DO_STAT_PATH,
	DO_RENAME,
	DO_ECHO /* what is written is read */
};

/* Exits with the error of path_open, or 1000 and the error of the call, times
 * 10,000, and the count that the call gave. */
#define W "wasi_snapshot_preview1"
static const char guest_text[] =
	"(module"
	" (type $at (func (param i32 i32 i32 i64 i32) (result i32)))"
	" (type $next (func (param i32 i32 i32 i32) (result i32)))"
	" (type $sync (func (param i32) (result i32)))"
	" (type $do (func (result i32)))"
	" (import \"" W "\" \"path_open\" (func $open"
	"  (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
	" (import \"" W "\" \"fd_read\" (func $fd_read (type $next)))"
	" (import \"" W "\" \"fd_write\" (func $fd_write (type $next)))"
	" (import \"" W "\" \"fd_pread\" (func $fd_pread (type $at)))"
	" (import \"" W "\" \"fd_pwrite\" (func $fd_pwrite (type $at)))"
	" (import \"" W "\" \"fd_readdir\" (func $fd_readdir (type $at)))"
	" (import \"" W "\" \"fd_sync\" (func $fd_sync (type $sync)))"
	" (import \"" W "\" \"fd_datasync\" (func $fd_datasync (type $sync)))"
	" (import \"" W "\" \"fd_filestat_set_size\" (func $set_size"
	"  (param i32 i64) (result i32)))"
	" (import \"" W "\" \"fd_allocate\" (func $fd_allocate"
	"  (param i32 i64 i64) (result i32)))"
	" (import \"" W "\" \"fd_filestat_set_times\" (func $set_times"
	"  (param i32 i64 i64 i32) (result i32)))"
	" (import \"" W "\" \"fd_filestat_get\" (func $fd_stat"
	"  (param i32 i32) (result i32)))"
	" (import \"" W "\" \"fd_seek\" (func $fd_seek"
	"  (param i32 i64 i32 i32) (result i32)))"
	" (import \"" W "\" \"path_filestat_get\" (func $path_stat"
	"  (param i32 i32 i32 i32 i32) (result i32)))"
	" (import \"" W "\" \"path_rename\" (func $path_rename"
	"  (param i32 i32 i32 i32 i32 i32) (result i32)))"
	" (import \"" W "\" \"proc_exit\" (func $exit (param i32)))"
	" (memory (export \"memory\") 2)"
	" (data (i32.const 16) \"file\")"
	" (global $fd (mut i32) (i32.const 0))"
	" (global $count i32 (i32.const 8))"
	" (table funcref (elem $nothing $read $write $pread $pwrite"
	"  $sync $datasync $list $size $allocate $times $stat $seek"
	"  $sync_dir $copy $stat_path $rename $echo))"
	" (func $nothing (result i32) (i32.const 0))"
	" (func $read (result i32) (call $fd_read (global.get $fd)"
	"  (i32.const 0) (i32.const 1) (global.get $count)))"
	" (func $write (result i32) (call $fd_write (global.get $fd)"
	"  (i32.const 0) (i32.const 1) (global.get $count)))"
	" (func $pread (result i32) (call $fd_pread (global.get $fd)"
	"  (i32.const 0) (i32.const 1) (i64.const 5) (global.get $count)))"
	" (func $pwrite (result i32) (call $fd_pwrite (global.get $fd)"
	"  (i32.const 0) (i32.const 1) (i64.const 5) (global.get $count)))"
	" (func $sync (result i32) (call $fd_sync (global.get $fd)))"
	" (func $datasync (result i32) (call $fd_datasync (global.get $fd)))"
	" (func $list (result i32) (call $fd_readdir (i32.const 3)"
	"  (i32.const 4096) (i32.const 4096) (i64.const 0)"
	"  (global.get $count)))"
	" (func $size (result i32)"
	"  (call $set_size (global.get $fd) (i64.const 700)))"
	" (func $allocate (result i32) (call $fd_allocate (global.get $fd)"
	"  (i64.const 0) (i64.const 3000)))"
	" (func $times (result i32) (call $set_times (global.get $fd)"
	"  (i64.const 1) (i64.const 1) (i32.const 5)))"
	" (func $stat (result i32)"
	"  (call $fd_stat (global.get $fd) (i32.const 128)))"
	" (func $seek (result i32) (call $fd_seek (global.get $fd)"
	"  (i64.const 3) (i32.const 0) (i32.const 128)))"
	" (func $sync_dir (result i32) (call $fd_sync (i32.const 3)))"
	" (func $stat_path (result i32) (call $path_stat (i32.const 3)"
	"  (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 128)))"
	" (func $rename (result i32) (call $path_rename (i32.const 3)"
	"  (i32.const 16) (i32.const 4) (i32.const 3) (i32.const 16)"
	"  (i32.const 4)))"
	" (func $echo (result i32) (drop (call $write)) (call $read))"
	" (func $copy (result i32)"
	"  (drop (call $read))"
	"  (i32.store (i32.const 4) (i32.load (global.get $count)))"
	"  (call $write))"
	" (func (export \"run\") (param $what i32) (local $error i32)"
	"  (local.set $error (call $open (i32.const 3) (i32.const 0)"
	"   (i32.const 16) (i32.const 4) (i32.const 0)"
	"   (i64.const 0x7e001ff) (i64.const 0) (i32.const 0)"
	"   (i32.const 24)))"
	"  (if (local.get $error) (then (call $exit (local.get $error))))"
	"  (global.set $fd (i32.load (i32.const 24)))"
	"  (i32.store (i32.const 0) (i32.const 4096))"
	"  (i32.store (i32.const 4) (i32.const 1000))"
	"  (local.set $error (call_indirect (type $do) (local.get $what)))"
	"  (call $exit (i32.add (i32.load (global.get $count))"
	"   (i32.mul (i32.const 10000)"
	"    (i32.add (i32.const 1000) (local.get $error)))))))";

#define OPEN_FAILS(error) (error)
#define GIVES(error, count) (10000 * (1000 + (error)) + (count))
#define DONE(count) GIVES(0, count)

/* WASI's numbers. */
#define W_FBIG 22
#define W_INVAL 28
#define W_IO 29
#define W_MFILE 33
#define W_NFILE 41
#define W_NOMEM 48
#define W_NOSPC 51
#define W_NOTSUP 58
#define W_PIPE 64

struct plan {
	enum operation operation;
	enum which call;
	int number;
	int times;
	int skip;
	size_t max;
	uint32_t want;
};

static struct fixture *fixture;
static lunatic_rt_environment *environment;
static lunatic_rt_module *module;
static char folder[] = "/tmp/lunatic-faults-XXXXXX";
static char path[64];

static bool is_fifo; /* what is there instead of a file */

static void fill_file(void)
{
	FILE *file;

	if (is_fifo)
		return;
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < LEN; i++)
		putc('a' + i % 23, file);
	fclose(file);
}

static void stop_environment(void)
{
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
}

static lunatic_rt_process *spawn(enum operation operation)
{
	lunatic_rt_value value = { .of.i32 = (int)operation };
	lunatic_rt_process *process;

	assert_int_equal(lunatic_rt_process_spawn(module, "run", &value, 1, 0,
						  &process, NULL),
			 0);
	return process;
}

/* Runs the guest, and returns what it exits with. */
static uint32_t run_guest(enum operation operation)
{
	lunatic_rt_process *process = spawn(operation);
	lunatic_rt_outcome outcome;
	uint32_t code = 0;

	assert_int_equal(lunatic_rt_process_wait(process, -1, &outcome, &code),
			 0);
	assert_int_equal(outcome, LUNATIC_RT_OUTCOME_EXITED);
	lunatic_rt_process_release(process);
	return code;
}

static void start_environment(void **state)
{
	lunatic_rt_preopen preopen = { .host = folder, .guest = "/" };
	lunatic_rt_environment_config config;

	fixture = *state;
	let_guests_trap();
	lunatic_rt_environment_config_init(&config, sizeof(config));
	config.preopens = &preopen;
	config.preopen_count = 1;
	config.max_descriptors = DESCRIPTORS;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 0);
	module = compile(environment, guest_text);
	memset(faults, 0, sizeof(faults));
	/* What is opened once for all; in the second run also what memories
	 * begin with. */
	for (int i = 0; i < 2; i++) {
		fill_file();
		run_guest(DO_WRITE);
	}
}

/* Where the kernel does not resolve paths, other calls do that. */
static bool applies(const struct plan *plan)
{
	switch (plan->call) {
	case OPEN_AT:
	case OPEN_PLACE:
	case OPEN_TWO:
	case STAT:
		return !ln_beneath_steps();
	default:
		return true;
	}
}

static void check_plan(const struct plan *plan, size_t at)
{
	unsigned before = test_descriptors();
	uint32_t code;

	if (!applies(plan))
		return;
	for (int i = 0; i < TIMES; i++) {
		fill_file();
		faults[plan->call].number = plan->number;
		faults[plan->call].max = plan->max;
		atomic_store(&faults[plan->call].skip, plan->skip);
		atomic_store(&faults[plan->call].times, plan->times);
		code = run_guest(plan->operation);
		if (code != plan->want)
			fail_msg("plan %zu, time %d, in memory %d: %u, not %u",
				 at, i, atomic_load(&in_memory), code,
				 plan->want);
		/* All that was planned has happened. */
		assert_int_equal(atomic_load(&faults[plan->call].times), 0);
		faults[plan->call].max = 0;
	}
	assert_int_equal(test_descriptors(), before);
}

static void check_plans(void **state, const struct plan *plans, size_t count)
{
	start_environment(state);
	for (int memory = 0; memory < 2; memory++) {
		atomic_store(&in_memory, memory != 0);
		for (size_t i = 0; i < count; i++)
			check_plan(&plans[i], i);
	}
	stop_environment();
}

#define CHECK_PLANS(plans) \
	check_plans(state, plans, sizeof(plans) / sizeof((plans)[0]))

static void interrupted(void **state)
{
	static const struct plan plans[] = {
		{ DO_READ, READ, EINTR, 5, 0, 0, DONE(LEN) },
		{ DO_PREAD, READ, EINTR, 5, 0, 0, DONE(LEN - 5) },
		{ DO_WRITE, WRITE, EINTR, 5, 0, 0, DONE(LEN) },
		{ DO_PWRITE, WRITE, EINTR, 5, 0, 0, DONE(LEN) },
		{ DO_NOTHING, OPEN_TWO, EINTR, 5, 0, 0, DONE(0) },
		{ DO_SYNC, SYNC, EINTR, 5, 0, 0, DONE(0) },
		{ DO_SYNC_DIR, SYNC, EINTR, 5, 0, 0, DONE(0) },
		{ DO_SYNC_DIR, OPEN_AT, EINTR, 5, 0, 0, DONE(0) },
		{ DO_DATASYNC, DATASYNC, EINTR, 5, 0, 0, DONE(0) },
		{ DO_SET_SIZE, TRUNCATE, EINTR, 5, 0, 0, DONE(0) },
		{ DO_ALLOCATE, ALLOCATE, EINTR, 5, 0, 0, DONE(0) },
		{ DO_STAT_PATH, OPEN_PLACE, EINTR, 5, 0, 0, DONE(0) },
		{ DO_RENAME, OPEN_PLACE, EINTR, 5, 0, 0, DONE(0) },
		{ DO_READDIR, LIST, EINTR, 5, 0, 0, DONE(79) },
		{ DO_READDIR, OPEN_AT, EINTR, 5, 0, 0, DONE(79) },
	};

	CHECK_PLANS(plans);
}

static void transfers_fail(void **state)
{
	static const struct plan plans[] = {
		{ DO_READ, READ, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_PREAD, READ, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_WRITE, WRITE, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_PWRITE, WRITE, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_WRITE, WRITE, ENOSPC, 1, 0, 0, GIVES(W_NOSPC, 0) },
		{ DO_PWRITE, WRITE, EFBIG, 1, 0, 0, GIVES(W_FBIG, 0) },
		/* What was moved before it counts. */
		{ DO_READ, READ, EIO, 1, 3, 7, DONE(21) },
		{ DO_PREAD, READ, EIO, 1, 3, 7, DONE(21) },
		{ DO_WRITE, WRITE, ENOSPC, 1, 3, 7, DONE(21) },
		{ DO_PWRITE, WRITE, EIO, 1, 3, 7, DONE(21) },
	};

	CHECK_PLANS(plans);
}

static void other_calls_fail(void **state)
{
	static const struct plan plans[] = {
		{ DO_SYNC, SYNC, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_SYNC, SYNC, ENOSPC, 1, 0, 0, GIVES(W_NOSPC, 0) },
		{ DO_SYNC_DIR, SYNC, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_SYNC_DIR, OPEN_AT, EMFILE, 1, 0, 0, GIVES(W_MFILE, 0) },
		{ DO_DATASYNC, DATASYNC, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_SET_SIZE, TRUNCATE, ENOSPC, 1, 0, 0, GIVES(W_NOSPC, 0) },
		{ DO_ALLOCATE, ALLOCATE, ENOSPC, 1, 0, 0, GIVES(W_NOSPC, 0) },
		{ DO_ALLOCATE, ALLOCATE, EOPNOTSUPP, 1, 0, 0,
		  GIVES(W_NOTSUP, 0) },
		{ DO_SET_TIMES, TIMES_OF, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		/* The first look is path_open's. */
		{ DO_STAT, STAT, EIO, 1, 1, 0, GIVES(W_IO, 0) },
		{ DO_SEEK, SEEK, EINVAL, 1, 0, 0, GIVES(W_INVAL, 0) },
		{ DO_STAT_PATH, STAT, EIO, 1, 1, 0, GIVES(W_IO, 0) },
		{ DO_STAT_PATH, OPEN_PLACE, EMFILE, 1, 0, 0,
		  GIVES(W_MFILE, 0) },
		/* The old place, and the new one when the old one is open. */
		{ DO_RENAME, OPEN_PLACE, ENFILE, 1, 0, 0, GIVES(W_NFILE, 0) },
		{ DO_RENAME, OPEN_PLACE, EMFILE, 1, 1, 0, GIVES(W_MFILE, 0) },
		{ DO_READDIR, LIST, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_READDIR, SEEK, EINVAL, 1, 0, 0, GIVES(W_INVAL, 0) },
		{ DO_READDIR, OPEN_AT, EMFILE, 1, 0, 0, GIVES(W_MFILE, 0) },
		{ DO_READDIR, OPEN_AT, ENFILE, 1, 0, 0, GIVES(W_NFILE, 0) },
		{ DO_READDIR, OPEN_AT, ENOMEM, 1, 0, 0, GIVES(W_NOMEM, 0) },
	};

	CHECK_PLANS(plans);
}

static void opening_fails(void **state)
{
	static const struct plan plans[] = {
		{ DO_NOTHING, OPEN_TWO, EMFILE, 1, 0, 0, OPEN_FAILS(W_MFILE) },
		{ DO_NOTHING, OPEN_TWO, ENFILE, 1, 0, 0, OPEN_FAILS(W_NFILE) },
		{ DO_NOTHING, OPEN_TWO, ENOMEM, 1, 0, 0, OPEN_FAILS(W_NOMEM) },
		{ DO_NOTHING, OPEN_TWO, EIO, 1, 0, 0, OPEN_FAILS(W_IO) },
		/* What was opened is closed again. */
		{ DO_NOTHING, STAT, EIO, 1, 0, 0, OPEN_FAILS(W_IO) },
		/* The kernel cannot tell: the path is walked. */
		{ DO_READ, OPEN_TWO, EAGAIN, 33, 0, 0, DONE(LEN) },
	};

	CHECK_PLANS(plans);
}

/* Nothing is lost or doubled when each call moves a few bytes only. */
static void short_transfers(void **state)
{
	static char text[2 * LEN + 1];
	FILE *file;

	start_environment(state);
	for (int memory = 0; memory < 2; memory++) {
		atomic_store(&in_memory, memory != 0);
		fill_file();
		faults[READ].max = 7;
		faults[WRITE].max = 3;
		assert_int_equal(run_guest(DO_COPY), DONE(LEN));
		faults[READ].max = 0;
		faults[WRITE].max = 0;
		file = fopen(path, "r");
		assert_non_null(file);
		assert_int_equal(fread(text, 1, sizeof(text), file), 2 * LEN);
		fclose(file);
		for (int i = 0; i < 2 * LEN; i++)
			assert_int_equal(text[i], 'a' + i % LEN % 23);
	}
	stop_environment();
}

/* In a file system that would wait, reads and opening go to the pool. */
static void not_at_once(void **state)
{
	static const struct plan plans[] = {
		{ DO_READ, READ, EAGAIN, 1, 0, 0, DONE(LEN) },
		{ DO_READ, READ, EOPNOTSUPP, 1, 0, 0, DONE(LEN) },
		{ DO_PREAD, READ, EAGAIN, 1, 3, 7, DONE(LEN - 5) },
		{ DO_NOTHING, OPEN_TWO, EAGAIN, 1, 0, 0, DONE(0) },
	};

	start_environment(state);
	atomic_store(&in_memory, false);
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		check_plan(&plans[i], i);
	stop_environment();
}

/* A FIFO, for both ends: its stream writes all, and reads what there is. */
static void streams_fail(void **state)
{
	static const struct plan plans[] = {
		{ DO_WRITE, WRITE_STREAM, EINTR, 5, 0, 0, DONE(LEN) },
		{ DO_WRITE, WRITE_STREAM, EAGAIN, 1, 0, 0, DONE(LEN) },
		{ DO_WRITE, WRITE_STREAM, EINTR, 1, 3, 7, DONE(LEN) },
		{ DO_WRITE, WRITE_STREAM, EIO, 1, 0, 0, GIVES(W_IO, 0) },
		{ DO_WRITE, WRITE_STREAM, EPIPE, 1, 0, 0, GIVES(W_PIPE, 0) },
		{ DO_WRITE, WRITE_STREAM, EIO, 1, 3, 7, DONE(21) },
		{ DO_ECHO, READ_STREAM, EINTR, 5, 0, 0, DONE(LEN) },
		{ DO_ECHO, READ_STREAM, EAGAIN, 1, 0, 0, DONE(LEN) },
		{ DO_ECHO, READ_STREAM, EINTR, 1, 0, 7, DONE(7) },
		{ DO_ECHO, READ_STREAM, EIO, 1, 0, 0, GIVES(W_IO, LEN) },
		{ DO_NOTHING, STAT, EIO, 1, 0, 0, OPEN_FAILS(W_IO) },
	};

	start_environment(state);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	is_fifo = true;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		check_plan(&plans[i], i);
	assert_int_equal(unlink(path), 0);
	is_fifo = false;
	stop_environment();
}

/* Who is killed while a job of its works on a file stays until the job is over,
 * and leaves nothing. */
static void killed_in_a_job(void **state)
{
	unsigned before;

	start_environment(state);
	atomic_store(&in_memory, false);
	fill_file();
	sem_init(&arrived, 0, 0);
	sem_init(&gate, 0, 0);
	atomic_store(&gated, true);
	before = test_descriptors();
	for (int i = 0; i < KILLS; i++) {
		lunatic_rt_process *process = spawn(DO_WRITE);
		lunatic_rt_outcome outcome;

		while (sem_wait(&arrived) < 0)
			continue;
		lunatic_rt_process_kill(process);
		if (i < 5)
			assert_int_equal(
				lunatic_rt_process_wait(process, 5, NULL, NULL),
				LUNATIC_RT_ETIMEDOUT);
		sem_post(&gate);
		assert_int_equal(
			lunatic_rt_process_wait(process, -1, &outcome, NULL),
			0);
		assert_int_equal(outcome, LUNATIC_RT_OUTCOME_KILLED);
		lunatic_rt_process_release(process);
	}
	atomic_store(&gated, false);
	assert_int_equal(test_descriptors(), before);
	assert_int_equal(run_guest(DO_WRITE), DONE(LEN));
	stop_environment();
}

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(interrupted),      TEST(transfers_fail),
		TEST(other_calls_fail), TEST(opening_fails),
		TEST(short_transfers),  TEST(not_at_once),
		TEST(streams_fail),     TEST(killed_in_a_job),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
