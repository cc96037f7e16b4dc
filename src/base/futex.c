/*
 * DESIGN
 * The lock is taken by one atomic exchange and given back by a plain store,
 * since an atomic operation costs as much as everything that is done under it.
 * So the holder cannot know whether anybody waits, and wakes nobody: a waiter
 * spins for a moment, then sleeps for PAUSE_NS at a time. It sleeps only when
 * the holder has lost its core. In the deterministic mode the two futex calls
 * are replaced by the test's own, and a waiter lets others go on instead of
 * sleeping.
 */
#include "base/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

#define SPINS 128
#define PAUSE_NS 50000

#ifndef LN_SYSTEMATIC
int ln_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t timeout_ns)
{
	struct timespec timeout;
	struct timespec *bound = NULL;

	if (timeout_ns >= 0) {
		timeout.tv_sec = (time_t)(timeout_ns / 1000000000);
		timeout.tv_nsec = (long)(timeout_ns % 1000000000);
		bound = &timeout;
	}
	if (syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, bound, NULL,
		    0) == 0)
		return 0;
	return errno == ETIMEDOUT ? LN_ETIMEDOUT : 0;
}

void ln_futex_wake(_Atomic uint32_t *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static void pause_for(struct ln_lock *lock)
{
	ln_futex_wait(&lock->word, 1, PAUSE_NS);
}
#else
static void pause_for(struct ln_lock *lock)
{
	(void)lock;
}
#endif

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* One attempt, which does not write to the line while somebody holds it. */
static bool try_lock(struct ln_lock *lock)
{
	return atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 &&
	       atomic_exchange_explicit(&lock->word, 1, memory_order_acquire) ==
		       0;
}

#if LN_ASSERTS
static _Thread_local int locks_held;

LN_NOINLINE void ln_lock_count(int change)
{
	locks_held += change;
	ln_assert(locks_held >= 0);
}

LN_NOINLINE int ln_locks_held(void)
{
	return locks_held;
}

static _Thread_local int pins;

LN_NOINLINE void ln_thread_pin(int change)
{
	pins += change;
	ln_assert(pins >= 0);
}

LN_NOINLINE int ln_thread_pins(void)
{
	return pins;
}
#endif

LN_NOINLINE void ln_lock_wait(struct ln_lock *lock)
{
	for (;;) {
		for (int i = 0; i < SPINS; i++) {
			ln_systematic_point();
			if (try_lock(lock))
				return;
			cpu_relax();
		}
		pause_for(lock);
	}
}
