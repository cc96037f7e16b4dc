/* Ids of what guests hold and of errors. */
#include "host/result.h"

#include <stdarg.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/utf8.h"

int ln_host_check_text(struct ln_guest *guest, const char *noun,
		       struct ln_slice text, size_t max)
{
	if (text.len <= max && !ln_utf8_valid(text.data, text.len))
		return ln_guest_trap(guest, "the %s is not UTF-8", noun);
	return 0;
}

LN_NOINLINE int ln_host_missing(struct ln_guest *guest,
				enum ln_resource_kind kind, uint64_t id)
{
	return ln_guest_trap(guest, "%s %llu does not exist",
			     ln_resource_class(kind)->noun,
			     (unsigned long long)id);
}

LN_NOINLINE static int too_many(struct ln_guest *guest,
				enum ln_resource_kind kind, int error)
{
	return ln_guest_trap(guest, "too many %s ids: %s",
			     ln_resource_class(kind)->noun,
			     ln_error_text(error));
}

int ln_host_check_room(struct ln_guest *guest, enum ln_resource_kind kind)
{
	if (LN_LIKELY(ln_guest_has_room(guest, kind)))
		return 0;
	return too_many(guest, kind, LN_ELIMIT);
}

int ln_host_add(struct ln_guest *guest, enum ln_resource_kind kind, void *value,
		uint64_t *id)
{
	const struct ln_resource_class *class = ln_resource_class(kind);
	int error = ln_guest_add(guest, kind, value, id);

	if (LN_LIKELY(error == 0))
		return 0;
	class->release(value);
	/* Then it is not the ids that are too many. */
	if (error == LN_EMEMORY && class->weight != NULL)
		return error;
	return too_many(guest, kind, error);
}

int ln_host_give(struct ln_guest *guest, enum ln_resource_kind kind,
		 void *value, uint8_t *id, uint32_t *result)
{
	uint64_t made;
	int error = ln_host_add(guest, kind, value, &made);

	if (error < 0)
		return error;
	ln_host_put_id(id, made);
	*result = LN_HOST_DONE;
	return 0;
}

int ln_host_clone(struct ln_guest *guest, enum ln_resource_kind kind,
		  uint64_t id, uint64_t *result)
{
	void *value = ln_guest_get(guest, kind, id);

	if (value == NULL)
		return ln_host_missing(guest, kind, id);
	return ln_host_add(guest, kind, ln_resource_class(kind)->retain(value),
			   result);
}

int ln_host_drop(struct ln_guest *guest, enum ln_resource_kind kind,
		 uint64_t id)
{
	if (LN_UNLIKELY(!ln_guest_drop(guest, kind, id)))
		return ln_host_missing(guest, kind, id);
	return 0;
}

int ln_host_fail(struct ln_guest *guest, uint8_t *id, uint32_t *result,
		 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	ln_host_put_id(id, ln_guest_error(guest, format, arguments));
	va_end(arguments);
	*result = LN_HOST_FAILED;
	return 0;
}
