/*
 * DESIGN
 * What all connections of a cluster have in common, and what contexts of every
 * kind have, which includes the words for what went wrong. A key is used as an
 * external pre-shared key (RFC 8446, 4.2.11) together with a Diffie-Hellman
 * exchange, so that recorded traffic stays secret if the key is learned later.
 * The session that represents the key is made anew for each connection, because
 * OpenSSL would share and change it.
 *
 * With certificates only the authority is trusted, and every node whose
 * certificate it has signed belongs to the cluster. Names in certificates are
 * ignored, since a node may be dialled at any address.
 *
 * Threads: any; a context is not changed once it has been made.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/refs.h"
#include "net/tls_impl.h"

/* Names the key to the other side, in clear text. */
static const uint8_t identity[] = "lunatic cluster";
#define IDENTITY_LEN (sizeof(identity) - 1)

/* The key may be used with any of these suites: all have the same hash. */
#define SUITES "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
static const uint8_t suite[] = { 0x13, 0x01 };

/* Bytes of certificates that the other side may send. */
#define CHAIN_MAX 32768

static SSL_SESSION *session_of_key(SSL *ssl)
{
	const struct ln_tls_context *context =
		SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, suite);
	SSL_SESSION *session = SSL_SESSION_new();

	if (session == NULL)
		return NULL;
	if (cipher == NULL ||
	    SSL_SESSION_set1_master_key(session, context->key,
					sizeof(context->key)) != 1 ||
	    SSL_SESSION_set1_id_context(session, identity, IDENTITY_LEN) != 1 ||
	    SSL_SESSION_set_cipher(session, cipher) != 1 ||
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) != 1) {
		SSL_SESSION_free(session);
		return NULL;
	}
	return session;
}

/* Which key a client uses. */
static int use_key(SSL *ssl, const EVP_MD *digest, const unsigned char **id,
		   size_t *id_len, SSL_SESSION **session)
{
	/* After a request to try again the digest is fixed; it is ours. */
	(void)digest;
	*session = session_of_key(ssl);
	*id = identity;
	*id_len = IDENTITY_LEN;
	return *session != NULL;
}

/* Which key a server knows by that name. */
static int find_key(SSL *ssl, const unsigned char *id, size_t id_len,
		    SSL_SESSION **session)
{
	*session = NULL;
	if (id_len != IDENTITY_LEN || memcmp(id, identity, id_len) != 0)
		return 1; /* none: the handshake fails */
	*session = session_of_key(ssl);
	return *session != NULL;
}

int ln_tls_no_password(char *buffer, int size, int writing, void *argument)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)argument;
	return -1;
}

int ln_tls_context_new(enum ln_tls_trust trust, int oldest,
		       struct ln_tls_context **out)
{
	struct ln_tls_context *context = calloc(1, sizeof(*context));
	SSL_CTX *ssl;

	if (context == NULL)
		return LN_ENOMEM;
	atomic_init(&context->references, 1);
	context->trust = trust;
	context->method = ln_tls_method_new();
	ssl = context->ssl = SSL_CTX_new(TLS_method());
	if (ssl == NULL || context->method == NULL ||
	    SSL_CTX_set_min_proto_version(ssl, oldest) != 1 ||
	    SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ssl, SUITES) != 1 ||
	    SSL_CTX_set_session_id_context(ssl, identity, IDENTITY_LEN) != 1 ||
	    SSL_CTX_set_num_tickets(ssl, 0) != 1) {
		ERR_clear_error();
		ln_tls_context_release(context);
		return LN_ENOMEM;
	}
	SSL_CTX_set_app_data(ssl, context);
	SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ssl, CHAIN_MAX);
	SSL_CTX_set_default_passwd_cb(ssl, ln_tls_no_password);
	*out = context;
	return 0;
}

static int new_context(enum ln_tls_trust trust, struct ln_tls_context **context)
{
	int error = ln_tls_context_new(trust, TLS1_3_VERSION, context);

	/* A peer without a certificate, or with one of another authority,
	 * fails. */
	if (error == 0)
		SSL_CTX_set_verify((*context)->ssl,
				   SSL_VERIFY_PEER |
					   SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
				   NULL);
	return error;
}

int ln_tls_context_new_key(const uint8_t key[LN_TLS_KEY_SIZE],
			   struct ln_tls_context **context)
{
	int error = new_context(LN_TLS_KEY, context);

	if (error < 0)
		return error;
	memcpy((*context)->key, key, LN_TLS_KEY_SIZE);
	SSL_CTX_set_psk_use_session_callback((*context)->ssl, use_key);
	SSL_CTX_set_psk_find_session_callback((*context)->ssl, find_key);
	return 0;
}

bool ln_tls_short_of_memory(void)
{
	bool is_short = false;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			is_short = true;
	}
	return is_short;
}

static int no_memory(char *reason)
{
	snprintf(reason, LN_TLS_REASON_SIZE, "%s", ln_error_text(LN_ENOMEM));
	return LN_ENOMEM;
}

/* Says that a file is not what it should be, with the youngest error. */
static int bad_file(char *reason, const char *path, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(code);

	if (ln_tls_short_of_memory())
		return no_memory(reason);
	snprintf(reason, LN_TLS_REASON_SIZE, "'%s' is not %s%s%s%s", path, what,
		 text != NULL ? " (" : "", text != NULL ? text : "",
		 text != NULL ? ")" : "");
	return LN_EINVAL;
}

/* Whether the file can be read; for a secret, only by its owner. */
static int check_file(const char *path, bool secret, char *reason)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat stat;
	int error = 0;

	if (fd < 0 || fstat(fd, &stat) < 0) {
		snprintf(reason, LN_TLS_REASON_SIZE, "cannot open '%s': %s",
			 path, strerror(errno));
		error = LN_EINVAL;
	} else if (secret && (stat.st_mode & 077) != 0) {
		snprintf(reason, LN_TLS_REASON_SIZE,
			 "others may read or write the key '%s'; run: chmod "
			 "600 '%s'",
			 path, path);
		error = LN_EINVAL;
	}
	if (fd >= 0)
		ln_fd_close(fd);
	return error;
}

/* Whether the authority has signed our own certificate and it is valid now, so
 * that the error is reported here, not by peers that refuse us. */
static int check_chain(SSL_CTX *ssl, const struct ln_tls_files *files,
		       char *reason)
{
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = NULL;
	int error = LN_ENOMEM;

	SSL_CTX_get0_chain_certs(ssl, &chain);
	if (check != NULL &&
	    X509_STORE_CTX_init(check, SSL_CTX_get_cert_store(ssl),
				SSL_CTX_get0_certificate(ssl), chain) == 1) {
		error = 0;
		if (X509_verify_cert(check) != 1) {
			snprintf(reason, LN_TLS_REASON_SIZE,
				 "the certificate '%s' is not signed by the "
				 "authority '%s': %s",
				 files->certificate, files->authority,
				 X509_verify_cert_error_string(
					 X509_STORE_CTX_get_error(check)));
			error = LN_EINVAL;
		}
	}
	X509_STORE_CTX_free(check);
	if (error < 0 && ln_tls_short_of_memory())
		error = no_memory(reason);
	ERR_clear_error();
	return error;
}

static int load_files(SSL_CTX *ssl, const struct ln_tls_files *files,
		      char *reason)
{
	int error = check_file(files->certificate, false, reason);

	if (error == 0)
		error = check_file(files->key, true, reason);
	if (error == 0)
		error = check_file(files->authority, false, reason);
	if (error < 0)
		return error;
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ssl, files->certificate) != 1)
		return bad_file(reason, files->certificate,
				"a certificate in PEM");
	if (SSL_CTX_use_PrivateKey_file(ssl, files->key, SSL_FILETYPE_PEM) != 1)
		return bad_file(reason, files->key,
				"the key of the certificate, in PEM and "
				"without a password");
	if (SSL_CTX_load_verify_file(ssl, files->authority) != 1)
		return bad_file(reason, files->authority,
				"the certificate of an authority in PEM");
	return check_chain(ssl, files, reason);
}

int ln_tls_context_new_files(const struct ln_tls_files *files,
			     struct ln_tls_context **context,
			     char reason[LN_TLS_REASON_SIZE])
{
	struct ln_tls_context *made;
	int error = new_context(LN_TLS_AUTHORITY, &made);

	if (error < 0)
		return no_memory(reason);
	/* For what says nothing itself. */
	no_memory(reason);
	error = load_files(made->ssl, files, reason);
	if (error < 0) {
		ln_tls_context_release(made);
		return error;
	}
	*context = made;
	return 0;
}

void ln_tls_context_release(struct ln_tls_context *context)
{
	if (!ln_refs_release(&context->references))
		return;
	SSL_CTX_free(context->ssl);
	BIO_meth_free(context->method);
	OPENSSL_cleanse(context->key, sizeof(context->key));
	free(context);
}

void ln_tls_context_free(struct ln_tls_context *context)
{
	if (context != NULL)
		ln_tls_context_release(context);
}

/* What an error of OpenSSL means. */
struct cause {
	int number; /* of SSL_R_* */
	int error;
	const char *text;   /* in terms of the cluster's set-up */
	const char *public; /* outside of one; NULL: as OpenSSL says it */
};

static const struct cause causes[] = {
	{ SSL_R_WRONG_VERSION_NUMBER, LN_EFORMAT,
	  "the other side does not speak TLS",
	  "the other side does not speak TLS, or none that is not too old" },
	{ SSL_R_HTTP_REQUEST, LN_EFORMAT, "the other side speaks HTTP",
	  "the other side speaks HTTP without TLS" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, LN_EFORMAT,
	  "the other side does not offer TLS 1.3",
	  "the other side offers neither TLS 1.2 nor 1.3" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, LN_EFORMAT,
	  "the other side does not offer TLS 1.3",
	  "the other side offers neither TLS 1.2 nor 1.3" },
	{ SSL_R_BINDER_DOES_NOT_VERIFY, LN_EPERM,
	  "the other side has another cluster key", NULL },
	{ SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, LN_EPERM,
	  "the other side does not have the cluster key",
	  "the other side accepts no signature of our key" },
	{ SSL_R_NO_SHARED_CIPHER, LN_EPERM,
	  "the other side does not have the cluster key",
	  "the other side offers no cipher that our key can be used with" },
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, LN_EPERM,
	  "the other side has no certificate", NULL },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, LN_EPERM,
	  "the other side asks for a certificate",
	  "the other side asks for a certificate of ours, and there is none" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA, LN_EPERM,
	  "the other side does not know the authority of our certificate",
	  "the other side does not know the authority of our certificate" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, LN_EPERM,
	  "the other side says that our certificate has expired",
	  "the other side says that our certificate has expired" },
};

static const struct cause *find_cause(int number)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].number == number)
			return &causes[i];
	}
	return NULL;
}

/* What an alert from the other side means depends on how we authenticate. */
static const char *refusal(const struct ln_tls_context *context, int alert)
{
	if (context->trust != LN_TLS_KEY)
		return NULL;
	switch (alert) {
	case SSL_AD_DECRYPT_ERROR:
	case SSL_AD_ILLEGAL_PARAMETER:
		return "the other side has another cluster key";
	case SSL_AD_HANDSHAKE_FAILURE:
	case SSL_AD_MISSING_EXTENSION:
		return "the other side does not have the cluster key";
	default:
		return NULL;
	}
}

int ln_tls_explain(const SSL *ssl, const struct ln_tls_context *context,
		   char reason[LN_TLS_REASON_SIZE])
{
	unsigned long code = ERR_peek_error();
	int number = ERR_GET_REASON(code);
	const struct cause *cause = find_cause(number);
	const char *text = ERR_reason_error_string(code);
	int error = LN_EFORMAT;

	if (number == ERR_R_MALLOC_FAILURE) {
		text = ln_error_text(LN_ENOMEM);
		error = LN_ENOMEM;
	} else if (cause != NULL) {
		error = cause->error;
		if (context->trust != LN_TLS_PUBLIC)
			text = cause->text;
		else if (cause->public != NULL)
			text = cause->public;
	} else if (number == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		text = X509_verify_cert_error_string(
			SSL_get_verify_result(ssl));
		error = LN_EPERM;
	} else if (number > SSL_AD_REASON_OFFSET) {
		const char *known =
			refusal(context, number - SSL_AD_REASON_OFFSET);

		text = known != NULL ? known : text;
		error = LN_EPERM;
	}
	snprintf(reason, LN_TLS_REASON_SIZE, "%s%s",
		 number == SSL_R_CERTIFICATE_VERIFY_FAILED
			 ? "the certificate of the other side is refused: "
			 : "",
		 text != NULL ? text : "a TLS error");
	ERR_clear_error();
	return error;
}
