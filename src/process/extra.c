/* What few processes have. */
#include "process/extra.h"

#include <stdlib.h>

#include "process/process.h"

struct ln_extra *ln_extra_of(struct ln_process *self)
{
	struct ln_extra *extra = self->extra;

	if (extra != NULL)
		return extra;
	extra = calloc(1, sizeof(*extra));
	ln_lock_acquire(&self->mailbox.lock);
	self->extra = extra;
	ln_lock_release(&self->mailbox.lock);
	return extra;
}

void ln_extra_free(struct ln_extra *extra, struct ln_environment *environment)
{
	if (extra == NULL)
		return;
	ln_monitors_end(&extra->monitors);
	ln_own_timers_end(&extra->timers, environment);
	free(extra);
}
