/*
 * Points at which the deterministic scheduler mode may let another thread go
 * on. They are nothing in normal builds; the test that searches for lost
 * wake-ups compiles the scheduler and the mailbox with LN_SYSTEMATIC and
 * defines the functions (tests/unit/sched/systematic.c).
 */
#ifndef LN_BASE_SYSTEMATIC_H
#define LN_BASE_SYSTEMATIC_H

#ifdef LN_SYSTEMATIC
void ln_systematic_point(void);
#else
static inline void ln_systematic_point(void)
{
}
#endif

#endif
