/*
 * Preemption of guests by signal: nothing is compiled in for it, so that loops
 * cost what they cost in native code.
 */
#ifndef LN_ENGINE_PREEMPT_H
#define LN_ENGINE_PREEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* Sanitizers keep books of stacks that a switch inside a signal handler does
 * not fit; other processors have other contexts and instructions. */
#if defined(__x86_64__) && !LN_ASAN && !LN_TSAN
#define LN_PREEMPT_BY_SIGNAL 1
#else
#define LN_PREEMPT_BY_SIGNAL 0
#endif

/* The scheduler's on_preempt hook; `instance` is a struct ln_instance. */
void ln_preempt_guest(void *instance, void *context);

/* Makes what ending a guest from the hook needs; to be called before the first
 * guest runs. False if it is unavailable: guests need epochs then. */
bool ln_preempt_prepare(void);

/* The address of an instruction in compiled code that traps; after a prepare
 * that returned true. */
uintptr_t ln_preempt_stop(void);

#endif
