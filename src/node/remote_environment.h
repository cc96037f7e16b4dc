/*
 * Environments of other nodes, as they are known here: made by requests, and
 * dropped there when nobody has a reference here any more. What can be done
 * with them is in process/remote_environment.h.
 */
#ifndef LN_NODE_REMOTE_ENVIRONMENT_H
#define LN_NODE_REMOTE_ENVIRONMENT_H

#include <stddef.h>

struct ln_config;
struct ln_environment;
struct ln_node;

/* Makes an environment on the node of that name, as ln_environment_new does
 * there, below the one that its program runs in. Waits for it: a task parks,
 * and a thread that runs none blocks. LN_ENOENT: no such node is connected;
 * LN_EIO: it was lost meanwhile; LN_EUNSUP: the configuration cannot cross;
 * LN_EKILLED; and what the node says. On failure *error is a text of one line,
 * owned by the caller, or NULL. */
int ln_remote_environment_new(struct ln_node *node, const char *name,
			      size_t len, const struct ln_config *config,
			      struct ln_environment **environment,
			      char **error);

#endif
