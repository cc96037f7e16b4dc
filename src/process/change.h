/*
 * The change of one process to another version of its module, without an end of
 * the process (docs/upgrade.md): somebody asks, and the process does it at its
 * next receive, on its own fiber. Its old instance says what it wants to keep,
 * a new one gets that, and takes its place; or, when any of that fails, goes,
 * and the process goes on as if nothing had been.
 */
#ifndef LN_PROCESS_CHANGE_H
#define LN_PROCESS_CHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct ln_change;
struct ln_module;
struct ln_process;

/* What came of it. */
enum ln_change_result {
	LN_CHANGE_DONE,      /* the new version has come to a receive */
	LN_CHANGE_REFUSED,   /* the old or the new version said no */
	LN_CHANGE_FAILED,    /* it trapped, or broke a rule; out of memory;
			      * or the process ended before it received */
	LN_CHANGE_TIMED_OUT, /* it was cancelled while it was under way */
	LN_CHANGE_WAITING,   /* withdrawn: it has not received meanwhile */
	LN_CHANGE_ENDED,     /* the process has ended, or is about to */
};

enum ln_change_state {
	LN_CHANGE_ASKED,
	LN_CHANGE_UNDER_WAY,
	LN_CHANGE_TAKING_OVER, /* the old instance goes: it cannot be stopped */
	LN_CHANGE_SETTLING,    /* the new version runs, and is to receive */
	LN_CHANGE_OVER,
};

struct ln_change {
	/* Set by who asks. */
	struct ln_process *process; /* counted */
	struct ln_module *to;       /* counted */
	bool dry; /* only to see whether it could: the old one stays */
	/* Told once, by any thread, with no lock held; the result is there.
	 * Before that the change is freed only by nobody. NULL: nobody is
	 * told. */
	void (*over)(struct ln_change *change);
	void *owner;          /* for that */
	struct ln_list place; /* likewise */

	_Atomic uint32_t references;
	/* Under the lock of the process; read without it for what it was. */
	_Atomic uint8_t state;  /* enum ln_change_state */
	_Atomic int64_t begun;  /* CLOCK_MONOTONIC, ns; 0: it has not */
	_Atomic bool postponed; /* the old version has said: not now */
	_Atomic bool cancelled; /* changes under the lock */
	/* Written by the process before `over`. */
	enum ln_change_result result;
	int64_t version; /* that the old one has told, or 0 */
	uint64_t bytes;  /* kept */
	int64_t pause;   /* from the receive to the new version, ns */
	char *reason;    /* owned; of a failure; any bytes; or NULL */
};

/* A change with one reference, the caller's. NULL: memory is short. */
struct ln_change *ln_change_new(struct ln_process *process,
				struct ln_module *to);
void ln_change_release(struct ln_change *change);

/* Asks the process, which keeps a reference until it is over. 1: it waits in a
 * receive, and does it now; 0: it will, when it receives. What it is asked for
 * already, and nobody is told of, goes. LN_EEXIST: it is asked for another one;
 * LN_EDEAD. Any thread. */
int ln_change_ask(struct ln_change *change);

/* Nobody waits for it any longer: what has not begun does not. What is under
 * way goes on, or, with `cancel`, ends early; either is over some time later.
 * What is settling counts as done. Any thread. */
void ln_change_withdraw(struct ln_change *change, bool cancel);

/* The process has ended: nothing will come of what it was asked for. */
void ln_change_end_of(struct ln_process *process);

/* ---- By the process itself, see change_instance.c ---- */

/* Begins a change that is asked for: one reference is the caller's. NULL: there
 * is none. A version that has come to its first receive is done. */
struct ln_change *ln_change_begin(struct ln_process *process);

/* Notes why a change fails, and returns `result`. */
enum ln_change_result ln_change_fail(struct ln_change *change,
				     enum ln_change_result result,
				     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What has come of what was begun. Tells who asked, unless the new version has
 * to come to its receive. */
void ln_change_conclude(struct ln_change *change, enum ln_change_result result);

/* The new version has taken over, which ln_wasm_module tells by now: notes how
 * long that took. */
void ln_change_settle(struct ln_process *process);

#endif
