/* What the files of the server share. */
#ifndef LN_SERVE_SERVER_IMPL_H
#define LN_SERVE_SERVER_IMPL_H

#include <stdatomic.h>

#include "base/futex.h"
#include "base/list.h"
#include "serve/reuse.h"
#include "serve/server.h"

struct ln_access_log;
struct ln_environment;
struct ln_runtime;
struct ln_socket;

struct ln_server {
	_Atomic uint32_t references; /* its process's, and each connection's */
	struct ln_serve_options options;
	struct ln_module *module;           /* counted */
	const char *handler;                /* its export that answers */
	struct ln_runtime *runtime;         /* of that */
	struct ln_environment *environment; /* counted; of the server */
	int fd;                     /* of the listener, until its process
				     * has made it a socket; else -1 */
	struct ln_socket *listener; /* of the process */
	struct ln_access_log *log;  /* NULL: none */

	/* Relaxed: numbers that nothing else depends on. */
	_Atomic uint32_t connections;
	_Atomic uint32_t requests; /* whose process is not over */
	_Atomic bool draining;     /* connections end after their request */

	/* Those that are open, so that the idle ones hear of a drain. */
	struct ln_lock lock;
	struct ln_list open; /* under it, as what follows */
	/* Exchanges whose process goes on behind the response; counted. */
	struct ln_list behind;
	bool stopped; /* no more are taken */

	struct ln_idle idle; /* processes that wait for a request */
};

struct ln_server *ln_server_retain(struct ln_server *server);
void ln_server_release(struct ln_server *server);

/* Starts a process that serves a connection, whose socket it owns from now on,
 * in any case. */
void ln_serve_connection(struct ln_server *server, struct ln_socket *socket,
			 const struct ln_address *peer);

/* Wakes all connections. On a fiber. */
void ln_serve_wake(struct ln_server *server);

#endif
