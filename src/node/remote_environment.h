/*
 * Environments of other nodes: made by requests, and dropped on the other node
 * when nobody here has a reference any more. process/remote_environment.h has
 * their operations.
 */
#ifndef LN_NODE_REMOTE_ENVIRONMENT_H
#define LN_NODE_REMOTE_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

struct ln_bytes;
struct ln_config;
struct ln_environment;
struct ln_local_node;
struct ln_module;
struct ln_peer;
struct ln_process;
struct ln_spawn;

/* Makes an environment on the node of that name, as ln_environment_new does
 * there, below the environment of its program. Waits for it: a task parks, and
 * a thread that runs none blocks. LN_ENOENT: no such node is connected; LN_EIO:
 * it was lost meanwhile; LN_EUNSUP: the configuration cannot be sent;
 * LN_EKILLED; and errors of the node. On failure *error is one line, owned by
 * the caller, or NULL. */
int ln_remote_environment_new(struct ln_local_node *node, const char *name,
			      size_t len, const struct ln_config *config,
			      struct ln_environment **environment,
			      char **error);

/* The same for the environment of the node's program, or one of its family: the
 * body is that of LN_ASK_PROGRAM. LN_EIO: the node is not connected. By a task.
 */
int ln_remote_program_new(struct ln_peer *peer, const struct ln_bytes *body,
			  struct ln_environment **environment, char **error);

/* The number of the session in which an environment of another node was made,
 * and is valid. */
uint64_t ln_remote_session(const struct ln_environment *environment);

/* The module with that number, in an environment of another node. *module is
 * NULL: it is not known there. By a task; errors as for other requests. */
int ln_remote_module_numbered(struct ln_environment *environment,
			      uint64_t number, struct ln_module **module,
			      char **error);

/* Spawns from a module of another node, as ln_wasm_spawn does, and stores the
 * number of the process; 0: the node does not tell. */
int ln_remote_spawn(const struct ln_spawn *spawn, struct ln_process **process,
		    uint64_t *number, char **error);

#endif
