/* lunatic::message: as that of 0.7, with processes by ids, and modules. */
#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/messages.h"
#include "host/modules.h"
#include "host/result.h"
#include "host/v13/find.h"
#include "process/env_module.h"
#include "process/monitors.h"

int ln_host_v13_message_get_tag(struct ln_guest *guest, uint64_t *result)
{
	const struct ln_message *message = guest->scratch;

	if (message == NULL)
		return ln_host_no_message(guest);
	/* That of a monitor is none that the guest knows. */
	*result =
		message->kind == LN_MESSAGE_ENDED ? 0 : (uint64_t)message->tag;
	return 0;
}

int ln_host_v13_message_get_process_id(struct ln_guest *guest, uint64_t *result)
{
	if (guest->scratch == NULL)
		return ln_host_no_message(guest);
	*result = ln_message_ended(guest->scratch);
	return 0;
}

int ln_host_v13_message_push_module(struct ln_guest *guest, uint64_t module,
				    uint64_t *result)
{
	struct ln_module *value =
		ln_guest_get(guest, LN_RESOURCE_MODULE, module);

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_MODULE, module);
	if (ln_module_is_remote(value))
		return ln_guest_trap(guest, "the module is of another node");
	return ln_host_push_value(guest, LN_RESOURCE_MODULE,
				  ln_module_retain(value), result);
}

int ln_host_v13_message_take_module(struct ln_guest *guest, uint64_t index,
				    uint64_t *result)
{
	struct ln_module *module;
	int error = ln_host_check_room(guest, LN_RESOURCE_MODULE);

	if (error < 0)
		return error;
	module = ln_host_take_value(guest, LN_RESOURCE_MODULE, index);
	if (module == NULL)
		return LN_ETRAP;
	error = ln_host_own_module(guest, &module);
	if (error < 0)
		return error;
	return ln_host_add(guest, LN_RESOURCE_MODULE, module, result);
}

int ln_host_v13_message_push_process(struct ln_guest *guest, uint64_t process,
				     uint64_t *result)
{
	struct ln_process *value;

	if (ln_host_scratch_data(guest) == NULL)
		return ln_host_no_message(guest);
	value = ln_v13_find(guest, process);
	*result = UINT64_MAX;
	if (value == NULL)
		return 0;
	return ln_host_push_value(guest, LN_RESOURCE_PROCESS, value, result);
}

int ln_host_v13_message_take_process(struct ln_guest *guest, uint64_t index,
				     uint64_t *result)
{
	struct ln_process *process =
		ln_host_take_value(guest, LN_RESOURCE_PROCESS, index);

	if (process == NULL)
		return LN_ETRAP;
	*result = ln_v13_id_of(guest, process);
	ln_process_release(process);
	return 0;
}

/* Sends to a process that was not named lately. */
LN_NOINLINE static int send_found(struct ln_guest *guest, uint64_t id,
				  struct ln_message *message, int64_t deadline)
{
	struct ln_process *to = ln_v13_find(guest, id);
	int error;

	if (to == NULL) {
		ln_message_free(message);
		return 0;
	}
	ln_v13_remember(guest, id, to);
	error = ln_host_send(guest, to, message, deadline);
	ln_process_release(to);
	return error;
}

LN_NOINLINE static int send_failed(struct ln_guest *guest, uint64_t id,
				   struct ln_message *message, int error)
{
	if (error == LN_EDEAD)
		ln_v13_forget(guest, id);
	return ln_host_send_failed(guest, message, error);
}

/* Sends the message, which is taken over, if there is such a process. */
static inline int send_to(struct ln_guest *guest, uint64_t id,
			  struct ln_message *message, int64_t deadline)
{
	struct ln_process *to = ln_v13_recent(guest, id);
	int error;

	if (LN_UNLIKELY(to == NULL))
		return send_found(guest, id, message, deadline);
	ln_process_count_sent(guest->process);
	error = ln_host_put(guest, to, message, deadline);
	if (LN_UNLIKELY(error < 0))
		return send_failed(guest, id, message, error);
	return 0;
}

int ln_host_v13_message_send(struct ln_guest *guest, uint64_t process,
			     uint32_t *result)
{
	if (LN_UNLIKELY(ln_host_scratch_data(guest) == NULL))
		return ln_host_no_message(guest);
	*result = 0;
	return send_to(guest, process, ln_host_scratch_take(guest), LN_NEVER);
}

int ln_host_v13_message_send_receive_skip_search(struct ln_guest *guest,
						 uint64_t process, int64_t tag,
						 uint64_t timeout,
						 uint32_t *result)
{
	struct ln_message *message = NULL;
	int64_t deadline = ln_host_deadline_long(timeout);
	int error;

	if (ln_host_scratch_data(guest) == NULL)
		return ln_host_no_message(guest);
	ln_process_skip(guest->process);
	error = send_to(guest, process, ln_host_scratch_take(guest), deadline);
	if (error == 0)
		error = ln_host_receive(guest, (const uint8_t *)&tag, 1,
					deadline, true, &message);
	error = ln_host_received(guest, error, message, result);
	/* What it is, is not told. */
	if (error == 0 && *result != LN_HOST_TIMED_OUT) {
		*result = LN_HOST_RECEIVED_DATA;
		ln_instance_resumed(guest->instance);
	}
	return error;
}

int ln_host_v13_message_receive(struct ln_guest *guest, struct ln_array tags,
				uint64_t timeout, uint32_t *result)
{
	struct ln_message *message;
	int error = ln_host_receive(guest, tags.data, tags.count,
				    ln_host_deadline_long(timeout), false,
				    &message);

	return ln_host_received(guest, error, message, result);
}
