/*
 * Requests of a node to another one, which it waits for. A request has a
 * number, and its answer has the same number. The asking side is
 * node/request.c, with the calls that use it in node/remote_environment.c; the
 * serving side is node/serve.c.
 */
#ifndef LN_NODE_REQUEST_H
#define LN_NODE_REQUEST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/bytes.h"
#include "node/codec.h"
#include "node/pending.h"
#include "node/store.h"

struct ln_peer;
struct ln_process;

/* The operations; the comments give the contents of request and answer. */
enum ln_operation {
	/* a configuration (node/config.h); u64 id of the environment */
	LN_ASK_ENVIRONMENT = 1,
	/* u64 environment, digest of the module; u8 whether its bytes are
	 * known, and if so u64 id of the module */
	LN_ASK_MODULE,
	/* u64 environment, the rest: bytes of the module; u64 id of it */
	LN_ASK_BYTES,
	/* u64 module, name of the function, parameters, reference to the parent
	 * (or none), u64 tag of the link; reference to the process */
	LN_ASK_SPAWN,
	/* u64 environment, name, version, reference to the process; nothing */
	LN_ASK_REGISTER,
	/* u64 environment, name, version; nothing */
	LN_ASK_UNREGISTER,
	/* u64 environment, name, requirement; reference to the process */
	LN_ASK_LOOKUP,

	/* From version 3 on; the answer to LN_ASK_SPAWN ends with the u64
	 * number of the process from then on. */

	/* nothing, for the environment of the node's own program; or u32 what
	 * is denied and a configuration, for one of its family; u64 id */
	LN_ASK_PROGRAM,
	/* u64 environment, u64 number of a module; as LN_ASK_MODULE */
	LN_ASK_NUMBERED_MODULE,
	/* u64 number; reference to the process */
	LN_ASK_PROCESS,
	/* 16 bytes: id of a process of the node; u64 number */
	LN_ASK_NUMBER,
	/* nothing; the attributes of the node: a text */
	LN_ASK_ATTRIBUTES,

	/* From version 4 on (node/steward.h). */

	/* u64 channel, or 0 for a new one, a line; u64 channel, or 0 when it is
	 * over, the rest: bytes of answers */
	LN_ASK_CONTROL,

	/* From version 5 on: nothing; u64 load (node/placement.h) */
	LN_ASK_LOAD,
	LN_OPERATIONS, /* and above: none */
};

/* What is dropped. */
enum ln_held { LN_HELD_ENVIRONMENT = 1, LN_HELD_MODULE };

/* A request, and its answer once it has come. */
struct ln_ask {
	struct ln_request request;
	struct ln_peer *peer; /* counted */
	uint64_t session;     /* its number */
	enum ln_operation operation;

	/* The answer: 0, or an error with a text, which is owned and may be
	 * NULL. */
	int error;
	char *text;                 /* also that of ASK_ATTRIBUTES */
	bool known;                 /* ASK_MODULE, ASK_NUMBERED_MODULE */
	uint64_t id;                /* of an environment or module */
	uint64_t number;            /* of a process; 0: not told; the load */
	struct ln_process *process; /* with a reference, or NULL */
	struct ln_bytes bytes;      /* ASK_CONTROL; owned */
};

/* Asks a peer and waits for the answer. `session` is the number of the session
 * in which it must be asked, 0: in any. The body is that of all `parts`; it may
 * be longer than a frame for LN_ASK_ENVIRONMENT, LN_ASK_BYTES and
 * LN_ASK_PROGRAM. A task parks,
 * and a thread that runs none blocks. 0 or the error of the other node, and
 * *ask is the caller's, to be freed with ln_ask_free. LN_EIO: the node is not
 * connected, or was lost; LN_EKILLED, LN_ENOMEM: *ask is NULL. */
int ln_ask(struct ln_peer *peer, uint64_t session, enum ln_operation operation,
	   const struct iovec *parts, int count, struct ln_ask **ask);

/* Sends the bytes of a module to a node that does not know them: asks for the
 * digest first, and again when its turn to send has come. As ln_ask. */
int ln_ask_module(struct ln_peer *peer, uint64_t session, uint64_t environment,
		  const uint8_t digest[LN_DIGEST_SIZE], const uint8_t *bytes,
		  size_t len, struct ln_ask **ask);

/* NULL is fine. The caller keeps the resources of the answer, but not its text.
 */
void ln_ask_free(struct ln_ask *ask);

/* Tells the peer that a resource is no longer needed. Never waits; any thread.
 */
void ln_ask_drop(struct ln_peer *peer, uint64_t session, enum ln_held what,
		 uint64_t id);

#endif
