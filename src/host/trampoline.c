/* The slow paths of the generated trampolines: why a host call traps. */
#include "host/trampoline.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define TEXT 320

static bool record(const char *text, int len)
{
	if (len < 0)
		len = 0;
	ln_instance_record_trap(text, len < TEXT ? (size_t)len : TEXT - 1);
	return false;
}

LN_NOINLINE bool ln_host_raise(struct ln_guest *guest,
			       const struct ln_host_function *function,
			       int error)
{
	const char *reason = ln_error_text(error);
	char text[TEXT];

	ln_assert(error < 0);
	ln_assert(guest->instance == ln_instance_running());
	if (error == LN_EKILLED || error == LN_EEXIT) {
		guest->instance->host_stop = true;
		return record(reason, (int)strlen(reason));
	}
	if (error == LN_ETRAP && guest->trap_text != NULL)
		reason = guest->trap_text;
	return record(text, snprintf(text, sizeof(text), "%s (%s::%s)", reason,
				     function->module, function->name));
}

LN_NOINLINE bool ln_host_fault(struct ln_guest *guest,
			       const struct ln_host_function *function,
			       const char *argument)
{
	char text[TEXT];

	(void)guest;
	return record(text,
		      snprintf(text, sizeof(text),
			       "argument `%s` points outside of the "
			       "exported memory (%s::%s)",
			       argument, function->module, function->name));
}
