/* What the tests of `lunatic serve` with a module ask for, by path. */
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Requests of /count that this process has answered. */
static int counted;

static int64_t number_of(const struct lunatic_http_request *request,
			 const char *name, int64_t otherwise)
{
	char text[32];

	if (lunatic_http_query(request, name, text, sizeof(text)) != 0)
		return otherwise;
	return strtoll(text, NULL, 10);
}

static void parts(struct lunatic_http_request *request,
		  struct lunatic_http_response *response)
{
	char name[100], value[100];

	lunatic_http_printf(response, "%s %s ?%s @%s %s %s\n", request->method,
			    request->path, request->query, request->authority,
			    strchr(request->peer, ':') != NULL ? "peer" : "",
			    request->secure ? "secure" : "plain");
	for (size_t i = 0; i < lunatic_http_fields(request); i++) {
		if (lunatic_http_field_at(request, i, name, sizeof(name), value,
					  sizeof(value)) == 0)
			lunatic_http_printf(response, "%s=%s\n", name, value);
		else
			lunatic_http_printf(response, "%zu is long\n", i);
	}
	if (lunatic_http_field(request, "HOST", value, sizeof(value)) != 0 ||
	    lunatic_http_field(request, "none", name, sizeof(name)) !=
		    LUNATIC_ENOTFOUND ||
	    lunatic_http_field(request, "host", name, 2) != LUNATIC_ETOOLONG)
		abort();
}

static void echo(struct lunatic_http_request *request,
		 struct lunatic_http_response *response)
{
	char data[5000];
	char trailer[64];
	size_t got;

	while (lunatic_http_read(request, data, sizeof(data), &got,
				 LUNATIC_FOREVER) == 0 &&
	       got > 0)
		lunatic_http_write(response, data, got);
	if (lunatic_http_trailer(request, "x-t", trailer, sizeof(trailer)) == 0)
		lunatic_http_printf(response, "[%s]", trailer);
}

static void all(struct lunatic_http_request *request,
		struct lunatic_http_response *response)
{
	size_t size;
	int status;
	char *text = lunatic_http_read_all(request, 1000, &size, &status);

	if (text == NULL)
		lunatic_http_answer(response, 413, "text/plain",
				    lunatic_status_text(status));
	else
		lunatic_http_write(response, text, size);
}

static void big(struct lunatic_http_response *response)
{
	static char data[10000];

	memset(data, 'x', sizeof(data));
	for (int i = 0; i < 400; i++)
		lunatic_http_write(response, data, sizeof(data));
}

/* What the library refuses; what the server does ends in 500. */
static void misuse(struct lunatic_http_response *response)
{
	if (lunatic_http_status(response, 199) != LUNATIC_EMISUSE ||
	    lunatic_http_status(response, 600) != LUNATIC_EMISUSE ||
	    lunatic_http_set(response, "a", "b\r\nc: d") != LUNATIC_EFORMAT ||
	    lunatic_http_set(response, "", "b") != LUNATIC_EFORMAT ||
	    lunatic_http_set(response, "x-a", "1") != 0 ||
	    lunatic_http_set(response, "x-a", "2") != 0 ||
	    lunatic_http_print(response, "fine") != 0 ||
	    lunatic_http_flush(response) != 0 ||
	    lunatic_http_status(response, 204) != LUNATIC_EMISUSE ||
	    lunatic_http_set(response, "x-b", "1") != LUNATIC_EMISUSE ||
	    lunatic_http_finish(response) != 0 ||
	    lunatic_http_print(response, "more") != LUNATIC_EMISUSE)
		abort();
}

static void fill_memory(void)
{
	volatile char *block;

	while ((block = malloc(1 << 20)) != NULL)
		block[0] = 1;
	abort();
}

/* ---- WebSockets ---- */

static void web(struct lunatic_http_request *request,
		struct lunatic_http_response *response)
{
	const struct lunatic_websocket_options options = {
		.max_message = 70000,
		.ping = number_of(request, "ping", 0),
		.protocol = "v2.test",
		.any_origin = number_of(request, "any", 0) != 0,
	};
	struct lunatic_websocket *socket =
		lunatic_websocket_accept(request, response, &options);
	struct lunatic_websocket_message message;
	int event = 0;

	if (socket == NULL)
		return;
	while (event != LUNATIC_WEBSOCKET_CLOSED) {
		event = lunatic_websocket_receive(socket, &message,
						  LUNATIC_FOREVER);
		if (event == LUNATIC_WEBSOCKET_TEXT &&
		    strcmp(message.data, "close") == 0) {
			lunatic_websocket_close(socket, 4001, "as you say");
			if (lunatic_websocket_send_text(socket, "x") !=
			    LUNATIC_EDIED)
				abort();
			return;
		}
		if (event == LUNATIC_WEBSOCKET_TEXT &&
		    strcmp(message.data, "return") == 0)
			return;
		if (event == LUNATIC_WEBSOCKET_TEXT &&
		    strcmp(message.data, "trap") == 0)
			abort();
		if (event == LUNATIC_WEBSOCKET_TEXT ||
		    event == LUNATIC_WEBSOCKET_BINARY)
			lunatic_websocket_send(
				socket, (enum lunatic_websocket_event)event,
				message.data, message.size);
	}
	if (lunatic_websocket_receive(socket, &message, 0) !=
	    LUNATIC_WEBSOCKET_CLOSED)
		abort();
	fprintf(stderr, "closed %u '%s'\n", message.code, message.data);
}

/* Messages for itself, and time-outs, while it waits for the client. */
static void busy(struct lunatic_http_request *request,
		 struct lunatic_http_response *response)
{
	struct lunatic_websocket *socket =
		lunatic_websocket_accept(request, response, NULL);
	struct lunatic_websocket_message message;
	struct lunatic_reader mail;
	int texts = 0;
	int mails = 0;
	char text[40];

	if (socket == NULL)
		return;
	if (lunatic_websocket_receive(socket, &message, 20) !=
		    LUNATIC_ETIMEDOUT ||
	    lunatic_websocket_send(socket, LUNATIC_WEBSOCKET_TEXT, "\xff", 1) !=
		    LUNATIC_EFORMAT)
		abort();
	lunatic_websocket_send_text(socket, "ready");
	for (int i = 0; i < 100; i++)
		lunatic_send_tag(lunatic_proc_self(), i + 1);
	while (texts + mails < 200) {
		switch (lunatic_websocket_receive(socket, &message,
						  LUNATIC_FOREVER)) {
		case LUNATIC_WEBSOCKET_TEXT:
			texts++;
			break;
		case LUNATIC_WEBSOCKET_MAIL:
			mails++;
			/* In their order, none lost. */
			if (lunatic_receive(&mail, 0) != LUNATIC_MESSAGE ||
			    lunatic_mail_tag() != mails)
				abort();
			break;
		default:
			abort();
		}
	}
	snprintf(text, sizeof(text), "%d %d", texts, mails);
	lunatic_websocket_send_text(socket, text);
}

/* ---- Events ---- */

static void events(struct lunatic_http_request *request,
		   struct lunatic_http_response *response)
{
	int64_t count = number_of(request, "n", 3);
	struct lunatic_event event = {
		.name = "tick",
		.id = "7",
		.data = "one\ntwo\r\nthree\r",
		.retry = 50,
	};

	lunatic_http_set(response, "x-mine", "1");
	lunatic_events_begin(response, 1500);
	lunatic_events_comment(response, "hi");
	lunatic_events_send(response, &event);
	event.name = "a\nb";
	if (lunatic_events_send(response, &event) != LUNATIC_EFORMAT)
		abort();
	for (int64_t i = 0; count < 0 || i < count; i++) {
		int found = lunatic_events_wait(response, 20);

		if (found == LUNATIC_EVENTS_ENDING) {
			lunatic_events_send(
				response,
				&(struct lunatic_event){ .data = "ending" });
			return;
		}
		if (found != LUNATIC_ETIMEDOUT)
			abort();
		if (count > 0)
			lunatic_events_send(response, &(struct lunatic_event){
							      .data = "" });
	}
}

LUNATIC_HTTP_START
{
	fputs("started once\n", stderr);
}

LUNATIC_HTTP_HANDLER(request, response)
{
	const char *path = request->path;

	if (strcmp(path, "/h") == 0)
		lunatic_http_print(response, "hello\n");
	else if (strcmp(path, "/count") == 0)
		lunatic_http_printf(response, "%d", ++counted);
	else if (strncmp(path, "/parts", 6) == 0 || strcmp(path, "*") == 0)
		parts(request, response);
	else if (strcmp(path, "/e") == 0)
		echo(request, response);
	else if (strcmp(path, "/all") == 0)
		all(request, response);
	else if (strcmp(path, "/b") == 0)
		big(response);
	else if (strcmp(path, "/misuse") == 0)
		misuse(response);
	else if (strcmp(path, "/connection") == 0)
		lunatic_http_set(response, "connection", "close");
	else if (strcmp(path, "/length") == 0)
		lunatic_http_set(response, "content-length", "x");
	else if (strcmp(path, "/trap") == 0)
		abort();
	else if (strcmp(path, "/exit") == 0)
		exit(3);
	else if (strcmp(path, "/loop") == 0)
		for (;;)
			__asm__ volatile("");
	else if (strcmp(path, "/memory") == 0)
		fill_memory();
	else if (strcmp(path, "/late") == 0) {
		lunatic_http_print(response, "so far");
		lunatic_http_flush(response);
		abort();
	} else if (strcmp(path, "/empty") == 0)
		lunatic_http_status(response, 204);
	else if (strcmp(path, "/ws") == 0)
		web(request, response);
	else if (strcmp(path, "/busy") == 0)
		busy(request, response);
	else if (strcmp(path, "/events") == 0)
		events(request, response);
	else
		lunatic_http_answer(response, 404, "text/plain", "nothing\n");
}
