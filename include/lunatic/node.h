/*
 * Nodes: environments and processes of other programs.
 *
 * A runtime may be a node: it forms a cluster with other nodes, which are
 * programs with this library or lunatic itself, on this machine or others.
 * docs/cluster.md explains keys, certificates and addresses. A node belongs to
 * its runtime and is valid until lunatic_rt_free, which leaves the cluster. The
 * rules at the top of <lunatic/runtime.h> hold here as well.
 */
#ifndef LUNATIC_NODE_H
#define LUNATIC_NODE_H

#include <lunatic/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opaque. */
typedef struct ln_node lunatic_rt_node;

/* Set it up with lunatic_rt_node_config_init, then change fields. Later
 * versions of the library add fields at the end only. */
typedef struct lunatic_rt_node_config {
	size_t size;         /* of the struct, in bytes; set by init */
	const char *name;    /* unique in the cluster; 1 to 255 bytes of UTF-8
			      * without control characters; required */
	const char *address; /* where it listens, "host:port"; port 0 chooses a
			      * free port; required without `nats_servers` */
	const char *const *peers; /* addresses of nodes to join first */
	size_t peer_count;

	/* How nodes trust each other: by a key, in this file (NULL, the
	 * default: the key of the user, which is made if necessary), or by
	 * certificates, all three files in PEM. */
	const char *cluster_key;
	const char *certificate;
	const char *key;
	const char *authority; /* the certificate of the CA */

	int64_t heartbeat_ms; /* how long a node may be silent before it is
			       * lost, 100 to 3,600,000 (default: 2,500) */

	/* How other nodes are found, besides `peers`, and asked again every
	 * five seconds: "dns:NAME:PORT" (A and AAAA records), "dns:NAME" (SRV
	 * records), "file:PATH" (a line "host:port" for each node). At most
	 * 8. */
	const char *const *discover;
	size_t discover_count;

	/* What other nodes may choose it by: "KEY=VALUE", in UTF-8 without
	 * control characters; at most 8,191 bytes together. */
	const char *const *attributes;
	size_t attribute_count;

	/* NATS servers through which nodes reach each other, in the place of
	 * `address`, `peers` and `discover`, which must not be set then:
	 * "nats://HOST[:PORT][,...]", or "nats+tls://" for TLS with them. */
	const char *nats_servers;
	const char *nats_cluster; /* keeps clusters on one server apart, 1 to 64
				   * letters, digits, '-' and '_'; NULL:
				   * "default" */
	const char *nats_credentials; /* a file: "USER:PASSWORD", a token, or
				       * what nsc makes; NULL: none */
	/* For TLS with the servers, files in PEM. NULL: the authorities of the
	 * system, and no certificate of its own. */
	const char *nats_authority;
	const char *nats_certificate;
	const char *nats_key;
} lunatic_rt_node_config;

/* Writes the defaults. `size` is sizeof(*config). LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_node_config_init(lunatic_rt_node_config *config,
					       size_t size);

/* Makes the runtime of the environment a node, which listens from now on.
 * Environments that other nodes make here are below this environment and never
 * have more than it has. Must be called before processes are spawned. On
 * failure *error_text is NULL or one line that tells what to do, to be freed
 * with lunatic_rt_string_free; `error_text` itself may be NULL. Blocks the
 * thread; not from a process: LUNATIC_RT_EINVAL. LUNATIC_RT_EEXIST: the runtime
 * is already a node. Name, address, certificates: LUNATIC_RT_EINVAL; cluster
 * key: LUNATIC_RT_ENOENT, LUNATIC_RT_EPERM, LUNATIC_RT_EFORMAT; the library has
 * no NATS: LUNATIC_RT_EUNSUP; LUNATIC_RT_EIO, LUNATIC_RT_ENOMEM.
 */
LUNATIC_RT_API int lunatic_rt_node_new(lunatic_rt_environment *environment,
				       const lunatic_rt_node_config *config,
				       lunatic_rt_node **node,
				       char **error_text);

/* Blocks the thread until one of the peers, and all nodes that it knows, are
 * connected or could not be reached, and so are the nodes that are found first;
 * for five seconds at most. Without peers, and without a way to find any, it
 * returns at once. May be called again after a failure. Not from a process:
 * LUNATIC_RT_EINVAL. LUNATIC_RT_EEXIST: the name is taken; LUNATIC_RT_EPERM:
 * the peer does not trust us, or we do not trust it; LUNATIC_RT_EUNSUP: no
 * version of the protocol in common; LUNATIC_RT_EIO, LUNATIC_RT_ESTOPPED (it
 * has left). *error_text as above. */
LUNATIC_RT_API int lunatic_rt_node_join(lunatic_rt_node *node,
					char **error_text);

/* Leaves the cluster for good: links with processes of other nodes fail, and
 * sending to them returns LUNATIC_RT_EDEAD. Blocks the thread for up to two
 * seconds; a second call does nothing. Not from a process: LUNATIC_RT_EINVAL.
 */
LUNATIC_RT_API int lunatic_rt_node_leave(lunatic_rt_node *node);

/* Its name and address ("host:port" with the actual port), valid as long as the
 * node; NULL for NULL. */
LUNATIC_RT_API const char *lunatic_rt_node_name(const lunatic_rt_node *node);
LUNATIC_RT_API const char *lunatic_rt_node_address(const lunatic_rt_node *node);

/* The connected nodes, sorted by name. Opaque; immutable. */
typedef struct lunatic_rt_peer_list lunatic_rt_peer_list;

/* A connected node. Later versions of the library add fields at the end only.
 * Texts belong to the list. */
typedef struct lunatic_rt_peer_info {
	size_t size; /* of the struct, in bytes */
	const char *name;
	const char *address;     /* that the node announces */
	uint8_t incarnation[16]; /* random; new each time it is started */
	int64_t age_ms;          /* since it was connected */
	uint64_t received;       /* bytes from it, before encryption */
	uint64_t sent;           /* to it */
} lunatic_rt_peer_info;

/* Lists the connected nodes. Waits. LUNATIC_RT_EKILLED, LUNATIC_RT_ENOMEM,
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_node_peers(lunatic_rt_node *node,
					 lunatic_rt_peer_list **list);

/* Nodes in the list; 0 for NULL. */
LUNATIC_RT_API size_t
lunatic_rt_peer_list_count(const lunatic_rt_peer_list *list);

/* Describes one node of the list; `size` is sizeof(*info).
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_peer_list_get(const lunatic_rt_peer_list *list,
					    size_t index,
					    lunatic_rt_peer_info *info,
					    size_t size);

LUNATIC_RT_API void lunatic_rt_peer_list_free(lunatic_rt_peer_list *list);

/* Makes an environment on the connected node of that name, below the
 * environment that the node was started with. `config` as in
 * lunatic_rt_environment_new, but without listeners, which belong to one
 * machine. Modules, wasm processes and the registry work there with the same
 * calls, which wait for the other node and return LUNATIC_RT_EIO if it is lost;
 * native processes do not. Waits; outside of a process it blocks the thread.
 * LUNATIC_RT_ENOENT: no such node is connected; LUNATIC_RT_EUNSUP: the
 * configuration has something that cannot be passed to another node; otherwise
 * as lunatic_rt_environment_new. *error_text as above. */
LUNATIC_RT_API int
lunatic_rt_environment_new_remote(lunatic_rt_node *node, const char *name,
				  const lunatic_rt_environment_config *config,
				  lunatic_rt_environment **environment,
				  char **error_text);

/* ---- What all nodes know together; any thread ----
 *
 * Each node has a copy, so asking waits for nobody. Names and groups are UTF-8
 * of at most 4,096 bytes; versions and queries are those of the registry
 * (lunatic/runtime.h). What is announced belongs to a process of this node, and
 * is forgotten when it ends or the node is lost. Functions that announce, or
 * take back, wait while another node takes nothing, and return
 * LUNATIC_RT_EKILLED when the calling process is killed. All return
 * LUNATIC_RT_EINVAL for arguments that are not valid. See docs/cluster.md. */

/* Gives a process a name and a version, which only one process has. If another
 * node gave them away as well while the two were not connected, one of the two
 * processes keeps them, and the other one gets a message with `tag`: an array
 * in MessagePack of 3, the name, the version, and the index, among its
 * resources, of the process that has them now. Again for the same process:
 * changes the tag. LUNATIC_RT_EEXIST: another process has them;
 * LUNATIC_RT_EFORMAT: the version is malformed; LUNATIC_RT_EINVAL: also if the
 * process is of another node; LUNATIC_RT_EDEAD, LUNATIC_RT_ELIMIT,
 * LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_cluster_register(lunatic_rt_node *node,
					       const char *name,
					       const char *version,
					       lunatic_rt_process *process,
					       int64_t tag);

/* Takes a name back from a process of this node. LUNATIC_RT_ENOENT,
 * LUNATIC_RT_EFORMAT. */
LUNATIC_RT_API int lunatic_rt_cluster_unregister(lunatic_rt_node *node,
						 const char *name,
						 const char *version);

/* Finds the process with the highest version that matches, on any node; the
 * caller releases it. LUNATIC_RT_ENOENT, LUNATIC_RT_EFORMAT,
 * LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_cluster_lookup(lunatic_rt_node *node,
					     const char *name,
					     const char *query,
					     lunatic_rt_process **process);

/* Has a process told which nodes come and go, by messages with `tag`: an array
 * in MessagePack of 1 (connected) or 2 (lost), the node's number, its name.
 * Again: changes the tag. LUNATIC_RT_ELIMIT: 1,024 watch; LUNATIC_RT_EDEAD,
 * LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_cluster_watch_nodes(lunatic_rt_node *node,
						  lunatic_rt_process *process,
						  int64_t tag);

/* Ends that. LUNATIC_RT_ENOENT: it did not watch. */
LUNATIC_RT_API int
lunatic_rt_cluster_unwatch_nodes(lunatic_rt_node *node,
				 lunatic_rt_process *process);

/* Makes a process a member of a group; again changes nothing.
 * LUNATIC_RT_EINVAL: also if it is of another node; LUNATIC_RT_EDEAD,
 * LUNATIC_RT_ELIMIT, LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_cluster_join(lunatic_rt_node *node,
					   const char *group,
					   lunatic_rt_process *process);

/* Ends that. LUNATIC_RT_ENOENT. */
LUNATIC_RT_API int lunatic_rt_cluster_leave(lunatic_rt_node *node,
					    const char *group,
					    lunatic_rt_process *process);

/* Stores the members of a group on all nodes, at most `max`, which the caller
 * releases, and how many there are. `members` may be NULL if `max` is 0. */
LUNATIC_RT_API int lunatic_rt_cluster_members(lunatic_rt_node *node,
					      const char *group,
					      lunatic_rt_process **members,
					      size_t max, size_t *count);

/* Chooses a node, this one among them, by attributes: "KEY=VALUE", joined by
 * "&", as in a URL; "": any. `by_load` 1: of two that are drawn, the one that
 * runs fewer processes for each of its workers; 0: any. Stores its name, to be
 * freed with lunatic_rt_string_free. Waits for other nodes; outside of a
 * process it blocks the thread. LUNATIC_RT_ENOENT: none has these attributes;
 * LUNATIC_RT_EFORMAT: the query is malformed; LUNATIC_RT_EKILLED,
 * LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_cluster_choose_node(lunatic_rt_node *node,
						  const char *query,
						  int by_load, char **name);

#ifdef __cplusplus
}
#endif

#endif
