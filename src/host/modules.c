/* Modules that guests add. */
#include "host/modules.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/instance.h"
#include "host/result.h"
#include "process/add_module.h"
#include "process/env_module.h"
#include "process/environment.h"

/* What it costs a metered guest: instructions that take about as long. */
#define MODULE_FUEL 10000
#define MODULE_FUEL_PER_BYTE 100

/* Adds it, and has the guest pay; *text: see ln_environment_add_module. */
static int add(struct ln_guest *guest, struct ln_environment *environment,
	       const uint8_t *bytes, size_t len, struct ln_module **module,
	       char **text)
{
	uint64_t plugin_fuel;
	int error;

	ln_guest_pay(guest, MODULE_FUEL + len * MODULE_FUEL_PER_BYTE);
	/* A guest may drop its own id only when this has returned. */
	error = ln_environment_add_charged(environment, bytes, len, module,
					   text, &plugin_fuel);
	ln_instance_resumed(guest->instance);
	ln_guest_pay(guest, plugin_fuel);
	return error;
}

int ln_host_add_module(struct ln_guest *guest,
		       struct ln_environment *environment, const uint8_t *bytes,
		       size_t len, uint8_t *id, uint32_t *result)
{
	struct ln_module *module;
	char *text;
	int error = add(guest, environment, bytes, len, &module, &text);

	if (error == 0)
		return ln_host_give(guest, LN_RESOURCE_MODULE, module, id,
				    result);
	if (error == LN_EKILLED) {
		free(text);
		return error;
	}
	ln_host_fail(guest, id, result, "%s",
		     text != NULL ? text : ln_error_text(error));
	free(text);
	return 0;
}

int ln_host_own_module(struct ln_guest *guest, struct ln_module **module)
{
	struct ln_module *from = *module;
	const uint8_t *bytes;
	size_t len;
	char *text;
	int error;

	if (from->environment == guest->environment)
		return 0;
	if (ln_module_is_remote(from)) {
		ln_module_release(from);
		return ln_guest_trap(guest, "the module is of another node");
	}
	bytes = ln_module_source(from, &len);
	error = add(guest, guest->environment, bytes, len, module, &text);
	ln_module_release(from);
	if (error < 0 && error != LN_EKILLED)
		error = ln_guest_trap(guest, "the module cannot be added: %s",
				      text != NULL ? text
						   : ln_error_text(error));
	if (error < 0)
		free(text);
	return error;
}
