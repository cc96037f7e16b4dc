/*
 * Connections that speak another protocol after 101 (Switching Protocols): two
 * pipes between the client and the process that has asked for it. Both sides,
 * and what responses that go on for long have in common with them.
 */
#ifndef LN_SERVE_TUNNEL_H
#define LN_SERVE_TUNNEL_H

#include <stdbool.h>

struct ln_client;
struct ln_exchange;
struct ln_fields;
struct ln_pipe;

/* ---- For the process ---- */

/* Answers with 101 and these fields, which say what is spoken, and has the
 * connection move bytes between the client and two pipes from then on. False:
 * there is an answer. Owns all of them in any case. */
bool ln_exchange_upgrade(struct ln_exchange *exchange, struct ln_fields *fields,
			 struct ln_pipe *inbound, struct ln_pipe *outbound);

/* Says that the response is one of events, which goes on until somebody ends
 * it. Before the answer. */
void ln_exchange_stream(struct ln_exchange *exchange);

/* Whether the server refuses connections, and is about to end. */
bool ln_exchange_is_draining(struct ln_exchange *exchange);

/* Where bytes of the client come from now: the body, or the connection. */
struct ln_pipe *ln_exchange_inbound(struct ln_exchange *exchange);

/* The pipe of the answer; NULL: there is none, or it has no body. */
struct ln_pipe *ln_exchange_outbound(struct ln_exchange *exchange);

/* ---- For the connection ---- */

/* Wakes the process, once, when the server drains. */
void ln_tunnel_tell_drain(struct ln_client *connection);

/* Moves bytes until one side has ended. The process then has some seconds to
 * end. */
void ln_tunnel(struct ln_client *connection);

#endif
