/*
 * Whom the guests of one environment may ask what the program is doing: the
 * server of `--observe` (observe/observe.h) has it, and no other environment
 * does, whatever that allows.
 */
#ifndef LN_PROCESS_OBSERVER_H
#define LN_PROCESS_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>

struct ln_bytes;

#define LN_OBSERVER_QUESTION_MAX 4096 /* bytes */

struct ln_observer {
	/* Adds the answer to a question, which comes from the guest, to
	 * `answer`, which is empty and has a bound; its failures stick there.
	 * False: it is no question, or one without an answer; what was added
	 * tells why. In a thread of a pool, several at a time. */
	bool (*answer)(struct ln_observer *observer, const char *question,
		       size_t len, struct ln_bytes *answer);
};

#endif
