/*
 * Requests and responses. A process has one of each at a time, so they are
 * static, and begin anew with each request. What
 * is written first waits in the response: a short one goes to the host in one
 * call, which knows its length then.
 */
#include <lunatic/abi.h>
#include <lunatic/http.h>
#include <lunatic/status.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http.h"
#include "internal.h"

#define FIELDS 0
#define TRAILERS 1
#define FIELDS_MAX ((size_t)128 << 10)

enum part { METHOD, TARGET, AUTHORITY, PEER, SCHEME };

static struct lunatic_http_request the_request;
static struct lunatic_http_response the_response;
static char *the_target; /* where its path and query are */

/* ---- Beginning and end ---- */

/* A part of the request, in memory from malloc; "" if there is none. */
static char *part_of(enum part part)
{
	char first[256];
	int32_t size =
		lunatic_exchange_request((uint32_t)part, first, sizeof(first));
	char *text;

	if (size <= 0)
		return calloc(1, 1);
	text = malloc((size_t)size + 1);
	if (text == NULL)
		return NULL;
	if ((size_t)size <= sizeof(first))
		memcpy(text, first, (size_t)size);
	else
		lunatic_exchange_request((uint32_t)part, text, (size_t)size);
	text[size] = '\0';
	return text;
}

/* Those of the request before, if there was one. */
static void unload(struct lunatic_http_request *request)
{
	free((char *)(uintptr_t)request->method);
	free((char *)(uintptr_t)request->authority);
	free((char *)(uintptr_t)request->peer);
	free(the_target);
	the_target = NULL;
	*request = (struct lunatic_http_request){ 0 };
}

static bool load(struct lunatic_http_request *request)
{
	char *target = part_of(TARGET);
	char *query = NULL;

	if (target != NULL)
		query = strchr(target, '?');
	the_target = target;
	request->query = query != NULL ? query + 1 : "";
	if (query != NULL)
		*query = '\0';
	request->path = target;
	if (target != NULL && *target == '\0')
		request->path = lunatic_exchange_request(TARGET, NULL, 0) < 0
					? "*"
					: "/";
	request->method = part_of(METHOD);
	request->authority = part_of(AUTHORITY);
	request->peer = part_of(PEER);
	request->secure = lunatic_exchange_request(SCHEME, NULL, 0) == 5;
	return request->path != NULL && request->method != NULL &&
	       request->authority != NULL && request->peer != NULL;
}

static void complain(const char *text)
{
	lunatic_log_write(0, text, strlen(text));
}

void lunatic_http_serve(void (*handler)(struct lunatic_http_request *,
					struct lunatic_http_response *))
{
	lunatic_enter();
	if (lunatic_exchange_count_fields(FIELDS) < 0) {
		complain("this process answers no request: run the program "
			 "with lunatic serve");
		lunatic_fail();
	}
	unload(&the_request);
	if (!load(&the_request)) {
		complain("out of memory for a request");
		lunatic_fail();
	}
	the_response.answered = false;
	the_response.complete = false;
	the_response.failed = 0;
	the_response.websocket = NULL;
	the_response.fields_size = 0;
	the_response.body_size = 0;
	the_response.status = 200;
	the_response.bodiless = strcmp(the_request.method, "HEAD") == 0;
	handler(&the_request, &the_response);
	if (lunatic_http_finish(&the_response) != 0 && !the_response.answered) {
		complain(lunatic_status_text(the_response.failed));
		lunatic_fail();
	}
	lunatic_leave();
}

void lunatic_http_prepare(void (*start)(void))
{
	lunatic_enter();
	start();
	lunatic_leave();
}

/* ---- The request ---- */

/* Ends a text of `size` bytes, as far as the host has copied it. */
static int copied(int32_t size, char *text, size_t room)
{
	if (size < 0)
		return LUNATIC_ENOTFOUND;
	if ((size_t)size >= room)
		return LUNATIC_ETOOLONG;
	text[size] = '\0';
	return 0;
}

static int find(uint32_t list, const char *name, char *value, size_t size)
{
	int32_t at = lunatic_exchange_find_field(list, name, strlen(name), 0);
	int status = LUNATIC_ENOTFOUND;

	if (at >= 0)
		status = copied(lunatic_exchange_field_value(list, (uint32_t)at,
							     value, size),
				value, size);
	if (status != 0 && size > 0)
		value[0] = '\0';
	return status;
}

int lunatic_http_field(const struct lunatic_http_request *request,
		       const char *name, char *value, size_t size)
{
	(void)request;
	return find(FIELDS, name, value, size);
}

int lunatic_http_trailer(const struct lunatic_http_request *request,
			 const char *name, char *value, size_t size)
{
	(void)request;
	return find(TRAILERS, name, value, size);
}

size_t lunatic_http_fields(const struct lunatic_http_request *request)
{
	int32_t count = lunatic_exchange_count_fields(FIELDS);

	(void)request;
	return count > 0 ? (size_t)count : 0;
}

int lunatic_http_field_at(const struct lunatic_http_request *request,
			  size_t index, char *name, size_t name_size,
			  char *value, size_t value_size)
{
	uint32_t at = (uint32_t)index;
	int status = 0;

	if (name_size > 0 && name != NULL)
		name[0] = '\0';
	if (value_size > 0 && value != NULL)
		value[0] = '\0';
	if (index >= lunatic_http_fields(request))
		return LUNATIC_ENOTFOUND;
	if (name != NULL)
		status = copied(lunatic_exchange_field_name(FIELDS, at, name,
							    name_size),
				name, name_size);
	if (value != NULL && status == 0)
		status = copied(lunatic_exchange_field_value(FIELDS, at, value,
							     value_size),
				value, value_size);
	return status;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The next character of an encoded text, and the end of it: -1 if it is not
 * encoded so. */
static int next_char(const char **at)
{
	const char *from = *at;
	int high, low;

	*at += 1;
	if (*from == '+')
		return ' ';
	if (*from != '%')
		return (unsigned char)*from;
	high = digit_of(from[1]);
	low = high < 0 ? -1 : digit_of(from[2]);
	if (low < 0)
		return -1;
	*at += 2;
	return high * 16 + low;
}

/* Whether a pair has that name; then *at is at its value. */
static bool is_named(const char **at, const char *end, const char *name)
{
	const char *from = *at;

	while (from < end && *from != '=') {
		int c = next_char(&from);

		if (c < 0 || c != (unsigned char)*name || *name == '\0')
			return false;
		name++;
	}
	*at = from < end ? from + 1 : end;
	return *name == '\0';
}

static int decode(const char *from, const char *end, char *value, size_t size)
{
	size_t used = 0;

	while (from < end) {
		int c = next_char(&from);

		if (c <= 0 || from > end)
			return LUNATIC_EFORMAT;
		if (used + 1 >= size)
			return LUNATIC_ETOOLONG;
		value[used++] = (char)c;
	}
	if (used >= size)
		return LUNATIC_ETOOLONG;
	value[used] = '\0';
	return 0;
}

int lunatic_http_form(const char *form, const char *name, char *value,
		      size_t size)
{
	int status = LUNATIC_ENOTFOUND;

	for (const char *at = form; *at != '\0';) {
		const char *end = at + strcspn(at, "&");

		if (is_named(&at, end, name)) {
			status = decode(at, end, value, size);
			break;
		}
		at = *end == '&' ? end + 1 : end;
	}
	if (status != 0 && size > 0)
		value[0] = '\0';
	return status;
}

int lunatic_http_query(const struct lunatic_http_request *request,
		       const char *name, char *value, size_t size)
{
	return lunatic_http_form(request->query, name, value, size);
}

int lunatic_http_read(struct lunatic_http_request *request, void *data,
		      size_t size, size_t *got, int64_t timeout)
{
	uint64_t count = 0;
	uint32_t result = lunatic_exchange_read(
		data, size, lunatic_host_timeout(timeout), &count);

	(void)request;
	*got = result == 0 ? (size_t)count : 0;
	return lunatic_host_status(result, count);
}

int lunatic_http_fetch(void *data, size_t size, uint64_t *count)
{
	uint32_t result = lunatic_exchange_read(data, size, 0, count);

	return lunatic_host_status(result, *count);
}

void *lunatic_http_read_all(struct lunatic_http_request *request, size_t max,
			    size_t *size, int *status)
{
	size_t room = 1024;
	char *data = malloc(room);
	size_t used = 0;
	size_t got = 1;

	*status = data == NULL ? LUNATIC_ENOMEM : 0;
	while (*status == 0 && got > 0) {
		if (used + 1 == room) {
			char *more = realloc(data, room * 2);

			if (more == NULL) {
				*status = LUNATIC_ENOMEM;
				break;
			}
			data = more;
			room *= 2;
		}
		*status = lunatic_http_read(request, data + used,
					    room - used - 1, &got, -1);
		used += got;
		if (*status == 0 && used > max)
			*status = LUNATIC_ETOOLONG;
	}
	*size = *status == 0 ? used : 0;
	if (*status == 0) {
		data[used] = '\0';
		return data;
	}
	free(data);
	return NULL;
}

/* ---- The response ---- */

static int fail(struct lunatic_http_response *response, int status)
{
	if (response->failed == 0)
		response->failed = status;
	return response->failed;
}

int lunatic_http_status(struct lunatic_http_response *response, unsigned status)
{
	if (response->answered || status < 200 || status > 599)
		return LUNATIC_EMISUSE;
	response->status = status;
	return 0;
}

static bool is_line(const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

int lunatic_http_set(struct lunatic_http_response *response, const char *name,
		     const char *value)
{
	size_t name_size = strlen(name) + 1;
	size_t value_size = strlen(value) + 1;
	size_t size = response->fields_size;
	size_t room = response->fields_room;

	if (response->answered)
		return LUNATIC_EMISUSE;
	if (name_size == 1 || !is_line(name) || !is_line(value))
		return LUNATIC_EFORMAT;
	if (name_size > FIELDS_MAX || value_size > FIELDS_MAX - name_size ||
	    size > FIELDS_MAX - name_size - value_size)
		return LUNATIC_ENOMEM;
	size += name_size + value_size;
	while (room < size)
		room = room == 0 ? 256 : room * 2;
	if (room > response->fields_room) {
		char *fields = realloc(response->fields, room);

		if (fields == NULL)
			return LUNATIC_ENOMEM;
		response->fields = fields;
		response->fields_room = room;
	}
	memcpy(response->fields + response->fields_size, name, name_size);
	memcpy(response->fields + response->fields_size + name_size, value,
	       value_size);
	response->fields_size = size;
	return 0;
}

int lunatic_http_put(const void *data, size_t size)
{
	const unsigned char *from = data;

	while (size > 0) {
		uint64_t count = 0;
		uint32_t result = lunatic_exchange_write(from, size, 0, &count);

		if (result != 0)
			return lunatic_host_status(result, count);
		from += count;
		size -= (size_t)count;
	}
	return 0;
}

/* The answer, with what has been written so far. */
static int answer(struct lunatic_http_response *response, uint32_t flags)
{
	uint64_t count = 0;
	uint32_t result = lunatic_exchange_respond(
		response->status, response->fields, response->fields_size,
		response->body, response->body_size, flags, &count);

	if (result != 0)
		return lunatic_host_status(result, count);
	response->answered = true;
	response->complete = (flags & LUNATIC_HTTP_COMPLETE) != 0;
	free(response->fields);
	response->fields = NULL;
	response->fields_room = 0;
	return 0;
}

int lunatic_http_send(struct lunatic_http_response *response, uint32_t flags)
{
	int status = response->failed;

	if (status != 0)
		return status;
	/* The first piece is smaller than what the host takes at once. */
	if (!response->answered)
		status = answer(response, flags);
	else if (!response->bodiless)
		status = lunatic_http_put(response->body, response->body_size);
	response->body_size = 0;
	return status != 0 ? fail(response, status) : 0;
}

int lunatic_http_flush(struct lunatic_http_response *response)
{
	if (response->complete || response->websocket != NULL)
		return response->failed;
	return lunatic_http_send(response, 0);
}

int lunatic_http_write(struct lunatic_http_response *response, const void *data,
		       size_t size)
{
	const unsigned char *from = data;
	int status = response->failed;

	if (response->complete || response->websocket != NULL)
		return LUNATIC_EMISUSE;
	while (status == 0 && size > 0) {
		size_t room = sizeof(response->body) - response->body_size;
		size_t part = size < room ? size : room;

		if (response->answered && response->body_size == 0 &&
		    size >= sizeof(response->body) && !response->bodiless) {
			status = lunatic_http_put(from, size);
			return status != 0 ? fail(response, status) : 0;
		}
		memcpy(response->body + response->body_size, from, part);
		response->body_size += part;
		from += part;
		size -= part;
		if (response->body_size == sizeof(response->body))
			status = lunatic_http_send(response, 0);
	}
	return status;
}

int lunatic_http_print(struct lunatic_http_response *response, const char *text)
{
	return lunatic_http_write(response, text, strlen(text));
}

int lunatic_http_printf(struct lunatic_http_response *response,
			const char *format, ...)
{
	char short_text[256];
	char *text = NULL;
	va_list arguments;
	int status;
	int len;

	va_start(arguments, format);
	len = vsnprintf(short_text, sizeof(short_text), format, arguments);
	va_end(arguments);
	if (len >= 0 && (size_t)len < sizeof(short_text))
		return lunatic_http_write(response, short_text, (size_t)len);
	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		return fail(response, LUNATIC_ENOMEM);
	status = lunatic_http_write(response, text, (size_t)len);
	free(text);
	return status;
}

int lunatic_http_finish(struct lunatic_http_response *response)
{
	uint64_t error = 0;
	uint32_t result;
	int status;

	if (response->websocket != NULL) {
		if (!response->complete)
			lunatic_websocket_end(response->websocket);
		response->complete = true;
		return 0;
	}
	if (response->complete || response->failed != 0)
		return response->failed;
	status = lunatic_http_send(response, LUNATIC_HTTP_COMPLETE);
	if (status != 0 || response->complete)
		return status;
	response->complete = true;
	result = lunatic_exchange_finish(NULL, 0, &error);
	return lunatic_host_status(result, error);
}

int lunatic_http_answer(struct lunatic_http_response *response, unsigned status,
			const char *type, const char *text)
{
	int result = lunatic_http_status(response, status);

	if (result == 0)
		result = lunatic_http_set(response, "content-type", type);
	if (result == 0)
		result = lunatic_http_print(response, text);
	return result != 0 ? result : lunatic_http_finish(response);
}

/* ---- Waiting ---- */

int64_t lunatic_http_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t lunatic_http_deadline(int64_t timeout)
{
	int64_t now;

	if (timeout < 0)
		return INT64_MAX;
	now = lunatic_http_clock();
	return timeout < INT64_MAX - now ? now + timeout : INT64_MAX;
}

uint32_t lunatic_http_await(uint32_t events, int64_t deadline, int64_t other)
{
	int64_t left = -1;

	if (other < deadline)
		deadline = other;
	if (deadline != INT64_MAX) {
		left = deadline - lunatic_http_clock();
		if (left < 0)
			left = 0;
	}
	return lunatic_exchange_wait(events, lunatic_host_timeout(left));
}
