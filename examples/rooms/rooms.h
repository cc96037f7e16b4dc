/*
 * A chat server with rooms. The messages between its processes:
 *
 *   user -> hall   requests: who is called what, and who is in which room
 *   user -> room   requests: what is said, and who is there
 *   room -> user   messages of text, no more than the user keeps up with
 *   reader -> user requests: a line that has arrived
 *
 * The hall and the rooms wait for no other process, so nobody waits for them
 * for long. A user is identified by the tag of a link, so the failure of its
 * process tells which user is gone.
 */
#ifndef ROOMS_H
#define ROOMS_H

#include <lunatic.h>

#define NAME_MAX_SIZE 24 /* of users and rooms, with the zero */
#define LINE_MAX_SIZE 512
/* With a name in front, or a little more. */
#define TEXT_MAX_SIZE (LINE_MAX_SIZE + 2 * NAME_MAX_SIZE + 32)
/* Texts that may be in flight to a user; more are lost for that user. */
#define BEHIND_MAX 64
#define USERS_MAX 1000
#define ROOMS_MAX 100
#define HALL_NAME "hall"

/* The first member of a request to the hall; all have the user's tag next. */
enum hall_request {
	HALL_NAME_ME, /* name: whether it is free, and the user's now */
	HALL_ENTER,   /* name of a room: a handle to it, or nil */
	HALL_LEAVE,   /* the room */
	HALL_BYE,     /* forgets the user */
	HALL_LIST,    /* an array of lines about rooms */
	HALL_CRASH,
};

/* The same for rooms. */
enum room_request {
	ROOM_JOIN, /* name and handle of the user: whether there is room */
	ROOM_LEAVE,
	ROOM_SAY,    /* text */
	ROOM_RENAME, /* name */
	ROOM_WHO,    /* an array of names */
	ROOM_CRASH,
};

extern const struct lunatic_server hall_server;
extern const struct lunatic_server room_server;

/* The process of a user; the user is at the other end of the stream. */
void user(struct lunatic_reader *stream);

#endif
