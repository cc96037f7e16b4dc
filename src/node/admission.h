/*
 * Which nodes may be connected, and when a node is lost: rules for all fabrics.
 * A fabric lets both sides greet each other, asks here whether it may keep the
 * other node, and measures its silence.
 *
 * A name belongs to one node at a time, and so does an incarnation. If a
 * newcomer has the name or incarnation of a connected node, it waits while that
 * node is asked for a sign of life, because a connection may be dead without
 * being noticed. If there is none within LN_ADMISSION_PROBE_TIME, the newcomer
 * takes its place; otherwise the newcomer is refused.
 */
#ifndef LN_NODE_ADMISSION_H
#define LN_NODE_ADMISSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "node/fabric.h"

/* The versions of the protocol that this node speaks; docs/protocol.md. */
#define LN_PROTOCOL_VERSION_MIN 1u
#define LN_PROTOCOL_VERSION_MAX LN_PROTOCOL_VERSION

/* Time for a sign of life of a node whose name another one wants, in ns. */
#define LN_ADMISSION_PROBE_TIME INT64_C(2000000000)

/* How a node describes itself in its greeting. */
struct ln_greeting {
	uint32_t version_min; /* of the protocol, both included */
	uint32_t version_max;
	int64_t heartbeat; /* ns of silence after which it gives others up */
	struct ln_node_id id;
};

/* Why a node is refused; the numbers are part of the protocol. */
enum ln_refusal {
	LN_ADMITTED = 0,
	LN_REFUSED_NAME,      /* another node has the name */
	LN_REFUSED_DUPLICATE, /* they are connected, or about to be */
	LN_REFUSED_SELF,      /* it has dialled itself */
	LN_REFUSED_VERSION,
	LN_REFUSED_LIMIT,   /* no room for another node */
	LN_REFUSED_LEAVING, /* the refusing node is about to end */
	LN_REFUSAL_COUNT,
};

/* The error for the refused node: LN_EEXIST (name), LN_EAGAIN (duplicate,
 * self), LN_EUNSUP (version), LN_ELIMIT (limit, leaving). 0 for LN_ADMITTED. */
int ln_refusal_error(enum ln_refusal refusal);

/* One line for the log of either node. */
const char *ln_refusal_text(enum ln_refusal refusal);

/* What this node says of itself. */
void ln_admission_greet(const struct ln_node_id *self, int64_t heartbeat,
			struct ln_greeting *greeting);

/* Whether a greeting makes sense: versions in order, heartbeat in its bounds.
 */
bool ln_greeting_valid(const struct ln_greeting *greeting);

/* Whether the node of a greeting may connect to this one, as far as the
 * greeting tells: LN_ADMITTED, LN_REFUSED_SELF, _VERSION or _NAME. */
enum ln_refusal ln_admission_check(const struct ln_node_id *self,
				   const struct ln_greeting *other);

/* The version to speak with an admitted node. */
uint32_t ln_admission_version(const struct ln_greeting *other);

/* Whether two nodes cannot both be connected: same name or same incarnation. */
bool ln_admission_rivals(const struct ln_node_id *a,
			 const struct ln_node_id *b);

/* How far the connection of a rival is. */
enum ln_rival_state {
	LN_RIVAL_CLAIMED, /* agreed upon, but not up yet */
	LN_RIVAL_UP,
	LN_RIVAL_OVER, /* going down */
};

/* What a fabric does about a newcomer that has a rival. */
enum ln_rivalry {
	LN_RIVALRY_REFUSE,  /* refuse the newcomer: *why says for what */
	LN_RIVALRY_PROBE,   /* ask the rival for a sign of life, and wait */
	LN_RIVALRY_WAIT,    /* wait until the rival is gone */
	LN_RIVALRY_REPLACE, /* close the rival, and wait until it is gone */
};

/* `heard`: time of the rival's last sign of life; `asked`: since when the
 * newcomer waits; both like `now`. */
enum ln_rivalry ln_admission_judge(const struct ln_node_id *rival,
				   enum ln_rival_state state, int64_t heard,
				   const struct ln_node_id *newcomer,
				   int64_t asked, int64_t now,
				   enum ln_refusal *why);

/* How long the other node may be silent, and this one. `heard` is any
 * thread's; the rest is set once. */
struct ln_liveness {
	int64_t timeout;       /* ns of silence after which the node is lost */
	int64_t pause;         /* ns after which this node says something */
	_Atomic int64_t heard; /* when something came last, CLOCK_MONOTONIC */
};

/* From the heartbeats of both nodes, in ns. Counts as a sign of life now. */
void ln_liveness_init(struct ln_liveness *liveness, int64_t own, int64_t other);

/* Something has come from the node. */
static inline void ln_liveness_note(struct ln_liveness *liveness)
{
	atomic_store_explicit(&liveness->heard, ln_time_now(),
			      memory_order_relaxed);
}

/* When it last did. */
static inline int64_t ln_liveness_heard(const struct ln_liveness *liveness)
{
	return atomic_load_explicit(&liveness->heard, memory_order_relaxed);
}

/* When the node is lost unless something comes. */
static inline int64_t ln_liveness_deadline(const struct ln_liveness *liveness)
{
	return ln_liveness_heard(liveness) + liveness->timeout;
}

#endif
