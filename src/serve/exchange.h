/*
 * A request and its response, between a connection and the process that
 * answers. Counted references: the connection's, the process's, and one for
 * each thing that the process holds of it. The request does not change once the
 * process has begun.
 */
#ifndef LN_SERVE_EXCHANGE_H
#define LN_SERVE_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/futex.h"
#include "base/list.h"
#include "net/address.h"
#include "process/errand.h"

struct ln_fields;
struct ln_pipe;
struct ln_process;
struct ln_reused;
struct ln_server;

enum ln_answer {
	LN_ANSWER_NONE,   /* not yet */
	LN_ANSWER_GIVEN,  /* status and fields are there */
	LN_ANSWER_FAILED, /* the process says that it cannot answer */
	LN_ANSWER_OVER,   /* the process has ended without one */
};

struct ln_exchange {
	struct ln_errand errand;
	_Atomic uint32_t references;

	/* The request: texts are owned. */
	char *method;
	char *path;      /* with its query; NULL: none */
	char *authority; /* NULL: none */
	char peer[LN_ADDRESS_TEXT];
	bool tls;
	bool upgrades; /* it asks for another protocol: serve/tunnel.h */
	struct ln_fields *fields;
	struct ln_pipe *request; /* its body */
	bool begun;              /* there is, or was, a process for it */

	struct ln_process *connection; /* counted; is woken */

	/* For the server that it is of: how many are being answered, this one
	 * among them from its beginning until its process is over, or has gone
	 * on to another one; and its
	 * place among those whose process goes on behind the response. */
	struct ln_server *server; /* counted */
	struct ln_list link;      /* under the server's lock */
	int64_t deadline;         /* when the process is to be over */
	struct ln_reused *reused; /* owned, of a process that may answer others
				   * after it, serve/reuse.h; NULL: none */

	/* Under lock. */
	struct ln_lock lock;
	struct ln_process *process; /* counted; NULL: not yet */
	enum ln_answer answer;
	bool over;   /* its process has ended, or has gone on to another one */
	bool left;   /* its connection has gone on */
	bool doomed; /* its process was killed for it */
	unsigned status;
	struct ln_fields *answer_fields; /* counted */
	struct ln_pipe *response;        /* counted; NULL: no body */
	struct ln_pipe *inbound; /* what comes after 101; counted, or NULL */
	bool streams; /* the response goes on until somebody ends it */
};

/* With one reference; counts for the server until its process is over, or, if
 * none is begun, until it is freed. The rest is the caller's to fill in. NULL:
 * memory is short. */
struct ln_exchange *ln_exchange_new(struct ln_server *server,
				    struct ln_process *connection);
struct ln_exchange *ln_exchange_retain(struct ln_exchange *exchange);
void ln_exchange_release(struct ln_exchange *exchange);

/* That of an errand, which is one of these. */
static inline struct ln_exchange *ln_exchange_of(struct ln_errand *errand)
{
	return ln_container_of(errand, struct ln_exchange, errand);
}

/* Answers; false: that has been done. Owns fields and pipe from now on, in any
 * case. The pipe is NULL for a response without a body. */
bool ln_exchange_answer(struct ln_exchange *exchange, unsigned status,
			struct ln_fields *fields, struct ln_pipe *response);

/* The process has returned, and is to answer another one: over for this one,
 * which it does not hold any more. False: nothing has changed, since it has not
 * answered, or not all of it, or was killed. By the process. */
bool ln_exchange_settle(struct ln_exchange *exchange);

/* The connection needs it no more, but for its end: what the answer takes is
 * freed. */
void ln_exchange_leave(struct ln_exchange *exchange);

/* Bytes of memory that it takes, for who holds it. */
size_t ln_exchange_weight(const struct ln_exchange *exchange);

/* Says that there will be no answer; false: there is one. */
bool ln_exchange_fail(struct ln_exchange *exchange);

/* Kills the process, if there is one and it is not over. */
void ln_exchange_kill(struct ln_exchange *exchange);

/* Whether its process has ended, or has gone on. */
bool ln_exchange_is_over(struct ln_exchange *exchange);

/* How it stands. */
enum ln_answer ln_exchange_look(struct ln_exchange *exchange);

#endif
