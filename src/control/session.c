/*
 * DESIGN
 * Lines of JSON, one object each. What cannot be read as a request is answered
 * with an error and the id null; the session goes on. Requests are answered in
 * turns, so that a long one does not hold up a short one behind it. While the
 * client has LN_CONTROL_OUT_HIGH bytes to read, no step is made: a slow client
 * slows down only its own requests.
 *
 * Nothing here waits, and nothing here knows sockets.
 */
#include "control/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/relay.h"
#include "lunatic_version.h"

/* Nanoseconds of work at a time, about. */
#define TURN (LN_NS_PER_MS / 2)

/* ---- Lines out ---- */

static int append(const char *bytes, size_t len, void *out)
{
	ln_bytes_add(out, bytes, len);
	return ((struct ln_bytes *)out)->error != 0 ? -1 : 0;
}

/* Adds an object as a line. Takes the reference; without an object, or if it
 * cannot be written, the session fails. */
static void put_line(struct ln_control_session *session, json_t *object)
{
	if (session->out.error != 0) {
		json_decref(object);
		return;
	}
	if (object == NULL ||
	    json_dump_callback(object, append, &session->out, JSON_COMPACT) < 0)
		session->out.error = LN_ENOMEM;
	json_decref(object);
	ln_bytes_add(&session->out, "\n", 1);
}

/* {"id":ID,"WORD":value}; takes the value's reference. */
static void put_answer(struct ln_control_session *session, json_t *id,
		       const char *word, json_t *value)
{
	json_t *object = json_object();

	/* Each takes its reference over, and does nothing without object. */
	if (json_object_set_new(object, "id", id) < 0 ||
	    json_object_set_new(object, word, value) < 0) {
		json_decref(object);
		object = NULL;
	}
	put_line(session, object);
}

static json_t *error_object(const char *code, const char *message)
{
	return json_pack("{s:s,s:s}", "code", code, "message", message);
}

/* An error that belongs to no request. */
static void refuse(struct ln_control_session *session, json_t *id,
		   const char *code, const char *message)
{
	put_answer(session, id, "error", error_object(code, message));
}

/* ---- What methods call ---- */

struct ln_control *ln_control_of(struct ln_control_request *request)
{
	return request->session->control;
}

void *ln_control_state(struct ln_control_request *request)
{
	return request->state;
}

int64_t ln_control_number(const struct ln_control_request *request,
			  const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(request->args, name);

	return value != NULL ? json_integer_value(value) : otherwise;
}

const char *ln_control_text(const struct ln_control_request *request,
			    const char *name, const char *otherwise)
{
	const json_t *value = json_object_get(request->args, name);

	return value != NULL ? json_string_value(value) : otherwise;
}

bool ln_control_bool(const struct ln_control_request *request, const char *name)
{
	return json_is_true(json_object_get(request->args, name));
}

static void put_own(struct ln_control_request *request, const char *word,
		    json_t *value)
{
	put_answer(request->session, json_integer(request->id), word, value);
}

void ln_control_item(struct ln_control_request *request, json_t *item)
{
	if (request->over)
		json_decref(item);
	else
		put_own(request, "item", item);
}

void ln_control_session_put_text(struct ln_control_request *request,
				 const char *text, size_t len)
{
	struct ln_bytes *out = &request->session->out;
	char head[48];
	int head_len =
		snprintf(head, sizeof(head),
			 "{\"id\":%lld,\"item\":", (long long)request->id);

	if (request->over)
		return;
	ln_bytes_add(out, head, (size_t)head_len);
	ln_bytes_add(out, text, len);
	ln_bytes_add(out, "}\n", 2);
}

void ln_control_result(struct ln_control_request *request, json_t *result)
{
	if (request->over) {
		json_decref(result);
		return;
	}
	request->over = true;
	put_own(request, "result", result);
}

void ln_control_fail(struct ln_control_request *request, const char *code,
		     const char *format, ...)
{
	va_list arguments;
	char *message;

	if (request->over)
		return;
	va_start(arguments, format);
	ln_text_vformat(&message, format, arguments);
	va_end(arguments);
	request->over = true;
	put_own(request, "error",
		error_object(code,
			     message != NULL ? message : "out of memory"));
	free(message);
}

static bool is_full(const struct ln_control_session *session)
{
	return session->out.error != 0 ||
	       session->out.len - session->sent >= LN_CONTROL_OUT_HIGH;
}

void ln_control_wait(struct ln_control_request *request, int64_t deadline)
{
	request->wait = deadline;
}

bool ln_control_is_full(const struct ln_control_request *request)
{
	return is_full(request->session);
}

/* ---- Requests ---- */

static void end_request(struct ln_control_request *request)
{
	ln_list_remove(&request->link);
	request->session->count--;
	if (request->method->end != NULL)
		request->method->end(request);
	json_decref(request->args);
	free(request->state);
	free(request);
}

static const struct ln_control_method *find_method(const char *name)
{
	for (const struct ln_control_method *const *at = ln_control_methods;
	     *at != NULL; at++) {
		if (strcmp((*at)->name, name) == 0)
			return *at;
	}
	return NULL;
}

static const struct ln_control_argument *
find_argument(const struct ln_control_method *method, const char *name)
{
	const struct ln_control_argument *at = method->arguments;

	for (; at != NULL && at->name != NULL; at++) {
		if (strcmp(at->name, name) == 0)
			return at;
	}
	return NULL;
}

/* Whether a value is one of the argument. */
static bool fits(const struct ln_control_argument *argument,
		 const json_t *value)
{
	switch (argument->kind) {
	case LN_CONTROL_NUMBER:
		return json_is_integer(value) &&
		       json_integer_value(value) >= argument->min &&
		       json_integer_value(value) <= argument->max;
	case LN_CONTROL_TEXT:
		return json_is_string(value) &&
		       json_string_length(value) >= (size_t)argument->min &&
		       json_string_length(value) <= (size_t)argument->max;
	default:
		return json_is_boolean(value);
	}
}

static void refuse_value(struct ln_control_request *request,
			 const struct ln_control_argument *argument)
{
	static const char code[] = "bad-argument";
	long long min = argument->min;
	long long max = argument->max;

	if (argument->kind == LN_CONTROL_NUMBER)
		ln_control_fail(request, code,
				"'%s' is a number from %lld to %lld",
				argument->name, min, max);
	else if (argument->kind == LN_CONTROL_TEXT)
		ln_control_fail(request, code,
				"'%s' is a text of %lld to %lld bytes",
				argument->name, min, max);
	else
		ln_control_fail(request, code, "'%s' is true or false",
				argument->name);
}

/* Fails the request when its arguments are not what the method takes. */
static void check_arguments(struct ln_control_request *request)
{
	const struct ln_control_method *method = request->method;
	const struct ln_control_argument *argument;
	const char *name;
	json_t *value;

	json_object_foreach(request->args, name, value)
	{
		argument = find_argument(method, name);
		if (argument == NULL) {
			ln_control_fail(request, "bad-argument",
					"%s takes no argument '%s'; see help",
					method->name, name);
			return;
		}
		if (!fits(argument, value)) {
			refuse_value(request, argument);
			return;
		}
	}
	argument = method->arguments;
	for (; argument != NULL && argument->name != NULL; argument++) {
		if (!argument->needed ||
		    json_object_get(request->args, argument->name) != NULL)
			continue;
		ln_control_fail(request, "bad-argument",
				"%s needs the argument '%s'", method->name,
				argument->name);
		return;
	}
}

/* A request in its session; NULL: memory is short. */
static struct ln_control_request *
new_request(struct ln_control_session *session,
	    const struct ln_control_method *method, int64_t id, json_t *args)
{
	struct ln_control_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	*request = (struct ln_control_request){
		.session = session,
		.method = method,
		.id = id,
		.args = args != NULL ? json_incref(args) : json_object(),
		.state = calloc(1, method->state + 1),
	};
	if (request->args == NULL || request->state == NULL) {
		json_decref(request->args);
		free(request->state);
		free(request);
		return NULL;
	}
	ln_list_append(&session->requests, &request->link);
	session->count++;
	return request;
}

static struct ln_control_request *
find_request(struct ln_control_session *session, int64_t id)
{
	ln_list_for_each (at, &session->requests) {
		struct ln_control_request *request =
			ln_container_of(at, struct ln_control_request, link);

		if (request->id == id)
			return request;
	}
	return NULL;
}

static void begin_request(struct ln_control_session *session,
			  const struct ln_control_method *method, int64_t id,
			  json_t *args)
{
	struct ln_control_request *request =
		new_request(session, method, id, args);

	if (request == NULL) {
		session->out.error = LN_ENOMEM;
		return;
	}
	if (method != &ln_control_relay)
		check_arguments(request);
	if (request->over) {
		/* It never began, so there is nothing to end. */
		static const struct ln_control_method none = { .name = "" };

		request->method = &none;
		end_request(request);
		return;
	}
	if (method->begin != NULL)
		method->begin(request);
	if (request->over)
		end_request(request);
}

/* The same for another node, whose program knows its methods itself; `line` has
 * them. */
static void begin_relay(struct ln_control_session *session, json_t *line,
			json_t *id)
{
	const json_t *node = json_object_get(line, "node");
	json_t *args;

	if (!json_is_string(node) || json_string_length(node) == 0) {
		refuse(session, json_incref(id), "bad-request",
		       "'node' is the name of a node");
		return;
	}
	args = json_pack("{s:O,s:O,s:O*}", "node", node, "method",
			 json_object_get(line, "method"), "args",
			 json_object_get(line, "args"));
	if (args == NULL)
		session->out.error = LN_ENOMEM;
	else
		begin_request(session, &ln_control_relay,
			      json_integer_value(id), args);
	json_decref(args);
}

/* Whether another node is meant. */
static bool is_for_another(struct ln_control_session *session,
			   const json_t *node)
{
	return node != NULL && !json_is_null(node) &&
	       (!json_is_string(node) ||
		!ln_control_is_node(session->control, json_string_value(node)));
}

/* {"id":ID,"cancel":OTHER}: ends another request, with an error of its own. */
static void cancel(struct ln_control_session *session, json_t *id,
		   const json_t *other)
{
	struct ln_control_request *request =
		json_is_integer(other)
			? find_request(session, json_integer_value(other))
			: NULL;
	bool found = request != NULL;

	if (found) {
		ln_control_fail(request, "cancelled", "it was cancelled");
		end_request(request);
	}
	put_answer(session, id, "result",
		   json_pack("{s:b}", "cancelled", found));
}

/* What a line has beside its id. */
static void take(struct ln_control_session *session, json_t *line, json_t *id)
{
	const json_t *name = json_object_get(line, "method");
	const json_t *other = json_object_get(line, "cancel");
	json_t *args = json_object_get(line, "args");
	const struct ln_control_method *method;
	bool elsewhere;

	if (other != NULL) {
		cancel(session, json_incref(id), other);
		return;
	}
	if (!json_is_string(name) || (args != NULL && !json_is_object(args))) {
		refuse(session, json_incref(id), "bad-request",
		       "a request is {\"id\":NUMBER,\"method\":NAME,"
		       "\"args\":OBJECT}");
		return;
	}
	elsewhere = is_for_another(session, json_object_get(line, "node"));
	method = find_method(json_string_value(name));
	if (method == NULL && !elsewhere)
		refuse(session, json_incref(id), "no-method",
		       "there is no such method; see help");
	else if (find_request(session, json_integer_value(id)) != NULL)
		refuse(session, json_incref(id), "bad-request",
		       "a request with that id is under way");
	else if (session->count >= LN_CONTROL_REQUESTS_MAX)
		refuse(session, json_incref(id), "too-many",
		       "too many requests are under way; wait for answers, or "
		       "cancel one");
	else if (elsewhere)
		begin_relay(session, line, id);
	else
		begin_request(session, method, json_integer_value(id), args);
}

void ln_control_session_line(struct ln_control_session *session,
			     const char *line, size_t len)
{
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *id = json_object_get(object, "id");

	if (!json_is_object(object))
		refuse(session, json_null(), "bad-json",
		       "a line is one JSON object, in UTF-8");
	else if (!json_is_integer(id) || json_integer_value(id) < 0)
		refuse(session, json_null(), "bad-request",
		       "a request has an id, a number from 0 on");
	else
		take(session, object, id);
	json_decref(object);
}

void ln_control_session_too_long(struct ln_control_session *session)
{
	refuse(session, json_null(), "too-long",
	       "a line has at most 65536 bytes");
}

/* ---- The session ---- */

void ln_control_session_init(struct ln_control_session *session,
			     struct ln_control *control)
{
	*session = (struct ln_control_session){
		.control = control,
		.out = { .max = LN_CONTROL_OUT_MAX },
	};
	ln_list_init(&session->requests);
	put_line(session,
		 json_pack("{s:i,s:s,s:i,s:s}", "control", LN_CONTROL_VERSION,
			   "lunatic", LUNATIC_VERSION, "pid", (int)getpid(),
			   "program", control->name));
}

void ln_control_session_skip(struct ln_control_session *session)
{
	session->out.len = 0;
}

void ln_control_session_deinit(struct ln_control_session *session)
{
	ln_list_for_each_safe (at, after, &session->requests)
		end_request(
			ln_container_of(at, struct ln_control_request, link));
	ln_bytes_deinit(&session->out);
}

/* One step; true: the request is over. */
static bool step(struct ln_control_request *request)
{
	request->wait = 0;
	request->method->step(request);
	return request->over;
}

int64_t ln_control_session_due(const struct ln_control_session *session,
			       int64_t now)
{
	int64_t next = LN_NEVER;

	if (is_full(session))
		return LN_NEVER;
	ln_list_for_each (at, &session->requests) {
		const struct ln_control_request *request =
			ln_container_of(at, struct ln_control_request, link);

		if (request->wait < next)
			next = request->wait;
	}
	return next > now ? next : now;
}

void ln_control_session_work(struct ln_control_session *session, int64_t now)
{
	/* One that made a step goes to the end, so that the others are next. */
	for (unsigned left = session->count; left > 0; left--) {
		struct ln_control_request *request =
			ln_container_of(session->requests.next,
					struct ln_control_request, link);
		bool due = request->wait <= now;

		if (is_full(session))
			return;
		ln_list_remove(&request->link);
		ln_list_append(&session->requests, &request->link);
		if (due && step(request))
			end_request(request);
		if (due && ln_time_now() - now >= TURN)
			return;
	}
}

void ln_control_session_wake(struct ln_control_session *session)
{
	ln_list_for_each (at, &session->requests)
		ln_container_of(at, struct ln_control_request, link)->wait = 0;
}

const uint8_t *
ln_control_session_pending(const struct ln_control_session *session,
			   size_t *len)
{
	static const uint8_t nothing[1];

	*len = session->out.len - session->sent;
	return *len > 0 ? session->out.data + session->sent : nothing;
}

void ln_control_session_sent(struct ln_control_session *session, size_t len)
{
	struct ln_bytes *out = &session->out;

	ln_assert(len <= out->len - session->sent);
	session->sent += len;
	if (session->sent == 0)
		return;
	/* What is gone makes room before it is as much as what is there. */
	if (session->sent < out->len && session->sent < out->len / 2)
		return;
	out->len -= session->sent;
	memmove(out->data, out->data + session->sent, out->len);
	session->sent = 0;
}
