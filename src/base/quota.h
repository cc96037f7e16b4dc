/*
 * Quotas: things that many may hold together, such as descriptors. Quotas form
 * a tree: what is taken from one is taken from all above it, so that none can
 * be exceeded from below. References are counted, and every unit that is taken
 * is one, so a unit may be given back by whoever has it at the end. Any thread.
 */
#ifndef LN_BASE_QUOTA_H
#define LN_BASE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct ln_quota;

/* Makes a quota of `most` units below `above`, of which it has a reference;
 * NULL: below none. With one reference, the caller's. LN_ENOMEM. */
int ln_quota_new(struct ln_quota *above, uint64_t most,
		 struct ln_quota **quota);

/* NULL is fine. Units that are still taken stay good. */
void ln_quota_release(struct ln_quota *quota);

/* Takes one unit; false: there is none left, here or above. NULL has no end. */
bool ln_quota_take(struct ln_quota *quota);

/* Gives one unit back; NULL is fine. */
void ln_quota_give(struct ln_quota *quota);

/* Units that are taken now, here and below. */
uint64_t ln_quota_used(const struct ln_quota *quota);

#endif
