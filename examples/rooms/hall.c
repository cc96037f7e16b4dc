// The hall knows all names. It makes a room when the first user enters, and
// ends it when the last one has left.
#include <string.h>
#include <strings.h>

#include "rooms.h"

#define NOWHERE UINT32_MAX

struct visitor {
	int64_t tag; // of the link with the user; 0 for an empty place
	uint32_t room;
	char name[NAME_MAX_SIZE];
};

struct place {
	int64_t tag; // of the link with the room; 0 for none
	struct lunatic_proc room;
	uint32_t users;
	char name[NAME_MAX_SIZE];
};

struct hall {
	struct visitor visitors[USERS_MAX];
	struct place places[ROOMS_MAX];
};

static int hall_init(void *state, struct lunatic_reader *argument)
{
	struct lunatic_env env = lunatic_env_self();
	struct lunatic_proc self = lunatic_proc_self();
	int status = lunatic_register(env, HALL_NAME, "1.0.0", self);

	(void)state;
	lunatic_read_nil(argument);
	lunatic_proc_drop(self);
	lunatic_env_drop(env);
	return status;
}

// With tag 0, an empty place.
static struct visitor *find_visitor(struct hall *hall, int64_t tag)
{
	for (uint32_t i = 0; i < USERS_MAX; i++)
		if (hall->visitors[i].tag == tag)
			return &hall->visitors[i];
	return NULL;
}

static void leave(struct hall *hall, struct visitor *visitor)
{
	struct place *place;

	if (visitor->room == NOWHERE)
		return;
	place = &hall->places[visitor->room];
	visitor->room = NOWHERE;
	if (place->tag == 0 || --place->users > 0)
		return;
	lunatic_server_stop(place->room);
	lunatic_proc_drop(place->room);
	place->tag = 0;
}

static void forget(struct hall *hall, struct visitor *visitor)
{
	leave(hall, visitor);
	visitor->tag = 0;
}

// Names are compared without regard to case.
static bool name_visitor(struct hall *hall, int64_t tag, const char *name)
{
	struct visitor *visitor = find_visitor(hall, tag);

	for (uint32_t i = 0; i < USERS_MAX; i++)
		if (hall->visitors[i].tag != 0 &&
		    hall->visitors[i].tag != tag &&
		    strcasecmp(hall->visitors[i].name, name) == 0)
			return false;
	if (visitor == NULL) {
		visitor = find_visitor(hall, 0);
		if (visitor == NULL)
			return false;
		visitor->tag = tag;
		visitor->room = NOWHERE;
	}
	strcpy(visitor->name, name);
	return true;
}

// The room of that name, which is made if there is none.
static struct place *find_place(struct hall *hall, const char *name)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_writer argument;
	struct place *empty = NULL;

	for (uint32_t i = 0; i < ROOMS_MAX; i++) {
		struct place *place = &hall->places[i];

		if (place->tag != 0 && strcasecmp(place->name, name) == 0)
			return place;
		if (place->tag == 0 && empty == NULL)
			empty = place;
	}
	if (empty == NULL)
		return NULL;
	lunatic_mail_begin(&argument, 0);
	lunatic_write_str(&argument, name);
	if (lunatic_server_start(&empty->room, &linked, &room_server,
				 &argument) != 0)
		return NULL;
	empty->tag = linked.link;
	empty->users = 0;
	strcpy(empty->name, name);
	return empty;
}

static void enter(struct hall *hall, struct visitor *visitor, const char *name,
		  struct lunatic_writer *reply)
{
	struct place *place;

	leave(hall, visitor);
	place = find_place(hall, name);
	if (place == NULL)
		return;
	place->users++;
	visitor->room = (uint32_t)(place - hall->places);
	lunatic_write_proc(reply, lunatic_proc_clone(place->room));
}

static void list(const struct hall *hall, struct lunatic_writer *reply)
{
	char line[NAME_MAX_SIZE + 16];
	uint32_t count = 0;

	for (uint32_t i = 0; i < ROOMS_MAX; i++)
		count += hall->places[i].tag != 0;
	lunatic_write_array(reply, count);
	for (uint32_t i = 0; i < ROOMS_MAX; i++) {
		if (hall->places[i].tag == 0)
			continue;
		snprintf(line, sizeof(line), "%s (%u)", hall->places[i].name,
			 hall->places[i].users);
		lunatic_write_str(reply, line);
	}
}

static void hall_call(void *state, struct lunatic_reader *request,
		      struct lunatic_writer *reply)
{
	struct hall *hall = state;
	char name[NAME_MAX_SIZE] = "";
	struct visitor *visitor;
	uint32_t what;
	int64_t tag;

	lunatic_read_array(request);
	what = lunatic_read_u32(request);
	tag = lunatic_read_int(request);
	if (what == HALL_NAME_ME || what == HALL_ENTER)
		lunatic_read_str(request, name, sizeof(name));
	if (request->status != 0)
		return;
	if (what == HALL_CRASH)
		__builtin_trap();
	if (what == HALL_NAME_ME) {
		lunatic_write_bool(reply, name_visitor(hall, tag, name));
		return;
	}
	if (what == HALL_LIST) {
		list(hall, reply);
		return;
	}
	visitor = find_visitor(hall, tag);
	if (tag == 0 || visitor == NULL)
		return;
	if (what == HALL_ENTER)
		enter(hall, visitor, name, reply);
	else if (what == HALL_LEAVE)
		leave(hall, visitor);
	else if (what == HALL_BYE)
		forget(hall, visitor);
}

// A user or a room has failed.
static void hall_link_died(void *state, int64_t tag)
{
	struct hall *hall = state;
	struct visitor *visitor = find_visitor(hall, tag);

	if (visitor != NULL)
		forget(hall, visitor);
	for (uint32_t i = 0; i < ROOMS_MAX; i++) {
		if (hall->places[i].tag != tag)
			continue;
		lunatic_proc_drop(hall->places[i].room);
		hall->places[i].tag = 0;
		for (uint32_t j = 0; j < USERS_MAX; j++)
			if (hall->visitors[j].room == i)
				hall->visitors[j].room = NOWHERE;
	}
}

const struct lunatic_server hall_server = {
	.state_size = sizeof(struct hall),
	.init = hall_init,
	.call = hall_call,
	.link_died = hall_link_died,
};
