/*
 * Serving requests of other nodes: environments, modules, processes and names
 * on this node. Each request is handled by a separate native process in the
 * node's own environment. The resources belong to the session, until the other
 * node drops them or is lost. Spawned processes live on.
 */
#ifndef LN_NODE_SERVE_H
#define LN_NODE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

struct ln_bytes;
struct ln_local_node;
struct ln_served;
struct ln_session;
struct ln_decoder;

/* Environments and modules that one session may have here. */
#define LN_HELD_MAX 65536u

/* Charges the session for `bytes` of a body of the peer, and refunds them.
 * False: too much for this session, for all sessions, or for the environment
 * that other nodes use. Until the session is down. */
bool ln_served_charge(struct ln_served *served, uint64_t bytes);
void ln_served_refund(struct ln_served *served, uint64_t bytes);

/* With one reference, the session's. LN_ENOMEM. */
int ln_served_new(struct ln_local_node *node, struct ln_served **served);

/* The session is over: kills its jobs, releases its resources, and drops the
 * session's reference. */
void ln_served_end(struct ln_served *served);

/* See struct ln_kind, for REQUEST and DROP. */
int ln_serve_receive(struct ln_session *session, struct ln_decoder *frame);
int ln_serve_begin(struct ln_session *session, struct ln_decoder *head,
		   uint64_t len, bool *keep);
int ln_serve_complete(struct ln_session *session, struct ln_decoder *head,
		      struct ln_bytes *body);
int ln_serve_lost(struct ln_session *session, struct ln_decoder *head);
int ln_serve_drop(struct ln_session *session, struct ln_decoder *frame);

#endif
