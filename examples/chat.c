// A chat server under a supervisor: a process for the room, one that listens,
// and one for each connection. Lines go from a connection to the room, and from
// there to all. If the room fails, the listener is restarted as well.
//
// Build: lunatic-cc chat.c -o chat.wasm
// Run:   CHAT=127.0.0.1:1337 lunatic chat.wasm    (then: nc 127.0.0.1 1337)
//        lunatic chat.wasm                        two clients talk, and it ends
//
// stdout: eve hears: ada: hello
// stdout: ada hears: eve: hello yourself
#include <lunatic.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_NAME "room"
#define VERSION "1.0.0"
#define MEMBERS_MAX 100
#define LINE_MAX_LENGTH 400

// The room. A join is a call with the handle of a stream, a line is a cast.

struct room {
	struct lunatic_tcp members[MEMBERS_MAX];
	uint32_t count;
};

static int room_init(void *state, struct lunatic_reader *argument)
{
	struct lunatic_env env = lunatic_env_self();
	struct lunatic_proc self = lunatic_proc_self();
	int status = lunatic_register(env, ROOM_NAME, VERSION, self);

	(void)state;
	lunatic_read_nil(argument);
	lunatic_proc_drop(self);
	lunatic_env_drop(env);
	return status;
}

static void room_join(void *state, struct lunatic_reader *request,
		      struct lunatic_writer *reply)
{
	struct room *room = state;
	struct lunatic_tcp stream = lunatic_read_tcp(request);
	bool welcome = request->status == 0 && room->count < MEMBERS_MAX;

	if (welcome)
		room->members[room->count++] = stream;
	else
		lunatic_tcp_drop(stream);
	lunatic_write_bool(reply, welcome);
}

static void room_say(void *state, struct lunatic_reader *message)
{
	struct room *room = state;
	char line[LINE_MAX_LENGTH];
	size_t length = lunatic_read_str(message, line, sizeof(line));

	if (lunatic_reader_end(message) != 0)
		return;
	for (uint32_t i = 0; i < room->count;) {
		// A client that does not read within a second is dropped.
		if (lunatic_tcp_write(room->members[i], line, length, 1000) ==
		    0) {
			i++;
			continue;
		}
		lunatic_tcp_drop(room->members[i]);
		room->members[i] = room->members[--room->count];
	}
}

static const struct lunatic_server room_server = {
	.state_size = sizeof(struct room),
	.init = room_init,
	.call = room_join,
	.cast = room_say,
};

// A connection.

static void say(struct lunatic_proc room, const char *line)
{
	struct lunatic_writer mail;
	char text[LINE_MAX_LENGTH];

	snprintf(text, sizeof(text), "%.*s\n", LINE_MAX_LENGTH - 2, line);
	lunatic_mail_begin(&mail, 0);
	lunatic_write_str(&mail, text);
	lunatic_mail_send(&mail, room);
}

static bool join(struct lunatic_proc room, struct lunatic_tcp stream)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;

	lunatic_request_begin(&request);
	lunatic_write_tcp(&request, lunatic_tcp_clone(stream));
	return lunatic_request_send(&request, room, &reply, 1000) == 0 &&
	       lunatic_read_bool(&reply);
}

static void connection(struct lunatic_reader *argument)
{
	struct lunatic_tcp stream = lunatic_read_tcp(argument);
	struct lunatic_lines lines;
	struct lunatic_proc room;
	char line[LINE_MAX_LENGTH];

	if (lunatic_lookup(ROOM_NAME, "^1", &room) != 0 || !join(room, stream))
		return;
	lunatic_tcp_write(stream, "welcome\n", 8, 1000);
	lunatic_lines_begin(&lines, stream);
	while (lunatic_lines_next(&lines, line, sizeof(line),
				  LUNATIC_FOREVER) == 0)
		say(room, line);
}

// Two clients that talk if no address is given.

static void expect_line(struct lunatic_tcp stream, char *line, size_t size)
{
	struct lunatic_lines lines;

	lunatic_lines_begin(&lines, stream);
	if (lunatic_lines_next(&lines, line, size, 5000) != 0)
		LUNATIC_PANIC("nothing to hear");
}

static struct lunatic_tcp enter(const char *where)
{
	struct lunatic_tcp stream;
	char line[LINE_MAX_LENGTH];

	if (lunatic_connect(&stream, where, 5000) != 0)
		LUNATIC_PANIC("%s", lunatic_status_text(LUNATIC_EHOST));
	expect_line(stream, line, sizeof(line));
	return stream;
}

static void talk(const void *where, size_t size)
{
	struct lunatic_tcp ada = enter(where);
	struct lunatic_tcp eve = enter(where);
	struct lunatic_proc main_proc;
	char line[LINE_MAX_LENGTH];

	(void)size;
	lunatic_tcp_write(ada, "ada: hello\n", 11, 1000);
	expect_line(eve, line, sizeof(line));
	printf("eve hears: %s\n", line);
	expect_line(ada, line, sizeof(line));
	lunatic_tcp_write(eve, "eve: hello yourself\n", 20, 1000);
	expect_line(ada, line, sizeof(line));
	printf("ada hears: %s\n", line);
	if (lunatic_lookup("main", "*", &main_proc) == 0)
		lunatic_send_tag(main_proc, 0);
}

// The listener.

static void listen_at(const struct lunatic_child *self)
{
	const char *asked = getenv("CHAT");
	char where[LUNATIC_ADDR_TEXT_MAX];
	struct lunatic_listener socket;
	struct lunatic_writer argument;
	struct lunatic_addr addr;
	struct lunatic_tcp stream;

	(void)self;
	if (lunatic_listen(&socket, asked ? asked : "127.0.0.1:0") != 0 ||
	    lunatic_listener_addr(socket, &addr) != 0)
		LUNATIC_PANIC("%s", lunatic_status_text(LUNATIC_EHOST));
	if (asked == NULL) {
		lunatic_addr_text(&addr, where);
		lunatic_spawn_bytes(NULL, NULL, talk, where, sizeof(where));
	}
	while (lunatic_accept(socket, &stream, NULL) == 0) {
		lunatic_mail_begin(&argument, 0);
		lunatic_write_tcp(&argument, stream);
		lunatic_spawn_packed(NULL, NULL, connection, &argument);
	}
}

static const struct lunatic_child children[] = {
	{ .name = "room", .server = &room_server },
	{ .name = "listener", .run = listen_at },
};

static const struct lunatic_supervisor chat = {
	.children = children,
	.count = 2,
	.strategy = LUNATIC_REST_FOR_ONE,
};

// Linked with the supervisor: when that gives up, the program ends.
LUNATIC_MAIN(argc, argv)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_env env = lunatic_env_self();
	struct lunatic_reader mail;

	lunatic_register(env, "main", VERSION, lunatic_proc_self());
	if (lunatic_supervisor_start(NULL, &linked, &chat) != 0)
		return EXIT_FAILURE;
	lunatic_receive(&mail, LUNATIC_FOREVER);
	return EXIT_SUCCESS;
}
