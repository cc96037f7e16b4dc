/*
 * Requests: the request line, the headers that matter here, bodies with a
 * length and bodies in chunks. Section numbers are those of RFC 9112.
 */
#include "request.h"

#include <string.h>
#include <strings.h>

/* Extensions of chunks and trailers, of one request. */
#define EXTRA_MAX 4096
#define HEADERS_MAX 100

struct span {
	const char *at;
	size_t size;
};

/* What the headers say. */
struct seen {
	uint32_t hosts;
	uint32_t lengths;
	uint32_t encodings;
	uint32_t count; /* of all headers */
	bool close;
	bool keep;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(struct span text)
{
	while (text.size > 0 && is_blank(text.at[0])) {
		text.at++;
		text.size--;
	}
	while (text.size > 0 && is_blank(text.at[text.size - 1]))
		text.size--;
	return text;
}

/* RFC 9110, 5.6.2. */
static bool is_token_char(char c)
{
	char lower = c | 0x20;

	return (lower >= 'a' && lower <= 'z') || is_digit(c) ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_token_char(text.at[i]))
			return false;
	return text.size > 0;
}

static bool is(struct span text, const char *word)
{
	return text.size == strlen(word) &&
	       strncasecmp(text.at, word, text.size) == 0;
}

/* Takes a line, without its end. Returns 1, 0 when the line is not complete, or
 * a status. */
static int take_line(struct span *rest, struct span *line)
{
	const char *end = memchr(rest->at, '\n', rest->size);

	if (end == NULL)
		return 0;
	if (end == rest->at || end[-1] != '\r')
		return -400;
	line->at = rest->at;
	line->size = (size_t)(end - rest->at) - 1;
	rest->size -= line->size + 2;
	rest->at = end + 1;
	return 1;
}

static enum http_method method_of(struct span name)
{
	static const char *const others[] = {
		"PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
	};

	/* Methods are case-sensitive. */
	if (name.size == 3 && memcmp(name.at, "GET", 3) == 0)
		return HTTP_GET;
	if (name.size == 4 && memcmp(name.at, "HEAD", 4) == 0)
		return HTTP_HEAD;
	if (name.size == 4 && memcmp(name.at, "POST", 4) == 0)
		return HTTP_POST;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (name.size == strlen(others[i]) &&
		    memcmp(name.at, others[i], name.size) == 0)
			return HTTP_OTHER;
	return HTTP_UNKNOWN;
}

/* Whether one of its segments is "." or "..". Clients resolve these before they
 * ask, so such a request tries to leave the folder. */
static bool has_dots(const char *path)
{
	while ((path = strchr(path, '/')) != NULL) {
		size_t length = strcspn(++path, "/");

		if ((length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return true;
	}
	return false;
}

/* Keeps the query of a target, from its '?' on. Returns 0 or a status. */
static int keep_query(struct http_request *request, struct span query)
{
	if (query.size == 0)
		return 0;
	if (query.size > sizeof(request->query))
		return -414;
	memcpy(request->query, query.at + 1, query.size - 1);
	request->query[query.size - 1] = '\0';
	return 0;
}

/* Decodes the path of a target in origin form (3.2.1). Returns 0 or a status.
 */
static int decode_path(struct http_request *request, struct span target)
{
	size_t length = 0;
	size_t i;

	for (i = 0; i < target.size && target.at[i] != '?'; i++) {
		char c = target.at[i];

		if (c == '%') {
			int high = -1;
			int low = -1;

			if (i + 2 < target.size) {
				high = hex_value(target.at[i + 1]);
				low = hex_value(target.at[i + 2]);
			}
			if (high < 0 || low < 0 || high + low == 0)
				return -400;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (length + 1 >= sizeof(request->path))
			return -414;
		request->path[length++] = c;
	}
	request->path[length] = '\0';
	if (has_dots(request->path))
		return -400;
	return keep_query(request,
			  (struct span){ target.at + i, target.size - i });
}

/* Reads a target (3.2). Returns 0 or a status. */
static int read_target(struct http_request *request, struct span target)
{
	static const char scheme[] = "http://";

	if (target.size == 0)
		return -400;
	for (size_t i = 0; i < target.size; i++)
		if (target.at[i] <= ' ' || target.at[i] > '~' ||
		    target.at[i] == '#')
			return -400;
	request->path[0] = '\0';
	/* Other methods may have targets of other forms. */
	if (request->method > HTTP_POST)
		return 0;
	if (target.size >= strlen(scheme) &&
	    strncasecmp(target.at, scheme, strlen(scheme)) == 0) {
		target.at += strlen(scheme);
		target.size -= strlen(scheme);
		while (target.size > 0 && *target.at != '/' &&
		       *target.at != '?') {
			target.at++;
			target.size--;
		}
		if (target.size == 0 || *target.at == '?')
			target = (struct span){ "/", 1 };
	}
	return *target.at == '/' ? decode_path(request, target) : -400;
}

/* Reads "HTTP/1.1" (2.3). Returns 0 or a status. */
static int read_version(struct http_request *request, struct span version)
{
	const char *at = version.at;

	if (version.size != 8 || memcmp(at, "HTTP/", 5) != 0 ||
	    !is_digit(at[5]) || at[6] != '.' || !is_digit(at[7]))
		return -400;
	request->old = at[7] == '0';
	return at[5] == '1' ? 0 : -505;
}

/* Method, target and version, with one blank in between (3). */
static int read_request_line(struct http_request *request, struct span line)
{
	struct span method = { line.at, 0 };
	struct span target;
	struct span version;
	const char *end = line.at + line.size;
	const char *blank = memchr(line.at, ' ', line.size);
	int status;

	if (blank == NULL)
		return -400;
	method.size = (size_t)(blank - line.at);
	target.at = blank + 1;
	blank = memchr(target.at, ' ', (size_t)(end - target.at));
	if (blank == NULL || !is_token(method))
		return -400;
	target.size = (size_t)(blank - target.at);
	version.at = blank + 1;
	version.size = (size_t)(end - version.at);
	request->method = method_of(method);
	status = read_version(request, version);
	return status != 0 ? status : read_target(request, target);
}

/* Content-Length (6.2); a length that is too large is refused only after the
 * head has been found valid. */
static int read_length(struct http_request *request, struct span value)
{
	uint32_t length = 0;

	if (value.size == 0)
		return -400;
	for (size_t i = 0; i < value.size; i++) {
		if (!is_digit(value.at[i]))
			return -400;
		if (length <= HTTP_BODY_MAX)
			length = length * 10 + (uint32_t)(value.at[i] - '0');
	}
	request->body.left = length;
	return 0;
}

/* The words of a Connection header. */
static void read_connection(struct seen *seen, struct span value)
{
	while (value.size > 0) {
		struct span word = { value.at, 0 };
		size_t next;

		while (word.size < value.size && word.at[word.size] != ',')
			word.size++;
		next = word.size < value.size ? word.size + 1 : word.size;
		value.at += next;
		value.size -= next;
		word = trim(word);
		seen->close |= is(word, "close");
		seen->keep |= is(word, "keep-alive");
	}
}

/* Keeps the token of an Authorization header (RFC 6750, 2.1), if that is what
 * it has. Returns 0 or a status. */
static int read_authorization(struct http_request *request, struct span value)
{
	struct span scheme = { value.at, 6 };
	struct span token;

	if (value.size <= scheme.size || !is(scheme, "bearer") ||
	    !is_blank(value.at[scheme.size]))
		return 0;
	token = trim((struct span){ value.at + scheme.size,
				    value.size - scheme.size });
	if (token.size >= sizeof(request->credentials))
		return -431;
	memcpy(request->credentials, token.at, token.size);
	request->credentials[token.size] = '\0';
	return 0;
}

/* Keeps what a header says, if it matters. Returns 0 or a status. */
static int read_header(struct http_request *request, struct seen *seen,
		       struct span name, struct span value)
{
	if (is(name, "host"))
		seen->hosts++;
	else if (is(name, "connection"))
		read_connection(seen, value);
	else if (is(name, "authorization"))
		return read_authorization(request, value);
	else if (is(name, "expect"))
		request->expects = true;
	else if (is(name, "content-length"))
		return seen->lengths++ == 0 ? read_length(request, value)
					    : -400;
	else if (is(name, "transfer-encoding")) {
		seen->encodings++;
		return is(value, "chunked") ? 0 : -501;
	}
	return 0;
}

/* A line of the form "name: value" (5). */
static int read_field(struct http_request *request, struct seen *seen,
		      struct span line)
{
	const char *colon = memchr(line.at, ':', line.size);
	struct span name = { line.at, 0 };
	struct span value;

	if (colon == NULL)
		return -400;
	name.size = (size_t)(colon - line.at);
	value.at = colon + 1;
	value.size = line.size - name.size - 1;
	for (size_t i = 0; i < value.size; i++)
		if (((unsigned char)value.at[i] < ' ' && value.at[i] != '\t') ||
		    value.at[i] == 0x7f)
			return -400;
	if (++seen->count > HEADERS_MAX)
		return -431;
	/* A name followed by a blank, or no name: a continued line. */
	return is_token(name) ? read_header(request, seen, name, trim(value))
			      : -400;
}

enum {
	DONE,
	LENGTH,
	SIZE_FIRST, /* the first digit of a chunk's size */
	SIZE,
	EXTENSION, /* what follows it */
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_FIRST, /* the first byte of a trailer, or the end */
	TRAILER,
	TRAILER_LF,
	END_LF,
};

/* What follows from all headers together. Returns 0 or a status. */
static int conclude(struct http_request *request, const struct seen *seen)
{
	if (seen->hosts > 1 || (seen->hosts == 0 && !request->old))
		return -400;
	/* Two lengths, or chunks where there are none (6.1). */
	if (seen->encodings > 1 || (seen->encodings > 0 && seen->lengths > 0) ||
	    (seen->encodings > 0 && request->old))
		return -400;
	if (request->body.left > HTTP_BODY_MAX)
		return -413;
	if (seen->encodings > 0)
		request->body.state = SIZE_FIRST;
	else if (request->body.left > 0)
		request->body.state = LENGTH;
	request->keep_alive = !seen->close && (!request->old || seen->keep);
	return 0;
}

static int read_head(struct http_request *request, struct span *rest)
{
	struct seen seen = { 0 };
	struct span line;
	int status;

	/* Empty lines before a request are skipped (2.2). */
	do {
		status = take_line(rest, &line);
	} while (status > 0 && line.size == 0);
	if (status <= 0)
		return status;
	memset(request, 0, offsetof(struct http_request, path));
	request->query[0] = '\0';
	request->credentials[0] = '\0';
	status = read_request_line(request, line);
	while (status == 0) {
		status = take_line(rest, &line);
		if (status <= 0)
			return status;
		if (line.size == 0) {
			status = conclude(request, &seen);
			return status != 0 ? status : 1;
		}
		status = read_field(request, &seen, line);
	}
	return status;
}

int http_request_read(struct http_request *request, const char *data,
		      size_t size)
{
	struct span rest = { data, size };
	int status;

	/* A client that speaks another protocol is refused before an end of
	 * line. */
	if (size > 0 && *data != '\r' && !is_token_char(*data))
		return -400;
	status = read_head(request, &rest);
	if (status > 0)
		return (int)(rest.at - data);
	if (status == 0 && size >= HTTP_HEAD_MAX)
		return memchr(data, '\n', size) == NULL ? -414 : -431;
	return status;
}

/* Takes one byte of a line with the size of a chunk (7.1). Returns 0 or a
 * status. */
static int take_size(struct http_body *body, char byte)
{
	int digit = hex_value(byte);

	if (digit >= 0) {
		body->state = SIZE;
		body->left = body->left << 4 | (uint32_t)digit;
		/* Zeros in front do not make it larger. */
		body->extra += body->left == 0;
		return body->left > HTTP_BODY_MAX ? -413 : 0;
	}
	if (body->state == SIZE_FIRST ||
	    (!is_blank(byte) && byte != '\r' && byte != ';'))
		return -400;
	body->state = byte == '\r' ? SIZE_LF : EXTENSION;
	return 0;
}

/* Takes one byte of an extension, a trailer, or an end of line. Returns 0 or a
 * status. */
static int take_byte(struct http_body *body, char byte)
{
	static const struct {
		char byte; /* the one that must come; 0 for any but a NUL */
		uint8_t next;
	} after[] = {
		[EXTENSION] = { 0, SIZE_LF },
		[SIZE_LF] = { '\n', DATA },
		[DATA_CR] = { '\r', DATA_LF },
		[DATA_LF] = { '\n', SIZE_FIRST },
		[TRAILER_FIRST] = { 0, END_LF },
		[TRAILER] = { 0, TRAILER_LF },
		[TRAILER_LF] = { '\n', TRAILER_FIRST },
		[END_LF] = { '\n', DONE },
	};
	uint32_t state = body->state;

	if (after[state].byte != 0 && byte != after[state].byte)
		return -400;
	if (after[state].byte == 0) {
		body->extra++;
		if (byte == '\n' || byte == '\0' ||
		    (state == TRAILER_FIRST && byte != '\r' &&
		     !is_token_char(byte)))
			return -400;
	}
	if (after[state].byte != 0 || byte == '\r')
		body->state = after[state].next;
	else if (state == TRAILER_FIRST)
		body->state = TRAILER;
	if (state == SIZE_LF && body->left == 0)
		body->state = TRAILER_FIRST;
	if (state == SIZE_LF)
		body->seen += body->left;
	return body->seen > HTTP_BODY_MAX ? -413 : 0;
}

int http_body_skip(struct http_body *body, const char *data, size_t size)
{
	size_t at = 0;

	while (at < size && body->state != DONE) {
		if (body->state == LENGTH || body->state == DATA) {
			size_t part = size - at;

			if (part > body->left)
				part = body->left;
			at += part;
			body->left -= (uint32_t)part;
			if (body->left == 0)
				body->state =
					body->state == DATA ? DATA_CR : DONE;
		} else {
			char byte = data[at++];
			int status = body->state <= SIZE
					     ? take_size(body, byte)
					     : take_byte(body, byte);

			if (status == 0 && body->extra > EXTRA_MAX)
				status = -431;
			if (status != 0)
				return status;
		}
	}
	return (int)at;
}
