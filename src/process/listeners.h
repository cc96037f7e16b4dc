/*
 * The TCP sockets that an environment listens at for its guests: descriptors
 * that all its processes share. Immutable.
 */
#ifndef LN_PROCESS_LISTENERS_H
#define LN_PROCESS_LISTENERS_H

#include <stddef.h>

#include "net/serving.h"

struct ln_config;
struct ln_quota;

/* One listener. */
struct ln_listener {
	int fd; /* non-blocking */
	struct ln_serving_listener served;
};

struct ln_listeners {
	struct ln_quota *quota; /* a unit for each; NULL: of none */
	size_t count;
	struct ln_listener list[];
};

/* Opens what `config` says; each has a unit of `quota` (NULL: no bound), and is
 * shut down with `serving` (NULL: it is not).
 * LN_EFORMAT: something is no address with a port; LN_EPERM, LN_EEXIST (in
 * use), LN_ENOENT (not of this machine), LN_ELIMIT, LN_EIO; LN_ENOMEM. *out is
 * NULL when there are none. Any thread. */
int ln_listeners_open(const struct ln_config *config, struct ln_quota *quota,
		      struct ln_serving *serving, struct ln_listeners **out);

/* The descriptor of one listener, which the caller owns with a unit of `quota`
 * (NULL: no bound), or a negative errno; -EINVAL: it is no address with a port;
 * -EMFILE: no unit is left, or no descriptor. Any thread. */
int ln_listener_open(const char *address, struct ln_quota *quota);

/* Closes them; NULL is fine. */
void ln_listeners_close(struct ln_listeners *listeners);

#endif
