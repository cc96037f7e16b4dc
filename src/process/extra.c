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
	ln_process_lock(self);
	self->extra = extra;
	ln_process_unlock(self);
	return extra;
}
