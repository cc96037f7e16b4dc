/*
 * What a process is started for, if that is more than to run: what a guest's
 * host functions find, and who is told when it is over. Embedded by its owner,
 * who counts references.
 */
#ifndef LN_PROCESS_ERRAND_H
#define LN_PROCESS_ERRAND_H

#include <stdbool.h>

struct ln_errand {
	/* A process has it from now on. */
	void (*begin)(struct ln_errand *errand);
	/* Once for each begin: the process has ended, or was never started. Any
	 * thread; never parks. */
	void (*over)(struct ln_errand *errand);
	/* The process has returned from what it was started for. True: it is to
	 * do that once more, for *errand, a begun one, in whose place this one
	 * is over. False: it is to end; *errand is this one, or another one
	 * that fails with it, whose `over` is still to come, or NULL. On the
	 * fiber of the process; parks. NULL: it always ends. */
	bool (*next)(struct ln_errand **errand);
};

#endif
