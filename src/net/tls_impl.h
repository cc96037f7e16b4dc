/* Shared by the parts of TLS: contexts (tls_context.c those of a cluster,
 * tls_public.c the others) and connections (tls.c). */
#ifndef LN_NET_TLS_IMPL_H
#define LN_NET_TLS_IMPL_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/tls.h"

/* What authenticates the other side. */
enum ln_tls_trust {
	LN_TLS_KEY,       /* a key of the cluster */
	LN_TLS_AUTHORITY, /* a certificate of its authority */
	LN_TLS_PUBLIC,    /* the server has a certificate for its name */
};

struct ln_tls_context {
	SSL_CTX *ssl;
	BIO_METHOD *method; /* between SSL and the buffers of a connection */
	enum ln_tls_trust trust;
	uint8_t key[LN_TLS_KEY_SIZE];
	size_t weight; /* about the bytes that it takes; 0: not known */
	_Atomic uint32_t references; /* its owner's and its connections' */
};

/* A context that allows no less than `oldest` (TLS1_2_VERSION, ...), and has
 * what all have in common. LN_ENOMEM. */
int ln_tls_context_new(enum ln_tls_trust trust, int oldest,
		       struct ln_tls_context **context);
void ln_tls_context_release(struct ln_tls_context *context);

/* What OpenSSL would ask for the password of a key at the terminal: nobody. */
int ln_tls_no_password(char *buffer, int size, int writing, void *argument);

/* Makes the method; NULL when memory is short. */
BIO_METHOD *ln_tls_method_new(void);

/* Whether the thread's error queue of OpenSSL tells that memory was short,
 * which it does not always do. The queue is empty afterwards. */
bool ln_tls_short_of_memory(void);

/* Writes the error in the thread's error queue of OpenSSL, which is empty
 * afterwards. Returns LN_EPERM, LN_EFORMAT or LN_ENOMEM. Needs a large stack.
 */
int ln_tls_explain(const SSL *ssl, const struct ln_tls_context *context,
		   char reason[LN_TLS_REASON_SIZE]);

#endif
