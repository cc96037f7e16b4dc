/*
 * Certificates as texts in PEM, that may come from anybody: their size, kinds
 * and sizes of keys are bounded, so that nothing here takes longer than some
 * milliseconds. Everything here needs a large stack: not on a fiber.
 */
#ifndef LN_NET_CERTIFICATE_TEXT_H
#define LN_NET_CERTIFICATE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "net/certificate.h"

/* Bytes of a text that is read. */
#define LN_CERTIFICATE_TEXT_MAX 65536

/* Reads a certificate and its key. LN_EINVAL, LN_ENOMEM, with a text. */
int ln_certificate_parse(const uint8_t *certificate, size_t certificate_len,
			 const uint8_t *key, size_t key_len,
			 struct ln_certificate **out,
			 char reason[LN_CERTIFICATE_REASON_SIZE]);

/* Writes both, as terminated texts that the caller owns. LN_ENOMEM. */
int ln_certificate_format(const struct ln_certificate *certificate,
			  char **certificate_text, char **key_text);

/* Signs a request for a certificate (PKCS #10), whose subject and alternative
 * names stay, for a node; `from` and `until` as in ln_certificate_new. The
 * result is a terminated text that the caller owns. LN_EINVAL, LN_ENOMEM, with
 * a text. */
int ln_certificate_sign(const struct ln_certificate *authority,
			const uint8_t *request, size_t len, int64_t from,
			int64_t until, char **certificate_text,
			char reason[LN_CERTIFICATE_REASON_SIZE]);

#endif
