/* Bytes of any content as a module that plugins change: what is valid stays so,
 * unchanged to the byte, and with everything added that can be. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/code.h"
#include "engine/engine.h"
#include "engine/rewrite.h"
#include "host/abi_gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* With the settings that guests meet: what they switch off is not known to the
 * rewriter either. */
static struct ln_engine *engine;

static bool is_valid(const uint8_t *bytes, size_t len)
{
	char *error;
	int code = ln_code_validate(engine, 0, bytes, len, &error);

	free(error);
	return code == 0;
}

/* Aborts when the result is not what it has to be. */
static void encode(const struct ln_rewrite *rewrite, const uint8_t *same,
		   size_t same_len, bool valid)
{
	uint8_t *bytes;
	size_t len;
	char *error;

	if (ln_rewrite_encode(rewrite, &bytes, &len, &error) != 0) {
		free(error);
		if (valid)
			abort();
		return;
	}
	if (same != NULL && (len != same_len || memcmp(bytes, same, len) != 0))
		abort();
	if (valid && !is_valid(bytes, len))
		abort();
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t end = 0x0b;
	const struct ln_rewrite_body body = { .code = &end, .code_len = 1 };
	struct ln_rewrite *rewrite;
	uint32_t type, function;
	bool valid;
	char *error;

	if (engine == NULL && ln_engine_new(ln_engine_default(), &ln_host_abi,
					    LN_PREEMPTION_SIGNAL, &engine) != 0)
		abort();
	if (ln_rewrite_new(data, size, (size_t)16 << 20, &rewrite, &error) !=
	    0) {
		free(error);
		return 0;
	}
	valid = is_valid(data, size);
	encode(rewrite, data, size, valid);
	if (ln_rewrite_add_type(rewrite, NULL, 0, NULL, 0, &type) == 0 &&
	    ln_rewrite_add_function(rewrite, type, &body, &function) == 0) {
		encode(rewrite, NULL, 0, valid);
		(void)ln_rewrite_copy(rewrite, function, &function);
		(void)ln_rewrite_replace(rewrite, function, &body);
		(void)ln_rewrite_find(rewrite, "main", 4, &function);
		(void)ln_rewrite_add_import(rewrite, "fuzz", 4, "added", 5,
					    type, &function);
		encode(rewrite, NULL, 0, valid);
	}
	ln_rewrite_free(rewrite);
	return 0;
}
