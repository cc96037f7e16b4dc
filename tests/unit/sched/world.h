/*
 * What the scenarios of the deterministic mode have in common: one scheduler,
 * the tasks on it, and what they and the threads of a scenario share. A
 * scenario opens the world, does something in it, and closes it.
 */
#ifndef LN_TEST_SCHED_WORLD_H
#define LN_TEST_SCHED_WORLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "sched/mutex.h"
#include "sched/task.h"

struct ln_sched;

#define MAX_ACTORS 16

/* A task of a scenario. */
struct actor {
	struct ln_task task;
	void (*body)(struct actor *self);
	unsigned index;
	_Atomic unsigned tokens;
	_Atomic bool over;
};

/* What the tasks and threads of the scenario that runs share. */
struct world {
	struct ln_sched *sched;
	struct actor actors[MAX_ACTORS];
	_Atomic unsigned turn;
	_Atomic uint32_t ran; /* futex */
	struct ln_mutex mutex;
	struct ln_lock lock;
	unsigned counter;
	struct ln_runtime runtime;
	struct ln_environment environment;
	struct ln_process *processes[4];
};

extern struct world world;

/* Begins anew, with a scheduler of that many workers and an environment. */
void open_world(unsigned workers);

/* Waits for all tasks, checks that they are over, stops the workers. */
void close_world(void);

/* Starts the actor of that number. */
void start_actor(unsigned index, void (*body)(struct actor *));

/* Prints what the workers and tasks were about when a run failed. */
void describe_world(void);

struct scenario {
	const char *name;
	void (*run)(void);
};

/* They end with an entry without a name. */
extern const struct scenario sched_scenarios[];
extern const struct scenario process_scenarios[];
extern const struct scenario fold_scenarios[];

#endif
