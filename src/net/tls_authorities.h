/*
 * Where this system keeps the certificates of authorities. OpenSSL looks in one
 * place, which is chosen when it is built: the program that has it linked in
 * runs on systems of others, which have other places.
 */
#ifndef LN_NET_TLS_AUTHORITIES_H
#define LN_NET_TLS_AUTHORITIES_H

#include <stdbool.h>

struct ln_tls_authorities {
	const char *path; /* NULL: there are none */
	bool is_file;     /* all in one; else a folder, named by digests */
	bool is_default;  /* OpenSSL finds them by itself */
};

/* The first place that `is_there` says is there. The variables SSL_CERT_DIR and
 * SSL_CERT_FILE, which OpenSSL obeys, win. Paths are constants or of the
 * environment. Any thread. */
struct ln_tls_authorities
ln_tls_authorities_find(bool (*is_there)(const char *path));

/* Likewise, of this system. Blocks. */
struct ln_tls_authorities ln_tls_authorities_here(void);

#endif
