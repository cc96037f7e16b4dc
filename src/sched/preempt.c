/*
 * DESIGN
 * The handler runs on the stack that was interrupted, the fiber's, so that it
 * may leave that stack in the middle of the handler: the frame that the kernel
 * has put there holds all registers, and the kernel takes them from there
 * whenever, and in whichever thread, the handler returns. Hence no alternate
 * stack. The frame also names the alternate stack that the thread had, which
 * the return would give to the thread that it happens in: whoever switches puts
 * the right one there (ln_preempt_yield).
 *
 * Host code is interrupted as well, and then nothing happens: the hook switches
 * only where guest code was interrupted, which holds no lock and is in the
 * middle of no C function.
 *
 * Signals do not nest without bound, however many are sent. The kernel blocks
 * the signal in the thread when it enters the handler. The mask belongs to the
 * thread, so it must be free again in the thread that leaves the handler by a
 * switch, which goes on with another task: ln_preempt_yield frees it just
 * before. What can happen then:
 * - Another signal comes before the switch, or after the fiber was entered
 *   again and before the handler has returned. It interrupts host code, so its
 *   handler, in which the signal is blocked, returns at once: a frame on top of
 *   the first one, and never a third, since the next signal is taken only when
 *   that frame is gone.
 * - The fiber is entered again in another thread. Nobody looks at the mask: all
 *   workers have the signal free outside of the handler.
 * - The handler returns, there or here. The kernel sets the mask that the frame
 *   has, that of the thread that was interrupted: a worker as well, so with the
 *   signal free. A signal that is pending then comes when the frame is gone.
 * - The guest is made to trap on its return. The engine's handler runs on the
 *   thread's alternate stack; one of ours on top of it interrupts host code.
 * So the host part of a stack holds two frames at most (some KiB each, with all
 * vector registers), and what the handler itself calls.
 *
 * Handlers of other signals: the engine's run on the alternate stack, the
 * program takes its own by sigwait, and those of a program that embeds us are
 * said to need SA_ONSTACK (docs/embedding.md).
 */
#include "sched/preempt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/error.h"
#include "sched/fiber.h"
#include "sched/task.h"
#include "sched/worker.h"

static struct sigaction before;
static _Atomic pid_t own_pid; /* asking costs a system call */
static bool installed;        /* set once */

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

	if (info->si_code != SI_TKILL || worker == NULL ||
	    info->si_pid !=
		    atomic_load_explicit(&own_pid, memory_order_relaxed)) {
		pass_on(number, info, context);
		return;
	}
	if (local != NULL && worker->sched->options.on_preempt != NULL)
		worker->sched->options.on_preempt(local, context);
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_RESTART };

	sigemptyset(&action.sa_mask);
	installed = sigaction(LN_PREEMPT_SIGNAL, &action, &before) == 0;
}

void ln_preempt_allow(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, LN_PREEMPT_SIGNAL);
	/* It fails only for invalid arguments. */
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void ln_preempt_yield(struct ln_task *task, void *context)
{
	ucontext_t *frame = context;

	ln_fiber_check(&task->fiber);
	ln_preempt_allow();
	ln_task_give_way(task);
	/* With flags that do not exist the kernel leaves the thread's as it is,
	 * see do_sigaltstack in Linux. */
	if (sigaltstack(NULL, &frame->uc_stack) < 0)
		frame->uc_stack.ss_flags = ~0;
}

int ln_preempt_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	atomic_store_explicit(&own_pid, getpid(), memory_order_relaxed);
	pthread_once(&once, install);
	return installed ? 0 : LN_EUNSUP;
}
