/*
 * What an upgrade that is under way knows, and its changes: who runs it
 * (upgrade.c) shares that with the processes that change.
 */
#ifndef LN_PROCESS_UPGRADE_JOB_H
#define LN_PROCESS_UPGRADE_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"
#include "base/histogram.h"
#include "base/list.h"
#include "base/table.h"
#include "base/time.h"
#include "process/upgrade_outcome.h"
#include "process/upgrade_plan.h"

struct ln_task;

/* How often changes that are under way are looked at. */
#define LN_UPGRADE_LOOK (10 * LN_NS_PER_MS)

struct ln_upgrade_job {
	_Atomic uint32_t references;
	_Atomic uint32_t news; /* futex: changes that are over */

	/* The runner's. */
	const struct ln_upgrade_request *request;
	struct ln_upgrade_plan plan;
	struct ln_upgrade_outcome *outcome;
	struct ln_table seen; /* numbers of processes not to be asked again */
	int64_t told;         /* when progress was told */
	bool back;
	bool killed;

	/* Under the lock. */
	struct ln_lock lock;
	struct ln_task *waiter; /* the runner's; NULL: a thread, or gone */
	struct ln_list open;    /* changes that are asked */
	uint64_t open_count;
	struct ln_upgrade_counts counts;
	uint64_t changed; /* ever */
	uint64_t bytes;
	bool failed;
	bool over; /* what comes now is told to nobody */
	struct ln_upgrade_failure failures[LN_UPGRADE_FAILURES];
	size_t failure_count;
	struct ln_histogram pauses; /* seconds */
};

/* References: the runner's, and one of each change that is open. */
void ln_upgrade_job_release(struct ln_upgrade_job *job);

/* For ln_change.over: counts a change, forward or back. Any thread. */
void ln_upgrade_change_over(struct ln_change *change);
void ln_upgrade_change_back_over(struct ln_change *change);

/* ---- By the runner ---- */

/* A number that counts up with each change that is over. */
uint32_t ln_upgrade_news(const struct ln_upgrade_job *job);

/* Waits for news, which were `seen` before, until then. */
void ln_upgrade_wait(struct ln_upgrade_job *job, uint32_t seen, int64_t until);

/* Cancels what takes too long, and tells how far it is. */
void ln_upgrade_look(struct ln_upgrade_job *job);

/* Changes that are asked and not over. */
uint64_t ln_upgrade_open(struct ln_upgrade_job *job);

bool ln_upgrade_has_failed(struct ln_upgrade_job *job);

/* Whether it is to stop asking. */
bool ln_upgrade_stops(struct ln_upgrade_job *job);

/* Ends what is asked and not begun. What is under way gets its time; when who
 * asked is killed it is cancelled, and not waited for. */
void ln_upgrade_withdraw(struct ln_upgrade_job *job);

#endif
