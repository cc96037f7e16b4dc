/*
 * DESIGN
 * A flag of the task says that its process may be traced. It is set under the
 * lock of the traces by whoever begins one, or when the process begins; and
 * cleared under the lock by the process itself, when it notes something and
 * finds no trace that wants it. So the flag is never clear while a trace wants
 * the process, and the end of a trace touches none of its processes.
 *
 * Each process that begins while there are traces keeps how many there had been
 * by then, so that a trace of new ones tells which are.
 *
 * The lock guards the list and all rings. It is held for the copy of an event,
 * for each trace that wants it, or of a few.
 */
#include "process/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/time.h"
#include "process/environment.h"
#include "process/message.h"

struct ln_trace {
	/* Immutable. */
	struct ln_runtime *runtime;
	enum ln_trace_goal goal;
	struct ln_process *process; /* counted; NULL: not of one */
	uint64_t environment;
	uint64_t number; /* of all traces, from 1 */
	int64_t begun;

	/* Under the lock. */
	uint64_t put;   /* events, ever */
	uint64_t taken; /* of them */
	uint64_t lost;  /* since the last one that was put */
	struct ln_trace_event ring[LN_TRACE_ROOM];
};

static struct ln_traces *traces_of(const struct ln_process *process)
{
	return &process->environment->runtime->traces;
}

static bool is_below(const struct ln_environment *environment, uint64_t number)
{
	while (environment != NULL && environment->number != number)
		environment = environment->parent;
	return environment != NULL;
}

bool ln_trace_wants(const struct ln_trace *trace,
		    const struct ln_process *process)
{
	switch (trace->goal) {
	case LN_TRACE_PROCESS:
		return trace->process == process;
	case LN_TRACE_ENVIRONMENT:
		return is_below(process->environment, trace->environment);
	case LN_TRACE_NEW:
		return process->traces_before >= trace->number;
	}
	return false;
}

static void set_flag(struct ln_process *process, bool traced)
{
	/* Relaxed: it says only that the traces are to be looked at. */
	atomic_store_explicit(&process->task.traced, traced,
			      memory_order_relaxed);
}

void ln_trace_flag(struct ln_trace *trace, struct ln_process *process)
{
	struct ln_traces *traces = &trace->runtime->traces;

	ln_lock_acquire(&traces->lock);
	set_flag(process, true);
	ln_lock_release(&traces->lock);
}

static void put(struct ln_trace *trace, const struct ln_trace_event *event)
{
	/* What was lost is told of behind the last event that was not, so
	 * nothing follows before that is known. */
	if (trace->lost > 0 || trace->put - trace->taken == LN_TRACE_ROOM)
		trace->lost++;
	else
		trace->ring[trace->put++ % LN_TRACE_ROOM] = *event;
}

/* Adds an event to the traces that want the process; whether there are any.
 * Under the lock. */
static bool put_all(struct ln_traces *traces, const struct ln_process *process,
		    const struct ln_trace_event *event)
{
	bool any = false;

	for (unsigned i = 0; i < LN_TRACES_MAX; i++) {
		struct ln_trace *trace = traces->list[i];

		if (trace == NULL || !ln_trace_wants(trace, process))
			continue;
		put(trace, event);
		any = true;
	}
	return any;
}

static void set_who(struct ln_trace_who *who, const struct ln_process *process)
{
	if (process == NULL)
		return;
	memcpy(who->id, process->id, sizeof(who->id));
	who->number = ln_directory_id(&process->entry);
	who->remote = ln_process_is_remote(process);
}

static struct ln_trace_event make(enum ln_trace_kind kind,
				  const struct ln_process *process,
				  const struct ln_process *other)
{
	struct ln_trace_event event = {
		.kind = kind,
		.time = ln_time_now(),
		.environment = process->environment->number,
	};

	set_who(&event.process, process);
	set_who(&event.other, other);
	return event;
}

/* Notes what the process has done. */
static void note(struct ln_process *process, const struct ln_trace_event *event)
{
	struct ln_traces *traces = traces_of(process);

	ln_lock_acquire(&traces->lock);
	if (!put_all(traces, process, event))
		set_flag(process, false);
	ln_lock_release(&traces->lock);
}

LN_NOINLINE void ln_trace_started(struct ln_process *process,
				  struct ln_process *parent)
{
	struct ln_traces *traces = traces_of(process);
	struct ln_trace_event event = make(LN_TRACE_START, process, parent);

	ln_lock_acquire(&traces->lock);
	process->traces_before = traces->begun;
	if (put_all(traces, process, &event))
		set_flag(process, true);
	ln_lock_release(&traces->lock);
	if (parent == NULL || !ln_process_is_traced(parent))
		return;
	event = make(LN_TRACE_SPAWN, parent, process);
	note(parent, &event);
}

LN_NOINLINE void ln_trace_ended(struct ln_process *process,
				enum ln_outcome outcome)
{
	struct ln_trace_event event = make(LN_TRACE_EXIT, process, NULL);

	event.outcome = outcome;
	if (outcome == LN_OUTCOME_EXITED)
		event.exit_code = process->exit_code;
	note(process, &event);
}

LN_NOINLINE void ln_trace_linked(struct ln_process *process,
				 struct ln_process *peer, bool linked)
{
	enum ln_trace_kind kind = linked ? LN_TRACE_LINK : LN_TRACE_UNLINK;
	struct ln_trace_event event;

	if (ln_process_is_traced(process)) {
		event = make(kind, process, peer);
		note(process, &event);
	}
	if (!ln_process_is_remote(peer) && ln_process_is_traced(peer)) {
		event = make(kind, peer, process);
		note(peer, &event);
	}
}

LN_NOINLINE void ln_trace_sent(struct ln_process *process,
			       const struct ln_process *to, int64_t tag,
			       uint64_t size, int error)
{
	struct ln_trace_event event = make(LN_TRACE_SEND, process, to);

	event.tag = tag;
	event.size = size;
	event.error = error;
	note(process, &event);
}

LN_NOINLINE void ln_trace_received(struct ln_process *process,
				   const struct ln_message *message)
{
	struct ln_trace_event event = make(LN_TRACE_RECEIVE, process, NULL);

	event.tag = message->tag;
	event.size = message->size;
	event.signal = message->kind == LN_MESSAGE_LINK_DIED ||
		       message->kind == LN_MESSAGE_ENDED;
	note(process, &event);
}

/* ---- For whoever watches ---- */

/* Puts a trace into the list; false: it is full. */
static bool enter(struct ln_traces *traces, struct ln_trace *trace)
{
	bool entered = false;

	ln_lock_acquire(&traces->lock);
	for (unsigned i = 0; i < LN_TRACES_MAX && !entered; i++) {
		if (traces->list[i] != NULL)
			continue;
		traces->list[i] = trace;
		trace->number = ++traces->begun;
		entered = true;
	}
	if (entered) {
		atomic_fetch_add_explicit(&traces->count, 1,
					  memory_order_relaxed);
		if (trace->process != NULL)
			set_flag(trace->process, true);
	}
	ln_lock_release(&traces->lock);
	return entered;
}

int ln_trace_begin(struct ln_runtime *runtime, enum ln_trace_goal goal,
		   struct ln_process *process, uint64_t environment,
		   struct ln_trace **out)
{
	struct ln_trace *trace = malloc(sizeof(*trace));

	ln_assert((goal == LN_TRACE_PROCESS) == (process != NULL));
	if (trace == NULL)
		return LN_ENOMEM;
	/* The ring needs no first content. */
	memset(trace, 0, offsetof(struct ln_trace, ring));
	trace->runtime = runtime;
	trace->goal = goal;
	trace->environment = environment;
	trace->begun = ln_time_now();
	if (process != NULL)
		trace->process = ln_process_retain(process);
	if (!enter(&runtime->traces, trace)) {
		if (process != NULL)
			ln_process_release(process);
		free(trace);
		return LN_ELIMIT;
	}
	*out = trace;
	return 0;
}

enum ln_trace_goal ln_trace_goal(const struct ln_trace *trace,
				 struct ln_runtime **runtime)
{
	*runtime = trace->runtime;
	return trace->goal;
}

int64_t ln_trace_begun(const struct ln_trace *trace)
{
	return trace->begun;
}

size_t ln_trace_take(struct ln_trace *trace, struct ln_trace_event *events,
		     size_t max, uint64_t *lost)
{
	struct ln_traces *traces = &trace->runtime->traces;
	size_t count = 0;

	*lost = 0;
	ln_lock_acquire(&traces->lock);
	while (count < max && trace->taken < trace->put)
		events[count++] = trace->ring[trace->taken++ % LN_TRACE_ROOM];
	if (trace->taken == trace->put) {
		*lost = trace->lost;
		trace->lost = 0;
	}
	ln_lock_release(&traces->lock);
	return count;
}

void ln_trace_end(struct ln_trace *trace)
{
	struct ln_traces *traces;

	if (trace == NULL)
		return;
	traces = &trace->runtime->traces;
	ln_lock_acquire(&traces->lock);
	for (unsigned i = 0; i < LN_TRACES_MAX; i++) {
		if (traces->list[i] == trace)
			traces->list[i] = NULL;
	}
	atomic_fetch_sub_explicit(&traces->count, 1, memory_order_relaxed);
	ln_lock_release(&traces->lock);
	if (trace->process != NULL)
		ln_process_release(trace->process);
	free(trace);
}
