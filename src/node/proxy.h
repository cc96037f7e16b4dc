/*
 * Processes of other nodes, as they are known here: see process/remote.h. There
 * is one struct ln_proxy for each while anybody holds a reference to it, since
 * links and registries go by address.
 */
#ifndef LN_NODE_PROXY_H
#define LN_NODE_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "node/ids.h"
#include "process/process.h"

struct ln_peer;

struct ln_proxy {
	struct ln_process process; /* `links`: local processes, each with the
				    * tag that it is told */
	struct ln_id_entry entry;  /* in peer->proxies */
	struct ln_peer *peer;      /* counted */
	struct ln_proxy *next;     /* of those that ln_proxy_all collects */
};

/* The proxy of a process of `peer`, with a reference for the caller. It need
 * not exist there. LN_ENOMEM, LN_ELIMIT: too many are known. */
int ln_proxy_get(struct ln_peer *peer, const uint8_t id[16],
		 struct ln_proxy **proxy);

/* The same, if it is known already; otherwise NULL. */
struct ln_proxy *ln_proxy_find(struct ln_peer *peer, const uint8_t id[16]);

/* All that are known, as a list by `next`, with a reference to each. By the
 * task that ends the session, only. */
struct ln_proxy *ln_proxy_all(struct ln_peer *peer);

/* The proxy that a process is; NULL: it is local. */
struct ln_proxy *ln_proxy_of(struct ln_process *process);

#endif
