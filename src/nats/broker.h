/*
 * The connection with a NATS server: publishes what a hub has to send, and
 * hands it what comes in. A thread of its own does so; the client library
 * (libnats) is loaded when it is first used.
 *
 * The connection is never resumed: when it is lost, all streams end, and
 * another one is made, with the next server of the list.
 */
#ifndef LN_NATS_BROKER_H
#define LN_NATS_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_nats_broker;
struct ln_nats_hub;
struct ln_runtime;

/* Bytes of a text that says what is wrong, with the zero at its end. */
#define LN_NATS_REASON_SIZE 512

/* Servers that one list may name. */
#define LN_NATS_SERVERS_MAX 16

struct ln_nats_broker_options {
	const char *servers;     /* as ln_nats_servers_valid has it */
	const char *credentials; /* a file; NULL: none */
	const char *authority; /* a file with certificates in PEM, which one of
				* must have signed the server's; NULL: those of
				* the system */
	const char *certificate; /* files in PEM; both or none */
	const char *key;
};

/* Whether it is nats://HOST[:PORT][,...], or nats+tls://...; the port is 4222
 * unless it is said. At most LN_NATS_SERVERS_MAX. */
bool ln_nats_servers_valid(const char *servers);

/* Starts the thread, which calls the hub until the broker is stopped, as do
 * tasks of the runtime. On
 * failure `reason` says why: LN_EUNSUP, no library; LN_EINVAL, a file;
 * LN_ENOMEM. Blocks for files. */
int ln_nats_broker_start(struct ln_nats_hub *hub, struct ln_runtime *runtime,
			 const struct ln_nats_broker_options *options,
			 struct ln_nats_broker **broker,
			 char reason[LN_NATS_REASON_SIZE]);

/* How far it is: since when it is connected and has asked who is there (0: it
 * is not), and what went wrong last ("": nothing). Any thread. */
int64_t ln_nats_broker_since(struct ln_nats_broker *broker,
			     char reason[LN_NATS_REASON_SIZE]);

/* Publishes what there is, for LN_FABRIC_FAREWELL at most, and ends the
 * connection. NULL is fine. */
void ln_nats_broker_stop(struct ln_nats_broker *broker);

#endif
