/*
 * Fibers: C stacks that are switched by hand. A fiber is entered by the thread
 * that runs it and may go on in another thread after every switch.
 */
#ifndef LN_SCHED_FIBER_H
#define LN_SCHED_FIBER_H

#include <stddef.h>

#include "base/compiler.h"

struct ln_fiber {
	char *stack;      /* lowest byte of the stack */
	size_t stack_len; /* bytes */
#if LN_TSAN
	void *tsan;
#endif
#if LN_ASAN
	void *asan_fake_stack;
#endif
	void *sp;         /* saved stack pointer while not running */
	void *activation; /* the engine's per-stack word while not running */
};

/* Prepares `fiber` to run entry(argument) on the given stack. `entry` must
 * never return. */
void ln_fiber_init(struct ln_fiber *fiber, char *stack, size_t stack_len,
		   void (*entry)(void *), void *argument);

/* Describes the calling thread's own stack, so that it can be left. */
void ln_fiber_init_thread(struct ln_fiber *fiber);

/* Frees what sanitizers keep about a fiber that will not run again. */
void ln_fiber_deinit(struct ln_fiber *fiber);

/* Ends the program if the last word of the stack, which was zero, has changed:
 * then the memory below the stack may have been overwritten. */
void ln_fiber_check(const struct ln_fiber *fiber);

/* Leaves `from`, enters `to`, and returns when somebody enters `from` again.
 * `last`: `from` will never be entered again. */
void ln_fiber_switch(struct ln_fiber *from, struct ln_fiber *to, int last);

/* Calls function(argument) on the unused part of the stack of `host`, which
 * must be left, while staying in the fiber `self`. The function must not
 * switch. */
void ln_fiber_call_on(struct ln_fiber *self, struct ln_fiber *host,
		      void (*function)(void *), void *argument);

/* The function that exchanges the engine's per-stack word of this thread: it
 * sets the word and returns the old one. NULL (the default): none. Set once
 * before the first fiber runs. */
void ln_fiber_set_activation_swap(void *(*swap)(void *));

#endif
