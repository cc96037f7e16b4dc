/* Modules that guests add. */
#include "host/modules.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/instance.h"
#include "host/result.h"
#include "process/add_module.h"

/* What it costs a metered guest: instructions that take about as long. */
#define MODULE_FUEL 10000
#define MODULE_FUEL_PER_BYTE 100

int ln_host_add_module(struct ln_guest *guest,
		       struct ln_environment *environment, const uint8_t *bytes,
		       size_t len, uint8_t *id, uint32_t *result)
{
	struct ln_module *module;
	uint64_t plugin_fuel;
	char *text;
	int error;

	ln_guest_pay(guest, MODULE_FUEL + len * MODULE_FUEL_PER_BYTE);
	/* A guest may drop its own id only when this has returned. */
	error = ln_environment_add_charged(environment, bytes, len, &module,
					   &text, &plugin_fuel);
	ln_instance_resumed(guest->instance);
	ln_guest_pay(guest, plugin_fuel);
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
