/* Which NATS servers are used, and how a node logs in there. */
#ifndef LN_NATS_SERVERS_H
#define LN_NATS_SERVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "nats/broker.h"

struct ln_nats_server {
	char *url;     /* for the library */
	char *host;    /* without brackets */
	char *address; /* host:port, for people */
	bool tls;
};

struct ln_nats_servers {
	size_t count;
	struct ln_nats_server list[LN_NATS_SERVERS_MAX];
};

/* Reads a list that is valid. LN_ENOMEM; deinit follows in any case. */
int ln_nats_servers_init(struct ln_nats_servers *servers, const char *text);
void ln_nats_servers_deinit(struct ln_nats_servers *servers);

/* One of the three, or nothing. */
struct ln_nats_login {
	char *file; /* with a JWT and the seed of a key, as nsc makes it */
	char *user;
	char *password;
	char *token;
};

/* Reads a file of credentials: such a file, or one line, USER:PASSWORD or a
 * token. Others may not read it. LN_EINVAL: `reason` says why; LN_ENOMEM.
 * Blocks; deinit follows in any case. */
int ln_nats_login_read(struct ln_nats_login *login, const char *path,
		       char *reason, size_t size);
void ln_nats_login_deinit(struct ln_nats_login *login);

#endif
