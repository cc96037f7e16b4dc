/*
 * Questions to a task about itself: what only the thread that runs it may look
 * at, such as its stack. Asking wakes the task; it answers on its own fiber
 * when it next comes out of a wait or a yield, or looks by itself, and goes on
 * waiting. A task that nobody asks pays one load for each of these.
 */
#ifndef LN_SCHED_PROBE_H
#define LN_SCHED_PROBE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "sched/task.h"

struct ln_probe {
	/* On the task's fiber; must not park. */
	void (*answer)(struct ln_probe *probe, struct ln_task *task);
	struct ln_task *task;
	_Atomic uint32_t answered; /* futex: 1 = `answer` has returned */
};

/* Asks a task: sets `task` and `answered`; `answer` is the caller's. False when
 * somebody else asks it now. The caller keeps the task's memory, and the probe
 * until ln_probe_await has returned. Any thread. */
bool ln_probe_ask(struct ln_probe *probe, struct ln_task *task);

/* Waits for the answer until `deadline`, or until the task has ended. False:
 * the question is withdrawn, `answer` was and will not be called. In a thread
 * that is no worker. */
bool ln_probe_await(struct ln_probe *probe, int64_t deadline);

/* Answers; off the fast path of ln_probe_look. */
void ln_probe_reply(struct ln_task *task);

/* Answers when somebody asks. By the running task, holding no lock. */
static inline void ln_probe_look(struct ln_task *task)
{
	if (LN_UNLIKELY(atomic_load_explicit(&task->probe,
					     memory_order_relaxed) != NULL))
		ln_probe_reply(task);
}

#endif
