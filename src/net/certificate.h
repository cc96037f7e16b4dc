/*
 * The certificates of a cluster: one for its own authority, and one for each
 * node, signed by it. Keys are on the curve P-256. Everything here may block,
 * and needs a large stack: not on a fiber.
 */
#ifndef LN_NET_CERTIFICATE_H
#define LN_NET_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

struct ln_certificate; /* with its key */

/* Bytes of an error text, with the terminating zero. */
#define LN_CERTIFICATE_REASON_SIZE 256

/* Bytes of the name in a certificate. */
#define LN_CERTIFICATE_NAME_MAX 64

/* Makes a certificate for `name` (UTF-8) with a new key; `from` and `until` are
 * seconds from now. It is a node's, signed by `authority`; or, if that is NULL,
 * an authority's, signed by itself. LN_EINVAL: the name; LN_ENOMEM. */
int ln_certificate_new(const struct ln_certificate *authority, const char *name,
		       int64_t from, int64_t until,
		       struct ln_certificate **certificate);

/* NULL is fine. */
void ln_certificate_free(struct ln_certificate *certificate);

/* Writes both into new files, in PEM; only the owner may read the key.
 * LN_EEXIST: one of them exists, and is not changed. LN_EIO. With a text. */
int ln_certificate_save(const struct ln_certificate *certificate,
			const char *certificate_path, const char *key_path,
			char reason[LN_CERTIFICATE_REASON_SIZE]);

/* Reads both. LN_ENOENT: neither exists. LN_EINVAL; LN_ENOMEM. With a text. */
int ln_certificate_load(const char *certificate_path, const char *key_path,
			struct ln_certificate **certificate,
			char reason[LN_CERTIFICATE_REASON_SIZE]);

#endif
