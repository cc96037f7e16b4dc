/*
 * DESIGN
 * Lists of processes for the program. A list is a copy that refers to no
 * process. When a process makes one, the work goes through the blocking pool,
 * since it waits for other processes, possibly for some that only the same
 * worker can run.
 */
#include <lunatic/runtime.h>

#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "embed/embed.h"
#include "engine/host_table.h"
#include "process/inspect.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"

#define WAIT_MAX_MS 10000

_Static_assert((int)LUNATIC_RT_STATE_STARTING == LN_STATE_STARTING &&
		       (int)LUNATIC_RT_STATE_RUNNING == LN_STATE_RUNNING &&
		       (int)LUNATIC_RT_STATE_RUNNABLE == LN_STATE_RUNNABLE &&
		       (int)LUNATIC_RT_STATE_RECEIVE == LN_STATE_RECEIVE &&
		       (int)LUNATIC_RT_STATE_TIMER == LN_STATE_TIMER &&
		       (int)LUNATIC_RT_STATE_IO == LN_STATE_IO &&
		       (int)LUNATIC_RT_STATE_BLOCKING == LN_STATE_BLOCKING &&
		       (int)LUNATIC_RT_STATE_WAITING == LN_STATE_WAITING &&
		       (int)LUNATIC_RT_STATE_ENDING == LN_STATE_ENDING &&
		       (int)LUNATIC_RT_STATE_IDLE == LN_STATE_IDLE &&
		       (int)LUNATIC_RT_STATE_IDLE == LN_STATES - 1,
	       "two numbers for one state");
_Static_assert(sizeof(((lunatic_rt_totals *)0)->ended) ==
		       sizeof(((struct ln_tally *)0)->ended),
	       "other outcomes");

struct listing {
	struct ln_runtime *runtime;
	size_t max;
	int64_t wait;
	struct ln_inspection *list;
	int result;
};

static void inspect(void *argument)
{
	struct listing *listing = argument;

	listing->result = ln_inspect(listing->runtime, listing->max,
				     listing->wait, &listing->list);
}

int lunatic_rt_processes(lunatic_rt *runtime, size_t max, int64_t wait_ms,
			 lunatic_rt_process_list **list)
{
	struct listing listing = { .runtime = runtime,
				   .max = max,
				   .wait = wait_ms * LN_NS_PER_MS };
	int error;

	if (list == NULL)
		return LN_EINVAL;
	*list = NULL;
	if (runtime == NULL || wait_ms < 0 || wait_ms > WAIT_MAX_MS)
		return LN_EINVAL;
	error = ln_blocking_run(ln_sched_blocking(runtime->sched), inspect,
				&listing);
	if (error < 0)
		return error;
	if (listing.result == 0)
		*list = listing.list;
	return listing.result;
}

size_t lunatic_rt_process_list_count(const lunatic_rt_process_list *list)
{
	return list != NULL ? list->count : 0;
}

int lunatic_rt_process_list_get(const lunatic_rt_process_list *list,
				size_t index, lunatic_rt_process_info *info,
				size_t size)
{
	const struct ln_process_info *from;
	lunatic_rt_process_info own;

	if (list == NULL || index >= list->count)
		return LN_EINVAL;
	from = &list->infos[index];
	own = (lunatic_rt_process_info){
		.environment = from->environment,
		.state = (lunatic_rt_process_state)from->state,
		.links = from->links,
		.name = from->name[0] != '\0' ? from->name : NULL,
		.messages = from->messages,
		.message_bytes = from->message_bytes,
		.received = from->received,
		.dropped = from->dropped,
		.memory = from->memory,
		.slices = from->slices,
		.fuel = from->fuel,
		.age_ms = from->age / LN_NS_PER_MS,
		.function = from->function,
		.label = from->label[0] != '\0' ? from->label : NULL,
		.registered =
			from->registered[0] != '\0' ? from->registered : NULL,
	};
	memcpy(own.id, from->id, sizeof(own.id));
	memcpy(&own.native, &from->native, sizeof(own.native));
	if (from->host != NULL) {
		own.host_function = from->host->name;
		own.host_namespace = from->host->module;
	}
	return ln_embed_write_config(info, size, &own, sizeof(own));
}

int lunatic_rt_process_list_totals(const lunatic_rt_process_list *list,
				   lunatic_rt_totals *totals, size_t size)
{
	lunatic_rt_totals own;

	if (list == NULL)
		return LN_EINVAL;
	own = (lunatic_rt_totals){
		.alive = list->alive,
		.started = list->tally.started,
		.memory = list->memory,
		.messages_delivered = list->tally.messages,
		.messages_waiting = list->waiting,
		.messages_dropped = list->tally.dropped,
		.age_ms = list->age / LN_NS_PER_MS,
	};
	memcpy(own.ended, list->tally.ended, sizeof(own.ended));
	return ln_embed_write_config(totals, size, &own, sizeof(own));
}

void lunatic_rt_process_list_free(lunatic_rt_process_list *list)
{
	ln_inspection_free(list);
}
