/*
 * Preemption by signal: a worker whose task has run for a tick is interrupted,
 * and sched_options.on_preempt decides in the handler whether to switch. Only
 * tasks with a `local` are interrupted: native code never sees a signal.
 */
#ifndef LN_SCHED_PREEMPT_H
#define LN_SCHED_PREEMPT_H

#include <signal.h>

struct ln_task;

/* The signal is ignored by default, debuggers let it pass, and nothing else
 * uses it in a program without out-of-band data. */
#define LN_PREEMPT_SIGNAL SIGURG

/* Yields in the handler of that signal; `context` is what the handler got. Only
 * where guest code was interrupted on the fiber of `task`, the running one. */
void ln_preempt_yield(struct ln_task *task, void *context);

/* Lets the signal reach the calling thread, whatever mask it was made with. */
void ln_preempt_allow(void);

/* Installs the handler for the program, once. A handler that was installed
 * before still gets the signals that others send. LN_EUNSUP: the kernel refuses
 * it. Any thread. */
int ln_preempt_install(void);

#endif
