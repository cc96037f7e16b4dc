/*
 * `tree` tells what a picture of the processes needs: who spawned whom, and who
 * is linked to whom. It walks over the directory as `ps` does. Beyond `max`
 * processes are only counted.
 */
#include "base/time.h"
#include "base/uuid.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "process/inspect.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/process_refs.h"

#define MAX_SHOWN 2000 /* processes */
#define MAX_DEFAULT 500
#define LINKS_MAX 64 /* that are told of one process */
#define STEP_TIME (LN_NS_PER_MS / 2)

struct state {
	struct ln_directory_walk walk;
	int64_t environment; /* -1: all */
	uint64_t max;
	uint64_t matching;
	uint64_t shown;
	/* Of the one being told. */
	struct ln_process_info info;
	struct ln_link_info links[LINKS_MAX];
};

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	state->max = (uint64_t)ln_control_number(request, "max", MAX_DEFAULT);
	state->environment = ln_control_number(request, "environment", -1);
}

static json_t *id_text(const uint8_t id[16])
{
	char text[LN_UUID_TEXT];

	ln_uuid_format(id, text);
	return json_string(text);
}

static json_t *parent_text(const uint8_t id[16])
{
	for (int i = 0; i < 16; i++) {
		if (id[i] != 0)
			return id_text(id);
	}
	return json_null();
}

/* The ids of those that it is linked to. */
static json_t *links_array(struct state *state, struct ln_process *process)
{
	struct ln_link_info *links = state->links;
	size_t count = ln_process_links(process, links, LINKS_MAX);
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(array, id_text(links[i].id)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *process_object(struct state *state, struct ln_process *process)
{
	const struct ln_process_info *info = &state->info;

	return json_pack("{s:I,s:o,s:o,s:s,s:s,s:I,s:o}", "number",
			 (json_int_t)info->number, "id", id_text(info->id),
			 "parent", parent_text(info->parent), "name",
			 info->name, "state",
			 ln_process_state_name(info->state), "environment",
			 (json_int_t)info->environment, "links",
			 links_array(state, process));
}

static void look(struct ln_control_request *request, struct state *state,
		 struct ln_process *process)
{
	ln_process_look(process, &state->info);
	if (state->environment >= 0 &&
	    state->info.environment != (uint64_t)state->environment)
		return;
	state->matching++;
	if (state->shown >= state->max)
		return;
	state->shown++;
	ln_control_item(request, process_object(state, process));
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	struct ln_process *some[LN_DIRECTORY_STEP];
	int64_t end = ln_time_now() + STEP_TIME;

	while (!ln_control_is_full(request) && ln_time_now() < end) {
		size_t count = ln_process_list(ln_control_of(request)->runtime,
					       NULL, &state->walk, some);

		for (size_t i = 0; i < count; i++) {
			look(request, state, some[i]);
			ln_process_release(some[i]);
		}
		if (count > 0)
			continue;
		ln_control_result(request,
				  json_pack("{s:I,s:I}", "matching",
					    (json_int_t)state->matching,
					    "shown", (json_int_t)state->shown));
		return;
	}
}

static const struct ln_control_argument arguments[] = {
	{ "max", LN_CONTROL_NUMBER, 0, MAX_SHOWN, false,
	  "the most processes to tell of" },
	{ "environment", LN_CONTROL_NUMBER, 0, INT64_MAX, false,
	  "only processes of the environment with that number" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_tree = {
	.name = "tree",
	.help = "tells who spawned and who is linked to whom, an item for each",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
};
