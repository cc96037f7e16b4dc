/*
 * lunatic::message. The message being worked on is guest->scratch; the
 * functions below move it between there, the guest's memory and mailboxes.
 */
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/descriptor.h"
#include "host/messages.h"
#include "host/result.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/monitors.h"
#include "process/process.h"
#include "process/timers.h"

int ln_host_message_create_data(struct ln_guest *guest, int64_t tag,
				uint64_t capacity)
{
	uint64_t max = guest->environment->limits.max_message_bytes;

	ln_host_scratch_leave(guest);
	guest->scratch = ln_message_renew(guest->scratch, tag,
					  capacity < max ? capacity : max);
	if (guest->scratch == NULL)
		return LN_ENOMEM;
	if (LN_UNLIKELY(guest->scratch->capacity > LN_HOST_FREE_BYTES))
		return ln_host_scratch_charge(guest);
	return 0;
}

int ln_host_message_write_data(struct ln_guest *guest, struct ln_slice data,
			       uint32_t *result)
{
	struct ln_message *message = ln_host_scratch_data(guest);
	uint64_t max = guest->environment->limits.max_message_bytes;
	int error;

	if (message == NULL)
		return ln_host_no_message(guest);
	error = ln_message_write(message, data.data, data.len, max);
	if (LN_UNLIKELY(error == LN_ELIMIT))
		return ln_guest_trap(guest,
				     "a message may have at most %llu bytes",
				     (unsigned long long)max);
	*result = (uint32_t)data.len;
	if (LN_UNLIKELY(message->capacity > LN_HOST_FREE_BYTES) && error == 0)
		return ln_host_scratch_charge(guest);
	return error;
}

int ln_host_message_read_data(struct ln_guest *guest, struct ln_buffer data,
			      uint32_t *result)
{
	struct ln_message *message = ln_host_scratch_readable(guest);
	size_t count;

	if (message == NULL)
		return ln_host_no_message(guest);
	/* The next message will often be read to the same place. */
	ln_task_expect(&guest->process->task, data.data);
	if (ln_message_read(message, data.data, data.len, &count) < 0)
		return ln_guest_trap(guest,
				     "the read position is past the end of "
				     "the message");
	*result = (uint32_t)count;
	return 0;
}

int ln_host_message_seek_data(struct ln_guest *guest, uint64_t position)
{
	struct ln_message *message = ln_host_scratch_readable(guest);

	if (message == NULL)
		return ln_host_no_message(guest);
	message->read_at = position;
	return 0;
}

int ln_host_message_get_tag(struct ln_guest *guest, uint64_t *result)
{
	if (guest->scratch == NULL)
		return ln_host_no_message(guest);
	*result = (uint64_t)guest->scratch->tag;
	return 0;
}

int ln_host_message_data_size(struct ln_guest *guest, uint64_t *result)
{
	struct ln_message *message = ln_host_scratch_readable(guest);

	if (message == NULL)
		return ln_host_no_message(guest);
	*result = message->size;
	return 0;
}

int ln_host_message_push_process(struct ln_guest *guest, uint64_t process,
				 uint64_t *result)
{
	return ln_host_push(guest, LN_RESOURCE_PROCESS, process, result);
}

int ln_host_message_take_process(struct ln_guest *guest, uint64_t index,
				 uint64_t *result)
{
	return ln_host_take(guest, LN_RESOURCE_PROCESS, index, result);
}

int ln_host_message_push_tcp_stream(struct ln_guest *guest, uint64_t stream,
				    uint64_t *result)
{
	return ln_host_push(guest, LN_RESOURCE_TCP_STREAM, stream, result);
}

int ln_host_message_take_tcp_stream(struct ln_guest *guest, uint64_t index,
				    uint64_t *result)
{
	return ln_host_take(guest, LN_RESOURCE_TCP_STREAM, index, result);
}

/* Takes the message out of the scratch area, for the process with that id;
 * NULL: trap. A signal stays: sent on, it would look as if the receiver's own
 * link had died. */
static inline struct ln_message *outgoing(struct ln_guest *guest, uint64_t id,
					  struct ln_process **process)
{
	struct ln_message *message = ln_host_scratch_data(guest);

	if (message == NULL) {
		ln_host_no_message(guest);
		return NULL;
	}
	*process = ln_guest_get(guest, LN_RESOURCE_PROCESS, id);
	if (*process == NULL) {
		ln_host_missing(guest, LN_RESOURCE_PROCESS, id);
		return NULL;
	}
	return ln_host_scratch_take(guest);
}

int ln_host_message_send(struct ln_guest *guest, uint64_t process)
{
	struct ln_message *message;
	struct ln_process *to = NULL;

	message = outgoing(guest, process, &to);
	if (message == NULL)
		return LN_ETRAP;
	return ln_host_send(guest, to, message, LN_NEVER);
}

int ln_host_message_send_receive_skip_search(struct ln_guest *guest,
					     uint64_t process, uint32_t timeout,
					     uint32_t *result)
{
	struct ln_message *message;
	struct ln_process *to = NULL;
	int64_t deadline = ln_host_deadline(timeout);
	uint8_t tag[8];
	uint32_t tags;
	int error;

	message = outgoing(guest, process, &to);
	if (message == NULL)
		return LN_ETRAP;
	tags = message->tag != 0 ? 1 : 0;
	memcpy(tag, &message->tag, sizeof(tag));
	ln_process_skip(guest->process);
	error = ln_host_send(guest, to, message, deadline);
	if (error == 0)
		error = ln_host_receive(guest, tag, tags, deadline, true,
					&message);
	if (error == LN_ETIMEDOUT) {
		*result = LN_HOST_TIMED_OUT;
		return 0;
	}
	if (error < 0)
		return error;
	ln_host_scratch_put(guest, message);
	ln_instance_resumed(guest->instance);
	*result = message->kind == LN_MESSAGE_ENDED ? LN_HOST_RECEIVED_END
						    : LN_HOST_RECEIVED_DATA;
	return 0;
}

int ln_host_message_new_tag(struct ln_guest *guest, uint64_t *result)
{
	int64_t tag;
	int error = ln_process_new_tag(guest->process, &tag);

	if (error == 0)
		*result = (uint64_t)tag;
	return error;
}

int ln_host_message_request(struct ln_guest *guest, uint64_t process,
			    uint32_t timeout, uint32_t *result)
{
	struct ln_process *to = NULL;
	struct ln_message *message = outgoing(guest, process, &to);
	int error;

	if (message == NULL)
		return LN_ETRAP;
	error = ln_host_request(guest, to, message, ln_host_deadline(timeout),
				&message);
	error = ln_host_received(guest, error, message, result);
	if (error == 0 && *result != LN_HOST_TIMED_OUT)
		ln_instance_resumed(guest->instance);
	return error;
}

static int set_timer(struct ln_guest *guest, uint64_t process,
		     uint64_t milliseconds, bool again, uint64_t *id)
{
	struct ln_process *to = NULL;
	struct ln_message *message = outgoing(guest, process, &to);

	if (message == NULL)
		return LN_ETRAP;
	return ln_host_send_later(
		guest, to, message, milliseconds,
		again ? LN_HOST_LATER_AGAIN : LN_HOST_LATER_ONCE, id);
}

int ln_host_message_send_after(struct ln_guest *guest, uint64_t process,
			       uint64_t milliseconds, uint64_t *result)
{
	return set_timer(guest, process, milliseconds, false, result);
}

int ln_host_message_send_every(struct ln_guest *guest, uint64_t process,
			       uint64_t milliseconds, uint64_t *result)
{
	if (milliseconds == 0)
		return ln_guest_trap(guest, "a timer cannot repeat without a "
					    "time in between");
	return set_timer(guest, process, milliseconds, true, result);
}

int ln_host_message_cancel_timer(struct ln_guest *guest, uint64_t timer,
				 uint64_t *result)
{
	int64_t left;

	if (ln_process_cancel_timer(guest->process, timer, &left) < 0)
		*result = UINT64_MAX;
	else
		*result = (uint64_t)((left + LN_NS_PER_MS - 1) / LN_NS_PER_MS);
	return 0;
}

static int receive(struct ln_guest *guest, struct ln_array tags,
		   int64_t deadline, uint32_t *result)
{
	struct ln_message *message;
	int error = ln_host_receive(guest, tags.data, tags.count, deadline,
				    false, &message);

	return ln_host_received(guest, error, message, result);
}

int ln_host_message_receive(struct ln_guest *guest, struct ln_array tags,
			    uint32_t timeout, uint32_t *result)
{
	return receive(guest, tags, ln_host_deadline(timeout), result);
}

int ln_host_message_try_receive(struct ln_guest *guest, struct ln_array tags,
				uint32_t *result)
{
	return receive(guest, tags, ln_time_now(), result);
}

int ln_host_message_mailbox_fd(struct ln_guest *guest, uint32_t *result)
{
	uint32_t fd;

	*result = ln_descriptor_of_mailbox(guest, &fd) ? fd : UINT32_MAX;
	return 0;
}
