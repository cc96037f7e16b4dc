/*
 * The way from a component's call to a function of WASI 0.2 and back.
 *
 * Threads: the one that runs the process, on its fiber.
 */
#include "host/wasi/p2/p2.h"

#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "host/trampoline.h"
#include "host/wasi/p2/table.h"
#include "host/wasi/wasi.h"
#include "sched/bulk.h"

bool ln_p2_enter(void *instance, void *data, uint32_t type, uint32_t options,
		 union ln_value *values, size_t count)
{
	const struct ln_component_function *function = data;
	struct ln_guest *guest = ln_host_guest();
	struct ln_p2_call call = {
		.guest = guest,
		.ops = guest->instance->class->components,
		.instance = instance,
		.values = values,
		.type = type,
		.options = options,
	};
	int error;

	(void)count;
	guest->calling = &function->host;
	error = ((ln_p2_function *)function->implementation)(&call);
	if (LN_UNLIKELY(call.texts != NULL))
		ln_p2_texts_free(&call);
	if (LN_LIKELY(error == 0))
		return ln_host_resume(guest);
	if (error == LN_P2_RAISED)
		return false;
	return ln_host_raise(guest, &function->host, error);
}

/* ---- Memory ---- */

/* Whether `len` bytes at an address that must be a multiple of `align` are in
 * the call's memory; where. */
static uint8_t *inside(struct ln_p2_call *call, uint32_t address, uint64_t len,
		       uint32_t align)
{
	const struct ln_component_view *view =
		call->ops->memory(call->instance, call->options);

	if (view == NULL || address % align != 0 || len > view->size ||
	    address > view->size - len)
		return NULL;
	return view->base + address;
}

int ln_p2_list(struct ln_p2_call *call, uint32_t address, uint32_t count,
	       uint32_t size, uint32_t align, uint8_t **at)
{
	uint64_t len = (uint64_t)count * size;

	*at = inside(call, address, len, align);
	if (*at == NULL)
		return ln_guest_trap(call->guest,
				     "a list is not inside the memory, or not "
				     "aligned");
	ln_guest_charge(call->guest, len);
	return 0;
}

int ln_p2_result(struct ln_p2_call *call, unsigned index, uint32_t size,
		 uint32_t align, uint8_t **at)
{
	*at = inside(call, ln_p2_u32(call, index), size, align);
	if (*at == NULL)
		return ln_guest_trap(call->guest,
				     "the result's place is not inside the "
				     "memory, or not aligned");
	memset(*at, 0, size);
	return 0;
}

int ln_p2_allocate(struct ln_p2_call *call, uint32_t align, uint64_t len,
		   uint32_t *address)
{
	if (len > INT32_MAX)
		return ln_guest_trap(call->guest,
				     "the result is too large for the guest's "
				     "memory");
	return call->ops->allocate(call->instance, call->options, align,
				   (uint32_t)len, address)
		       ? 0
		       : LN_P2_RAISED;
}

int ln_p2_bytes(struct ln_p2_call *call, const void *bytes, size_t len,
		uint32_t *address)
{
	uint8_t *at;
	int error = ln_p2_allocate(call, 1, len, address);

	if (error == 0)
		error = ln_p2_list(call, *address, (uint32_t)len, 1, 1, &at);
	if (error == 0 && len > 0)
		ln_bulk_copy(at, bytes, len);
	return error;
}

int ln_p2_answer_list(struct ln_p2_call *call, unsigned index, uint32_t address,
		      uint32_t len)
{
	uint8_t *at;
	int error = ln_p2_result(call, index, 8, 4, &at);

	if (error != 0)
		return error;
	ln_wasi_store32(at, address);
	ln_wasi_store32(at + 4, len);
	return 0;
}

/* ---- Handles ---- */

int ln_p2_give(struct ln_p2_call *call, const struct ln_p2_resource *resource,
	       uint32_t *handle)
{
	uint32_t handles =
		call->ops->handles(call->instance, call->type, resource->kind);
	uint32_t number;
	int error = ln_p2_add(call->guest, resource, &number);

	if (error != 0) {
		ln_p2_release(call->guest, resource);
		return ln_guest_trap(call->guest,
				     error == LN_ELIMIT
					     ? "the process holds too many "
					       "resources"
					     : "out of memory");
	}
	if (call->ops->handle_new(call->instance, handles, number, handle))
		return 0;
	ln_p2_remove(call->guest, number);
	return LN_P2_RAISED;
}

int ln_p2_return(struct ln_p2_call *call, const struct ln_p2_resource *resource)
{
	uint32_t handle = 0;
	int error = ln_p2_give(call, resource, &handle);

	if (error == 0)
		call->values[0].i32 = (int32_t)handle;
	return error;
}

int ln_p2_get(struct ln_p2_call *call, uint32_t kind, uint32_t handle,
	      struct ln_p2_resource **resource)
{
	uint32_t handles = call->ops->handles(call->instance, call->type, kind);
	uint32_t number;

	if (!call->ops->handle_get(call->instance, handles, handle, &number))
		return LN_P2_RAISED;
	*resource = ln_p2_find(call->guest, number);
	/* The engine has compared the types. */
	ln_assert(*resource != NULL && (*resource)->kind == kind);
	return 0;
}

bool ln_p2_drop(void *callee, void *caller, union ln_value *values,
		size_t count)
{
	struct ln_guest *guest = ln_host_guest();

	(void)callee;
	(void)caller;
	(void)count;
	ln_p2_remove(guest, (uint32_t)values[0].i32);
	return ln_host_resume(guest);
}

/* ---- Results of streams ---- */

enum stream_error { OPERATION_FAILED = 0, CLOSED = 1 };

int ln_p2_stream_error(struct ln_p2_call *call, unsigned index, uint32_t size,
		       uint32_t align, uint32_t offset, int number)
{
	const struct ln_p2_resource resource = {
		.kind = LN_P2_ERROR,
		.fd = UINT32_MAX,
		.number = number,
	};
	uint32_t handle = 0;
	uint8_t *at;
	int error = ln_p2_result(call, index, size, align, &at);

	if (error == 0 && number != 0)
		error = ln_p2_give(call, &resource, &handle);
	if (error != 0)
		return error;
	at[0] = 1;
	at[offset] = number != 0 ? OPERATION_FAILED : CLOSED;
	ln_wasi_store32(at + offset + 4, handle);
	return 0;
}
