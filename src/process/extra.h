/*
 * What few processes have: monitors and tags for answers, timers. Made when it
 * is first needed, so that the others are no larger for it and look at one
 * pointer when they end.
 */
#ifndef LN_PROCESS_EXTRA_H
#define LN_PROCESS_EXTRA_H

#include "process/monitors.h"
#include "process/timers.h"

struct ln_environment;
struct ln_process;

/* Under mailbox.lock of the process, which alone changes it. */
struct ln_extra {
	struct ln_monitors monitors;
	struct ln_own_timers timers;
};

/* That of the running process; made when there is none. NULL: no memory. */
struct ln_extra *ln_extra_of(struct ln_process *self);

/* Undoes and frees it, when the process has ended; NULL is fine. */
void ln_extra_free(struct ln_extra *extra, struct ln_environment *environment);

#endif
