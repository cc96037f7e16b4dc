/* src/net/certificate_text.c: certificates and requests in PEM, of anybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "net/certificate_text.h"

#define YEAR (INT64_C(365) * 24 * 3600)

static struct ln_certificate *authority;
static char *authority_text;
static char *authority_key;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(
		ln_certificate_new(NULL, "authority", -10, YEAR, &authority),
		0);
	assert_int_equal(ln_certificate_format(authority, &authority_text,
					       &authority_key),
			 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ln_certificate_free(authority);
	free(authority_text);
	free(authority_key);
	return 0;
}

static int parse(const char *certificate, const char *key,
		 struct ln_certificate **out, char *reason)
{
	return ln_certificate_parse((const uint8_t *)certificate,
				    strlen(certificate), (const uint8_t *)key,
				    strlen(key), out, reason);
}

static void what_is_written_is_read(void **state)
{
	char reason[LN_CERTIFICATE_REASON_SIZE];
	struct ln_certificate *again;
	char *texts[2];

	(void)state;
	assert_int_equal(parse(authority_text, authority_key, &again, reason),
			 0);
	assert_int_equal(ln_certificate_format(again, &texts[0], &texts[1]), 0);
	assert_string_equal(texts[0], authority_text);
	assert_string_equal(texts[1], authority_key);
	free(texts[0]);
	free(texts[1]);
	ln_certificate_free(again);
}

static void refused(const char *certificate, const char *key, const char *why)
{
	char reason[LN_CERTIFICATE_REASON_SIZE] = "";
	struct ln_certificate *out;

	assert_int_equal(parse(certificate, key, &out, reason), LN_EINVAL);
	if (strstr(reason, why) == NULL)
		fail_msg("'%s' is not in '%s'", why, reason);
}

static void what_is_no_pair(void **state)
{
	static char large[LN_CERTIFICATE_TEXT_MAX + 2];
	struct ln_certificate *other;
	char *texts[2];

	(void)state;
	memset(large, ' ', sizeof(large) - 1);
	refused("", authority_key, "not a certificate");
	refused(authority_key, authority_key, "not a certificate");
	refused(large, authority_key, "not a certificate");
	refused(authority_text, "", "not a key");
	refused(authority_text, authority_text, "not a key");
	refused(authority_text, large, "not a key");
	assert_int_equal(ln_certificate_new(NULL, "other", -10, YEAR, &other),
			 0);
	assert_int_equal(ln_certificate_format(other, &texts[0], &texts[1]), 0);
	refused(authority_text, texts[1], "not that of the certificate");
	free(texts[0]);
	free(texts[1]);
	ln_certificate_free(other);
}

/* A text in memory, which the caller frees. */
static char *text_of(BIO *bio)
{
	char *bytes;
	long len = BIO_get_mem_data(bio, &bytes);
	char *text = strndup(bytes, (size_t)len);

	BIO_free(bio);
	return text;
}

static void an_encrypted_key(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	(void)state;
	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, EVP_aes_128_cbc(),
						  (const uint8_t *)"secret", 6,
						  NULL, NULL),
			 1);
	text = text_of(bio);
	refused(authority_text, text, "without a password");
	free(text);
	EVP_PKEY_free(key);
}

/* A request for a certificate of a key; the caller frees it. */
static char *request_of(EVP_PKEY *key, EVP_PKEY *signer, bool names)
{
	X509_REQ *request = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	STACK_OF(X509_EXTENSION) *extensions = NULL;

	assert_int_equal(X509_NAME_add_entry_by_txt(
				 X509_REQ_get_subject_name(request), "CN",
				 MBSTRING_UTF8, (const uint8_t *)"node seven",
				 -1, -1, 0),
			 1);
	if (names) {
		extensions = sk_X509_EXTENSION_new_null();
		sk_X509_EXTENSION_push(
			extensions,
			X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
					    "DNS:seven.example"));
		sk_X509_EXTENSION_push(
			extensions,
			X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
					    "critical,CA:TRUE"));
		assert_int_equal(X509_REQ_add_extensions(request, extensions),
				 1);
		sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	}
	assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
	assert_true(X509_REQ_sign(request, signer, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_REQ(bio, request), 1);
	X509_REQ_free(request);
	return text_of(bio);
}

static int sign(const char *request, char **out, char *reason)
{
	return ln_certificate_sign(authority, (const uint8_t *)request,
				   strlen(request), -10, YEAR, out, reason);
}

static X509 *x509_of(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(x509);
	return x509;
}

static void a_request_is_signed(void **state)
{
	char reason[LN_CERTIFICATE_REASON_SIZE];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *request = request_of(key, key, true);
	X509 *issuer = x509_of(authority_text);
	X509 *x509;
	char *text;

	(void)state;
	assert_int_equal(sign(request, &text, reason), 0);
	x509 = x509_of(text);
	assert_int_equal(X509_verify(x509, X509_get0_pubkey(issuer)), 1);
	assert_int_equal(X509_check_host(x509, "seven.example", 0, 0, NULL), 1);
	/* It asked for more than a node gets. */
	assert_int_equal(X509_check_ca(x509), 0);
	assert_int_equal(X509_check_purpose(x509, X509_PURPOSE_SSL_SERVER, 0),
			 1);
	assert_int_equal(X509_check_purpose(x509, X509_PURPOSE_SSL_CLIENT, 0),
			 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x509), key), 1);
	X509_free(x509);
	X509_free(issuer);
	free(text);
	free(request);
	EVP_PKEY_free(key);
}

static void request_refused(const char *request, const char *why)
{
	char reason[LN_CERTIFICATE_REASON_SIZE] = "";
	char *text;

	assert_int_equal(sign(request, &text, reason), LN_EINVAL);
	assert_null(text);
	if (strstr(reason, why) == NULL)
		fail_msg("'%s' is not in '%s'", why, reason);
}

static void what_is_not_signed(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_PKEY *other = EVP_EC_gen("P-256");
	EVP_PKEY *unusual = EVP_EC_gen("secp521r1");
	EVP_PKEY *short_key = EVP_RSA_gen(512);
	char *request;

	(void)state;
	request_refused("", "not a request");
	request_refused(authority_text, "not a request");
	request = request_of(key, other, false);
	request_refused(request, "own key");
	free(request);
	request = request_of(unusual, unusual, false);
	request_refused(request, "none of RSA");
	free(request);
	request = request_of(short_key, short_key, false);
	request_refused(request, "none of RSA");
	free(request);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	EVP_PKEY_free(unusual);
	EVP_PKEY_free(short_key);
}

/* Cut short anywhere, nothing but the end of the last line may be missing. */
static void cut_short(void **state)
{
	char reason[LN_CERTIFICATE_REASON_SIZE];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *request = request_of(key, key, false);
	size_t len = strlen(request);

	(void)state;
	for (size_t at = 0; at + 1 < len; at++) {
		uint8_t *exact = malloc(at > 0 ? at : 1);
		char *text;

		memcpy(exact, request, at);
		assert_int_equal(ln_certificate_sign(authority, exact, at, -10,
						     YEAR, &text, reason),
				 LN_EINVAL);
		free(exact);
	}
	free(request);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_no_pair),
		cmocka_unit_test(an_encrypted_key),
		cmocka_unit_test(a_request_is_signed),
		cmocka_unit_test(what_is_not_signed),
		cmocka_unit_test(cut_short),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
