// A user has two linked processes: one writes the texts of the rooms and runs
// the user's commands, the other one reads. Each line is a request, so a user
// who types faster than a room reads has to wait.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rooms.h"

// A connection that accepts no data for so long is closed.
#define WRITE_TIMEOUT 5000
#define REQUEST_TIMEOUT 10000

static const char help[] =
	"/nick NAME   be called so\n"
	"/join ROOM   enter a room, and leave the present one\n"
	"/leave       leave it\n"
	"/who         tell who is there\n"
	"/rooms       tell which rooms there are\n"
	"/quit        close the connection\n"
	"everything else is said in the room\n";

// The user's process has this memory for itself.
static struct {
	struct lunatic_tcp stream;
	struct lunatic_proc hall;
	struct lunatic_proc room; // LUNATIC_NO_PROC outside
	struct lunatic_proc reader;
	int64_t tag;        // of the link with the hall
	int64_t room_tag;   // of that with the room
	int64_t reader_tag; // of that with the reader
	bool leaving;
	char name[NAME_MAX_SIZE];
} self;

// The reader.

// The length of the UTF-8 character with this first byte; 0 for an invalid one.
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

// The length of the character at `text` if it is UTF-8 and something to be
// seen, else 0.
static size_t character(const unsigned char *text)
{
	size_t length = length_of(text[0]);

	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	// Control characters of one byte and of two, overlong forms,
	// surrogates, and code points beyond the last one.
	if ((length == 1 && (text[0] < ' ' || text[0] == 0x7f)) ||
	    (text[0] == 0xc2 && text[1] < 0xa0) ||
	    (text[0] == 0xe0 && text[1] < 0xa0) ||
	    (text[0] == 0xed && text[1] >= 0xa0) ||
	    (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] >= 0x90))
		return 0;
	return length;
}

// Only text is sent to a terminal, no control characters.
static void clean(char *line)
{
	while (*line != '\0') {
		size_t length = character((const unsigned char *)line);

		if (length == 0)
			*line = '?';
		line += length == 0 ? 1 : length;
	}
}

static void read_lines(struct lunatic_reader *argument)
{
	struct lunatic_lines lines;
	struct lunatic_writer request;
	struct lunatic_reader reply;
	struct lunatic_proc user;
	char line[LINE_MAX_SIZE];
	bool more = true;

	lunatic_read_array(argument);
	user = lunatic_read_proc(argument);
	lunatic_lines_begin(&lines, lunatic_read_tcp(argument));
	while (more) {
		int status = lunatic_lines_next(&lines, line, sizeof(line),
						LUNATIC_FOREVER);

		// A line that is too long is split.
		more = status == 0 || status == LUNATIC_ETOOLONG;
		if (!more)
			strcpy(line, "/quit");
		clean(line);
		lunatic_request_begin(&request);
		lunatic_write_bin(&request, line, strlen(line));
		if (lunatic_request_send(&request, user, &reply,
					 LUNATIC_FOREVER) != 0 ||
		    !lunatic_read_bool(&reply))
			return;
	}
}

// The user.

static void tell(const char *text)
{
	if (!self.leaving && lunatic_tcp_write(self.stream, text, strlen(text),
					       WRITE_TIMEOUT) != 0) {
		struct lunatic_proc me = lunatic_proc_self();

		self.leaving = true;
		lunatic_server_stop(me);
		lunatic_proc_drop(me);
	}
}

static void begin_request(struct lunatic_writer *request, uint32_t members,
			  uint32_t what, int64_t tag)
{
	lunatic_request_begin(request);
	lunatic_write_array(request, members);
	lunatic_write_uint(request, what);
	lunatic_write_int(request, tag);
}

// A request of which at most the answer matters.
static int ask(struct lunatic_proc whom, uint32_t what, int64_t tag,
	       struct lunatic_reader *reply)
{
	struct lunatic_writer request;

	begin_request(&request, 2, what, tag);
	return lunatic_request_send(&request, whom, reply, REQUEST_TIMEOUT);
}

static void leave(void)
{
	struct lunatic_reader reply;

	if (!lunatic_proc_is(self.room))
		return;
	lunatic_proc_unlink(self.room);
	ask(self.room, ROOM_LEAVE, self.room_tag, &reply);
	lunatic_proc_drop(self.room);
	self.room = LUNATIC_NO_PROC;
	ask(self.hall, HALL_LEAVE, self.tag, &reply);
}

static bool is_name(const char *name)
{
	size_t length = 0;

	while (isalnum((unsigned char)name[length]))
		length++;
	return name[length] == '\0' && length > 0 && length < NAME_MAX_SIZE;
}

// Returns 0, LUNATIC_EMISUSE if somebody else has that name, or another status.
static int take_name(const char *name)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;
	int status;

	begin_request(&request, 3, HALL_NAME_ME, self.tag);
	lunatic_write_str(&request, name);
	status = lunatic_request_send(&request, self.hall, &reply,
				      REQUEST_TIMEOUT);
	if (status != 0 || !lunatic_read_bool(&reply))
		return status != 0 ? status : LUNATIC_EMISUSE;
	strcpy(self.name, name);
	return 0;
}

static void nick(const char *name)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;

	if (!is_name(name))
		tell("* a name is up to 23 letters and digits\n");
	else if (take_name(name) != 0)
		tell("* somebody else has that name\n");
	else if (lunatic_proc_is(self.room)) {
		begin_request(&request, 3, ROOM_RENAME, self.room_tag);
		lunatic_write_str(&request, name);
		lunatic_request_send(&request, self.room, &reply,
				     REQUEST_TIMEOUT);
	} else
		tell("* that is your name now\n");
}

static void join(const char *name)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;

	if (!is_name(name)) {
		tell("* a room's name is up to 23 letters and digits\n");
		return;
	}
	leave();
	begin_request(&request, 3, HALL_ENTER, self.tag);
	lunatic_write_str(&request, name);
	if (lunatic_request_send(&request, self.hall, &reply,
				 REQUEST_TIMEOUT) == 0 &&
	    lunatic_read_some(&reply))
		self.room = lunatic_read_proc(&reply);
	if (!lunatic_proc_is(self.room)) {
		tell("* there are too many rooms\n");
		return;
	}
	self.room_tag = lunatic_proc_link(self.room);
	begin_request(&request, 4, ROOM_JOIN, self.room_tag);
	lunatic_write_str(&request, self.name);
	lunatic_write_proc(&request, lunatic_proc_self());
	if (lunatic_request_send(&request, self.room, &reply,
				 REQUEST_TIMEOUT) != 0 ||
	    !lunatic_read_bool(&reply)) {
		leave();
		tell("* there are too many people in that room\n");
	}
}

// Answers a request for an array of strings.
static void list(struct lunatic_proc whom, uint32_t what, int64_t tag)
{
	char text[4096] = "*";
	struct lunatic_reader reply;
	size_t length = 1;
	uint32_t count;

	if (ask(whom, what, tag, &reply) != 0)
		return;
	count = lunatic_read_array(&reply);
	for (uint32_t i = 0; i < count; i++) {
		char name[64];

		lunatic_read_str(&reply, name, sizeof(name));
		if (length + strlen(name) + 3 > sizeof(text))
			break;
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   " %s", name);
	}
	strcpy(text + length, "\n");
	tell(text);
}

// What was typed after a command, or NULL if it is another one.
static const char *after(const char *line, const char *command)
{
	size_t length = strlen(command);

	if (strncasecmp(line, command, length) != 0 ||
	    (line[length] != ' ' && line[length] != '\0'))
		return NULL;
	line += length;
	return line + strspn(line, " ");
}

// For whoever wants to see what that does to the others. To take others along
// it needs a variable of the environment: lunatic --env ROOMS_CRASH=1.
static void crash(const char *what)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;
	bool hall = strcmp(what, "hall") == 0;

	if (!hall && strcmp(what, "room") != 0)
		__builtin_trap();
	if (getenv("ROOMS_CRASH") == NULL ||
	    (!hall && !lunatic_proc_is(self.room)))
		return;
	// No answer will come.
	begin_request(&request, 2,
		      hall ? (uint32_t)HALL_CRASH : (uint32_t)ROOM_CRASH,
		      hall ? self.tag : self.room_tag);
	lunatic_request_send(&request, hall ? self.hall : self.room, &reply, 0);
}

static void say(const char *line)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;

	if (!lunatic_proc_is(self.room)) {
		tell("* /join a room first; /help tells more\n");
		return;
	}
	begin_request(&request, 3, ROOM_SAY, self.room_tag);
	lunatic_write_bin(&request, line, strlen(line));
	lunatic_request_send(&request, self.room, &reply, REQUEST_TIMEOUT);
}

static void command(const char *line)
{
	const char *rest;

	if ((rest = after(line, "/nick")) != NULL)
		nick(rest);
	else if ((rest = after(line, "/join")) != NULL)
		join(rest);
	else if (after(line, "/leave") != NULL)
		leave();
	else if (after(line, "/who") != NULL && lunatic_proc_is(self.room))
		list(self.room, ROOM_WHO, self.room_tag);
	else if (after(line, "/rooms") != NULL)
		list(self.hall, HALL_LIST, self.tag);
	else if (after(line, "/help") != NULL)
		tell(help);
	else if ((rest = after(line, "/crash")) != NULL)
		crash(rest);
	else
		tell("* /help tells what there is\n");
}

// A line from the reader, which is told whether to go on.
static void user_call(void *state, struct lunatic_reader *request,
		      struct lunatic_writer *reply)
{
	char line[LINE_MAX_SIZE];
	size_t length = lunatic_read_bin(request, line, sizeof(line) - 1);

	(void)state;
	if (request->status != 0)
		return;
	line[length] = '\0';
	if (after(line, "/quit") != NULL) {
		struct lunatic_proc me = lunatic_proc_self();

		lunatic_server_stop(me);
		lunatic_proc_drop(me);
		lunatic_write_bool(reply, false);
		return;
	}
	if (line[0] == '/')
		command(line);
	else if (line[0] != '\0')
		say(line);
	lunatic_write_bool(reply, true);
}

// A text of a room, which is told when it is written.
static void user_cast(void *state, struct lunatic_reader *message)
{
	char text[TEXT_MAX_SIZE];
	struct lunatic_writer mail;
	struct lunatic_proc room;
	size_t length;

	(void)state;
	lunatic_read_array(message);
	length = lunatic_read_bin(message, text, sizeof(text) - 1);
	room = lunatic_read_proc(message);
	if (lunatic_reader_end(message) != 0)
		return;
	text[length] = '\0';
	tell(text);
	lunatic_mail_begin(&mail, 0);
	lunatic_write_int(&mail, self.room_tag);
	lunatic_mail_send(&mail, room);
	lunatic_proc_drop(room);
}

static void user_link_died(void *state, int64_t tag)
{
	(void)state;
	if (tag == self.room_tag && lunatic_proc_is(self.room)) {
		lunatic_proc_drop(self.room);
		self.room = LUNATIC_NO_PROC;
		tell("* the room has crashed; nobody else has\n");
	} else if (tag == self.tag || tag == self.reader_tag) {
		struct lunatic_proc me = lunatic_proc_self();

		if (tag == self.tag)
			tell("* the hall has crashed; come again\n");
		self.hall = tag == self.tag ? LUNATIC_NO_PROC : self.hall;
		lunatic_server_stop(me);
		lunatic_proc_drop(me);
	}
}

static void user_stop(void *state)
{
	struct lunatic_reader reply;

	(void)state;
	if (lunatic_proc_is(self.hall)) {
		leave();
		ask(self.hall, HALL_BYE, self.tag, &reply);
	}
	// It waits for a line that we do not want any more.
	lunatic_links_die();
	lunatic_proc_unlink(self.reader);
	lunatic_proc_kill(self.reader);
}

// Takes some name that is free.
static int take_any_name(void)
{
	char name[NAME_MAX_SIZE];
	int status = LUNATIC_EMISUSE;

	for (int i = 0; i < 20 && status == LUNATIC_EMISUSE; i++) {
		snprintf(name, sizeof(name), "guest%d",
			 (int)(lunatic_tag_new() % 1000000));
		status = take_name(name);
	}
	return status;
}

static int user_init(void *state, struct lunatic_reader *argument)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_writer mail;
	char text[TEXT_MAX_SIZE];
	int status;

	(void)state;
	self.stream = lunatic_read_tcp(argument);
	self.room = LUNATIC_NO_PROC;
	if (argument->status != 0)
		return argument->status;
	status = lunatic_lookup(HALL_NAME, "^1", &self.hall);
	if (status == 0) {
		self.tag = lunatic_proc_link(self.hall);
		status = take_any_name();
	}
	if (status != 0) {
		tell("* nobody can enter now; come again\n");
		return status;
	}
	self.reader_tag = linked.link;
	lunatic_mail_begin(&mail, 0);
	lunatic_write_array(&mail, 2);
	lunatic_write_proc(&mail, lunatic_proc_self());
	lunatic_write_tcp(&mail, lunatic_tcp_clone(self.stream));
	status = lunatic_spawn_packed(&self.reader, &linked, read_lines, &mail);
	snprintf(text, sizeof(text),
		 "* welcome, %s; /help tells what there is\n", self.name);
	tell(text);
	return status;
}

static const struct lunatic_server user_server = {
	.init = user_init,
	.call = user_call,
	.cast = user_cast,
	.link_died = user_link_died,
	.stop = user_stop,
};

void user(struct lunatic_reader *stream)
{
	lunatic_server_run(&user_server, stream);
}
