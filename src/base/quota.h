/*
 * Quotas: limits for a number of things, such as descriptors. Quotas form a
 * tree: a unit taken from one is taken from all above it, so that children
 * cannot exceed a parent's limit. References are counted. Each taken unit holds
 * one, so a unit may be given back after everybody else has released the quota.
 * Any thread.
 */
#ifndef LN_BASE_QUOTA_H
#define LN_BASE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct ln_quota;

/* Makes a quota of `max` units below `above`, of which it has a reference;
 * NULL: below none. With one reference, the caller's. LN_ENOMEM. */
int ln_quota_new(struct ln_quota *above, uint64_t max, struct ln_quota **quota);

/* NULL is fine. Units that are still taken stay valid. */
void ln_quota_release(struct ln_quota *quota);

/* Takes one unit; false: none is left, here or above. NULL means no limit. */
bool ln_quota_take(struct ln_quota *quota);

/* Gives one unit back; NULL is fine. */
void ln_quota_give(struct ln_quota *quota);

/* Units that are taken now, here and below. */
uint64_t ln_quota_used(const struct ln_quota *quota);

#endif
