/*
 * What few processes have: monitors and tags for answers, timers, a label, a
 * wish to be told of a drain, what they were spawned with. Made when it is
 * first needed, so that the others are no larger for it and look at one pointer
 * when they end.
 */
#ifndef LN_PROCESS_EXTRA_H
#define LN_PROCESS_EXTRA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/table.h"
#include "process/handles.h"

struct ln_message;
struct ln_process;

/* What a process watches, and the tags that it was given. See
 * process/monitors.c. */
struct ln_monitors {
	uint64_t first_tag; /* tags count up from here */
	uint64_t next;      /* the next tag, less first_tag; by `self` only */
	/* One that is in no place and can be used again, with its message and
	 * its charge; NULL: none. By `self` only. */
	struct ln_monitor *spare;
	/* struct ln_monitor *, by tag - first_tag; one that has told stays
	 * until its message is taken. `one` is outside of the table: a request
	 * has no other. */
	struct ln_handles table;
	struct ln_monitor *one; /* NULL: none */
	/* Those that were asked for by a process's id: struct ln_monitor, by
	 * that id; they are in `table`, too. */
	struct ln_table numbers;
};

/* Timers that send. See process/timers.c. */
struct ln_own_timers {
	struct ln_table table; /* struct send_timer, by id */
	uint64_t made;         /* ever: the id of the next one */
	uint64_t bytes;        /* of their messages */
};

/* Its wish to be told of a drain, see process/drain.c. All fields but the last
 * are under the runtime's lock. */
struct ln_drain_watch {
	struct ln_list link;
	struct ln_process *process;
	struct ln_message *message; /* owned; NULL: none is to be sent */
	bool told;                  /* once is enough */
	bool asked;                 /* counted; the process alone changes it */
};

/* Bytes of a label, with its end. */
#define LN_LABEL_SIZE 64

/* Under the lock of the process, which alone changes it. */
struct ln_extra {
	struct ln_monitors monitors;
	struct ln_own_timers timers;
	struct ln_drain_watch drain;
	char label[LN_LABEL_SIZE]; /* empty: none; any bytes but zero */
	/* What it was spawned with, see process/startup.h; NULL: none. Only by
	 * who spawns it, and then by the process. */
	struct ln_message *startup;
};

/* That of the running process; made when there is none. NULL: no memory. */
struct ln_extra *ln_extra_of(struct ln_process *self);

#endif
