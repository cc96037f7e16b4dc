/*
 * Processes that answer several requests, one after the other: `--reuse`. One
 * that has answered is idle until a connection gives it the next request. Those
 * that were used last are given one first, and no more than
 * `options.max_idle` are kept, the rest ends.
 */
#ifndef LN_SERVE_REUSE_H
#define LN_SERVE_REUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/futex.h"
#include "base/list.h"

struct ln_errand;
struct ln_exchange;
struct ln_process;
struct ln_reused;
struct ln_server;

/* The idle processes of a server. */
struct ln_idle {
	struct ln_lock lock;
	struct ln_list list; /* under it, as what follows; used last, last */
	uint32_t count;
	bool closed; /* nobody is idle any more */
};

void ln_idle_init(struct ln_idle *idle);

/* Ends all that are idle, and all that would become so. Any thread. */
void ln_idle_close(struct ln_server *server);

/* What a process for several requests has of it: its exchange owns it. NULL:
 * memory is short. */
struct ln_reused *ln_reused_new(struct ln_server *server);
void ln_reused_free(struct ln_reused *reused); /* NULL is fine */

/* Says which process it is. */
void ln_reused_set_process(struct ln_reused *reused,
			   struct ln_process *process);

/* Gives a request, which has no process yet, to an idle one; false: none is.
 * Any thread. */
bool ln_reuse_take(struct ln_server *server, struct ln_exchange *exchange);

/* As ln_errand.next, of an exchange: parks until the process is given another
 * one. */
bool ln_reuse_next(struct ln_errand **errand);

#endif
