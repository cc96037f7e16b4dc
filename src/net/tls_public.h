/*
 * Contexts of TLS as it is used on the internet: the server has a certificate,
 * the client checks it for the server's name. Certificates and keys are PEM in
 * memory, which may come from anybody: how much work they make is bounded.
 *
 * Making a context needs a large stack, and takes milliseconds: in a pool, not
 * on a worker. Contexts are freed by ln_tls_context_free. Any thread.
 */
#ifndef LN_NET_TLS_PUBLIC_H
#define LN_NET_TLS_PUBLIC_H

#include <stddef.h>

#include "net/tls.h"

/* Bytes of PEM that a certificate with its chain, a key, and all authorities of
 * a client may have. */
#define LN_TLS_PEM_CHAIN ((size_t)64 << 10)
#define LN_TLS_PEM_KEY ((size_t)16 << 10)
#define LN_TLS_PEM_AUTHORITIES ((size_t)256 << 10)

struct ln_tls_pem {
	const void *data;
	size_t len; /* bytes */
};

/* A context for servers. The certificate comes first, then those that lead to
 * its authority, if any; the key is RSA (2048 to 4096 bits), on the curves
 * P-256, P-384 or P-521, or Ed25519, and has no password. LN_EINVAL with a
 * text; LN_ENOMEM. */
int ln_tls_context_new_server(const struct ln_tls_pem *certificate,
			      const struct ln_tls_pem *key,
			      struct ln_tls_context **context,
			      char reason[LN_TLS_REASON_SIZE]);

/* A context for clients that trust these certificates only, each of which may
 * be several; or, if there are none, the system's. LN_EINVAL with a text;
 * LN_ENOMEM. */
int ln_tls_context_new_client(const struct ln_tls_pem *authorities,
			      size_t count, struct ln_tls_context **context,
			      char reason[LN_TLS_REASON_SIZE]);

/* About the bytes of memory that a context takes, which does not change. */
size_t ln_tls_context_weight(const struct ln_tls_context *context);

#endif
