/* lunatic::process: plugins of configurations. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "process/add_module.h"
#include "process/config.h"
#include "process/environment.h"
#include "process/plugin.h"
#include "process/plugin_new.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"

/* What it costs a metered guest, as for a module: instructions that take about
 * as long. */
#define PLUGIN_FUEL 110000
#define PLUGIN_FUEL_PER_BYTE 100

struct making {
	const struct ln_environment *environment; /* of the guest */
	struct ln_slice bytes;
	struct ln_plugin *plugin;
	char *text;
	int result;
};

static void make(void *argument)
{
	struct making *making = argument;

	making->result =
		ln_plugin_new(making->environment->runtime, making->environment,
			      NULL, making->bytes.data, making->bytes.len,
			      &making->plugin, &making->text);
}

static int fail(struct ln_guest *guest, const char *text, uint8_t *id,
		uint32_t *result)
{
	return ln_host_fail(guest, id, result,
			    "The plugin could not be added: %s", text);
}

int ln_host_process_add_plugin(struct ln_guest *guest, uint64_t config,
			       struct ln_slice plugin, uint8_t *id,
			       uint32_t *result)
{
	struct making making = { .environment = guest->environment,
				 .bytes = plugin };
	struct ln_config *value =
		ln_guest_get(guest, LN_RESOURCE_CONFIG, config);
	struct ln_runtime *runtime = guest->environment->runtime;
	uint64_t bytes;
	int error;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_CONFIG, config);
	ln_guest_pay(guest, PLUGIN_FUEL + plugin.len * PLUGIN_FUEL_PER_BYTE);
	/* There it is compiled, out of the sight of what orders modules; and it
	 * may be a large one. */
	error = ln_environment_enter_queue(guest->environment, LN_CODE_APART);
	if (error < 0)
		return error;
	error = ln_blocking_run(ln_sched_blocking(runtime->sched), make,
				&making);
	ln_environment_leave_queue(guest->environment, LN_CODE_APART);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		error = making.result;
	if (error < 0) {
		fail(guest,
		     making.text != NULL ? making.text : ln_error_text(error),
		     id, result);
		free(making.text);
		return 0;
	}
	error = LN_EMEMORY;
	bytes = ln_plugin_weight(making.plugin);
	if (ln_guest_keep(guest, bytes)) {
		value->kept += bytes;
		error = ln_config_add_plugin(value, making.plugin);
	}
	ln_plugin_release(making.plugin);
	if (error < 0)
		return fail(guest,
			    error == LN_ELIMIT ? "there are too many"
					       : ln_error_text(error),
			    id, result);
	ln_host_put_id(id, 0);
	*result = LN_HOST_DONE;
	return 0;
}
