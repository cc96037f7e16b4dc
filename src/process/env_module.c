/* Modules of environments. */
#include "process/env_module.h"

#include <stdlib.h>

#include "base/refs.h"
#include "engine/module.h"
#include "process/environment.h"
#include "process/remote_environment.h"

const uint8_t *ln_module_source(const struct ln_module *module, size_t *len)
{
	if (module->source == NULL)
		return ln_compiled_bytes(module->module, len);
	*len = module->source_len;
	return module->source;
}

struct ln_module *ln_module_retain(struct ln_module *module)
{
	ln_refs_retain(&module->references);
	return module;
}

uint64_t ln_module_weight(const struct ln_module *module)
{
	return sizeof(*module) + module->source_len +
	       ln_compiled_weight(module->module);
}

void ln_module_release(struct ln_module *module)
{
	struct ln_environment *environment;

	if (!ln_refs_release(&module->references))
		return;
	if (ln_module_is_remote(module)) {
		module->environment->remote->free_module(module);
		return;
	}
	environment = module->environment;
	ln_code_share_release(&environment->shares, environment->charged,
			      module->share);
	ln_account_refund(environment->charged, NULL, module->kept);
	/* The code goes before the linker that it was checked against. */
	ln_compiled_release(module->module);
	ln_environment_release(module->environment);
	free(module->source);
	free(module);
}
