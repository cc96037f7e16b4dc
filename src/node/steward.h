/*
 * What operators of other nodes ask of this one: LN_ASK_CONTROL carries bytes
 * of a protocol that this layer does not know. The layer above is the steward
 * of the node and answers them. Only admitted nodes ask.
 */
#ifndef LN_NODE_STEWARD_H
#define LN_NODE_STEWARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "node/id_table.h"

struct ln_local_node;

/* The version of the protocol from which on LN_ASK_CONTROL exists. */
#define LN_CONTROL_PROTOCOL_VERSION 4u

/* Bytes of a question, and of what one answer brings. */
#define LN_STEWARD_LINE_MAX 60000u
#define LN_STEWARD_ANSWER_MAX 60000u

struct ln_steward {
	/* On the fiber of a native process, may park, for about a second. Takes
	 * a line of the node `peer` in a channel, or the next bytes of its
	 * answers: *channel 0 begins one, and becomes its number, or 0 when it
	 * is over. Bytes are added to `out`. An error may have a text in *text,
	 * the caller's. */
	int (*exchange)(struct ln_steward *steward,
			const uint8_t peer[LN_ID_SIZE], uint64_t *channel,
			const uint8_t *line, size_t len, struct ln_bytes *out,
			char **text);
};

/* Makes somebody the steward of a node; NULL: nobody, and when this returns
 * nobody calls the earlier one. Not on a worker. */
void ln_local_node_set_steward(struct ln_local_node *node,
			       struct ln_steward *steward);

#endif
