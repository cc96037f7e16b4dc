/* The engine of the instance that was interrupted knows what to do. */
#include "engine/preempt.h"

#include "engine/engine_class.h"

void ln_preempt_guest(void *local, void *context)
{
	struct ln_instance *instance = local;

	if (instance->class->preempt != NULL)
		instance->class->preempt(instance, context);
	else
		atomic_store_explicit(&instance->overdue, true,
				      memory_order_relaxed);
}
