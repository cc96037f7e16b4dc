/* Reading and writing, with a bound of time for everything. What a client sends
 * beside requests is skipped. */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* After a refused request we go on reading for so long, and so many bytes:
 * closing a connection with unread data resets it, and the answer may be lost.
 */
#define LINGER_TIME 1000
#define LINGER_BYTES (256 * 1024)

static struct {
	struct lunatic_tcp stream;
	struct connection_rules rules;
	int64_t request_end; /* of the present request; 0: none has begun */
	int64_t answer_end;  /* of the present answer; 0: it has none */
	struct http_request request;
	bool within;    /* the head was read, the body was not */
	bool closing;   /* no further request is read */
	bool lingering; /* something may be left unread */
	bool headless;  /* the answer has no body: HEAD */
	size_t at;      /* in[at] to in[end] have not been looked at */
	size_t end;
	size_t used; /* bytes of out */
	char in[HTTP_HEAD_MAX];
	char out[32 * 1024];
} self;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void connection_begin(struct lunatic_tcp stream,
		      const struct connection_rules *rules)
{
	self.stream = stream;
	self.rules = *rules;
}

static void give_up(void)
{
	lunatic_tcp_drop(self.stream);
	exit(EXIT_SUCCESS);
}

void connection_flush(void)
{
	int64_t timeout = self.rules.patience;

	if (self.answer_end != 0 && self.answer_end - now() < timeout)
		timeout = self.answer_end - now();
	if (timeout <= 0 ||
	    (self.used > 0 &&
	     lunatic_tcp_write(self.stream, self.out, self.used, timeout) != 0))
		give_up();
	self.used = 0;
}

static void put(const void *data, size_t size)
{
	while (size > 0) {
		size_t part = sizeof(self.out) - self.used;

		if (part == 0) {
			connection_flush();
			continue;
		}
		if (part > size)
			part = size;
		memcpy(self.out + self.used, data, part);
		self.used += part;
		data = (const char *)data + part;
		size -= part;
	}
}

static void put_text(const char *text)
{
	put(text, strlen(text));
}

static void put_number(uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	put(digits + at, sizeof(digits) - at);
}

void http_date(char *text, time_t time)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed",
					"Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr",
					  "May", "Jun", "Jul", "Aug",
					  "Sep", "Oct", "Nov", "Dec" };
	struct tm tm;

	gmtime_r(&time, &tm);
	snprintf(text, 30, "%s, %02d %s %04d %02d:%02d:%02d GMT",
		 days[tm.tm_wday % 7], tm.tm_mday % 100, months[tm.tm_mon % 12],
		 (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100,
		 tm.tm_sec % 100);
}

/* The present date, which changes once a second. */
static void put_date(void)
{
	static char text[30];
	static time_t last;
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	if (time.tv_sec != last) {
		last = time.tv_sec;
		http_date(text, last);
	}
	put(text, sizeof(text) - 1);
}

static const char *text_of(int status)
{
	switch (status) {
	case 200:
		return "200 OK";
	case 301:
		return "301 Moved Permanently";
	case 400:
		return "400 Bad Request";
	case 401:
		return "401 Unauthorized";
	case 404:
		return "404 Not Found";
	case 405:
		return "405 Method Not Allowed";
	case 408:
		return "408 Request Timeout";
	case 413:
		return "413 Content Too Large";
	case 414:
		return "414 URI Too Long";
	case 431:
		return "431 Request Header Fields Too Large";
	case 501:
		return "501 Not Implemented";
	case 503:
		return "503 Service Unavailable";
	case 505:
		return "505 HTTP Version Not Supported";
	default:
		return "500 Internal Server Error";
	}
}

void connection_answer(int status, const char *type, uint64_t size)
{
	self.headless = self.request.method == HTTP_HEAD;
	self.answer_end = 0;
	if (size != CONNECTION_STREAM && self.rules.answer_time > 0)
		self.answer_end = now() + self.rules.answer_time;
	put_text("HTTP/1.1 ");
	put_text(text_of(status));
	put_text("\r\nDate: ");
	put_date();
	put_text(self.rules.headers);
	put_text("\r\nContent-Type: ");
	put_text(type);
	if (size == CONNECTION_STREAM) {
		self.request.keep_alive = false;
	} else {
		put_text("\r\nContent-Length: ");
		put_number(size);
	}
	if (!self.request.keep_alive)
		put_text("\r\nConnection: close");
	else if (self.request.old)
		put_text("\r\nConnection: keep-alive");
}

void connection_header(const char *name, const char *value)
{
	put_text("\r\n");
	put_text(name);
	put_text(": ");
	put_text(value);
}

void connection_end_head(void)
{
	put_text("\r\n\r\n");
	self.closing |= !self.request.keep_alive;
}

void connection_put(const void *data, size_t size)
{
	if (!self.headless)
		put(data, size);
}

void connection_put_text(const char *text)
{
	connection_put(text, strlen(text));
}

void connection_put_file(int descriptor, uint64_t size)
{
	while (size > 0 && !self.headless) {
		size_t room = sizeof(self.out) - self.used;
		ssize_t got;

		if (room == 0) {
			connection_flush();
			continue;
		}
		if (room > size)
			room = (size_t)size;
		got = read(descriptor, self.out + self.used, room);
		if (got <= 0) {
			/* It has become shorter: only the end of the
			 * connection can say so. */
			self.closing = true;
			return;
		}
		self.used += (size_t)got;
		size -= (uint64_t)got;
	}
}

void connection_answer_text(int status, const char *text)
{
	if (text == NULL)
		text = text_of(status);
	connection_answer(status, "text/plain; charset=utf-8",
			  strlen(text) + 1);
	if (status == 401)
		connection_header("WWW-Authenticate",
				  "Bearer realm=\"lunatic\"");
	if (status == 405)
		connection_header("Allow", "GET, HEAD");
	connection_end_head();
	connection_put_text(text);
	connection_put_text("\n");
}

/* An answer after which the connection cannot be used any more. */
static void refuse(int status)
{
	self.request.method = HTTP_GET;
	self.request.keep_alive = false;
	connection_answer_text(status, NULL);
	self.lingering = true;
}

/* Looks at the bytes that have been read. 1: a request is complete; 0: more
 * bytes are needed; -1: the connection cannot be used any more. */
static int advance(void)
{
	const char *data = self.in + self.at;
	size_t size = self.end - self.at;
	int taken;

	if (size == 0)
		return 0;
	if (self.within)
		taken = http_body_skip(&self.request.body, data, size);
	else
		taken = http_request_read(&self.request, data, size);
	if (taken < 0) {
		refuse(-taken);
		return -1;
	}
	if (taken == 0)
		return 0;
	self.at += (size_t)taken;
	self.within = self.request.body.state != 0;
	/* A client that waits for "100 Continue" gets the answer instead. */
	if (self.within && self.request.expects) {
		self.request.keep_alive = false;
		self.lingering = true;
		self.within = false;
	}
	return self.within ? advance() : 1;
}

/* Reads more, after the unprocessed bytes. Returns false at the end. */
static bool load(void)
{
	int64_t timeout = self.rules.patience;
	size_t got;
	int status;

	if (self.at > 0) {
		memmove(self.in, self.in + self.at, self.end - self.at);
		self.end -= self.at;
		self.at = 0;
	}
	/* A request must be complete in time, however slowly it arrives. */
	if (self.end > 0 || self.within) {
		if (self.request_end == 0)
			self.request_end = now() + self.rules.patience;
		timeout = self.request_end - now();
	}
	status = LUNATIC_ETIMEDOUT;
	if (timeout > 0)
		status = lunatic_tcp_read(self.stream, self.in + self.end,
					  sizeof(self.in) - self.end, &got,
					  timeout);
	if (status == LUNATIC_ETIMEDOUT && self.request_end != 0)
		refuse(408);
	if (status != 0 || got == 0)
		return false;
	self.end += got;
	return true;
}

struct http_request *connection_next(void)
{
	self.request_end = 0;
	while (!self.closing) {
		int complete = advance();

		if (complete > 0)
			return &self.request;
		connection_flush();
		if (complete < 0 || !load())
			break;
	}
	return NULL;
}

static void linger(void)
{
	int64_t end = now() + LINGER_TIME;
	size_t bytes = 0;

	while (bytes < LINGER_BYTES) {
		int64_t left = end - now();
		size_t got;

		if (left <= 0 ||
		    lunatic_tcp_read(self.stream, self.in, sizeof(self.in),
				     &got, left) != 0)
			return;
		if (got == 0)
			return;
		bytes += got;
	}
}

void connection_end(void)
{
	connection_flush();
	if (self.lingering)
		linger();
	lunatic_tcp_drop(self.stream);
}
