/* What comes of an upgrade. */
#include "process/upgrade_outcome.h"

#include <stdlib.h>

const char *ln_change_result_name(enum ln_change_result result)
{
	static const char *const names[] = {
		[LN_CHANGE_DONE] = "upgraded",
		[LN_CHANGE_REFUSED] = "refused",
		[LN_CHANGE_FAILED] = "failed",
		[LN_CHANGE_TIMED_OUT] = "timed out",
		[LN_CHANGE_WAITING] = "waiting",
		[LN_CHANGE_ENDED] = "ended",
	};

	return names[result];
}

void ln_upgrade_outcome_deinit(struct ln_upgrade_outcome *outcome)
{
	for (size_t i = 0; i < outcome->failure_count; i++)
		free(outcome->failures[i].reason);
	*outcome = (struct ln_upgrade_outcome){ 0 };
}
