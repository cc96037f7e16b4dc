/*
 * DESIGN
 * The handler runs on the stack that was interrupted, the fiber's, so that it
 * may leave that stack in the middle of the handler: the frame that the kernel
 * has put there holds all registers, and the kernel takes them from there
 * whenever, and in whichever thread, the handler returns. Hence no alternate
 * stack, and SA_NODEFER: the signal stays unblocked in the thread that goes on
 * with another task. The frame also names the alternate stack that the thread
 * had, which the return would give to the thread that it happens in: whoever
 * switches puts the right one there (ln_preempt_yield).
 *
 * Host code is interrupted as well, and then nothing happens: the hook switches
 * only where guest code was interrupted, which holds no lock and is in the
 * middle of no C function.
 */
#include "sched/preempt.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/error.h"
#include "sched/task.h"
#include "sched/worker.h"

static struct sigaction before;
static bool installed; /* set once */

static void pass_on(int number, siginfo_t *info, void *context)
{
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(number, info, context);
	else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		before.sa_handler(number);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	struct ln_worker *worker = ln_worker_current();
	void *local = ln_task_running_local;

	if (info->si_code != SI_TKILL || info->si_pid != getpid() ||
	    worker == NULL) {
		pass_on(number, info, context);
		return;
	}
	if (local != NULL && worker->sched->options.on_preempt != NULL)
		worker->sched->options.on_preempt(local, context);
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_RESTART |
						SA_NODEFER };

	sigemptyset(&action.sa_mask);
	installed = sigaction(LN_PREEMPT_SIGNAL, &action, &before) == 0;
}

void ln_preempt_yield(struct ln_task *task, void *context)
{
	ucontext_t *frame = context;

	ln_task_yield(task);
	/* With flags that do not exist the kernel leaves the thread's as it is,
	 * see do_sigaltstack in Linux. */
	if (sigaltstack(NULL, &frame->uc_stack) < 0)
		frame->uc_stack.ss_flags = ~0;
}

int ln_preempt_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	return installed ? 0 : LN_EUNSUP;
}
