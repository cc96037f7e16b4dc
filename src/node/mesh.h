/*
 * The mesh: the fabric of the program. Nodes are joined by TCP connections with
 * TLS, one between each two of them. A node that is given the address of one
 * other learns of all others from it, dials them, and dials again those that
 * are lost; node/fabric.h says what it does for the node.
 *
 * Two nodes that dial each other at the same time end with one connection: the
 * one of the smaller incarnation decides. A name belongs to one node at a time:
 * who comes with a name that is taken is refused, unless the node that has it
 * gives no sign of life.
 */
#ifndef LN_NODE_MESH_H
#define LN_NODE_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/fabric.h"

struct ln_mesh;
struct ln_node;
struct ln_tls_context;

/* Bytes of "host:port" with the zero at its end; the host has at most 255. */
#define LN_MESH_ADDRESS_SIZE 264

/* In nanoseconds: for how long a node may be silent before it is lost. */
#define LN_MESH_HEARTBEAT INT64_C(5000000000)
#define LN_MESH_HEARTBEAT_LEAST INT64_C(100000000)
#define LN_MESH_HEARTBEAT_MOST INT64_C(3600000000000)

struct ln_mesh_options {
	const char *address; /* "host:port" to listen at; port 0: any. Others
			      * dial it; with an unspecified host (0.0.0.0 or
			      * [::]) they dial the one that they see */
	const char *const *peers; /* addresses of nodes to begin with */
	size_t peer_count;
	struct ln_tls_context *tls; /* outlives the mesh */
	int64_t heartbeat; /* ns, within the bounds above; 0: the default */
};

/* A connected node. */
struct ln_mesh_peer {
	struct ln_node_id id;
	char address[LN_MESH_ADDRESS_SIZE]; /* where it can be dialled */
	int64_t since;                      /* CLOCK_MONOTONIC, ns */
	uint64_t received;                  /* bytes of frames */
	uint64_t sent;
};

/* Listens. The options are copied. From now on other nodes may connect. On
 * failure *error is a text of one line, owned by the caller, or NULL when
 * memory was short: LN_EINVAL (an address), LN_EIO, LN_ENOMEM. Not from a task.
 */
int ln_mesh_new(struct ln_node *node, const struct ln_mesh_options *options,
		struct ln_mesh **mesh, char **error);

/* Returns when one of the peers that were given, and all that it named, are
 * connected or could not be; at once when there are none. Tries for
 * LN_MESH_PATIENCE; meanwhile `progress`, unless it is NULL, is called with a
 * line about what is tried again, at most once a second. Errors as above;
 * LN_EEXIST: the name is taken; LN_EPERM: the peer does not trust us, or we do
 * not trust it; LN_EKILLED: interrupted. Not from a task. */
#define LN_MESH_PATIENCE INT64_C(5000000000)
int ln_mesh_join(struct ln_mesh *mesh, void (*progress)(const char *line),
		 char **error);

/* Makes ln_mesh_join return soon, now or later. Any thread. */
void ln_mesh_interrupt(struct ln_mesh *mesh);

/* Where it listens, with the port. Until ln_mesh_free. */
const char *ln_mesh_address(const struct ln_mesh *mesh);

/* The connected nodes, by name; returns how many. The caller frees *peers,
 * which is NULL when there are none. LN_ENOMEM. Any thread; not on a fiber. */
int ln_mesh_list(struct ln_mesh *mesh, struct ln_mesh_peer **peers);

/* Leaves: sends what is queued, for LN_MESH_FAREWELL at most, tells all others,
 * and ends all sessions. NULL is fine. Not from a task. */
#define LN_MESH_FAREWELL INT64_C(2000000000)
void ln_mesh_free(struct ln_mesh *mesh);

#endif
