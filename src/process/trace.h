/*
 * Tracing: what some processes do, as a stream of events, for whoever watches
 * them. A trace has a ring of bounded size; what finds no room there is lost
 * and counted, so that nobody who is traced ever waits.
 *
 * Where nothing is traced, each place costs a look at a flag in a line of the
 * cache that is needed anyway.
 */
#ifndef LN_PROCESS_TRACE_H
#define LN_PROCESS_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "process/directory.h"
#include "process/process.h"
#include "process/runtime.h"

/* Events that a trace keeps until they are taken. */
#define LN_TRACE_ROOM 4096u

struct ln_trace;

enum ln_trace_kind {
	LN_TRACE_SPAWN, /* it has started `other` */
	LN_TRACE_START, /* it was started, by `other` if that is known */
	LN_TRACE_EXIT,
	LN_TRACE_LINK,
	LN_TRACE_UNLINK,
	LN_TRACE_SEND,
	LN_TRACE_RECEIVE,
};

/* Who took part; all zeros: nobody, or not known. */
struct ln_trace_who {
	uint8_t id[16];
	uint64_t number; /* 0: it is of another node, or not started yet */
	bool remote;
};

struct ln_trace_event {
	int64_t time; /* CLOCK_MONOTONIC, ns */
	enum ln_trace_kind kind;
	struct ln_trace_who process;
	struct ln_trace_who other;
	uint64_t environment; /* of the process */
	int64_t tag;          /* of a message */
	uint64_t size;        /* of its data, bytes */
	int error; /* of a send: 0, or why it was dropped; base/error.h */
	enum ln_outcome outcome; /* of an exit, and the next one */
	uint32_t exit_code;
	bool signal; /* what was received tells of the end of a process */
};

/* What is traced. */
enum ln_trace_goal {
	LN_TRACE_PROCESS,     /* one */
	LN_TRACE_ENVIRONMENT, /* those of one, and of those below it */
	LN_TRACE_NEW,         /* those that are started from now on */
};

/* Begins a trace: of `process`, or of the environment with that number.
 * LN_ELIMIT: there are LN_TRACES_MAX already; LN_ENOMEM. Any thread that is no
 * worker, as all that is for whoever watches. */
int ln_trace_begin(struct ln_runtime *runtime, enum ln_trace_goal goal,
		   struct ln_process *process, uint64_t environment,
		   struct ln_trace **trace);

/* Has some of the processes that are there, and are its goal, traced; to be
 * called until it returns true. */
bool ln_trace_mark(struct ln_trace *trace, struct ln_directory_walk *walk);

/* For ln_trace_mark: what it is of and where; whether it is of a process that
 * has begun; and to have that process look at the traces from now on. */
enum ln_trace_goal ln_trace_goal(const struct ln_trace *trace,
				 struct ln_runtime **runtime);
bool ln_trace_wants(const struct ln_trace *trace,
		    const struct ln_process *process);
void ln_trace_flag(struct ln_trace *trace, struct ln_process *process);

/* When it began, CLOCK_MONOTONIC. */
int64_t ln_trace_begun(const struct ln_trace *trace);

/* Takes the oldest events, up to `max`; *lost is how many were lost behind
 * them, once there are no others. */
size_t ln_trace_take(struct ln_trace *trace, struct ln_trace_event *events,
		     size_t max, uint64_t *lost);

/* Ends it; NULL is fine. */
void ln_trace_end(struct ln_trace *trace);

/* ---- For those who may be traced ---- */

/* Whether anything is traced in the runtime. */
static inline bool ln_trace_is_any(const struct ln_runtime *runtime)
{
	return LN_UNLIKELY(atomic_load_explicit(&runtime->traces.count,
						memory_order_relaxed) > 0);
}

/* A process begins, started by another one, or NULL; before it runs. */
void ln_trace_started(struct ln_process *process, struct ln_process *parent);

/* It has ended so, and still has its exit code. */
void ln_trace_ended(struct ln_process *process, enum ln_outcome outcome);

/* It has linked itself to `peer`, or no longer is. */
void ln_trace_linked(struct ln_process *process, struct ln_process *peer,
		     bool linked);

/* It has sent a message to `to` (NULL: a process that is known by its number at
 * another node), which gave `error`. */
void ln_trace_sent(struct ln_process *process, const struct ln_process *to,
		   int64_t tag, uint64_t size, int error);

/* It has taken a message out of its mailbox. */
void ln_trace_received(struct ln_process *process,
		       const struct ln_message *message);

#endif
