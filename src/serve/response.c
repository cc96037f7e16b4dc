/*
 * Encodes heads and chunks. Fields that are about the connection are the
 * server's: those of a guest are left out.
 */
#include "serve/response.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <llhttp.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "serve/fields.h"
#include "serve/pipe.h"

#define HEX "0123456789abcdef"
#define PIECE ((size_t)16 << 10) /* of a body that is moved at a time */
#define FULL LN_PIPE_ROOM        /* output that is sent before more comes */

static void add_text(struct ln_bytes *out, const char *text)
{
	ln_bytes_add(out, text, strlen(text));
}

/* "date: Sun, 06 Nov 1994 08:49:37 GMT", made once a second in each thread that
 * asks. */
static LN_NOINLINE void add_date(struct ln_bytes *out)
{
	static _Thread_local char text[48];
	static _Thread_local time_t made;
	time_t now = time(NULL);
	struct tm utc;

	if (now != made && gmtime_r(&now, &utc) != NULL) {
		/* In the language of the protocol, as no locale is set. */
		(void)strftime(text, sizeof(text),
			       "date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
		made = now;
	}
	add_text(out, text);
}

static const char *phrase_of(unsigned status)
{
	static const struct {
		unsigned status;
		const char *phrase;
	} phrases[] = {
#define PHRASE(number, name, text) { number, #text },
		HTTP_STATUS_MAP(PHRASE)
#undef PHRASE
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "";
}

/* NOT_FOUND as Not Found. */
static void add_phrase(struct ln_bytes *out, const char *name)
{
	bool first = true;

	for (; *name != '\0'; name++) {
		char c = *name;

		if (c == '_')
			c = ' ';
		else if (!first && c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		first = c == ' ';
		ln_bytes_add(out, &c, 1);
	}
}

static void add_status(struct ln_bytes *out, unsigned status)
{
	char line[32];

	if (status == 200) {
		add_text(out, "HTTP/1.1 200 OK\r\n");
		return;
	}
	snprintf(line, sizeof(line), "HTTP/1.1 %03u ", status);
	add_text(out, line);
	add_phrase(out, phrase_of(status));
	add_text(out, "\r\n");
}

/* The length that a guest has set: UINT64_MAX when it has not. LN_EFORMAT. */
static int length_of(const struct ln_fields *fields, uint64_t *length)
{
	static const char name[] = "content-length";
	uint32_t at = ln_fields_find(fields, name, sizeof(name) - 1, 0);
	const char *value;
	uint32_t len;

	*length = UINT64_MAX;
	if (at == fields->count)
		return 0;
	value = ln_field_value(fields, at);
	len = fields->list[at].value_len;
	if (len == 0 || len > 18 ||
	    ln_fields_find(fields, name, sizeof(name) - 1, at + 1) !=
		    fields->count)
		return LN_EFORMAT;
	*length = 0;
	for (uint32_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return LN_EFORMAT;
		*length = *length * 10 + (uint64_t)(value[i] - '0');
	}
	return 0;
}

static void add_field(struct ln_bytes *out, const struct ln_fields *fields,
		      uint32_t at)
{
	const struct ln_field *field = &fields->list[at];

	ln_bytes_add(out, ln_field_name(fields, at), field->name_len);
	add_text(out, ": ");
	ln_bytes_add(out, ln_field_value(fields, at), field->value_len);
	add_text(out, "\r\n");
}

static void add_fields(struct ln_bytes *out, const struct ln_fields *fields)
{
	for (uint32_t i = 0; i < fields->count; i++) {
		const struct ln_field *field = &fields->list[i];

		if (ln_field_is(fields, i, "content-length", 14) ||
		    ln_field_is(fields, i, "host", 4) ||
		    ln_field_is_forbidden(ln_field_name(fields, i),
					  field->name_len))
			continue;
		add_field(out, fields, i);
	}
}

static void add_length(struct ln_bytes *out, uint64_t length)
{
	char line[48];

	snprintf(line, sizeof(line), "content-length: %llu\r\n",
		 (unsigned long long)length);
	add_text(out, line);
}

/* How a body is framed whose length is known, or not (UINT64_MAX). */
static void frame(struct ln_response *response, struct ln_bytes *out,
		  uint64_t length)
{
	if (length != UINT64_MAX) {
		response->framing = LN_FRAMING_LENGTH;
		response->left = length;
		response->complete = length == 0;
		add_length(out, length);
	} else if (response->http_1_0) {
		response->framing = LN_FRAMING_CLOSE;
		response->close = true;
	} else {
		response->framing = LN_FRAMING_CHUNKED;
		add_text(out, "transfer-encoding: chunked\r\n");
	}
}

int ln_response_begin(struct ln_response *response, struct ln_bytes *out,
		      unsigned status, const struct ln_fields *fields,
		      bool has_body, uint64_t length)
{
	bool bodiless = status == 204 || status == 304;
	uint64_t said;

	if (status < 200 || status > 599 || length_of(fields, &said) < 0)
		return LN_EFORMAT;
	add_status(out, status);
	add_fields(out, fields);
	if (ln_fields_find(fields, "date", 4, 0) == fields->count)
		add_date(out);
	response->framing = LN_FRAMING_NONE;
	if (response->head || bodiless) {
		response->complete = true;
		if (said != UINT64_MAX && status != 204)
			add_length(out, said);
	} else if (!has_body && said == UINT64_MAX) {
		frame(response, out, 0);
	} else {
		frame(response, out, said != UINT64_MAX ? said : length);
	}
	if (response->close)
		add_text(out, "connection: close\r\n");
	else if (response->http_1_0)
		add_text(out, "connection: keep-alive\r\n");
	add_text(out, "\r\n");
	return out->error;
}

int ln_response_switch(struct ln_response *response, struct ln_bytes *out,
		       const struct ln_fields *fields)
{
	add_text(out, "HTTP/1.1 101 Switching Protocols\r\n");
	add_text(out, "connection: Upgrade\r\n");
	for (uint32_t i = 0; i < fields->count; i++) {
		if (ln_field_is(fields, i, "upgrade", 7))
			add_field(out, fields, i);
	}
	add_fields(out, fields);
	add_text(out, "\r\n");
	response->framing = LN_FRAMING_CLOSE;
	response->close = true;
	return out->error;
}

int ln_request_begin(struct ln_response *request, struct ln_bytes *out,
		     const char *method, const char *path,
		     const char *authority, const struct ln_fields *fields,
		     bool has_body)
{
	uint64_t said;

	if (length_of(fields, &said) < 0)
		return LN_EFORMAT;
	add_text(out, method);
	add_text(out, " ");
	add_text(out, path);
	add_text(out, " HTTP/1.1\r\nhost: ");
	add_text(out, authority);
	add_text(out, "\r\n");
	add_fields(out, fields);
	request->framing = LN_FRAMING_NONE;
	request->complete = !has_body;
	if (has_body)
		frame(request, out, said);
	else if (said == 0)
		add_length(out, 0);
	add_text(out, "connection: close\r\n\r\n");
	return out->error;
}

/* The line before a chunk. */
static void add_chunk_line(struct ln_bytes *out, size_t len)
{
	char line[20];
	size_t at = sizeof(line);

	line[--at] = '\n';
	line[--at] = '\r';
	do {
		line[--at] = HEX[len & 15];
		len >>= 4;
	} while (len > 0);
	ln_bytes_add(out, line + at, sizeof(line) - at);
}

/* Moves a piece; how much. A chunk is as large as the pipe says now, and only
 * one task reads it. */
static size_t move_piece(struct ln_response *response, struct ln_bytes *out,
			 struct ln_pipe *pipe, size_t len)
{
	bool chunked = response->framing == LN_FRAMING_CHUNKED;
	uint8_t *to;

	if (len > PIECE)
		len = PIECE;
	if (response->framing == LN_FRAMING_LENGTH && len > response->left)
		len = (size_t)response->left;
	if (len == 0)
		return 0;
	if (chunked)
		add_chunk_line(out, len);
	to = ln_bytes_extend(out, len);
	if (to == NULL)
		return 0;
	len = ln_pipe_read(pipe, to, len);
	if (chunked)
		add_text(out, "\r\n");
	response->sent += len;
	if (response->framing == LN_FRAMING_LENGTH)
		response->left -= len;
	return len;
}

/* The pipe is at its end, and empty. */
static int end(struct ln_response *response, struct ln_bytes *out,
	       const struct ln_pipe *pipe, enum ln_pipe_end how)
{
	bool whole = how == LN_PIPE_ENDED;

	if (response->framing == LN_FRAMING_LENGTH)
		whole = response->left == 0;
	if (!whole)
		return LN_EDEAD;
	if (response->framing == LN_FRAMING_CHUNKED) {
		add_text(out, "0\r\n");
		/* It is at its end, so they do not change. */
		if (pipe->trailers != NULL)
			add_fields(out, pipe->trailers);
		add_text(out, "\r\n");
	}
	response->complete = true;
	return out->error;
}

int ln_response_move(struct ln_response *response, struct ln_bytes *out,
		     struct ln_pipe *pipe)
{
	struct ln_pipe_state state = ln_pipe_look(pipe);
	size_t moved = 0;
	size_t len;
	int error;

	if (response->framing == LN_FRAMING_LENGTH && response->left == 0) {
		response->complete = true;
		return 1;
	}
	while (out->len < FULL && moved < state.len) {
		len = move_piece(response, out, pipe, state.len - moved);
		if (out->error != 0)
			return out->error;
		if (len == 0)
			break;
		moved += len;
	}
	if (response->framing == LN_FRAMING_LENGTH && response->left == 0)
		response->complete = true;
	if (response->complete || moved > 0 || state.len > 0 ||
	    state.end == LN_PIPE_OPEN)
		return moved > 0 || response->complete;
	error = end(response, out, pipe, state.end);
	return error < 0 ? error : 1;
}

void ln_response_say(struct ln_response *response, struct ln_bytes *out,
		     unsigned status, const char *text)
{
	size_t len = strlen(text);

	add_status(out, status);
	add_text(out, "content-type: text/plain; charset=utf-8\r\n");
	add_date(out);
	add_length(out, len + 1);
	if (response->close)
		add_text(out, "connection: close\r\n");
	else if (response->http_1_0)
		add_text(out, "connection: keep-alive\r\n");
	add_text(out, "\r\n");
	if (!response->head) {
		add_text(out, text);
		add_text(out, "\n");
		response->sent += len + 1;
	}
	response->complete = true;
}
