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

/* 0: free; 1: held. For sections of some tens of instructions. */
struct ln_lock {
	_Atomic uint32_t word;
};

#define LN_LOCK_INIT { 0 }

void ln_lock_wait(struct ln_lock *lock);

/* Where assertions run, each thread counts the locks that it holds. Out of
 * line, since a fiber may have changed threads. */
#if LN_ASSERTS
void ln_lock_count(int change);
int ln_locks_held(void);

/* The same for code that uses what its thread has (a thread-local variable),
 * which a fiber loses when it is left: 1 where that begins, -1 at its end. */
void ln_thread_pin(int change);
int ln_thread_pins(void);
#else
static inline void ln_lock_count(int change)
{
	(void)change;
}
static inline int ln_locks_held(void)
{
	return 0;
}
static inline void ln_thread_pin(int change)
{
	(void)change;
}
static inline int ln_thread_pins(void)
{
	return 0;
}
#endif

/* Asserts that somebody holds the lock: as a rule the caller. */
static inline void ln_lock_assert(const struct ln_lock *lock)
{
	ln_assert(atomic_load_explicit(&lock->word, memory_order_relaxed) == 1);
	(void)lock;
}

/* Takes the lock; acquire, pairs with the release in ln_lock_release. */
static inline void ln_lock_acquire(struct ln_lock *lock)
{
	ln_systematic_point();
	if (LN_UNLIKELY(atomic_exchange_explicit(&lock->word, 1,
						 memory_order_acquire) != 0))
		ln_lock_wait(lock);
	ln_lock_count(1);
	ln_systematic_point();
}

/* Gives the lock back: a plain store, nobody is woken. */
static inline void ln_lock_release(struct ln_lock *lock)
{
	ln_systematic_point();
	ln_lock_assert(lock);
	ln_lock_count(-1);
	atomic_store_explicit(&lock->word, 0, memory_order_release);
	ln_systematic_point();
}

#endif
