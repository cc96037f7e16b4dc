/* `deaths` lists the last deaths, `trace` tells the trace of one of them;
 * process/deaths.h. */
#include <stdlib.h>

#include "base/time.h"
#include "base/uuid.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "process/deaths.h"
#include "process/process.h"
#include "process/runtime.h"

static const char *const outcomes[] = {
	[LN_OUTCOME_NORMAL] = "normal",
	[LN_OUTCOME_EXITED] = "exited",
	[LN_OUTCOME_TRAPPED] = "trapped",
	[LN_OUTCOME_KILLED] = "killed",
};

/* A text, or null when it is empty. */
static json_t *text(const char *from)
{
	return from[0] != '\0' ? json_string(from) : json_null();
}

static json_t *death_object(const struct ln_death *death, int64_t now)
{
	char id[LN_UUID_TEXT];
	char parent[LN_UUID_TEXT];

	ln_uuid_format(death->id, id);
	ln_uuid_format(death->parent, parent);
	return json_pack(
		"{s:I,s:I,s:s,s:s,s:I,s:s,s:i,s:o,s:o,s:o,s:b,s:I,s:I,s:I,s:I}",
		"serial", (json_int_t)death->serial, "number",
		(json_int_t)death->number, "id", id, "parent", parent,
		"environment", (json_int_t)death->environment, "outcome",
		outcomes[death->outcome], "exit_code", (int)death->exit_code,
		"name", text(death->name), "entry", text(death->entry),
		"reason", text(death->reason), "traced", death->traced,
		"ago_ms", (json_int_t)((now - death->when) / LN_NS_PER_MS),
		"age_ms", (json_int_t)(death->age / LN_NS_PER_MS), "cpu_us",
		(json_int_t)(death->cpu / 1000), "memory_bytes",
		(json_int_t)death->memory);
}

static void deaths_step(struct ln_control_request *request)
{
	struct ln_deaths *deaths = ln_control_of(request)->runtime->deaths;
	uint64_t after = (uint64_t)ln_control_number(request, "after", 0);
	uint64_t max = (uint64_t)ln_control_number(request, "max", 100);
	struct ln_death *list = calloc(max + 1, sizeof(*list));
	int64_t now = ln_time_now();
	size_t count;

	if (list == NULL) {
		ln_control_fail(request, "no-memory", "out of memory");
		return;
	}
	count = ln_deaths_list(deaths, after,
			       ln_control_bool(request, "failed"), list,
			       (size_t)max);
	for (size_t i = 0; i < count; i++)
		ln_control_item(request, death_object(&list[i], now));
	free(list);
	ln_control_result(request,
			  json_pack("{s:I}", "shown", (json_int_t)count));
}

static const struct ln_control_argument deaths_arguments[] = {
	{ "after", LN_CONTROL_NUMBER, 0, INT64_MAX, false,
	  "only those with a larger serial number" },
	{ "max", LN_CONTROL_NUMBER, 0, INT64_C(2) * LN_DEATHS_MAX, false,
	  "the most deaths to tell of, 100 by default" },
	{ "failed", LN_CONTROL_BOOL, 0, 0, false,
	  "leave out those that ended normally" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_deaths = {
	.name = "deaths",
	.help = "lists the last deaths, the youngest first, an item for each",
	.arguments = deaths_arguments,
	.step = deaths_step,
};

static void trace_step(struct ln_control_request *request)
{
	struct ln_deaths *deaths = ln_control_of(request)->runtime->deaths;
	char *trace = ln_deaths_trace(
		deaths, (uint64_t)ln_control_number(request, "serial", 0));

	ln_control_result(request, json_pack("{s:s?}", "trace", trace));
	free(trace);
}

static const struct ln_control_argument trace_arguments[] = {
	{ "serial", LN_CONTROL_NUMBER, 0, INT64_MAX, true,
	  "the serial number that deaths tells" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_death_trace = {
	.name = "death-trace",
	.help = "tells the reason and the trace of one of the last deaths; "
		"null when there is none any more",
	.arguments = trace_arguments,
	.step = trace_step,
};
