/* What is rare in working on messages. */
#include "host/messages.h"

#include "base/error.h"
#include "base/time.h"
#include "engine/instance.h"
#include "host/result.h"
#include "process/monitors.h"
#include "process/timers.h"

/* What setting a timer costs a metered guest, as its message does. */
#define TIMER_FUEL 100

LN_NOINLINE int ln_host_no_message(struct ln_guest *guest)
{
	return ln_guest_trap(guest, guest->scratch == NULL
					    ? "no message is being worked on"
					    : "the message is a signal, it has "
					      "no data");
}

LN_NOINLINE int ln_host_scratch_charge(struct ln_guest *guest)
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

LN_NOINLINE void ln_host_scratch_refund(struct ln_guest *guest)
{
	ln_guest_forget(guest, guest->scratch_kept);
	guest->scratch_kept = 0;
	guest->scratch_counts = false;
}

LN_NOINLINE void ln_host_scratch_count(struct ln_guest *guest)
{
	guest->scratch_counts = true;
	guest->scratch_kept = ln_message_weight(guest->scratch);
	ln_guest_keep_anyway(guest, guest->scratch_kept);
}

LN_NOINLINE int ln_host_receive_asked(struct ln_guest *guest,
				      const uint8_t *tags, uint32_t count,
				      int64_t deadline,
				      struct ln_message **message)
{
	int error;

	do {
		error = ln_change_meet(guest);
		if (error < 0)
			return error;
		ln_instance_resumed(guest->instance);
		error = ln_process_receive(guest->process, tags, count,
					   deadline, LN_RECEIVE_UNLESS_ASKED,
					   message);
	} while (error == LN_EAGAIN);
	return error;
}

/* Adds a resource; on failure it is still the caller's. */
static int add(struct ln_guest *guest, enum ln_resource_kind kind, void *value,
	       uint64_t *index)
{
	struct ln_message *message = ln_host_scratch_data(guest);
	int error;

	if (message == NULL)
		return ln_host_no_message(guest);
	error = ln_message_push(message, ln_resource_class(kind), value, index);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest,
				     "the message has too many resources");
	return error;
}

static int charge_pushed(struct ln_guest *guest)
{
	if (LN_UNLIKELY(!ln_host_is_small(guest->scratch)))
		return ln_host_scratch_charge(guest);
	return 0;
}

int ln_host_push(struct ln_guest *guest, enum ln_resource_kind kind,
		 uint64_t id, uint64_t *index)
{
	void *value = ln_guest_get(guest, kind, id);
	int error;

	if (value == NULL)
		return ln_host_missing(guest, kind, id);
	error = add(guest, kind, value, index);
	if (error < 0)
		return error;
	ln_guest_remove(guest, kind, id);
	return charge_pushed(guest);
}

int ln_host_push_value(struct ln_guest *guest, enum ln_resource_kind kind,
		       void *value, uint64_t *index)
{
	int error = add(guest, kind, value, index);

	if (error < 0) {
		ln_resource_class(kind)->release(value);
		return error;
	}
	return charge_pushed(guest);
}

void *ln_host_take_value(struct ln_guest *guest, enum ln_resource_kind kind,
			 uint64_t index)
{
	const struct ln_resource_class *class = ln_resource_class(kind);
	struct ln_message *message = ln_host_scratch_data(guest);
	void *value;

	if (message == NULL) {
		ln_host_no_message(guest);
		return NULL;
	}
	value = ln_message_take(message, class, index);
	if (value == NULL)
		ln_guest_trap(guest, "the message has no %s at index %llu",
			      class->noun, (unsigned long long)index);
	return value;
}

int ln_host_take(struct ln_guest *guest, enum ln_resource_kind kind,
		 uint64_t index, uint64_t *id)
{
	void *value;
	int error;

	/* Who catches the trap finds it where it was. */
	error = ln_host_check_room(guest, kind);
	if (error < 0)
		return error;
	value = ln_host_take_value(guest, kind, index);
	return value != NULL ? ln_host_add(guest, kind, value, id) : LN_ETRAP;
}

/* What a message that cannot leave the node is for the guest. */
static int refused(struct ln_guest *guest, struct ln_message *message)
{
	const char *noun = ln_message_bound_class(message)->noun;

	ln_message_free(message);
	return ln_guest_trap(guest,
			     "a %s cannot be sent to a process of another node",
			     noun);
}

LN_NOINLINE LN_NOINLINE int ln_host_send_traced(struct ln_guest *guest,
						struct ln_process *to,
						struct ln_message *message,
						int64_t deadline)
{
	int64_t tag = message->tag;
	uint64_t size = message->size;
	int error = ln_process_send_wait(to, message, deadline);

	ln_trace_sent(guest->process, to, tag, size, error);
	return error;
}

int ln_host_send_failed(struct ln_guest *guest, struct ln_message *message,
			int error)
{
	switch (error) {
	case LN_EINVAL:
		return refused(guest, message);
	case LN_EDEAD:
	case LN_EFULL:
	case LN_ENOENT:
		return 0;
	default:
		return error;
	}
}

int ln_host_send_later(struct ln_guest *guest, struct ln_process *to,
		       struct ln_message *message, uint64_t milliseconds,
		       enum ln_host_later how, uint64_t *id)
{
	struct ln_send_time when = {
		.deadline = ln_time_after_ms(milliseconds),
		.outlives = how == LN_HOST_LATER_ANYHOW,
	};
	int error;

	if (how == LN_HOST_LATER_AGAIN)
		when.period = milliseconds > (uint64_t)INT64_MAX / LN_NS_PER_MS
				      ? INT64_MAX
				      : (int64_t)milliseconds * LN_NS_PER_MS;
	ln_guest_pay(guest, TIMER_FUEL);
	error = ln_process_send_at(guest->process, to, message, &when, id);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many timers, or bytes in "
					    "their messages");
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

int ln_host_request(struct ln_guest *guest, struct ln_process *to,
		    struct ln_message *message, int64_t deadline,
		    struct ln_message **answer)
{
	struct ln_process *self = guest->process;
	int64_t tag = message->tag;
	int error;

	ln_process_skip(self);
	error = watch(guest, to, tag, deadline);
	if (error < 0) {
		ln_message_free(message);
		error = ln_host_send_failed(guest, NULL, error);
	} else {
		error = ln_host_send(guest, to, message, deadline);
	}
	if (error == 0)
		error = ln_host_receive(guest, (const uint8_t *)&tag, 1,
					deadline, true, answer);
	ln_process_demonitor(self, tag);
	return error;
}
