// An HTTP/1.1 server with a process for each connection: if one of them fails,
// for example after GET /crash, the others do not notice. It serves the files
// of a folder, and /hello, which costs next to nothing.
//
// Build: lunatic-cc http.c request.c files.c -o http.wasm
// Run:   lunatic --dir www http.wasm 127.0.0.1:8080 www
// Try:   curl -i http://127.0.0.1:8080/hello
//
//   http.wasm [ADDRESS [FOLDER [TIMEOUT]]]
//
// TIMEOUT, in milliseconds, applies to an idle connection, to receiving a
// request, and to sending a part of an answer. Pipelined requests are answered
// together: one read, one write.
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "request.h"

#define FOLDER_MAX 512
/* Maximum size of the head of an answer, without a Location. */
#define ANSWER_MAX 512
/* After a refused request we go on reading for so long, and so many bytes:
 * closing a connection with unread data resets it, and the answer may be lost.
 */
#define LINGER_TIME 1000
#define LINGER_BYTES (256 * 1024)

/* A connection. Its process has its own memory, so all of it is static. */
static struct {
	struct lunatic_tcp stream;
	int64_t timeout;
	int64_t deadline; /* of the present request; 0 if none has begun */
	char folder[FOLDER_MAX];
	struct http_request request;
	bool within;    /* the head was read, the body was not */
	bool closing;   /* no further request is read */
	bool lingering; /* something may be left unread */
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

/* Writes what has been gathered. */
static void flush(void)
{
	if (self.used > 0 && lunatic_tcp_write(self.stream, self.out, self.used,
					       self.timeout) != 0) {
		/* The client is gone. */
		lunatic_tcp_drop(self.stream);
		exit(EXIT_SUCCESS);
	}
	self.used = 0;
}

/* There must be room; begin_answer has made it. */
static void put(const char *data, size_t size)
{
	memcpy(self.out + self.used, data, size);
	self.used += size;
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

static const char *reason_of(int status)
{
	switch (status) {
	case 200:
		return "200 OK";
	case 301:
		return "301 Moved Permanently";
	case 400:
		return "400 Bad Request";
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

/* The lines that every answer has; others may follow. */
static void begin_answer(int status, const char *type, uint64_t size)
{
	if (sizeof(self.out) - self.used < ANSWER_MAX)
		flush();
	put_text("HTTP/1.1 ");
	put_text(reason_of(status));
	put_text("\r\nDate: ");
	put_date();
	put_text("\r\nContent-Type: ");
	put_text(type);
	put_text("\r\nContent-Length: ");
	put_number(size);
	if (!self.request.keep_alive)
		put_text("\r\nConnection: close");
	else if (self.request.old)
		put_text("\r\nConnection: keep-alive");
}

static void end_head(void)
{
	put_text("\r\n\r\n");
	self.closing |= !self.request.keep_alive;
}

/* An answer whose body is its first line. */
static void answer_status(int status)
{
	const char *reason = reason_of(status);

	begin_answer(status, "text/plain; charset=utf-8", strlen(reason) + 1);
	if (status == 405)
		put_text("\r\nAllow: GET, HEAD");
	end_head();
	if (self.request.method != HTTP_HEAD) {
		put_text(reason);
		put_text("\n");
	}
}

/* An answer after which the connection cannot be used any more. */
static void refuse(int status)
{
	self.request.method = HTTP_GET;
	self.request.keep_alive = false;
	answer_status(status);
	self.lingering = true;
}

static void answer_hello(void)
{
	static const char hello[] = "Hello, world!\n";

	begin_answer(200, "text/plain; charset=utf-8", sizeof(hello) - 1);
	end_head();
	if (self.request.method != HTTP_HEAD)
		put(hello, sizeof(hello) - 1);
}

/* To the same path with a slash at its end, encoded anew. */
static void answer_moved(void)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char plain[] = "-._~/";
	const char *path = self.request.path;

	begin_answer(301, "text/plain; charset=utf-8", 0);
	/* "//host/" would be another server. */
	while (path[1] == '/')
		path++;
	if (sizeof(self.out) - self.used < 3 * HTTP_PATH_MAX)
		flush();
	put_text("\r\nLocation: ");
	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;
		char code[3] = { '%', digits[c >> 4], digits[c & 15] };
		bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
			      (c >= '0' && c <= '9');

		if (letter || strchr(plain, c) != NULL)
			put(path, 1);
		else
			put(code, sizeof(code));
	}
	put_text("/");
	end_head();
}

/* The contents of a file; the head has announced `left` bytes. */
static void put_file(int descriptor, uint64_t left)
{
	while (left > 0) {
		size_t room = sizeof(self.out) - self.used;
		ssize_t got;

		if (room == 0) {
			flush();
			continue;
		}
		if (room > left)
			room = (size_t)left;
		got = read(descriptor, self.out + self.used, room);
		if (got <= 0) {
			/* It has become shorter: only the end of the
			 * connection can say so. */
			self.closing = true;
			return;
		}
		self.used += (size_t)got;
		left -= (uint64_t)got;
	}
}

static void answer_file(void)
{
	struct http_file file;
	char date[30];
	int status = http_file_open(&file, self.folder, self.request.path);

	if (status == 301) {
		answer_moved();
		return;
	}
	if (status != 200) {
		answer_status(status);
		return;
	}
	http_date(date, file.modified);
	begin_answer(200, file.type, file.size);
	put_text("\r\nLast-Modified: ");
	put_text(date);
	end_head();
	if (self.request.method != HTTP_HEAD)
		put_file(file.descriptor, file.size);
	close(file.descriptor);
}

/* Answers a request that has come in completely. */
static void answer(void)
{
	const char *path = self.request.path;

	if (self.request.method == HTTP_UNKNOWN)
		answer_status(501);
	else if (self.request.method > HTTP_HEAD)
		answer_status(405);
	else if (strcmp(path, "/hello") == 0)
		answer_hello();
	else if (strcmp(path, "/crash") == 0)
		__builtin_trap();
	else if (self.folder[0] != '\0')
		answer_file();
	else
		answer_status(404);
	self.deadline = 0;
}

/* Processes the bytes that have been read. Returns whether it made progress. */
static bool advance(void)
{
	const char *data = self.in + self.at;
	size_t size = self.end - self.at;
	int taken;

	if (size == 0)
		return false;
	if (self.within)
		taken = http_body_skip(&self.request.body, data, size);
	else
		taken = http_request_read(&self.request, data, size);
	if (taken < 0) {
		refuse(-taken);
		return false;
	}
	if (taken == 0)
		return false;
	self.at += (size_t)taken;
	self.within = self.request.body.state != 0;
	/* A client that waits for "100 Continue" gets the answer instead. */
	if (self.within && self.request.expects) {
		self.request.keep_alive = false;
		self.lingering = true;
		self.within = false;
	}
	if (!self.within)
		answer();
	return !self.closing;
}

/* Reads more, after the unprocessed bytes. Returns false at the end. */
static bool load(void)
{
	int64_t timeout = self.timeout;
	size_t got;
	int status;

	if (self.at > 0) {
		memmove(self.in, self.in + self.at, self.end - self.at);
		self.end -= self.at;
		self.at = 0;
	}
	/* A request must be complete in time, however slowly it arrives. */
	if (self.end > 0 || self.within) {
		if (self.deadline == 0)
			self.deadline = now() + self.timeout;
		timeout = self.deadline - now();
	}
	status = LUNATIC_ETIMEDOUT;
	if (timeout > 0)
		status = lunatic_tcp_read(self.stream, self.in + self.end,
					  sizeof(self.in) - self.end, &got,
					  timeout);
	if (status == LUNATIC_ETIMEDOUT && self.deadline != 0)
		refuse(408);
	if (status != 0 || got == 0)
		return false;
	self.end += got;
	return true;
}

/* Reads a little longer, so that the last answer is not lost. */
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

static void serve(struct lunatic_reader *argument)
{
	lunatic_read_array(argument);
	self.stream = lunatic_read_tcp(argument);
	self.timeout = lunatic_read_int(argument);
	lunatic_read_str(argument, self.folder, sizeof(self.folder));
	if (lunatic_reader_end(argument) != 0)
		return;
	while (!self.closing && load()) {
		while (advance())
			;
		flush();
	}
	flush();
	if (self.lingering)
		linger();
}

LUNATIC_MAIN(argc, argv)
{
	const char *folder = argc > 2 ? argv[2] : "";
	long timeout = argc > 3 ? strtol(argv[3], NULL, 10) : 10000;
	struct lunatic_listener listener;
	struct lunatic_writer argument;
	struct lunatic_addr address;
	struct lunatic_tcp stream;
	char text[LUNATIC_ADDR_TEXT_MAX];
	int status;

	if (argc > 4 || strlen(folder) >= FOLDER_MAX || timeout <= 0) {
		fputs("http.wasm [ADDRESS [FOLDER [TIMEOUT]]]\n", stderr);
		return EXIT_FAILURE;
	}
	status = lunatic_listen(&listener,
				argc > 1 ? argv[1] : "127.0.0.1:8080");
	if (status != 0 || lunatic_listener_addr(listener, &address) != 0) {
		fprintf(stderr, "%s\n", lunatic_status_text(status));
		return EXIT_FAILURE;
	}
	lunatic_addr_text(&address, text);
	printf("listening on http://%s\n", text);
	for (;;) {
		if (lunatic_accept(listener, &stream, NULL) != 0) {
			/* No descriptor is free; connections wait. */
			lunatic_sleep(100);
			continue;
		}
		lunatic_mail_begin(&argument, 0);
		lunatic_write_array(&argument, 3);
		lunatic_write_tcp(&argument, stream);
		lunatic_write_int(&argument, timeout);
		lunatic_write_str(&argument, folder);
		lunatic_spawn_packed(NULL, NULL, serve, &argument);
	}
}
