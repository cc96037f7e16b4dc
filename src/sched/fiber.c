/*
 * DESIGN
 * A new stack gets a first frame that looks as if ln_switch had left it, with
 * the entry function and its argument in two callee-saved registers and the
 * return address of ln_switch_entry.
 *
 * The engine keeps one word per thread: the youngest activation of compiled
 * code on the running stack. It belongs to the stack, so each switch exchanges
 * it: the word of the fiber that is entered goes in, what comes out belongs to
 * the fiber that is left.
 *
 * There is no guard page below a stack, since that would cost a mapping for
 * each stack. Instead the last word of a stack must stay zero, as it is in a
 * new slot. It is checked when a task ends or is left in a signal handler. That
 * costs no memory: a page that is only read is the kernel's page of zeros.
 *
 * Sanitizers are told about every switch: AddressSanitizer needs the bounds of
 * the stack that is entered, ThreadSanitizer an identity per fiber.
 */
#include "sched/fiber.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if LN_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if LN_TSAN
#include <sanitizer/tsan_interface.h>
#endif

void ln_switch(void **from_sp, void *to_sp);
void ln_switch_call(void *stack_top, void (*function)(void *), void *arg);
void ln_switch_entry(void);

static void *(*_Atomic activation_swap)(void *);

void ln_fiber_set_activation_swap(void *(*swap)(void *))
{
	atomic_store_explicit(&activation_swap, swap, memory_order_relaxed);
}

#if defined(__x86_64__)
/* r15 r14 r13 r12 rbx rbp rip; two more align the stack for a call */
#define FRAME_WORDS 9
#define FRAME_ARGUMENT 2
#define FRAME_ENTRY 3
#define FRAME_RETURN 6
#elif defined(__aarch64__)
/* x29 x30 x19 x20 ..., d8 to d15 */
#define FRAME_WORDS 20
#define FRAME_RETURN 1
#define FRAME_ENTRY 2
#define FRAME_ARGUMENT 3
#endif

void ln_fiber_init(struct ln_fiber *fiber, char *stack, size_t stack_len,
		   void (*entry)(void *), void *argument)
{
	uintptr_t top = ((uintptr_t)stack + stack_len) & ~(uintptr_t)15;
	void **frame = (void **)top - FRAME_WORDS;

	*fiber = (struct ln_fiber){ .stack = stack, .stack_len = stack_len };
#if LN_ASAN
	__asan_unpoison_memory_region(stack, stack_len);
#endif
	memset(frame, 0, FRAME_WORDS * sizeof(*frame));
	memcpy(&frame[FRAME_ENTRY], &entry, sizeof(void *));
	frame[FRAME_ARGUMENT] = argument;
	frame[FRAME_RETURN] = (void *)(uintptr_t)ln_switch_entry;
	fiber->sp = frame;
#if LN_TSAN
	fiber->tsan = __tsan_create_fiber(0);
#endif
}

void ln_fiber_init_thread(struct ln_fiber *fiber)
{
	pthread_attr_t attributes;
	void *stack = NULL;
	size_t len = 0;

	*fiber = (struct ln_fiber){ 0 };
	if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
		pthread_attr_getstack(&attributes, &stack, &len);
		pthread_attr_destroy(&attributes);
	}
	fiber->stack = stack;
	fiber->stack_len = len;
#if LN_TSAN
	fiber->tsan = __tsan_get_current_fiber();
#endif
}

void ln_fiber_deinit(struct ln_fiber *fiber)
{
#if LN_TSAN
	__tsan_destroy_fiber(fiber->tsan);
	fiber->tsan = NULL;
#else
	(void)fiber;
#endif
}

void ln_fiber_check(const struct ln_fiber *fiber)
{
	uint64_t last;

	memcpy(&last, fiber->stack, sizeof(last));
	if (LN_LIKELY(last == 0))
		return;
	fputs("lunatic: a stack of the runtime has overflowed\n", stderr);
	abort();
}

void ln_fiber_switch(struct ln_fiber *from, struct ln_fiber *to, int last)
{
	void *(*swap)(void *) =
		atomic_load_explicit(&activation_swap, memory_order_relaxed);

	if (swap != NULL)
		from->activation = swap(to->activation);
#if LN_ASAN
	__sanitizer_start_switch_fiber(last ? NULL : &from->asan_fake_stack,
				       to->stack, to->stack_len);
#else
	(void)last;
#endif
#if LN_TSAN
	__tsan_switch_to_fiber(to->tsan, 0);
#endif
	ln_switch(&from->sp, to->sp);
#if LN_ASAN
	__sanitizer_finish_switch_fiber(from->asan_fake_stack, NULL, NULL);
#endif
}

void ln_fiber_call_on(struct ln_fiber *self, struct ln_fiber *host,
		      void (*function)(void *), void *argument)
{
	/* Below the red zone of the frame that `host` left. */
	uintptr_t top = ((uintptr_t)host->sp - 256) & ~(uintptr_t)15;

#if LN_ASAN
	void *fake = NULL;

	__sanitizer_start_switch_fiber(&fake, host->stack, host->stack_len);
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
	ln_switch_call((void *)top, function, argument);
#if LN_ASAN
	__sanitizer_start_switch_fiber(NULL, self->stack, self->stack_len);
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#else
	(void)self;
#endif
}
