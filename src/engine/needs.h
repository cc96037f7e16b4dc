/*
 * What cannot be done without: an engine may end the program where the system
 * refuses it, so that is looked for first.
 */
#ifndef LN_ENGINE_NEEDS_H
#define LN_ENGINE_NEEDS_H

struct ln_engine_class;

/* What not every engine needs. */
enum ln_need {
	LN_NEEDS_CODE = 1,    /* memory that is made executable */
	LN_NEEDS_SIGNALS = 2, /* handlers of the signals for traps */
};

/* Whether an engine can be used. LN_EPERM: memory cannot be made executable, as
 * for a service with MemoryDenyWriteExecute; LN_ENOMEM: there is not enough
 * address space; LN_EIO: no thread can be started; LN_EUNSUP: handlers of
 * signals cannot be installed. Any thread. */
int ln_needs_check(const struct ln_engine_class *class);

#endif
