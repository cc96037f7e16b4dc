/* lunatic::heap_profiler: what instrumented allocators tell. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/backtrace.h"
#include "engine/instance.h"
#include "engine/module.h"
#include "engine/names.h"
#include "heap/profile.h"
#include "host/abi_gen.h"
#include "process/environment.h"
#include "process/runtime.h"

#define TRACE "lunatic_heap_profiler_trace"
#define NAME_SHOWN 200 /* bytes */

/* The profile of the guest, NULL when nobody asked for one. */
static int profile_of(struct ln_guest *guest, struct ln_heap_profile **profile)
{
	int error = 0;

	if (guest->environment->runtime->heap_profiles != NULL &&
	    guest->heap == NULL)
		error = ln_heap_profile_new(&guest->heap);
	*profile = guest->heap;
	return error;
}

/* What is shown of a function: clean, and without what separates frames. */
static char *shown_name(const struct ln_names *names, uint32_t function)
{
	char *name = ln_names_copy(names, function);
	char *shown = NULL;

	if (name != NULL)
		shown = ln_text_new(name, strlen(name), NAME_SHOWN);
	free(name);
	for (char *at = shown; at != NULL && *at != '\0'; at++) {
		if (*at == ';')
			*at = ':';
	}
	return shown;
}

static void take_names(struct ln_heap_profile *profile,
		       const struct ln_names *names, const uint32_t *functions,
		       size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		if (!ln_heap_profile_knows(profile, functions[i]))
			ln_heap_profile_name(profile, functions[i],
					     shown_name(names, functions[i]));
	}
}

/* The functions that are being called now, innermost first. During the start
 * function, and without the plugin's export, none are known. */
static int take_stack(struct ln_guest *guest, struct ln_heap_profile *profile,
		      uint32_t *frames, size_t *depth)
{
	const struct ln_entry *trapping;
	int error;

	*depth = 0;
	/* The export comes from the guest, and may end up here again. */
	if (!guest->initialized || guest->heap_tracing)
		return 0;
	trapping = ln_backtrace_find(guest->instance, TRACE);
	if (trapping == NULL)
		return 0;
	guest->heap_tracing = true;
	error = ln_backtrace_take(guest->instance, trapping, frames,
				  LN_HEAP_DEPTH, depth);
	guest->heap_tracing = false;
	if (error == LN_EKILLED)
		return error;
	if (error == 0)
		take_names(profile, ln_compiled_names(guest->instance->module),
			   frames, *depth);
	return 0;
}

int ln_host_heap_profiler_allocated(struct ln_guest *guest, uint32_t address,
				    uint32_t size)
{
	uint32_t frames[LN_HEAP_DEPTH];
	struct ln_heap_profile *profile;
	size_t depth;
	int error = profile_of(guest, &profile);

	if (error < 0 || profile == NULL || address == 0)
		return error;
	error = take_stack(guest, profile, frames, &depth);
	if (error < 0)
		return error;
	ln_heap_profile_allocated(profile, address, size, frames, depth);
	return 0;
}

int ln_host_heap_profiler_freed(struct ln_guest *guest, uint32_t address)
{
	struct ln_heap_profile *profile;
	int error = profile_of(guest, &profile);

	if (error == 0 && profile != NULL)
		ln_heap_profile_freed(profile, address);
	return error;
}

int ln_host_heap_profiler_reallocated(struct ln_guest *guest, uint32_t old,
				      uint32_t address, uint32_t size)
{
	struct ln_heap_profile *profile;
	int error = profile_of(guest, &profile);

	if (error < 0 || profile == NULL)
		return error;
	/* No new block for some size: that failed, and the old one stays. */
	if (address == 0 && size > 0)
		return 0;
	ln_heap_profile_freed(profile, old);
	return ln_host_heap_profiler_allocated(guest, address, size);
}
