/*
 * Questions to a task about state that only its own thread may read, such as
 * its stack. Asking wakes the task. It answers on its own fiber when it next
 * leaves a wait or a yield, or checks for questions, and then goes on waiting.
 * Without a question, each of these costs one load.
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

/* Asks a task: sets `task` and `answered`; the caller has set `answer`. False
 * if somebody else is asking the task. The caller keeps the task's memory
 * alive, and the probe until ln_probe_await has returned. Any thread. */
bool ln_probe_ask(struct ln_probe *probe, struct ln_task *task);

/* Waits for the answer until `deadline`, or until the task has ended. False:
 * the question is withdrawn; `answer` was not called and will not be. Not in a
 * worker's thread. */
bool ln_probe_await(struct ln_probe *probe, int64_t deadline);

/* Whether ln_probe_await would return at once: there is an answer, or there
 * will be none. Any thread. */
bool ln_probe_over(const struct ln_probe *probe);

/* Answers; off the fast path of ln_probe_look. */
void ln_probe_reply(struct ln_task *task);

/* Answers a question, if there is one. By the running task, without a lock. */
static inline void ln_probe_look(struct ln_task *task)
{
	if (LN_UNLIKELY(atomic_load_explicit(&task->probe,
					     memory_order_relaxed) != NULL))
		ln_probe_reply(task);
}

#endif
