/*
 * The TCP sockets that an environment listens at for its guests: descriptors
 * that all its processes share. Immutable.
 */
#ifndef LN_PROCESS_LISTENERS_H
#define LN_PROCESS_LISTENERS_H

#include <stddef.h>

struct ln_config;
struct ln_quota;

struct ln_listeners {
	struct ln_quota *quota; /* a unit for each; NULL: of none */
	size_t count;
	int fds[]; /* non-blocking */
};

/* Opens what `config` says; each has a unit of `quota` (NULL: no bound).
 * LN_EFORMAT: something is no address with a port; LN_EPERM, LN_EEXIST (in
 * use), LN_ENOENT (not of this machine), LN_ELIMIT, LN_EIO; LN_ENOMEM. *out is
 * NULL when there are none. Any thread. */
int ln_listeners_open(const struct ln_config *config, struct ln_quota *quota,
		      struct ln_listeners **out);

/* The descriptor of one listener, which the caller owns with a unit of `quota`
 * (NULL: no bound), or a negative errno; -EINVAL: it is no address with a port;
 * -EMFILE: no unit is left, or no descriptor. Any thread. */
int ln_listener_open(const char *address, struct ln_quota *quota);

/* Closes them; NULL is fine. */
void ln_listeners_close(struct ln_listeners *listeners);

#endif
