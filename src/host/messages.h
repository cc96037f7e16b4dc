/*
 * What working on messages is for guests of each generation: the scratch area
 * (guest->scratch), what is moved between there, the guest and mailboxes, and
 * what comes of it. What every message goes through is inline.
 */
#ifndef LN_HOST_MESSAGES_H
#define LN_HOST_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "host/result.h"
#include "process/change_instance.h"
#include "process/guest.h"
#include "process/message.h"
#include "process/process.h"
#include "process/trace.h"

/* Results of functions that receive; LN_HOST_TIMED_OUT is another. */
#define LN_HOST_RECEIVED_DATA 0u
#define LN_HOST_RECEIVED_SIGNAL 1u
#define LN_HOST_RECEIVED_END 2u

/* Bytes, and resources, of a message that is charged to nobody while a guest
 * works on it. */
#define LN_HOST_FREE_BYTES 4096u
#define LN_HOST_FREE_RESOURCES 256u

/* ---- The scratch area ---- */

/* The data message there; NULL: trap with ln_host_no_message. */
static inline struct ln_message *
ln_host_scratch_data(const struct ln_guest *guest)
{
	struct ln_message *message = guest->scratch;

	if (LN_UNLIKELY(message == NULL || message->kind != LN_MESSAGE_DATA))
		return NULL;
	return message;
}

/* One that can be read, likewise: of data, or of the end of a process. */
static inline struct ln_message *
ln_host_scratch_readable(const struct ln_guest *guest)
{
	struct ln_message *message = guest->scratch;

	if (LN_UNLIKELY(message == NULL ||
			message->kind == LN_MESSAGE_LINK_DIED))
		return NULL;
	return message;
}

/* Traps: there is no such message. */
int ln_host_no_message(struct ln_guest *guest);

static inline bool ln_host_is_small(const struct ln_message *message)
{
	return message->capacity <= LN_HOST_FREE_BYTES &&
	       message->resource_count <= LN_HOST_FREE_RESOURCES;
}

/* The message there has grown and is not small: what it has more than before is
 * charged. LN_EMEMORY. */
int ln_host_scratch_charge(struct ln_guest *guest);

/* A message of another size takes its place, or none: what was charged is given
 * back. For ln_host_scratch_leave. */
void ln_host_scratch_refund(struct ln_guest *guest);

static inline void ln_host_scratch_leave(struct ln_guest *guest)
{
	if (LN_UNLIKELY(guest->scratch_counts))
		ln_host_scratch_refund(guest);
}

/* Takes the data message, which is known to be there, out. */
static inline struct ln_message *ln_host_scratch_take(struct ln_guest *guest)
{
	struct ln_message *message = guest->scratch;

	ln_host_scratch_leave(guest);
	guest->scratch = NULL;
	return message;
}

/* A large message has been put there. It has been let in already: it counts in
 * any case. */
void ln_host_scratch_count(struct ln_guest *guest);

/* Puts a message that was received there. */
static inline void ln_host_scratch_put(struct ln_guest *guest,
				       struct ln_message *message)
{
	ln_host_scratch_leave(guest);
	ln_message_free(guest->scratch);
	guest->scratch = message;
	if (LN_UNLIKELY(!ln_host_is_small(message)))
		ln_host_scratch_count(guest);
}

/* ---- Resources ---- */

/* Moves a resource from the guest into the message in the scratch area. Traps.
 */
int ln_host_push(struct ln_guest *guest, enum ln_resource_kind kind,
		 uint64_t id, uint64_t *index);

/* Adds a resource that the guest holds elsewhere, which is taken over in any
 * case. Traps. */
int ln_host_push_value(struct ln_guest *guest, enum ln_resource_kind kind,
		       void *value, uint64_t *index);

/* Takes a resource out of the message, for the caller. Traps: NULL. */
void *ln_host_take_value(struct ln_guest *guest, enum ln_resource_kind kind,
			 uint64_t index);

/* Moves it to the guest. Traps. */
int ln_host_take(struct ln_guest *guest, enum ln_resource_kind kind,
		 uint64_t index, uint64_t *id);

/* ---- Sending and receiving ---- */

/* What a send that failed is for the guest: 0, since delivery is not promised,
 * LN_ETIMEDOUT, or why it ends. After LN_EINVAL the message is taken over. Out
 * of the fast path. */
int ln_host_send_failed(struct ln_guest *guest, struct ln_message *message,
			int error);

/* The same as ln_process_send_wait, by a process that is traced. */
int ln_host_send_traced(struct ln_guest *guest, struct ln_process *to,
			struct ln_message *message, int64_t deadline);

/* Sends a message of the guest, as ln_process_send_wait. */
static inline int ln_host_put(struct ln_guest *guest, struct ln_process *to,
			      struct ln_message *message, int64_t deadline)
{
	if (ln_process_is_traced(guest->process))
		return ln_host_send_traced(guest, to, message, deadline);
	return ln_process_send_wait(to, message, deadline);
}

/* Sends a message, which is taken over; returns the same. */
static inline int ln_host_send(struct ln_guest *guest, struct ln_process *to,
			       struct ln_message *message, int64_t deadline)
{
	int error;

	ln_process_count_sent(guest->process);
	error = ln_host_put(guest, to, message, deadline);
	if (LN_UNLIKELY(error < 0))
		return ln_host_send_failed(guest, message, error);
	return 0;
}

/* Does what the process is asked before it receives, or instead, and receives.
 * Out of the fast path. */
int ln_host_receive_asked(struct ln_guest *guest, const uint8_t *tags,
			  uint32_t count, int64_t deadline,
			  struct ln_message **message);

/* The answer to a request is waited for in the middle of something: what the
 * process is asked has to wait. */
static inline int ln_host_receive_fresh(struct ln_guest *guest,
					const uint8_t *tags, uint32_t count,
					int64_t deadline,
					struct ln_message **message)
{
	if (LN_UNLIKELY(guest->changing))
		return ln_change_meet(guest);
	return ln_process_receive(guest->process, tags, count, deadline,
				  LN_RECEIVE_FRESH, message);
}

static inline int ln_host_receive_any(struct ln_guest *guest,
				      const uint8_t *tags, uint32_t count,
				      int64_t deadline,
				      struct ln_message **message)
{
	struct ln_process *process = guest->process;
	int error = LN_EAGAIN;

	if (LN_LIKELY(ln_mailbox_asked(&process->mailbox) == LN_ASKED_NOTHING))
		error = ln_process_receive(process, tags, count, deadline,
					   LN_RECEIVE_UNLESS_ASKED, message);
	if (LN_UNLIKELY(error == LN_EAGAIN))
		error = ln_host_receive_asked(guest, tags, count, deadline,
					      message);
	return error;
}

/* Receives, as ln_process_receive does; a metered guest pays for the search. */
static inline int ln_host_receive(struct ln_guest *guest, const uint8_t *tags,
				  uint32_t count, int64_t deadline, bool fresh,
				  struct ln_message **message)
{
	struct ln_process *process = guest->process;
	uint64_t before = 0;
	int error;

	if (LN_UNLIKELY(guest->metered))
		before = process->mailbox.compared;
	error = fresh ? ln_host_receive_fresh(guest, tags, count, deadline,
					      message)
		      : ln_host_receive_any(guest, tags, count, deadline,
					    message);
	if (LN_UNLIKELY(guest->metered))
		ln_guest_pay(guest, process->mailbox.compared - before);
	return error;
}

/* The end of a function that receives, after `error`: stores how it went, and
 * puts the message into the scratch area. */
static inline int ln_host_received(struct ln_guest *guest, int error,
				   struct ln_message *message, uint32_t *result)
{
	static const uint8_t received_as[] = {
		[LN_MESSAGE_DATA] = LN_HOST_RECEIVED_DATA,
		[LN_MESSAGE_LINK_DIED] = LN_HOST_RECEIVED_SIGNAL,
		[LN_MESSAGE_ENDED] = LN_HOST_RECEIVED_END,
		[LN_MESSAGE_DRAIN] = LN_HOST_RECEIVED_DATA,
	};

	if (LN_UNLIKELY(error == LN_ETIMEDOUT)) {
		*result = LN_HOST_TIMED_OUT;
		return 0;
	}
	if (LN_UNLIKELY(error != 0))
		return error;
	ln_assert(message != NULL);
	*result = received_as[message->kind];
	ln_host_scratch_put(guest, message);
	return 0;
}

/* Sends a message, which is taken over, whose tag is one of
 * ln_process_new_tag, and receives what comes under it: an answer, or the
 * end of the process. LN_ETIMEDOUT. Traps. */
int ln_host_request(struct ln_guest *guest, struct ln_process *to,
		    struct ln_message *message, int64_t deadline,
		    struct ln_message **answer);

enum ln_host_later {
	LN_HOST_LATER_ONCE,   /* unless the sender has ended */
	LN_HOST_LATER_AGAIN,  /* and again, likewise */
	LN_HOST_LATER_ANYHOW, /* once, whether the sender has ended or not */
};

/* Has a message, which is taken over, sent `milliseconds` from now: see
 * ln_process_send_at. Traps. */
int ln_host_send_later(struct ln_guest *guest, struct ln_process *to,
		       struct ln_message *message, uint64_t milliseconds,
		       enum ln_host_later how, uint64_t *id);

#endif
