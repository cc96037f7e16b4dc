#include "cli/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define STEP_MS 10
#define STEPS 300 /* until it is killed */

/* In the child. */
static void begin(const char *const *words, const char *const *variables,
		  int output)
{
	sigset_t none;

	sigemptyset(&none);
	/* These cannot fail: the arguments are valid. */
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (; variables != NULL && *variables != NULL; variables++) {
		if (putenv((char *)(uintptr_t)*variables) != 0)
			return;
	}
	if (output != STDOUT_FILENO && dup2(output, STDOUT_FILENO) < 0)
		return;
	execvp(words[0], (char *const *)(uintptr_t)words);
}

pid_t ln_child_start(const char *const *words, const char *const *variables,
		     int output)
{
	pid_t pid;

	if (fflush(NULL) != 0)
		return -1;
	pid = fork();
	if (pid < 0)
		ln_log_say("cannot start '%s': %s", words[0], strerror(errno));
	if (pid != 0)
		return pid;
	begin(words, variables, output);
	ln_log_say("cannot run '%s': %s", words[0], strerror(errno));
	_exit(127);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int ln_child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	return status_of(status);
}

bool ln_child_has_ended(pid_t pid, int *status)
{
	int raw;

	if (waitpid(pid, &raw, WNOHANG) != pid)
		return false;
	*status = status_of(raw);
	return true;
}

int ln_child_run(const char *const *words, const char *const *variables)
{
	pid_t pid = ln_child_start(words, variables, STDOUT_FILENO);

	return pid < 0 ? 1 : ln_child_wait(pid);
}

void ln_child_stop(pid_t pid)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int status;

	/* It may have ended. */
	(void)kill(pid, SIGTERM);
	for (int i = 0; i < STEPS; i++) {
		if (ln_child_has_ended(pid, &status))
			return;
		nanosleep(&step, NULL);
	}
	(void)kill(pid, SIGKILL);
	ln_child_wait(pid);
}

/* Whether a folder, of `len` bytes, has that program. */
static bool has_program(const char *folder, size_t len, const char *program)
{
	char *path;
	bool has;

	if (asprintf(&path, "%.*s/%s", (int)len, folder, program) < 0)
		return false;
	has = access(path, X_OK) == 0;
	free(path);
	return has;
}

bool ln_child_is_installed(const char *program)
{
	const char *at = getenv("PATH");

	while (at != NULL) {
		const char *end = strchrnul(at, ':');

		if (has_program(at, (size_t)(end - at), program))
			return true;
		at = *end != '\0' ? end + 1 : NULL;
	}
	return false;
}
