/* What host functions share: traps, guest memory, what is held by ids, error
 * texts. */
#include "process/guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
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
	if (guest->processes.charged == NULL)
		return true;
	if (!ln_instance_charge(guest->processes.charged, bytes))
		return false;
	guest->kept += bytes;
	return true;
}

void ln_guest_keep_anyway(struct ln_guest *guest, uint64_t bytes)
{
	if (guest->processes.charged == NULL)
		return;
	ln_instance_add(guest->processes.charged, bytes);
	guest->kept += bytes;
}

void ln_guest_forget(struct ln_guest *guest, uint64_t bytes)
{
	if (guest->processes.charged == NULL)
		return;
	ln_assert(guest->kept >= bytes);
	ln_instance_refund(guest->processes.charged, bytes);
	guest->kept -= bytes;
}

void ln_guest_forget_all(struct ln_guest *guest)
{
	ln_guest_forget(guest, guest->kept);
}

void ln_guest_init_tables(struct ln_guest *guest)
{
	guest->processes.charged = guest->instance;
}

/* Most guests hold processes and nothing else. */
static struct ln_handles *make_table(struct ln_guest *guest,
				     enum ln_resource_kind kind)
{
	struct ln_handles *table = ln_guest_table(guest, kind);

	if (LN_LIKELY(table != NULL))
		return table;
	guest->others = calloc(LN_RESOURCE_KINDS - 1, sizeof(*guest->others));
	if (guest->others == NULL)
		return NULL;
	for (unsigned i = 0; i < LN_RESOURCE_KINDS - 1; i++)
		guest->others[i].charged = guest->processes.charged;
	return ln_guest_table(guest, kind);
}

void ln_guest_deinit_tables(struct ln_guest *guest)
{
	ln_handles_deinit(&guest->processes,
			  ln_resource_class(LN_RESOURCE_PROCESS)->release);
	if (guest->others == NULL)
		return;
	for (unsigned kind = 1; kind < LN_RESOURCE_KINDS; kind++)
		ln_handles_deinit(&guest->others[kind - 1],
				  ln_resource_class(kind)->release);
	free(guest->others);
	guest->others = NULL;
}

static uint32_t held(const struct ln_guest *guest, enum ln_resource_kind kind)
{
	const struct ln_handles *table = ln_guest_table(guest, kind);

	return table != NULL ? ln_handles_count(table) : 0;
}

/* How many it may hold. */
static uint32_t max_held(const struct ln_guest *guest,
			 enum ln_resource_kind kind)
{
	uint32_t handles = guest->environment->limits.max_handles;
	uint32_t max = ln_resource_class(kind)->max;

	return handles < max ? handles : max;
}

bool ln_guest_has_room(const struct ln_guest *guest, enum ln_resource_kind kind)
{
	return held(guest, kind) < max_held(guest, kind);
}

static uint64_t weight(enum ln_resource_kind kind, const void *value)
{
	const struct ln_resource_class *class = ln_resource_class(kind);

	return class->weight != NULL ? class->weight(value) : 0;
}

/* What is no longer held no longer counts. */
static void forget(struct ln_guest *guest, enum ln_resource_kind kind,
		   const void *value)
{
	uint64_t bytes = weight(kind, value);

	if (bytes > 0)
		ln_guest_forget(guest, bytes);
	if (kind == LN_RESOURCE_ERROR) {
		ln_assert(guest->error_bytes >= bytes);
		guest->error_bytes -= bytes;
	}
}

int ln_guest_add(struct ln_guest *guest, enum ln_resource_kind kind,
		 void *value, uint64_t *id)
{
	struct ln_handles *table = make_table(guest, kind);
	uint64_t bytes = weight(kind, value);
	int error;

	ln_assert(kind != LN_RESOURCE_ERROR); /* see ln_guest_error */
	if (table == NULL)
		return LN_ENOMEM;
	if (bytes > 0 && !ln_guest_keep(guest, bytes))
		return LN_EMEMORY;
	error = ln_handles_add(table, max_held(guest, kind), value, id);
	if (error < 0)
		forget(guest, kind, value);
	return error;
}

void *ln_guest_remove(struct ln_guest *guest, enum ln_resource_kind kind,
		      uint64_t id)
{
	struct ln_handles *table = ln_guest_table(guest, kind);
	void *value = table != NULL ? ln_handles_remove(table, id) : NULL;

	if (value != NULL)
		forget(guest, kind, value);
	return value;
}

bool ln_guest_drop(struct ln_guest *guest, enum ln_resource_kind kind,
		   uint64_t id)
{
	void *value = ln_guest_remove(guest, kind, id);

	if (value == NULL)
		return false;
	ln_resource_class(kind)->release(value);
	return true;
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

uint64_t ln_guest_error_weight(const void *error)
{
	return is_fixed(error) ? 0 : strlen(error) + 1 + ALLOCATED;
}

/* Ids count up, so each is looked at once in the life of the guest. */
static void drop_oldest_error(struct ln_guest *guest)
{
	const struct ln_handles *errors =
		ln_guest_table(guest, LN_RESOURCE_ERROR);
	uint64_t end = errors != NULL ? errors->next_id : 0;

	while (guest->oldest_error < end) {
		uint64_t id = guest->oldest_error++;

		if (ln_guest_drop(guest, LN_RESOURCE_ERROR, id))
			break;
	}
}

/* Cleans a text, cuts it if it is too long, between characters, and says so at
 * its end. Takes the text over. */
static char *shorten(char *text)
{
	static const char note[] = " ... (the rest is left out)";
	size_t end = LN_GUEST_MAX_ERROR_TEXT - sizeof(note);
	char *shorter;

	text[ln_text_clean(text, strlen(text), true)] = '\0';
	if (strlen(text) < LN_GUEST_MAX_ERROR_TEXT)
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
	uint64_t bytes = ln_guest_error_weight(text);

	while (guest->error_bytes + bytes > LN_GUEST_MAX_ERROR_BYTES)
		drop_oldest_error(guest);
	while (!ln_guest_keep(guest, bytes)) {
		if (held(guest, LN_RESOURCE_ERROR) == 0)
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

uint64_t ln_guest_error(struct ln_guest *guest, const char *format,
			va_list arguments)
{
	struct ln_handles *errors = make_table(guest, LN_RESOURCE_ERROR);
	uint32_t max = max_held(guest, LN_RESOURCE_ERROR);
	char *text = NULL;
	uint64_t id = UINT64_MAX;

	if (vasprintf(&text, format, arguments) < 0)
		text = no_memory;
	/* Parts of it may come from other guests, modules and nodes. */
	if (text != no_memory)
		text = shorten(text);
	if (!ln_guest_has_room(guest, LN_RESOURCE_ERROR))
		drop_oldest_error(guest);
	if (!keep_error(guest, text)) {
		ln_guest_free_error(text);
		text = no_room;
	}
	if (errors == NULL || ln_handles_add(errors, max, text, &id) < 0) {
		forget(guest, LN_RESOURCE_ERROR, text);
		ln_guest_free_error(text);
	}
	return id;
}
