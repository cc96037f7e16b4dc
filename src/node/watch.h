/*
 * Registered processes of other nodes: the node with the registry asks the node
 * of the process to be told of its end.
 */
#ifndef LN_NODE_WATCH_H
#define LN_NODE_WATCH_H

struct ln_process;
struct ln_session;
struct ln_decoder;

/* A process of another node was registered: see struct ln_remote_class. */
void ln_watch_registered(struct ln_process *remote);

/* See struct ln_kind, for WATCH and ENDED. */
int ln_watch_receive(struct ln_session *session, struct ln_decoder *frame);
int ln_watch_ended(struct ln_session *session, struct ln_decoder *frame);

/* The session begins, and ends: then the peer is told nothing more. */
void ln_watches_begin(struct ln_session *session);
void ln_watches_end(struct ln_session *session);

#endif
