/*
 * Preemption of guests by signal: nothing is compiled in for it, so that loops
 * cost what they cost in native code.
 */
#ifndef LN_ENGINE_PREEMPT_H
#define LN_ENGINE_PREEMPT_H

#include "base/compiler.h"

/* Sanitizers keep books of stacks that a switch inside a signal handler does
 * not fit. */
#if !LN_ASAN && !LN_TSAN
#define LN_PREEMPT_BY_SIGNAL 1
#else
#define LN_PREEMPT_BY_SIGNAL 0
#endif

/* The scheduler's on_preempt hook; `instance` is a struct ln_instance. */
void ln_preempt_guest(void *instance, void *context);

#endif
