/*
 * What a program serves: sockets that listen, and connections that came from
 * them. When it is to end in peace, all listeners are shut down at once: new
 * connections are refused, and those that were accepted go on. Whoever waits in
 * an accept waits on, as if nobody connected.
 */
#ifndef LN_NET_SERVING_H
#define LN_NET_SERVING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/futex.h"
#include "base/list.h"

struct ln_serving {
	struct ln_lock lock;
	struct ln_list listeners; /* under it, as the next one */
	bool closed;
	_Atomic uint64_t connections; /* accepted ones that are open */
};

/* A listener in it. Embedded by its owner. */
struct ln_serving_listener {
	struct ln_list link;
	struct ln_serving *serving;
	int fd;
};

void ln_serving_init(struct ln_serving *serving);

/* Adds a listener, and shuts it down at once when all are. `fd` stays open
 * until ln_serving_forget. Any thread, as all that follow. */
void ln_serving_listen(struct ln_serving *serving,
		       struct ln_serving_listener *listener, int fd);
void ln_serving_forget(struct ln_serving_listener *listener);

/* Shuts all listeners down, and those that follow. The kernel resets
 * connections that nobody has accepted. */
void ln_serving_close(struct ln_serving *serving);

/* Counts an accepted connection until it is closed. NULL: it is not counted. */
void ln_serving_begin(struct ln_serving *serving);
void ln_serving_end(struct ln_serving *serving);

/* Accepted connections that are open. */
uint64_t ln_serving_connections(const struct ln_serving *serving);

#endif
