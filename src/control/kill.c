/*
 * `kill` ends a process, as ln_process_kill does, and waits a while for its
 * end, which its host call may delay.
 */
#include "base/time.h"
#include "control/fields.h"
#include "control/method.h"
#include "control/methods.h"
#include "control/search.h"
#include "process/lookup.h"
#include "process/process.h"

#define PATIENCE (2 * LN_NS_PER_S)
#define PAUSE (2 * LN_NS_PER_MS)

struct state {
	struct ln_search search;
	struct ln_process_info info; /* before its end */
	int64_t deadline;            /* 0: it was not killed yet */
};

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	ln_search_begin(&state->search, request);
}

static bool has_ended(struct ln_process *process)
{
	bool dead;

	ln_process_lock(process);
	dead = process->dead;
	ln_process_unlock(process);
	return dead;
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	struct ln_process *process;
	int64_t now = ln_time_now();
	bool ended;

	if (state->deadline == 0) {
		if (!ln_search_step(&state->search, request))
			return;
		ln_process_look(state->search.found, &state->info);
		ln_process_kill(state->search.found);
		state->deadline = now + PATIENCE;
	}
	process = state->search.found;
	ended = has_ended(process);
	if (!ended && now < state->deadline) {
		ln_control_wait(request, now + PAUSE);
		return;
	}
	ln_control_result(request, json_pack("{s:o,s:b}", "process",
					     ln_process_object(&state->info),
					     "ended", ended));
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	ln_search_end(&state->search);
}

static const struct ln_control_argument arguments[] = {
	LN_SEARCH_ARGUMENT,
	{ .name = NULL },
};

const struct ln_control_method ln_control_kill = {
	.name = "kill",
	.help = "ends a process, as if a process that it is linked to had "
		"failed",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
