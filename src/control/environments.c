/*
 * `environments` tells of the environments that have processes, and of all
 * above these. There is no list of them, so the processes are walked over; each
 * environment is kept while the request lasts.
 */
#include <stdlib.h>

#include "base/table.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "control/fields.h"
#include "control/method.h"
#include "control/methods.h"
#include "process/environment.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/process_refs.h"

#define ENVIRONMENTS_MAX 10000
#define STEP_TIME (LN_NS_PER_MS / 2)

struct state {
	struct ln_directory_walk walk;
	struct ln_table known; /* environments, by number + 1 */
	uint32_t next;         /* slot that is told next */
	bool walked;
	bool more; /* than can be told of */
};

/* Notes an environment and those above it; false: memory is short. */
static bool note(struct state *state, struct ln_environment *environment)
{
	for (; environment != NULL; environment = environment->parent) {
		struct ln_table_slot *slot;

		if (ln_table_find(&state->known, environment->number + 1) !=
		    NULL)
			return true;
		if (state->known.live == ENVIRONMENTS_MAX) {
			state->more = true;
			return true;
		}
		slot = ln_table_add(&state->known, environment->number + 1);
		if (slot == NULL)
			return false;
		slot->value = ln_environment_retain(environment);
	}
	return true;
}

static void walk(struct ln_control_request *request, struct state *state)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	size_t count = ln_process_list(ln_control_of(request)->runtime, NULL,
				       &state->walk, some);
	bool fine = true;

	for (size_t i = 0; i < count; i++) {
		fine = fine && note(state, some[i]->environment);
		ln_process_release(some[i]);
	}
	state->walked = count == 0;
	if (!fine)
		ln_control_fail(request, "no-memory", "out of memory");
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int64_t end = ln_time_now() + STEP_TIME;
	uint32_t slots;

	while (!state->walked) {
		walk(request, state);
		if (ln_time_now() >= end)
			return;
	}
	slots = ln_table_slots(&state->known);
	for (; state->next < slots; state->next++) {
		struct ln_table_slot *slot =
			ln_table_at(&state->known, state->next);

		if (ln_control_is_full(request) || ln_time_now() >= end)
			return;
		if (slot != NULL)
			ln_control_item(request,
					ln_environment_object(slot->value));
	}
	ln_control_result(request, json_pack("{s:I,s:b}", "shown",
					     (json_int_t)state->known.live,
					     "more", state->more));
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	uint32_t slots = ln_table_slots(&state->known);

	for (uint32_t i = 0; i < slots; i++) {
		struct ln_table_slot *slot = ln_table_at(&state->known, i);

		if (slot != NULL)
			ln_environment_release(slot->value);
	}
	ln_table_deinit(&state->known, NULL);
}

const struct ln_control_method ln_control_environments = {
	.name = "environments",
	.help = "lists the environments that have processes, and those above "
		"them, with their limits and what is used of these, an item "
		"for each",
	.state = sizeof(struct state),
	.step = step,
	.end = end,
};
