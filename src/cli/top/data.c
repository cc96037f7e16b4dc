/*
 * DESIGN
 * Rounds of processes come over a connection of their own, since they never
 * end; everything else is asked over another one. To sort by something else the
 * former is closed and opened again, which is cheap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/top/top.h"
#include "control/client.h"

#define ROWS_MAX 200

static void set(json_t **place, json_t *value)
{
	json_decref(*place);
	*place = value;
}

/* Takes an error of the client's over; false. */
static bool fail(struct ln_top *top, int result, char *error)
{
	free(top->error);
	top->error = error != NULL ? error : strdup(ln_error_text(result));
	return false;
}

/* ---- Rounds ---- */

/* What the program is to sort by. */
static const char *sort_field(const struct ln_top *top)
{
	switch (top->sort) {
	case LN_TOP_MEMORY:
		return "memory_bytes";
	case LN_TOP_MAILBOX:
		return "messages";
	case LN_TOP_GROWTH:
		return "window.growth";
	case LN_TOP_MESSAGES:
		return top->absolute ? "received" : "window.messages";
	default:
		return top->absolute ? "cpu_ms" : "window.cpu";
	}
}

void ln_top_restart(struct ln_top *top)
{
	ln_control_close(top->stream);
	top->stream = NULL;
	set(&top->coming, NULL);
}

static bool begin_rounds(struct ln_top *top)
{
	const struct ln_control_words *ask = &top->options->ask;
	json_t *args =
		json_pack("{s:s,s:i,s:I,s:s*,s:s*}", "sort", sort_field(top),
			  "max", ROWS_MAX, "interval_ms",
			  (json_int_t)top->interval, "state", ask->state,
			  "name", top->filter[0] != '\0' ? top->filter : NULL);
	char *error = NULL;
	int result;

	if (ask->environment >= 0)
		(void)json_object_set_new(args, "environment",
					  json_integer(ask->environment));
	result = ln_control_connect(ask->folder, ask->program, &top->stream,
				    &error);
	if (result < 0) {
		json_decref(args);
		return fail(top, result, error);
	}
	ln_control_set_node(top->stream, ask->node);
	result = ln_control_send(top->stream, "top", args, &top->stream_id,
				 &error);
	if (result < 0)
		return fail(top, result, error);
	set(&top->coming, json_array());
	return true;
}

/* An item of a round; true: it is the last one. */
static bool take_item(struct ln_top *top, json_t *item)
{
	if (json_object_get(item, "lost") != NULL)
		return false;
	if (json_object_get(item, "round") == NULL) {
		(void)json_array_append(top->coming, item);
		return false;
	}
	set(&top->rows, top->coming);
	top->coming = json_array();
	set(&top->round, json_incref(item));
	return true;
}

bool ln_top_read_rounds(struct ln_top *top, int64_t deadline)
{
	bool whole = false;

	if (top->stream == NULL && !begin_rounds(top))
		return false;
	do {
		enum ln_control_part part;
		json_t *item = NULL;
		char *error = NULL;
		int result = ln_control_read(top->stream, top->stream_id,
					     deadline, &part, &item, &error);

		if (result == LN_ETIMEDOUT) {
			free(error);
			return false;
		}
		if (result < 0)
			return fail(top, result, error);
		whole = take_item(top, item);
		json_decref(item);
	} while (!whole);
	return true;
}

/* ---- Questions ---- */

static bool keep_item(void *argument, json_t *item)
{
	return json_array_append(argument, item) == 0;
}

/* Asks, and stores the items, or the result. The program's refusal becomes a
 * note. */
static bool ask(struct ln_top *top, const char *method, json_t *args,
		bool items, json_t **out)
{
	json_t *array = items ? json_array() : NULL;
	json_t *result = NULL;
	char *error = NULL;
	int status = ln_control_ask(top->ask, method, args, LN_ASK_PATIENCE,
				    items ? keep_item : NULL, array, &result,
				    &error);

	if (status == LN_EINVAL) {
		/* What was said before is more. */
		if (top->note[0] == '\0')
			snprintf(top->note, sizeof(top->note), "%s",
				 error != NULL ? error : "the program refused");
		free(error);
		json_decref(array);
		return true;
	}
	if (status < 0) {
		json_decref(array);
		return fail(top, status, error);
	}
	if (items)
		json_decref(result);
	set(out, items ? array : result);
	return true;
}

static bool ask_totals(struct ln_top *top)
{
	json_t *now = NULL;

	if (top->program == NULL &&
	    !ask(top, "program", NULL, false, &top->program))
		return false;
	if (!ask(top, "observe", NULL, false, &now))
		return false;
	if (now == NULL)
		return true;
	set(&top->observed_before, top->observed);
	top->observed = now;
	return true;
}

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* Whether it has done next to nothing in between. Being asked costs it some. */
static bool is_quiet(const json_t *before, const json_t *now)
{
	return number(before, "received") == number(now, "received") &&
	       number(before, "sent") == number(now, "sent") &&
	       number(now, "cpu_ms") - number(before, "cpu_ms") <= 1;
}

static bool ask_process(struct ln_top *top)
{
	char word[24];
	json_t *now = NULL;

	snprintf(word, sizeof(word), "%llu", (unsigned long long)top->subject);
	if (!ask(top, "inspect", json_pack("{s:s}", "process", word), false,
		 &now))
		return false;
	top->gone = now == NULL;
	if (top->gone)
		return true; /* what was known stays */
	set(&top->before, top->list);
	top->list = now;
	if (top->before == NULL || !is_quiet(top->before, now))
		top->quiet = ln_time_now();
	return true;
}

static bool ask_trace(struct ln_top *top)
{
	json_t *result = NULL;
	const char *trace;

	if (top->trace != NULL)
		return true;
	if (!ask(top, "death-trace",
		 json_pack("{s:I}", "serial", (json_int_t)top->subject), false,
		 &result))
		return false;
	trace = json_string_value(json_object_get(result, "trace"));
	top->trace = strdup(trace != NULL ? trace : "there is no trace");
	json_decref(result);
	return true;
}

bool ln_top_refresh(struct ln_top *top)
{
	if (!ask_totals(top))
		return false;
	switch (top->page) {
	case LN_TOP_PROCESS:
		return ask_process(top);
	case LN_TOP_ENVIRONMENTS:
		return ask(top, "environments", NULL, true, &top->list);
	case LN_TOP_NODES:
		return ask(top, "nodes", NULL, true, &top->list);
	case LN_TOP_SOCKETS:
		return ask(top, "sockets", NULL, true, &top->list);
	case LN_TOP_DEATHS:
		return ask(top, "deaths", json_pack("{s:i}", "max", 1000), true,
			   &top->list);
	case LN_TOP_DEATH:
		return ask_trace(top);
	default:
		return true;
	}
}

bool ln_top_kill(struct ln_top *top, uint64_t subject)
{
	char word[24];
	json_t *killed = NULL;

	snprintf(word, sizeof(word), "%llu", (unsigned long long)subject);
	if (!ask(top, "kill", json_pack("{s:s}", "process", word), false,
		 &killed))
		return false;
	if (killed != NULL)
		snprintf(top->note, sizeof(top->note),
			 json_is_true(json_object_get(killed, "ended"))
				 ? "process %s was killed"
				 : "process %s is killed, and has not ended "
				   "yet",
			 word);
	json_decref(killed);
	return true;
}

void ln_top_deinit(struct ln_top *top)
{
	ln_control_close(top->stream);
	ln_control_close(top->ask);
	json_decref(top->program);
	json_decref(top->observed);
	json_decref(top->observed_before);
	json_decref(top->coming);
	json_decref(top->rows);
	json_decref(top->round);
	json_decref(top->list);
	json_decref(top->before);
	free(top->trace);
	free(top->error);
}

/* ---- Rows ---- */

static const json_t *list_of(const struct ln_top *top)
{
	return top->page == LN_TOP_PROCESSES ? top->rows : top->list;
}

size_t ln_top_row_count(const struct ln_top *top)
{
	return ln_top_lists(top->page) ? json_array_size(list_of(top)) : 0;
}

uint64_t ln_top_row_number(const struct ln_top *top, size_t row)
{
	const json_t *object = json_array_get(list_of(top), row);
	const char *name = top->page == LN_TOP_DEATHS ? "serial" : "number";

	return (uint64_t)number(object, name);
}
