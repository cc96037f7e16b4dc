/* The slow paths of the generated trampolines: why a host call traps. */
#include "host/trampoline.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/instance.h"

#define TEXT 320

bool ln_guest_view(struct ln_guest *guest, uint8_t **base, uint64_t *size)
{
	return ln_instance_view(guest->instance, base, size);
}

static wasm_trap_t *make_trap(const char *text, int len)
{
	if (len < 0)
		len = 0;
	return wasmtime_trap_new(text, len < TEXT ? (size_t)len : TEXT - 1);
}

LN_NOINLINE wasm_trap_t *ln_host_raise(struct ln_guest *guest,
				       const struct ln_host_function *function,
				       int error)
{
	const char *reason = ln_error_text(error);
	char text[TEXT];

	if (error == LN_EKILLED || error == LN_EEXIT) {
		guest->instance->host_stop = true;
		return wasmtime_trap_new("stopped", strlen("stopped"));
	}
	if (error == LN_ETRAP && guest->trap_text != NULL)
		reason = guest->trap_text;
	return make_trap(text,
			 snprintf(text, sizeof(text), "%s (%s::%s)", reason,
				  function->module, function->name));
}

LN_NOINLINE wasm_trap_t *ln_host_fault(struct ln_guest *guest,
				       const struct ln_host_function *function,
				       const char *argument)
{
	char text[TEXT];

	(void)guest;
	return make_trap(text,
			 snprintf(text, sizeof(text),
				  "argument `%s` points outside of the "
				  "exported memory (%s::%s)",
				  argument, function->module, function->name));
}
