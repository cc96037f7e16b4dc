/*
 * DESIGN
 * The question is a pointer in the task. The task exchanges it for NULL to
 * answer, and the asker exchanges it for NULL to withdraw. So exactly one of
 * the two happens, and an asker that could not withdraw waits for an answer
 * that will come.
 *
 * Asking is a change before a wake-up like any other (see sched/task.c), so a
 * parked task sees the question; one that runs sees it when it next parks,
 * yields or looks; one that is queued, when it is entered, also the first time.
 */
#include "sched/probe.h"

#include "base/futex.h"
#include "base/time.h"

/* A task may end without looking; this is how often the asker checks. */
#define CHECK_NS (5 * LN_NS_PER_MS)

bool ln_probe_ask(struct ln_probe *probe, struct ln_task *task)
{
	struct ln_probe *none = NULL;

	probe->task = task;
	atomic_store_explicit(&probe->answered, 0, memory_order_relaxed);
	/* Release pairs with the acquire in ln_probe_reply. */
	if (!atomic_compare_exchange_strong_explicit(&task->probe, &none, probe,
						     memory_order_release,
						     memory_order_relaxed))
		return false;
	ln_task_wake(task);
	return true;
}

LN_NOINLINE void ln_probe_reply(struct ln_task *task)
{
	struct ln_probe *probe = atomic_exchange_explicit(&task->probe, NULL,
							  memory_order_acquire);
	bool awaited;

	if (probe == NULL)
		return; /* withdrawn meanwhile */
	awaited = probe->task != NULL;
	probe->answer(probe, task);
	if (!awaited)
		return; /* it is gone: see sched/fold.c */
	/* Release pairs with the acquire in ln_probe_await. The probe may be
	 * gone from here on; the wake-up only uses its address. */
	atomic_store_explicit(&probe->answered, 1, memory_order_release);
	ln_futex_wake(&probe->answered, 1);
}

static bool withdraw(struct ln_probe *probe)
{
	struct ln_probe *own = probe;

	return atomic_compare_exchange_strong_explicit(
		&probe->task->probe, &own, NULL, memory_order_relaxed,
		memory_order_relaxed);
}

bool ln_probe_over(const struct ln_probe *probe)
{
	/* Relaxed: ln_probe_await looks again. */
	return atomic_load_explicit(&probe->answered, memory_order_relaxed) !=
		       0 ||
	       atomic_load_explicit(&probe->task->state,
				    memory_order_relaxed) == LN_TASK_DONE;
}

bool ln_probe_await(struct ln_probe *probe, int64_t deadline)
{
	/* Acquire pairs with the release in ln_probe_reply. */
	while (atomic_load_explicit(&probe->answered, memory_order_acquire) ==
	       0) {
		int64_t left = deadline - ln_time_now();
		bool over = atomic_load_explicit(&probe->task->state,
						 memory_order_relaxed) ==
			    LN_TASK_DONE;

		if ((left <= 0 || over) && withdraw(probe))
			return false;
		ln_futex_wait(&probe->answered, 0,
			      left > 0 && left < CHECK_NS ? left : CHECK_NS);
	}
	return true;
}
