/*
 * A fabric over NATS: each two nodes have a stream through a NATS server, in
 * which they speak as nodes of the mesh do over TCP, TLS included. So the
 * server can neither read what they say nor change it; what it loses or repeats
 * ends the stream. Nodes find each other through the server.
 */
#ifndef LN_NATS_NATS_FABRIC_H
#define LN_NATS_NATS_FABRIC_H

#include "node/fabric.h"

extern const struct ln_fabric_class ln_nats_class;

#endif
