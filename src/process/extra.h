/*
 * What few processes have: monitors and tags for answers, timers, a label. Made
 * when it is first needed, so that the others are no larger for it and look at
 * one pointer when they end.
 */
#ifndef LN_PROCESS_EXTRA_H
#define LN_PROCESS_EXTRA_H

#include <stdbool.h>
#include <stddef.h>

#include "process/monitors.h"
#include "process/timers.h"

struct ln_environment;
struct ln_process;

/* Bytes of a label, with its end. */
#define LN_LABEL_SIZE 64

/* Under the lock of the process, which alone changes it. */
struct ln_extra {
	struct ln_monitors monitors;
	struct ln_own_timers timers;
	char label[LN_LABEL_SIZE]; /* empty: none; any bytes but zero */
};

/* That of the running process; made when there is none. NULL: no memory. */
struct ln_extra *ln_extra_of(struct ln_process *self);

/* Sets the label of the running process, which reports show: valid UTF-8, cut
 * to what fits; empty for none. LN_ENOMEM. */
int ln_process_set_label(struct ln_process *self, const char *text, size_t len);

/* Copies what people may know a process by: a name that it is registered under,
 * or else its label; any bytes but zero. False: it has neither. Any thread,
 * also when it has ended. */
bool ln_process_known_as(struct ln_process *process, char name[LN_LABEL_SIZE]);

/* Undoes and frees it, when the process has ended; NULL is fine. */
void ln_extra_free(struct ln_extra *extra, struct ln_environment *environment);

#endif
