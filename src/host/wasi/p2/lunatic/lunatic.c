/*
 * The encoding of processes and messages.
 *
 * Threads: the one that runs the process.
 */
#include "host/wasi/p2/lunatic/lunatic.h"

#include <limits.h>

#include "base/error.h"
#include "host/abi_gen.h"
#include "host/messages.h"
#include "host/result.h"
#include "host/wasi/wasi.h"
#include "process/message.h"
#include "process/process.h"
#include "sched/task.h"

#define HANDLE_SIZE 4u
#define REST_AFTER 256 /* handles */

/* ---- Processes ---- */

int ln_p2_process(struct ln_p2_call *call, unsigned index,
		  struct ln_process **process)
{
	struct ln_p2_resource *resource;
	int error = ln_p2_get(call, LN_P2_PROCESS, ln_p2_u32(call, index),
			      &resource);

	*process = error == 0 ? resource->process : NULL;
	return error;
}

int ln_p2_give_process(struct ln_p2_call *call, struct ln_process *process,
		       uint32_t *handle)
{
	const struct ln_p2_resource resource = {
		.kind = LN_P2_PROCESS,
		.fd = UINT32_MAX,
		.process = process,
	};

	return ln_p2_give(call, &resource, handle);
}

int ln_p2_return_process(struct ln_p2_call *call, struct ln_process *process)
{
	uint32_t handle = 0;
	int error = ln_p2_give_process(call, process, &handle);

	if (error == 0)
		call->values[0].i32 = (int32_t)handle;
	return error;
}

/* ---- Messages, from the guest ---- */

/* Adds the process behind one of a list of handles to the scratch area. */
static int push_process(struct ln_p2_call *call, const uint8_t *handle,
			uint32_t handles)
{
	const struct ln_p2_resource *resource;
	uint64_t index;
	uint32_t number;

	if (!call->ops->handle_get(call->instance, handles,
				   ln_wasi_load32(handle), &number))
		return LN_P2_RAISED;
	resource = ln_p2_find(call->guest, number);
	/* The engine has compared the types. */
	ln_assert(resource != NULL && resource->kind == LN_P2_PROCESS);
	return ln_host_push_value(call->guest, LN_RESOURCE_PROCESS,
				  ln_process_retain(resource->process), &index);
}

static int push_processes(struct ln_p2_call *call, unsigned list)
{
	uint32_t count = ln_p2_u32(call, list + 1);
	uint32_t handles;
	uint8_t *at;
	int error = ln_p2_list(call, ln_p2_u32(call, list), count, HANDLE_SIZE,
			       HANDLE_SIZE, &at);

	handles = call->ops->handles(call->instance, call->type, LN_P2_PROCESS);
	for (uint32_t i = 0; i < count && error == 0; i++) {
		error = push_process(call, at + (size_t)i * HANDLE_SIZE,
				     handles);
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
	}
	return error;
}

int ln_p2_compose(struct ln_p2_call *call, int64_t tag, struct ln_slice head,
		  unsigned data, unsigned processes)
{
	struct ln_guest *guest = call->guest;
	struct ln_slice bytes = { .len = ln_p2_u32(call, data + 1) };
	uint32_t written;
	uint8_t *at;
	int error = ln_p2_list(call, ln_p2_u32(call, data), (uint32_t)bytes.len,
			       1, 1, &at);

	if (error == 0)
		error = ln_host_message_create_data(guest, tag,
						    head.len + bytes.len);
	if (error == 0)
		error = ln_host_message_write_data(guest, head, &written);
	bytes.data = at;
	if (error == 0)
		error = ln_host_message_write_data(guest, bytes, &written);
	if (error == 0 && processes != LN_P2_NO_PROCESSES)
		error = push_processes(call, processes);
	return error;
}

int64_t ln_p2_timeout(const struct ln_p2_call *call, unsigned index)
{
	return ln_p2_u32(call, index) != 0
		       ? ln_time_after_ms(ln_p2_u64(call, index + 1))
		       : LN_NEVER;
}

/* ---- Messages, to the guest ---- */

int ln_p2_pass_bytes(struct ln_p2_call *call, const uint8_t *bytes, size_t len,
		     uint32_t list[2])
{
	list[1] = (uint32_t)len;
	return ln_p2_bytes(call, bytes, len, &list[0]);
}

static uint32_t count_processes(const struct ln_message *message)
{
	const struct ln_resource_class *class =
		ln_resource_class(LN_RESOURCE_PROCESS);
	uint32_t count = 0;

	for (uint32_t i = 0; i < message->resource_count; i++)
		count += message->resources[i].class == class;
	return count;
}

int ln_p2_pass_processes(struct ln_p2_call *call, struct ln_message *message,
			 uint32_t list[2])
{
	const struct ln_resource_class *class =
		ln_resource_class(LN_RESOURCE_PROCESS);
	uint8_t *at;
	int error;

	list[0] = HANDLE_SIZE;
	list[1] = count_processes(message);
	if (list[1] == 0)
		return 0;
	error = ln_p2_allocate(call, HANDLE_SIZE,
			       (uint64_t)list[1] * HANDLE_SIZE, &list[0]);
	if (error == 0)
		error = ln_p2_list(call, list[0], list[1], HANDLE_SIZE,
				   HANDLE_SIZE, &at);
	for (uint32_t i = 0; i < message->resource_count && error == 0; i++) {
		struct ln_process *process = ln_message_take(message, class, i);
		uint32_t handle = 0;

		if (process == NULL)
			continue;
		error = ln_p2_give_process(call, process, &handle);
		ln_wasi_store32(at, handle);
		at += HANDLE_SIZE;
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
	}
	return error;
}

void ln_p2_store_list(uint8_t *at, const uint32_t list[2])
{
	ln_wasi_store32(at, list[0]);
	ln_wasi_store32(at + 4, list[1]);
}
