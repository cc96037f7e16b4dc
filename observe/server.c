/*
 * The server of --observe: one HTTP/1.1 server, with a process for each
 * connection, made of the example examples/http. It knows nothing of the
 * program that it shows: each answer is asked of the host
 * (lunatic::observe::ask), and what that says is passed on. docs/observe.md
 * lists the paths.
 *
 *   server ADDRESS TOKEN
 */
#include <lunatic.h>
#include <lunatic/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../examples/http/connection.h"
#include "page.h"

/* What is told is never old, and for nobody else. */
static const struct connection_rules rules = {
	.patience = 10000,
	.answer_time = 60000,
	.headers = "\r\nCache-Control: no-store"
		   "\r\nX-Content-Type-Options: nosniff"
		   "\r\nReferrer-Policy: no-referrer",
};

#define TOKEN_MAX 256 /* bytes, with the end */
#define QUESTION_MAX 4096

/* A stream of events ends after so many; the browser connects again. */
#define EVENTS_MAX 3600
#define EVENTS_EVERY 1000 /* milliseconds */

#define JSON "application/json"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

static char token[TOKEN_MAX];

/* ---- Asking the host ---- */

/* Asks with a word, and what follows it. True: the answer is in the scratch
 * area; false: the reason why there is none is. */
static bool ask(const char *word, const char *rest)
{
	char question[QUESTION_MAX];
	int len = snprintf(question, sizeof(question), "%s%s%s", word,
			   rest[0] != '\0' ? " " : "", rest);

	if (len < 0 || len >= (int)sizeof(question))
		len = 0; /* no question: the host says so */
	return lunatic_observe_ask(question, (size_t)len) == 0;
}

/* Passes an answer on, which is in the scratch area. */
static void pass_on(void)
{
	char piece[4096];
	uint32_t got;

	while ((got = lunatic_message_read_data(piece, sizeof(piece))) > 0)
		connection_put(piece, got);
}

/* Reads a short answer as a text. */
static void read_answer(char *text, size_t size)
{
	text[lunatic_message_read_data(text, size - 1)] = '\0';
}

static void answer_asked(const char *type, const char *word, const char *rest)
{
	bool good = ask(word, rest);

	connection_answer(good ? 200 : 400,
			  good ? type : "text/plain; charset=utf-8",
			  lunatic_message_data_size());
	connection_end_head();
	pass_on();
}

/* ---- Requests ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes the value of `name` in a query; false: it is not there, is not well
 * encoded, or has no room. */
static bool find_value(const char *query, const char *name, char *value,
		       size_t size)
{
	size_t len = strlen(name);
	size_t used = 0;

	while (strncmp(query, name, len) != 0 || query[len] != '=') {
		query = strchr(query, '&');
		if (query == NULL)
			return false;
		query++;
	}
	for (query += len + 1; *query != '\0' && *query != '&'; query++) {
		char c = *query == '+' ? ' ' : *query;

		if (c == '%') {
			int high = hex_value(query[1]);
			int low = high >= 0 ? hex_value(query[2]) : -1;

			if (low < 0 || (high | low) == 0)
				return false;
			c = (char)(high << 4 | low);
			query += 2;
		}
		if (used + 1 >= size)
			return false;
		value[used++] = c;
	}
	value[used] = '\0';
	return true;
}

/* Compares in the same time whatever is given. */
static bool is_token(const char *given)
{
	size_t len = strlen(token);
	unsigned different = strlen(given) != len;

	for (size_t i = 0, at = 0; i < len; i++) {
		different |= (unsigned char)(token[i] ^ given[at]);
		at += given[at] != '\0';
	}
	return different == 0;
}

/* What acts needs the token in a header, which no page elsewhere can set. */
static bool is_trusted(const struct http_request *request)
{
	char given[TOKEN_MAX];

	if (request->credentials[0] != '\0')
		return is_token(request->credentials);
	return request->method != HTTP_POST &&
	       find_value(request->query, "token", given, sizeof(given)) &&
	       is_token(given);
}

static void answer_page(void)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[16];
	char nonce[2 * sizeof(random) + 1];
	char policy[512];

	if (getentropy(random, sizeof(random)) != 0)
		abort();
	for (size_t i = 0; i < sizeof(random); i++) {
		nonce[2 * i] = digits[random[i] >> 4];
		nonce[2 * i + 1] = digits[random[i] & 15];
	}
	nonce[sizeof(nonce) - 1] = '\0';
	snprintf(policy, sizeof(policy),
		 "default-src 'none'; connect-src 'self'; img-src data:; "
		 "style-src 'nonce-%s'; script-src 'nonce-%s'; "
		 "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		 nonce, nonce);
	connection_answer(200, "text/html; charset=utf-8", page_size(nonce));
	connection_header("Content-Security-Policy", policy);
	connection_end_head();
	page_put(nonce);
}

static void answer_ready(void)
{
	char state[32];

	if (!ask("state", ""))
		return;
	read_answer(state, sizeof(state));
	connection_answer_text(strcmp(state, "ready") == 0 ? 200 : 503, state);
}

/* An event: its name, and the answer as its data, a line each. */
static void put_event(const char *name, const char *word, const char *rest)
{
	bool good = ask(word, rest);
	bool begun = false; /* a line that has not ended */
	bool empty = true;
	char piece[4096];
	uint32_t got;

	connection_put_text("event: ");
	connection_put_text(good ? name : "failed");
	connection_put_text("\n");
	while ((got = lunatic_message_read_data(piece, sizeof(piece))) > 0) {
		for (uint32_t at = 0; at < got;) {
			const char *end = memchr(piece + at, '\n', got - at);
			uint32_t len = end != NULL
					       ? (uint32_t)(end - piece) - at
					       : got - at;

			if (!begun)
				connection_put_text("data: ");
			connection_put(piece + at, len);
			empty = false;
			begun = end == NULL;
			if (end != NULL)
				connection_put_text("\n");
			at += len + (end != NULL);
		}
	}
	/* Without a line of data the browser would leave the event out. */
	if (empty)
		connection_put_text("data:\n");
	connection_put_text(begun ? "\n\n" : "\n");
}

/* Events until the client goes. */
static void answer_events(const struct http_request *request)
{
	static char question[QUESTION_MAX];
	bool asks = find_value(request->query, "q", question, sizeof(question));

	connection_answer(200, "text/event-stream", CONNECTION_STREAM);
	connection_end_head();
	connection_put_text("retry: 2000\n\n");
	for (int i = 0; i < EVENTS_MAX; i++) {
		put_event("overview", "overview", "");
		if (asks)
			put_event("answer", "read", question);
		connection_flush();
		lunatic_sleep(EVENTS_EVERY);
	}
}

static void answer_question(const struct http_request *request,
			    const char *word)
{
	static char question[QUESTION_MAX];

	if (find_value(request->query, "q", question, sizeof(question)))
		answer_asked(JSON, word, question);
	else
		connection_answer_text(400, "the question, q=..., is missing");
}

static void answer_get(const struct http_request *request)
{
	const char *path = request->path;

	if (strcmp(path, "/") == 0)
		answer_page();
	else if (strcmp(path, "/metrics") == 0)
		answer_asked(OPENMETRICS, "metrics", "");
	else if (strcmp(path, "/overview") == 0)
		answer_asked(JSON, "overview", "");
	else if (strcmp(path, "/history") == 0)
		answer_asked(JSON, "history", "");
	else if (strcmp(path, "/read") == 0)
		answer_question(request, "read");
	else if (strcmp(path, "/events") == 0)
		answer_events(request);
	else
		connection_answer_text(404, NULL);
}

static void answer(const struct http_request *request)
{
	const char *path = request->path;

	if (request->method == HTTP_UNKNOWN)
		connection_answer_text(501, NULL);
	else if (request->method > HTTP_POST)
		connection_answer_text(405, NULL);
	/* These two tell nothing but a word. */
	else if (request->method <= HTTP_HEAD && strcmp(path, "/healthz") == 0)
		connection_answer_text(200, "ok");
	else if (request->method <= HTTP_HEAD && strcmp(path, "/readyz") == 0)
		answer_ready();
	else if (!is_trusted(request))
		connection_answer_text(
			401,
			"this needs the token: open the address that lunatic "
			"printed at its start, or send the token of its file "
			"in the header Authorization: Bearer");
	else if (request->method <= HTTP_HEAD)
		answer_get(request);
	else if (strcmp(path, "/act") == 0)
		answer_question(request, "act");
	else
		connection_answer_text(405, NULL);
}

static void serve(struct lunatic_reader *argument)
{
	struct http_request *request;

	lunatic_proc_label("observe client");
	lunatic_read_array(argument);
	connection_begin(lunatic_read_tcp(argument), &rules);
	lunatic_read_str(argument, token, sizeof(token));
	if (lunatic_reader_end(argument) != 0)
		return;
	while ((request = connection_next()) != NULL)
		answer(request);
	connection_end();
}

/* ---- The first process ---- */

/* Has the host keep what the charts show. */
static void tick(void)
{
	lunatic_proc_label("observe clock");
	for (;;) {
		ask("tick", "");
		lunatic_sleep(1000);
	}
}

/* There is no room for a further connection. */
static void turn_away(struct lunatic_tcp stream)
{
	static const char busy[] =
		"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
		"Content-Length: 0\r\nRetry-After: 1\r\n\r\n";

	/* It has room for that, or is not worth waiting for. */
	(void)lunatic_tcp_write(stream, busy, sizeof(busy) - 1, 1);
}

static void begin(struct lunatic_tcp stream)
{
	struct lunatic_tcp copy = lunatic_tcp_clone(stream);
	struct lunatic_writer argument;

	lunatic_mail_begin(&argument, 0);
	lunatic_write_array(&argument, 2);
	lunatic_write_tcp(&argument, stream);
	lunatic_write_str(&argument, token);
	if (lunatic_spawn_packed(NULL, NULL, serve, &argument) != 0)
		turn_away(copy);
	lunatic_tcp_drop(copy);
}

static int fail(int status)
{
	ask("failed", lunatic_status_text(status));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_listener listener;
	struct lunatic_addr address;
	struct lunatic_tcp stream;
	char text[LUNATIC_ADDR_TEXT_MAX];
	int status;

	lunatic_proc_label("observe");
	if (argc != 3 || strlen(argv[2]) >= sizeof(token))
		return EXIT_FAILURE;
	strcpy(token, argv[2]);
	/* If this one was started again, it is where it was, though port 0 was
	 * asked for. */
	ask("address", "");
	read_answer(text, sizeof(text));
	status = lunatic_listen(&listener, text[0] != '\0' ? text : argv[1]);
	if (status == 0)
		status = lunatic_listener_addr(listener, &address);
	if (status != 0)
		return fail(status);
	lunatic_addr_text(&address, text);
	ask("listening", text);
	lunatic_spawn(NULL, &linked, tick);
	for (;;) {
		if (lunatic_accept(listener, &stream, NULL) == 0)
			begin(stream);
		else
			/* No descriptor is free; connections wait. */
			lunatic_sleep(100);
	}
}
