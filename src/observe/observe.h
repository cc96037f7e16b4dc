/*
 * The server of --observe: a guest that answers HTTP (observe/server.c), in an
 * environment of its own with narrow limits, and what it is told about the
 * runtime. When the guest fails it is started again; the rest of the program
 * does not notice.
 */
#ifndef LN_OBSERVE_OBSERVE_H
#define LN_OBSERVE_OBSERVE_H

#include <stddef.h>
#include <stdint.h>

struct ln_node;
struct ln_observe;
struct ln_runtime;

struct ln_observe_options {
	struct ln_runtime *runtime; /* stays until ln_observe_stop */
	const uint8_t *module;      /* the guest */
	size_t module_len;
	const char *name;    /* of the program: of a file, or any */
	const char *address; /* HOST:PORT; port 0 chooses a free one */
	const char *token;   /* that requests must have */
};

/* Starts it, and returns when it listens. On failure *error is a text, owned by
 * the caller, or NULL if memory was short. LN_EIO: it cannot listen, or has
 * failed; LN_ETIMEDOUT; and the errors of making an environment and adding a
 * module. Blocks; in a thread that is no worker. */
int ln_observe_start(const struct ln_observe_options *options,
		     struct ln_observe **observe, char **error);

/* Where it listens, "HOST:PORT", until it is stopped. */
const char *ln_observe_address(const struct ln_observe *observe);

/* Says that the runtime is a node now, which stays until all processes have
 * ended. Any thread. */
void ln_observe_set_member(struct ln_observe *observe, struct ln_node *member);

/* Kills its processes, if there are any left, and frees it. NULL is fine. Not
 * on a worker. */
void ln_observe_stop(struct ln_observe *observe);

#endif
