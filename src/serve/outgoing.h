/*
 * Requests that guests send: to whom they may, and one on its way. A process of
 * the guest's environment sends it, and reads the response; the guest is woken
 * when there is news. Counted references.
 */
#ifndef LN_SERVE_OUTGOING_H
#define LN_SERVE_OUTGOING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"

struct ln_fields;
struct ln_pipe;
struct ln_process;
struct ln_tls_context;

/* ---- To whom ---- */

struct ln_outgoing_rule {
	char host[256]; /* in small letters */
	uint16_t port;  /* 0: 80 and 443 */
};

/* Of a runtime. Immutable once processes run. */
struct ln_outgoing {
	struct ln_outgoing_rule *rules;
	size_t count;
	struct ln_tls_context *tls; /* for clients; NULL: none could be made */
};

/* Reads HOST[:PORT]; false: it is none. */
bool ln_outgoing_rule_parse(const char *text, struct ln_outgoing_rule *rule);

/* Whether guests may send requests there; NULL: none may be sent. */
bool ln_outgoing_allows(const struct ln_outgoing *outgoing, const char *host,
			uint16_t port);

/* Splits an authority, HOST[:PORT] or [ADDRESS][:PORT], into the host in small
 * letters and the port, `port` when it names none. */
bool ln_outgoing_split(const char *authority, uint16_t port, char host[256],
		       uint16_t *out);

/* ---- One on its way ---- */

enum ln_fetch_state { LN_FETCH_PENDING, LN_FETCH_ANSWERED, LN_FETCH_FAILED };

/* What goes wrong, as cases of wasi:http's error-code. */
enum ln_fetch_error {
	LN_FETCH_FINE = 0,
	LN_FETCH_DNS_ERROR = 1,
	LN_FETCH_REFUSED = 6,
	LN_FETCH_TERMINATED = 7,
	LN_FETCH_CONNECT_TIMEOUT = 8,
	LN_FETCH_READ_TIMEOUT = 9,
	LN_FETCH_WRITE_TIMEOUT = 10,
	LN_FETCH_TLS_PROTOCOL = 12,
	LN_FETCH_TLS_CERTIFICATE = 13,
	LN_FETCH_INCOMPLETE = 25,
	LN_FETCH_RESPONSE_TIMEOUT = 33,
	LN_FETCH_PROTOCOL = 35,
	LN_FETCH_INTERNAL = 38,
};

struct ln_fetch {
	_Atomic uint32_t references;

	/* The request; texts are owned. */
	char *method;
	char *authority; /* as the field Host has it */
	char *path;
	char host[256];
	uint16_t port;
	bool tls;
	struct ln_fields *fields; /* counted */
	struct ln_pipe *request;  /* counted; NULL: no body */
	/* ns; how long each step may take. */
	uint64_t connect_timeout;
	uint64_t first_timeout;
	uint64_t between_timeout;

	struct ln_process *guest;   /* counted; is woken */
	struct ln_process *process; /* counted; that sends it */
	struct ln_pipe *response;   /* its body */

	/* Under lock, immutable once it is not pending any more. */
	struct ln_lock lock;
	enum ln_fetch_state state;
	unsigned status;
	struct ln_fields *answer; /* counted */
	enum ln_fetch_error error;
};

/* With one reference; the request is the caller's to fill in. NULL: memory is
 * short. */
struct ln_fetch *ln_fetch_new(struct ln_process *guest);
struct ln_fetch *ln_fetch_retain(struct ln_fetch *fetch);
void ln_fetch_release(struct ln_fetch *fetch);

/* Sends it. LN_ELIMIT, LN_ENOMEM and the like: no process could be had. */
int ln_fetch_start(struct ln_fetch *fetch);

/* Nobody waits for it any more. */
void ln_fetch_cancel(struct ln_fetch *fetch);

enum ln_fetch_state ln_fetch_look(struct ln_fetch *fetch);

#endif
