/* What is asked of an upgrade (process/upgrade.h), and what comes of it. */
#ifndef LN_PROCESS_UPGRADE_OUTCOME_H
#define LN_PROCESS_UPGRADE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/change.h"

struct ln_environment;
struct ln_module;
struct ln_process;
struct ln_runtime;

/* What changes, in its numbers of processes. */
struct ln_upgrade_counts {
	uint64_t asked;   /* ever */
	uint64_t done;    /* run the new version now */
	uint64_t refused; /* see enum ln_change_result */
	uint64_t failed;
	uint64_t timed_out;
	uint64_t waiting; /* run the old version still */
	uint64_t ended;
	uint64_t back;  /* have been changed, and changed back */
	uint64_t stuck; /* were to be, and could not */
};

struct ln_upgrade_request {
	struct ln_runtime *runtime;
	/* The module: its name, or 8 or more hexadecimal digits of the SHA-256
	 * of its binary; or the code of a module (then NULL). */
	const char *which;
	struct ln_module *module;
	const uint8_t *bytes; /* the new version, binary or text */
	size_t len;
	const struct ln_environment *below; /* only there and in those below;
					     * NULL: everywhere */
	const char *name;           /* only processes of that name, or label */
	struct ln_process *process; /* only this one; either may be NULL */
	struct ln_process *self;    /* that asks, if it may be one of them: it
				     * changes afterwards; or NULL */
	int64_t timeout;            /* until all have received, ns */
	int64_t each;               /* for one to save and load, ns */
	bool keep_going; /* when one fails: nothing is changed back */
	bool dry;        /* only to see what would fail */
	/* Called now and then, on the thread or fiber of the caller; NULL. */
	void (*progress)(void *argument,
			 const struct ln_upgrade_counts *counts);
	void *argument;
};

#define LN_UPGRADE_FAILURES 64 /* that are told of */
#define LN_UPGRADE_WHO 128     /* bytes, with the terminating zero */

struct ln_upgrade_failure {
	char who[LN_UPGRADE_WHO]; /* its UUID, and its name, cleaned */
	uint64_t number;          /* ln_process_number */
	enum ln_change_result result;
	bool back;    /* it was to be changed back */
	char *reason; /* owned; cleaned, one line; or NULL */
};

struct ln_upgrade_outcome {
	struct ln_upgrade_counts counts;
	bool rolled_back; /* a failure ended it */
	bool replaced;    /* spawns are of the new version */
	uint64_t modules; /* that were upgraded, in all environments */
	char from[17];    /* the beginning of the SHA-256 of the old version,
			   * one of them, and of the new one */
	char to[17];
	uint64_t bytes;   /* kept, by all that have changed */
	double pause_p50; /* of a process that has changed, seconds */
	double pause_p99;
	double pause_max;
	size_t failure_count;
	struct ln_upgrade_failure failures[LN_UPGRADE_FAILURES];
};

void ln_upgrade_outcome_deinit(struct ln_upgrade_outcome *outcome);

/* The word for a result, in lower case. */
const char *ln_change_result_name(enum ln_change_result result);

#endif
