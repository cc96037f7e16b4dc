/*
 * DESIGN
 * `top` tells again and again of the processes that come first by something:
 * by what they did since the last round, or by a field of ps. In each round it
 * walks over all processes, some at a time, and measures them without their
 * texts; what each had before is found in a table by its number. The `max` that
 * come first are kept as in ps; only these are looked at in full, and told.
 *
 * A round is items for processes, then an item "round" with totals. The first
 * one comes soon, so that its window is short.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/table.h"
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

#define MAX_ROWS 1000
#define STEP_TIME (LN_NS_PER_MS / 2)
#define FIRST_WINDOW (300 * LN_NS_PER_MS)
#define PASTS_MAX ((size_t)1 << 20) /* processes that are remembered */

/* What a process had in the last round. */
struct past {
	uint64_t cpu;
	uint64_t received;
	uint64_t sent;
	uint64_t messages;
};

/* The pasts of all processes, by their numbers. */
struct pasts {
	struct ln_table table; /* index in `list` */
	struct past *list;
	size_t count;
	size_t room;
};

struct row {
	uint64_t number;
	uint64_t cpu;      /* ns in the window */
	uint64_t received; /* messages in it */
	uint64_t sent;
	int64_t growth; /* of its mailbox */
	struct ln_process_info info;
};

enum order { BY_CPU, BY_MESSAGES, BY_GROWTH, BY_FIELD };

struct state {
	/* What is asked for. */
	enum order order;
	const struct ln_field *field;
	size_t max;
	int64_t interval;
	struct ln_filter filter;
	uint64_t rounds; /* after which it ends; 0: never */
	/* This round. */
	struct ln_directory_walk walk;
	struct pasts now;
	struct row *kept;
	size_t count;
	size_t told;
	uint64_t matching;
	uint64_t memory;
	uint64_t messages;
	int64_t began;
	bool walked;
	/* The rounds before. */
	struct pasts before;
	int64_t began_before; /* 0: there was none */
	uint64_t round;
};

/* ---- What processes had ---- */

static void forget(struct pasts *pasts)
{
	ln_table_deinit(&pasts->table, NULL);
	free(pasts->list);
	*pasts = (struct pasts){ .count = 0 };
}

/* Remembers a process for the next round, or does not, where memory is short or
 * there are too many. */
static void remember(struct pasts *pasts, const struct ln_process_info *info)
{
	struct ln_table_slot *slot;
	struct past *list;

	if (pasts->count == PASTS_MAX)
		return;
	list = ln_array_grow(pasts->list, pasts->count, &pasts->room,
			     sizeof(*list));
	if (list == NULL)
		return;
	pasts->list = list;
	slot = ln_table_add(&pasts->table, info->number);
	if (slot == NULL)
		return;
	slot->number = pasts->count;
	list[pasts->count++] = (struct past){
		.cpu = info->cpu,
		.received = info->received,
		.sent = info->sent,
		.messages = info->messages,
	};
}

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* What a process did since the last round; all that it ever did when it is
 * new since then. */
static void compare_past(const struct state *state, struct row *row)
{
	const struct ln_process_info *info = &row->info;
	const struct ln_table_slot *slot =
		ln_table_find(&state->before.table, row->number);
	struct past past = { 0 };

	if (slot != NULL)
		past = state->before.list[slot->number];
	else if (state->began_before == 0 ||
		 info->age > state->began - state->began_before)
		return; /* nothing is known */
	row->cpu = more(info->cpu, past.cpu);
	row->received = more(info->received, past.received);
	row->sent = more(info->sent, past.sent);
	row->growth = (int64_t)(info->messages - past.messages);
}

/* ---- Order ---- */

static int compare_numbers(uint64_t left, uint64_t right)
{
	return left > right ? -1 : left < right;
}

static int compare(const void *a, const void *b, void *argument)
{
	const struct state *state = argument;
	const struct row *left = a;
	const struct row *right = b;
	int order = 0;

	if (state->order == BY_CPU)
		order = compare_numbers(left->cpu, right->cpu);
	else if (state->order == BY_MESSAGES)
		order = compare_numbers(left->received + left->sent,
					right->received + right->sent);
	else if (state->order == BY_GROWTH)
		order = left->growth > right->growth
				? -1
				: left->growth < right->growth;
	else
		order = ln_field_compare(state->field, &left->info,
					 &right->info);
	return order != 0 ? order
			  : -compare_numbers(left->number, right->number);
}

static void sort_kept(struct state *state)
{
	qsort_r(state->kept, state->count, sizeof(state->kept[0]), compare,
		state);
	if (state->count > state->max)
		state->count = state->max;
}

/* ---- A round ---- */

/* Texts are needed to sort or to filter by. */
static bool needs_texts(const struct state *state)
{
	return state->filter.name != NULL ||
	       (state->order == BY_FIELD &&
		state->field->kind == LN_FIELD_TEXT);
}

static void add(struct state *state, struct ln_process *process)
{
	struct row *row = &state->kept[state->count];

	*row = (struct row){ .number = ln_process_number(process) };
	if (needs_texts(state))
		ln_process_look(process, &row->info);
	else
		ln_process_measure(process, &row->info);
	remember(&state->now, &row->info);
	if (!ln_filter_matches(&state->filter, &row->info))
		return;
	compare_past(state, row);
	state->matching++;
	state->memory += row->info.memory;
	state->messages += row->info.messages;
	state->count++;
}

static void walk(struct ln_control_request *request, struct state *state)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	size_t count = ln_process_list(ln_control_of(request)->runtime, NULL,
				       &state->walk, some);

	for (size_t i = 0; i < count; i++) {
		add(state, some[i]);
		ln_process_release(some[i]);
	}
	if (count == 0 || state->count >= state->max * 2)
		sort_kept(state);
	state->walked = count == 0;
}

static json_t *row_object(const struct row *row)
{
	json_t *object = ln_process_object(&row->info);
	json_t *window = json_pack(
		"{s:I,s:I,s:I,s:I}", "cpu_us", (json_int_t)(row->cpu / 1000),
		"received", (json_int_t)row->received, "sent",
		(json_int_t)row->sent, "growth", (json_int_t)row->growth);

	if (json_object_set_new(object, "window", window) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Tells of one of those that were kept, if it is still there. */
static void tell(struct ln_control_request *request, struct state *state)
{
	struct row *row = &state->kept[state->told++];
	struct ln_process *process =
		ln_process_find(ln_control_of(request)->runtime, row->number);

	if (process == NULL)
		return;
	ln_process_look(process, &row->info);
	ln_process_release(process);
	ln_control_item(request, row_object(row));
}

static json_t *round_object(const struct state *state)
{
	int64_t window = state->began_before != 0
				 ? state->began - state->began_before
				 : 0;

	return json_pack("{s:I,s:I,s:I,s:I,s:I}", "round",
			 (json_int_t)state->round, "window_us",
			 (json_int_t)(window / 1000), "matching",
			 (json_int_t)state->matching, "memory_bytes",
			 (json_int_t)state->memory, "messages",
			 (json_int_t)state->messages);
}

static void end_round(struct ln_control_request *request, struct state *state)
{
	int64_t window = state->round == 0 && state->interval > FIRST_WINDOW
				 ? FIRST_WINDOW
				 : state->interval;

	/* The first one has no window, and is not told. */
	if (state->round > 0)
		ln_control_item(request, round_object(state));
	forget(&state->before);
	state->before = state->now;
	state->now = (struct pasts){ .count = 0 };
	state->began_before = state->began;
	ln_control_wait(request, state->began + window);
	state->began = 0;
	state->walk = (struct ln_directory_walk){ 0 };
	state->walked = false;
	state->count = 0;
	state->told = 0;
	state->matching = 0;
	state->memory = 0;
	state->messages = 0;
	if (state->round++ == state->rounds && state->rounds > 0)
		ln_control_result(request, json_object());
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int64_t now = ln_time_now();
	int64_t end = now + STEP_TIME;

	/* It may have been woken for another request. */
	if (state->began == 0 && state->began_before != 0) {
		int64_t due =
			state->began_before +
			(state->round == 1 && state->interval > FIRST_WINDOW
				 ? FIRST_WINDOW
				 : state->interval);

		if (now < due) {
			ln_control_wait(request, due);
			return;
		}
	}
	if (state->began == 0)
		state->began = now;
	while (!state->walked) {
		walk(request, state);
		if (ln_time_now() >= end)
			return;
	}
	while (state->round > 0 && state->told < state->count) {
		if (ln_control_is_full(request) || ln_time_now() >= end)
			return;
		tell(request, state);
	}
	end_round(request, state);
}

/* ---- Beginning and end ---- */

static bool read_order(struct state *state, const char *sort)
{
	if (strcmp(sort, "window.cpu") == 0)
		state->order = BY_CPU;
	else if (strcmp(sort, "window.messages") == 0)
		state->order = BY_MESSAGES;
	else if (strcmp(sort, "window.growth") == 0)
		state->order = BY_GROWTH;
	else
		state->order = BY_FIELD;
	if (state->order != BY_FIELD)
		return true;
	state->field = ln_field_find(sort);
	return state->field != NULL && ln_field_sorts(state->field);
}

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	const char *sort = ln_control_text(request, "sort", "window.cpu");

	state->max = (size_t)ln_control_number(request, "max", 50);
	state->interval =
		ln_control_number(request, "interval_ms", 1000) * LN_NS_PER_MS;
	if (!ln_filter_read(&state->filter, request))
		return;
	state->rounds = (uint64_t)ln_control_number(request, "rounds", 0);
	if (!read_order(state, sort)) {
		ln_control_fail(request, "bad-argument",
				"processes are not sorted by '%s'; see fields",
				sort);
		return;
	}
	state->kept = calloc(state->max * 2 + LN_DIRECTORY_STEP,
			     sizeof(state->kept[0]));
	if (state->kept == NULL)
		ln_control_fail(request, "no-memory", "out of memory");
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	forget(&state->now);
	forget(&state->before);
	free(state->kept);
}

static const struct ln_control_argument arguments[] = {
	{ "sort", LN_CONTROL_TEXT, 1, 64, false,
	  "window.cpu (the default), window.messages, window.growth, or a "
	  "field of ps: those with most come first" },
	{ "max", LN_CONTROL_NUMBER, 1, MAX_ROWS, false,
	  "the most processes to tell of in each round, 50 by default" },
	{ "interval_ms", LN_CONTROL_NUMBER, 100, 3600000, false,
	  "milliseconds from round to round, 1000 by default" },
	{ "rounds", LN_CONTROL_NUMBER, 0, INT64_MAX, false,
	  "rounds after which it ends; 0, the default: never" },
	LN_FILTER_ARGUMENTS,
	{ .name = NULL },
};

const struct ln_control_method ln_control_top = {
	.name = "top",
	.help = "tells in rounds of the processes that do or have most, and "
		"what they did since the round before: an item for each, then "
		"one for the round",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
