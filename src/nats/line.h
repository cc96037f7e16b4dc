/*
 * A connection with a NATS server, as far as packets go: publishing one, and
 * handing on a message that has come in.
 */
#ifndef LN_NATS_LINE_H
#define LN_NATS_LINE_H

#include "nats/library.h"

#if LUNATIC_NATS

struct ln_nats_hub;
struct ln_nats_out;

struct ln_nats_line {
	const struct ln_nats_library *library;
	struct ln_nats_hub *hub;
	natsConnection *connection; /* NULL: none */
};

/* Publishes a packet, which stays the caller's. */
natsStatus ln_nats_line_publish(const struct ln_nats_line *line,
				const struct ln_nats_out *out);

/* Hands a message to the hub; it stays the caller's. Any thread. */
void ln_nats_line_receive(const struct ln_nats_line *line, natsMsg *message);

#endif
#endif
