/*
 * DESIGN
 * Process 1 inherits processes whose parents have ended, and has to wait for
 * each; and the kernel ignores signals to it that it does not handle. The
 * runtime waits for children of its own, those that compile, so it stays apart
 * from that: it is a child of a process that does nothing else.
 *
 * A signal that the terminal sends comes to both, as they are one group; only
 * what a process has sent is passed on. The kernel ends the child with its
 * parent.
 */
#include "cli/pid_one.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

/* Waits for all that have ended; true: one was the child. */
static bool reap(pid_t child, int *status)
{
	bool ended = false;
	int its;
	pid_t pid;

	while ((pid = waitpid(-1, &its, WNOHANG)) > 0) {
		if (pid != child)
			continue;
		*status = its;
		ended = true;
	}
	return ended;
}

static _Noreturn void serve(pid_t child, const sigset_t *all)
{
	int status = 0;
	siginfo_t info;

	while (!reap(child, &status)) {
		int number = sigwaitinfo(all, &info);

		/* It has not been waited for, so its id is its own. */
		if (number > 0 && number != SIGCHLD &&
		    info.si_code != SI_KERNEL)
			(void)kill(child, number);
	}
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				  : WEXITSTATUS(status));
}

/* What a supervisor set for this process is meant for the child. */
static void take_watchdog(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	char text[32];

	if (pid == NULL || atoi(pid) != 1)
		return;
	snprintf(text, sizeof(text), "%ld", (long)getpid());
	/* Without memory the watchdog is not told, and says so. */
	(void)setenv("WATCHDOG_PID", text, 1);
}

void ln_cli_be_first(void)
{
	sigset_t all, before;
	pid_t child;

	if (getpid() != 1)
		return;
	sigfillset(&all);
	/* What the processor reports is for the thread that caused it. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	if (sigprocmask(SIG_SETMASK, &all, &before) < 0)
		return;
	child = fork();
	if (child > 0)
		serve(child, &all);
	/* It fails only for invalid arguments. */
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		take_watchdog();
		return;
	}
	ln_log_say("process 1 cannot start another one, so the ends of orphans "
		   "are not waited for");
}
