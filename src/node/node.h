/*
 * This node, as one of several: its identity, its processes that other nodes
 * know, and the other nodes that it knows (node/peer.h). References are
 * counted: proxies of other nodes' processes outlive sessions, so the memory
 * may outlive ln_local_node_free.
 */
#ifndef LN_NODE_NODE_H
#define LN_NODE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"
#include "base/list.h"
#include "engine/account.h"
#include "node/fabric.h"
#include "node/id_table.h"
#include "node/store.h"
#include "node/tombstones.h"

/* Bytes of a node's attributes. */
#define LN_ATTRIBUTES_MAX 8192u

struct ln_environment;
struct ln_peer;
struct ln_process;
struct ln_runtime;
struct ln_services;
struct ln_steward;

/* Zero: the default. */
struct ln_local_node_options {
	const char *name;           /* 1 to LN_NODE_NAME_MAX bytes */
	const char *attributes;     /* lines of KEY=VALUE; NULL: none */
	const uint8_t *incarnation; /* 16 bytes; NULL: drawn */
	size_t high_mark;           /* bytes queued for a node: senders wait */
	size_t low_mark;            /* and go on */
	size_t max_answer_bytes;    /* queued bytes at which a node that keeps
				     * sending requests is disconnected */
	uint64_t max_message;       /* bytes of one that comes in pieces */
	uint32_t max_sessions;      /* nodes connected at a time */
	uint32_t max_peers;         /* nodes known at a time */
	uint32_t max_proxies;       /* processes of all other nodes */
	size_t max_store;           /* bytes of modules that are kept for later
				     * requests */
	uint32_t max_unlinks;       /* that a node has not answered yet */
	uint32_t max_ends;          /* remembered; a power of two */
	uint32_t piece;             /* entries of services told at a time */
	/* Bytes of fragmented bodies, and of requests in progress: of one other
	 * node, and of all. */
	uint64_t max_session_bytes;
	uint64_t max_body_bytes;
};

struct ln_local_node {
	/* Immutable. */
	struct ln_runtime *runtime; /* counted */
	struct ln_node_id id;
	struct ln_local_node_options options; /* without name, attributes and
					       * incarnation */
	char *attributes; /* owned; lines of KEY=VALUE, the name among them */

	/* Set once, before guests run. */
	struct ln_environment *environment; /* counted; what others make here
					     * is below it; NULL: nothing */
	struct ln_environment *serving; /* counted; of what works for others */

	struct ln_store store;        /* modules of other nodes */
	struct ln_services *services; /* owned; node/services.h */

	/* Any thread. */
	struct ln_account bodies; /* of all sessions */
	_Atomic uint64_t held;    /* numbers what is kept for others */
	_Atomic uint32_t references;
	_Atomic uint32_t proxies; /* of all peers */

	/* Under `lock`. */
	struct ln_lock lock;
	struct ln_id_table peers; /* by incarnation */
	struct ln_list sessions;  /* that are up */
	uint32_t session_count;
	struct ln_steward *steward; /* node/steward.h; NULL: none */
	uint32_t steward_users;     /* calls of it under way */

	/* Under `exports_lock`. */
	struct ln_lock exports_lock;
	struct ln_id_table
		exports; /* local processes that others have heard of */
	struct ln_tombstones tombstones; /* and those that were */
};

/* With one reference, the caller's. Name and attributes are copied. LN_EINVAL:
 * not a valid name, or too many bytes of attributes. LN_ENOMEM. */
int ln_local_node_new(struct ln_runtime *runtime,
		      const struct ln_local_node_options *options,
		      struct ln_local_node **node);

/* Lets the processes of the runtime use the node, and other nodes make
 * environments below `environment`, which is that of the program. Must be
 * called once, before there are processes and sessions. LN_ENOMEM. Not on a
 * fiber. */
int ln_local_node_attach(struct ln_local_node *node,
			 struct ln_environment *environment);

/* Drops the caller's reference; no session may be up, and, once it was
 * attached, no process may run. NULL is fine. */
void ln_local_node_free(struct ln_local_node *node);

struct ln_local_node *ln_local_node_retain(struct ln_local_node *node);
void ln_local_node_release(struct ln_local_node *node);

/* Whether the bytes are a valid name of a node: 1 to LN_NODE_NAME_MAX bytes of
 * UTF-8 without control characters. */
bool ln_node_name_valid(const char *name, size_t len);

/* The node of that name, if it is connected: a reference for the caller, or
 * NULL. Any thread. */
struct ln_peer *ln_local_node_find(struct ln_local_node *node, const char *name,
				   size_t len);

#endif
