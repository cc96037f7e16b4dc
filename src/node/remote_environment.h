/*
 * Environments of other nodes: made by requests, and dropped on the other node
 * when nobody here has a reference any more. process/remote_environment.h has
 * their operations.
 */
#ifndef LN_NODE_REMOTE_ENVIRONMENT_H
#define LN_NODE_REMOTE_ENVIRONMENT_H

#include <stddef.h>

struct ln_config;
struct ln_environment;
struct ln_local_node;

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

#endif
