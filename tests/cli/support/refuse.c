/*
 * Runs a program for which the kernel refuses some of its system calls.
 *
 *	refuse CALLS ERROR FIRST LAST PROGRAM ARGUMENT...
 *
 * CALLS are names from the table below, with commas in between. Counted
 * together over all threads, from the start of the program on, those from
 * number FIRST to number LAST fail with the number ERROR of errno; LAST 0: all
 * that follow. How many there were goes to descriptor 3 when it is open. Ends
 * as the program does, or with 128 and the signal that killed it; 77: the
 * kernel cannot do this.
 *
 * A filter of the program hands these calls to this process, which answers
 * them: so any program can be run, and no thread of it gets around. Where all
 * of them fail the filter says so by itself, which is faster; then nothing is
 * counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNSUPPORTED 77
#define CALLS_MAX 64
/* The ioctl PAGEMAP_SCAN, of 12 words. */
#define SCAN 0xc0606610u
/* Linux 6.6; older headers lack it. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS _IOW('!', 4, unsigned long long)
#endif
#define SYNC_WAKE_UP 1ull

static const struct {
	const char *name;
	int number;
} table[] = {
	{ "madvise", SYS_madvise },
	{ "mmap", SYS_mmap },
	{ "mprotect", SYS_mprotect },
	{ "mremap", SYS_mremap },
	{ "munmap", SYS_munmap },
	{ "clone", SYS_clone },
	{ "clone", SYS_clone3 },
	{ "sigaltstack", SYS_sigaltstack },
	{ "sigaction", SYS_rt_sigaction },
	{ "sigprocmask", SYS_rt_sigprocmask },
	{ "epoll_create", SYS_epoll_create1 },
	{ "epoll_ctl", SYS_epoll_ctl },
	{ "eventfd", SYS_eventfd2 },
	{ "pipe", SYS_pipe2 },
	{ "memfd", SYS_memfd_create },
	{ "prctl", SYS_prctl },
	{ "affinity", SYS_sched_getaffinity },
	{ "membarrier", SYS_membarrier },
	{ "getrandom", SYS_getrandom },
	{ "open", SYS_openat },
	{ "open", SYS_openat2 },
	{ "scan", SYS_ioctl },
};
#define TABLE (sizeof(table) / sizeof(table[0]))

static struct sock_filter filter[2 * CALLS_MAX + 8];
static unsigned short filter_len;

static void add(unsigned short code, unsigned value, unsigned char yes,
		unsigned char no)
{
	filter[filter_len++] = (struct sock_filter){ code, yes, no, value };
}

#define LOAD(field)                   \
	add(BPF_LD | BPF_W | BPF_ABS, \
	    (unsigned)offsetof(struct seccomp_data, field), 0, 0)

/* Adds what does `action` with the calls of one name. */
static int add_name(const char *name, unsigned action)
{
	int found = 0;

	for (size_t i = 0; i < TABLE; i++) {
		if (strcmp(table[i].name, name) != 0)
			continue;
		found = 1;
		LOAD(nr);
		if (strcmp(name, "scan") == 0) {
			add(BPF_JMP | BPF_JEQ | BPF_K,
			    (unsigned)table[i].number, 0, 3);
			LOAD(args[1]);
			add(BPF_JMP | BPF_JEQ | BPF_K, SCAN, 0, 1);
		} else {
			add(BPF_JMP | BPF_JEQ | BPF_K,
			    (unsigned)table[i].number, 0, 1);
		}
		add(BPF_RET | BPF_K, action, 0, 0);
	}
	return found;
}

static void make_filter(char *names, unsigned action)
{
	for (char *name = strtok(names, ","); name != NULL;
	     name = strtok(NULL, ",")) {
		if (filter_len > CALLS_MAX || !add_name(name, action)) {
			fprintf(stderr, "refuse: unknown call '%s'\n", name);
			exit(2);
		}
	}
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

/* In the child, which shares its descriptors with the parent until it becomes
 * the program. */
static void become(int tell, char **program)
{
	struct sock_fprog code = { .len = filter_len, .filter = filter };
	unsigned flags = tell < 0 ? 0 : SECCOMP_FILTER_FLAG_NEW_LISTENER;
	int listener;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
				&code);
	if ((tell >= 0 && write(tell, &listener, sizeof(listener)) < 0) ||
	    listener < 0)
		_exit(UNSUPPORTED);
	execv(program[0], program);
	perror(program[0]);
	_exit(127);
}

/* Answers the calls until there is nobody left to make some. Returns how many
 * there were. */
static unsigned long answer(int listener, int number, unsigned long first,
			    unsigned long last)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	unsigned long count = 0;

	/* It is only faster. */
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP);
	for (;;) {
		struct seccomp_notif call = { 0 };
		struct seccomp_notif_resp response = { 0 };

		if (poll(&ready, 1, -1) < 0 && errno != EINTR)
			return count;
		if ((ready.revents & POLLIN) == 0) {
			if ((ready.revents & POLLHUP) != 0)
				return count;
			continue;
		}
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			continue; /* it was killed meanwhile */
		count++;
		response.id = call.id;
		if (count >= first && (last == 0 || count <= last))
			response.error = -number;
		else
			response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 &&
		    errno != ENOENT)
			return count;
	}
}

int main(int argc, char **argv)
{
	int listener = -1, status, pipes[2];
	unsigned long first, last, count;
	pid_t child;

	if (argc < 6) {
		fprintf(stderr, "usage: refuse CALLS ERROR FIRST LAST PROGRAM "
				"ARGUMENT...\n");
		return 2;
	}
	first = strtoul(argv[3], NULL, 10);
	last = strtoul(argv[4], NULL, 10);
	if (first <= 1 && last == 0) {
		make_filter(argv[1],
			    SECCOMP_RET_ERRNO | (unsigned)atoi(argv[2]));
		become(-1, argv + 5);
	}
	make_filter(argv[1], SECCOMP_RET_USER_NOTIF);
	if (pipe(pipes) < 0)
		return UNSUPPORTED;
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL,
			       NULL, NULL);
	if (child == 0)
		become(pipes[1], argv + 5);
	if (child < 0 ||
	    read(pipes[0], &listener, sizeof(listener)) != sizeof(listener) ||
	    listener < 0)
		return UNSUPPORTED;
	count = answer(listener, atoi(argv[2]), first, last);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return UNSUPPORTED;
	}
	dprintf(3, "%lu\n", count);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
