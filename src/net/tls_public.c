/*
 * DESIGN
 * What is offered is what lunatic 0.13 offers: TLS 1.2 and 1.3, ECDHE with an
 * AEAD, the groups X25519, P-256 and P-384, no ALPN, and no certificates of
 * clients. The level of security is set here, so that it is not that of the
 * system's configuration.
 *
 * A key of somebody else's is work for us at each handshake. OpenSSL does not
 * look whether the parts of an RSA key fit together, so its numbers are bounded
 * by the size of its modulus here. A client's verification is bounded by the
 * length of the chain, OpenSSL's own limits for keys, and by curves having
 * names.
 *
 * The system's authorities are a folder in which OpenSSL looks by name when it
 * needs one, in the handshake. Only a file, which few systems have in its
 * place, is read when the context is made.
 *
 * Threads: any; a context is not changed once it has been made.
 */
#include "net/tls_public.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/compiler.h"
#include "base/error.h"
#include "net/tls_authorities.h"
#include "net/tls_impl.h"

#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS "X25519:P-256:P-384"
#define SECURITY 2 /* no RSA below 2048 bits, no SHA-1 */

/* Certificates between the server's and one that is trusted, and with both of
 * them in a server's own chain. */
#define DEPTH 8
#define CHAIN 10

/* More do not fit into the PEM. */
#define AUTHORITIES 4096

#define RSA_MIN 2048
#define RSA_MAX 4096

/* Measured (bytes of the heap): a context, and what a certificate or key takes
 * for each byte of its PEM. */
#define CONTEXT_WEIGHT 20480
#define PEM_WEIGHT 5

static int no_memory(char *reason)
{
	snprintf(reason, LN_TLS_REASON_SIZE, "%s", ln_error_text(LN_ENOMEM));
	return LN_ENOMEM;
}

/* Says `what`, and why, if OpenSSL tells. */
static int refuse(char *reason, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(code);

	if (ERR_GET_REASON(code) == PEM_R_NO_START_LINE)
		why = NULL;
	if (ln_tls_short_of_memory())
		return no_memory(reason);
	snprintf(reason, LN_TLS_REASON_SIZE, "%s%s%s%s", what,
		 why != NULL ? " (" : "", why != NULL ? why : "",
		 why != NULL ? ")" : "");
	return LN_EINVAL;
}

static int new_context(struct ln_tls_context **out)
{
	struct ln_tls_context *context;
	int error = ln_tls_context_new(LN_TLS_PUBLIC, TLS1_2_VERSION, &context);

	if (error < 0)
		return error;
	SSL_CTX_set_security_level(context->ssl, SECURITY);
	if (SSL_CTX_set_cipher_list(context->ssl, CIPHERS) != 1 ||
	    SSL_CTX_set1_groups_list(context->ssl, GROUPS) != 1) {
		ERR_clear_error();
		ln_tls_context_release(context);
		return LN_ENOMEM;
	}
	SSL_CTX_set_verify_depth(context->ssl, DEPTH);
	/* There may be many that wait: their buffers are kept only in use. */
	SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS);
	context->weight = CONTEXT_WEIGHT;
	*out = context;
	return 0;
}

/* Adds certificates in the PEM to the list, up to one more than `max`. Whether
 * there was nothing else. */
static bool collect(BIO *bio, struct stack_st_X509 *list, int max)
{
	while (sk_X509_num(list) <= max) {
		X509 *x509 =
			PEM_read_bio_X509(bio, NULL, ln_tls_no_password, NULL);

		if (x509 == NULL)
			return ERR_GET_REASON(ERR_peek_last_error()) ==
			       PEM_R_NO_START_LINE;
		if (sk_X509_push(list, x509) <= 0) {
			X509_free(x509);
			return false;
		}
	}
	return true;
}

/* Reads all certificates in the PEM, at least one, at most `max`. LN_EINVAL,
 * LN_ENOMEM, with a text about `what`. */
static int read_certificates(const struct ln_tls_pem *pem, int max,
			     const char *what, struct stack_st_X509 **out,
			     char *reason)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	char text[96];
	int error = LN_EINVAL;

	ERR_clear_error();
	snprintf(text, sizeof(text), "%s is not a certificate in PEM", what);
	if (list == NULL || bio == NULL)
		error = no_memory(reason);
	else if (!collect(bio, list, max) || sk_X509_num(list) == 0)
		error = refuse(reason, text);
	else if (sk_X509_num(list) > max)
		snprintf(reason, LN_TLS_REASON_SIZE,
			 "%s has more than %d certificates", what, max);
	else
		error = 0;
	BIO_free(bio);
	ERR_clear_error();
	if (error < 0)
		sk_X509_pop_free(list, X509_free);
	else
		*out = list;
	return error;
}

/* Whether no number of the RSA key is longer than its modulus, and there are
 * two factors. */
static bool rsa_fits(const EVP_PKEY *key, int bits)
{
	static const char *const numbers[] = {
		OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D,
		OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	BIGNUM *number = NULL;
	bool fits = true;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (EVP_PKEY_get_bn_param(key, numbers[i], &number) != 1 ||
		    BN_num_bits(number) > bits)
			fits = false;
		BN_clear_free(number);
		number = NULL;
	}
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR3, &number) ==
	    1)
		fits = false;
	BN_clear_free(number);
	ERR_clear_error();
	return fits;
}

static bool known_curve(const EVP_PKEY *key)
{
	static const char *const curves[] = { "prime256v1", "secp384r1",
					      "secp521r1" };
	char name[32];

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(curves[i], name) == 0)
			return true;
	return false;
}

/* What is wrong with a key; NULL: nothing. */
static const char *fault_of_key(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		if (bits < RSA_MIN || bits > RSA_MAX)
			return "the key is of RSA with less than 2048 or more "
			       "than 4096 bits";
		return rsa_fits(key, bits)
			       ? NULL
			       : "the numbers of the RSA key do not fit "
				 "together";
	case EVP_PKEY_EC:
		return known_curve(key) ? NULL
					: "the key is on another curve than "
					  "P-256, P-384 or P-521";
	case EVP_PKEY_ED25519:
		return NULL;
	default:
		return "the key is none of RSA, an elliptic curve, or Ed25519";
	}
}

/* LN_EINVAL, LN_ENOMEM, with a text. */
static int read_key(const struct ln_tls_pem *pem, EVP_PKEY **out, char *reason)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	EVP_PKEY *key = NULL;
	const char *fault = "the key is not one in PEM and without a password";

	ERR_clear_error();
	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, ln_tls_no_password,
					      NULL);
	BIO_free(bio);
	if (key != NULL)
		fault = fault_of_key(key);
	if (fault == NULL) {
		*out = key;
		return 0;
	}
	EVP_PKEY_free(key);
	/* What the decoders say helps nobody. */
	if (bio == NULL || ln_tls_short_of_memory())
		return no_memory(reason);
	snprintf(reason, LN_TLS_REASON_SIZE, "%s", fault);
	return LN_EINVAL;
}

static int too_long(char *reason, const char *what, size_t max)
{
	snprintf(reason, LN_TLS_REASON_SIZE, "%s has more than %zu bytes", what,
		 max);
	return LN_EINVAL;
}

static int use_certificate(struct ln_tls_context *context,
			   struct stack_st_X509 *list, EVP_PKEY *key,
			   char *reason)
{
	X509 *leaf = sk_X509_shift(list);
	int error = 0;

	if (SSL_CTX_use_cert_and_key(context->ssl, leaf, key, list, 1) != 1)
		error = refuse(reason, "the certificate cannot be used with "
				       "the key");
	X509_free(leaf);
	return error;
}

int ln_tls_context_new_server(const struct ln_tls_pem *certificate,
			      const struct ln_tls_pem *key,
			      struct ln_tls_context **context,
			      char reason[LN_TLS_REASON_SIZE])
{
	struct ln_tls_context *made = NULL;
	STACK_OF(X509) *list = NULL;
	EVP_PKEY *pkey = NULL;
	int error;

	if (certificate->len > LN_TLS_PEM_CHAIN)
		return too_long(reason, "the certificate", LN_TLS_PEM_CHAIN);
	if (key->len > LN_TLS_PEM_KEY)
		return too_long(reason, "the key", LN_TLS_PEM_KEY);
	error = new_context(&made);
	if (error < 0)
		return no_memory(reason);
	error = read_key(key, &pkey, reason);
	if (error == 0)
		error = read_certificates(certificate, CHAIN, "the certificate",
					  &list, reason);
	if (error == 0)
		error = use_certificate(made, list, pkey, reason);
	sk_X509_pop_free(list, X509_free);
	EVP_PKEY_free(pkey);
	if (error < 0) {
		ln_tls_context_release(made);
		return error;
	}
	made->weight += PEM_WEIGHT * (certificate->len + key->len);
	*context = made;
	return 0;
}

/* Trusts all certificates of an authority of that number. */
static int trust(struct ln_tls_context *context, const struct ln_tls_pem *pem,
		 size_t number, char *reason)
{
	X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
	STACK_OF(X509) *list = NULL;
	char what[48];
	int error;

	snprintf(what, sizeof(what), "authority %zu", number);
	error = read_certificates(pem, AUTHORITIES, what, &list, reason);
	for (int i = 0; error == 0 && i < sk_X509_num(list); i++)
		if (X509_STORE_add_cert(store, sk_X509_value(list, i)) != 1)
			error = refuse(reason, "a certificate cannot be used");
	sk_X509_pop_free(list, X509_free);
	context->weight += PEM_WEIGHT * pem->len;
	return error;
}

/* Trusts the system's authorities, or nobody if it has none. */
static void trust_system(struct ln_tls_context *context)
{
	X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
	struct ln_tls_authorities found = ln_tls_authorities_here();
	struct stat known;

	/* What fails here is not trusted. */
	if (found.path == NULL || found.is_default)
		(void)X509_STORE_set_default_paths(store);
	else if (found.is_file)
		(void)X509_STORE_load_file(store, found.path);
	else
		(void)X509_STORE_load_path(store, found.path);
	if (found.path != NULL && found.is_file &&
	    stat(found.path, &known) == 0)
		context->weight += PEM_WEIGHT * (size_t)known.st_size;
	ERR_clear_error();
}

static int trust_all(struct ln_tls_context *context,
		     const struct ln_tls_pem *authorities, size_t count,
		     char *reason)
{
	X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
	size_t total = 0;
	int error = 0;

	if (count == 0) {
		trust_system(context);
		return 0;
	}
	/* What the guest lists is trusted, whoever has signed it. */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	for (size_t i = 0; error == 0 && i < count; i++) {
		total += authorities[i].len;
		if (authorities[i].len > LN_TLS_PEM_AUTHORITIES ||
		    total > LN_TLS_PEM_AUTHORITIES)
			return too_long(reason, "the list of authorities",
					LN_TLS_PEM_AUTHORITIES);
		error = trust(context, &authorities[i], i, reason);
	}
	return error;
}

int ln_tls_context_new_client(const struct ln_tls_pem *authorities,
			      size_t count, struct ln_tls_context **context,
			      char reason[LN_TLS_REASON_SIZE])
{
	struct ln_tls_context *made;
	int error = new_context(&made);

	if (error < 0)
		return no_memory(reason);
	SSL_CTX_set_verify(made->ssl, SSL_VERIFY_PEER, NULL);
	error = trust_all(made, authorities, count, reason);
	if (error < 0) {
		ln_tls_context_release(made);
		return error;
	}
	*context = made;
	return 0;
}

size_t ln_tls_context_weight(const struct ln_tls_context *context)
{
	return context->weight;
}
