/*
 * Requests that operators of other nodes make of this program, through the node
 * that they asked (node/steward.h). A channel is one request: a client without
 * a socket, whose answers are taken by jobs of the node layer, some at a time.
 */
#ifndef LN_CONTROL_CHANNEL_H
#define LN_CONTROL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/futex.h"
#include "base/list.h"
#include "node/id_table.h"
#include "node/steward.h"

struct ln_control;
struct ln_control_session;
struct ln_task;

#define LN_CONTROL_CHANNELS_MAX 16 /* of a program, at a time */

struct ln_control_channels {
	struct ln_steward steward;
	struct ln_lock lock;
	struct ln_list list; /* under lock */
	size_t count;        /* likewise */
	bool leaving;        /* likewise: nobody waits any more */
};

/* One of them. */
struct ln_control_channel {
	struct ln_list link;
	uint64_t number;
	uint8_t peer[LN_ID_SIZE];

	/* Under the lock of all. */
	char *line; /* owned; to be taken; NULL: it was */
	size_t len;
	struct ln_bytes out;    /* for the job that asks next */
	struct ln_task *waiter; /* of the job that asks now; NULL: none */
	bool asked;             /* a job asks now */
	bool over;              /* nothing follows what is in `out` */
	int64_t used;           /* when a job last asked */
};

void ln_control_channels_init(struct ln_control_channels *channels);

/* Frees all; no job may ask. */
void ln_control_channels_deinit(struct ln_control_channels *channels);

/* Has jobs that wait return, and those that come. `leaving` is false when there
 * may be jobs again. */
void ln_control_channels_leave(struct ln_control_channels *channels,
			       bool leaving);

/* ---- In the control thread ---- */

/* A channel whose line nobody has taken, which is then the caller's to free;
 * NULL: there is none. */
struct ln_control_channel *
ln_control_channels_next(struct ln_control_channels *channels, char **line,
			 size_t *len);

/* Moves what the session has to send into the channel, as much as it has room
 * for, and wakes the job that waits for it. `over`: the session has no more. */
void ln_control_channel_put(struct ln_control_channels *channels,
			    struct ln_control_channel *channel,
			    struct ln_control_session *session, bool over);

/* Whether nobody will ask for more: all was taken, or nobody has asked for some
 * seconds. */
bool ln_control_channel_over(struct ln_control_channels *channels,
			     const struct ln_control_channel *channel,
			     int64_t now);

/* Frees one that is over. */
void ln_control_channel_free(struct ln_control_channels *channels,
			     struct ln_control_channel *channel);

#endif
