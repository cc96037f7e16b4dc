/* What the files about a connection share. Only its task touches it, but for
 * its place in the list of the server. */
#ifndef LN_SERVE_CONNECTION_IMPL_H
#define LN_SERVE_CONNECTION_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "net/address.h"
#include "serve/request.h"
#include "serve/response.h"
#include "serve/transport.h"

struct ln_exchange;
struct ln_process;
struct ln_server;
struct ln_socket;

struct ln_client {
	struct ln_server *server; /* counted */
	struct ln_list link;      /* of server->open, under its lock */
	struct ln_process *self;
	char peer[LN_ADDRESS_TEXT];

	struct ln_transport wire;
	struct ln_socket *accepted; /* until that has it; owned */

	/* The request that is being served. */
	struct ln_http_request request;
	struct ln_response response;
	struct ln_exchange *exchange; /* NULL: none */
	/* The one before, whose process may still run; counted; NULL: none. */
	struct ln_exchange *last;
	bool received; /* it is complete */
	bool begun;    /* the head of the response is out */
	bool refused;  /* the response is the server's own */
	bool tunnels;  /* it was answered with 101: serve/tunnel.h */
	bool told;     /* its process was woken to see that the server drains */
	unsigned status;
	int64_t started;
	int64_t moved; /* when anything was read or written last */
	int64_t left;  /* when the client was seen to send no more; 0: not */
};

/* ---- converse.c ---- */

/* Has a process answer the request whose head has been read, and moves both
 * bodies. False: the connection is to be closed. */
bool ln_converse(struct ln_client *connection);

/* Answers with a line of text, and waits until it is sent. */
void ln_converse_refuse(struct ln_client *connection, unsigned status,
			const char *reason);

#endif
