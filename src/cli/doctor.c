/*
 * DESIGN
 * `lunatic doctor`: looks at what programs and those who write them need, and
 * says what to do where something is not there. It changes nothing. What only
 * makes programs slower or smaller is a note; what stops them is a failure, as
 * is what is missing for a language that was asked for. Compilers are asked
 * with commands of this file alone.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/folders.h"
#include "base/log.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "control/place.h"
#include "lunatic_version.h"

static const char usage[] =
	"Usage: lunatic doctor [LANGUAGE...]\n"
	"\n"
	"Looks at what lunatic and its guests need on this machine: features\n"
	"of the kernel, limits, folders, and the compilers of each language.\n"
	"Where something is missing the next line says what to do.\n"
	"\n"
	"  ok    it is there\n"
	"  note  lunatic works, but less well, or a language is not built\n"
	"  FAIL  programs do not run, or what LANGUAGE needs is missing\n"
	"\n"
	"LANGUAGE is c, rust, go, assemblyscript or zig. The status is 1 if\n"
	"anything has failed.\n";

enum grade { OK, NOTE, FAIL };

static bool failed;

static void say(enum grade grade, const char *advice, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints a finding, and what to do, if anything. */
static void say(enum grade grade, const char *advice, const char *format, ...)
{
	static const char *const names[] = { "ok  ", "note", "FAIL" };
	va_list arguments;

	failed = failed || grade == FAIL;
	printf("%s  ", names[grade]);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	if (advice != NULL)
		printf("        %s\n", advice);
}

/* ---- The kernel ---- */

/* The first number in a file; -1: there is none. */
static long long number_in(const char *path)
{
	FILE *file = fopen(path, "re");
	long long number = -1;

	if (file == NULL)
		return -1;
	if (fscanf(file, "%lld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

static void look_at_kernel(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	if (uname(&name) != 0 ||
	    sscanf(name.release, "%u.%u", &major, &minor) != 2) {
		say(NOTE, NULL, "the kernel does not say its version");
		return;
	}
	if (major < 5 || (major == 5 && minor < 10))
		say(NOTE, "lunatic is tested with Linux 5.10 and later",
		    "%s %s", name.sysname, name.release);
	else if (major < 6 || (major == 6 && minor < 7))
		say(NOTE,
		    "with Linux 6.7 or later, spawns are faster where "
		    "processes live densely (PAGEMAP_SCAN)",
		    "%s %s", name.sysname, name.release);
	else if (major == 6 && minor < 14)
		say(NOTE,
		    "with Linux 6.14 or later, folded processes take some KiB "
		    "less each (page tables)",
		    "%s %s", name.sysname, name.release);
	else
		say(OK, NULL, "%s %s", name.sysname, name.release);
}

/* Whether compiled code may be executed. */
static void look_at_code(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool may = page != MAP_FAILED &&
		   mprotect(page, size, PROT_READ | PROT_EXEC) == 0;

	/* Where that fails one page stays. */
	if (page != MAP_FAILED)
		(void)munmap(page, size);
	if (may)
		say(OK, NULL, "compiled code may be executed");
	else
#if LN_HAS_WASMI
		say(NOTE, "use --engine wasmi, which interprets",
		    "memory may not be made executable");
#else
		say(FAIL,
		    "allow it (SystemCallFilter=, MemoryDenyWriteExecute=no), "
		    "or build lunatic with the engine wasmi",
		    "memory may not be made executable");
#endif
}

static void look_at_mappings(void)
{
	long long max = number_in("/proc/sys/vm/max_map_count");
	long long overcommit = number_in("/proc/sys/vm/overcommit_memory");

	if (max >= 65530)
		say(OK, NULL, "vm.max_map_count is %lld", max);
	else if (max >= 0)
		say(NOTE, "sysctl -w vm.max_map_count=65530",
		    "vm.max_map_count is %lld: fewer processes get the fast "
		    "tier of memory",
		    max);
	if (overcommit == 2)
		say(NOTE, "sysctl -w vm.overcommit_memory=0",
		    "vm.overcommit_memory is 2: the memory that processes may "
		    "grow to counts as if they had it");
	else
		say(OK, NULL, "memory is not counted before it is used");
}

/* ---- Limits ---- */

static void look_at_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		unsigned long long max = limit.rlim_max;

		if (limit.rlim_max == RLIM_INFINITY || max >= 65536)
			say(OK, NULL, "descriptors: at most %llu", max);
		else
			say(NOTE,
			    "raise the hard limit: ulimit -Hn, LimitNOFILE= of "
			    "systemd, --ulimit nofile= of a container",
			    "descriptors: at most %llu, and each connection "
			    "and open file takes one",
			    max);
	}
	if (getrlimit(RLIMIT_AS, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY) {
		unsigned long long mib = limit.rlim_cur >> 20;

		say(mib < 512 ? FAIL : NOTE,
		    "ulimit -v unlimited, and a limit of memory by cgroups",
		    "address space: at most %llu MiB, so processes get the "
		    "dense tier of memory",
		    mib);
	} else {
		say(OK, NULL, "address space is not limited");
	}
}

/* The control group of this program (version 2), for the caller to free; NULL:
 * there is none. */
static char *find_group(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *group = NULL;
	size_t room = 0;

	while (file != NULL && group == NULL &&
	       getline(&line, &room, file) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) == 0)
			group = strdup(line + 3);
	}
	free(line);
	if (file != NULL)
		fclose(file);
	return group;
}

/* Opens a file of a control group, or returns NULL. */
static FILE *open_in(const char *group, const char *name)
{
	FILE *file = NULL;
	char *path;

	if (asprintf(&path, "/sys/fs/cgroup%s/%s", group, name) < 0)
		return NULL;
	file = fopen(path, "re");
	free(path);
	return file;
}

/* Groups above this one are not looked at. */
static void look_at_group(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	long long memory, quota = 0, period = 0;
	char *group = find_group();
	FILE *file = group != NULL ? open_in(group, "memory.max") : NULL;

	if (file != NULL) {
		if (fscanf(file, "%lld", &memory) == 1)
			say(OK, NULL, "this control group may use %lld MiB",
			    memory >> 20);
		fclose(file);
	}
	file = group != NULL ? open_in(group, "cpu.max") : NULL;
	free(group);
	if (file != NULL) {
		/* "max" is no number. */
		if (fscanf(file, "%lld %lld", &quota, &period) != 2 ||
		    quota < 1 || period < 1)
			period = 0;
		fclose(file);
	}
	if (period > 0 && quota < period * processors)
		say(NOTE,
		    "give --workers no more than the first by the second, "
		    "rounded up: one more only waits for the others' time",
		    "this control group gets %lld us of each %lld us, on %ld "
		    "processors",
		    quota, period, processors);
	else
		say(OK, NULL, "%ld processors", processors);
}

/* ---- Folders ---- */

static void look_at_cache(void)
{
	const char *given = getenv("LUNATIC_CACHE");
	char *folder = NULL;

	if (given != NULL && strcmp(given, "off") == 0) {
		say(NOTE, "unset LUNATIC_CACHE",
		    "compiled code is not kept: each start compiles anew");
		return;
	}
	if (given == NULL &&
	    ln_folders_find("XDG_CACHE_HOME", ".cache", &folder) < 0) {
		say(NOTE, "set LUNATIC_CACHE to a folder",
		    "this user has no home, so compiled code is not kept");
		return;
	}
	if (access(given != NULL ? given : folder, W_OK) == 0 ||
	    errno == ENOENT)
		say(OK, NULL, "compiled code is kept in %s",
		    given != NULL ? given : folder);
	else
		say(NOTE, "set LUNATIC_CACHE to a folder of yours",
		    "compiled code cannot be kept in %s: %s",
		    given != NULL ? given : folder, strerror(errno));
	free(folder);
}

static void look_at_control(void)
{
	char *folder = NULL;
	char *error = NULL;
	int result = ln_control_folder(NULL, &folder, &error);

	if (result == 0)
		result = ln_control_make_folder(folder, &error);
	if (result == 0)
		say(OK, NULL, "programs that run are found in %s", folder);
	else
		say(NOTE, error,
		    "lunatic ps, top and the like will not find programs");
	free(folder);
	free(error);
}

/* ---- Languages ---- */

/* The first line that a command prints, which is a constant; false: none. */
static bool ask(const char *command, char *line, size_t size)
{
	/* NOLINTNEXTLINE(cert-env33-c): no word of it is somebody else's. */
	FILE *out = popen(command, "re");
	bool said;

	if (out == NULL)
		return false;
	said = fgets(line, (int)size, out) != NULL;
	if (pclose(out) != 0 || !said)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return line[0] != '\0';
}

/* What one language needs, in the order in which it is looked for. */
struct need {
	const char *program; /* in the PATH; NULL: any */
	const char *command; /* prints a line if it is there; NULL: any */
	const char *advice;
};

static const struct language {
	const char *word;
	const char *name;
	const char *version; /* a command that prints a line; */
	struct need needs[5];
} languages[] = {
	{ "c",
	  "C",
	  "clang-19 --version 2>/dev/null",
	  { { "lunatic-cc", NULL,
	      "lunatic-cc is installed beside lunatic: add its folder to the "
	      "PATH" },
	    { "clang-19", NULL, "on Debian: apt-get install clang-19" },
	    { "wasm-ld-19", NULL, "on Debian: apt-get install lld-19" },
	    { NULL,
	      "ls \"$(clang-19 --target=wasm32-wasi -print-file-name=libc.a)\" "
	      "2>/dev/null",
	      "on Debian: apt-get install wasi-libc" },
	    { NULL,
	      "ls \"$(clang-19 --target=wasm32-wasi "
	      "-print-libgcc-file-name)\" 2>/dev/null",
	      "on Debian: apt-get install libclang-rt-19-dev-wasm32" } } },
	{ "rust",
	  "Rust",
	  "rustc --version 2>/dev/null",
	  { { "cargo", NULL, "https://rustup.rs installs it" },
	    { NULL,
	      "ls -d \"$(rustc --print target-libdir --target wasm32-wasip1)\" "
	      "2>/dev/null",
	      "rustup target add wasm32-wasip1" } } },
	{ "go",
	  "Go",
	  "go version 2>/dev/null",
	  { { "go", NULL, "https://go.dev/dl has it, 1.24 or later" },
	    { NULL,
	      "go version 2>/dev/null | grep -vE ' go1\\.([0-9]|1[0-9]|2[0-3])"
	      "[. ]'",
	      "Go 1.24 or later is needed: https://go.dev/dl" } } },
	{ "assemblyscript",
	  "AssemblyScript",
	  "node --version 2>/dev/null",
	  { { "npm", NULL,
	      "https://nodejs.org has it; npm install then gets the compiler "
	      "of a project" } } },
	{ "zig",
	  "Zig",
	  "{ zig version || python3 -m ziglang version; } 2>/dev/null",
	  { { NULL,
	      "{ zig version || python3 -m ziglang version; } 2>/dev/null",
	      "pip install ziglang, or https://ziglang.org/download" },
	    { NULL,
	      "{ zig version || python3 -m ziglang version; } 2>/dev/null | "
	      "grep -vE '^0\\.([0-9]|1[0-6])\\.'",
	      "Zig 0.17 or later is needed: pip install -U ziglang, or "
	      "https://ziglang.org/download" } } },
};

#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))
#define NEEDS (sizeof(languages[0].needs) / sizeof(languages[0].needs[0]))

static bool is_there(const struct need *need)
{
	char line[512];

	if (need->program != NULL && !ln_child_is_installed(need->program))
		return false;
	return need->command == NULL || ask(need->command, line, sizeof(line));
}

static void look_at_language(const struct language *language, bool asked_for)
{
	char version[256];

	for (size_t i = 0; i < NEEDS; i++) {
		const struct need *need = &language->needs[i];

		if (need->advice == NULL || is_there(need))
			continue;
		say(asked_for ? FAIL : NOTE, need->advice,
		    "guests in %s cannot be built", language->name);
		return;
	}
	if (!ask(language->version, version, sizeof(version)))
		version[0] = '\0';
	say(OK, NULL, "guests in %s: %s", language->name, version);
}

/* ---- The command ---- */

/* Which languages were asked for, a bit for each; -1: there is no such. */
static int parse(int argc, char **argv)
{
	int asked = 0;

	for (int i = 2; i < argc; i++) {
		size_t at = 0;

		while (at < LANGUAGES &&
		       strcmp(languages[at].word, argv[i]) != 0)
			at++;
		if (at == LANGUAGES) {
			ln_log_say("doctor knows c, rust, go, assemblyscript "
				   "and zig, not '%s'",
				   argv[i]);
			return -1;
		}
		asked |= 1 << at;
	}
	return asked;
}

int ln_cli_doctor(int argc, char **argv)
{
	int asked, status;

	if (ln_cli_helps(argc, argv, usage, &status))
		return status;
	asked = parse(argc, argv);
	if (asked < 0)
		return 1;
	say(OK, NULL, "lunatic %s", LUNATIC_VERSION);
	look_at_kernel();
	look_at_code();
	look_at_mappings();
	look_at_limits();
	look_at_group();
	look_at_cache();
	look_at_control();
	for (size_t i = 0; i < LANGUAGES; i++) {
		if (asked == 0 || asked & 1 << i)
			look_at_language(&languages[i], asked != 0);
	}
	return ln_cli_flush() && !failed ? 0 : 1;
}
