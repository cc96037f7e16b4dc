/*
 * A program for `lunatic serve`: pages, a WebSocket that echoes, and a chat
 * room in which each tab of a browser is a process.
 *
 *	lunatic-cc examples/web.c -o web.wasm
 *	lunatic serve web.wasm --listen 127.0.0.1:8080
 *
 *	/hello?name=N   says hello
 *	/echo           a WebSocket: what comes goes back
 *	/               a page with the chat room
 *	/chat?name=N    a WebSocket of the room: lines of text
 *	/events         what is said there, as a stream of events
 *	/say            POST: says the body in the room
 *
 * The room is a process. A tab has another one, the one that answers its
 * request, which waits for its browser and for the room at the same time. The
 * room monitors it, so it learns of the end of a tab however that comes.
 */
#include <lunatic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 1000
#define LINE_MAX_BYTES 2000
#define NAME_MAX_BYTES 32

enum order { JOIN, SAY };

/* ---- The room ---- */

struct member {
	struct lunatic_proc proc;
	int64_t tag; /* of the monitor */
};

static struct member members[MEMBERS_MAX];
static size_t count;

static void tell_all(const char *line)
{
	for (size_t i = 0; i < count; i++) {
		struct lunatic_writer mail;

		lunatic_mail_begin(&mail, 0);
		lunatic_write_str(&mail, line);
		lunatic_mail_send(&mail, members[i].proc);
	}
}

static void join(struct lunatic_reader *mail)
{
	struct lunatic_proc proc = lunatic_read_proc(mail);

	if (lunatic_reader_end(mail) != 0)
		return;
	if (count == MEMBERS_MAX) {
		lunatic_proc_kill(proc);
		lunatic_proc_drop(proc);
		return;
	}
	members[count].proc = proc;
	members[count].tag = lunatic_proc_monitor(proc);
	count++;
	tell_all("* somebody has come");
}

static void say(struct lunatic_reader *mail)
{
	char line[LINE_MAX_BYTES + NAME_MAX_BYTES + 3];

	lunatic_read_str(mail, line, sizeof(line));
	if (lunatic_reader_end(mail) == 0)
		tell_all(line);
}

static void leave(int64_t tag)
{
	for (size_t i = 0; i < count; i++) {
		if (members[i].tag != tag)
			continue;
		lunatic_proc_drop(members[i].proc);
		members[i] = members[--count];
		tell_all("* somebody has left");
		return;
	}
}

static void room(void)
{
	struct lunatic_reader mail;

	for (;;) {
		switch (lunatic_receive(&mail, LUNATIC_FOREVER)) {
		case LUNATIC_ENDED:
			leave(lunatic_mail_tag());
			break;
		case LUNATIC_MESSAGE:
			if (!lunatic_read_tuple(&mail, 2))
				break;
			if (lunatic_read_uint(&mail) == JOIN)
				join(&mail);
			else
				say(&mail);
			break;
		default:
			break;
		}
	}
}

/* Runs once, before the first request. */
LUNATIC_HTTP_START
{
	struct lunatic_env env = lunatic_env_self();
	struct lunatic_proc proc;

	if (lunatic_spawn(&proc, NULL, room) != 0 ||
	    lunatic_register(env, "room", "1.0.0", proc) != 0)
		abort();
}

/* ---- Tabs ---- */

static bool enter(struct lunatic_proc *to)
{
	struct lunatic_writer mail;

	if (lunatic_lookup("room", "1", to) != 0)
		return false;
	lunatic_mail_begin(&mail, 0);
	lunatic_write_array(&mail, 2);
	lunatic_write_uint(&mail, JOIN);
	lunatic_write_proc(&mail, lunatic_proc_self());
	return lunatic_mail_send(&mail, *to) == 0;
}

static void say_as(struct lunatic_proc to, const char *name, const char *text)
{
	char line[LINE_MAX_BYTES + NAME_MAX_BYTES + 3];
	struct lunatic_writer mail;

	snprintf(line, sizeof(line), "%s: %s", name, text);
	lunatic_mail_begin(&mail, 0);
	lunatic_write_array(&mail, 2);
	lunatic_write_uint(&mail, SAY);
	lunatic_write_str(&mail, line);
	lunatic_mail_send(&mail, to);
}

/* What the room has said; false: it was no line. */
static bool next_line(char *line, size_t size)
{
	struct lunatic_reader mail;

	if (lunatic_receive(&mail, 0) != LUNATIC_MESSAGE)
		return false;
	lunatic_read_str(&mail, line, size);
	return lunatic_reader_end(&mail) == 0;
}

static void chat(struct lunatic_http_request *request,
		 struct lunatic_http_response *response)
{
	const struct lunatic_websocket_options options = {
		.max_message = LINE_MAX_BYTES,
	};
	struct lunatic_websocket_message message;
	char line[LINE_MAX_BYTES + NAME_MAX_BYTES + 3];
	char name[NAME_MAX_BYTES];
	struct lunatic_websocket *socket;
	struct lunatic_proc to;

	if (lunatic_http_query(request, "name", name, sizeof(name)) != 0)
		strcpy(name, "somebody");
	socket = lunatic_websocket_accept(request, response, &options);
	if (socket == NULL)
		return;
	if (!enter(&to)) {
		lunatic_websocket_close(socket, LUNATIC_CLOSE_TRY_LATER,
					"there is no room");
		return;
	}
	for (;;) {
		switch (lunatic_websocket_receive(socket, &message,
						  LUNATIC_FOREVER)) {
		case LUNATIC_WEBSOCKET_TEXT:
			say_as(to, name, message.data);
			break;
		case LUNATIC_WEBSOCKET_BINARY:
			lunatic_websocket_close(socket,
						LUNATIC_CLOSE_UNSUPPORTED,
						"lines of text only");
			return;
		case LUNATIC_WEBSOCKET_MAIL:
			if (next_line(line, sizeof(line)))
				lunatic_websocket_send_text(socket, line);
			break;
		default:
			return;
		}
	}
}

static void stream(struct lunatic_http_response *response)
{
	char line[LINE_MAX_BYTES + NAME_MAX_BYTES + 3];
	struct lunatic_proc to;
	char id[24];

	if (!enter(&to)) {
		lunatic_http_answer(response, 503, "text/plain",
				    "there is no room\n");
		return;
	}
	lunatic_events_begin(response, 1000);
	for (unsigned number = 1;
	     lunatic_events_wait(response, LUNATIC_FOREVER) ==
	     LUNATIC_EVENTS_MAIL;) {
		const struct lunatic_event event = {
			.name = "line",
			.id = id,
			.data = line,
		};

		if (!next_line(line, sizeof(line)))
			continue;
		snprintf(id, sizeof(id), "%u", number++);
		lunatic_events_send(response, &event);
	}
}

/* ---- Pages ---- */

static void echo(struct lunatic_http_request *request,
		 struct lunatic_http_response *response)
{
	struct lunatic_websocket *socket =
		lunatic_websocket_accept(request, response, NULL);
	struct lunatic_websocket_message message;
	int event = 0;

	while (socket != NULL && event != LUNATIC_WEBSOCKET_CLOSED) {
		event = lunatic_websocket_receive(socket, &message,
						  LUNATIC_FOREVER);
		if (event == LUNATIC_WEBSOCKET_TEXT ||
		    event == LUNATIC_WEBSOCKET_BINARY)
			lunatic_websocket_send(
				socket, (enum lunatic_websocket_event)event,
				message.data, message.size);
	}
}

static void hello(struct lunatic_http_request *request,
		  struct lunatic_http_response *response)
{
	char name[NAME_MAX_BYTES];

	lunatic_http_set(response, "content-type", "text/plain");
	if (lunatic_http_query(request, "name", name, sizeof(name)) == 0)
		lunatic_http_printf(response, "hello, %s\n", name);
	else
		lunatic_http_print(response, "hello\n");
}

static void post(struct lunatic_http_request *request,
		 struct lunatic_http_response *response)
{
	struct lunatic_proc to;
	size_t size;
	int status;
	char *text =
		lunatic_http_read_all(request, LINE_MAX_BYTES, &size, &status);

	if (text == NULL) {
		lunatic_http_answer(response,
				    status == LUNATIC_ETOOLONG ? 413 : 500,
				    "text/plain", lunatic_status_text(status));
		return;
	}
	if (lunatic_lookup("room", "1", &to) == 0)
		say_as(to, "a visitor", text);
	lunatic_http_status(response, 204);
}

static const char page[] =
	"<!doctype html><meta charset=utf-8><title>A room</title>"
	"<pre id=lines></pre><input id=line autofocus>"
	"<script>\n"
	"const lines = document.getElementById('lines');\n"
	"const line = document.getElementById('line');\n"
	"const url = location.origin.replace('http', 'ws') + '/chat';\n"
	"const socket = new WebSocket(url);\n"
	"const show = text => { lines.textContent += text + '\\n'; };\n"
	"socket.onmessage = event => show(event.data);\n"
	"socket.onclose = event => show('closed: ' + event.code);\n"
	"line.onchange = () => { socket.send(line.value); line.value = ''; };\n"
	"</script>\n";

LUNATIC_HTTP_HANDLER(request, response)
{
	if (strcmp(request->path, "/hello") == 0)
		hello(request, response);
	else if (strcmp(request->path, "/echo") == 0)
		echo(request, response);
	else if (strcmp(request->path, "/chat") == 0)
		chat(request, response);
	else if (strcmp(request->path, "/events") == 0)
		stream(response);
	else if (strcmp(request->path, "/say") == 0 &&
		 strcmp(request->method, "POST") == 0)
		post(request, response);
	else if (strcmp(request->path, "/") == 0)
		lunatic_http_answer(response, 200, "text/html; charset=utf-8",
				    page);
	else
		lunatic_http_answer(response, 404, "text/plain",
				    "nothing is here\n");
}
