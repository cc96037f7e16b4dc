/* src/net/tls_public.c: which certificates and keys make a context, and what is
 * said about the others. Connections are tested by guests (tests/guest/v13/tls)
 * and against OpenSSL (tests/net/tls.sh). */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "net/tls_public.h"

#define DAY 86400

static char reason[LN_TLS_REASON_SIZE];

/* What was written into the BIO, which is freed. */
static struct ln_tls_pem pem_of(BIO *bio)
{
	char *bytes;
	long len = BIO_get_mem_data(bio, &bytes);
	char *copy = malloc((size_t)len + 1);

	assert_non_null(copy);
	memcpy(copy, bytes, (size_t)len);
	copy[len] = '\0';
	BIO_free(bio);
	return (struct ln_tls_pem){ copy, (size_t)len };
}

static struct ln_tls_pem key_pem(EVP_PKEY *key, const char *password)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(
				 bio, key,
				 password != NULL ? EVP_aes_128_cbc() : NULL,
				 NULL, 0, NULL, (void *)(uintptr_t)password),
			 1);
	return pem_of(bio);
}

/* A certificate that the key has signed itself. */
static struct ln_tls_pem certificate_pem(EVP_PKEY *key)
{
	bool plain = EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519;
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *x509 = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(x509), -DAY);
	X509_gmtime_adj(X509_getm_notAfter(x509), DAY);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN",
				   MBSTRING_ASC, (const uint8_t *)"x", -1, -1,
				   0);
	X509_set_issuer_name(x509, X509_get_subject_name(x509));
	X509_set_pubkey(x509, key);
	assert_true(X509_sign(x509, key, plain ? EVP_sha256() : NULL) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x509), 1);
	X509_free(x509);
	return pem_of(bio);
}

static void release(struct ln_tls_pem pem)
{
	free((void *)(uintptr_t)pem.data);
}

/* Makes a context of both; `want` is what must be wrong, or NULL. */
static void serve(const struct ln_tls_pem *certificate,
		  const struct ln_tls_pem *key, const char *want)
{
	struct ln_tls_context *context = NULL;
	int error;

	reason[0] = '\0';
	error = ln_tls_context_new_server(certificate, key, &context, reason);
	assert_string_equal(reason, want != NULL ? want : "");
	assert_int_equal(error, want != NULL ? LN_EINVAL : 0);
	assert_int_equal(ERR_peek_error(), 0);
	if (error == 0)
		assert_true(ln_tls_context_weight(context) >
			    certificate->len + key->len);
	ln_tls_context_free(context);
}

static void serve_key(EVP_PKEY *key, const char *want)
{
	struct ln_tls_pem certificate = certificate_pem(key);
	struct ln_tls_pem secret = key_pem(key, NULL);

	assert_non_null(key);
	serve(&certificate, &secret, want);
	release(certificate);
	release(secret);
	EVP_PKEY_free(key);
}

static void kinds_of_keys(void **state)
{
	static const char sizes[] = "the key is of RSA with less than 2048 or "
				    "more than 4096 bits";
	static const char curves[] = "the key is on another curve than P-256, "
				     "P-384 or P-521";

	(void)state;
	serve_key(EVP_RSA_gen(2048), NULL);
	serve_key(EVP_EC_gen("P-256"), NULL);
	serve_key(EVP_EC_gen("P-384"), NULL);
	serve_key(EVP_EC_gen("P-521"), NULL);
	serve_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
	serve_key(EVP_RSA_gen(1024), sizes);
	serve_key(EVP_EC_gen("secp256k1"), curves);
	serve_key(EVP_EC_gen("secp224r1"), curves);
}

/* A number in DER, with the tag in front. */
static size_t put(uint8_t *to, uint8_t tag, const uint8_t *bytes, size_t len)
{
	assert_true(len < 65536);
	to[0] = tag;
	to[1] = 0x82;
	to[2] = (uint8_t)(len >> 8);
	to[3] = (uint8_t)len;
	memmove(to + 4, bytes, len);
	return len + 4;
}

/* An RSA key whose modulus is small, and whose factors are not: OpenSSL reads
 * it, and would compute for very long. */
static void numbers_of_rsa(void **state)
{
	static uint8_t der[16384];
	static uint8_t number[1100];
	size_t at = 4;
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *other = EVP_RSA_gen(2048);
	struct ln_tls_pem certificate = certificate_pem(other);
	struct ln_tls_pem key;

	(void)state;
	memset(number + 1, 0x55, sizeof(number) - 1);
	number[1] = 0xf7;
	for (int i = 0; i < 9; i++) {
		size_t len = 1;

		if (i == 1)
			len = 257;
		else if (i == 2)
			len = 5;
		else if (i > 2)
			len = sizeof(number);
		at += put(der + at, 2, number, len);
	}
	put(der, 0x30, der + 4, at - 4);
	PEM_write_bio(bio, "RSA PRIVATE KEY", "", der, (long)at);
	key = pem_of(bio);
	serve(&certificate, &key,
	      "the numbers of the RSA key do not fit "
	      "together");
	release(key);
	release(certificate);
	EVP_PKEY_free(other);
}

static void not_a_key(void **state)
{
	static const char what[] = "the key is not one in PEM and without a "
				   "password";
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct ln_tls_pem certificate = certificate_pem(key);
	struct ln_tls_pem secret = key_pem(key, "secret");
	struct ln_tls_pem nothing = { "", 0 };
	struct ln_tls_pem long_one = { secret.data, LN_TLS_PEM_KEY + 1 };
	struct ln_tls_pem good = key_pem(key, NULL);

	(void)state;
	serve(&certificate, &secret, what);
	serve(&certificate, &certificate, what);
	serve(&certificate, &nothing, what);
	serve(&certificate, &long_one, "the key has more than 16384 bytes");
	serve(&nothing, &good, "the certificate is not a certificate in PEM");
	/* Without its last line. */
	certificate.len -= 30;
	serve(&certificate, &good,
	      "the certificate is not a certificate in PEM (bad end line)");
	release(certificate);
	release(secret);
	release(good);
	EVP_PKEY_free(key);
}

static void trust(const struct ln_tls_pem *list, size_t count, const char *want)
{
	struct ln_tls_context *context = NULL;
	int error;

	reason[0] = '\0';
	error = ln_tls_context_new_client(list, count, &context, reason);
	assert_string_equal(reason, want != NULL ? want : "");
	assert_int_equal(error, want != NULL ? LN_EINVAL : 0);
	assert_int_equal(ERR_peek_error(), 0);
	ln_tls_context_free(context);
}

static void authorities(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct ln_tls_pem certificate = certificate_pem(key);
	struct ln_tls_pem many = { NULL, 20 * certificate.len };
	struct ln_tls_pem list[3] = { certificate, certificate, { "x", 1 } };
	char *text = malloc(many.len);

	(void)state;
	assert_non_null(text);
	many.data = text;
	for (size_t i = 0; i < 20; i++)
		memcpy(text + i * certificate.len, certificate.data,
		       certificate.len);
	trust(NULL, 0, NULL);
	trust(list, 1, NULL);
	/* The same certificate again is no mistake. */
	trust(list, 2, NULL);
	trust(&many, 1, NULL);
	trust(list, 3, "authority 2 is not a certificate in PEM");
	list[0].len = LN_TLS_PEM_AUTHORITIES + 1;
	trust(list, 1, "the list of authorities has more than 262144 bytes");
	free(text);
	release(certificate);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_keys),
		cmocka_unit_test(numbers_of_rsa),
		cmocka_unit_test(not_a_key),
		cmocka_unit_test(authorities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
