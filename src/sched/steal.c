/*
 * DESIGN
 * A worker that has nothing to run takes half of the queue of another one, the
 * first that has any, beginning at one that is drawn.
 *
 * Who is never out of tasks would take none, so a queue that is longer than the
 * others would stay so, and its tasks get less of the time as long as all
 * compute. So once a tick each worker looks at the queue of one that is drawn,
 * and takes half of what that has more. Of ten processes that compute on two
 * workers, nine of which began on one, these nine got a tenth of the time that
 * the other one got; now they get the same.
 */
#include "sched/steal.h"

#include "base/systematic.h"
#include "sched/task.h"
#include "sched/worker.h"

#define STEAL_MAX 64
/* A queue is longer than another one if it has so many tasks more, and a
 * quarter: queues of tasks that run for microseconds differ by chance. */
#define LEVEL_MIN 2

static uint64_t next_random(struct ln_worker *worker)
{
	worker->seed ^= worker->seed << 13;
	worker->seed ^= worker->seed >> 7;
	worker->seed ^= worker->seed << 17;
	return worker->seed;
}

/* Takes the task in another worker's `next` slot if it sat there for a whole
 * tick. */
static struct ln_task *steal_next(struct ln_worker *victim, uint64_t tick)
{
	if (atomic_load_explicit(&victim->next, memory_order_relaxed) == NULL ||
	    !ln_worker_next_is_old(victim, tick))
		return NULL;
	ln_systematic_point();
	return atomic_exchange_explicit(&victim->next, NULL,
					memory_order_acq_rel);
}

struct ln_task *ln_worker_steal(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	struct ln_task *batch[STEAL_MAX];
	uint64_t tick = ln_sched_ticks(sched);
	unsigned start = (unsigned)(next_random(worker) % sched->count);

	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_worker *victim =
			&sched->workers[(start + i) % sched->count];
		struct ln_task *task;
		uint32_t n;

		if (victim == worker)
			continue;
		n = ln_runq_steal(&victim->queue, batch, STEAL_MAX);
		/* The own queue is empty: the others fit. */
		for (uint32_t j = 1; j < n; j++)
			ln_worker_enqueue(worker, batch[j]);
		task = n > 0 ? batch[0] : steal_next(victim, tick);
		if (task == NULL)
			continue;
		ln_worker_add(&worker->counters.steals, 1);
		ln_worker_add(&worker->counters.stolen, n > 0 ? n : 1);
		return task;
	}
	return NULL;
}

void ln_worker_level(struct ln_worker *worker)
{
	struct ln_sched *sched = worker->sched;
	struct ln_worker *other =
		&sched->workers[next_random(worker) % sched->count];
	struct ln_task *batch[STEAL_MAX];
	uint32_t own = ln_runq_length(&worker->queue);
	uint32_t theirs = ln_runq_length(&other->queue);
	uint32_t n;

	/* Above the size: head and tail are not of one moment. */
	if (theirs == 0 || theirs > LN_RUNQ_SIZE)
		return;
	theirs++; /* the one that runs there; ours is in the queue */
	if (theirs < own + own / 4 + LEVEL_MIN)
		return;
	n = (theirs - own) / 2;
	n = ln_runq_steal(&other->queue, batch, n < STEAL_MAX ? n : STEAL_MAX);
	if (n == 0)
		return;
	for (uint32_t i = 0; i < n; i++)
		ln_worker_enqueue(worker, batch[i]);
	ln_worker_add(&worker->counters.steals, 1);
	ln_worker_add(&worker->counters.stolen, n);
	/* Who looked for them meanwhile found them nowhere. */
	ln_sched_wake_worker(sched);
}
