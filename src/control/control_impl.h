/*
 * What the files of this folder share about the server.
 */
#ifndef LN_CONTROL_CONTROL_IMPL_H
#define LN_CONTROL_CONTROL_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "control/channel.h"
#include "control/place.h"

struct ln_local_node;
struct ln_node;
struct ln_runtime;

struct ln_control {
	/* Immutable after start. */
	struct ln_runtime *runtime;
	char name[LN_CONTROL_NAME];
	char *path;   /* of the socket */
	int listener; /* -1: none, as in tests */
	int wake;     /* an eventfd; -1: likewise */
	pthread_t thread;

	pthread_mutex_t lock;
	/* Under lock; NULL: no node. */
	struct ln_node *member;      /* NULL also in tests */
	struct ln_local_node *local; /* of it */

	struct ln_control_channels channels; /* of other nodes */

	/* Any thread. */
	_Atomic bool stopping;
	_Atomic bool woken; /* the eventfd has been written to */
};

/* Without a thread and a socket: also for tests and fuzzers. */
void ln_control_init(struct ln_control *control, struct ln_runtime *runtime,
		     const char *name);
void ln_control_deinit(struct ln_control *control);

/* Has waiting requests do a step. Any thread, also on a fiber. */
void ln_control_wake(struct ln_control *control);

#endif
