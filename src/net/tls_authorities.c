/* Places of OpenSSL's own, then those of distributions. */
#include "net/tls_authorities.h"

#include <openssl/x509.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *path;
	const char *mark; /* what tells that it is this place */
	bool is_file;
} places[] = {
	/* Fedora and its kin. Folders before files, which are read whole. */
	{ "/etc/pki/ca-trust/extracted/pem/directory-hash", NULL, false },
	/* The folder that has the first of these has no names by digests. */
	{ "/etc/pki/tls/certs/ca-bundle.crt", NULL, true },
	/* Debian, Arch, SUSE; without the file it may have no digests. */
	{ "/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt", false },
	{ "/etc/ssl/certs", "/etc/ssl/ca-bundle.pem", false },
	{ "/etc/ssl/cert.pem", NULL, true },
};

/* A folder or file of OpenSSL's own: of the environment, or built in. */
static const char *own(const char *variable, const char *built_in)
{
	const char *path = getenv(variable);

	return path != NULL ? path : built_in;
}

struct ln_tls_authorities
ln_tls_authorities_find(bool (*is_there)(const char *path))
{
	bool chosen = getenv(X509_get_default_cert_dir_env()) != NULL ||
		      getenv(X509_get_default_cert_file_env()) != NULL;
	const char *folder = own(X509_get_default_cert_dir_env(),
				 X509_get_default_cert_dir());
	const char *file = own(X509_get_default_cert_file_env(),
			       X509_get_default_cert_file());

	if (is_there(file))
		return (struct ln_tls_authorities){ file, true, true };
	if (is_there(folder) || strchr(folder, ':') != NULL) /* a list */
		return (struct ln_tls_authorities){ folder, false, true };
	for (size_t i = 0; !chosen && i < sizeof(places) / sizeof(places[0]);
	     i++) {
		const char *mark = places[i].mark;

		if (is_there(places[i].path) &&
		    (mark == NULL || is_there(mark)))
			return (struct ln_tls_authorities){ places[i].path,
							    places[i].is_file,
							    false };
	}
	return (struct ln_tls_authorities){ NULL, false, false };
}

static bool may_read(const char *path)
{
	return access(path, R_OK) == 0;
}

struct ln_tls_authorities ln_tls_authorities_here(void)
{
	return ln_tls_authorities_find(may_read);
}
