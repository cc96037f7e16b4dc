/*
 * Memory that many processes may use together: their own, and what the host
 * keeps for them. Accounts form a tree: a charge to one is a charge to all
 * above it, so that children cannot exceed a parent's limit. Any thread.
 */
#ifndef LN_ENGINE_ACCOUNT_H
#define LN_ENGINE_ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct ln_account {
	struct ln_account *above; /* NULL: none; outlives this one */
	uint64_t max;             /* bytes */
	_Atomic uint64_t used; /* bytes; too many while somebody is refused */
};

/* Gives bytes back to the accounts from `account` up to, but not including,
 * `end`. */
static inline void ln_account_refund(struct ln_account *account,
				     const struct ln_account *end,
				     uint64_t bytes)
{
	/* Relaxed, here and below: just numbers, nothing is read by them. */
	for (; account != end; account = account->above) {
		uint64_t before = atomic_fetch_sub_explicit(
			&account->used, bytes, memory_order_relaxed);

		ln_assert(before >= bytes);
		(void)before;
	}
}

/* False, and nothing is charged, when that would be too much for one of them.
 * `account` may be NULL. */
static inline bool ln_account_charge(struct ln_account *account, uint64_t bytes)
{
	for (struct ln_account *at = account; at != NULL; at = at->above) {
		uint64_t before;

		/* What could never fit is not added: no count wraps around. */
		if (bytes > at->max) {
			ln_account_refund(account, at, bytes);
			return false;
		}
		before = atomic_fetch_add_explicit(&at->used, bytes,
						   memory_order_relaxed);
		if (before > at->max - bytes) {
			ln_account_refund(account, at->above, bytes);
			return false;
		}
	}
	return true;
}

/* Charges in any case: for what is there already, such as a message that was
 * received. What is asked for next is refused then. */
static inline void ln_account_add(struct ln_account *account, uint64_t bytes)
{
	for (; account != NULL; account = account->above)
		atomic_fetch_add_explicit(&account->used, bytes,
					  memory_order_relaxed);
}

#endif
