/*
 * Timers that send: a message is sent when its time has come, once or again and
 * again, unless the timer is cancelled or the process that made it has ended.
 * The timers of an environment are served by one task, which is there while
 * there are timers, and takes turns with all others: very many that are due
 * delay those of their own environment, and nothing else.
 */
#ifndef LN_PROCESS_TIMERS_H
#define LN_PROCESS_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_environment;
struct ln_message;
struct ln_own_timers;
struct ln_process;
struct ln_runtime;

/* When a message is sent. */
struct ln_send_time {
	int64_t deadline; /* CLOCK_MONOTONIC, ns */
	int64_t period;   /* ns; 0: once */
	/* Also when the process that made the timer has ended; only once. As
	 * many such timers of an environment may be left as one process may
	 * have; those beyond that end with their process. */
	bool outlives;
};

/* By the running process `self`: sends the message to `to` at the deadline, and
 * then again after each period: a copy each time. Send times stay multiples of
 * the period apart; missed ones are skipped. Takes the message over, whatever
 * is returned, and stores the id of the timer. LN_ELIMIT: as many timers as
 * `self` may have handles, or as many bytes in their messages as its mailbox
 * may hold. LN_EMEMORY, LN_ENOMEM. */
int ln_process_send_at(struct ln_process *self, struct ln_process *to,
		       struct ln_message *message,
		       const struct ln_send_time *when, uint64_t *id);

/* By the running process: cancels a timer, and stores the nanoseconds that were
 * left; its message may be under way when none were. LN_ENOENT: it has sent, or
 * there is none. */
int ln_process_cancel_timer(struct ln_process *self, uint64_t id,
			    int64_t *left);

/* Ends all timers of a process that has ended, but for those that outlive it.
 */
void ln_own_timers_end(struct ln_own_timers *timers,
		       struct ln_environment *environment);

/* Ends what is left of all timers of a runtime that stops. */
void ln_clocks_stop(struct ln_runtime *runtime);

#endif
