/*
 * Serves requests with a component that exports wasi:http/incoming-handler, or
 * a module that exports LN_SERVE_HANDLER: a process for each. The server is a
 * process of its own environment, and so is each connection; those that answer
 * are in the environment of the module.
 */
#ifndef LN_SERVE_SERVER_H
#define LN_SERVE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "serve/request.h"

struct ln_module;
struct ln_process;
struct ln_tls_context;

/* Times are nanoseconds; 0: no limit. */
struct ln_serve_options {
	struct ln_address address;
	struct ln_tls_context *tls; /* owned; NULL: without */
	struct ln_http_request_limits limits;
	uint64_t head_timeout;    /* from the first byte of a head on */
	uint64_t idle_timeout;    /* until the first byte of a request */
	uint64_t body_timeout;    /* in which nothing moves */
	uint64_t request_timeout; /* until the response is complete */
	uint64_t stream_timeout;  /* the same as body_timeout, for a response
				   * of events, and after 101 */
	uint32_t max_connections; /* open at a time */
	uint32_t max_requests;    /* being answered at a time */
	int access_log;           /* owned descriptor; -1: none */
	uint32_t reuse;           /* requests that a process answers; from 1 */
	uint32_t max_idle;        /* processes that wait for another one */
	uint64_t reuse_timeout;   /* how long each waits */
};

/* What a module exports, without parameters and results; it answers with
 * lunatic::http. */
#define LN_SERVE_HANDLER "lunatic_http_handler"

/* The same, which it may export: it is run once, before the server listens. */
#define LN_SERVE_START "lunatic_http_start"

/* What is found out at the start, for people. */
#define LN_SERVE_REASON 256

/* Listens, and starts the process that serves, to which the caller gets a
 * reference; it ends when it is killed. Waits for LN_SERVE_START. `address` is
 * where it listens. LN_EIO, LN_ENOENT (the module exports no handler), LN_ETRAP
 * (its start has failed), LN_ENOMEM and the like, with *reason. Not on a fiber.
 */
int ln_serve_start(struct ln_module *module,
		   const struct ln_serve_options *options,
		   struct ln_process **process, struct ln_address *address,
		   char reason[LN_SERVE_REASON]);

#endif
