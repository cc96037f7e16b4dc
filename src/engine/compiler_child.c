/*
 * The child's side of compiling in a process of its own (compiler.h).
 *
 * Job: take its limits on, then say that it is ready, compile, hand the code
 * over. Nothing of the module is looked at before the limits hold.
 * Threads: one, and those of the engine's pool.
 * Guarantees: it dies with the thread that started it; it leaves no core dump,
 * gains no rights by executing anything, and has three descriptors.
 * Limits: what it hands over is trusted by its parent as if it had compiled the
 * module itself. So a module that takes the compiler over does as much harm as
 * it would in the parent; the process limits resources, not the code that comes
 * out.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "engine/compiler.h"
#include "engine/compiler_impl.h"
#include "engine/component.h"
#include "engine/engine_class.h"
#include "engine/names.h"

#define STATUS_WRONG 2
#define STATUS_FAILED 1

/* Descriptors for the three that it has, and for what the C library and the
 * engine look at in passing. */
#define DESCRIPTORS 32

static bool parse_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *number <= max;
}

/* False: it was not started by this program. */
static bool parse_arguments(int argc, char **argv,
			    struct ln_compiler_order *order)
{
	uint64_t variant, seconds, background, parent;

	if (argc != LN_COMPILER_ARGUMENTS ||
	    strcmp(argv[LN_COMPILER_KEY], ln_compiler_key) != 0 ||
	    !parse_number(argv[LN_COMPILER_VARIANT], LN_VARIANTS - 1,
			  &variant) ||
	    !parse_number(argv[LN_COMPILER_MEMORY], LN_COMPILE_MEMORY_MAX,
			  &order->memory) ||
	    !parse_number(argv[LN_COMPILER_SECONDS], LN_COMPILE_SECONDS_MAX,
			  &seconds) ||
	    !parse_number(argv[LN_COMPILER_BACKGROUND], 1, &background) ||
	    !parse_number(argv[LN_COMPILER_PARENT], INT32_MAX, &parent))
		return false;
	order->variant = (unsigned)variant;
	order->seconds = (uint32_t)seconds;
	order->background = background != 0;
	order->parent = (pid_t)parent;
	return true;
}

static bool set_limit(int resource, uint64_t value, uint64_t hard)
{
	const struct rlimit limit = { .rlim_cur = value, .rlim_max = hard };
	struct rlimit old;

	/* Not above what the whole program has. */
	if (getrlimit((__rlimit_resource_t)resource, &old) == 0 &&
	    old.rlim_max <= value)
		return true;
	return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

/* Whoever started the program may have left others open in it, and only glibc
 * 2.34 closes them before. */
static bool close_others(void)
{
	struct dirent *entry;
	DIR *folder;

	if (syscall(__NR_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		return true;
	/* Before Linux 5.9. */
	folder = opendir("/proc/self/fd");
	if (folder == NULL)
		return false;
	while ((entry = readdir(folder)) != NULL) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO && fd != dirfd(folder))
			ln_fd_close(fd);
	}
	closedir(folder);
	return true;
}

/* Takes on all limits; false: one of them cannot be set. */
static bool restrict_self(const struct ln_compiler_order *order)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != order->parent)
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return false;
	(void)prctl(PR_SET_NAME, "ln-compiler");
	if (!close_others())
		return false;
	/* A priority that cannot be lowered is no reason to fail. */
	if (order->background)
		(void)setpriority(PRIO_PROCESS, 0, LN_COMPILER_NICE);
	/* A file in memory that gets too long fails a write, no more. */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	/* The time is up with SIGXCPU, and for certain a second later. */
	return set_limit(RLIMIT_CORE, 0, 0) &&
	       set_limit(RLIMIT_CPU, order->seconds, order->seconds + 1) &&
	       set_limit(RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS) &&
	       set_limit(RLIMIT_FSIZE, order->memory, order->memory) &&
	       /* The shadow memory of a sanitizer counts as data. */
	       (LN_ASAN || LN_TSAN ||
		set_limit(RLIMIT_DATA, order->memory, order->memory));
}

static void say(const char *text)
{
	/* In one piece: pipes keep those of up to PIPE_BUF bytes together. If
	 * it cannot be said, nobody listens any more. */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(STATUS_FAILED);
}

static bool write_all(const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* The line that is said: one thread, one line at a time. */
static char line[LN_COMPILER_LINE];

/* Why not: a text or NULL, see engine_class.h. */
static int refuse(const char *text)
{
	if (text == NULL || strstr(text, strerror(ENOMEM)) != NULL) {
		say(LN_COMPILER_MEMORY_TEXT " failed\n");
		return STATUS_FAILED;
	}
	/* Of a text that is too long the end is left out, not that of the line.
	 */
	(void)snprintf(line, sizeof(line), "%s%.*s\n", LN_COMPILER_REFUSED,
		       (int)(sizeof(line) - sizeof(LN_COMPILER_REFUSED) - 1),
		       text);
	say(line);
	return 0;
}

static int hand_over(void *argument, const uint8_t *bytes, size_t len)
{
	(void)argument;
	if (!write_all(bytes, len))
		return LN_ENOMEM;
	(void)snprintf(line, sizeof(line), "%s%zu\n", LN_COMPILER_DONE, len);
	say(line);
	return 0;
}

static int compile(struct ln_variant *variant, const uint8_t *bytes, size_t len)
{
	const struct ln_engine_class *class = ln_engine_default();
	struct ln_compiled *code;
	uint8_t *copy;
	char *text;
	int error;

	/* The compiler does not see names, see engine/names.h. */
	error = ln_component_is(bytes, len)
			? ln_component_hide_names(bytes, len, &copy)
			: ln_names_hide(bytes, len, &copy);
	if (error < 0) {
		say(LN_COMPILER_MEMORY_TEXT " of a copy failed\n");
		return STATUS_FAILED;
	}
	if (class->compile(variant, copy != NULL ? copy : bytes, len, &code,
			   &text) < 0)
		return refuse(text);
	free(copy);
	if (class->serialize(code, hand_over, NULL) < 0) {
		say(LN_COMPILER_MEMORY_TEXT " of its code failed\n");
		return STATUS_FAILED;
	}
	return 0;
}

int ln_compiler_serve(int argc, char **argv)
{
	struct ln_compiler_order order;
	struct ln_variant *variant;
	struct stat stat;
	void *bytes;

	if (!parse_arguments(argc, argv, &order) || !restrict_self(&order))
		return STATUS_WRONG;
	if (fstat(STDIN_FILENO, &stat) != 0 || stat.st_size <= 0)
		return STATUS_WRONG;
	bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE,
		     STDIN_FILENO, 0);
	if (bytes == MAP_FAILED)
		return STATUS_WRONG;
	variant = ln_engine_default()->variant_new(NULL, order.variant);
	if (variant == NULL)
		return STATUS_WRONG;
	say(LN_COMPILER_READY "\n");
	/* Nothing is freed: the process is over. */
	return compile(variant, bytes, (size_t)stat.st_size);
}
