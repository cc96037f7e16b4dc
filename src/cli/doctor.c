/*
 * DESIGN
 * `lunatic doctor`: looks at what programs and those who write them need, and
 * says what to do where something is not there. It changes nothing. What only
 * makes programs slower or smaller is a note; what stops them is a failure, as
 * is what is missing for a language that was asked for. Features of the kernel
 * are tried, since a filter of system calls may forbid what a version has.
 */
#include "cli/doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "control/place.h"
#include "lunatic_version.h"
#include "net/tls_authorities.h"

static const char usage[] =
	"Usage: lunatic doctor [--json] [LANGUAGE...]\n"
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
	"anything has failed. --json prints an object for each finding: grade\n"
	"(ok, note or fail), about, finding, and advice, if any.\n";

#define SAY(grade, ...) ln_doctor_say(LN_DOCTOR_##grade, __VA_ARGS__)

/* Threads that are enough: workers, those for files and names, a few. */
#define THREADS 64

static bool failed;
static bool as_json;
static bool complete = true; /* all could be printed */

static void print_text(enum ln_doctor_grade grade, const char *advice,
		       const char *finding)
{
	static const char *const names[] = { "ok  ", "note", "FAIL" };

	printf("%s  %s\n", names[grade], finding);
	while (advice != NULL) {
		size_t len = strcspn(advice, "\n");

		printf("        %.*s\n", (int)len, advice);
		advice = advice[len] != '\0' ? advice + len + 1 : NULL;
	}
}

static bool print_json(enum ln_doctor_grade grade, const char *about,
		       const char *advice, const char *finding)
{
	static const char *const names[] = { "ok", "note", "fail" };
	json_t *object = json_pack("{s:s, s:s, s:s}", "grade", names[grade],
				   "about", about, "finding", finding);
	bool printed = object != NULL;

	if (printed && advice != NULL)
		printed = json_object_set_new(object, "advice",
					      json_string(advice)) == 0;
	printed = printed && ln_ask_print_json(object);
	json_decref(object);
	return printed;
}

void ln_doctor_say(enum ln_doctor_grade grade, const char *about,
		   const char *advice, const char *format, ...)
{
	char *finding = NULL, *clean = NULL;
	va_list arguments;

	failed = failed || grade == LN_DOCTOR_FAIL;
	va_start(arguments, format);
	if (vasprintf(&finding, format, arguments) < 0)
		finding = NULL;
	va_end(arguments);
	complete = complete && finding != NULL;
	if (finding == NULL)
		return;
	/* It has paths and versions that others chose. */
	finding[ln_text_clean(finding, strlen(finding), false)] = '\0';
	if (advice != NULL && (clean = strdup(advice)) != NULL)
		clean[ln_text_clean(clean, strlen(clean), true)] = '\0';
	if (as_json)
		complete = print_json(grade, about, clean, finding) && complete;
	else
		print_text(grade, clean, finding);
	free(clean);
	free(finding);
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
		SAY(NOTE, "kernel", NULL,
		    "the kernel does not say its version");
		return;
	}
	if (major < 5 || (major == 5 && minor < 10))
		SAY(NOTE, "kernel",
		    "lunatic is tested with Linux 5.10 and later", "%s %s",
		    name.sysname, name.release);
	else if (major < 6 || (major == 6 && minor < 7))
		SAY(NOTE, "kernel",
		    "with Linux 6.7 or later, spawns are faster where "
		    "processes live densely (PAGEMAP_SCAN)",
		    "%s %s", name.sysname, name.release);
	else if (major == 6 && minor < 14)
		SAY(NOTE, "kernel",
		    "with Linux 6.14 or later, folded processes take some KiB "
		    "less each (page tables)",
		    "%s %s", name.sysname, name.release);
	else
		SAY(OK, "kernel", NULL, "%s %s", name.sysname, name.release);
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
		SAY(OK, "code", NULL, "compiled code may be executed");
	else
#if LN_HAS_WASMI
		SAY(NOTE, "code",
		    "use --engine wasmi, which interprets; or allow it "
		    "(systemd: MemoryDenyWriteExecute=no)",
		    "memory may not be made executable");
#else
		SAY(FAIL, "code",
		    "allow it (SystemCallFilter=, MemoryDenyWriteExecute=no), "
		    "or build lunatic with the engine wasmi",
		    "memory may not be made executable");
#endif
}

/* System calls that older kernels lack, and filters forbid. */
static void look_at_calls(void)
{
	int fd = memfd_create("doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		SAY(NOTE, "memfd",
		    "allow memfd_create in the filter of system calls "
		    "(seccomp, SystemCallFilter=)",
		    "there are no files in memory, so processes of a module "
		    "share none of its data, and take more memory: %s",
		    strerror(errno));
	else
		SAY(OK, "memfd", NULL, "processes of a module share its data");
	if (fd >= 0)
		ln_fd_close(fd);
	if (ln_beneath_steps())
		SAY(NOTE, "openat2",
		    "it takes Linux 5.6 or later, and a filter of system calls "
		    "(seccomp, SystemCallFilter=) that allows openat2",
		    "guests open files in several steps, which is slower");
	else
		SAY(OK, "openat2", NULL, "guests open files in one step");
}

static void look_at_mappings(void)
{
	long long max = number_in("/proc/sys/vm/max_map_count");
	long long overcommit = number_in("/proc/sys/vm/overcommit_memory");

	if (max >= 65530)
		SAY(OK, "max_map_count", NULL, "vm.max_map_count is %lld", max);
	else if (max >= 0)
		SAY(NOTE, "max_map_count",
		    "as root: sysctl -w vm.max_map_count=65530",
		    "vm.max_map_count is %lld: fewer processes get the fast "
		    "tier of memory",
		    max);
	if (overcommit == 2)
		SAY(NOTE, "overcommit",
		    "as root: sysctl -w vm.overcommit_memory=0",
		    "vm.overcommit_memory is 2: the memory that processes may "
		    "grow to counts as if they had it");
	else
		SAY(OK, "overcommit", NULL,
		    "memory is not counted before it is used");
}

/* ---- Limits ---- */

static void look_at_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		unsigned long long max = limit.rlim_max;

		if (limit.rlim_max == RLIM_INFINITY || max >= 65536)
			SAY(OK, "descriptors", NULL,
			    "descriptors: at most %llu", max);
		else
			SAY(NOTE, "descriptors",
			    "raise the hard limit: ulimit -Hn, LimitNOFILE= of "
			    "systemd, --ulimit nofile= of a container",
			    "descriptors: at most %llu, and each connection "
			    "and open file takes one",
			    max);
	}
	if (getrlimit(RLIMIT_AS, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY) {
		unsigned long long mib = limit.rlim_cur >> 20;

		ln_doctor_say(
			mib < 512 ? LN_DOCTOR_FAIL : LN_DOCTOR_NOTE,
			"addresses",
			"ulimit -v unlimited, and a limit of memory by cgroups",
			"address space: at most %llu MiB, so processes get the "
			"dense tier of memory",
			mib);
	} else {
		SAY(OK, "addresses", NULL, "address space is not limited");
	}
}

/* The control group of this program in the hierarchy that a line of
 * /proc/self/cgroup with `mark` names, for the caller to free; NULL: there is
 * none. */
static char *find_group(const char *mark)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *group = NULL;
	size_t room = 0;

	while (file != NULL && group == NULL &&
	       getline(&line, &room, file) >= 0) {
		const char *at = strstr(line, mark);

		line[strcspn(line, "\n")] = '\0';
		if (at != NULL)
			group = strdup(at + strlen(mark));
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

/* The smallest number that a file of the group, or of one above it, has; -1:
 * there is none, or all say "max". */
static long long smallest(const char *mark, const char *below, const char *name)
{
	char *group = find_group(mark);
	char *path = NULL;
	long long min = -1;

	if (group == NULL || asprintf(&path, "%s%s", below, group) < 0)
		path = NULL;
	free(group);
	for (char *end = path; end != NULL;) {
		FILE *file = open_in(path, name);
		long long number;

		if (file != NULL) {
			if (fscanf(file, "%lld", &number) == 1 &&
			    (min < 0 || number < min))
				min = number;
			fclose(file);
		}
		end = strrchr(path, '/');
		if (end != NULL)
			*end = '\0';
	}
	free(path);
	return min;
}

/* Groups above this one may have less time, and are not looked at. */
static void look_at_time(const char *group)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	long long quota = 0, period = 0;
	FILE *file = open_in(group, "cpu.max");

	if (file != NULL) {
		/* "max" is no number. */
		if (fscanf(file, "%lld %lld", &quota, &period) != 2 ||
		    quota < 1 || period < 1)
			period = 0;
		fclose(file);
	}
	if (period > 0 && quota < period * processors)
		SAY(NOTE, "processors",
		    "give --workers no more than the first by the second, "
		    "rounded up: one more only waits for the others' time",
		    "this control group gets %lld us of each %lld us, on %ld "
		    "processors",
		    quota, period, processors);
	else
		SAY(OK, "processors", NULL, "%ld processors", processors);
}

static void look_at_group(void)
{
	long long memory = smallest("0::", "", "memory.max");
	long long threads = smallest("0::", "", "pids.max");
	char *group = find_group("0::");

	/* Version 1 has a number near 2^63 for "no limit". */
	if (memory < 0)
		memory = smallest(":memory:", "/memory",
				  "memory.limit_in_bytes");
	if (threads < 0)
		threads = smallest(":pids:", "/pids", "pids.max");
	if (memory >= 0 && memory < 1LL << 60)
		SAY(OK, "memory", NULL,
		    "this control group may use %lld MiB; past that the kernel "
		    "ends the program",
		    memory >> 20);
	else
		SAY(OK, "memory", NULL, "no control group limits memory");
	if (threads >= 0 && threads < THREADS)
		SAY(NOTE, "threads",
		    "allow more: TasksMax= of systemd, --pids-limit of a "
		    "container",
		    "this control group may have %lld threads, and lunatic "
		    "takes one for each worker and some for files and names",
		    threads);
	else
		SAY(OK, "threads", NULL, "enough threads may be started");
	look_at_time(group != NULL ? group : "");
	free(group);
}

/* ---- The network ---- */

static bool may_listen(int family, const struct sockaddr *address,
		       socklen_t size)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool may;
	int error;

	if (fd < 0)
		return false;
	may = bind(fd, address, size) == 0 && listen(fd, 1) == 0;
	error = errno;
	ln_fd_close(fd);
	errno = error;
	return may;
}

static void look_at_network(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	long long first =
		number_in("/proc/sys/net/ipv4/ip_unprivileged_port_start");

	if (may_listen(AF_INET, (const struct sockaddr *)&v4, sizeof(v4)))
		SAY(OK, "ipv4", NULL, "programs may listen at 127.0.0.1");
	else
		SAY(NOTE, "ipv4",
		    "as root: ip link set lo up; or allow sockets "
		    "(RestrictAddressFamilies= of systemd, seccomp)",
		    "programs may not listen at 127.0.0.1, so servers and "
		    "nodes do not work: %s",
		    strerror(errno));
	if (may_listen(AF_INET6, (const struct sockaddr *)&v6, sizeof(v6)))
		SAY(OK, "ipv6", NULL, "programs may listen at [::1]");
	else
		SAY(NOTE, "ipv6",
		    "use addresses of IPv4, such as 0.0.0.0 for [::]; or as "
		    "root: sysctl -w net.ipv6.conf.all.disable_ipv6=0",
		    "there is no IPv6: %s", strerror(errno));
	if (geteuid() != 0 && first > 0)
		SAY(OK, "ports", NULL,
		    "programs may listen at ports from %lld on; for lower "
		    "ones, as root: setcap cap_net_bind_service=ep on lunatic",
		    first);
	else
		SAY(OK, "ports", NULL, "programs may listen at all ports");
}

/* Whom guests trust that connect with TLS. */
static void look_at_authorities(void)
{
	struct ln_tls_authorities found = ln_tls_authorities_here();

	if (found.path != NULL)
		SAY(OK, "authorities", NULL,
		    "guests trust the authorities in %s (TLS)", found.path);
	else
		SAY(NOTE, "authorities",
		    "as root: apt-get install ca-certificates (or the package "
		    "of that name); or set SSL_CERT_FILE",
		    "there are no certificates of authorities: guests that "
		    "connect with TLS trust nobody but whom they name");
}

/* ---- Folders ---- */

/* Whether the folder, or the first above it that is there, can be written. */
static bool may_make(const char *folder)
{
	char *path = strdup(folder);
	bool may = false;

	while (path != NULL) {
		char *end;

		may = access(path[0] != '\0' ? path : "/", W_OK | X_OK) == 0;
		end = strrchr(path, '/');
		if (may || errno != ENOENT || end == NULL)
			break;
		*end = '\0';
	}
	free(path);
	return may;
}

static void look_at_cache(void)
{
	const char *given = getenv("LUNATIC_CACHE");
	char *folder = NULL;

	if (given != NULL && strcmp(given, "off") == 0) {
		SAY(NOTE, "cache", "unset LUNATIC_CACHE",
		    "compiled code is not kept: each start compiles anew");
		return;
	}
	if (given == NULL &&
	    ln_folders_find("XDG_CACHE_HOME", ".cache", &folder) < 0) {
		SAY(NOTE, "cache", "set LUNATIC_CACHE to a folder",
		    "this user has no home, so compiled code is not kept");
		return;
	}
	if (may_make(given != NULL ? given : folder))
		SAY(OK, "cache", NULL, "compiled code is kept in %s",
		    given != NULL ? given : folder);
	else
		SAY(NOTE, "cache", "set LUNATIC_CACHE to a folder of yours",
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
		SAY(OK, "control", NULL, "programs that run are found in %s",
		    folder);
	else
		SAY(NOTE, "control", error,
		    "lunatic ps, top and the like will not find programs");
	free(folder);
	free(error);
}

/* ---- The command ---- */

/* Which languages were asked for, a set of bits. Whether all are known. */
static bool parse(int argc, char **argv, unsigned *asked)
{
	*asked = 0;
	for (int i = 2; i < argc; i++) {
		unsigned language = ln_doctor_language(argv[i]);

		if (strcmp(argv[i], "--json") == 0) {
			as_json = true;
			continue;
		}
		if (language == 0) {
			ln_log_say("doctor knows c, rust, go, assemblyscript "
				   "and zig, not '%s'",
				   argv[i]);
			return false;
		}
		*asked |= language;
	}
	return true;
}

int ln_cli_doctor(int argc, char **argv)
{
	unsigned asked;
	int status;

	if (ln_cli_helps(argc, argv, usage, &status))
		return status;
	if (!parse(argc, argv, &asked))
		return 1;
	SAY(OK, "version", NULL, "lunatic %s", LUNATIC_VERSION);
	look_at_kernel();
	look_at_code();
	look_at_calls();
	look_at_mappings();
	look_at_limits();
	look_at_group();
	look_at_network();
	look_at_authorities();
	look_at_cache();
	look_at_control();
	ln_doctor_look_at_languages(asked != 0 ? asked : ~0U, asked != 0);
	return ln_cli_flush() && complete && !failed ? 0 : 1;
}
