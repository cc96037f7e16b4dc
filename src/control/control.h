/*
 * The control server of a runtime: a thread that listens at a socket of the
 * user's and tells about the runtime's processes, and steers them. It is no
 * worker, so it answers while guests keep all workers busy. docs/control.md.
 */
#ifndef LN_CONTROL_CONTROL_H
#define LN_CONTROL_CONTROL_H

struct ln_control;
struct ln_node;
struct ln_runtime;

struct ln_control_options {
	struct ln_runtime *runtime; /* stays until ln_control_stop */
	const char *folder;         /* NULL: see control/place.h */
	const char *name;           /* of the program: of a file, or any */
};

/* Starts the server. On failure *error is one line that tells what to do, owned
 * by the caller, or NULL if memory was short. LN_ENOENT, LN_EPERM, LN_EIO,
 * LN_ELIMIT, LN_ENOMEM. Blocks for files; in a thread that is no worker. */
int ln_control_start(const struct ln_control_options *options,
		     struct ln_control **control, char **error);

/* The path of its socket, until it is stopped. */
const char *ln_control_path(const struct ln_control *control);

/* Says that the runtime is a node now, or, with NULL, none any more: when this
 * returns, nobody uses the earlier one. In a thread that is no worker; NULL for
 * the control server is fine. */
void ln_control_set_member(struct ln_control *control, struct ln_node *member);

/* Ends all connections and requests, and removes the socket. NULL is fine. Not
 * on a worker. */
void ln_control_stop(struct ln_control *control);

#endif
