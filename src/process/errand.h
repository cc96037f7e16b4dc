/*
 * What a process is started for, if that is more than to run: what a guest's
 * host functions find, and who is told when it is over. Embedded by its owner,
 * who counts references.
 */
#ifndef LN_PROCESS_ERRAND_H
#define LN_PROCESS_ERRAND_H

struct ln_errand {
	/* A process has it from now on. */
	void (*begin)(struct ln_errand *errand);
	/* Once for each begin: the process has ended, or was never started. Any
	 * thread; never parks. */
	void (*over)(struct ln_errand *errand);
};

#endif
