/* Lists of code, by its address; guests cannot choose that. */
#include "process/code_share.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/account.h"
#include "engine/module.h"

struct ln_code_share {
	struct ln_code_share *next;
	const struct ln_code *code; /* alive as long as one of its modules */
	uint64_t bytes;             /* charged */
	uint64_t modules;
};

static struct ln_code_share **bucket_of(struct ln_code_shares *shares,
					const struct ln_code *code)
{
	return &shares->buckets[(uintptr_t)code / 64 % LN_CODE_SHARE_BUCKETS];
}

/* Counts one more, or puts `made` into the table; under the lock. */
static struct ln_code_share *count(struct ln_code_shares *shares,
				   struct ln_code_share *made)
{
	struct ln_code_share **bucket = bucket_of(shares, made->code);
	struct ln_code_share *share = *bucket;

	ln_lock_assert(&shares->lock);
	while (share != NULL && share->code != made->code)
		share = share->next;
	if (share == NULL) {
		share = made;
		share->next = *bucket;
		*bucket = share;
	}
	share->modules++;
	return share;
}

int ln_code_share_take(struct ln_code_shares *shares,
		       struct ln_account *account,
		       const struct ln_compiled *module,
		       struct ln_code_share **out)
{
	struct ln_code_share *made;
	uint64_t bytes = ln_compiled_weight(module);

	*out = NULL;
	if (account == NULL)
		return 0;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return LN_ENOMEM;
	made->code = ln_compiled_code(module);
	made->bytes = bytes;
	ln_lock_acquire(&shares->lock);
	*out = count(shares, made);
	if (*out == made && !ln_account_charge(account, bytes)) {
		*bucket_of(shares, made->code) = made->next;
		*out = NULL;
	}
	ln_lock_release(&shares->lock);
	if (*out == NULL) {
		free(made);
		return LN_EMEMORY;
	}
	if (*out != made)
		free(made);
	return 0;
}

void ln_code_share_release(struct ln_code_shares *shares,
			   struct ln_account *account,
			   struct ln_code_share *share)
{
	struct ln_code_share **at;
	bool last;

	if (share == NULL)
		return;
	ln_lock_acquire(&shares->lock);
	ln_assert(share->modules > 0);
	last = --share->modules == 0;
	if (last) {
		at = bucket_of(shares, share->code);
		while (*at != share)
			at = &(*at)->next;
		*at = share->next;
	}
	ln_lock_release(&shares->lock);
	if (!last)
		return;
	ln_account_refund(account, NULL, share->bytes);
	free(share);
}
