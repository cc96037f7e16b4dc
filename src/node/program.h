/*
 * What programs of lunatic 0.13 do with another node: they spawn from a module,
 * known by a number, in the environment of the other node's program or in one
 * of its family, and they find its processes and its attributes. Environments
 * and modules that were made there for this are kept for the next spawn, a
 * bounded number in each session.
 *
 * All but ln_programs_end are called by tasks, which park. On failure *error is
 * a text of one line for a person, owned by the caller, or NULL: LN_EIO (the
 * node is not connected, or was lost), LN_EUNSUP (it is too old), LN_EKILLED,
 * LN_ENOMEM, and errors of the node.
 */
#ifndef LN_NODE_PROGRAM_H
#define LN_NODE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/wasm.h"

struct ln_config;
struct ln_environment;
struct ln_local_node;
struct ln_module;
struct ln_peer;
struct ln_process;
struct ln_session;

/* Stores the number of a module: the first 8 bytes of the SHA-256 of its bytes,
 * little-endian, 1 for 0. With a node, its bytes are kept from then on, so that
 * others may ask for it by its number. LN_ENOMEM, LN_EKILLED. */
int ln_module_number(struct ln_local_node *node, struct ln_module *module,
		     uint64_t *number);

struct ln_program_spawn {
	/* The environment of whoever spawns: what is spawned may do no more. */
	const struct ln_environment *environment;
	/* What it may do; NULL: as the environment, or as the node's program if
	 * the environment is that of this node's program. */
	const struct ln_config *config;
	uint64_t number;       /* of the module */
	struct ln_module *own; /* one that may be it; its number is known */
	/* Caller, function and parameters; no parent. */
	struct ln_spawn spawn;
	bool no_module; /* set when it failed because neither node knows the
			 * module */
};

/* Spawns a process on another node, and stores its number there. LN_ENOENT: the
 * module or the function; LN_EPERM: the configuration has a directory that the
 * environment does not have. */
int ln_program_spawn(struct ln_peer *peer, struct ln_program_spawn *spawn,
		     uint64_t *number, char **error);

/* The process of a node with that number, with a reference for the caller.
 * LN_ENOENT: there is none that may be reached by it. */
int ln_program_find(struct ln_peer *peer, uint64_t number,
		    struct ln_process **process, char **error);

/* The number of a process of another node, there. LN_ENOENT: it has ended or
 * may not be reached by it. */
int ln_program_number(struct ln_process *remote, uint64_t *number,
		      char **error);

/* The attributes of a node: lines of KEY=VALUE, owned by the caller. Of one
 * that is too old, its name. */
int ln_program_attributes(struct ln_peer *peer, char **attributes,
			  char **error);

/* The session is over: what was kept for it is released. */
void ln_programs_end(struct ln_session *session);

#endif
