/* `observe` tells what the runtime has counted; process/observe.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cluster/node.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "process/observe.h"
#include "process/process.h"
#include "process/runtime.h"

/* Workers that are told of one by one. */
#define WORKERS_MAX 256

/* Microseconds. */
static json_int_t us(uint64_t ns)
{
	return (json_int_t)(ns / 1000);
}

static json_t *counts_object(const struct ln_sched_counts *counts)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "awake_us",
			 us(counts->awake), "in_tasks_us", us(counts->in_tasks),
			 "asleep_us", us(counts->asleep), "switches",
			 (json_int_t)counts->switches, "steals",
			 (json_int_t)counts->steals, "stolen",
			 (json_int_t)counts->stolen, "preemptions",
			 (json_int_t)counts->preemptions, "messages",
			 (json_int_t)counts->messages, "dropped",
			 (json_int_t)counts->dropped);
}

static json_t *workers_array(struct ln_sched *sched, unsigned count)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < count && i < WORKERS_MAX; i++) {
		struct ln_sched_counts counts;

		ln_sched_counts_of(sched, i, &counts);
		if (json_array_append_new(array, counts_object(&counts)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* A histogram: [bucket, values] for each bucket that has some. */
static json_t *buckets_array(const struct ln_histogram *histogram)
{
	json_t *array = json_array();

	for (size_t i = 0; i < LN_HISTOGRAM_BUCKETS; i++) {
		uint64_t count = ln_histogram_bucket(histogram, i);

		if (count == 0)
			continue;
		if (json_array_append_new(array,
					  json_pack("[I,I]", (json_int_t)i,
						    (json_int_t)count)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *waits_object(const struct ln_histogram *histogram)
{
	struct ln_histogram_summary summary;

	ln_histogram_sum_up(histogram, &summary);
	return json_pack("{s:I,s:f,s:f,s:f,s:f,s:f,s:o}", "count",
			 (json_int_t)summary.count, "sum", summary.sum, "p50",
			 summary.p50, "p90", summary.p90, "p99", summary.p99,
			 "max", summary.max, "buckets",
			 buckets_array(histogram));
}

/* Bytes of memory that the program has now; 0: not known. */
static uint64_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long size = 0;
	unsigned long long pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu %llu", &size, &pages) != 2)
		pages = 0;
	/* It was only read. */
	(void)fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Other nodes that this one is connected to; -1: it is none. */
static int connected(struct ln_control *control)
{
	struct ln_fabric_peer *peers = NULL;
	int count = -1;

	pthread_mutex_lock(&control->lock);
	if (control->member != NULL) {
		count = ln_node_list(control->member, &peers);
		free(peers);
		count = count > 0 ? count : 0;
	}
	pthread_mutex_unlock(&control->lock);
	return count;
}

static json_t *observation_object(const struct ln_observation *from,
				  struct ln_control *control)
{
	const struct ln_tally *tally = &from->tally;
	int nodes = connected(control);
	json_t *object = json_pack(
		"{s:I,s:I,s:I,s:I,s:{s:I,s:I,s:I,s:I},s:I,s:o,s:o,s:o,s:o}",
		"now_us", us((uint64_t)from->now), "age_us",
		us((uint64_t)from->age), "alive", (json_int_t)from->alive,
		"started", (json_int_t)tally->started, "ended", "normal",
		(json_int_t)tally->ended[LN_OUTCOME_NORMAL], "exited",
		(json_int_t)tally->ended[LN_OUTCOME_EXITED], "trapped",
		(json_int_t)tally->ended[LN_OUTCOME_TRAPPED], "killed",
		(json_int_t)tally->ended[LN_OUTCOME_KILLED], "resident_bytes",
		(json_int_t)resident(), "all", counts_object(&from->counts),
		"workers",
		workers_array(control->runtime->sched, from->workers),
		"run_wait_seconds", waits_object(&from->run_waits),
		"message_wait_seconds", waits_object(&from->message_waits));

	if (json_object_set_new(object, "nodes",
				nodes >= 0 ? json_integer(nodes)
					   : json_null()) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static void step(struct ln_control_request *request)
{
	struct ln_control *control = ln_control_of(request);
	struct ln_observation *observation = malloc(sizeof(*observation));
	json_t *object = NULL;

	if (observation != NULL) {
		ln_observe(control->runtime, observation);
		object = observation_object(observation, control);
	}
	free(observation);
	ln_control_result(request, object);
}

const struct ln_control_method ln_control_observe = {
	.name = "observe",
	.help = "tells what the scheduler has counted: times of its workers, "
		"switches, waits, messages; and the processes that ended",
	.step = step,
};
