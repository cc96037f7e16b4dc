/* A backtrace is the engine's; who may be called for it is decided here. */
#include "engine/backtrace.h"

#include <string.h>

#include "engine/engine_class.h"
#include "engine/entries.h"
#include "engine/module.h"

const struct ln_entry *ln_backtrace_find(const struct ln_instance *instance,
					 const char *name)
{
	const struct ln_entry *entry =
		ln_compiled_entry(instance->module, name, strlen(name));

	if (entry == NULL || entry->param_count != 0 ||
	    entry->result_count != 0)
		return NULL;
	return entry;
}

int ln_backtrace_take(struct ln_instance *instance,
		      const struct ln_entry *trapping, uint32_t *functions,
		      size_t max, size_t *count)
{
	return instance->class->backtrace(instance, trapping, functions, max,
					  count);
}
