/*
 * `deaths` lists the last ends of processes, the youngest first, and `death`
 * has the trace of one of them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/uuid.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "process/deaths.h"
#include "process/process.h"
#include "process/runtime.h"

#define MAX_SHOWN INT64_C(2000)
#define MAX_DEFAULT 100
#define AT_ONCE 64 /* items of a step */

_Static_assert(MAX_SHOWN == INT64_C(2) * LN_DEATHS_MAX, "those of both sorts");

static const char *const outcomes[] = {
	[LN_OUTCOME_NORMAL] = "normal",
	[LN_OUTCOME_EXITED] = "exited",
	[LN_OUTCOME_TRAPPED] = "trapped",
	[LN_OUTCOME_KILLED] = "killed",
};

struct state {
	struct ln_death *list;
	size_t count;
	size_t told;
};

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	size_t max = (size_t)ln_control_number(request, "max", MAX_DEFAULT);
	uint64_t after = (uint64_t)ln_control_number(request, "after", 0);

	state->list = calloc(max + 1, sizeof(state->list[0]));
	if (state->list == NULL) {
		ln_control_fail(request, "no-memory", "out of memory");
		return;
	}
	state->count = ln_deaths_list(ln_control_of(request)->runtime->deaths,
				      after, ln_control_bool(request, "failed"),
				      state->list, max);
}

static json_t *text(const char *from)
{
	return from[0] != '\0' ? json_string(from) : json_null();
}

static json_t *death_object(const struct ln_death *death)
{
	static const uint8_t nobody[16];
	char id[LN_UUID_TEXT];
	char parent[LN_UUID_TEXT] = "";

	ln_uuid_format(death->id, id);
	if (memcmp(death->parent, nobody, sizeof(nobody)) != 0)
		ln_uuid_format(death->parent, parent);
	return json_pack(
		"{s:I,s:I,s:s,s:o,s:I,s:o,s:o,s:s,s:I,s:o,s:I,s:I,s:I,s:I,s:b}",
		"serial", (json_int_t)death->serial, "number",
		(json_int_t)death->number, "id", id, "parent", text(parent),
		"environment", (json_int_t)death->environment, "name",
		text(death->name), "entry", text(death->entry), "outcome",
		outcomes[death->outcome], "exit_code",
		(json_int_t)death->exit_code, "reason", text(death->reason),
		"ago_ms",
		(json_int_t)((ln_time_now() - death->when) / LN_NS_PER_MS),
		"age_ms", (json_int_t)(death->age / LN_NS_PER_MS), "cpu_ms",
		(json_int_t)(death->cpu / LN_NS_PER_MS), "memory_bytes",
		(json_int_t)death->memory, "traced", death->traced);
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	for (int i = 0; i < AT_ONCE && state->told < state->count; i++) {
		if (ln_control_is_full(request))
			return;
		ln_control_item(request,
				death_object(&state->list[state->told++]));
	}
	if (state->told == state->count)
		ln_control_result(request, json_pack("{s:I}", "shown",
						     (json_int_t)state->count));
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	free(state->list);
}

static const struct ln_control_argument arguments[] = {
	{ "max", LN_CONTROL_NUMBER, 0, MAX_SHOWN, false,
	  "the most ends to tell of" },
	{ "after", LN_CONTROL_NUMBER, 0, INT64_MAX, false,
	  "only those with a higher serial" },
	{ "failed", LN_CONTROL_BOOL, 0, 0, false,
	  "only those that did not end normally" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_deaths = {
	.name = "deaths",
	.help = "lists the last ends of processes, an item for each",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};

/* ---- One of them ---- */

static void death_step(struct ln_control_request *request)
{
	int64_t serial = ln_control_number(request, "serial", 0);
	char *trace = ln_deaths_trace(ln_control_of(request)->runtime->deaths,
				      (uint64_t)serial);

	ln_control_result(request,
			  json_pack("{s:I,s:s?}", "serial", (json_int_t)serial,
				    "trace", trace));
	free(trace);
}

static const struct ln_control_argument death_arguments[] = {
	{ "serial", LN_CONTROL_NUMBER, 1, INT64_MAX, true,
	  "its serial, as deaths tells it" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_death = {
	.name = "death",
	.help = "has the trace of a process that has ended, as long as it is "
		"kept",
	.arguments = death_arguments,
	.step = death_step,
};
