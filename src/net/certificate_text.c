/*
 * DESIGN
 * What is read may be hostile: nothing else than the kinds of keys below is
 * used, since a signature by a huge key, or on a curve of somebody's own, takes
 * seconds. Encrypted keys are refused before their password is derived.
 */
#include "net/certificate_text.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/certificate_impl.h"
#include "net/tls_impl.h"

#define RSA_BITS_MIN 1024
#define RSA_BITS_MAX 4096

static int no_password(char *buffer, int size, int writing, void *argument)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)argument;
	return -1;
}

/* Ends a call that failed. */
static int fail(const char *text, char *reason)
{
	if (ln_tls_short_of_memory()) {
		snprintf(reason, LN_CERTIFICATE_REASON_SIZE, "%s",
			 ln_error_text(LN_ENOMEM));
		return LN_ENOMEM;
	}
	snprintf(reason, LN_CERTIFICATE_REASON_SIZE, "%s", text);
	return LN_EINVAL;
}

/* A key that is quick to use. */
static bool is_usual(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);
	char group[32];
	size_t len;

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
	case EVP_PKEY_EC:
		return EVP_PKEY_get_group_name(key, group, sizeof(group),
					       &len) == 1 &&
		       (strcmp(group, "prime256v1") == 0 ||
			strcmp(group, "secp384r1") == 0);
	case EVP_PKEY_ED25519:
		return true;
	default:
		return false;
	}
}

static BIO *open_text(const uint8_t *text, size_t len)
{
	return len <= LN_CERTIFICATE_TEXT_MAX ? BIO_new_mem_buf(text, (int)len)
					      : NULL;
}

static int check_pair(const struct ln_certificate *certificate, char *reason)
{
	const EVP_PKEY *public;

	if (certificate->x509 == NULL)
		return fail("that is not a certificate in PEM", reason);
	if (certificate->key == NULL)
		return fail("that is not a key in PEM without a password",
			    reason);
	public = X509_get0_pubkey(certificate->x509);
	if (public == NULL || !is_usual(public) || !is_usual(certificate->key))
		return fail("the key is not one of RSA with 1,024 to 4,096 "
			    "bits, P-256, P-384 or Ed25519",
			    reason);
	if (X509_check_private_key(certificate->x509, certificate->key) != 1)
		return fail("the key is not that of the certificate", reason);
	return 0;
}

int ln_certificate_parse(const uint8_t *certificate_text,
			 size_t certificate_len, const uint8_t *key_text,
			 size_t key_len, struct ln_certificate **out,
			 char reason[LN_CERTIFICATE_REASON_SIZE])
{
	struct ln_certificate *certificate = calloc(1, sizeof(*certificate));
	BIO *first = open_text(certificate_text, certificate_len);
	BIO *second = open_text(key_text, key_len);
	int error;

	if (certificate == NULL) {
		BIO_free(first);
		BIO_free(second);
		return LN_ENOMEM;
	}
	if (first != NULL)
		certificate->x509 =
			PEM_read_bio_X509(first, NULL, no_password, NULL);
	if (second != NULL)
		certificate->key = PEM_read_bio_PrivateKey(second, NULL,
							   no_password, NULL);
	BIO_free(first);
	BIO_free(second);
	error = check_pair(certificate, reason);
	ERR_clear_error();
	if (error < 0)
		ln_certificate_free(certificate);
	else
		*out = certificate;
	return error;
}

/* The text that was written, terminated, or NULL. Frees the BIO. */
static char *take_text(BIO *bio, bool written)
{
	char *bytes;
	long len = written ? BIO_get_mem_data(bio, &bytes) : 0;
	char *text = len > 0 ? strndup(bytes, (size_t)len) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return text;
}

static char *format_x509(X509 *x509)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return take_text(bio,
			 bio != NULL && PEM_write_bio_X509(bio, x509) == 1);
}

int ln_certificate_format(const struct ln_certificate *certificate,
			  char **certificate_text, char **key_text)
{
	BIO *bio = BIO_new(BIO_s_mem());

	*key_text = take_text(bio, bio != NULL &&
					   PEM_write_bio_PrivateKey(
						   bio, certificate->key, NULL,
						   NULL, 0, NULL, NULL) == 1);
	*certificate_text = format_x509(certificate->x509);
	if (*certificate_text != NULL && *key_text != NULL)
		return 0;
	free(*certificate_text);
	free(*key_text);
	return LN_ENOMEM;
}

/* Takes over the alternative names of a request, if it has any. */
static bool copy_names(const X509_REQ *request, X509 *x509)
{
	STACK_OF(X509_EXTENSION) *extensions =
		X509_REQ_get_extensions((X509_REQ *)(uintptr_t)request);
	int at = X509v3_get_ext_by_NID(extensions, NID_subject_alt_name, -1);
	bool done = at < 0 ||
		    X509_add_ext(x509, X509v3_get_ext(extensions, at), -1) == 1;

	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return done;
}

/* Makes the certificate that a request asks for; NULL: memory is short. */
static X509 *make(const X509_REQ *request, EVP_PKEY *key,
		  const struct ln_certificate *authority, int64_t from,
		  int64_t until)
{
	X509 *x509 = X509_new();

	if (x509 != NULL &&
	    X509_set_subject_name(x509, X509_REQ_get_subject_name(request)) ==
		    1 &&
	    copy_names(request, x509) &&
	    ln_certificate_complete(x509, key, authority, from, until))
		return x509;
	X509_free(x509);
	return NULL;
}

int ln_certificate_sign(const struct ln_certificate *authority,
			const uint8_t *text, size_t len, int64_t from,
			int64_t until, char **certificate_text,
			char reason[LN_CERTIFICATE_REASON_SIZE])
{
	BIO *bio = open_text(text, len);
	X509_REQ *request =
		bio != NULL
			? PEM_read_bio_X509_REQ(bio, NULL, no_password, NULL)
			: NULL;
	EVP_PKEY *key = request != NULL ? X509_REQ_get0_pubkey(request) : NULL;
	X509 *x509 = NULL;
	int error = 0;

	*certificate_text = NULL;
	if (key == NULL || !is_usual(key))
		error = fail("that is not a request for a certificate in PEM, "
			     "or its key is none of RSA with 1,024 to 4,096 "
			     "bits, P-256, P-384 or Ed25519",
			     reason);
	else if (X509_REQ_verify(request, key) != 1)
		error = fail("the request is not signed by its own key",
			     reason);
	if (error == 0)
		x509 = make(request, key, authority, from, until);
	if (x509 != NULL)
		*certificate_text = format_x509(x509);
	if (error == 0 && *certificate_text == NULL)
		error = fail("the certificate could not be signed", reason);
	X509_free(x509);
	X509_REQ_free(request);
	BIO_free(bio);
	ERR_clear_error();
	return error;
}
