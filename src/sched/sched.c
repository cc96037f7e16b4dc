/*
 * DESIGN
 * Starting, stopping, and the ticker. The ticker is one thread: every
 * millisecond it advances the tick and the coarse clock, calls the engine's
 * hook, and wakes a thief for tasks that wait in a `next` slot while their
 * worker is busy. When all workers have slept for QUIET_TICKS it sleeps too;
 * the first worker to wake wakes it.
 *
 * How a due timer is noticed. A worker that sleeps in the poller wakes at the
 * earliest deadline. If none does, every worker that is awake checks the timers
 * whenever it takes its next task; but each of them may be in a long step, and
 * the others may sleep on their futexes. So the ticker, which is awake whenever
 * a worker is, sleeps no longer than until the earliest deadline. Then it makes
 * a sleeping worker check the timers. If none sleeps, it interrupts a guest, so
 * that its worker checks; in each round another one, until the timer is served.
 * Rounds are ROUND_NS apart, however many timers there are.
 *
 * The ticker misses no deadline. It stores until when it sleeps, then (fence)
 * reads the earliest deadline and that of the poller. A thread that adds an
 * earlier timer, or leaves the poller, does so, then (fence) reads until when
 * the ticker sleeps, and wakes it if that is too late. By the order of the
 * fences one of the two sees what the other did.
 *
 * The same holds for events of descriptors: when nobody has polled for a whole
 * tick and a worker sleeps, the ticker wakes it. So a worker that left the
 * poller for a long step is replaced.
 */
#include "sched/sched.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "sched/blocking.h"
#include "sched/poller.h"
#include "sched/preempt.h"
#include "sched/worker.h"

#define TICK_NS LN_NS_PER_MS
#define ROUND_NS INT64_C(100000)
#define QUIET_TICKS 10
#define MAX_WORKERS 256
#define ALONE_TICKS 4
#define WARM_STACKS 512
#define DEFAULT_STACK ((size_t)512 << 10)
#define TABLE_BYTES ((size_t)2 << 20) /* that one page table is for */
#define PLACE                                                        \
	((size_t)32 << 10) /* what stacks that are apart are longer, \
			    * at least */

/* Threads of the pools for files, each. A tenant has at most half of them. */
#define FILE_THREADS 32

/* Copying to and from the page cache can use all processor time; workers, which
 * other processes wait for, must come first. */
#define BULK_NICE 5

static unsigned usable_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	return 1;
}

static bool timer_is_due(struct ln_sched *sched)
{
	return atomic_load_explicit(&sched->timers.earliest,
				    memory_order_relaxed) <=
	       atomic_load_explicit(&sched->coarse_now, memory_order_relaxed);
}

/* Whether anything but the running task needs this worker. */
static bool others_wait(struct ln_sched *sched, struct ln_worker *worker)
{
	return atomic_load_explicit(&worker->next, memory_order_relaxed) !=
		       NULL ||
	       !ln_runq_empty(&worker->queue) ||
	       ln_shared_filled(&sched->shared) ||
	       ln_shared_filled(&sched->due) || timer_is_due(sched) ||
	       !atomic_load_explicit(&sched->poll_taken, memory_order_relaxed);
}

/* Interrupts the workers whose guest has run for a tick: in each tick when
 * others wait, else now and then, since it may have been killed. */
static void preempt(struct ln_sched *sched, uint64_t tick)
{
	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_worker *worker = &sched->workers[i];
		uint64_t since = atomic_load_explicit(
			&worker->preemptible_since, memory_order_relaxed);

		if (since < tick && ((tick - since) % ALONE_TICKS == 0 ||
				     others_wait(sched, worker)))
			pthread_kill(worker->thread, LN_PREEMPT_SIGNAL);
	}
}

/* Wakes a thief when a task has sat in a `next` slot for a whole tick. */
static void rescue_next(struct ln_sched *sched, uint64_t tick)
{
	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_worker *worker = &sched->workers[i];

		if (atomic_load_explicit(&worker->next, memory_order_relaxed) !=
			    NULL &&
		    ln_worker_next_is_old(worker, tick)) {
			ln_sched_wake_worker(sched);
			return;
		}
	}
}

/* Interrupts one guest, another one each time; its worker then checks the
 * timers. A guest in a host function is interrupted only after that. */
static void preempt_one(struct ln_sched *sched)
{
	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_worker *worker =
			&sched->workers[sched->turn++ % sched->count];

		if (atomic_load_explicit(&worker->preemptible_since,
					 memory_order_relaxed) !=
		    LN_NOT_PREEMPTIBLE) {
			pthread_kill(worker->thread, LN_PREEMPT_SIGNAL);
			return;
		}
	}
}

/* Makes a worker check the timers when one is due. A worker that has the poller
 * is about to do so. A sleeping worker may need some time to wake, and may get
 * no core: from the second round on a guest is interrupted as well. */
static void serve_timers(struct ln_sched *sched)
{
	bool asleep;

	if (!timer_is_due(sched) ||
	    atomic_load_explicit(&sched->poll_taken, memory_order_relaxed)) {
		sched->rounds = 0;
		return;
	}
	asleep = atomic_load_explicit(&sched->sleeping, memory_order_relaxed) >
		 0;
	if (asleep)
		ln_sched_wake_worker(sched);
	if (asleep && sched->rounds++ == 0)
		return;
	if (sched->options.on_preempt != NULL)
		preempt_one(sched);
	else if (sched->options.on_tick != NULL)
		sched->options.on_tick(sched->options.on_tick_argument);
}

/* Wakes a worker for the poller when nobody has looked into it for a tick. */
static void serve_poller(struct ln_sched *sched)
{
	uint32_t polls =
		atomic_load_explicit(&sched->polls, memory_order_relaxed);
	bool idle = polls == sched->seen_polls;

	sched->seen_polls = polls;
	if (idle && sched->poller != NULL &&
	    !atomic_load_explicit(&sched->poll_taken, memory_order_relaxed))
		ln_sched_wake_worker(sched);
}

int64_t ln_sched_time(struct ln_sched *sched)
{
	struct ln_worker *worker = ln_worker_current();

	/* While all workers sleep there are no ticks. */
	if (worker == NULL || worker->sched != sched)
		return ln_time_now();
	return atomic_load_explicit(&sched->coarse_now, memory_order_relaxed);
}

void ln_sched_tick(struct ln_sched *sched)
{
	uint64_t tick = atomic_fetch_add_explicit(&sched->tick, 1,
						  memory_order_relaxed) +
			1;

	atomic_store_explicit(&sched->coarse_now, ln_time_now(),
			      memory_order_relaxed);
	if (sched->options.on_tick != NULL)
		sched->options.on_tick(sched->options.on_tick_argument);
	rescue_next(sched, tick);
	serve_poller(sched);
	serve_timers(sched);
	if (sched->options.on_preempt != NULL)
		preempt(sched, tick);
}

/* When the ticker must check again: at the next tick, or when a timer is due
 * for which nobody is in the poller; `soonest` at the earliest. */
static int64_t next_look(struct ln_sched *sched, int64_t tick, int64_t soonest)
{
	int64_t earliest = atomic_load_explicit(&sched->timers.earliest,
						memory_order_relaxed);
	/* The earliest while somebody is in the poller, else 0. */
	int64_t polled = atomic_load_explicit(&sched->poll_deadline,
					      memory_order_relaxed);

	if (polled != 0 && polled <= earliest)
		return tick;
	if (earliest < soonest)
		earliest = soonest;
	return earliest < tick ? earliest : tick;
}

/* Sleeps until the ticker must check again; returns the time. After a nudge it
 * ignores others for a round, because earlier and earlier timers may be added.
 */
static int64_t ticker_pause(struct ln_sched *sched, int64_t tick)
{
	int64_t now = ln_time_now();
	int64_t soonest = now + ROUND_NS;
	int64_t deaf_until = 0;

	while (!atomic_load_explicit(&sched->stopping, memory_order_relaxed)) {
		int64_t until = next_look(sched, tick, soonest);

		if (until > deaf_until && deaf_until > now)
			until = deaf_until;
		atomic_store_explicit(&sched->ticker_nudged, 0,
				      memory_order_relaxed);
		/* Release: whoever reads this has its nudge come after the
		 * store above. */
		atomic_store_explicit(
			&sched->ticker_until,
			until > soonest && now >= deaf_until ? until : 0,
			memory_order_release);
		/* Pairs with those who nudge, see above. */
		atomic_thread_fence(memory_order_seq_cst);
		if (next_look(sched, tick, soonest) < until)
			continue;
		if (until > now &&
		    ln_futex_wait(&sched->ticker_nudged, 0, until - now) == 0)
			deaf_until = ln_time_now() + ROUND_NS;
		now = ln_time_now();
		if (now >= next_look(sched, tick, soonest))
			break;
	}
	atomic_store_explicit(&sched->ticker_until, 0, memory_order_relaxed);
	return now;
}

void ln_sched_nudge_ticker(struct ln_sched *sched, int64_t deadline)
{
	/* Acquire pairs with the release in ticker_pause. */
	if (deadline >=
	    atomic_load_explicit(&sched->ticker_until, memory_order_acquire))
		return;
	atomic_store_explicit(&sched->ticker_nudged, 1, memory_order_relaxed);
	ln_futex_wake(&sched->ticker_nudged, 1);
}

/* Sleeps until a worker wakes, if all sleep. */
static void ticker_rest(struct ln_sched *sched)
{
	atomic_store_explicit(&sched->ticker_asleep, 1, memory_order_relaxed);
	/* Pairs with the fence in wake_ticker. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&sched->sleeping, memory_order_relaxed) ==
		    sched->count &&
	    !atomic_load_explicit(&sched->stopping, memory_order_acquire))
		ln_futex_wait(&sched->ticker_asleep, 1, -1);
	atomic_store_explicit(&sched->ticker_asleep, 0, memory_order_relaxed);
}

static void *ticker_main(void *argument)
{
	struct ln_sched *sched = argument;
	int64_t tick = ln_time_now() + TICK_NS;
	int quiet = 0;

	prctl(PR_SET_NAME, "ln-ticker");
	prctl(PR_SET_TIMERSLACK, 1000);
	while (!atomic_load_explicit(&sched->stopping, memory_order_acquire)) {
		int64_t now = ticker_pause(sched, tick);

		if (now < tick) {
			atomic_store_explicit(&sched->coarse_now, now,
					      memory_order_relaxed);
			serve_timers(sched);
			continue;
		}
		ln_sched_tick(sched);
		/* Ticks that were missed are not made up for. */
		tick += TICK_NS;
		if (tick <= now)
			tick = now + TICK_NS;
		if (atomic_load_explicit(&sched->sleeping,
					 memory_order_relaxed) < sched->count)
			quiet = 0;
		else
			quiet++;
		if (quiet < QUIET_TICKS)
			continue;
		quiet = 0;
		ticker_rest(sched);
		tick = ln_time_now() + TICK_NS;
	}
	return NULL;
}

/* Ends all threads that were started and frees everything; accepts a scheduler
 * that is only partly made. */
static void destroy(struct ln_sched *sched, unsigned workers, bool ticker)
{
	atomic_store_explicit(&sched->stopping, true, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < workers; i++) {
		struct ln_worker *worker = &sched->workers[i];

		/* A worker that is on its way to sleep looks at `stopping`
		 * after it has set `asleep`; one in the poller is
		 * interrupted. */
		if (sched->poller != NULL)
			ln_poller_interrupt(sched->poller);
		atomic_store_explicit(&worker->asleep, 0, memory_order_release);
		ln_futex_wake(&worker->asleep, 1);
	}
	/* Before the workers, to whom it sends signals. */
	if (ticker) {
		atomic_store_explicit(&sched->ticker_asleep, 0,
				      memory_order_relaxed);
		ln_futex_wake(&sched->ticker_asleep, 1);
		atomic_store_explicit(&sched->ticker_nudged, 1,
				      memory_order_relaxed);
		ln_futex_wake(&sched->ticker_nudged, 1);
		pthread_join(sched->ticker, NULL);
	}
	for (unsigned i = 0; i < workers; i++)
		pthread_join(sched->workers[i].thread, NULL);
	ln_blocking_free(sched->databases);
	ln_blocking_free(sched->bulk);
	ln_blocking_free(sched->files);
	ln_blocking_free(sched->blocking);
	ln_poller_free(sched->poller);
	ln_timers_deinit(&sched->timers);
	ln_slab_deinit(&sched->stacks);
	ln_slab_deinit(&sched->stacks_apart);
	free(sched->workers);
	free(sched);
}

/* What slots are apart that have page tables of their own, which the kernel can
 * free when a stack is folded; and a place to begin that says so. */
static size_t slot_apart(size_t stack)
{
	return ((stack + PLACE) / TABLE_BYTES + 1) * TABLE_BYTES;
}

/* Pages of a stack are given back, so none may be a neighbour's as well. */
static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) & ~(page - 1);
}

static struct ln_sched *allocate(const struct ln_sched_options *options)
{
	struct ln_sched *sched = aligned_alloc(LN_CACHE_LINE, sizeof(*sched));
	unsigned count = options->workers ? options->workers : usable_cores();

	if (sched == NULL)
		return NULL;
	memset(sched, 0, sizeof(*sched));
	if (count > MAX_WORKERS)
		count = MAX_WORKERS;
	sched->workers =
		aligned_alloc(LN_CACHE_LINE, count * sizeof(*sched->workers));
	if (sched->workers == NULL) {
		free(sched);
		return NULL;
	}
	memset(sched->workers, 0, count * sizeof(*sched->workers));
	sched->count = count;
	sched->options = *options;
	if (sched->options.blocking == 0)
		sched->options.blocking = 7;
	if (sched->options.stack_size == 0)
		sched->options.stack_size = DEFAULT_STACK;
	sched->options.stack_size = whole_pages(sched->options.stack_size);
	sched->shared.tail = &sched->shared.head;
	sched->due.tail = &sched->due.head;
	atomic_store_explicit(&sched->coarse_now, ln_time_now(),
			      memory_order_relaxed);
	ln_slab_init(&sched->stacks, sched->options.stack_size, WARM_STACKS);
	ln_slab_init(&sched->stacks_apart,
		     slot_apart(sched->options.stack_size), WARM_STACKS);
	ln_timers_init(&sched->timers);
	return sched;
}

/* Compiling is bound by the processors, so all of its threads may be busy at
 * the same time; blocking.c explains the other pools. */
static int make_pools(struct ln_sched *sched)
{
	unsigned threads = sched->options.blocking;
	unsigned cores = usable_cores();
	int error = ln_blocking_new(threads, threads, 0, &sched->blocking);

	if (error == 0)
		error = ln_blocking_new(FILE_THREADS, cores + 2, 0,
					&sched->files);
	if (error == 0)
		error = ln_blocking_new(FILE_THREADS, cores > 2 ? cores : 2,
					BULK_NICE, &sched->bulk);
	/* What it runs takes no turns, so it is the kernel that shares the
	 * processors. */
	if (error == 0)
		error = ln_blocking_new(FILE_THREADS, FILE_THREADS, BULK_NICE,
					&sched->databases);
	return error;
}

int ln_sched_new(const struct ln_sched_options *options, struct ln_sched **out)
{
	struct ln_sched *sched = allocate(options);
	unsigned started = 0;
	int error;

	if (sched == NULL)
		return LN_ENOMEM;
	error = options->on_preempt != NULL ? ln_preempt_install() : 0;
	if (error == 0)
		error = make_pools(sched);
	if (error == 0 && !options->manual)
		error = ln_poller_new(&sched->poller);
	if (error < 0)
		goto fail;
	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_worker *worker = &sched->workers[i];

		worker->sched = sched;
		worker->index = i;
		worker->seed = 0x9e3779b97f4a7c15 * (i + 1);
		atomic_init(&worker->preemptible_since, LN_NOT_PREEMPTIBLE);
		ln_histogram_init(&worker->counters.run_waits);
		ln_histogram_init(&worker->counters.message_waits);
	}
	for (; started < sched->count; started++) {
		struct ln_worker *worker = &sched->workers[started];

		if (pthread_create(&worker->thread, NULL, ln_worker_main,
				   worker) != 0)
			goto fail_thread;
	}
	if (!options->manual &&
	    pthread_create(&sched->ticker, NULL, ticker_main, sched) != 0)
		goto fail_thread;
	*out = sched;
	return 0;
fail_thread:
	error = LN_EIO;
fail:
	destroy(sched, started, false);
	return error;
}

void ln_sched_free(struct ln_sched *sched)
{
	if (sched != NULL)
		destroy(sched, sched->count, !sched->options.manual);
}

void ln_sched_wait_idle(struct ln_sched *sched)
{
	for (;;) {
		uint32_t seen = atomic_load_explicit(&sched->none_left,
						     memory_order_acquire);

		/* Acquire pairs with the release when a task has ended. */
		if (atomic_load_explicit(&sched->live, memory_order_acquire) ==
		    0)
			return;
		ln_futex_wait(&sched->none_left, seen, -1);
	}
}

uint64_t ln_sched_live(struct ln_sched *sched)
{
	return atomic_load_explicit(&sched->live, memory_order_acquire);
}

unsigned ln_sched_workers(const struct ln_sched *sched)
{
	return sched->count;
}

size_t ln_sched_stack_size(const struct ln_sched *sched)
{
	return sched->options.stack_size;
}

struct ln_timers *ln_sched_timers(struct ln_sched *sched)
{
	return &sched->timers;
}

struct ln_poller *ln_sched_poller(struct ln_sched *sched)
{
	return sched->poller;
}

struct ln_blocking *ln_sched_files(struct ln_sched *sched)
{
	return sched->files;
}

struct ln_blocking *ln_sched_bulk(struct ln_sched *sched)
{
	return sched->bulk;
}

struct ln_blocking *ln_sched_databases(struct ln_sched *sched)
{
	return sched->databases;
}

struct ln_blocking *ln_sched_blocking(struct ln_sched *sched)
{
	return sched->blocking;
}

uint64_t ln_sched_ticks(struct ln_sched *sched)
{
	return atomic_load_explicit(&sched->tick, memory_order_relaxed);
}

bool ln_sched_stuck(struct ln_sched *sched, uint64_t since)
{
	unsigned asleep = 0;

	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_worker *worker = &sched->workers[i];

		if (atomic_load_explicit(&worker->asleep,
					 memory_order_relaxed) != 0)
			asleep++;
		else if (atomic_load_explicit(&worker->beat,
					      memory_order_relaxed) <= since)
			return true;
	}
	return asleep == sched->count && ln_sched_work_visible(sched);
}

void ln_sched_deadline_changed(struct ln_sched *sched, int64_t deadline)
{
	/* Pairs with the fences in sleep_in_poller and ticker_pause. */
	atomic_thread_fence(memory_order_seq_cst);
	if (sched->poller != NULL &&
	    deadline < atomic_load_explicit(&sched->poll_deadline,
					    memory_order_relaxed))
		ln_poller_interrupt(sched->poller);
	else
		ln_sched_nudge_ticker(sched, deadline);
}
