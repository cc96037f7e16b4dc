/* src/net/tls_authorities.c: the place of each kind of system. */
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/tls_authorities.h"

/* What a system has; NULL at the end. */
static const char *const *there;

static bool is_there(const char *path)
{
	for (const char *const *at = there; *at != NULL; at++) {
		if (strcmp(*at, path) == 0)
			return true;
	}
	return false;
}

static struct ln_tls_authorities find(const char *const *paths)
{
	there = paths;
	return ln_tls_authorities_find(is_there);
}

static int forget_variables(void **state)
{
	(void)state;
	unsetenv("SSL_CERT_DIR");
	unsetenv("SSL_CERT_FILE");
	return 0;
}

static void finds_those_of_openssl_first(void **state)
{
	const char *folder[] = { X509_get_default_cert_dir(),
				 "/etc/pki/tls/certs/ca-bundle.crt", NULL };
	const char *file[] = { X509_get_default_cert_file(),
			       X509_get_default_cert_dir(), NULL };
	struct ln_tls_authorities found = find(folder);

	(void)state;
	assert_string_equal(found.path, folder[0]);
	assert_false(found.is_file);
	assert_true(found.is_default);
	found = find(file);
	assert_string_equal(found.path, file[0]);
	assert_true(found.is_file);
	assert_true(found.is_default);
}

static void knows_other_systems(void **state)
{
	static const char *const fedora[] = {
		"/etc/ssl/certs", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/pki/ca-trust/extracted/pem/directory-hash", NULL
	};
	static const char *const rhel[] = { "/etc/ssl/certs",
					    "/etc/pki/tls/certs/ca-bundle.crt",
					    NULL };
	static const char *const suse[] = { "/etc/ssl/certs",
					    "/etc/ssl/ca-bundle.pem", NULL };
	static const char *const empty[] = { "/etc/ssl/certs", NULL };
	struct ln_tls_authorities found;

	(void)state;
	/* An OpenSSL that was built for such a system. */
	if (strcmp(X509_get_default_cert_dir(), "/etc/ssl/certs") == 0)
		skip();
	found = find(fedora);
	assert_string_equal(found.path, fedora[2]);
	assert_false(found.is_file);
	assert_false(found.is_default);
	found = find(rhel);
	assert_string_equal(found.path, rhel[1]);
	assert_true(found.is_file);
	found = find(suse);
	assert_string_equal(found.path, suse[0]);
	assert_false(found.is_file);
	found = find(empty);
	assert_null(found.path);
}

/* Who names a place trusts no other one. */
static void obeys_variables(void **state)
{
	static const char *const has[] = { "/mine/a.pem", "/mine/folder",
					   "/etc/pki/tls/certs/ca-bundle.crt",
					   NULL };
	struct ln_tls_authorities found;

	(void)state;
	setenv("SSL_CERT_FILE", "/mine/a.pem", 1);
	found = find(has);
	assert_string_equal(found.path, "/mine/a.pem");
	assert_true(found.is_file && found.is_default);
	setenv("SSL_CERT_FILE", "/mine/none.pem", 1);
	found = find(has);
	assert_null(found.path);
	setenv("SSL_CERT_DIR", "/mine/folder", 1);
	found = find(has);
	assert_string_equal(found.path, "/mine/folder");
	assert_true(!found.is_file && found.is_default);
	setenv("SSL_CERT_DIR", "/mine/folder:/mine/other", 1);
	found = find(has);
	assert_string_equal(found.path, "/mine/folder:/mine/other");
	forget_variables(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_those_of_openssl_first,
				       forget_variables),
		cmocka_unit_test_setup(knows_other_systems, forget_variables),
		cmocka_unit_test_setup(obeys_variables, forget_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
