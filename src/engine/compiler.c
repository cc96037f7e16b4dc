/*
 * The parent's side of compiling in a process of its own (compiler.h).
 *
 * Job: start a child, watch it, say in words what stopped it.
 * Threads: one at a time for each compilation. The child is started and ended
 * where blocking is fine; between that a task parks.
 * Guarantees: descriptors are closed, the child is reaped and no byte of its
 * code is used while anybody can still change it: it is dead by then, and its
 * file is sealed, or copied. What it says is taken in pieces of a bounded
 * length.
 * Limits: the wall clock bounds a child that waits instead of computing, or is
 * never run. Since others may have the processors, it is far longer than the
 * processor time. A program that reaps children which it did not start, or
 * ignores SIGCHLD, takes the exit status away: then texts are less exact.
 */
#include "engine/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/pages.h"
#include "base/time.h"
#include "engine/compiler_impl.h"
#include "engine/refusal.h"
#include "lunatic_version.h"
#include "sched/poller.h"
#include "sched/sched.h"
#include "sched/task.h"

/* By size, of memory that is written or only reserved: what any module may
 * take, and what each byte of it adds. Modules that people build take 2 to 3 s
 * and 80 to 110 bytes a byte (looked at: SQLite, esbuild, swc). */
#define MEMORY_BASE ((uint64_t)1 << 30)
#define MEMORY_PER_BYTE 192
#define SECONDS_BASE 10
#define SECONDS_PER_MIB 20

/* Real time, by the processor time. */
#define WALL_FACTOR 10
#define WALL_BASE 10 /* seconds */

/* With so few functions more threads do not help, and each needs memory. */
#define THREADS_MAX 16
#define THREADS_MAX_TEXT "16"

/* Bytes that a child may say: it is not to keep a worker busy. */
#define SAID_MAX ((size_t)64 << 10)

const char ln_compiler_key[] = LUNATIC_VERSION "/" LUNATIC_ENGINE_KEY;

enum { MODULE, CODE, SAID, FILES };

struct ln_compilation {
	pid_t pid;
	int pid_file; /* -1: the kernel has none */
	int code;
	int said; /* not blocking */
	struct ln_pollable *pollable;
	struct ln_compiler_limits limits;
	int64_t deadline;

	/* What it has said. */
	bool ready;
	bool done;
	bool refused; /* `line` says why */
	bool no_memory;
	bool ended;     /* it has closed its end */
	bool timed_out; /* it had to be ended */
	uint64_t size;  /* of its code */
	char line[LN_COMPILER_LINE];
	size_t line_len;
	size_t heard; /* bytes of all lines */

	void *mapped;
	size_t mapped_len;
};

/* Not more than half of what the machine has. */
static uint64_t memory_by_size(size_t len)
{
	uint64_t memory = MEMORY_BASE + MEMORY_PER_BYTE * (uint64_t)len;
	long pages = sysconf(_SC_PHYS_PAGES);
	uint64_t half = pages > 0 ? (uint64_t)pages / 2 *
					    (uint64_t)sysconf(_SC_PAGESIZE)
				  : memory;

	if (memory > half)
		memory = half;
	return memory > LN_COMPILE_MEMORY_MIN ? memory : LN_COMPILE_MEMORY_MIN;
}

struct ln_compiler_limits
ln_compiler_limits_for(const struct ln_compiler_limits *limits, size_t len)
{
	struct ln_compiler_limits own = *limits;

	if (own.memory == 0)
		own.memory = memory_by_size(len);
	if (own.memory > LN_COMPILE_MEMORY_MAX)
		own.memory = LN_COMPILE_MEMORY_MAX;
	if (own.seconds == 0)
		own.seconds = (uint32_t)(SECONDS_BASE +
					 SECONDS_PER_MIB * (len >> 20));
	if (own.seconds > LN_COMPILE_SECONDS_MAX)
		own.seconds = LN_COMPILE_SECONDS_MAX;
	return own;
}

/* ---- Starting ---- */

/* A file in memory with the bytes, which nobody can change; -1. */
static int make_module(const uint8_t *bytes, size_t len)
{
	int file =
		memfd_create("lunatic-module", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t written = 0;

	while (file >= 0 && written < len) {
		ssize_t n = write(file, bytes + written, len - written);

		if (n > 0) {
			written += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			ln_fd_close(file);
			file = -1;
		}
	}
	if (file >= 0 && fcntl(file, F_ADD_SEALS,
			       F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK |
				       F_SEAL_SEAL) != 0) {
		ln_fd_close(file);
		file = -1;
	}
	return file;
}

static void close_files(int files[FILES])
{
	for (int i = 0; i < FILES; i++) {
		if (files[i] >= 0)
			ln_fd_close(files[i]);
	}
}

/* The child's three descriptors, and the end of the last one that is the
 * parent's. */
static bool make_files(const uint8_t *bytes, size_t len, int files[FILES],
		       int *said)
{
	int ends[2];

	for (int i = 0; i < FILES; i++)
		files[i] = -1;
	files[MODULE] = make_module(bytes, len);
	files[CODE] =
		memfd_create("lunatic-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (files[MODULE] < 0 || files[CODE] < 0 ||
	    pipe2(ends, O_CLOEXEC) != 0) {
		close_files(files);
		return false;
	}
	files[SAID] = ends[1];
	*said = ends[0];
	if (fcntl(*said, F_SETFL, O_NONBLOCK) == 0)
		return true;
	close_files(files);
	ln_fd_close(*said);
	return false;
}

static bool add_files(posix_spawn_file_actions_t *actions,
		      const int files[FILES])
{
	for (int i = 0; i < FILES; i++) {
		if (posix_spawn_file_actions_adddup2(actions, files[i], i) != 0)
			return false;
	}
	/* With an older glibc the child does so itself, as its first act. */
#if __GLIBC_PREREQ(2, 34)
	return posix_spawn_file_actions_addclosefrom_np(actions, FILES) == 0;
#else
	return true;
#endif
}

/* Signals as in a program that was just started; a group of its own, so that
 * Control-C reaches the parent only, who ends it. */
static bool set_attributes(posix_spawnattr_t *attributes)
{
	const short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			    POSIX_SPAWN_SETPGROUP;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	return posix_spawnattr_setsigmask(attributes, &none) == 0 &&
	       posix_spawnattr_setsigdefault(attributes, &all) == 0 &&
	       posix_spawnattr_setpgroup(attributes, 0) == 0 &&
	       posix_spawnattr_setflags(attributes, flags) == 0;
}

/* Otherwise the child counts those that it may use. */
static bool has_many_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) != 0 ||
	       CPU_COUNT(&set) > THREADS_MAX;
}

/* The one variable that a child gets from this program, in a build for tests:
 * ThreadSanitizer knows no locks of the engine, and what to leave out. */
static char *sanitizer_options(void)
{
#if LN_TSAN
	static const char name[] = "TSAN_OPTIONS=";

	for (char **at = environ; *at != NULL; at++) {
		if (strncmp(*at, name, sizeof(name) - 1) == 0)
			return *at;
	}
#endif
	return NULL;
}

/* An errno. Out of line, for the size of frames. */
static LN_NOINLINE int execute(const char *program, char *const *arguments,
			       const int files[FILES], pid_t *pid)
{
	char threads[] = "RAYON_NUM_THREADS=" THREADS_MAX_TEXT;
	char *variables[] = { NULL, NULL, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	variables[0] = sanitizer_options();
	if (has_many_cores())
		variables[variables[0] != NULL] = threads;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	error = add_files(&actions, files) && set_attributes(&attributes)
			? posix_spawn(pid, program, &actions, &attributes,
				      arguments, variables)
			: ENOMEM;
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int spawn(struct ln_compilation *self, const char *program,
		 unsigned variant, bool background, const int files[FILES])
{
	char numbers[LN_COMPILER_ARGUMENTS][24];
	char *arguments[LN_COMPILER_ARGUMENTS + 1] = {
		(char *)program, (char *)LN_COMPILER_MODE,
		(char *)ln_compiler_key
	};
	const uint64_t values[LN_COMPILER_ARGUMENTS] = {
		[LN_COMPILER_VARIANT] = variant,
		[LN_COMPILER_MEMORY] = self->limits.memory,
		[LN_COMPILER_SECONDS] = self->limits.seconds,
		[LN_COMPILER_BACKGROUND] = background,
		[LN_COMPILER_PARENT] = (uint64_t)getpid(),
	};
	int error;

	for (int i = LN_COMPILER_VARIANT; i < LN_COMPILER_ARGUMENTS; i++) {
		(void)snprintf(numbers[i], sizeof(numbers[i]), "%llu",
			       (unsigned long long)values[i]);
		arguments[i] = numbers[i];
	}
	error = execute(program, arguments, files, &self->pid);
	if (error == 0) {
		self->pid_file = (int)syscall(SYS_pidfd_open, self->pid, 0);
		return 0;
	}
	ln_log(LN_LOG_DEBUG, "compiler: cannot start %s: %s", program,
	       strerror(error));
	return error == ENOMEM ? LN_ENOMEM : LN_EUNSUP;
}

/* In nanoseconds. */
static int64_t real_time(const struct ln_compiler_limits *limits)
{
	if (limits->wall_ms > 0)
		return limits->wall_ms * LN_NS_PER_MS;
	return (WALL_BASE + WALL_FACTOR * (int64_t)limits->seconds) *
	       LN_NS_PER_S;
}

int ln_compilation_start(const char *program,
			 const struct ln_compiler_limits *limits,
			 unsigned variant, const uint8_t *bytes, size_t len,
			 bool background, struct ln_compilation **out)
{
	struct ln_compilation *self = calloc(1, sizeof(*self));
	int files[FILES];
	int error;

	if (self == NULL)
		return LN_ENOMEM;
	self->pid_file = -1;
	self->limits = ln_compiler_limits_for(limits, len);
	self->deadline = ln_time_now() + real_time(&self->limits);
	if (!make_files(bytes, len, files, &self->said)) {
		free(self);
		return LN_EUNSUP;
	}
	error = spawn(self, program, variant, background, files);
	ln_fd_close(files[MODULE]);
	ln_fd_close(files[SAID]);
	self->code = files[CODE];
	if (error < 0) {
		ln_fd_close(self->code);
		ln_fd_close(self->said);
		free(self);
		return error;
	}
	*out = self;
	return 0;
}

/* ---- Watching ---- */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Takes a line in; false: it is one to keep. */
static bool take_line(struct ln_compilation *self)
{
	if (strcmp(self->line, LN_COMPILER_READY) == 0) {
		self->ready = true;
	} else if (!self->ready) {
		return true;
	} else if (begins(self->line, LN_COMPILER_DONE)) {
		self->size = strtoull(self->line + sizeof(LN_COMPILER_DONE) - 1,
				      NULL, 10);
		self->done = true;
	} else if (begins(self->line, LN_COMPILER_REFUSED)) {
		self->refused = true;
		return false;
	} else if (strstr(self->line, LN_COMPILER_MEMORY_TEXT) != NULL) {
		self->no_memory = true;
	}
	return true;
}

static void take_byte(struct ln_compilation *self, char c)
{
	if (self->refused)
		return;
	if (c != '\n') {
		if (self->line_len < sizeof(self->line) - 1)
			self->line[self->line_len++] = c;
		return;
	}
	self->line[self->line_len] = '\0';
	if (take_line(self))
		self->line_len = 0;
}

/* Takes in what is there. 0: it has ended, or says too much; LN_EAGAIN. */
static int listen_to(struct ln_compilation *self)
{
	while (!self->ended) {
		char piece[256];
		ssize_t n = read(self->said, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return LN_EAGAIN;
		for (ssize_t i = 0; i < n; i++)
			take_byte(self, piece[i]);
		if (n > 0)
			self->heard += (size_t)n;
		self->ended = n <= 0 || self->heard > SAID_MAX;
	}
	return 0;
}

static int wait_in_thread(struct ln_compilation *self)
{
	struct pollfd poll_file = { .fd = self->said, .events = POLLIN };
	int64_t left = self->deadline - ln_time_now();

	if (left <= 0)
		return LN_ETIMEDOUT;
	if (left > LN_NS_PER_S)
		left = LN_NS_PER_S;
	/* However it ends, another look follows. */
	(void)poll(&poll_file, 1, (int)(left / LN_NS_PER_MS) + 1);
	return 0;
}

int ln_compilation_wait(struct ln_compilation *self)
{
	struct ln_task *task = ln_task_current();
	int error = 0;

	if (task != NULL && self->pollable == NULL)
		error = ln_pollable_new(ln_sched_poller(task->sched),
					self->said, &self->pollable);
	while (error == 0 && listen_to(self) == LN_EAGAIN)
		error = task == NULL
				? wait_in_thread(self)
				: ln_pollable_wait(self->pollable, LN_READABLE,
						   self->deadline);
	if (error == LN_ETIMEDOUT) {
		self->timed_out = true;
		error = 0;
	}
	return error;
}

/* ---- The end ---- */

/* Ends the child for certain. False: how it ended is not known. */
static bool reap(struct ln_compilation *self, int *status)
{
	pid_t reaped;

	/* This does nothing to a child that has ended. The process id may be in
	 * use again if somebody else has reaped the child; a pidfd never names
	 * another process. */
	if (self->pid_file >= 0)
		(void)syscall(SYS_pidfd_send_signal, self->pid_file, SIGKILL,
			      NULL, 0);
	else
		(void)kill(self->pid, SIGKILL);
	do {
		reaped = waitpid(self->pid, status, 0);
	} while (reaped < 0 && errno == EINTR);
	return reaped == self->pid;
}

#define ADVICE "split large functions, or raise the limit"

static int fail_memory(const struct ln_compilation *self, char **error)
{
	return ln_refuse(error, LN_ELIMIT,
			 "the module takes too much to compile: more than "
			 "%llu MiB of memory, the limit for a module of its "
			 "size; " ADVICE " (--max-compile-memory)",
			 (unsigned long long)(self->limits.memory >> 20));
}

static int fail_time(const struct ln_compilation *self, char **error)
{
	return ln_refuse(error, LN_ELIMIT,
			 "the module takes too much to compile: more than %u "
			 "s of processor time, the limit for a module of its "
			 "size; " ADVICE " (--max-compile-time)",
			 self->limits.seconds);
}

/* Why there is no code. */
static int explain(struct ln_compilation *self, bool known, int status,
		   char **error)
{
	if (!self->ready)
		return LN_EUNSUP;
	if (self->refused)
		return ln_refuse(error, LN_EFORMAT, "%s",
				 self->line + sizeof(LN_COMPILER_REFUSED) - 1);
	if (self->no_memory)
		return fail_memory(self, error);
	if (self->timed_out ||
	    (known && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		return fail_time(self, error);
	/* What ended it then was the parent. */
	if (self->heard > SAID_MAX)
		known = false;
	if (known && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return ln_refuse(error, LN_ELIMIT,
				 "the compiler was killed, perhaps because the "
				 "system is out of memory");
	if (known && WIFSIGNALED(status))
		return ln_refuse(error, LN_EFORMAT,
				 "the module cannot be compiled: the compiler "
				 "crashed (signal %d)",
				 WTERMSIG(status));
	return ln_refuse(error, LN_EFORMAT,
			 "the module cannot be compiled: the compiler ended "
			 "without a result");
}

/* Reads the code into memory of its own. */
static bool copy_code(struct ln_compilation *self)
{
	size_t done = 0;
	void *copy = mmap(NULL, self->mapped_len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return false;
	while (done < self->mapped_len) {
		ssize_t len = pread(self->code, (char *)copy + done,
				    self->mapped_len - done, (off_t)done);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0) {
			/* If it stays, the addresses are lost. */
			(void)ln_pages_unmap(copy, self->mapped_len);
			return false;
		}
		done += (size_t)len;
	}
	self->mapped = copy;
	return true;
}

/* Maps the code, which nobody can change any more. The kernel does not seal a
 * file of whose pages somebody else has hold, be it only the kernel itself for
 * a moment: then the code is copied. */
static bool map_code(struct ln_compilation *self)
{
	struct stat stat;

	if (fstat(self->code, &stat) != 0)
		return false;
	if (stat.st_size <= 0 || (uint64_t)stat.st_size != self->size) {
		errno = ENODATA;
		return false;
	}
	self->mapped_len = (size_t)stat.st_size;
	if (fcntl(self->code, F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) !=
	    0)
		return errno == EBUSY && copy_code(self);
	self->mapped = mmap(NULL, self->mapped_len, PROT_READ, MAP_PRIVATE,
			    self->code, 0);
	if (self->mapped == MAP_FAILED)
		self->mapped = NULL;
	return self->mapped != NULL;
}

int ln_compilation_end(struct ln_compilation *self, const uint8_t **code,
		       size_t *len, char **error)
{
	int status = 0;
	bool known;

	*error = NULL;
	/* What it said last, if the wait was ended by something else. */
	(void)listen_to(self);
	known = reap(self, &status);
	if (!self->done)
		return explain(self, known, status, error);
	if (!map_code(self))
		return ln_refuse(error, LN_EFORMAT,
				 "the module cannot be compiled: the compiler "
				 "gave no code, or there is no memory for it "
				 "(%s)",
				 strerror(errno));
	*code = self->mapped;
	*len = self->mapped_len;
	return 0;
}

void ln_compilation_free(struct ln_compilation *self)
{
	if (self == NULL)
		return;
	if (self->mapped != NULL)
		/* If it stays, the addresses are lost. */
		(void)ln_pages_unmap(self->mapped, self->mapped_len);
	if (self->pollable != NULL)
		ln_pollable_free(self->pollable);
	if (self->pid_file >= 0)
		ln_fd_close(self->pid_file);
	ln_fd_close(self->said);
	ln_fd_close(self->code);
	free(self);
}
