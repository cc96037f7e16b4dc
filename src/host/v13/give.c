/* Bytes in memory that the guest allocates. */
#include "host/v13/give.h"

#include <string.h>

#include "base/error.h"
#include "engine/instance.h"
#include "engine/value.h"
#include "sched/bulk.h"

#define EXPORT "lunatic_alloc"

static const struct ln_entry *find(struct ln_guest *guest)
{
	return ln_instance_export(guest->instance, EXPORT, "i", 'i');
}

int ln_v13_check_give(struct ln_guest *guest, uint32_t len_address)
{
	if (ln_guest_memory(guest, len_address, sizeof(uint32_t)) == NULL)
		return ln_guest_trap(guest, "the length would be outside of "
					    "the exported memory");
	if (find(guest) == NULL)
		return ln_guest_trap(guest, "the module exports no function "
					    "`" EXPORT "` of type (i32) -> i32 "
					    "to allocate the result with");
	return 0;
}

/* The trap, or end, of a guest that did not allocate. */
static int refuse(struct ln_guest *guest, int error)
{
	switch (error) {
	case LN_ETRAP:
	case LN_ELIMIT:
		/* A host function that trapped in there has left its text. */
		if (guest->trap_text != NULL)
			return LN_ETRAP;
		return ln_guest_trap(guest, "`" EXPORT "` trapped");
	case LN_EFULL:
		return ln_guest_trap(guest,
				     "more than %d calls within each other",
				     LN_INSTANCE_REENTRIES);
	case LN_EINVAL:
		return ln_guest_trap(guest,
				     "the module is still being instantiated");
	default:
		return error;
	}
}

int ln_v13_give_bytes(struct ln_guest *guest, const void *bytes, size_t len,
		      uint32_t len_address, uint32_t *result)
{
	union ln_value values[1] = { { .i32 = (int32_t)len } };
	uint32_t number = (uint32_t)len;
	uint8_t *to;
	uint8_t *at;
	int error = ln_v13_check_give(guest, len_address);

	if (error < 0)
		return error;
	if (len > INT32_MAX)
		return ln_guest_trap(guest, "the result is too long for the "
					    "memory of the process");
	ln_guest_charge(guest, len);
	error = ln_instance_reenter(guest->instance, find(guest), values, NULL);
	if (error < 0)
		return refuse(guest, error);
	to = ln_guest_memory(guest, (uint32_t)values[0].i32, len);
	at = ln_guest_memory(guest, len_address, sizeof(number));
	if (to == NULL || at == NULL)
		return ln_guest_trap(guest,
				     "`" EXPORT "` has given %zu bytes that "
				     "are outside of the exported memory",
				     len);
	if (len > 0)
		ln_bulk_copy(to, bytes, len);
	memcpy(at, &number, sizeof(number));
	*result = (uint32_t)values[0].i32;
	return 0;
}
