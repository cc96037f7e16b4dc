/* Finding the processes that a trace is of. */
#include "process/lookup.h"
#include "process/trace.h"

bool ln_trace_mark(struct ln_trace *trace, struct ln_directory_walk *walk)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	struct ln_runtime *runtime;
	size_t count;

	if (ln_trace_goal(trace, &runtime) != LN_TRACE_ENVIRONMENT)
		return true;
	count = ln_process_list(runtime, NULL, walk, some);
	for (size_t i = 0; i < count; i++) {
		if (ln_trace_wants(trace, some[i]))
			ln_trace_flag(trace, some[i]);
		ln_process_release(some[i]);
	}
	return count == 0;
}
