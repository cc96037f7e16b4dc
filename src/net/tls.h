/*
 * TLS over a socket. In a cluster it is TLS 1.3, with both sides authenticated,
 * by a shared key or by certificates of one authority. Elsewhere
 * (net/tls_public.h) it is TLS 1.2 or 1.3, and the server has a certificate for
 * its name. There is no older version, no tickets, no early data, no
 * renegotiation, and no key exchange without forward secrecy.
 *
 * Calls that transfer park, so they are for tasks only. One task may read while
 * another one writes. Each direction keeps its error as a text.
 */
#ifndef LN_NET_TLS_H
#define LN_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_blocking_tenant;
struct ln_socket;
struct ln_tls;
struct ln_tls_context;
struct ln_wire;

/* Bytes of a key that both sides know. */
#define LN_TLS_KEY_SIZE 32

/* Bytes of an error text, with the terminating zero. */
#define LN_TLS_REASON_SIZE 256

enum ln_tls_role { LN_TLS_CLIENT, LN_TLS_SERVER };

/* Of PEM. */
struct ln_tls_files {
	const char *certificate; /* of this side, and what leads to the CA's */
	const char *key;       /* of the certificate; only its owner reads it */
	const char *authority; /* the CA's certificate */
};

/* A context whose connections are authenticated by the key, which is copied.
 * LN_ENOMEM. Any thread. */
int ln_tls_context_new_key(const uint8_t key[LN_TLS_KEY_SIZE],
			   struct ln_tls_context **context);

/* A context whose connections are authenticated by certificates: the authority
 * must have signed that of the other side, and our own. LN_EINVAL, with a text
 * that names the file and what is wrong with it; LN_ENOMEM. Blocks for file
 * operations; not on a fiber. */
int ln_tls_context_new_files(const struct ln_tls_files *files,
			     struct ln_tls_context **context,
			     char reason[LN_TLS_REASON_SIZE]);

/* NULL is fine. Connections made from it may go on. Any thread. */
void ln_tls_context_free(struct ln_tls_context *context);

/* A connection over the socket, whose reference it owns from now on, even if
 * the call fails. LN_ENOMEM. */
int ln_tls_new(struct ln_tls_context *context, struct ln_socket *socket,
	       enum ln_tls_role role, struct ln_tls **tls);

/* The same over what is not a socket, which it owns likewise. */
int ln_tls_new_over(struct ln_tls_context *context, struct ln_wire *wire,
		    enum ln_tls_role role, struct ln_tls **tls);

/* Has the server's certificate checked for that name, or for that address if it
 * is one, and tells the server the name; before the handshake of a client. It
 * is ASCII and not longer than a name in DNS. LN_ENOMEM. */
int ln_tls_expect(struct ln_tls *tls, const char *name);

/* Has the handshake that follows use a pool for its long steps, for a tenant of
 * the pool for files (NULL: none), who stays until it returns. */
void ln_tls_use_pool(struct ln_tls *tls, struct ln_blocking_tenant *tenant);

/* Closes the socket, outside of a cluster after a word to the other side if
 * that need not wait. NULL is fine. No call may be under way. Any thread. */
void ln_tls_free(struct ln_tls *tls);

/* Does the handshake, which must succeed before anything else. LN_EPERM: one
 * side does not trust the other. LN_EFORMAT: the other side speaks another
 * protocol. LN_EIO, LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM. The text is that of
 * the reading direction. LN_ETIMEDOUT and LN_EKILLED lose nothing: it may be
 * called again. */
int ln_tls_handshake(struct ln_tls *tls, int64_t deadline);

/* Reads the available bytes, at most `len`, and waits while there are none;
 * *count is 0 at the end of the stream. Outside of a cluster it is an error
 * (LN_EIO) when the connection ends, but not the stream. Errors as in the
 * handshake; LN_ETIMEDOUT and LN_EKILLED lose nothing, any other error ends
 * this direction. */
int ln_tls_read(struct ln_tls *tls, void *data, size_t len, int64_t deadline,
		size_t *count);

/* Writes all of it. An error ends this direction. */
int ln_tls_write(struct ln_tls *tls, const void *data, size_t len,
		 int64_t deadline);

/* Writes a part of it, one record at most, and waits while what was written
 * before has not been sent. *count is what was taken, if the call returns 0.
 * LN_ETIMEDOUT, LN_ENOMEM: nothing was taken, and the call may be repeated. Any
 * other error ends this direction, but for LN_EKILLED, after which others may
 * write, and do not know what was taken. */
int ln_tls_write_some(struct ln_tls *tls, const void *data, size_t len,
		      int64_t deadline, size_t *count);

/* Sends what was written and has not been sent yet. Errors as in writing. */
int ln_tls_flush(struct ln_tls *tls, int64_t deadline);

/* Ends both directions, so that calls that read or write return soon. Any
 * thread, any number of times, until it is freed. */
void ln_tls_shutdown(struct ln_tls *tls);

/* The error of reading and of the handshake, and that of writing: a text
 * without a full stop, or "". By the task that called. */
const char *ln_tls_read_reason(const struct ln_tls *tls);
const char *ln_tls_write_reason(const struct ln_tls *tls);

#endif
