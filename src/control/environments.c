/*
 * `environments` tells of those that have processes, and of those above them.
 * No list has all environments: they are found by walking over the processes,
 * and kept, at most MAX_SHOWN, until the walk is over.
 */
#include "control/environments.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "process/environment.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/process_refs.h"

#define MAX_SHOWN 1000
#define STEP_TIME (LN_NS_PER_MS / 2)

struct state {
	struct ln_directory_walk walk;
	bool walked;
	uint64_t max;
	bool more;                     /* than that */
	struct ln_environment **found; /* counted */
	size_t count;
	size_t room;
	size_t told;
};

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	state->max = (uint64_t)ln_control_number(request, "max", MAX_SHOWN);
}

static bool is_known(const struct state *state,
		     const struct ln_environment *environment)
{
	/* Most often it is that of the process before. */
	for (size_t i = state->count; i > 0; i--) {
		if (state->found[i - 1] == environment)
			return true;
	}
	return false;
}

/* Keeps an environment and those above it; false: memory is short. */
static bool keep(struct state *state, struct ln_environment *environment)
{
	struct ln_environment **found;

	for (; environment != NULL && !is_known(state, environment);
	     environment = environment->parent) {
		if (state->count >= state->max) {
			state->more = true;
			return true;
		}
		found = ln_array_grow(state->found, state->count, &state->room,
				      sizeof(*found));
		if (found == NULL)
			return false;
		state->found = found;
		found[state->count++] = ln_environment_retain(environment);
	}
	return true;
}

/* Looks at some processes; false: the request has failed. */
static bool walk(struct ln_control_request *request, struct state *state)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	size_t count = ln_process_list(ln_control_of(request)->runtime, NULL,
				       &state->walk, some);
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		good = good && keep(state, some[i]->environment);
		ln_process_release(some[i]);
	}
	state->walked = count == 0;
	if (!good)
		ln_control_fail(request, "no-memory", "out of memory");
	return good;
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int64_t end = ln_time_now() + STEP_TIME;

	while (!state->walked) {
		if (!walk(request, state) || ln_time_now() >= end)
			return;
	}
	while (state->told < state->count) {
		if (ln_control_is_full(request) || ln_time_now() >= end)
			return;
		ln_control_item(request, ln_environment_object(
						 state->found[state->told++]));
	}
	ln_control_result(request, json_pack("{s:I,s:b}", "shown",
					     (json_int_t)state->count, "more",
					     state->more));
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	while (state->count > 0)
		ln_environment_release(state->found[--state->count]);
	free(state->found);
}

static const struct ln_control_argument arguments[] = {
	{ "max", LN_CONTROL_NUMBER, 0, MAX_SHOWN, false,
	  "the most environments to tell of" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_environments = {
	.name = "environments",
	.help = "lists the environments that have processes, with what they "
		"may and do use",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
