/* What spawning is for guests of each generation. */
#include "host/spawn.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/module.h"
#include "host/result.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/wasm.h"

/* What making a process costs a metered guest. */
#define SPAWN_FUEL 1000

int ln_host_check_spawn(struct ln_guest *guest,
			const struct ln_host_spawn *spawn)
{
	struct ln_slice params = spawn->params;

	if (guest->environment->denied & LN_DENIED_SPAWN)
		return ln_guest_trap(guest, "Process doesn't have permissions "
					    "to spawn sub-processes");
	if (!guest->initialized)
		return ln_guest_trap(guest, "Cannot spawn process during "
					    "module initialization");
	if (!ln_utf8_valid(spawn->function.data, spawn->function.len))
		return ln_guest_trap(guest, "the function's name is not UTF-8");
	if (ln_params_check(params.data, params.len) < 0)
		return ln_guest_trap(guest,
				     "the parameters are not a sequence of a "
				     "type (0x7f, 0x7e or 0x7b) and 16 bytes");
	return 0;
}

int ln_host_try_spawn(struct ln_guest *guest, const struct ln_host_spawn *from,
		      struct ln_process **process, char **text)
{
	struct ln_spawn spawn = {
		.module = from->module,
		.function = (const char *)from->function.data,
		.function_len = from->function.len,
		.params = from->params.data,
		.params_len = from->params.len,
		.caller = guest->process,
		.parent = guest->process,
		.link_tag = from->link,
		/* What it says of its own code holds for that. */
		.as_it_is = from->module == guest->module,
		.before = from->before,
		.argument = from->argument,
	};
	int error = ln_host_check_spawn(guest, from);

	*process = NULL;
	*text = NULL;
	if (error < 0)
		return error;
	ln_guest_pay(guest, SPAWN_FUEL);
	if (!ln_module_is_remote(from->module))
		ln_guest_charge(
			guest, ln_compiled_written_bytes(from->module->module));
	error = ln_wasm_spawn(&spawn, process, text);
	if (error == LN_EKILLED || error > 0) {
		free(*text);
		return error;
	}
	if (error < 0 && *text == NULL)
		*text = strdup(ln_error_text(error));
	return 0;
}

int ln_host_spawn(struct ln_guest *guest, const struct ln_host_spawn *from,
		  struct ln_process **process, uint8_t *id, uint32_t *result)
{
	char *text;
	int error = ln_host_try_spawn(guest, from, process, &text);

	if (error != 0)
		return error;
	if (*process == NULL)
		ln_host_fail(guest, id, result, "%s",
			     text != NULL ? text : ln_error_text(LN_ENOMEM));
	free(text);
	return 0;
}
