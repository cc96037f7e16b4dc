/*
 * DESIGN
 * The lock is the three-state futex mutex: an uncontended acquire and release
 * are one atomic operation each. A waiter spins for a moment first, because
 * critical sections here are some tens of instructions long, then sleeps; on a
 * machine with few cores the holder may have lost its core, so spinning longer
 * only delays it. In the deterministic mode the two futex calls are replaced by
 * the test's own (see base/systematic.h).
 */
#include "base/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

#define SPINS 64

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
#endif

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

LN_NOINLINE void ln_lock_wait(struct ln_lock *lock)
{
	for (int i = 0; i < SPINS; i++) {
		uint32_t expected = 0;

		if (atomic_load_explicit(&lock->word, memory_order_relaxed) ==
			    0 &&
		    atomic_compare_exchange_weak_explicit(
			    &lock->word, &expected, 1, memory_order_acquire,
			    memory_order_relaxed))
			return;
		cpu_relax();
	}
	/* Acquire pairs with the release of whoever held it before. */
	while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) !=
	       0)
		ln_futex_wait(&lock->word, 2, -1);
}

LN_NOINLINE void ln_lock_signal(struct ln_lock *lock)
{
	ln_futex_wake(&lock->word, 1);
}
