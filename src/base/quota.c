/* Quotas: a count for each, and a pointer to the one above. */
#include "base/quota.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"

struct ln_quota {
	struct ln_quota *above; /* counted; NULL: none */
	uint64_t max;
	_Atomic uint64_t used; /* too many while somebody is refused */
	_Atomic uint64_t references;
};

int ln_quota_new(struct ln_quota *above, uint64_t max, struct ln_quota **out)
{
	struct ln_quota *quota = malloc(sizeof(*quota));

	if (quota == NULL)
		return LN_ENOMEM;
	if (above != NULL)
		atomic_fetch_add_explicit(&above->references, 1,
					  memory_order_relaxed);
	quota->above = above;
	quota->max = max;
	atomic_init(&quota->used, 0);
	atomic_init(&quota->references, 1);
	*out = quota;
	return 0;
}

void ln_quota_release(struct ln_quota *quota)
{
	while (quota != NULL) {
		struct ln_quota *above = quota->above;

		/* What all holders did comes before the free. */
		uint64_t before = atomic_fetch_sub_explicit(
			&quota->references, 1, memory_order_acq_rel);

		ln_assert(before > 0);
		if (before != 1)
			return;
		ln_assert(ln_quota_used(quota) == 0);
		free(quota);
		quota = above;
	}
}

/* Takes a unit off the counts, from `quota` up to, but not including, `end`. */
static void uncount(struct ln_quota *quota, const struct ln_quota *end)
{
	/* Relaxed, here and below: just numbers, nothing is read by them. */
	for (; quota != end; quota = quota->above) {
		uint64_t before = atomic_fetch_sub_explicit(
			&quota->used, 1, memory_order_relaxed);

		ln_assert(before > 0);
		(void)before;
	}
}

bool ln_quota_take(struct ln_quota *quota)
{
	for (struct ln_quota *at = quota; at != NULL; at = at->above) {
		if (atomic_fetch_add_explicit(
			    &at->used, 1, memory_order_relaxed) >= at->max) {
			uncount(quota, at->above);
			return false;
		}
	}
	if (quota != NULL)
		atomic_fetch_add_explicit(&quota->references, 1,
					  memory_order_relaxed);
	return true;
}

void ln_quota_give(struct ln_quota *quota)
{
	uncount(quota, NULL);
	ln_quota_release(quota);
}

uint64_t ln_quota_used(const struct ln_quota *quota)
{
	return atomic_load_explicit(&quota->used, memory_order_relaxed);
}
