/*
 * Actors: processes that do what the dice say, once for each STEP that they are
 * sent. All that they say goes in messages with a number, the numbers of all
 * processes that are in it, and bytes that follow from those; who gets one
 * knows what it must look like.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "node/messages.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "process/life.h"
#include "process/lookup.h"
#include "process/message.h"
#include "process/resource.h"
#include "simulation/world.h"
#include "support/fabric.h"
#include "support/processes.h"

/* Tags of messages that are no deaths of links. */
enum { STEP = 1, INTRODUCTION, SAYING };

#define A_PROCESS ln_resource_class(LN_RESOURCE_PROCESS)
#define MAX_HANDLES 12
#define MAX_NAMED 3

/* What a SAYING begins with. */
struct saying {
	uint32_t from;
	uint32_t to;
	uint32_t number; /* of all from that one to this one */
	uint32_t count;  /* of resources */
	uint32_t named[MAX_NAMED];
	uint32_t filled; /* bytes that follow */
};

/* What an actor does next; the others go on. */
enum fate { GOES_ON, ENDS, FAILS, IS_KILLED };

bool actor_alive(const struct actor *actor)
{
	struct ln_process *process = actor->process;
	bool dead;

	ln_process_lock(process);
	dead = process->dead;
	ln_process_unlock(process);
	return !dead;
}

struct acquaintance *actor_known(struct actor *actor, struct actor *who)
{
	for (uint32_t i = 0; i < actor->known_count; i++) {
		if (actor->known[i].who == who)
			return &actor->known[i];
	}
	if (actor->known_count == actor->known_capacity)
		actor->known = grow(actor->known, &actor->known_capacity,
				    sizeof(*actor->known));
	actor->known[actor->known_count] = (struct acquaintance){ .who = who };
	return &actor->known[actor->known_count++];
}

static void drop_handle(struct actor *self, struct acquaintance *known)
{
	if (known->handle == NULL)
		return;
	ln_process_release(known->handle);
	known->handle = NULL;
	self->handles--;
}

/* Whether a handle is how the node of `self` must know that actor. */
static void check_handle(struct actor *self, struct actor *who,
			 struct ln_process *handle)
{
	struct ln_proxy *proxy = ln_proxy_of(handle);

	if (memcmp(handle->id, who->process->id, sizeof(handle->id)) != 0)
		violated("actor % got another process for %", self->number,
			 who->number, 0);
	if (proxy == NULL) {
		if (handle != who->process || who->host != self->host)
			violated("actor % got a local process for %",
				 self->number, who->number, 0);
		return;
	}
	if (memcmp(proxy->peer->entry.id, who->incarnation, LN_ID_SIZE) != 0)
		violated("actor % got % as one of another incarnation",
			 self->number, who->number, 0);
	if (memcmp(self->incarnation, who->incarnation, LN_ID_SIZE) == 0 &&
	    actor_alive(who))
		violated("actor % got % as a remote one, which is local",
			 self->number, who->number, 0);
}

/* Keeps the handle, or not. */
static void learn(struct actor *self, struct actor *who,
		  struct ln_process *handle)
{
	struct acquaintance *known = actor_known(self, who);

	check_handle(self, who, handle);
	if (known->handle != NULL && known->handle != handle &&
	    (actor_alive(who) || who->crashed))
		violated("actor % knows % as two processes", self->number,
			 who->number, 0);
	if (who == self || known->handle != NULL ||
	    self->handles >= MAX_HANDLES) {
		ln_process_release(handle);
		return;
	}
	known->handle = handle;
	self->handles++;
}

static struct actor *actor_of(uint32_t number)
{
	if (number >= world.actor_count)
		violated("there is no actor %", number, 0, 0);
	return world.actors[number];
}

static uint8_t filling(const struct saying *saying, uint32_t i)
{
	return (uint8_t)(saying->from * 7 + saying->number * 13 + i * 31 +
			 (i >> 8));
}

/* Bytes that follow the head. */
static uint32_t choose_size(void)
{
	if (chance(world.config->odds.large))
		return 50000 + choose(150000);
	return choose(200);
}

static int fill(struct ln_message *message, const struct saying *saying)
{
	static uint8_t bytes[200000];

	for (uint32_t i = 0; i < saying->filled; i++)
		bytes[i] = filling(saying, i);
	if (ln_message_write(message, saying, sizeof(*saying), UINT64_MAX) < 0)
		return LN_ENOMEM;
	return ln_message_write(message, bytes, saying->filled, UINT64_MAX);
}

/* Puts processes that this one knows into a message. */
static void name_others(struct actor *self, struct ln_message *message,
			struct saying *saying)
{
	uint64_t index;

	while (saying->count < MAX_NAMED && self->known_count > 0 &&
	       chance(2)) {
		struct acquaintance *known =
			&self->known[choose(self->known_count)];
		struct ln_process *handle = known->handle;
		struct actor *who = known->who;

		if (handle == NULL || chance(8)) {
			handle = self->process;
			who = self;
		}
		if (ln_message_push(message, A_PROCESS,
				    ln_process_retain(handle), &index) < 0)
			abort();
		saying->named[saying->count++] = who->number;
	}
}

static struct ln_message *make_saying(struct actor *self,
				      const struct acquaintance *known)
{
	struct saying saying = {
		.from = self->number,
		.to = known->who->number,
		.number = known->count - 1,
		.filled = choose_size(),
	};
	struct ln_message *message = ln_message_new(LN_MESSAGE_DATA, SAYING, 0);

	if (message == NULL)
		abort();
	name_others(self, message, &saying);
	if (fill(message, &saying) < 0)
		abort();
	return message;
}

/* Whether an error is what a sender may be told. */
static void check_result(struct actor *self, struct acquaintance *known,
			 const struct attempt *attempt, int error, bool wait)
{
	bool same = attempt->before == attempt->after && attempt->before != 0;

	if (error == 0 || error == LN_EKILLED)
		return;
	if (error == LN_EFULL && !wait)
		return;
	if (error != LN_EDEAD)
		violated("actor % could not send to %: error %", self->number,
			 known->who->number, (uint64_t)error);
	if (same && (attempt->before != SAME_NODE || actor_alive(known->who)))
		violated("actor % could not send to %, which is there",
			 self->number, known->who->number, 0);
}

/* Sends a message, to a process of another node sometimes by its number: that
 * changes nothing. */
static int send(const struct acquaintance *known, struct ln_message *message,
		bool wait)
{
	struct ln_process *handle = known->handle;
	const struct ln_proxy *proxy = ln_proxy_of(handle);

	if (proxy != NULL && wait && choose(3) == 0)
		return ln_messages_send_numbered(
			proxy->peer, ln_process_number(known->who->process),
			message, LN_NEVER);
	return wait ? ln_process_send_wait(handle, message, LN_NEVER)
		    : ln_process_send(handle, message);
}

static enum fate say(struct actor *self, struct acquaintance *known)
{
	uint32_t number = known->count;
	struct ln_message *message;
	struct attempt *attempt;
	bool wait = choose(4) != 0;
	int error;

	if (known->count == known->capacity)
		known->attempts = grow(known->attempts, &known->capacity,
				       sizeof(*known->attempts));
	known->count++;
	attempt = &known->attempts[number];
	*attempt = (struct attempt){
		.before = line_of(self, known->who),
	};
	message = make_saying(self, known);
	error = send(known, message, wait);
	attempt->after = line_of(self, known->who);
	attempt->state = error == 0 ? SENT : REFUSED;
	check_result(self, known, attempt, error, wait);
	return error == LN_EKILLED ? IS_KILLED : GOES_ON;
}

/* Of messages that were sent on one line, none is missing before this one. */
static void check_gap(struct actor *self, struct actor *from,
		      const struct acquaintance *theirs, uint32_t first,
		      uint32_t number)
{
	const struct attempt *last = &theirs->attempts[number];
	uint32_t line = last->before;

	if (last->state == SENT && last->after != line)
		return;
	for (uint32_t i = first; i < number; i++) {
		const struct attempt *attempt = &theirs->attempts[i];

		if (attempt->state == SENT && attempt->before == line &&
		    attempt->after == line && line != 0)
			violated("actor % has not got message % of %",
				 self->number, i, from->number);
	}
}

static void hear(struct actor *self, const struct saying *saying)
{
	struct actor *from = actor_of(saying->from);
	struct acquaintance *theirs = actor_known(from, self);
	struct acquaintance *known = actor_known(self, from);
	struct attempt *attempt = &theirs->attempts[saying->number];

	if (saying->to != self->number)
		violated("actor % got what was for %", self->number, saying->to,
			 0);
	if (saying->number >= theirs->count || attempt->state == REFUSED)
		violated("actor % got message % of %, which was not sent",
			 self->number, saying->number, from->number);
	if (attempt->received)
		violated("actor % got message % of % twice", self->number,
			 saying->number, from->number);
	if (saying->number < known->heard)
		violated("actor % got message % of % after later ones",
			 self->number, saying->number, from->number);
	check_gap(self, from, theirs, known->heard, saying->number);
	attempt->received = true;
	known->heard = saying->number + 1;
	world.seen.messages++;
}

static void check_bytes(const struct saying *saying, const uint8_t *bytes)
{
	for (uint32_t i = 0; i < saying->filled; i++) {
		if (bytes[i] != filling(saying, i))
			violated("message % of % is not what was sent",
				 saying->number, saying->from, 0);
	}
}

static void read_saying(struct actor *self, struct ln_message *message)
{
	struct saying saying;

	if (message->size < sizeof(saying))
		violated("actor % got a message cut short", self->number, 0, 0);
	memcpy(&saying, message->data, sizeof(saying));
	if (message->size != sizeof(saying) + saying.filled ||
	    message->resource_count != saying.count)
		violated("actor % got a message of wrong length", self->number,
			 0, 0);
	check_bytes(&saying, message->data + sizeof(saying));
	hear(self, &saying);
	for (uint32_t i = 0; i < saying.count; i++) {
		struct ln_process *handle =
			ln_message_take(message, A_PROCESS, i);

		if (handle == NULL)
			violated("actor % misses a process", self->number, 0,
				 0);
		learn(self, actor_of(saying.named[i]), handle);
	}
}

static void be_introduced(struct actor *self, struct ln_message *message)
{
	uint32_t number;

	memcpy(&number, message->data, sizeof(number));
	learn(self, actor_of(number), ln_message_take(message, A_PROCESS, 0));
}

/* Takes one message, waiting for it. */
static enum fate take_one(struct actor *self)
{
	struct ln_message *message;

	if (ln_process_receive(self->process, NULL, 0, LN_NEVER, false,
			       &message) < 0)
		return IS_KILLED;
	trace((uint64_t)message->tag + ((uint64_t)self->number << 32));
	if (message->kind == LN_MESSAGE_LINK_DIED)
		links_told(self, message->tag);
	else if (message->tag == STEP)
		self->owed++;
	else if (message->tag >= NAME_TAG)
		names_lost(self, message);
	else if (message->tag == INTRODUCTION)
		be_introduced(self, message);
	else
		read_saying(self, message);
	ln_message_free(message);
	return GOES_ON;
}

static bool has_messages(struct actor *self)
{
	struct ln_mailbox *mailbox = &self->process->mailbox;
	bool incoming;

	ln_lock_acquire(&mailbox->lock);
	incoming = mailbox->incoming != NULL;
	ln_lock_release(&mailbox->lock);
	for (size_t i = mailbox->head; i < mailbox->end; i++)
		incoming |= mailbox->queue[i].message != NULL;
	return incoming;
}

static enum fate change_link(struct actor *self, uint32_t index, bool link)
{
	/* It may be given away meanwhile; and the list may move. */
	struct ln_process *handle =
		ln_process_retain(self->known[index].handle);
	enum fate fate = GOES_ON;

	if (ln_process_wait_for_room(handle, LN_NEVER) < 0)
		fate = IS_KILLED;
	while (fate == GOES_ON && has_messages(self))
		fate = take_one(self);
	if (fate == GOES_ON)
		links_change(self, &self->known[index], link);
	ln_process_release(handle);
	return fate;
}

static enum fate kill_other(struct acquaintance *known, struct actor *self)
{
	if (ln_process_wait_for_room(known->handle, LN_NEVER) < 0)
		return IS_KILLED;
	note("actor % kills %", self->number, known->who->number, 0);
	known->kill_line = line_of(self, known->who);
	known->who->killed = true;
	ln_process_kill(known->handle);
	return GOES_ON;
}

static void spawn(struct actor *self)
{
	struct actor *child;

	if (world.actor_count == MAX_ACTORS)
		return;
	child = actor_start(self->host);
	learn(self, child, ln_process_retain(child->process));
}

static enum fate act_on(struct actor *self, uint32_t index)
{
	struct acquaintance *known = &self->known[index];
	bool owner = links_owner(self, known->who);

	if (chance(world.config->odds.kill))
		return kill_other(known, self);
	switch (choose(16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (owner)
			return change_link(self, index, true);
		break;
	case 4:
	case 5:
		if (owner)
			return change_link(self, index, false);
		break;
	case 6:
		drop_handle(self, known);
		return GOES_ON;
	default:
		break;
	}
	return say(self, known);
}

static enum fate act(struct actor *self)
{
	uint32_t index = 0;

	if (chance(world.config->odds.end))
		return choose(2) == 0 ? ENDS : FAILS;
	if (chance(64))
		spawn(self);
	if (chance(8))
		return names_change(self) ? GOES_ON : IS_KILLED;
	if (self->known_count == 0)
		return GOES_ON;
	for (int i = 0; i < 8; i++) {
		index = choose(self->known_count);
		if (self->known[index].handle != NULL)
			return act_on(self, index);
	}
	return GOES_ON;
}

static enum ln_outcome live(struct ln_process *process)
{
	static const enum ln_outcome outcomes[] = {
		[ENDS] = LN_OUTCOME_NORMAL,
		[FAILS] = LN_OUTCOME_EXITED,
		[IS_KILLED] = LN_OUTCOME_KILLED,
	};
	struct actor *self = process->argument;
	enum fate fate = GOES_ON;

	while (fate == GOES_ON) {
		if (self->owed > 0) {
			self->owed--;
			fate = act(self);
		} else {
			fate = take_one(self);
		}
	}
	note("actor % ends, fate %", self->number, fate, 0);
	for (uint32_t i = 0; i < self->known_count; i++)
		drop_handle(self, &self->known[i]);
	return outcomes[fate];
}

struct actor *actor_start(unsigned host)
{
	struct actor *actor = calloc(1, sizeof(*actor));

	if (actor == NULL || world.actor_count == MAX_ACTORS)
		abort();
	actor->number = world.actor_count;
	actor->host = host;
	actor->fragile = choose(8) == 0;
	memcpy(actor->incarnation, world.hosts[host].node->id.incarnation,
	       LN_ID_SIZE);
	if (ln_process_new(world.environment, live, actor, &actor->process) < 0)
		abort();
	atomic_store(&actor->process->die_when_link_dies, actor->fragile);
	world.actors[world.actor_count++] = actor;
	note("actor % at node %", actor->number, host, 0);
	if (ln_process_start(actor->process) < 0)
		abort();
	return actor;
}

void actor_step(struct actor *actor)
{
	ln_process_send(actor->process,
			ln_message_new(LN_MESSAGE_DATA, STEP, 0));
}

void actor_introduce(struct actor *actor, struct actor *other)
{
	struct ln_message *message =
		ln_message_new(LN_MESSAGE_DATA, INTRODUCTION, 4);
	struct ln_process *handle;
	uint64_t index;

	if (actor->host == other->host)
		handle = ln_process_retain(other->process);
	else
		handle = test_proxy(world.hosts[actor->host].node,
				    world.hosts[other->host].node,
				    other->process);
	if (message == NULL ||
	    ln_message_write(message, &other->number, 4, 4) < 0 ||
	    ln_message_push(message, A_PROCESS, handle, &index) < 0)
		abort();
	ln_process_send(actor->process, message);
}

bool actor_idle(const struct actor *actor)
{
	uint32_t state = atomic_load(&actor->process->task.state);

	return state == LN_TASK_DONE || state == LN_TASK_PARKED;
}

void actors_free(void)
{
	for (uint32_t i = 0; i < world.actor_count; i++) {
		struct actor *actor = world.actors[i];

		for (uint32_t j = 0; j < actor->known_count; j++)
			free(actor->known[j].attempts);
		free(actor->known);
		ln_process_release(actor->process);
		free(actor);
	}
	world.actor_count = 0;
}
