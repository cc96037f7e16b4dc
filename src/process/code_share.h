/*
 * Which code the modules of an environment use, and how often: code is charged
 * to an environment once, however many of its modules are made from the same
 * bytes.
 */
#ifndef LN_PROCESS_CODE_SHARE_H
#define LN_PROCESS_CODE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/futex.h"

struct ln_account;
struct ln_code_share;
struct ln_compiled;

#define LN_CODE_SHARE_BUCKETS 16

/* All zero is an empty table. */
struct ln_code_shares {
	struct ln_lock lock;
	struct ln_code_share *buckets[LN_CODE_SHARE_BUCKETS]; /* under lock */
};

/* Counts one more module with the code of this one, which keeps the code alive;
 * the first one is charged to `account`, the same in all calls; NULL: to
 * nobody. *share is NULL when nothing needs to be counted. LN_EMEMORY,
 * LN_ENOMEM. Any thread. */
int ln_code_share_take(struct ln_code_shares *shares,
		       struct ln_account *account,
		       const struct ln_compiled *module,
		       struct ln_code_share **share);

/* The module goes, after this. NULL is fine. */
void ln_code_share_release(struct ln_code_shares *shares,
			   struct ln_account *account,
			   struct ln_code_share *share);

#endif
