/* Ids of what was made and of errors. */
#include "host/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "process/environment.h"

int ln_host_missing(struct ln_guest *guest, const char *noun, uint64_t id)
{
	return ln_guest_trap(guest, "%s %llu does not exist", noun,
			     (unsigned long long)id);
}

int ln_host_add_scarce(struct ln_guest *guest, struct ln_handles *handles,
		       const char *noun, uint32_t most, void *value,
		       uint64_t *id)
{
	uint32_t limit = guest->environment->limits.max_handles;
	int error =
		ln_handles_add(handles, limit < most ? limit : most, value, id);

	if (error < 0)
		return ln_guest_trap(guest, "too many %s ids: %s", noun,
				     ln_error_text(error));
	return 0;
}

void ln_host_put_error(struct ln_guest *guest, uint8_t *id, const char *format,
		       ...)
{
	va_list arguments;
	char *text = NULL;
	uint64_t error;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	error = ln_guest_error(guest, "%s",
			       text != NULL ? text : ln_error_text(LN_ENOMEM));
	free(text);
	memcpy(id, &error, sizeof(error));
}
