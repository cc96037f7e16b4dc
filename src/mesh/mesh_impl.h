/*
 * The parts of the mesh among themselves.
 *
 *   mesh.c        what the program calls; the listener
 *   contacts.c    addresses to dial, and when
 *   greeting.c    from a socket to an accepted or refused connection
 *   connection.c  sending and receiving on a connection
 *   frame.c       the frames
 *
 * Threads: the mesh has its own tasks: one that listens, one that manages the
 * contacts, and two for each connection; the first of these, the reader,
 * establishes and ends the connection. All share the mesh under `lock`, which
 * is held at most for a walk over the connections. Lock order: peer->lock, then
 * a connection's lock; nothing is called under the mesh's lock.
 */
#ifndef LN_MESH_MESH_IMPL_H
#define LN_MESH_MESH_IMPL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/log.h"
#include "mesh/frame.h"
#include "mesh/mesh.h"
#include "net/address.h"
#include "net/tls.h"
#include "node/admission.h"
#include "node/fabric.h"
#include "sched/task.h"

struct ln_socket;
struct ln_wire;

/* Maximum number of connections in the greeting. */
#define LN_MESH_STRANGERS_MAX 64
/* Nodes that are connected, and those that are dialled. */
#define LN_MESH_MEMBERS_MAX 1024
#define LN_MESH_CONTACTS_MAX 1024
#define LN_MESH_DIALS_MAX 16

/* Maximum time of a greeting. */
#define LN_MESH_GREETING_TIME INT64_C(5000000000)
#define LN_MESH_BACKOFF_FIRST INT64_C(200000000)
#define LN_MESH_BACKOFF_MAX INT64_C(10000000000)
#define LN_MESH_GIVE_UP INT64_C(3600000000000)
/* The same for one that a finder no longer names. */
#define LN_MESH_VANISHED_GIVE_UP INT64_C(60000000000)

/* An address that is, or was, that of a node. Under mesh->lock. */
struct ln_contact {
	struct ln_list link;
	char address[LN_NODE_ADDRESS_SIZE];
	uint8_t incarnation[LN_ID_SIZE]; /* of the node that was there */
	bool identified;                 /* `incarnation` is valid */
	bool given;                      /* by the program: never forgotten */
	uint8_t finders;                 /* that name it: a bit for each */
	bool vanished;                   /* no finder names it any more, or
					  * none ever will */
	bool self;                       /* this node itself */
	bool dialing;                    /* a connection has it */
	bool tried;                      /* dialled once, or found connected */
	int64_t due;                     /* when it is to be dialled */
	int64_t delay;
	int64_t failing; /* since when; 0: not */
	int error;       /* of the last attempt */
	char reason[LN_TLS_REASON_SIZE];
};

/* How far a connection is. */
enum ln_connection_state {
	LN_CONNECTION_STRANGER, /* not agreed yet */
	LN_CONNECTION_CLAIMED,  /* it will be the one with that node */
	LN_CONNECTION_UP,
	LN_CONNECTION_OVER, /* going down */
};

struct ln_connection {
	struct ln_channel channel;
	struct ln_mesh *mesh;
	_Atomic uint32_t references; /* of its tasks */
	struct ln_task reader;
	struct ln_task writer;

	/* The reader's. */
	struct ln_contact *contact; /* that is dialled; NULL: none (any more) */
	struct ln_socket *socket;   /* until `tls` owns it */
	struct ln_wire *wire;       /* likewise; of the mesh's carrier */
	struct ln_address remote;   /* the other end, over TCP */
	char from[LN_NODE_ADDRESS_SIZE]; /* the same, over a carrier */
	struct ln_mesh_hello hello;      /* the other node's */
	struct ln_mesh_refused refused;
	uint8_t *in; /* bytes received, not looked at; IN_SIZE */
	size_t in_len;
	size_t in_at;

	/* Immutable once the writer runs. */
	struct ln_tls *tls;
	struct ln_session *session;

	/* The writer's. */
	struct ln_frame *greetings; /* to be sent first */
	struct ln_bytes out;        /* bytes to be sent */
	uint32_t gather_pause;      /* times that others need not run first */
	uint32_t gather_failures;   /* the last such number */

	/* Any thread. */
	struct ln_liveness liveness; /* initialised before it is up */
	_Atomic bool ping;           /* to be sent */
	_Atomic bool pong;
	_Atomic bool leave;
	_Atomic bool closing;
	_Atomic bool writer_over;
	_Atomic uint64_t received;
	_Atomic uint64_t sent;

	/* Under `lock`. */
	struct ln_lock lock;
	char reason[LN_TLS_REASON_SIZE]; /* the first that ended it; "" */

	/* Under mesh->lock. */
	struct ln_list link;
	enum ln_connection_state state;
	bool identified; /* `hello` is valid, and does not change */
	bool dialled;    /* by us */
	bool introduced; /* it has named all that it is connected to */
	int64_t since;
};

struct ln_mesh {
	struct ln_fabric fabric;

	/* Immutable. */
	struct ln_local_node *node; /* counted */
	struct ln_tls_context *tls;
	struct ln_mesh_carrier *carrier; /* NULL: TCP */
	int64_t heartbeat;
	char address[LN_NODE_ADDRESS_SIZE]; /* once it listens */

	struct ln_task listener;
	struct ln_task manager;
	struct ln_socket *socket; /* the listener's */

	_Atomic uint32_t changes; /* counted; a futex */
	_Atomic bool interrupted;

	/* Under `lock`. */
	struct ln_lock lock;
	struct ln_list connections;
	struct ln_list contacts;
	uint32_t stranger_count; /* of those that were accepted */
	uint32_t member_count;   /* claimed or up */
	uint32_t contact_count;
	uint32_t dial_count;
	uint32_t given_count; /* of the contacts */
	uint8_t silent;       /* finders that have said nothing yet: bits */
	uint32_t tasks;       /* that have not ended */
	bool stopping;
	bool listening; /* or it failed: */
	int error;
	char error_text[LN_TLS_REASON_SIZE];

	/* Of the lines about strangers, under `lock`. */
	int64_t log_window;
	uint32_t log_lines;
};

/* mesh.c */

/* Tells tasks that wait in join that something has changed. */
void ln_mesh_changed(struct ln_mesh *mesh);

/* The connected nodes, as the class of the fabric lists them. */
int ln_mesh_list(struct ln_mesh *mesh, struct ln_fabric_peer **peers);

/* Counts a task that is about to start, unless the mesh ends. Its `done` must
 * call ln_mesh_task_over as its last action. */
bool ln_mesh_task_begins(struct ln_mesh *mesh);
void ln_mesh_task_over(struct ln_mesh *mesh);

/* Writes a line: what, then the address, then why. From tasks. */
void ln_mesh_log(enum ln_log_level level, const char *what, const char *name,
		 const char *address, const char *why);

/* Writes a line about a connection that did not come up, unless there were many
 * within this second. */
void ln_mesh_log_stranger(struct ln_connection *connection);

/* Whether it can be the address of another node. */
bool ln_mesh_takes(const struct ln_mesh *mesh, const char *address);

/* Copies a text, cut if need be. */
void ln_mesh_copy(char *to, size_t size, const char *text);

/* contacts.c; under mesh->lock, unless a line says otherwise */

/* The body of the task; without the lock. */
void ln_contacts_manage(struct ln_mesh *mesh);

/* The result of dialling a contact, and which node is there, if one has
 * answered; without a lock. NULL is fine. */
void ln_contact_tried(struct ln_mesh *mesh, struct ln_contact *contact,
		      const uint8_t *incarnation, int error,
		      const char *reason);

/* Notes an address; NULL: no room. `incarnation` may be NULL. */
struct ln_contact *ln_contact_add(struct ln_mesh *mesh, const char *address,
				  const uint8_t *incarnation);

/* Notes what a finder says, as the class of the fabric has it; without the
 * lock. */
void ln_contacts_found(struct ln_mesh *mesh, unsigned finder,
		       const char *const *addresses, size_t count);

/* A node says that it is there, as ln_mesh_heard; without the lock. */
void ln_contacts_heard(struct ln_mesh *mesh, const char *address,
		       const uint8_t *incarnation);

/* The node of a connection is up; it must be dialled again when it is lost. */
void ln_contact_up(struct ln_mesh *mesh, struct ln_connection *connection);

/* It was lost, or has sent LEAVE. */
void ln_contact_lost(struct ln_mesh *mesh, struct ln_connection *connection,
		     bool left);

/* The connection with that incarnation that is claimed or up, or NULL. */
struct ln_connection *ln_mesh_find(struct ln_mesh *mesh,
				   const uint8_t incarnation[LN_ID_SIZE]);

void ln_contacts_free(struct ln_mesh *mesh);

/* greeting.c */

/* Runs the greeting with the node at the other end. 0: the connection is up,
 * and the writer may run. Otherwise an error; connection->reason tells why. */
int ln_connection_greet(struct ln_connection *connection);

/* connection.c */

/* What comes in: a socket, or what is in its place. */
struct ln_mesh_arrival {
	struct ln_socket *socket; /* NULL: */
	struct ln_wire *wire;
	struct ln_address remote; /* with a socket */
	char from[LN_NODE_ADDRESS_SIZE];
};

/* Makes and starts a connection for an arrival, whose socket it owns, or for a
 * contact to dial (the other is NULL). LN_ENOMEM, LN_ESTOPPED. */
int ln_connection_start(struct ln_mesh *mesh,
			const struct ln_mesh_arrival *arrival,
			struct ln_contact *contact);

/* Reads the next frame into *frame, valid until the next call. Without a
 * deadline (0) for as long as the node is not silent. LN_EFORMAT: it
 * is longer than `max`; otherwise as ln_tls_read, and LN_EIO at the end of the
 * stream. Notes why. */
int ln_connection_read(struct ln_connection *connection, size_t max,
		       int64_t deadline, struct ln_decoder *frame);

/* Sends one frame, which it frees; by the reader, before the writer runs. */
int ln_connection_write(struct ln_connection *connection,
			struct ln_frame *frame, int64_t deadline);

/* Notes why it ends, if that is the first reason. Any thread. */
void ln_connection_blame(struct ln_connection *connection, const char *reason);

/* Ends it soon. Any thread; also under locks of the node and the mesh. */
void ln_connection_close(struct ln_connection *connection, const char *reason);

#endif
