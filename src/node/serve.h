/*
 * What other nodes ask for: environments, modules, processes and names here.
 * Each request is worked on by a native process of its own, in an environment
 * of the node's own; what is made belongs to the session, until the other node
 * drops it or is lost. Processes that were spawned live on.
 */
#ifndef LN_NODE_SERVE_H
#define LN_NODE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

struct ln_bytes;
struct ln_node;
struct ln_served;
struct ln_session;
struct ln_unpack;

/* Environments and modules that one session may have here. */
#define LN_HELD_MOST 65536u

/* Charges the session for `bytes` of a body of the peer, and gives them back.
 * False: it is too much, for this session, for all, or for the environment that
 * others use. Until the session is down. */
bool ln_served_charge(struct ln_served *served, uint64_t bytes);
void ln_served_refund(struct ln_served *served, uint64_t bytes);

/* With one reference, the session's. LN_ENOMEM. */
int ln_served_new(struct ln_node *node, struct ln_served **served);

/* The session is over: kills what works for it, gives back what it has, and
 * drops the session's reference. */
void ln_served_end(struct ln_served *served);

/* See struct ln_kind, for REQUEST and DROP. */
int ln_serve_receive(struct ln_session *session, struct ln_unpack *frame);
int ln_serve_begin(struct ln_session *session, struct ln_unpack *head,
		   uint64_t len, bool *keep);
int ln_serve_complete(struct ln_session *session, struct ln_unpack *head,
		      struct ln_bytes *body);
int ln_serve_lost(struct ln_session *session, struct ln_unpack *head);
int ln_serve_drop(struct ln_session *session, struct ln_unpack *frame);

#endif
