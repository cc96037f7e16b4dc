/*
 * DESIGN
 * llhttp checks the syntax, strictly: a length together with a transfer coding,
 * two lengths, a coding that does not end with chunked, bare line feeds, and
 * blanks before a colon are errors, so that nobody in front of the server can
 * take one request for two. What llhttp leaves open is decided here: sizes, one
 * Host, folded lines (refused), versions, and methods that make tunnels.
 *
 * Threads: one at a time. Takes no locks but those of the body's pipe.
 */
#include "serve/request.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "serve/fields.h"
#include "serve/pipe.h"

static struct ln_http_request *request_of(llhttp_t *parser)
{
	return parser->data;
}

/* The parser stops with what it is told. */
static int refuse(struct ln_http_request *request, unsigned status,
		  const char *reason)
{
	if (request->status == 0) {
		request->status = status;
		request->reason = reason;
	}
	return HPE_USER;
}

static int no_memory(struct ln_http_request *request)
{
	return refuse(request, 503, "memory is short");
}

/* Counts bytes of a head or of trailers. */
static int count(struct ln_http_request *request, size_t len, unsigned status)
{
	request->head_bytes += len;
	if (request->head_bytes <= request->limits->head)
		return 0;
	return refuse(request, request->in_trailers ? 431 : status,
		      "it is too large");
}

static int on_method(llhttp_t *parser, const char *at, size_t len)
{
	(void)at;
	return count(request_of(parser), len, 400);
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct ln_http_request *request = request_of(parser);
	int error = count(request, len, 414);

	if (error != 0)
		return error;
	ln_bytes_add(&request->line, at, len);
	return request->line.error != 0 ? no_memory(request) : 0;
}

static int on_text(llhttp_t *parser, const char *at, size_t len)
{
	struct ln_http_request *request = request_of(parser);
	int error = count(request, len, 431);

	if (error != 0)
		return error;
	ln_bytes_add(&request->text, at, len);
	return request->text.error != 0 ? no_memory(request) : 0;
}

static int on_name_complete(llhttp_t *parser)
{
	struct ln_http_request *request = request_of(parser);

	request->name_len = request->text.len;
	for (size_t i = 0; i < request->name_len; i++) {
		uint8_t c = request->text.data[i];

		if (c >= 'A' && c <= 'Z')
			request->text.data[i] = c | 0x20;
	}
	return 0;
}

/* Blanks around a value are not of it. */
static size_t trimmed(const char *value, size_t len)
{
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	return len;
}

static int on_value_complete(llhttp_t *parser)
{
	struct ln_http_request *request = request_of(parser);
	struct ln_fields **list =
		request->in_trailers ? &request->trailers : &request->fields;
	const char *name = (const char *)request->text.data;
	size_t len = request->text.len - request->name_len;
	const char *value;
	int error;

	request->text.len = 0;
	value = name != NULL ? name + request->name_len : "";
	if (request->name_len == 0 || !ln_field_value_is_valid(value, len))
		return refuse(request, 400, "a field has a value that is none");
	if (*list == NULL)
		*list = ln_fields_new();
	if (*list == NULL)
		return no_memory(request);
	if ((*list)->count >= request->limits->fields)
		return refuse(request, 431, "it has too many fields");
	error = ln_fields_add(*list, name, request->name_len, value,
			      trimmed(value, len));
	if (error == LN_ELIMIT)
		return refuse(request, 431, "its fields are too large");
	return error < 0 ? no_memory(request) : 0;
}

/* One Host, which is not needed in HTTP/1.0. */
static bool host_is_clear(const struct ln_http_request *request)
{
	static const char name[] = "host";
	uint32_t at = ln_fields_find(request->fields, name, 4, 0);

	if (at == request->fields->count)
		return request->http_1_0;
	return ln_fields_find(request->fields, name, 4, at + 1) ==
	       request->fields->count;
}

static bool wants_continue(const struct ln_http_request *request)
{
	static const char wanted[] = "100-continue";
	uint32_t at = ln_fields_find(request->fields, "expect", 6, 0);

	return at < request->fields->count &&
	       request->fields->list[at].value_len == sizeof(wanted) - 1 &&
	       strncasecmp(ln_field_value(request->fields, at), wanted,
			   sizeof(wanted) - 1) == 0;
}

/* Informational responses have no body, and another response follows. */
static int take_response(struct ln_http_request *request, llhttp_t *parser)
{
	request->code = (unsigned)llhttp_get_status_code(parser);
	if (parser->http_major != 1)
		return refuse(request, 502, "only HTTP/1.1 is spoken");
	if (request->code == 101 || request->code < 100 || request->code > 599)
		return refuse(request, 502, "it has a status that is none");
	if (request->headless)
		parser->flags |= F_SKIPBODY;
	request->method = "";
	request->in_trailers = true;
	request->head_bytes = 0;
	parser->upgrade = 0;
	return HPE_PAUSED;
}

static int check_head(struct ln_http_request *request, const llhttp_t *parser)
{
	if (parser->http_major != 1 || parser->http_minor > 1)
		return refuse(request, 505, "only HTTP/1.1 is spoken");
	if (parser->method == HTTP_CONNECT)
		return refuse(request, 501, "there are no tunnels");
	if (!host_is_clear(request))
		return refuse(request, 400, "it names no host, or several");
	/* HTTP/1.0 knows no codings: whoever is in front would not see it. */
	if (request->http_1_0 && (parser->flags & F_TRANSFER_ENCODING) != 0)
		return refuse(request, 400, "HTTP/1.0 has no chunks");
	if ((parser->flags & F_CONTENT_LENGTH) != 0 &&
	    parser->content_length > request->limits->body)
		return refuse(request, 413, "its body is too large");
	return 0;
}

static int on_head_complete(llhttp_t *parser)
{
	struct ln_http_request *request = request_of(parser);
	int error;

	if (request->fields == NULL)
		request->fields = ln_fields_new();
	if (request->fields == NULL)
		return no_memory(request);
	if (request->response)
		return take_response(request, parser);
	ln_bytes_add(&request->line, "", 1);
	if (request->line.error != 0)
		return no_memory(request);
	request->target = (const char *)request->line.data;
	request->http_1_0 = parser->http_minor == 0;
	error = check_head(request, parser);
	if (error != 0)
		return error;
	request->method = llhttp_method_name(llhttp_get_method(parser));
	request->keep_alive = llhttp_should_keep_alive(parser);
	request->has_body = (parser->flags & F_TRANSFER_ENCODING) != 0 ||
			    parser->content_length > 0;
	request->upgrades = parser->upgrade != 0 && !request->has_body &&
			    !request->http_1_0;
	request->continues = request->has_body && !request->http_1_0 &&
			     wants_continue(request);
	request->in_trailers = true;
	request->head_bytes = 0;
	/* To the parser an upgrade is a request like any other: what comes
	 * behind it may be the next one. */
	parser->upgrade = 0;
	return HPE_PAUSED;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct ln_http_request *request = request_of(parser);
	size_t done;
	int error;

	request->body_bytes += len;
	if (request->body_bytes > request->limits->body)
		return refuse(request, 413, "its body is too large");
	if (request->body == NULL)
		return 0;
	error = ln_pipe_write(request->body, at, len, &done);
	if (error == LN_ENOMEM)
		return no_memory(request);
	/* Nobody may want it any more. */
	ln_assert(error < 0 || done == len);
	return 0;
}

/* A chunk takes some bytes beside its own; extensions are dropped. */
static int on_chunk(llhttp_t *parser)
{
	struct ln_http_request *request = request_of(parser);

	if (parser->content_length >
	    request->limits->body - request->body_bytes)
		return refuse(request, 413, "its body is too large");
	return 0;
}

static int on_extension(llhttp_t *parser, const char *at, size_t len)
{
	(void)at;
	return count(request_of(parser), len, 431);
}

static int on_message_complete(llhttp_t *parser)
{
	(void)parser;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_method = on_method,
	.on_url = on_url,
	.on_header_field = on_text,
	.on_header_field_complete = on_name_complete,
	.on_header_value = on_text,
	.on_header_value_complete = on_value_complete,
	.on_headers_complete = on_head_complete,
	.on_body = on_body,
	.on_chunk_header = on_chunk,
	.on_chunk_extension_name = on_extension,
	.on_chunk_extension_value = on_extension,
	.on_message_complete = on_message_complete,
};

void ln_http_request_init(struct ln_http_request *request,
			  const struct ln_http_request_limits *limits)
{
	*request = (struct ln_http_request){
		.limits = limits,
		/* With its end; both are bounded by that of the head. */
		.line.max = limits->head + 1,
		.text.max = limits->head,
	};
	llhttp_init(&request->parser, HTTP_REQUEST, &settings);
	request->parser.data = request;
}

void ln_http_response_init(struct ln_http_request *request,
			   const struct ln_http_request_limits *limits,
			   bool headless)
{
	ln_http_request_init(request, limits);
	llhttp_init(&request->parser, HTTP_RESPONSE, &settings);
	request->parser.data = request;
	request->response = true;
	request->headless = headless;
}

static void forget(struct ln_http_request *request)
{
	ln_fields_release(request->fields);
	ln_fields_release(request->trailers);
	request->fields = NULL;
	request->trailers = NULL;
	request->method = NULL;
	request->body = NULL;
	request->body_bytes = 0;
	request->target = NULL;
	request->line.len = 0;
	request->text.len = 0;
	request->head_bytes = 0;
	request->in_trailers = false;
}

void ln_http_request_deinit(struct ln_http_request *request)
{
	forget(request);
	ln_bytes_deinit(&request->line);
	ln_bytes_deinit(&request->text);
}

void ln_http_request_next(struct ln_http_request *request)
{
	forget(request);
}

/* What an error of the parser is to the client: a method may be one that is not
 * known here, and what has other characters than methods have is no HTTP. */
static unsigned status_of(const struct ln_http_request *request,
			  llhttp_errno_t error)
{
	const char *at = llhttp_get_error_pos(&request->parser);

	if (error == HPE_INVALID_METHOD && at != NULL && *at >= 'A' &&
	    *at <= 'Z')
		return 501;
	return 400;
}

static enum ln_http_step fail(struct ln_http_request *request,
			      llhttp_errno_t error)
{
	if (request->status != 0)
		return LN_HTTP_BAD;
	request->status = status_of(request, error);
	request->reason = llhttp_get_error_reason(&request->parser);
	if (request->reason == NULL)
		request->reason = llhttp_errno_name(error);
	return LN_HTTP_BAD;
}

enum ln_http_step ln_http_request_feed(struct ln_http_request *request,
				       const void *data, size_t len,
				       size_t *used)
{
	bool had_head = request->method != NULL;
	llhttp_errno_t error;

	*used = 0;
	if (request->status != 0)
		return LN_HTTP_BAD;
	if (request->paused)
		llhttp_resume(&request->parser);
	request->paused = false;
	error = llhttp_execute(&request->parser, data, len);
	if (error == HPE_OK) {
		*used = len;
		return LN_HTTP_MORE;
	}
	if (error != HPE_PAUSED)
		return fail(request, error);
	*used = (size_t)(llhttp_get_error_pos(&request->parser) -
			 (const char *)data);
	request->paused = true;
	return had_head ? LN_HTTP_DONE : LN_HTTP_HEAD;
}

enum ln_http_step ln_http_request_finish(struct ln_http_request *request)
{
	llhttp_errno_t error;

	if (request->status != 0 || request->method == NULL)
		return LN_HTTP_BAD;
	if (request->paused)
		llhttp_resume(&request->parser);
	request->paused = false;
	error = llhttp_finish(&request->parser);
	return error == HPE_OK || error == HPE_PAUSED ? LN_HTTP_DONE
						      : LN_HTTP_BAD;
}

/* The part behind "http://" or "https://"; NULL: it is no such URL. */
static const char *behind_scheme(const char *text)
{
	if (strncasecmp(text, "http://", 7) == 0)
		return text + 7;
	if (strncasecmp(text, "https://", 8) == 0)
		return text + 8;
	return NULL;
}

bool ln_target_split(const char *text, struct ln_target *target)
{
	const char *authority;

	*target = (struct ln_target){ .path = text,
				      .path_len = strlen(text),
				      .authority = "" };
	if (text[0] == '/')
		return true;
	if (strcmp(text, "*") == 0) {
		target->path = NULL;
		return true;
	}
	authority = behind_scheme(text);
	if (authority == NULL)
		return false;
	target->authority = authority;
	target->authority_len = strcspn(authority, "/?");
	target->path = authority + target->authority_len;
	target->path_len = strlen(target->path);
	return target->authority_len > 0;
}
