/*
 * DESIGN
 * X.509 certificates, made by OpenSSL. A node's certificate may be used on both
 * sides of a connection, an authority's only for signing. Files are made with
 * O_EXCL: an existing key is never overwritten.
 */
#include "net/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/utf8.h"
#include "net/certificate_impl.h"
#include "net/tls_impl.h"

#define SERIAL_BITS 127

static bool add_extension(X509 *x509, X509 *issuer, int kind, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool added;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	if (extension == NULL)
		return false;
	added = X509_add_ext(x509, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

static bool add_extensions(X509 *x509, X509 *issuer)
{
	bool done;

	if (issuer == x509)
		done = add_extension(x509, issuer, NID_basic_constraints,
				     "critical,CA:TRUE,pathlen:0") &&
		       add_extension(x509, issuer, NID_key_usage,
				     "critical,keyCertSign,cRLSign");
	else
		done = add_extension(x509, issuer, NID_basic_constraints,
				     "critical,CA:FALSE") &&
		       add_extension(x509, issuer, NID_key_usage,
				     "critical,digitalSignature") &&
		       add_extension(x509, issuer, NID_ext_key_usage,
				     "serverAuth,clientAuth");
	return done &&
	       add_extension(x509, issuer, NID_subject_key_identifier,
			     "hash") &&
	       add_extension(x509, issuer, NID_authority_key_identifier,
			     "keyid");
}

static bool set_serial(X509 *x509)
{
	BIGNUM *number = BN_new();
	bool done =
		number != NULL &&
		BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE,
			BN_RAND_BOTTOM_ANY) == 1 &&
		BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;

	BN_free(number);
	return done;
}

bool ln_certificate_complete(X509 *x509, EVP_PKEY *key,
			     const struct ln_certificate *authority,
			     int64_t from, int64_t until)
{
	X509 *issuer = authority->x509;
	/* Ed25519 has its own. */
	const EVP_MD *digest =
		EVP_PKEY_is_a(authority->key, "ED25519") ? NULL : EVP_sha256();

	return X509_set_version(x509, X509_VERSION_3) == 1 &&
	       set_serial(x509) &&
	       X509_gmtime_adj(X509_getm_notBefore(x509), from) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x509), until) != NULL &&
	       X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 &&
	       X509_set_pubkey(x509, key) == 1 &&
	       add_extensions(x509, issuer) &&
	       X509_sign(x509, authority->key, digest) != 0;
}

static bool fill(struct ln_certificate *certificate,
		 const struct ln_certificate *authority, const char *name,
		 int64_t from, int64_t until)
{
	return X509_NAME_add_entry_by_txt(
		       X509_get_subject_name(certificate->x509), "CN",
		       MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0) == 1 &&
	       ln_certificate_complete(certificate->x509, certificate->key,
				       authority != NULL ? authority
							 : certificate,
				       from, until);
}

int ln_certificate_new(const struct ln_certificate *authority, const char *name,
		       int64_t from, int64_t until, struct ln_certificate **out)
{
	struct ln_certificate *certificate;
	size_t len = strlen(name);

	if (len == 0 || len > LN_CERTIFICATE_NAME_MAX ||
	    !ln_utf8_valid((const uint8_t *)name, len))
		return LN_EINVAL;
	certificate = calloc(1, sizeof(*certificate));
	if (certificate == NULL)
		return LN_ENOMEM;
	certificate->x509 = X509_new();
	certificate->key = EVP_EC_gen("P-256");
	if (certificate->x509 == NULL || certificate->key == NULL ||
	    !fill(certificate, authority, name, from, until)) {
		ERR_clear_error();
		ln_certificate_free(certificate);
		return LN_ENOMEM;
	}
	*out = certificate;
	return 0;
}

void ln_certificate_free(struct ln_certificate *certificate)
{
	if (certificate == NULL)
		return;
	X509_free(certificate->x509);
	EVP_PKEY_free(certificate->key);
	free(certificate);
}

static FILE *create(const char *path, mode_t mode, char *reason)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	int number = errno;

	if (file != NULL)
		return file;
	snprintf(reason, LN_CERTIFICATE_REASON_SIZE, "cannot make '%s': %s",
		 path, strerror(number));
	if (fd >= 0) {
		ln_fd_close(fd);
		/* The first error is the one to tell. */
		(void)unlink(path);
	}
	errno = number;
	return NULL;
}

/* Ends a file that was written. */
static bool finish(FILE *file, bool written, const char *path, char *reason)
{
	bool synced = fflush(file) == 0 && fsync(fileno(file)) == 0;
	int number = errno;

	fclose(file);
	if (written && synced)
		return true;
	snprintf(reason, LN_CERTIFICATE_REASON_SIZE, "cannot write '%s': %s",
		 path, strerror(number));
	/* The reader of the reason knows the file. */
	(void)unlink(path);
	return false;
}

int ln_certificate_save(const struct ln_certificate *certificate,
			const char *certificate_path, const char *key_path,
			char reason[LN_CERTIFICATE_REASON_SIZE])
{
	FILE *key = create(key_path, 0600, reason);
	FILE *file;
	bool saved;

	if (key == NULL)
		return errno == EEXIST ? LN_EEXIST : LN_EIO;
	file = create(certificate_path, 0644, reason);
	if (file == NULL) {
		int error = errno == EEXIST ? LN_EEXIST : LN_EIO;

		fclose(key);
		/* The error is told already. */
		(void)unlink(key_path);
		return error;
	}
	saved = finish(key,
		       PEM_write_PrivateKey(key, certificate->key, NULL, NULL,
					    0, NULL, NULL) == 1,
		       key_path, reason);
	if (!finish(file, PEM_write_X509(file, certificate->x509) == 1,
		    certificate_path, reason))
		saved = false;
	ERR_clear_error();
	if (saved)
		return 0;
	/* The error is told already. */
	(void)unlink(key_path);
	(void)unlink(certificate_path);
	return LN_EIO;
}

static int no_memory(char *reason)
{
	snprintf(reason, LN_CERTIFICATE_REASON_SIZE, "%s",
		 ln_error_text(LN_ENOMEM));
	return LN_ENOMEM;
}

/* Writes what is wrong with a file that could not be read or parsed. */
static int unreadable(const char *path, const FILE *file, int number,
		      const char *what, char *reason)
{
	if (file == NULL)
		snprintf(reason, LN_CERTIFICATE_REASON_SIZE,
			 "cannot open '%s': %s", path, strerror(number));
	else
		snprintf(reason, LN_CERTIFICATE_REASON_SIZE,
			 "'%s' is not %s in PEM", path, what);
	return ln_tls_short_of_memory() ? no_memory(reason) : LN_EINVAL;
}

int ln_certificate_load(const char *certificate_path, const char *key_path,
			struct ln_certificate **out,
			char reason[LN_CERTIFICATE_REASON_SIZE])
{
	struct ln_certificate *certificate = calloc(1, sizeof(*certificate));
	FILE *file = fopen(certificate_path, "re");
	int file_number = errno;
	FILE *key = fopen(key_path, "re");
	int key_number = errno;
	int error = 0;

	if (certificate == NULL) {
		error = no_memory(reason);
		goto end;
	}
	if (file != NULL)
		certificate->x509 =
			PEM_read_X509(file, NULL, ln_tls_no_password, NULL);
	if (key != NULL)
		certificate->key = PEM_read_PrivateKey(
			key, NULL, ln_tls_no_password, NULL);
	if (file == NULL && key == NULL && file_number == ENOENT &&
	    key_number == ENOENT) {
		snprintf(reason, LN_CERTIFICATE_REASON_SIZE, "there is no '%s'",
			 certificate_path);
		error = LN_ENOENT;
	} else if (certificate->x509 == NULL) {
		error = unreadable(certificate_path, file, file_number,
				   "a certificate", reason);
	} else if (certificate->key == NULL) {
		error = unreadable(key_path, key, key_number,
				   "a key without a password", reason);
	} else if (X509_check_private_key(certificate->x509,
					  certificate->key) != 1) {
		snprintf(reason, LN_CERTIFICATE_REASON_SIZE,
			 "the key '%s' is not that of the certificate '%s'",
			 key_path, certificate_path);
		error = ln_tls_short_of_memory() ? no_memory(reason)
						 : LN_EINVAL;
	}
end:
	if (file != NULL)
		fclose(file);
	if (key != NULL)
		fclose(key);
	if (error < 0)
		ln_certificate_free(certificate);
	else
		*out = certificate;
	return error;
}
