/* What host functions share: traps, guest memory, error texts. */
#include "process/guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/instance.h"
#include "process/environment.h"

int ln_guest_trap(struct ln_guest *guest, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	ln_text_vformat(&text, format, arguments);
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

bool ln_guest_keep(struct ln_guest *guest, uint64_t bytes)
{
	if (guest->instance == NULL)
		return true;
	if (!ln_instance_charge(guest->instance, bytes))
		return false;
	guest->kept += bytes;
	return true;
}

void ln_guest_keep_anyway(struct ln_guest *guest, uint64_t bytes)
{
	if (guest->instance == NULL)
		return;
	ln_instance_add(guest->instance, bytes);
	guest->kept += bytes;
}

void ln_guest_forget(struct ln_guest *guest, uint64_t bytes)
{
	if (guest->instance == NULL)
		return;
	ln_instance_refund(guest->instance, bytes);
	guest->kept -= bytes;
}

void ln_guest_forget_all(struct ln_guest *guest)
{
	ln_guest_forget(guest, guest->kept);
}

/* What an allocator adds to a text, about. */
#define ALLOCATED 16

static char no_memory[] = "out of memory";
static char no_room[] =
	"the text of this error did not fit into the memory that the "
	"process may use";

static bool is_fixed(const char *text)
{
	return text == no_memory || text == no_room;
}

void ln_guest_free_error(void *error)
{
	if (!is_fixed(error))
		free(error);
}

/* What an error counts for. */
static uint64_t error_bytes(const char *text)
{
	return is_fixed(text) ? 0 : strlen(text) + 1 + ALLOCATED;
}

void ln_guest_drop_error(struct ln_guest *guest, void *error)
{
	uint64_t bytes = error_bytes(error);

	guest->error_bytes -= bytes;
	ln_guest_forget(guest, bytes);
	ln_guest_free_error(error);
}

/* Ids count up, so each is looked at once in the life of the guest. */
static void drop_oldest_error(struct ln_guest *guest)
{
	void *text = NULL;

	while (text == NULL && guest->oldest_error < guest->errors.next_id)
		text = ln_handles_remove(&guest->errors, guest->oldest_error++);
	if (text != NULL)
		ln_guest_drop_error(guest, text);
}

/* Cleans a text, cuts it if it is too long, between characters, and says so at
 * its end. Takes the text over. */
static char *shorten(char *text)
{
	static const char note[] = " ... (the rest is left out)";
	size_t end = LN_GUEST_MOST_ERROR_TEXT - sizeof(note);
	char *shorter;

	text[ln_text_clean(text, strlen(text), true)] = '\0';
	if (strlen(text) < LN_GUEST_MOST_ERROR_TEXT)
		return text;
	end = ln_text_cut(text, strlen(text), end);
	memcpy(text + end, note, sizeof(note));
	shorter = realloc(text, end + sizeof(note));
	return shorter != NULL ? shorter : text;
}

/* Makes room for a text among the others, and counts it; false: there is none.
 */
static bool keep_error(struct ln_guest *guest, const char *text)
{
	uint64_t bytes = error_bytes(text);

	while (guest->error_bytes + bytes > LN_GUEST_MOST_ERROR_BYTES)
		drop_oldest_error(guest);
	while (!ln_guest_keep(guest, bytes)) {
		if (guest->errors.live == 0)
			return false;
		drop_oldest_error(guest);
	}
	guest->error_bytes += bytes;
	return true;
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
	/* Parts of it may come from other guests, modules and nodes. */
	if (text != no_memory)
		text = shorten(text);
	if (guest->errors.live >= most)
		drop_oldest_error(guest);
	if (!keep_error(guest, text)) {
		ln_guest_free_error(text);
		text = no_room;
	}
	if (ln_handles_add(&guest->errors, most, text, &id) < 0)
		ln_guest_drop_error(guest, text);
	return id;
}
