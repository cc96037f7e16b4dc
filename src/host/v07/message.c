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
#include "host/result.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/monitors.h"
#include "process/process.h"
#include "process/timers.h"

/* Results of receive and send_receive_skip_search. */
#define RECEIVED_DATA 0
#define RECEIVED_SIGNAL 1
#define RECEIVED_END 2

static const uint8_t received_as[] = {
	[LN_MESSAGE_DATA] = RECEIVED_DATA,
	[LN_MESSAGE_LINK_DIED] = RECEIVED_SIGNAL,
	[LN_MESSAGE_ENDED] = RECEIVED_END,
};

LN_NOINLINE static int no_message(struct ln_guest *guest)
{
	return ln_guest_trap(guest, guest->scratch == NULL
					    ? "no message is being worked on"
					    : "the message is a signal, it has "
					      "no data");
}

/* One that can be read, likewise: of data, or of the end of a process. */
static struct ln_message *readable_message(struct ln_guest *guest)
{
	struct ln_message *message = guest->scratch;

	if (LN_UNLIKELY(message == NULL ||
			message->kind == LN_MESSAGE_LINK_DIED))
		return NULL;
	return message;
}

/* The data message in the scratch area; NULL: trap with no_message. */
static struct ln_message *data_message(struct ln_guest *guest)
{
	struct ln_message *message = guest->scratch;

	if (LN_UNLIKELY(message == NULL || message->kind != LN_MESSAGE_DATA))
		return NULL;
	return message;
}

/* Bytes, and resources, of a message that is charged to nobody while a guest
 * works on it. */
#define FREE_BYTES 4096u
#define FREE_RESOURCES 256u

static bool is_small(const struct ln_message *message)
{
	return message->capacity <= FREE_BYTES &&
	       message->resource_count <= FREE_RESOURCES;
}

/* The message in the scratch area has grown: what it has more than before is
 * charged. */
LN_NOINLINE static int charge_growth(struct ln_guest *guest)
{
	uint64_t weight = ln_message_weight(guest->scratch);

	if (weight <= guest->scratch_kept)
		return 0;
	if (!ln_guest_keep(guest, weight - guest->scratch_kept))
		return LN_EMEMORY;
	guest->scratch_kept = weight;
	guest->scratch_counts = true;
	return 0;
}

LN_NOINLINE static void refund_large(struct ln_guest *guest)
{
	ln_guest_forget(guest, guest->scratch_kept);
	guest->scratch_kept = 0;
	guest->scratch_counts = false;
}

/* The message leaves the scratch area. */
static inline void refund_scratch(struct ln_guest *guest)
{
	if (LN_UNLIKELY(guest->scratch_counts))
		refund_large(guest);
}

/* Puts a message that was received there. It has been let in already: it counts
 * in any case. */
static void set_scratch(struct ln_guest *guest, struct ln_message *message)
{
	refund_scratch(guest);
	ln_message_free(guest->scratch);
	guest->scratch = message;
	if (LN_UNLIKELY(!is_small(message))) {
		guest->scratch_counts = true;
		guest->scratch_kept = ln_message_weight(message);
		ln_guest_keep_anyway(guest, guest->scratch_kept);
	}
}

int ln_host_message_create_data(struct ln_guest *guest, int64_t tag,
				uint64_t capacity)
{
	uint64_t max = guest->environment->limits.max_message_bytes;

	refund_scratch(guest);
	guest->scratch = ln_message_renew(guest->scratch, tag,
					  capacity < max ? capacity : max);
	if (guest->scratch == NULL)
		return LN_ENOMEM;
	if (LN_UNLIKELY(guest->scratch->capacity > FREE_BYTES))
		return charge_growth(guest);
	return 0;
}

int ln_host_message_write_data(struct ln_guest *guest, struct ln_slice data,
			       uint32_t *result)
{
	struct ln_message *message = data_message(guest);
	uint64_t max = guest->environment->limits.max_message_bytes;
	int error;

	if (message == NULL)
		return no_message(guest);
	error = ln_message_write(message, data.data, data.len, max);
	if (LN_UNLIKELY(error == LN_ELIMIT))
		return ln_guest_trap(guest,
				     "a message may have at most %llu bytes",
				     (unsigned long long)max);
	*result = (uint32_t)data.len;
	if (LN_UNLIKELY(message->capacity > FREE_BYTES) && error == 0)
		return charge_growth(guest);
	return error;
}

int ln_host_message_read_data(struct ln_guest *guest, struct ln_buffer data,
			      uint32_t *result)
{
	struct ln_message *message = readable_message(guest);
	size_t count;

	if (message == NULL)
		return no_message(guest);
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
	struct ln_message *message = readable_message(guest);

	if (message == NULL)
		return no_message(guest);
	message->read_at = position;
	return 0;
}

int ln_host_message_get_tag(struct ln_guest *guest, uint64_t *result)
{
	if (guest->scratch == NULL)
		return no_message(guest);
	*result = (uint64_t)guest->scratch->tag;
	return 0;
}

int ln_host_message_data_size(struct ln_guest *guest, uint64_t *result)
{
	struct ln_message *message = readable_message(guest);

	if (message == NULL)
		return no_message(guest);
	*result = message->size;
	return 0;
}

/* Moves a resource from the guest into the message. */
static int push(struct ln_guest *guest, enum ln_resource_kind kind, uint64_t id,
		uint64_t *index)
{
	struct ln_message *message = data_message(guest);
	void *value = ln_guest_get(guest, kind, id);
	int error;

	if (value == NULL)
		return ln_host_missing(guest, kind, id);
	if (message == NULL)
		return no_message(guest);
	error = ln_message_push(message, ln_resource_class(kind), value, index);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest,
				     "the message has too many resources");
	if (error < 0)
		return error;
	ln_guest_remove(guest, kind, id);
	if (LN_UNLIKELY(!is_small(message)))
		return charge_growth(guest);
	return 0;
}

/* Moves a resource from the message to the guest. */
static int take(struct ln_guest *guest, enum ln_resource_kind kind,
		uint64_t index, uint64_t *id)
{
	struct ln_message *message = data_message(guest);
	void *value;

	if (message == NULL)
		return no_message(guest);
	value = ln_message_take(message, ln_resource_class(kind), index);
	if (value == NULL)
		return ln_guest_trap(guest,
				     "the message has no %s at index %llu",
				     ln_resource_class(kind)->noun,
				     (unsigned long long)index);
	return ln_host_add(guest, kind, value, id);
}

int ln_host_message_push_process(struct ln_guest *guest, uint64_t process,
				 uint64_t *result)
{
	return push(guest, LN_RESOURCE_PROCESS, process, result);
}

int ln_host_message_take_process(struct ln_guest *guest, uint64_t index,
				 uint64_t *result)
{
	return take(guest, LN_RESOURCE_PROCESS, index, result);
}

int ln_host_message_push_tcp_stream(struct ln_guest *guest, uint64_t stream,
				    uint64_t *result)
{
	return push(guest, LN_RESOURCE_TCP_STREAM, stream, result);
}

int ln_host_message_take_tcp_stream(struct ln_guest *guest, uint64_t index,
				    uint64_t *result)
{
	return take(guest, LN_RESOURCE_TCP_STREAM, index, result);
}

/* Takes the message out of the scratch area, for the process with that id;
 * NULL: trap. A signal stays: sent on, it would look as if the receiver's own
 * link had died. */
static inline struct ln_message *outgoing(struct ln_guest *guest, uint64_t id,
					  struct ln_process **process)
{
	struct ln_message *message = data_message(guest);

	if (message == NULL) {
		no_message(guest);
		return NULL;
	}
	*process = ln_guest_get(guest, LN_RESOURCE_PROCESS, id);
	if (*process == NULL) {
		ln_host_missing(guest, LN_RESOURCE_PROCESS, id);
		return NULL;
	}
	refund_scratch(guest);
	guest->scratch = NULL;
	return message;
}

/* What a send that failed is for the guest; LN_ETIMEDOUT stays. Delivery is
 * not promised: a dead or full receiver drops the message. */
LN_NOINLINE static int send_failed(int error)
{
	switch (error) {
	case LN_EDEAD:
	case LN_EFULL:
	case LN_ENOENT:
		return 0;
	default:
		return error;
	}
}

/* What a message that cannot leave the node, and which is taken over, is for
 * the guest. */
LN_NOINLINE static int send_refused(struct ln_guest *guest,
				    struct ln_message *message)
{
	const char *noun = ln_message_bound_class(message)->noun;

	ln_message_free(message);
	return ln_guest_trap(guest,
			     "a %s cannot be sent to a process of another node",
			     noun);
}

/* Sends a message, which is taken over. LN_ETIMEDOUT, or why the guest ends. */
static inline int send(struct ln_guest *guest, struct ln_process *to,
		       struct ln_message *message, int64_t deadline)
{
	int error = ln_process_send_wait(to, message, deadline);

	if (LN_UNLIKELY(error == LN_EINVAL))
		return send_refused(guest, message);
	if (LN_UNLIKELY(error < 0))
		return send_failed(error);
	return 0;
}

int ln_host_message_send(struct ln_guest *guest, uint64_t process)
{
	struct ln_message *message;
	struct ln_process *to = NULL;

	message = outgoing(guest, process, &to);
	if (message == NULL)
		return LN_ETRAP;
	return send(guest, to, message, LN_NEVER);
}

/* Receives; a metered guest pays for the search. */
static int receive(struct ln_guest *guest, const uint8_t *tags, uint32_t count,
		   int64_t deadline, bool fresh, struct ln_message **message)
{
	struct ln_process *process = guest->process;
	uint64_t before = 0;
	int error;

	if (LN_UNLIKELY(guest->metered))
		before = process->mailbox.compared;
	error = ln_process_receive(process, tags, count, deadline, fresh,
				   message);
	if (LN_UNLIKELY(guest->metered))
		ln_guest_pay(guest, process->mailbox.compared - before);
	return error;
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
	error = send(guest, to, message, deadline);
	if (error == 0)
		error = receive(guest, tag, tags, deadline, true, &message);
	if (error == LN_ETIMEDOUT) {
		*result = LN_HOST_TIMED_OUT;
		return 0;
	}
	if (error < 0)
		return error;
	set_scratch(guest, message);
	ln_instance_resumed(guest->instance);
	*result = message->kind == LN_MESSAGE_ENDED ? RECEIVED_END
						    : RECEIVED_DATA;
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

/* Watches the receiver of a request before that is sent. */
static int watch(struct ln_guest *guest, struct ln_process *to, int64_t tag,
		 int64_t deadline)
{
	int error = ln_process_wait_for_room(to, deadline);

	if (error == 0)
		error = ln_process_monitor_as(guest->process, to, tag);
	if (error == LN_EINVAL)
		return ln_guest_trap(guest, "the tag of a request must be a "
					    "new one of new_tag");
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many monitors");
	return error;
}

int ln_host_message_request(struct ln_guest *guest, uint64_t process,
			    uint32_t timeout, uint32_t *result)
{
	struct ln_process *self = guest->process;
	struct ln_message *message;
	struct ln_process *to = NULL;
	int64_t deadline = ln_host_deadline(timeout);
	int64_t tag;
	int error;

	message = outgoing(guest, process, &to);
	if (message == NULL)
		return LN_ETRAP;
	tag = message->tag;
	ln_process_skip(self);
	error = watch(guest, to, tag, deadline);
	if (error < 0) {
		ln_message_free(message);
		error = send_failed(error);
	} else {
		error = send(guest, to, message, deadline);
	}
	if (error == 0)
		error = receive(guest, (const uint8_t *)&tag, 1, deadline, true,
				&message);
	ln_process_demonitor(self, tag);
	if (error == LN_ETIMEDOUT) {
		*result = LN_HOST_TIMED_OUT;
		return 0;
	}
	if (error < 0)
		return error;
	*result = message->kind == LN_MESSAGE_ENDED ? RECEIVED_END
						    : RECEIVED_DATA;
	set_scratch(guest, message);
	ln_instance_resumed(guest->instance);
	return 0;
}

/* What setting a timer costs a metered guest, as its message does. */
#define TIMER_FUEL 100

static int set_timer(struct ln_guest *guest, uint64_t process,
		     uint64_t milliseconds, bool again, uint64_t *id)
{
	int64_t deadline = ln_time_after_ms(milliseconds);
	struct ln_message *message;
	struct ln_process *to = NULL;
	int64_t period = 0;
	int error;

	if (again && milliseconds > (uint64_t)INT64_MAX / LN_NS_PER_MS)
		period = INT64_MAX;
	else if (again)
		period = (int64_t)milliseconds * LN_NS_PER_MS;
	message = outgoing(guest, process, &to);
	if (message == NULL)
		return LN_ETRAP;
	ln_guest_pay(guest, TIMER_FUEL);
	error = ln_process_send_at(guest->process, to, message, deadline,
				   period, id);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many timers, or bytes in "
					    "their messages");
	return error;
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

int ln_host_message_receive(struct ln_guest *guest, struct ln_array tags,
			    uint32_t timeout, uint32_t *result)
{
	struct ln_message *message;
	int error = receive(guest, tags.data, tags.count,
			    ln_host_deadline(timeout), false, &message);

	if (error == LN_ETIMEDOUT) {
		*result = LN_HOST_TIMED_OUT;
		return 0;
	}
	if (LN_UNLIKELY(error < 0))
		return error;
	*result = received_as[message->kind];
	set_scratch(guest, message);
	return 0;
}
