/*
 * DESIGN
 * A baton goes round: only the thread that has it runs. At each point, with a
 * probability that the seed chooses for the whole run, it goes to a thread
 * picked at random among those that can run. A thread that sleeps on a word, or
 * waits for another to end, cannot, until it is woken. Nobody is woken for no
 * reason, since that would hide a lost wake-up.
 *
 * One run explores one interleaving; different probabilities find different
 * mistakes: frequent switches those inside a few instructions, rare ones those
 * that need one thread to go far while another stands still.
 *
 * Limits: memory is sequentially consistent here, so a missing fence is not
 * found; a point that does not exist is an interleaving that is not tried; time
 * passes only when a scenario says so, and nobody sleeps until then.
 *
 * Threads: all tables are touched by the holder of the baton alone; handing it
 * over is a semaphore, which orders them. The points are met on fibers too, but
 * never switch fibers, so the thread stays the same within one. Which thread
 * runs is known from `current`, not from thread-local storage.
 */
#include "sched/systematic.h"

#include <inttypes.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/systematic.h"
#include "base/time.h"

#define MAX_THREADS 16
#define MAX_POINTS 2000000 /* of one run; an honest one has some thousands */
#define RATES 7            /* a switch at each point, every 2nd, ... 64th */
#define HISTORY 64         /* points that a report tells of */

enum thread_state { RUNNABLE, ASLEEP, JOINING, OVER };

struct thread {
	pthread_t thread;
	sem_t baton;
	enum thread_state state;
	_Atomic uint32_t *word; /* what it sleeps on */
	unsigned joins;         /* the thread it waits for */
	void *(*function)(void *);
	void *argument;
};

static struct {
	bool active;
	const char *name;
	uint64_t seed;
	uint64_t random;
	unsigned rate;
	uint64_t points;
	uint64_t trace; /* hash of all decisions */
	int64_t now;    /* nanoseconds */
	void (*describe)(void);
	struct {
		unsigned thread;
		const char *place;
	} history[HISTORY]; /* a ring, indexed by `points` */
	unsigned current;
	unsigned count;
	struct thread threads[MAX_THREADS];
} run;

static uint64_t next_random(void)
{
	uint64_t z = run.random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

unsigned systematic_choose(unsigned bound)
{
	return (unsigned)(next_random() % bound);
}

/* Where the program begins in memory; the linker's. */
extern const char __executable_start;

/* The last points, as addresses for addr2line. */
static void print_history(void)
{
	uint64_t first = run.points > HISTORY ? run.points - HISTORY + 1 : 1;

	fprintf(stderr, "  last points, thread and address:\n");
	for (uint64_t i = first; i <= run.points; i++)
		fprintf(stderr, "  %u %#tx\n", run.history[i % HISTORY].thread,
			run.history[i % HISTORY].place - &__executable_start);
}

/* Ends the program, with the other threads wherever they are. */
static _Noreturn void give_up(int status, const char *what)
{
	static const char *const states[] = { "can run", "sleeps", "joins",
					      "is over" };

	fprintf(stderr,
		"%s: %s after %" PRIu64 " points\n"
		"LUNATIC_SCHED_SEED=%" PRIu64 " reproduces it\n",
		run.name, what, run.points, run.seed);
	for (unsigned i = 0; i < run.count; i++)
		fprintf(stderr, "  thread %u %s\n", i,
			states[run.threads[i].state]);
	if (run.describe != NULL)
		run.describe();
	print_history();
	_exit(status);
}

void systematic_check(bool right, const char *what)
{
	if (!right)
		give_up(SYSTEMATIC_WRONG, what);
}

/* A thread that can run; there must be one. */
static unsigned pick(void)
{
	unsigned can[MAX_THREADS];
	unsigned n = 0;

	for (unsigned i = 0; i < run.count; i++) {
		if (run.threads[i].state == RUNNABLE)
			can[n++] = i;
	}
	if (n == 0)
		give_up(SYSTEMATIC_LOST, "a wake-up was lost: all sleep");
	n = can[systematic_choose(n)];
	run.trace = (run.trace ^ n) * UINT64_C(0x100000001b3);
	return n;
}

static void await_baton(unsigned self)
{
	while (sem_wait(&run.threads[self].baton) != 0)
		continue;
}

/* Lets another thread go on, unless the dice say the same. */
static void pass_on(void)
{
	unsigned self = run.current;
	unsigned next = pick();

	if (next == self)
		return;
	run.current = next;
	sem_post(&run.threads[next].baton);
	await_baton(self);
}

void ln_systematic_point(void)
{
	if (!run.active)
		return;
	if (++run.points > MAX_POINTS)
		give_up(SYSTEMATIC_LOST, "nothing gets done");
	run.history[run.points % HISTORY].thread = run.current;
	run.history[run.points % HISTORY].place = __builtin_return_address(0);
	if (systematic_choose(run.rate) == 0)
		pass_on();
}

int ln_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t timeout_ns)
{
	struct thread *self;

	if (timeout_ns >= 0)
		return LN_ETIMEDOUT;
	ln_systematic_point();
	if (atomic_load(word) != value)
		return 0;
	self = &run.threads[run.current];
	self->word = word;
	self->state = ASLEEP;
	pass_on();
	return 0;
}

void ln_futex_wake(_Atomic uint32_t *word, int count)
{
	ln_systematic_point();
	for (; count > 0; count--) {
		unsigned sleepers[MAX_THREADS];
		unsigned n = 0;

		for (unsigned i = 0; i < run.count; i++) {
			if (run.threads[i].state == ASLEEP &&
			    run.threads[i].word == word)
				sleepers[n++] = i;
		}
		if (n == 0)
			break;
		run.threads[sleepers[systematic_choose(n)]].state = RUNNABLE;
	}
	ln_systematic_point();
}

static void *thread_main(void *argument)
{
	struct thread *self = argument;
	unsigned index = (unsigned)(self - run.threads);
	unsigned next;

	await_baton(index);
	self->function(self->argument);
	self->state = OVER;
	for (unsigned i = 0; i < run.count; i++) {
		if (run.threads[i].state == JOINING &&
		    run.threads[i].joins == index)
			run.threads[i].state = RUNNABLE;
	}
	next = pick();
	run.current = next;
	sem_post(&run.threads[next].baton);
	return NULL;
}

int systematic_create(pthread_t *thread, const pthread_attr_t *attributes,
		      void *(*function)(void *), void *argument)
{
	struct thread *made = &run.threads[run.count];
	int error;

	(void)attributes;
	systematic_check(run.count < MAX_THREADS, "too many threads");
	made->function = function;
	made->argument = argument;
	made->state = RUNNABLE;
	sem_init(&made->baton, 0, 0);
	error = pthread_create(&made->thread, NULL, thread_main, made);
	systematic_check(error == 0, "no thread could be made");
	run.count++;
	*thread = made->thread;
	ln_systematic_point();
	return 0;
}

int systematic_join(pthread_t thread, void **result)
{
	struct thread *self = &run.threads[run.current];
	unsigned i = 0;

	ln_systematic_point();
	/* An id may be used again once its thread has been joined. */
	for (i = run.count - 1; !pthread_equal(run.threads[i].thread, thread);)
		i--;
	if (run.threads[i].state != OVER) {
		self->joins = i;
		self->state = JOINING;
		pass_on();
	}
	return pthread_join(thread, result);
}

int systematic_clock(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ .tv_sec = run.now / LN_NS_PER_S,
				  .tv_nsec = run.now % LN_NS_PER_S };
	return 0;
}

void systematic_pass_time(int64_t ns)
{
	run.now += ns;
}

void systematic_begin(const char *name, uint64_t seed, void (*describe)(void))
{
	memset(&run, 0, sizeof(run));
	run.name = name;
	run.seed = seed;
	run.describe = describe;
	run.random = seed * UINT64_C(0xd1342543de82ef95) + 1;
	run.now = LN_NS_PER_S;
	run.rate = 1u << systematic_choose(RATES);
	run.count = 1;
	sem_init(&run.threads[0].baton, 0, 0);
	run.threads[0].thread = pthread_self();
	run.active = true;
}

uint64_t systematic_end(void)
{
	for (unsigned i = 1; i < run.count; i++)
		systematic_check(run.threads[i].state == OVER,
				 "a thread is left");
	for (unsigned i = 0; i < run.count; i++)
		sem_destroy(&run.threads[i].baton);
	run.active = false;
	return run.trace ^ run.points;
}
