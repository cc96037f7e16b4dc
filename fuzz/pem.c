/* Bytes of any content as the certificates and keys of a guest: they make a
 * context, or an error with a text, and never much work. The first byte says
 * how they are used; a zero divides certificate and key. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/tls_public.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(int error, struct ln_tls_context *context, const char *reason)
{
	if (error == 0 && ln_tls_context_weight(context) == 0)
		abort();
	if (error == 0)
		ln_tls_context_free(context);
	else if ((error != LN_EINVAL && error != LN_ENOMEM) ||
		 memchr(reason, '\0', LN_TLS_REASON_SIZE) == NULL ||
		 reason[0] == '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ln_tls_pem parts[2] = { { NULL, 0 } };
	char reason[LN_TLS_REASON_SIZE] = "";
	struct ln_tls_context *context = NULL;
	const uint8_t *middle;
	int error;

	if (size < 2)
		return 0;
	middle = memchr(data + 1, 0, size - 1);
	parts[0].data = data + 1;
	parts[0].len = middle != NULL ? (size_t)(middle - data - 1) : size - 1;
	parts[1].data = middle != NULL ? middle + 1 : data + 1;
	parts[1].len = size - 1 - parts[0].len - (middle != NULL);
	if (data[0] == 's')
		error = ln_tls_context_new_server(&parts[0], &parts[1],
						  &context, reason);
	else
		error = ln_tls_context_new_client(parts, middle != NULL ? 2 : 1,
						  &context, reason);
	judge(error, context, reason);
	return 0;
}
