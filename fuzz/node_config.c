/* Configurations of other nodes: any bytes. What is read is a configuration
 * that can be written and read again, but for its plugins, which are not
 * compiled here. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/codec.h"
#include "node/config.h"
#include "process/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ln_decoder decoder = { .data = data, .len = size };
	struct ln_packed_plugins plugins;
	struct ln_bytes body = LN_ENCODED_INIT;
	struct ln_packed_plugins again;
	struct ln_config *config;
	struct ln_config *copy;

	if (ln_config_decode(&decoder, &config, &plugins) < 0)
		return 0;
	if (ln_config_encode(config, &body) < 0 || body.error != 0)
		abort();
	decoder = (struct ln_decoder){ .data = body.data, .len = body.len };
	if (ln_config_decode(&decoder, &copy, &again) < 0)
		abort();
	if (memcmp(&copy->limits, &config->limits, sizeof(copy->limits)) != 0 ||
	    copy->bytes != config->bytes || again.count != 0)
		abort();
	ln_config_free(copy);
	ln_config_free(config);
	ln_bytes_deinit(&body);
	return 0;
}
