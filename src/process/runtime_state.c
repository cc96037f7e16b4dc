/* What a runtime is doing. */
#include <stdatomic.h>

#include "base/compiler.h"
#include "process/runtime.h"

enum ln_runtime_state ln_runtime_state(const struct ln_runtime *runtime)
{
	/* Relaxed, here and below: for display, or under a lock of its own. */
	if (atomic_load_explicit(&runtime->stopping, memory_order_relaxed))
		return LN_RUNTIME_STOPPING;
	return (enum ln_runtime_state)atomic_load_explicit(
		&runtime->state, memory_order_relaxed);
}

void ln_runtime_enter(struct ln_runtime *runtime, enum ln_runtime_state state)
{
	uint32_t before =
		atomic_load_explicit(&runtime->state, memory_order_relaxed);

	ln_assert(state != LN_RUNTIME_STOPPING);
	while (before < state &&
	       !atomic_compare_exchange_weak_explicit(
		       &runtime->state, &before, state, memory_order_relaxed,
		       memory_order_relaxed))
		;
}
