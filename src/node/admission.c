/* Which nodes may connect, and how long they may be silent; see admission.h. */
#include "node/admission.h"

#include <string.h>

#include "base/error.h"
#include "node/id_table.h"

/* A node sends this many times within the shorter heartbeat, so that a late
 * frame does no harm. */
#define SIGNS_PER_HEARTBEAT 4

static const struct {
	int error;
	const char *text;
} refusals[LN_REFUSAL_COUNT] = {
	[LN_ADMITTED] = { 0, "" },
	[LN_REFUSED_NAME] = { LN_EEXIST, "another node has this name" },
	[LN_REFUSED_DUPLICATE] = { LN_EAGAIN,
				   "the two nodes are connected already" },
	[LN_REFUSED_SELF] = { LN_EAGAIN, "it is this node itself" },
	[LN_REFUSED_VERSION] = { LN_EUNSUP,
				 "the two nodes have no version of the "
				 "protocol in common" },
	[LN_REFUSED_LIMIT] = { LN_ELIMIT, "too many nodes" },
	[LN_REFUSED_LEAVING] = { LN_ELIMIT, "this node is leaving" },
};

int ln_refusal_error(enum ln_refusal refusal)
{
	return refusals[refusal].error;
}

const char *ln_refusal_text(enum ln_refusal refusal)
{
	return refusals[refusal].text;
}

static bool same_name(const struct ln_node_id *a, const struct ln_node_id *b)
{
	return strcmp(a->name, b->name) == 0;
}

static bool same_run(const struct ln_node_id *a, const struct ln_node_id *b)
{
	return memcmp(a->incarnation, b->incarnation, LN_ID_SIZE) == 0;
}

void ln_admission_greet(const struct ln_node_id *self, int64_t heartbeat,
			struct ln_greeting *greeting)
{
	greeting->version_min = LN_PROTOCOL_VERSION_MIN;
	greeting->version_max = LN_PROTOCOL_VERSION_MAX;
	greeting->heartbeat = heartbeat;
	greeting->id = *self;
}

bool ln_greeting_valid(const struct ln_greeting *greeting)
{
	return greeting->version_min <= greeting->version_max &&
	       greeting->heartbeat >= LN_HEARTBEAT_MIN &&
	       greeting->heartbeat <= LN_HEARTBEAT_MAX;
}

enum ln_refusal ln_admission_check(const struct ln_node_id *self,
				   const struct ln_greeting *other)
{
	if (same_run(self, &other->id))
		return LN_REFUSED_SELF;
	if (other->version_min > LN_PROTOCOL_VERSION_MAX ||
	    other->version_max < LN_PROTOCOL_VERSION_MIN)
		return LN_REFUSED_VERSION;
	if (same_name(self, &other->id))
		return LN_REFUSED_NAME;
	return LN_ADMITTED;
}

uint32_t ln_admission_version(const struct ln_greeting *other)
{
	return other->version_max < LN_PROTOCOL_VERSION_MAX
		       ? other->version_max
		       : LN_PROTOCOL_VERSION_MAX;
}

bool ln_admission_rivals(const struct ln_node_id *a, const struct ln_node_id *b)
{
	return same_name(a, b) || same_run(a, b);
}

enum ln_rivalry ln_admission_judge(const struct ln_node_id *rival,
				   enum ln_rival_state state, int64_t heard,
				   const struct ln_node_id *newcomer,
				   int64_t asked, int64_t now,
				   enum ln_refusal *why)
{
	if (state == LN_RIVAL_OVER)
		return LN_RIVALRY_WAIT;
	if (state == LN_RIVAL_CLAIMED || heard > asked) {
		*why = same_run(rival, newcomer) ? LN_REFUSED_DUPLICATE
						 : LN_REFUSED_NAME;
		return LN_RIVALRY_REFUSE;
	}
	return now - asked > LN_ADMISSION_PROBE_TIME ? LN_RIVALRY_REPLACE
						     : LN_RIVALRY_PROBE;
}

void ln_liveness_init(struct ln_liveness *liveness, int64_t own, int64_t other)
{
	liveness->timeout = own;
	liveness->pause = (other < own ? other : own) / SIGNS_PER_HEARTBEAT;
	atomic_init(&liveness->heard, ln_time_now());
}
