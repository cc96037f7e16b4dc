/* Shared by the two parts of TLS: contexts (tls_context.c) and connections
 * (tls.c). */
#ifndef LN_NET_TLS_IMPL_H
#define LN_NET_TLS_IMPL_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/tls.h"

struct ln_tls_context {
	SSL_CTX *ssl;
	BIO_METHOD *method; /* between SSL and the buffers of a connection */
	bool keyed;         /* the key authenticates, not certificates */
	uint8_t key[LN_TLS_KEY_SIZE];
	_Atomic uint32_t references; /* its owner's and its connections' */
};

void ln_tls_context_release(struct ln_tls_context *context);

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
