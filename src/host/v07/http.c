/*
 * lunatic::http: the request that a process was started for, serve/exchange.h.
 * What pipes and fields take is charged to the process until it ends, or
 * answers another one.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "host/abi_gen.h"
#include "host/net.h"
#include "host/pipes.h"
#include "host/result.h"
#include "process/mailbox.h"
#include "process/process.h"
#include "sched/task.h"
#include "serve/exchange.h"
#include "serve/fields.h"
#include "serve/pipe.h"
#include "serve/tunnel.h"

#define COMPLETE 1u
#define STREAM 2u

#define READABLE 1u
#define MAIL 2u
#define DRAIN 4u
#define NOW 8u

/* Fields that are read between two looks at whether others want to run. */
#define FIELDS_AFTER 64u

/* What the process answers; NULL: nothing. */
static struct ln_exchange *exchange_of(const struct ln_guest *guest)
{
	return guest->errand != NULL ? ln_exchange_of(guest->errand) : NULL;
}

static int no_request(struct ln_guest *guest, uint8_t *id, uint32_t *result)
{
	return ln_host_fail(guest, id, result,
			    "this process answers no request: it was not "
			    "started by lunatic serve");
}

/* Copies as much as fits, and tells how long all of it is. */
static int tell(const char *text, size_t len, struct ln_buffer to,
		uint32_t *result)
{
	memcpy(to.data, text, len < to.len ? len : to.len);
	*result = (uint32_t)len;
	return 0;
}

static int tell_nothing(uint32_t *result)
{
	*result = UINT32_MAX;
	return 0;
}

/* Charges for a part of the answer. */
static bool keep(struct ln_guest *guest, uint64_t bytes)
{
	if (!ln_guest_keep(guest, bytes))
		return false;
	guest->answer_kept += bytes;
	return true;
}

/* ---- The request ---- */

int ln_host_http_request(struct ln_guest *guest, uint32_t part,
			 struct ln_buffer text, uint32_t *result)
{
	const struct ln_exchange *exchange = exchange_of(guest);
	const char *found;

	if (part > 4)
		return ln_guest_trap(guest, "there is no part %u of a request",
				     part);
	if (exchange == NULL)
		return tell_nothing(result);
	switch (part) {
	case 0:
		found = exchange->method;
		break;
	case 1:
		found = exchange->path;
		break;
	case 2:
		found = exchange->authority;
		break;
	case 3:
		found = exchange->peer;
		break;
	default:
		found = exchange->tls ? "https" : "http";
		break;
	}
	return found == NULL ? tell_nothing(result)
			     : tell(found, strlen(found), text, result);
}

/* The list of that number, which does not change; *list is NULL if there is
 * none. Traps. */
static int list_of(struct ln_guest *guest, uint32_t number,
		   const struct ln_fields **list)
{
	const struct ln_exchange *exchange = exchange_of(guest);

	*list = NULL;
	if (number > 1)
		return ln_guest_trap(guest, "there is no list %u of fields",
				     number);
	if (exchange == NULL)
		return 0;
	if (number == 0)
		*list = exchange->fields;
	else if (ln_pipe_look(exchange->request).end == LN_PIPE_ENDED)
		*list = exchange->request->trailers;
	return 0;
}

int ln_host_http_count_fields(struct ln_guest *guest, uint32_t list,
			      uint32_t *result)
{
	const struct ln_fields *fields;
	int error = list_of(guest, list, &fields);

	if (error == 0)
		*result = fields != NULL ? fields->count : UINT32_MAX;
	return error;
}

int ln_host_http_find_field(struct ln_guest *guest, uint32_t list,
			    struct ln_slice name, uint32_t from,
			    uint32_t *result)
{
	const struct ln_fields *fields;
	uint32_t at;
	int error = list_of(guest, list, &fields);

	if (error < 0)
		return error;
	*result = UINT32_MAX;
	if (fields == NULL || from >= fields->count)
		return 0;
	at = ln_fields_find(fields, (const char *)name.data, name.len, from);
	if (at < fields->count)
		*result = at;
	return 0;
}

/* As list_of; *fields is NULL also if there is no field of that index. */
static int field_of(struct ln_guest *guest, uint32_t list, uint32_t index,
		    const struct ln_fields **fields)
{
	int error = list_of(guest, list, fields);

	if (error == 0 && *fields != NULL && index >= (*fields)->count)
		*fields = NULL;
	return error;
}

int ln_host_http_field_name(struct ln_guest *guest, uint32_t list,
			    uint32_t index, struct ln_buffer text,
			    uint32_t *result)
{
	const struct ln_fields *fields;
	int error = field_of(guest, list, index, &fields);

	if (error < 0)
		return error;
	if (fields == NULL)
		return tell_nothing(result);
	return tell(ln_field_name(fields, index), fields->list[index].name_len,
		    text, result);
}

int ln_host_http_field_value(struct ln_guest *guest, uint32_t list,
			     uint32_t index, struct ln_buffer text,
			     uint32_t *result)
{
	const struct ln_fields *fields;
	int error = field_of(guest, list, index, &fields);

	if (error < 0)
		return error;
	if (fields == NULL)
		return tell_nothing(result);
	return tell(ln_field_value(fields, index),
		    fields->list[index].value_len, text, result);
}

int ln_host_http_read(struct ln_guest *guest, struct ln_buffer data,
		      uint32_t timeout, uint8_t *count, uint32_t *result)
{
	struct ln_exchange *exchange = exchange_of(guest);
	size_t done = 0;
	int number = 0;
	int error;

	if (exchange == NULL)
		return no_request(guest, count, result);
	error = ln_host_pipe_read(ln_exchange_inbound(exchange), data.data,
				  data.len, ln_host_deadline(timeout), false,
				  &done, &number);
	return ln_host_net_conclude(guest, error, number, done, count, result);
}

/* ---- The response ---- */

/* The next text of a list, up to a zero byte; NULL: there is none. */
static const char *next_text(struct ln_slice *from, size_t *len)
{
	const char *text = (const char *)from->data;
	const char *end = from->len > 0 ? memchr(text, '\0', from->len) : NULL;

	if (end == NULL)
		return NULL;
	*len = (size_t)(end - text);
	from->data += *len + 1;
	from->len -= *len + 1;
	return text;
}

/* Why a field cannot be sent; NULL: it can be. */
static const char *fault_of(const char *name, size_t name_len,
			    const char *value, size_t value_len)
{
	if (value == NULL)
		return "the last field has no end";
	if (!ln_field_name_is_valid(name, name_len))
		return "the name of a field is not valid";
	if (ln_field_is_forbidden(name, name_len))
		return "a field is one that the server sets";
	if (!ln_field_value_is_valid(value, value_len))
		return "the value of a field is not valid";
	return NULL;
}

/* Adds what the guest lists. LN_ENOMEM, LN_EKILLED, LN_ELIMIT; LN_EFORMAT:
 * *fault says why. */
static int add_fields(struct ln_fields *fields, struct ln_slice from,
		      const char **fault)
{
	int error = 0;

	*fault = NULL;
	for (uint32_t i = 1; from.len > 0 && error == 0; i++) {
		size_t name_len = 0;
		size_t value_len = 0;
		const char *name = next_text(&from, &name_len);
		const char *value = NULL;

		if (name != NULL)
			value = next_text(&from, &value_len);
		*fault = fault_of(name, name_len, value, value_len);
		if (*fault != NULL)
			return LN_EFORMAT;
		error = ln_fields_add(fields, name, name_len, value, value_len);
		if (i % FIELDS_AFTER == 0)
			ln_task_rest();
	}
	return error;
}

/* Reads what the guest lists into new fields, for which it is charged. Returns
 * 0 and NULL after an error that the guest is told. */
static int take_fields(struct ln_guest *guest, struct ln_slice from,
		       struct ln_fields **fields, uint8_t *id, uint32_t *result)
{
	const char *fault = NULL;
	int error;

	*fields = NULL;
	if (from.len > LN_FIELDS_BYTES + 2 * (size_t)LN_FIELDS_MAX)
		error = LN_ELIMIT;
	else if ((*fields = ln_fields_new()) == NULL)
		return LN_ENOMEM;
	else
		error = add_fields(*fields, from, &fault);
	if (error == 0 && keep(guest, ln_fields_weight(*fields)))
		return 0;
	ln_fields_release(*fields);
	*fields = NULL;
	switch (error) {
	case 0:
		return LN_EMEMORY;
	case LN_EFORMAT:
		return ln_host_fail(guest, id, result, "%s", fault);
	case LN_ELIMIT:
		return ln_host_fail(guest, id, result,
				    "a message may have %u fields, of %zu "
				    "bytes together",
				    LN_FIELDS_MAX, LN_FIELDS_BYTES);
	default:
		return error;
	}
}

/* Whether there is an answer already, or none can be given: the guest is told,
 * and *over is true. */
static int check_unanswered(struct ln_guest *guest,
			    struct ln_exchange *exchange, uint8_t *id,
			    uint32_t *result, bool *over)
{
	*over = true;
	if (exchange == NULL)
		return no_request(guest, id, result);
	if (ln_exchange_look(exchange) != LN_ANSWER_NONE)
		return ln_host_fail(guest, id, result,
				    "the request has been answered");
	*over = false;
	/* That of an earlier answer, or attempt. */
	ln_guest_forget(guest, guest->answer_kept);
	guest->answer_kept = 0;
	return 0;
}

/* A pipe for what goes out, for which the process is charged, with the
 * beginning of what goes through. */
static int new_outbound(struct ln_guest *guest, struct ln_slice body,
			bool complete, struct ln_pipe **pipe, size_t *done)
{
	int error = 0;

	*done = 0;
	if (!keep(guest, LN_PIPE_ROOM))
		return LN_EMEMORY;
	*pipe = ln_pipe_new(NULL, guest->process);
	if (*pipe == NULL)
		return LN_ENOMEM;
	if (body.len > 0)
		error = ln_pipe_write(*pipe, body.data, body.len, done);
	if (error < 0) {
		ln_pipe_release(*pipe);
		return error;
	}
	if (complete && *done == body.len)
		ln_pipe_finish(*pipe, LN_PIPE_ENDED, NULL);
	return 0;
}

int ln_host_http_respond(struct ln_guest *guest, uint32_t status,
			 struct ln_slice fields, struct ln_slice body,
			 uint32_t flags, uint8_t *count, uint32_t *result)
{
	struct ln_exchange *exchange = exchange_of(guest);
	struct ln_fields *list;
	struct ln_pipe *pipe;
	size_t done;
	bool over;
	int error;

	if (flags > (COMPLETE | STREAM))
		return ln_guest_trap(guest, "`flags` is %u, above 3", flags);
	error = check_unanswered(guest, exchange, count, result, &over);
	if (over)
		return error;
	if (status < 200 || status > 599)
		return ln_host_fail(guest, count, result,
				    "the status is %u, not from 200 to 599",
				    status);
	error = take_fields(guest, fields, &list, count, result);
	if (list == NULL)
		return error;
	error = new_outbound(guest, body, (flags & COMPLETE) != 0, &pipe,
			     &done);
	if (error < 0) {
		ln_fields_release(list);
		return error;
	}
	if ((flags & STREAM) != 0)
		ln_exchange_stream(exchange);
	(void)ln_exchange_answer(exchange, status, list, pipe);
	ln_host_put_id(count, done);
	*result = LN_HOST_DONE;
	return 0;
}

/* The pipe that goes out; NULL after an error that the guest is told. */
static int find_outbound(struct ln_guest *guest, struct ln_pipe **pipe,
			 uint8_t *id, uint32_t *result)
{
	struct ln_exchange *exchange = exchange_of(guest);

	*pipe = NULL;
	if (exchange == NULL)
		return no_request(guest, id, result);
	*pipe = ln_exchange_outbound(exchange);
	if (*pipe == NULL)
		return ln_host_fail(guest, id, result,
				    "the request has not been answered yet");
	return 0;
}

int ln_host_http_write(struct ln_guest *guest, struct ln_slice data,
		       uint32_t timeout, uint8_t *count, uint32_t *result)
{
	struct ln_pipe *pipe;
	size_t done = 0;
	int number = 0;
	int error = find_outbound(guest, &pipe, count, result);

	if (pipe == NULL)
		return error;
	error = ln_host_pipe_write(pipe, data.data, data.len,
				   ln_host_deadline(timeout), &done, &number);
	return ln_host_net_conclude(guest, error, number, done, count, result);
}

int ln_host_http_finish(struct ln_guest *guest, struct ln_slice trailers,
			uint8_t *id, uint32_t *result)
{
	struct ln_fields *list = NULL;
	struct ln_pipe *pipe;
	int error = find_outbound(guest, &pipe, id, result);

	if (pipe == NULL)
		return error;
	if (trailers.len > 0) {
		error = take_fields(guest, trailers, &list, id, result);
		if (list == NULL)
			return error;
	}
	ln_pipe_finish(pipe, LN_PIPE_ENDED, list);
	*result = LN_HOST_DONE;
	return 0;
}

/* ---- Another protocol ---- */

/* The fields that say so, with those of the guest. */
static int fields_of_upgrade(struct ln_guest *guest, struct ln_slice protocol,
			     struct ln_slice fields, struct ln_fields **list,
			     uint8_t *id, uint32_t *result)
{
	int error;

	*list = NULL;
	if (protocol.len > LN_FIELDS_BYTES ||
	    !ln_field_value_is_valid((const char *)protocol.data, protocol.len))
		return ln_host_fail(guest, id, result,
				    "the name of the protocol is not valid");
	error = take_fields(guest, fields, list, id, result);
	if (*list == NULL)
		return error;
	error = ln_fields_add(*list, "upgrade", 7, protocol.data, protocol.len);
	if (error == 0)
		return 0;
	ln_fields_release(*list);
	*list = NULL;
	if (error != LN_ELIMIT)
		return error;
	return ln_host_fail(guest, id, result, "there are too many fields");
}

int ln_host_http_upgrade(struct ln_guest *guest, struct ln_slice protocol,
			 struct ln_slice fields, uint8_t *id, uint32_t *result)
{
	struct ln_exchange *exchange = exchange_of(guest);
	const struct ln_slice nothing = { 0 };
	struct ln_fields *list;
	struct ln_pipe *inbound;
	struct ln_pipe *outbound;
	size_t done;
	bool over;
	int error = check_unanswered(guest, exchange, id, result, &over);

	if (over)
		return error;
	if (!exchange->upgrades)
		return ln_host_fail(guest, id, result,
				    "the client has not asked for another "
				    "protocol");
	error = fields_of_upgrade(guest, protocol, fields, &list, id, result);
	if (list == NULL)
		return error;
	error = keep(guest, LN_PIPE_ROOM) ? 0 : LN_EMEMORY;
	if (error == 0)
		error = new_outbound(guest, nothing, false, &outbound, &done);
	if (error < 0) {
		ln_fields_release(list);
		return error;
	}
	inbound = ln_pipe_new(guest->process, exchange->connection);
	if (inbound == NULL) {
		ln_fields_release(list);
		ln_pipe_release(outbound);
		return LN_ENOMEM;
	}
	(void)ln_exchange_upgrade(exchange, list, inbound, outbound);
	*result = LN_HOST_DONE;
	return 0;
}

/* ---- Waiting ---- */

static bool is_readable(struct ln_exchange *exchange)
{
	struct ln_pipe_state state =
		ln_pipe_look(ln_exchange_inbound(exchange));

	return state.len > 0 || state.end != LN_PIPE_OPEN;
}

/* What has come to be true. */
static uint32_t look(struct ln_guest *guest, uint32_t events)
{
	struct ln_exchange *exchange = exchange_of(guest);
	uint32_t found = 0;

	if ((events & MAIL) != 0 && ln_mailbox_await(&guest->process->mailbox))
		found |= MAIL;
	if (exchange == NULL)
		return found;
	if ((events & READABLE) != 0 && is_readable(exchange))
		found |= READABLE;
	if ((events & DRAIN) != 0 && ln_exchange_is_draining(exchange))
		found |= DRAIN;
	return found;
}

int ln_host_http_wait(struct ln_guest *guest, uint32_t events, uint32_t timeout,
		      uint32_t *result)
{
	int64_t deadline = ln_host_deadline(timeout);
	uint32_t found;
	int error = 0;

	if (events == 0 || events > (READABLE | MAIL | DRAIN | NOW))
		return ln_guest_trap(guest, "`events` is %u, not from 1 to 15",
				     events);
	for (;;) {
		found = look(guest, events);
		if (found != 0 || error < 0 || (events & NOW) != 0)
			break;
		error = ln_host_pipe_wait(deadline);
		if (error < 0 && error != LN_ETIMEDOUT)
			break;
	}
	ln_mailbox_stop_awaiting(&guest->process->mailbox);
	if (error < 0 && error != LN_ETIMEDOUT)
		return error;
	*result = found;
	return 0;
}
