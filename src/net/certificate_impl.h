/* Shared by what makes certificates: certificate.c, with files, and
 * certificate_text.c. */
#ifndef LN_NET_CERTIFICATE_IMPL_H
#define LN_NET_CERTIFICATE_IMPL_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/certificate.h"

struct ln_certificate {
	X509 *x509;
	EVP_PKEY *key;
};

/* Gives a certificate that has a subject, and perhaps extensions, all else: a
 * new number, times (seconds from now), the public key of `key`, the extensions
 * of a node or, if it is signed by itself, of an authority; and the signature
 * of `authority`. */
bool ln_certificate_complete(X509 *x509, EVP_PKEY *key,
			     const struct ln_certificate *authority,
			     int64_t from, int64_t until);

#endif
