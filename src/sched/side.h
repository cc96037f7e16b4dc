/*
 * Calls of C functions on stacks of their own, which begin on the calling
 * task's worker and may go on in a blocking pool: for code of others, of which
 * nobody knows before whether it will take long or wait. A call that is short
 * costs two switches of the stack; the others cost what a job of the pool does.
 */
#ifndef LN_SCHED_SIDE_H
#define LN_SCHED_SIDE_H

#include <stdbool.h>

struct ln_blocking;
struct ln_blocking_tenant;
struct ln_side;

/* Bytes of the stack, above a page that cannot be touched. */
#define LN_SIDE_STACK ((size_t)2 << 20)

/* Calls function(side, argument) for the running task and returns when it has
 * returned. It must not park. LN_ENOMEM: there is no stack, or too many are in
 * use; it was not called. Tasks only, on their own stack. */
int ln_side_run(struct ln_blocking *pool, struct ln_blocking_tenant *tenant,
		void (*function)(struct ln_side *side, void *argument),
		void *argument);

/* By the function, once at most: goes on in the pool, in another thread, and
 * the task parks until the function returns. It must hold no lock, and nothing
 * of its thread. False: there is no thread for that, and it goes on here. */
bool ln_side_move(struct ln_side *side);

/* By the function: it may have used much of the stack, so that most of it is
 * given back to the kernel when it returns. */
void ln_side_set_deep(struct ln_side *side);

#endif
