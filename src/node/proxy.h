/*
 * Proxies of other nodes' processes: see process/remote.h. While anybody holds
 * a reference, there is exactly one struct ln_proxy for each process, since
 * links and registries compare addresses.
 */
#ifndef LN_NODE_PROXY_H
#define LN_NODE_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "node/id_table.h"
#include "process/process.h"

struct ln_peer;

struct ln_proxy {
	struct ln_process process; /* `links`: local processes, each with the
				    * tag that it is told */
	struct ln_id_entry entry;  /* in peer->proxies */
	struct ln_peer *peer;      /* counted */
	_Atomic uint64_t number;   /* there; 0: not known */
	struct ln_proxy *next;     /* of those that ln_proxy_all collects */
};

/* The proxy of a process of `peer`, with a reference for the caller. The
 * process need not exist. LN_ENOMEM, LN_ELIMIT: too many are known. */
int ln_proxy_get(struct ln_peer *peer, const uint8_t id[16],
		 struct ln_proxy **proxy);

/* The same, if it is known already; otherwise NULL. */
struct ln_proxy *ln_proxy_find(struct ln_peer *peer, const uint8_t id[16]);

/* All known proxies, as a list by `next`, with a reference to each. Only by the
 * task that ends the session. */
struct ln_proxy *ln_proxy_all(struct ln_peer *peer);

/* The proxy of a remote process; NULL: the process is local. */
struct ln_proxy *ln_proxy_of(struct ln_process *process);

#endif
