/*
 * DESIGN
 * Only its worker writes a worker's counters, so additions are loads and stores
 * (relaxed: nothing is read by them). Those that must fit together, the times,
 * are written between two changes of `version`, which is odd meanwhile; a
 * reader takes them again when it has changed. That is done on the slow path
 * only: a few times a tick. While the clock is read at each switch, tasks do
 * not hand over to each other: their worker's own stack is in between, so that
 * the usual way needs no check.
 *
 * A sampler counts down to the next event that is measured. It aims at one each
 * INTERVAL_NS: the number of events to the next one is what fitted into that
 * time, at most twice as many as before. When events become rare, the count
 * would last long; so a tick without a sample for some time, and each sleep,
 * end it, and the next event stands for those that have been counted.
 */
#include "sched/counters.h"

#include "base/histogram.h"
#include "base/time.h"
#include "sched/task.h"
#include "sched/worker.h"

#define INTERVAL_NS (LN_NS_PER_MS / 4)
#define RARE_TICKS 4

_Thread_local struct ln_thread_counts ln_thread_counts;

/* ---- Sampling ---- */

int64_t ln_sampler_take(struct ln_sampler *sampler, uint32_t *weight)
{
	int64_t now = ln_time_now();
	int64_t passed = now - sampler->last;
	int64_t next;

	*weight = sampler->interval > 0 ? sampler->interval : 1;
	sampler->total += *weight;
	next = 2 * (int64_t)*weight;
	if (passed > INTERVAL_NS / 2)
		next = *weight * INTERVAL_NS / passed;
	if (next < 1)
		next = 1;
	else if (next > LN_SAMPLER_MAX)
		next = LN_SAMPLER_MAX;
	sampler->interval = (uint32_t)next;
	sampler->left = (int32_t)next - 1;
	sampler->looks = 0;
	sampler->last = now;
	return now;
}

#if !defined(__x86_64__)
LN_NOINLINE bool ln_count_message(void)
{
	return ln_sampler_due(&ln_thread_counts.messages);
}

LN_NOINLINE bool ln_count_wake(void)
{
	return ln_sampler_due(&ln_thread_counts.wakes);
}
#endif

LN_NOINLINE int64_t ln_measure_message(uint32_t *weight)
{
	return ln_sampler_take(&ln_thread_counts.messages, weight);
}

LN_NOINLINE void ln_count_dropped(void)
{
	ln_thread_counts.dropped++;
}

/* Events since the last sample. */
static uint32_t counted(const struct ln_sampler *sampler)
{
	return sampler->interval > 0
		       ? sampler->interval - 1 - (uint32_t)sampler->left
		       : 0;
}

uint64_t ln_sampler_total(const struct ln_sampler *sampler)
{
	return sampler->total + counted(sampler);
}

void ln_sampler_look(struct ln_sampler *sampler, bool now)
{
	if (!now && ++sampler->looks < RARE_TICKS)
		return;
	sampler->looks = 0;
	sampler->interval = counted(sampler) + 1;
	sampler->left = 0;
}

/* ---- Counting, by the worker ---- */

static void begin_change(struct ln_worker_counters *counters)
{
	ln_worker_add(&counters->version, 1);
	/* Pairs with the fence in read_times: whoever sees one of the times
	 * that follow sees this version, or a later one. */
	atomic_thread_fence(memory_order_release);
}

static void end_change(struct ln_worker_counters *counters)
{
	/* Release pairs with the acquire in read_times. */
	atomic_store_explicit(
		&counters->version,
		atomic_load_explicit(&counters->version, memory_order_relaxed) +
			1,
		memory_order_release);
}

/* How many times of this tick's the clock was read. */
static void spend(struct ln_worker_counters *counters, uint64_t tick)
{
	if (counters->tick != tick) {
		counters->tick = tick;
		counters->reads = 0;
	}
	counters->settled =
		++counters->reads < LN_EXACT_SWITCHES ? UINT64_MAX : tick;
}

LN_NOINLINE void ln_worker_charge(struct ln_worker *worker,
				  struct ln_task *task, uint64_t tick)
{
	struct ln_worker_counters *counters = &worker->counters;
	int64_t now = ln_time_now();
	uint64_t passed =
		(uint64_t)(now - atomic_load_explicit(&counters->until,
						      memory_order_relaxed));

	spend(counters, tick);
	ln_worker_set_rest(worker);
	begin_change(counters);
	ln_worker_add(&counters->awake, passed);
	if (task != NULL)
		ln_worker_add(&counters->in_tasks, passed);
	atomic_store_explicit(&counters->until, now, memory_order_relaxed);
	end_change(counters);
	if (task != NULL)
		ln_worker_add(&task->cpu, passed);
}

void ln_worker_begin_counting(struct ln_worker *worker)
{
	worker->counters.settled = UINT64_MAX;
	atomic_store_explicit(&worker->counters.until, ln_time_now(),
			      memory_order_relaxed);
}

void ln_worker_falls_asleep(struct ln_worker *worker)
{
	struct ln_worker_counters *counters = &worker->counters;

	ln_worker_charge(worker, NULL, counters->tick);
	ln_worker_publish(worker, true);
	begin_change(counters);
	atomic_store_explicit(&counters->sleeps, true, memory_order_relaxed);
	end_change(counters);
}

void ln_worker_awakes(struct ln_worker *worker, int64_t now)
{
	struct ln_worker_counters *counters = &worker->counters;
	int64_t until =
		atomic_load_explicit(&counters->until, memory_order_relaxed);

	begin_change(counters);
	ln_worker_add(&counters->asleep, (uint64_t)(now - until));
	atomic_store_explicit(&counters->until, now, memory_order_relaxed);
	atomic_store_explicit(&counters->sleeps, false, memory_order_relaxed);
	end_change(counters);
}

LN_NOINLINE void ln_worker_publish(struct ln_worker *worker, bool sleeps)
{
	struct ln_thread_counts *counts = &ln_thread_counts;

	ln_sampler_look(&counts->messages, sleeps);
	ln_sampler_look(&counts->wakes, sleeps);
	atomic_store_explicit(&worker->counters.messages,
			      ln_sampler_total(&counts->messages),
			      memory_order_relaxed);
	atomic_store_explicit(&worker->counters.dropped, counts->dropped,
			      memory_order_relaxed);
}

LN_NOINLINE void ln_worker_stamp_measured(struct ln_task *task)
{
	task->queued =
		ln_sampler_take(&ln_thread_counts.wakes, &task->queued_weight);
	task->entry_note |= LN_NOTE_STAMPED;
}

static double seconds_since(int64_t begin)
{
	int64_t passed = ln_time_now() - begin;

	return passed > 0 ? (double)passed / (double)LN_NS_PER_S : 0;
}

LN_NOINLINE void ln_worker_measure_wait(struct ln_worker *worker,
					struct ln_task *task)
{
	ln_histogram_record_many(&worker->counters.run_waits,
				 seconds_since(task->queued),
				 task->queued_weight);
}

void ln_sched_message_received(int64_t sent, uint32_t weight)
{
	struct ln_worker *worker = ln_worker_current();

	if (worker != NULL)
		ln_histogram_record_many(&worker->counters.message_waits,
					 seconds_since(sent), weight);
}

/* ---- Reading ---- */

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Times of one moment, and what has passed since the last change. */
static void read_times(const struct ln_worker_counters *counters,
		       struct ln_sched_counts *counts)
{
	uint64_t before;
	int64_t until;
	int64_t passed;
	bool sleeps;

	do {
		before = atomic_load_explicit(&counters->version,
					      memory_order_acquire);
		counts->awake = get(&counters->awake);
		counts->in_tasks = get(&counters->in_tasks);
		counts->asleep = get(&counters->asleep);
		until = atomic_load_explicit(&counters->until,
					     memory_order_relaxed);
		sleeps = atomic_load_explicit(&counters->sleeps,
					      memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
	} while (before % 2 != 0 || get(&counters->version) != before);
	passed = until != 0 ? ln_time_now() - until : 0;
	if (passed > 0)
		*(sleeps ? &counts->asleep : &counts->awake) +=
			(uint64_t)passed;
}

void ln_sched_counts_of(const struct ln_sched *sched, unsigned index,
			struct ln_sched_counts *counts)
{
	const struct ln_worker_counters *counters =
		&sched->workers[index].counters;

	ln_assert(index < sched->count);
	*counts = (struct ln_sched_counts){
		.switches = get(&counters->switches),
		.steals = get(&counters->steals),
		.stolen = get(&counters->stolen),
		.preemptions = get(&counters->preemptions),
		.messages = get(&counters->messages),
		.dropped = get(&counters->dropped),
	};
	read_times(counters, counts);
}

void ln_sched_counts(const struct ln_sched *sched,
		     struct ln_sched_counts *counts)
{
	*counts = (struct ln_sched_counts){ 0 };
	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_sched_counts one;

		ln_sched_counts_of(sched, i, &one);
		counts->awake += one.awake;
		counts->in_tasks += one.in_tasks;
		counts->asleep += one.asleep;
		counts->switches += one.switches;
		counts->steals += one.steals;
		counts->stolen += one.stolen;
		counts->preemptions += one.preemptions;
		counts->messages += one.messages;
		counts->dropped += one.dropped;
	}
}

void ln_sched_waits(const struct ln_sched *sched, struct ln_histogram *runs,
		    struct ln_histogram *messages)
{
	for (unsigned i = 0; i < sched->count; i++) {
		const struct ln_worker_counters *counters =
			&sched->workers[i].counters;

		if (runs != NULL)
			ln_histogram_add(runs, &counters->run_waits);
		if (messages != NULL)
			ln_histogram_add(messages, &counters->message_waits);
	}
}
