// A room passes on what its users say. It counts the texts in flight to each
// user, which confirms those that it has written; a user that does not read
// gets no more.
#include <string.h>

#include "rooms.h"

#define MEMBERS_MAX 200

struct member {
	int64_t tag; // of the link with the user
	struct lunatic_proc user;
	uint32_t behind; // texts that the user has not written yet
	uint32_t lost;   // texts since then that were not sent
	char name[NAME_MAX_SIZE];
};

struct room {
	char name[NAME_MAX_SIZE];
	uint32_t count;
	struct member members[MEMBERS_MAX];
};

static void send_text(struct member *member, const char *text)
{
	struct lunatic_writer mail;
	struct lunatic_proc self;

	self = lunatic_proc_self();
	member->behind++;
	lunatic_mail_begin(&mail, 0);
	lunatic_write_array(&mail, 2);
	lunatic_write_bin(&mail, text, strlen(text));
	lunatic_write_proc(&mail, self);
	lunatic_mail_send(&mail, member->user);
}

static void tell_all(struct room *room, const char *text)
{
	for (uint32_t i = 0; i < room->count; i++) {
		struct member *member = &room->members[i];

		if (member->behind >= BEHIND_MAX)
			member->lost++;
		else
			send_text(member, text);
	}
}

static struct member *find(struct room *room, int64_t tag)
{
	for (uint32_t i = 0; i < room->count; i++)
		if (room->members[i].tag == tag)
			return &room->members[i];
	return NULL;
}

static void leave(struct room *room, struct member *member, const char *how)
{
	char text[TEXT_MAX_SIZE];

	snprintf(text, sizeof(text), "* %s %s %s\n", member->name, how,
		 room->name);
	lunatic_proc_drop(member->user);
	*member = room->members[--room->count];
	tell_all(room, text);
}

static bool join(struct room *room, int64_t tag, const char *name,
		 struct lunatic_proc user)
{
	char text[TEXT_MAX_SIZE];

	if (room->count == MEMBERS_MAX) {
		lunatic_proc_drop(user);
		return false;
	}
	room->members[room->count] =
		(struct member){ .tag = tag, .user = user };
	strcpy(room->members[room->count++].name, name);
	snprintf(text, sizeof(text), "* %s has entered %s\n", name, room->name);
	tell_all(room, text);
	return true;
}

static void say(struct room *room, const struct member *member,
		struct lunatic_reader *request)
{
	char text[TEXT_MAX_SIZE];
	int length = snprintf(text, sizeof(text), "%s: ", member->name);
	size_t size = lunatic_read_bin(request, text + length, LINE_MAX_SIZE);

	if (request->status != 0)
		return;
	memcpy(text + (size_t)length + size, "\n", 2);
	tell_all(room, text);
}

static void rename_member(struct room *room, struct member *member,
			  struct lunatic_reader *request)
{
	char text[TEXT_MAX_SIZE];
	char name[NAME_MAX_SIZE];

	lunatic_read_str(request, name, sizeof(name));
	if (request->status != 0)
		return;
	snprintf(text, sizeof(text), "* %s is %s now\n", member->name, name);
	strcpy(member->name, name);
	tell_all(room, text);
}

static void who(const struct room *room, struct lunatic_writer *reply)
{
	lunatic_write_array(reply, room->count);
	for (uint32_t i = 0; i < room->count; i++)
		lunatic_write_str(reply, room->members[i].name);
}

static void room_call(void *state, struct lunatic_reader *request,
		      struct lunatic_writer *reply)
{
	struct room *room = state;
	struct member *member;
	char name[NAME_MAX_SIZE];
	uint32_t what;
	int64_t tag;

	lunatic_read_array(request);
	what = lunatic_read_u32(request);
	tag = lunatic_read_int(request);
	if (what == ROOM_JOIN) {
		struct lunatic_proc user;

		lunatic_read_str(request, name, sizeof(name));
		user = lunatic_read_proc(request);
		if (request->status == 0)
			lunatic_write_bool(reply, join(room, tag, name, user));
		return;
	}
	member = request->status == 0 ? find(room, tag) : NULL;
	if (member == NULL)
		return;
	switch (what) {
	case ROOM_LEAVE:
		leave(room, member, "has left");
		break;
	case ROOM_SAY:
		say(room, member, request);
		break;
	case ROOM_RENAME:
		rename_member(room, member, request);
		break;
	case ROOM_WHO:
		who(room, reply);
		break;
	case ROOM_CRASH:
		__builtin_trap();
	default:
		break;
	}
}

// A user has written a text; the message is the tag.
static void room_cast(void *state, struct lunatic_reader *message)
{
	struct room *room = state;
	struct member *member = find(room, lunatic_read_int(message));
	char text[TEXT_MAX_SIZE];

	if (lunatic_reader_end(message) != 0 || member == NULL ||
	    member->behind == 0)
		return;
	if (--member->behind > 0 || member->lost == 0)
		return;
	snprintf(text, sizeof(text), "* %u lines were lost\n", member->lost);
	member->lost = 0;
	send_text(member, text);
}

static void room_link_died(void *state, int64_t tag)
{
	struct room *room = state;
	struct member *member = find(room, tag);

	if (member != NULL)
		leave(room, member, "has crashed in");
}

static int room_init(void *state, struct lunatic_reader *argument)
{
	struct room *room = state;

	lunatic_read_str(argument, room->name, sizeof(room->name));
	return 0;
}

const struct lunatic_server room_server = {
	.state_size = sizeof(struct room),
	.init = room_init,
	.call = room_call,
	.cast = room_cast,
	.link_died = room_link_died,
};
