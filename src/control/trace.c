/*
 * DESIGN
 * `trace` tells what processes do, an item for each event, until a bound. The
 * ring of the trace is emptied PAUSE apart, since nobody who is traced wakes
 * this thread; an item that says how many were lost follows where some were.
 */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "base/uuid.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "control/search.h"
#include "process/trace.h"

#define PAUSE (20 * LN_NS_PER_MS)
#define TAKE_MAX 32
#define COUNT_USUAL 1000
#define COUNT_MAX 10000000
#define MS_USUAL 10000
#define MS_MAX 86400000

struct state {
	struct ln_search search;
	struct ln_directory_walk walk;
	struct ln_trace *trace; /* NULL: not begun */
	enum ln_trace_goal goal;
	uint64_t environment;
	bool marked; /* all that were there */
	bool ended;  /* the process is no more */
	int64_t deadline;
	int64_t left; /* events */
	int64_t told;
	int64_t lost;
	struct ln_trace_event events[TAKE_MAX];
};

static const char *const kinds[] = {
	[LN_TRACE_SPAWN] = "spawn",     [LN_TRACE_START] = "start",
	[LN_TRACE_EXIT] = "exit",       [LN_TRACE_LINK] = "link",
	[LN_TRACE_UNLINK] = "unlink",   [LN_TRACE_SEND] = "send",
	[LN_TRACE_RECEIVE] = "receive",
};

static const char *const outcomes[] = {
	[LN_OUTCOME_NORMAL] = "normal",
	[LN_OUTCOME_EXITED] = "exited",
	[LN_OUTCOME_TRAPPED] = "trapped",
	[LN_OUTCOME_KILLED] = "killed",
};

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int64_t environment = ln_control_number(request, "environment", -1);
	bool fresh = ln_control_bool(request, "new");
	bool one = ln_control_text(request, "process", NULL) != NULL;

	if (one + (environment >= 0) + fresh != 1) {
		ln_control_fail(request, "bad-argument",
				"one of process, environment and new says what "
				"is traced");
		return;
	}
	state->left = ln_control_number(request, "count", COUNT_USUAL);
	state->goal = fresh ? LN_TRACE_NEW
		      : one ? LN_TRACE_PROCESS
			    : LN_TRACE_ENVIRONMENT;
	if (one)
		ln_search_begin(&state->search, request);
	else
		state->environment = fresh ? 0 : (uint64_t)environment;
}

/* Begins the trace; false: not yet, or it failed. */
static bool start(struct ln_control_request *request, struct state *state)
{
	int error;

	if (state->goal == LN_TRACE_PROCESS &&
	    !ln_search_step(&state->search, request))
		return false;
	error = ln_trace_begin(ln_control_of(request)->runtime, state->goal,
			       state->search.found, state->environment,
			       &state->trace);
	if (error == LN_ELIMIT)
		ln_control_fail(request, "busy",
				"there are %d traces already; end one of them",
				LN_TRACES_MAX);
	else if (error < 0)
		ln_control_fail(request, "no-memory", "memory is short");
	if (error < 0)
		return false;
	state->deadline = ln_time_after_ms(
		(uint64_t)ln_control_number(request, "ms", MS_USUAL));
	return true;
}

static json_t *number(uint64_t value)
{
	return json_integer(value <= INT64_MAX ? (json_int_t)value : INT64_MAX);
}

/* Adds the id and number of a process under `name`. */
static int set_who(json_t *object, const char *name,
		   const struct ln_trace_who *who)
{
	static const struct ln_trace_who nobody;
	char id[LN_UUID_TEXT];
	json_t *value;

	if (memcmp(who->id, nobody.id, sizeof(who->id)) == 0)
		return 0;
	ln_uuid_format(who->id, id);
	value = json_pack("{s:s,s:b}", "id", id, "remote", who->remote);
	if (value != NULL && who->number != 0 &&
	    json_object_set_new(value, "number", number(who->number)) < 0) {
		json_decref(value);
		return -1;
	}
	return json_object_set_new(object, name, value);
}

/* Why a message was not delivered. */
static const char *dropped(int error)
{
	switch (error) {
	case LN_EDEAD:
		return "the receiver has ended";
	case LN_EFULL:
		return "the mailbox is full";
	case LN_ENOENT:
		return "it answers a request that is over";
	default:
		return ln_error_text(error);
	}
}

/* Adds what an event of its kind has. */
static int set_details(json_t *object, const struct ln_trace_event *event)
{
	int failed = 0;

	if (event->kind == LN_TRACE_EXIT) {
		failed |= json_object_set_new(
			object, "reason",
			json_string(outcomes[event->outcome]));
		if (event->outcome == LN_OUTCOME_EXITED)
			failed |= json_object_set_new(object, "status",
						      number(event->exit_code));
	}
	if (event->kind == LN_TRACE_SEND || event->kind == LN_TRACE_RECEIVE) {
		failed |= json_object_set_new(
			object, "tag", json_integer((json_int_t)event->tag));
		failed |= json_object_set_new(object, "bytes",
					      number(event->size));
	}
	if (event->signal)
		failed |= json_object_set_new(object, "signal", json_true());
	if (event->error < 0)
		failed |= json_object_set_new(
			object, "dropped", json_string(dropped(event->error)));
	return failed;
}

static json_t *event_object(const struct state *state,
			    const struct ln_trace_event *event)
{
	int64_t since = event->time - ln_trace_begun(state->trace);
	json_t *object =
		json_pack("{s:s,s:I,s:o}", "event", kinds[event->kind], "us",
			  (json_int_t)(since > 0 ? since / 1000 : 0),
			  "environment", number(event->environment));

	if (object == NULL || set_who(object, "process", &event->process) < 0 ||
	    set_who(object, "other", &event->other) < 0 ||
	    set_details(object, event) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static void tell_lost(struct ln_control_request *request, struct state *state,
		      uint64_t lost)
{
	if (lost == 0)
		return;
	state->lost += (int64_t)lost;
	ln_control_item(request, json_pack("{s:o}", "lost", number(lost)));
}

/* Tells some events; false: there were none. */
static bool tell(struct ln_control_request *request, struct state *state)
{
	struct ln_trace_event *events = state->events;
	size_t max = state->left < TAKE_MAX ? (size_t)state->left : TAKE_MAX;
	uint64_t lost;
	size_t count = ln_trace_take(state->trace, events, max, &lost);

	for (size_t i = 0; i < count; i++) {
		ln_control_item(request, event_object(state, &events[i]));
		if (state->goal == LN_TRACE_PROCESS &&
		    events[i].kind == LN_TRACE_EXIT)
			state->ended = true;
	}
	state->left -= (int64_t)count;
	state->told += (int64_t)count;
	tell_lost(request, state, lost);
	return count > 0;
}

/* The process may have ended unseen: before the trace began, or among what was
 * lost. */
static bool is_over(struct state *state)
{
	struct ln_process *process = state->search.found;
	bool dead;

	if (process == NULL)
		return false;
	ln_process_lock(process);
	dead = process->dead;
	ln_process_unlock(process);
	return dead;
}

static void finish(struct ln_control_request *request, struct state *state,
		   const char *reason)
{
	ln_control_result(request, json_pack("{s:s,s:I,s:I}", "reason", reason,
					     "events", (json_int_t)state->told,
					     "lost", (json_int_t)state->lost));
}

static void stream(struct ln_control_request *request, struct state *state)
{
	int64_t now = ln_time_now();
	/* Before the last look: what it did comes before its end. */
	bool over = is_over(state);
	bool some = false;

	while (state->left > 0 && !state->ended &&
	       !ln_control_is_full(request) && tell(request, state)) {
		some = true;
		if (ln_time_now() - now > LN_NS_PER_MS)
			break;
	}
	if (state->left == 0)
		finish(request, state, "count");
	else if (state->ended || (over && !some))
		finish(request, state, "ended");
	else if (ln_time_now() >= state->deadline)
		finish(request, state, "time");
	else if (!some)
		ln_control_wait(request, now + PAUSE < state->deadline
						 ? now + PAUSE
						 : state->deadline);
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	if (state->trace == NULL && !start(request, state))
		return;
	if (state->marked) {
		stream(request, state);
		return;
	}
	state->marked = ln_trace_mark(state->trace, &state->walk);
	if (state->marked)
		ln_control_item(request, json_pack("{s:s}", "event", "begin"));
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	ln_trace_end(state->trace);
	ln_search_end(&state->search);
}

static const struct ln_control_argument arguments[] = {
	{ "process", LN_CONTROL_TEXT, 1, 4096, false,
	  "the process to trace, as for inspect" },
	{ "environment", LN_CONTROL_NUMBER, 0, INT64_MAX, false,
	  "trace the processes of the environment with that number, and of "
	  "those below it" },
	{ "new", LN_CONTROL_BOOL, 0, 0, false,
	  "trace the processes that are started from now on" },
	{ "count", LN_CONTROL_NUMBER, 1, COUNT_MAX, false,
	  "end after so many events (1000)" },
	{ "ms", LN_CONTROL_NUMBER, 1, MS_MAX, false,
	  "end after so many milliseconds (10000)" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_trace = {
	.name = "trace",
	.help = "tells what processes do, an item for each event, until a "
		"bound",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
