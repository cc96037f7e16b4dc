/* What host functions share: traps, guest memory, error texts. */
#include "process/guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/instance.h"
#include "process/environment.h"

int ln_guest_trap(struct ln_guest *guest, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	free(guest->trap_text);
	guest->trap_text = text;
	return LN_ETRAP;
}

uint8_t *ln_guest_memory(struct ln_guest *guest, uint32_t address, uint64_t len)
{
	uint8_t *base;
	uint64_t size;

	if (!ln_instance_view(guest->instance, &base, &size))
		return NULL;
	if (address > size || len > size - address)
		return NULL;
	return base + address;
}

static char no_memory[] = "out of memory";

void ln_guest_free_error(void *error)
{
	if (error != no_memory)
		free(error);
}

/* Ids count up, so each is looked at once in the life of the guest. */
static void drop_oldest_error(struct ln_guest *guest)
{
	void *text = NULL;

	while (text == NULL && guest->oldest_error < guest->errors.next_id)
		text = ln_handles_remove(&guest->errors, guest->oldest_error++);
	if (text != NULL)
		ln_guest_free_error(text);
}

void ln_guest_pay(struct ln_guest *guest, uint64_t fuel)
{
	if (guest->metered && fuel > 0)
		ln_instance_burn(guest->instance, fuel);
}

uint64_t ln_guest_error(struct ln_guest *guest, const char *format, ...)
{
	va_list arguments;
	uint32_t most = guest->environment->limits.max_handles;
	char *text = NULL;
	uint64_t id = UINT64_MAX;

	if (most > LN_GUEST_MOST_ERRORS)
		most = LN_GUEST_MOST_ERRORS;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = no_memory;
	va_end(arguments);
	if (guest->errors.live >= most)
		drop_oldest_error(guest);
	if (ln_handles_add(&guest->errors, most, text, &id) < 0)
		ln_guest_free_error(text);
	return id;
}
