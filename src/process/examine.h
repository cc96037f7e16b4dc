/*
 * One process in detail, for people: what reports say of it (process/inspect.h)
 * and what belongs to it. Some of that only its own thread may read, so it is
 * asked, and answers when it next waits, yields or is preempted
 * (sched/probe.h); nobody waits for it here.
 */
#ifndef LN_PROCESS_EXAMINE_H
#define LN_PROCESS_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/inspect.h"
#include "process/registry.h"
#include "process/resource.h"
#include "sched/probe.h"

struct ln_lines;

#define LN_EXAMINE_FRAMES 32
#define LN_EXAMINE_MESSAGES 8
#define LN_EXAMINE_RELATIONS 64

/* A message in the mailbox. */
struct ln_examined_message {
	int64_t tag;   /* 0: none */
	uint64_t size; /* bytes */
	bool signal;   /* it tells of the end of a process */
};

/* Another process. */
struct ln_examined_relation {
	struct ln_process *process; /* counted */
	int64_t tag; /* of the message that a link is sent when the process
		      * that is examined ends, or that tells that one of
		      * the end of whom it watches */
};

struct ln_examination {
	struct ln_process *process; /* counted */
	struct ln_probe probe;
	bool asked;    /* ln_probe_ask has taken it */
	bool answered; /* what follows is known */

	/* What it says itself. */
	bool is_guest; /* it has an instance; else only messages */
	uint64_t fuel; /* used; 0: not metered, or not known */
	uint64_t kept; /* bytes that count for it: memory, tables,
			* what the host keeps */
	const struct ln_host_function *host; /* it is in; NULL: in none */
	char *functions[LN_EXAMINE_FRAMES];  /* innermost first; owned */
	size_t offsets[LN_EXAMINE_FRAMES];   /* of these, in the module */
	size_t function_count;
	struct ln_lines *lines;           /* kept; NULL: none are known */
	uint32_t held[LN_RESOURCE_KINDS]; /* resources, by kind */
	struct ln_examined_message oldest[LN_EXAMINE_MESSAGES];
	size_t oldest_count;
	/* In their order, the newest last. When many have come since the
	 * process last looked, only that one. */
	struct ln_examined_message newest[LN_EXAMINE_MESSAGES];
	size_t newest_count;

	/* What others may read: after ln_examine_finish. */
	struct ln_process_info info;
	struct ln_examined_relation links[LN_EXAMINE_RELATIONS]; /* some */
	size_t link_count;
	struct ln_examined_relation watched[LN_EXAMINE_RELATIONS]; /* some */
	size_t watched_count;
	uint32_t monitors; /* all of them */
	uint32_t watchers; /* processes that watch it; at most 1,000 counted */
	struct ln_registered names[LN_REGISTERED_MAX];
	size_t name_count;
};

/* Begins to examine a process: takes a reference, and asks it. Any thread, also
 * all that follows. NULL: memory is short. */
struct ln_examination *ln_examine(struct ln_process *process);

/* Whether there is nothing to wait for. Asks again when somebody else was
 * asking the process. */
bool ln_examine_over(struct ln_examination *examination);

/* Does without the answer if there is none, and reads the rest. Demangles names
 * for some 20 ms at most: not on a worker. */
void ln_examine_finish(struct ln_examination *examination);

/* Also before the end; NULL is fine. */
void ln_examine_free(struct ln_examination *examination);

#endif
