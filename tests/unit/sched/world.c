/* The world of the scenarios of the deterministic mode. */
#include "sched/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "engine/charge.h"
#include "sched/sched.h"
#include "sched/systematic.h"
#include "sched/worker.h"

#define STACK ((size_t)128 << 10)

struct world world;

void open_world(unsigned workers)
{
	const struct ln_sched_options options = {
		.workers = workers,
		.stack_size = STACK,
		.manual = true,
	};

	memset(&world, 0, sizeof(world));
	for (unsigned i = 0; i < MAX_ACTORS; i++)
		world.actors[i].index = i;
	systematic_check(ln_sched_new(&options, &world.sched) == 0,
			 "no scheduler");
	world.runtime.sched = world.sched;
	world.environment.runtime = &world.runtime;
	world.environment.limits =
		(struct ln_limits){ .max_processes = 100, .max_links = 100 };
	world.environment.references = 1;
}

void close_world(void)
{
	ln_sched_wait_idle(world.sched);
	systematic_check(ln_sched_live(world.sched) == 0, "tasks are left");
	for (unsigned i = 0; i < MAX_ACTORS; i++)
		systematic_check(world.actors[i].body == NULL ||
					 atomic_load(&world.actors[i].over),
				 "a task is not over");
	ln_sched_free(world.sched);
}

void describe_world(void)
{
	struct ln_sched *sched = world.sched;

	if (sched == NULL)
		return;
	fprintf(stderr,
		"  %u sleeping, %u searching, %u shared, %u due, %llu live\n",
		sched->sleeping, sched->searching, sched->shared.count,
		sched->due.count, (unsigned long long)sched->live);
	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_worker *worker = &sched->workers[i];

		fprintf(stderr,
			"  worker %u: asleep %u, idle %d, searching %d, next "
			"%d, queued %u\n",
			i, worker->asleep, worker->idle, worker->searching,
			worker->next != NULL,
			worker->queue.tail - worker->queue.head);
	}
	for (unsigned i = 0; i < MAX_ACTORS; i++) {
		if (world.actors[i].body != NULL)
			fprintf(stderr, "  task %u: state %u, %u tokens\n", i,
				world.actors[i].task.state,
				world.actors[i].tokens);
	}
}

static void run_actor(struct ln_task *task)
{
	struct actor *self = ln_container_of(task, struct actor, task);

	self->body(self);
}

static void end_actor(struct ln_task *task)
{
	atomic_store(&ln_container_of(task, struct actor, task)->over, true);
}

void start_actor(unsigned index, void (*body)(struct actor *))
{
	struct actor *actor = &world.actors[index];

	actor->body = body;
	systematic_check(ln_task_start(world.sched, &actor->task, run_actor,
				       end_actor) == 0,
			 "no task");
}

/* There are no instances here: what processes of these scenarios keep is
 * charged to nobody. */
bool ln_instance_charge(struct ln_instance *instance, uint64_t bytes)
{
	(void)instance;
	(void)bytes;
	abort();
}

void ln_instance_refund(struct ln_instance *instance, uint64_t bytes)
{
	(void)instance;
	(void)bytes;
	abort();
}
