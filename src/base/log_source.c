/*
 * DESIGN
 * All of the tree has LN_LOG_GUESTS_QUEUED; what a source and those below it
 * have at most is half of that for each step down, MIN_SHARE in the depth. A
 * line is let in where the use of each source on the way to the root is not
 * more than what is left above it: so whoever floods stops at half of what is
 * there, and half is left for the others.
 */
#include "base/log_source.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "base/fair.h"
#include "base/time.h"

#define DEPTH_MAX 6u /* from there on shares are not halved */

/* Items of a source that may be written at the same time: more than there can
 * be, since it is the writer that takes one after the other. */
#define AT_ONCE 16

struct ln_log_source *ln_log_source_new(struct ln_log_source *above,
					uint64_t number)
{
	struct ln_log_source *source = calloc(1, sizeof(*source));

	if (source == NULL)
		return NULL;
	source->tenant =
		ln_tenant_new(above != NULL ? above->tenant : NULL, AT_ONCE);
	if (source->tenant == NULL) {
		free(source);
		return NULL;
	}
	source->number = number;
	source->references = 1;
	ln_list_init(&source->noting);
	if (above != NULL) {
		source->above = above;
		source->depth = above->depth + 1;
		ln_log_source_retain(above);
	}
	return source;
}

void ln_log_source_retain(struct ln_log_source *source)
{
	ln_assert(source->references > 0 && source->references < UINT32_MAX);
	source->references++;
}

void ln_log_source_release(struct ln_log_source *source)
{
	while (source != NULL && --source->references == 0) {
		struct ln_log_source *above = source->above;

		ln_assert(source->queued.all == 0);
		ln_assert(ln_list_empty(&source->noting));
		ln_tenant_release(source->tenant);
		free(source);
		source = above;
	}
}

/* What a source, with those below it, has at most of `max`. */
static size_t share(const struct ln_log_source *source, size_t max)
{
	return max >> (source->depth < DEPTH_MAX ? source->depth : DEPTH_MAX);
}

static size_t left(size_t max, size_t used)
{
	return used < max ? max - used : 0;
}

/* A second that is over is forgotten. */
static void refresh(struct ln_log_source *source, int64_t now)
{
	if (now - source->window < LN_NS_PER_S)
		return;
	source->window = now;
	source->second = (struct ln_log_use){ 0 };
}

static const struct ln_log_use *use_of(const struct ln_log_source *source,
				       bool queued)
{
	return queued ? &source->queued : &source->second;
}

static bool fits(const struct ln_log_source *source, bool queued, size_t size,
		 size_t max)
{
	const struct ln_log_source *at = source;

	if (use_of(at, queued)->own + size >
	    left(share(at, max), use_of(at, queued)->all))
		return false;
	for (; at->above != NULL; at = at->above) {
		if (use_of(at, queued)->all + size >
		    left(share(at->above, max), use_of(at->above, queued)->all))
			return false;
	}
	return true;
}

bool ln_log_source_admit(struct ln_log_source *source, size_t size, int64_t now)
{
	struct ln_log_source *at;

	ln_assert(source->above != NULL);
	for (at = source; at != NULL; at = at->above)
		refresh(at, now);
	if (!fits(source, true, size, LN_LOG_GUESTS_QUEUED) ||
	    !fits(source, false, size, LN_LOG_GUESTS_SECOND))
		return false;
	source->queued.own += size;
	source->second.own += size;
	for (at = source; at != NULL; at = at->above) {
		at->queued.all += size;
		at->second.all += size;
	}
	return true;
}

void ln_log_source_done(struct ln_log_source *source, size_t size)
{
	ln_assert(source->queued.own >= size);
	source->queued.own -= size;
	for (; source != NULL; source = source->above) {
		ln_assert(source->queued.all >= size);
		source->queued.all -= size;
	}
}
