/*
 * DESIGN
 * `ps` walks over the directory, some processes at a time, each with a
 * reference only while it is looked at. Without `sort` each becomes an item at
 * once, in the order of the walk, however many there are. With it the `max`
 * that come first are kept, at most SORTED_MAX: whenever there are twice as
 * many, the latter half goes. They become items when the walk is over.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "control/fields.h"
#include "control/filter.h"
#include "control/method.h"
#include "control/methods.h"
#include "process/inspect.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/process_refs.h"

#define SORTED_MAX 10000
#define STEP_TIME (LN_NS_PER_MS / 2)

struct state {
	struct ln_directory_walk walk;
	bool walked; /* to its end */
	/* What is asked for. */
	const struct ln_field *sort; /* NULL: as they come */
	uint64_t max;
	struct ln_filter filter;
	/* Sums of those that match. */
	uint64_t matching;
	uint64_t memory;
	uint64_t messages;
	/* With `sort`: those that were kept, `max` of them told at the end. */
	struct ln_process_info *kept;
	size_t count;
	size_t told;
};

static int compare(const void *a, const void *b, void *field)
{
	const struct ln_process_info *left = a;
	const struct ln_process_info *right = b;
	int order = ln_field_compare(field, left, right);

	if (order != 0)
		return order;
	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return 0;
}

static void sort_kept(struct state *state)
{
	qsort_r(state->kept, state->count, sizeof(state->kept[0]), compare,
		(void *)state->sort);
	if (state->count > state->max)
		state->count = (size_t)state->max;
}

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	const char *sort = ln_control_text(request, "sort", NULL);

	state->max = (uint64_t)ln_control_number(request, "max", INT64_MAX);
	if (!ln_filter_read(&state->filter, request) || sort == NULL)
		return;
	state->sort = ln_field_find(sort);
	if (state->sort == NULL || !ln_field_sorts(state->sort)) {
		ln_control_fail(request, "bad-argument",
				"processes are not sorted by '%s'; see fields",
				sort);
		return;
	}
	if (state->max > SORTED_MAX) {
		ln_control_fail(request, "bad-argument",
				"with 'sort', 'max' is at most %d", SORTED_MAX);
		return;
	}
	state->kept = calloc((size_t)state->max * 2 + LN_DIRECTORY_STEP,
			     sizeof(state->kept[0]));
	if (state->kept == NULL)
		ln_control_fail(request, "no-memory", "out of memory");
}

static void add(struct ln_control_request *request, struct state *state,
		const struct ln_process_info *info)
{
	if (!ln_filter_matches(&state->filter, info))
		return;
	state->matching++;
	state->memory += info->memory;
	state->messages += info->messages;
	if (state->sort != NULL)
		state->kept[state->count++] = *info;
	else if (state->told < state->max) {
		ln_control_item(request, ln_process_object(info));
		state->told++;
	}
}

/* Not inlined: its frame and that of a walk are too large for one. */
LN_NOINLINE static void look_at(struct ln_control_request *request,
				struct state *state, struct ln_process *process)
{
	struct ln_process_info info;

	ln_process_look(process, &info);
	ln_process_release(process);
	add(request, state, &info);
}

/* Looks at some processes; false: these were all. */
static bool walk(struct ln_control_request *request, struct state *state)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	size_t count = ln_process_list(ln_control_of(request)->runtime, NULL,
				       &state->walk, some);

	for (size_t i = 0; i < count; i++)
		look_at(request, state, some[i]);
	if (state->sort != NULL && state->count >= state->max * 2)
		sort_kept(state);
	return count > 0;
}

static void finish(struct ln_control_request *request, struct state *state)
{
	ln_control_result(request,
			  json_pack("{s:I,s:I,s:I,s:I}", "matching",
				    (json_int_t)state->matching, "shown",
				    (json_int_t)state->told, "memory_bytes",
				    (json_int_t)state->memory, "messages",
				    (json_int_t)state->messages));
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int64_t end = ln_time_now() + STEP_TIME;

	while (!state->walked && !ln_control_is_full(request)) {
		state->walked = !walk(request, state);
		if (state->walked && state->sort != NULL)
			sort_kept(state);
		if (ln_time_now() >= end)
			return;
	}
	while (state->sort != NULL && state->told < state->count &&
	       !ln_control_is_full(request))
		ln_control_item(request,
				ln_process_object(&state->kept[state->told++]));
	if (state->walked &&
	    (state->sort == NULL || state->told == state->count))
		finish(request, state);
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	free(state->kept);
}

static const struct ln_control_argument arguments[] = {
	{ "sort", LN_CONTROL_TEXT, 1, 64, false,
	  "a field: the largest numbers, or the first texts, come first" },
	{ "max", LN_CONTROL_NUMBER, 0, INT64_MAX, false,
	  "the most processes to tell of; with sort at most 10000" },
	LN_FILTER_ARGUMENTS,
	{ .name = NULL },
};

const struct ln_control_method ln_control_ps = {
	.name = "ps",
	.help = "lists the processes, an item for each",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
