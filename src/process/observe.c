/* What a runtime has counted. */
#include "process/observe.h"

#include "base/time.h"
#include "process/runtime.h"
#include "sched/sched.h"

void ln_observe(struct ln_runtime *runtime, struct ln_observation *observation)
{
	struct ln_directory_count counted;

	observation->now = ln_time_now();
	observation->age = observation->now - runtime->started;
	observation->workers = ln_sched_workers(runtime->sched);
	ln_directory_count(runtime->directory, &counted);
	observation->tally = counted.tally;
	observation->alive = counted.tally.started;
	for (int i = 0; i < LN_OUTCOMES; i++)
		observation->alive -= counted.tally.ended[i];
	ln_sched_counts(runtime->sched, &observation->counts);
	ln_histogram_init(&observation->run_waits);
	ln_histogram_init(&observation->message_waits);
	ln_sched_waits(runtime->sched, &observation->run_waits,
		       &observation->message_waits);
}
