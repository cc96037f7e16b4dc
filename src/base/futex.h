/*
 * Waiting on a 32-bit word, and a four-byte lock on top of it. The lock is not
 * owned by a thread: a fiber must still never keep it while it parks.
 */
#ifndef LN_BASE_FUTEX_H
#define LN_BASE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/systematic.h"

/* Sleeps while *word == value, at most `timeout_ns` nanoseconds (negative: no
 * bound). Returns 0 when woken or *word differs, LN_ETIMEDOUT; may wake for no
 * reason. */
int ln_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t timeout_ns);

/* Wakes at most `count` sleepers of `word`. */
void ln_futex_wake(_Atomic uint32_t *word, int count);

/* 0: free; 1: held; 2: held, and somebody may sleep. */
struct ln_lock {
	_Atomic uint32_t word;
};

#define LN_LOCK_INIT { 0 }

void ln_lock_wait(struct ln_lock *lock);
void ln_lock_signal(struct ln_lock *lock);

/* Takes the lock; acquire, pairs with the release in ln_lock_release. */
static inline void ln_lock_acquire(struct ln_lock *lock)
{
	uint32_t expected = 0;

	ln_systematic_point();
	if (LN_UNLIKELY(!atomic_compare_exchange_strong_explicit(
		    &lock->word, &expected, 1, memory_order_acquire,
		    memory_order_relaxed)))
		ln_lock_wait(lock);
	ln_systematic_point();
}

/* Gives the lock back. */
static inline void ln_lock_release(struct ln_lock *lock)
{
	if (LN_UNLIKELY(atomic_exchange_explicit(&lock->word, 0,
						 memory_order_release) == 2))
		ln_lock_signal(lock);
	ln_systematic_point();
}

#endif
