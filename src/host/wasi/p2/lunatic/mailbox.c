/*
 * lunatic:process/mailbox and timers. What a process receives stays in its
 * scratch area until the guest has all of it.
 *
 * Threads: the one that runs the process.
 */
#include <limits.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/messages.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/lunatic/lunatic.h"
#include "host/wasi/p2/resources.h"
#include "host/wasi/wasi.h"
#include "process/end.h"
#include "process/message.h"
#include "process/monitors.h"
#include "process/process.h"

/* How results are laid out: option<mail>, result<message,request-error>. */
#define MAIL_SIZE 40
#define MAIL_AT 8 /* mail, in the option */
#define ANSWER_SIZE 40
#define ANSWER_AT 8       /* message, or the error */
#define CASE_AT 8         /* what a case of mail, or of the error, holds */
#define MESSAGE_DATA_AT 8 /* in message */
#define MESSAGE_PROCESSES_AT 16
#define ENDED_PROCESS_AT 8 /* in ended */
#define ENDED_REASON_AT 16
#define ENDED_CODE_AT 20

#define TAG_SIZE 8

enum mail { MAIL_MESSAGE, MAIL_LINK_DIED, MAIL_ENDED };
enum request_error { TIMED_OUT, ENDED };

/* The cases of end-reason are those of enum ln_reason. */
_Static_assert(LN_REASON_NORMAL == 0 && LN_REASON_EXITED == 1 &&
		       LN_REASON_TRAPPED == 2 && LN_REASON_KILLED == 3 &&
		       LN_REASON_NO_PROCESS == 4 && LN_REASON_NODE_LOST == 5 &&
		       LN_REASONS == 6,
	       "end-reason");

/* ---- Sending ---- */

static int send_to(struct ln_p2_call *call, unsigned processes)
{
	const struct ln_slice none = { 0 };
	struct ln_process *to;
	int error = ln_p2_process(call, 0, &to);

	if (error == 0)
		error = ln_p2_compose(call, (int64_t)ln_p2_u64(call, 1), none,
				      2, processes);
	if (error != 0)
		return error;
	return ln_host_send(call->guest, to, ln_host_scratch_take(call->guest),
			    LN_NEVER);
}

int ln_p2_mailbox_send(struct ln_p2_call *call)
{
	return send_to(call, LN_P2_NO_PROCESSES);
}

int ln_p2_mailbox_send_with(struct ln_p2_call *call)
{
	return send_to(call, 4);
}

static int send_later(struct ln_p2_call *call, enum ln_host_later how)
{
	const struct ln_slice none = { 0 };
	uint64_t milliseconds = ln_p2_u64(call, 1);
	struct ln_process *to;
	uint64_t timer = 0;
	int error = ln_p2_process(call, 0, &to);

	if (error == 0 && how == LN_HOST_LATER_AGAIN && milliseconds == 0)
		return ln_guest_trap(call->guest,
				     "a timer cannot repeat without a time in "
				     "between");
	if (error == 0)
		error = ln_p2_compose(call, (int64_t)ln_p2_u64(call, 2), none,
				      3, LN_P2_NO_PROCESSES);
	if (error == 0)
		error = ln_host_send_later(call->guest, to,
					   ln_host_scratch_take(call->guest),
					   milliseconds, how, &timer);
	if (error == 0)
		call->values[0].i64 = (int64_t)timer;
	return error;
}

int ln_p2_timers_send_after(struct ln_p2_call *call)
{
	return send_later(call, LN_HOST_LATER_ONCE);
}

int ln_p2_timers_send_every(struct ln_p2_call *call)
{
	return send_later(call, LN_HOST_LATER_AGAIN);
}

int ln_p2_timers_cancel(struct ln_p2_call *call)
{
	uint64_t left;
	uint8_t *at;
	int error = ln_host_message_cancel_timer(call->guest,
						 ln_p2_u64(call, 0), &left);

	if (error == 0)
		error = ln_p2_result(call, 1, 16, 8, &at);
	if (error != 0 || left == UINT64_MAX)
		return error;
	at[0] = 1;
	ln_wasi_store64(at + 8, left);
	return 0;
}

/* ---- Receiving ---- */

/* What is passed before the result's place is looked at: the guest allocates
 * in between. */
struct parts {
	uint32_t data[2];
	uint32_t processes[2];
};

static int pass_parts(struct ln_p2_call *call, struct ln_message *message,
		      struct parts *parts)
{
	int error = ln_p2_pass_bytes(call, message->data, message->size,
				     parts->data);

	return error != 0
		       ? error
		       : ln_p2_pass_processes(call, message, parts->processes);
}

static void store_message(uint8_t *at, const struct ln_message *message,
			  const struct parts *parts)
{
	ln_wasi_store64(at, (uint64_t)message->tag);
	ln_p2_store_list(at + MESSAGE_DATA_AT, parts->data);
	ln_p2_store_list(at + MESSAGE_PROCESSES_AT, parts->processes);
}

static void store_ended(uint8_t *at, const struct ln_message *message)
{
	struct ln_end end = { 0 };

	(void)ln_message_end(message, &end);
	ln_wasi_store64(at, (uint64_t)message->tag);
	ln_wasi_store64(at + ENDED_PROCESS_AT, ln_message_ended(message));
	at[ENDED_REASON_AT] = (uint8_t)end.reason;
	ln_wasi_store32(at + ENDED_CODE_AT, end.code);
}

/* The guest has it. Of a large one the memory is not kept for the next. */
static void settle(struct ln_guest *guest)
{
	if (LN_LIKELY(ln_host_is_small(guest->scratch)))
		return;
	ln_message_free(ln_host_scratch_take(guest));
}

static int answer_mail(struct ln_p2_call *call, unsigned index)
{
	struct ln_message *message = call->guest->scratch;
	struct parts parts;
	uint8_t *at;
	int error = 0;

	if (message->kind == LN_MESSAGE_DATA ||
	    message->kind == LN_MESSAGE_DRAIN)
		error = pass_parts(call, message, &parts);
	if (error == 0)
		error = ln_p2_result(call, index, MAIL_SIZE, 8, &at);
	if (error != 0)
		return error;
	at[0] = 1;
	at += MAIL_AT;
	if (message->kind == LN_MESSAGE_LINK_DIED) {
		at[0] = MAIL_LINK_DIED;
		ln_wasi_store64(at + CASE_AT, (uint64_t)message->tag);
	} else if (message->kind == LN_MESSAGE_ENDED) {
		at[0] = MAIL_ENDED;
		store_ended(at + CASE_AT, message);
	} else {
		at[0] = MAIL_MESSAGE;
		store_message(at + CASE_AT, message, &parts);
	}
	settle(call->guest);
	return 0;
}

/* Receives under tags; `timeout` and `result` are arguments. */
static int receive(struct ln_p2_call *call, const uint8_t *tags, uint32_t count,
		   unsigned timeout, unsigned result)
{
	struct ln_guest *guest = call->guest;
	struct ln_message *message = NULL;
	uint32_t kind;
	uint8_t *at;
	int error =
		ln_host_receive(guest, tags, count,
				ln_p2_timeout(call, timeout), false, &message);

	error = ln_host_received(guest, error, message, &kind);
	if (error != 0)
		return error;
	ln_instance_resumed(guest->instance);
	if (kind == LN_HOST_TIMED_OUT)
		return ln_p2_result(call, result, MAIL_SIZE, 8, &at);
	return answer_mail(call, result);
}

int ln_p2_mailbox_receive(struct ln_p2_call *call)
{
	return receive(call, NULL, 0, 0, 2);
}

int ln_p2_mailbox_receive_tagged(struct ln_p2_call *call)
{
	uint32_t count = ln_p2_u32(call, 1);
	uint8_t *tags;
	int error = ln_p2_list(call, ln_p2_u32(call, 0), count, TAG_SIZE,
			       TAG_SIZE, &tags);

	return error != 0 ? error : receive(call, tags, count, 2, 4);
}

/* ---- Requests ---- */

static int answer_request(struct ln_p2_call *call, uint32_t kind)
{
	struct ln_message *message = call->guest->scratch;
	bool answered = kind == LN_HOST_RECEIVED_DATA;
	struct parts parts;
	uint8_t *at;
	int error = 0;

	if (answered)
		error = pass_parts(call, message, &parts);
	if (error == 0)
		error = ln_p2_result(call, 5, ANSWER_SIZE, 8, &at);
	if (error != 0)
		return error;
	at[0] = !answered;
	at += ANSWER_AT;
	if (answered)
		store_message(at, message, &parts);
	else
		at[0] = kind == LN_HOST_TIMED_OUT ? TIMED_OUT : ENDED;
	if (kind == LN_HOST_RECEIVED_END)
		store_ended(at + CASE_AT, message);
	if (kind != LN_HOST_TIMED_OUT)
		settle(call->guest);
	return 0;
}

int ln_p2_mailbox_request(struct ln_p2_call *call)
{
	struct ln_guest *guest = call->guest;
	const struct ln_slice none = { 0 };
	struct ln_message *message = NULL;
	struct ln_process *to;
	uint64_t index;
	uint32_t kind;
	int64_t tag;
	int error = ln_p2_process(call, 0, &to);

	if (error == 0)
		error = ln_process_new_tag(guest->process, &tag);
	if (error == 0)
		error = ln_p2_compose(call, tag, none, 1, LN_P2_NO_PROCESSES);
	if (error == 0)
		error = ln_host_push_value(guest, LN_RESOURCE_PROCESS,
					   ln_process_retain(guest->process),
					   &index);
	if (error != 0)
		return error;
	error = ln_host_request(guest, to, ln_host_scratch_take(guest),
				ln_p2_timeout(call, 3), &message);
	error = ln_host_received(guest, error, message, &kind);
	if (error != 0)
		return error;
	ln_instance_resumed(guest->instance);
	return answer_request(call, kind);
}

int ln_p2_mailbox_notify_draining(struct ln_p2_call *call)
{
	return ln_host_drain_watch(call->guest, (int64_t)ln_p2_u64(call, 0));
}

int ln_p2_arrivals_subscribe(struct ln_p2_call *call)
{
	const struct ln_p2_resource pollable = { .kind = LN_P2_POLLABLE,
						 .fd = UINT32_MAX,
						 .direction =
							 LN_P2_OF_MAILBOX };

	return ln_p2_return(call, &pollable);
}

int ln_p2_arrivals_notice(struct ln_p2_call *call)
{
	call->values[0].i32 = ln_mailbox_notice(&call->guest->process->mailbox);
	return 0;
}
