/*
 * The memory of stacks whose tasks have ended: a stack is used again, and what
 * a deep call has left there is given back to the kernel now and then.
 */
#ifndef LN_SCHED_STACK_H
#define LN_SCHED_STACK_H

#include <stddef.h>
#include <stdint.h>

/* Bytes at the top that are always kept, and how many stacks end until one is
 * looked at, or given back without a look. */
#define LN_STACK_KEPT ((size_t)32 << 10)
#define LN_STACK_LOOK_EVERY 64u
#define LN_STACK_TRIM_EVERY 4096u

/* The task on a stack of `size` bytes has ended, the `ended`th of this thread.
 * May give pages of it back, which read as zero then. */
void ln_stack_ended(char *stack, size_t size, uint32_t ended);

#endif
