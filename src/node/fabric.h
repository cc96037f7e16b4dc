/*
 * The interface between a node and the fabric that carries its frames. A fabric
 * finds other nodes, authenticates them, and gives the node a channel to each:
 * frames arrive in order, each once, until the channel is down. The mesh
 * (mesh/mesh.h) is the default fabric; tests have one in memory.
 *
 * The interface has two halves. The program uses `struct ln_fabric_class`: it
 * starts a fabric, joins, lists the nodes, and leaves. The node uses sessions
 * and channels. Rules that hold for every fabric (which nodes may connect, when
 * a silent node is lost) are in node/admission.h.
 *
 * The node queues frames in a session (node/session.h), and the fabric takes
 * them from there when it can send. So limits and waiting are the same for all
 * fabrics. A fabric reports the events of one session one after the other,
 * never two at once: up, frames, down. Only after a node's session is down may
 * it come up again.
 */
#ifndef LN_NODE_FABRIC_H
#define LN_NODE_FABRIC_H

#include <stddef.h>
#include <stdint.h>

struct ln_channel;
struct ln_fabric;
struct ln_local_node;
struct ln_session;
struct ln_tls_context;

/* Maximum length of a frame, in bytes. Longer ones are fragmented. */
#define LN_FRAME_MAX 65536

/* The version of the protocol: docs/protocol.md. */
#define LN_PROTOCOL_VERSION 5u

/* Bytes of a node's name: 1 to this, no control characters. */
#define LN_NODE_NAME_MAX 255

/* Bytes of an address, such as "host:port", with the zero at its end. */
#define LN_NODE_ADDRESS_SIZE 264

/* For how long a node may be silent before it is lost, in nanoseconds. */
#define LN_HEARTBEAT_DEFAULT INT64_C(2500000000)
#define LN_HEARTBEAT_MIN INT64_C(100000000)
#define LN_HEARTBEAT_MAX INT64_C(3600000000000)

/* Maximum time for joining, and for sending queued frames when leaving: ns. */
#define LN_FABRIC_PATIENCE INT64_C(5000000000)
#define LN_FABRIC_FAREWELL INT64_C(2000000000)

/* Maximum number of finders: who tell a fabric where nodes are, one apart from
 * the other, and may change their minds. */
#define LN_FABRIC_FINDERS_MAX 8u

/* A frame; allocated with malloc, with one owner at a time. */
struct ln_frame {
	struct ln_frame *next;
	size_t len; /* bytes */
	uint8_t data[];
};

/* The node at the other end. An incarnation is one run of a node: 16 random
 * bytes, drawn when it starts. */
struct ln_node_id {
	char name[LN_NODE_NAME_MAX + 1]; /* UTF-8, terminated */
	uint8_t incarnation[16];
	uint32_t version; /* of the protocol, which both nodes speak */
};

/* The half that the program uses. */

/* Where a fabric finds its servers, if it has any. */
struct ln_fabric_broker {
	const char *servers; /* NULL: there are none, and it is the mesh */
	const char *cluster; /* keeps clusters apart there; NULL: "default" */
	const char *credentials; /* a file; NULL: none */
	/* For TLS with the servers, of PEM. NULL: the system's authorities, and
	 * no certificate of our own. */
	const char *authority;
	const char *certificate;
	const char *key;
};

/* What a fabric is started with; copied. */
struct ln_fabric_options {
	const char *address;      /* where this node listens: "host:port" for
				   * the mesh, see mesh/mesh.h; NULL over a
				   * broker */
	const char *const *peers; /* addresses of nodes to begin with */
	size_t peer_count;
	unsigned finders; /* that will call `found`, numbered from 0 */
	const struct ln_fabric_broker *broker; /* NULL: none */
	struct ln_tls_context *tls;            /* outlives the fabric */
	int64_t heartbeat; /* ns, within the bounds above; 0: the default */
};

/* A connected node. */
struct ln_fabric_peer {
	struct ln_node_id id;
	char address[LN_NODE_ADDRESS_SIZE]; /* where it can be reached */
	int64_t since;                      /* CLOCK_MONOTONIC, ns */
	uint64_t received;                  /* bytes of frames */
	uint64_t sent;
};

struct ln_fabric_class {
	const char *name; /* of the kind: "mesh" */

	/* Starts a fabric for the node, which outlives it. From now on other
	 * nodes may connect. On failure *error is one line, owned by the
	 * caller, or NULL if memory was short: LN_EINVAL (an address), LN_EIO,
	 * LN_ENOMEM. Not from a task. */
	int (*start)(struct ln_local_node *node,
		     const struct ln_fabric_options *options,
		     struct ln_fabric **fabric, char **error);

	/* Notes where nodes are, as a finder knows it now; what it said before
	 * is replaced. NULL: it could not find out, so that what it said stays.
	 * No connection ends because of this. Any thread; not from a task. */
	void (*found)(struct ln_fabric *fabric, unsigned finder,
		      const char *const *addresses, size_t count);

	/* Returns when one of the given peers, and all nodes that it named, are
	 * connected or could not be reached, and so are the nodes that each
	 * finder has named first; at once without peers and finders. A node
	 * that was found and cannot be reached is no failure. Tries for
	 * LN_FABRIC_PATIENCE. Meanwhile `progress`, unless NULL, is called with
	 * a line about each retry, at most once a second. Errors as above;
	 * LN_EEXIST: the name is taken;
	 * LN_EPERM: the peer does not trust us, or we do not trust it;
	 * LN_EKILLED: interrupted. Not from a task. */
	int (*join)(struct ln_fabric *fabric,
		    void (*progress)(const char *line), char **error);

	/* Makes `join` return soon, now or later. Any thread. */
	void (*interrupt)(struct ln_fabric *fabric);

	/* Where this node can be reached, until it leaves. */
	const char *(*address)(const struct ln_fabric *fabric);

	/* The connected nodes, sorted by name; returns how many. The caller
	 * frees *peers, which is NULL when there are none. LN_ENOMEM. Any
	 * thread; not on a fiber. */
	int (*list)(struct ln_fabric *fabric, struct ln_fabric_peer **peers);

	/* Sends queued frames, for at most LN_FABRIC_FAREWELL, tells the other
	 * nodes, ends all sessions and frees the fabric. Not from a task. */
	void (*leave)(struct ln_fabric *fabric);
};

/* A fabric; each kind embeds this. */
struct ln_fabric {
	const struct ln_fabric_class *class;
};

/* The half that the node uses. */

/* The functions that the node calls. Any thread may call both, also under a
 * lock of the node, so they neither park nor call the node. */
struct ln_channel_class {
	/* There are frames to take in the session. */
	void (*wake)(struct ln_channel *channel);
	/* Ends the channel soon; `reason` is for the log and copied. The fabric
	 * then reports the session as down, as usual. */
	void (*close)(struct ln_channel *channel, const char *reason);
};

/* The fabric's end of a session; it embeds this. The memory stays until
 * ln_session_down has returned. */
struct ln_channel {
	const struct ln_channel_class *class;
};

/* The functions that the fabric calls, from one task or thread at a time for
 * each session. */

/* A node can be reached. The session belongs to the fabric until it reports
 * that it is down. LN_EEXIST: this incarnation, or another one with the name,
 * is up; LN_ENOMEM, LN_ELIMIT. */
int ln_session_up(struct ln_local_node *node, struct ln_channel *channel,
		  const struct ln_node_id *id, struct ln_session **session);

/* A frame has arrived; the bytes belong to the caller and are not kept. Never
 * parks. LN_EFORMAT: the frame is invalid, and *reason tells why, for the log;
 * the caller must then call ln_session_down. */
int ln_session_receive(struct ln_session *session, const uint8_t *data,
		       size_t len, const char **reason);

/* Takes frames to send, oldest first, linked by `next`: at least one if there
 * is any, and at most `max` bytes otherwise. The caller frees them. NULL:
 * none; `wake` will be called when there are. */
struct ln_frame *ln_session_take(struct ln_session *session, size_t max);

/* The node cannot be reached any more: all links with it fail, waiting tasks
 * are woken, and the session is freed. May park when called by a task. */
void ln_session_down(struct ln_session *session, const char *reason);

#endif
