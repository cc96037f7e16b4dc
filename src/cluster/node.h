/*
 * This program as a member of a cluster: its node, its key or certificates, and
 * the fabric. The command line and the embedding API use this.
 */
#ifndef LN_CLUSTER_NODE_H
#define LN_CLUSTER_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tls.h"
#include "node/fabric.h"

struct ln_environment;
struct ln_node;
struct ln_local_node;

struct ln_node_options {
	const char *name;
	const char *attributes;   /* lines of KEY=VALUE; NULL: none */
	const char *address;      /* to listen at, as the fabric takes it */
	const char *const *peers; /* to begin with */
	size_t peer_count;
	const char *const *finders; /* how others are found, as in
				     * cluster/discover.h; at most
				     * LN_FABRIC_FINDERS_MAX */
	size_t finder_count;
	const char *cluster_key;   /* a file; NULL: the usual one */
	struct ln_tls_files files; /* in the place of a key; all or none */
	int64_t heartbeat;         /* ns; 0: the default */
};

/* Makes the environment's runtime a node, which it must not be yet.
 * Environments that other nodes make here are children of the environment.
 * Listens, so that others may connect from now on. On failure *error is one
 * line that tells what to do, owned by the caller, or NULL if memory was short.
 * LN_EINVAL: an option; LN_EEXIST: the runtime is already a node; LN_ENOENT,
 * LN_EPERM, LN_EFORMAT: key or certificates; LN_EIO; LN_ENOMEM. Blocks; not
 * from a task.
 */
int ln_node_new(struct ln_environment *environment,
		const struct ln_node_options *options, struct ln_node **member,
		char **error);

/* Joins the peers, as the fabric does; LN_ESTOPPED: it has left. Not from a
 * task.
 */
int ln_node_join(struct ln_node *member, void (*progress)(const char *line),
		 char **error);

/* Makes ln_node_join return soon, now or later. Any thread. */
void ln_node_interrupt(struct ln_node *member);

struct ln_local_node *ln_node_local(struct ln_node *member);

/* Who this is, until ln_node_free. */
const struct ln_node_id *ln_node_own_id(const struct ln_node *member);
const char *ln_node_address(const struct ln_node *member);

/* The connected nodes, as the fabric lists them; none once it has left. */
int ln_node_list(struct ln_node *member, struct ln_fabric_peer **peers);

/* Leaves, as the fabric does. Processes of the runtime may still run, but no
 * longer reach other nodes. Afterwards only ln_node_free may be called. Not
 * from a task. */
void ln_node_leave(struct ln_node *member);

/* Leaves, and frees the node; no process may run. NULL is fine. Not from a
 * task.
 */
void ln_node_free(struct ln_node *member);

#endif
