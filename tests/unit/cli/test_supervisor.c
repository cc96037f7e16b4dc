/* Signs of life for a supervisor: only while every worker goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "cli/supervisor.h"
#include "process/runtime.h"
#include "sched/sched.h"
#include "support/processes.h"
#include "support/tasks.h"

/* An abstract socket, to which the program tells. */
static int listen_as(char name[64])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 30 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int len = snprintf(name, 64, "@lunatic-unit-%d", (int)getpid());

	assert_true(fd >= 0 && len > 0);
	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&address,
		     (socklen_t)offsetof(struct sockaddr_un, sun_path) +
			     (socklen_t)len),
		0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* Takes messages up to one with the text. */
static void wait_for(int fd, const char *text)
{
	char message[1024];
	ssize_t n;

	do {
		n = recv(fd, message, sizeof(message) - 1, 0);
		assert_true(n > 0);
		message[n] = '\0';
	} while (strstr(message, text) == NULL);
}

/* Signs of life that have come and are not taken. */
static unsigned signs(int fd)
{
	char message[1024];
	unsigned count = 0;
	ssize_t n;

	while ((n = recv(fd, message, sizeof(message) - 1, MSG_DONTWAIT)) > 0) {
		message[n] = '\0';
		count += strstr(message, "WATCHDOG=1") != NULL;
	}
	return count;
}

static _Atomic bool hangs;
static _Atomic bool released;

/* Keeps its worker, as a host function would that hangs. */
static enum ln_outcome hang(struct ln_process *self)
{
	(void)self;
	atomic_store(&hangs, true);
	while (!atomic_load(&released))
		;
	return LN_OUTCOME_NORMAL;
}

/* Uses a worker, but lets others run. */
static enum ln_outcome work(struct ln_process *self)
{
	while (!atomic_load(&released) && !ln_task_interrupted(&self->task))
		ln_task_rest();
	return LN_OUTCOME_NORMAL;
}

static void start_watching(char name[64])
{
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "40000", 1);
	unsetenv("WATCHDOG_PID");
}

static void hides_no_stuck_worker(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct ln_sched *sched = environment->runtime->sched;
	struct ln_supervisor *supervisor;
	struct ln_process *process;
	uint64_t tick;
	char name[64];
	int fd = listen_as(name);

	(void)state;
	start_watching(name);
	supervisor = ln_supervisor_start(environment->runtime, 0);
	assert_non_null(supervisor);
	ln_runtime_enter(environment->runtime, LN_RUNTIME_READY);
	ln_supervisor_wake(supervisor);
	wait_for(fd, "READY=1\n");
	wait_for(fd, "WATCHDOG=1");

	/* A worker that serves a task for long is not stuck. */
	atomic_store(&released, false);
	process = test_process_start(environment, work, NULL);
	for (int i = 0; i < 3; i++)
		wait_for(fd, "WATCHDOG=1");
	atomic_store(&released, true);
	test_process_wait(process);

	/* One that hangs is, while the other one has nothing to do. */
	atomic_store(&released, false);
	process = test_process_start(environment, hang, NULL);
	while (!atomic_load(&hangs))
		test_nap();
	tick = ln_sched_ticks(sched);
	while (!ln_sched_stuck(sched, tick) || ln_sched_ticks(sched) < tick + 5)
		test_nap();
	/* What was on its way by then has come. */
	usleep(100000);
	(void)signs(fd);
	usleep(300000);
	assert_int_equal(signs(fd), 0);
	atomic_store(&released, true);
	test_process_wait(process);
	wait_for(fd, "WATCHDOG=1");

	ln_supervisor_stop(supervisor);
	test_environment_free(environment);
	close(fd);
}

static void nobody_is_told(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_null(ln_supervisor_start(environment->runtime, 0));
	ln_supervisor_wake(NULL);
	ln_supervisor_stop(NULL);
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hides_no_stuck_worker),
		cmocka_unit_test(nobody_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
