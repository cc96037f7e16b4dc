/* Texts in PEM of guests: any bytes, read as the certificate and key of an
 * authority, and as a request that this signs. What could be read can be
 * written and read again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/certificate_text.h"

static struct ln_certificate *own;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct ln_certificate *certificate)
{
	char reason[LN_CERTIFICATE_REASON_SIZE];
	struct ln_certificate *again;
	char *texts[2];

	if (ln_certificate_format(certificate, &texts[0], &texts[1]) < 0)
		return;
	if (ln_certificate_parse((const uint8_t *)texts[0], strlen(texts[0]),
				 (const uint8_t *)texts[1], strlen(texts[1]),
				 &again, reason) == 0)
		ln_certificate_free(again);
	free(texts[0]);
	free(texts[1]);
}

static void sign(const struct ln_certificate *authority, const uint8_t *data,
		 size_t size)
{
	char reason[LN_CERTIFICATE_REASON_SIZE];
	char *text;

	if (ln_certificate_sign(authority, data, size, -1, 1000, &text,
				reason) == 0)
		free(text);
	else if (text != NULL || reason[0] == '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char reason[LN_CERTIFICATE_REASON_SIZE];
	struct ln_certificate *authority;

	if (own == NULL &&
	    ln_certificate_new(NULL, "fuzzed", -1, 1000, &own) < 0)
		abort();
	sign(own, data, size);
	if (ln_certificate_parse(data, size, data, size, &authority, reason) <
	    0)
		return 0;
	read_again(authority);
	sign(authority, data, size);
	ln_certificate_free(authority);
	return 0;
}
