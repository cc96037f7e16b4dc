/*
 * Supervisors. Each start of a child has a tag: of the link, by which its
 * failure is told, and of the message that its wrapper sends when it has
 * returned, since the host tells nobody of that. So whichever way a child ends,
 * one message under its tag tells. Messages under older tags are passed over.
 *
 * The supervisor itself is linked with who started it. A death without a tag is
 * that one's, or an order to die: children are stopped and it fails, too.
 */
#include <lunatic/mailbox.h>
#include <lunatic/request.h>
#include <lunatic/status.h>
#include <lunatic/supervisor.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define NAME_MAX_LENGTH 255
#define SERVER_SHUTDOWN 5000

/* A killed child is waited for this long: one that catches links and does not
 * stop is let go. */
#define KILL_PATIENCE 1000

/* What is asked of a supervisor, as variants of a request. */
enum question { FIND, RUNNING };

struct running {
	struct lunatic_proc proc; /* LUNATIC_NO_PROC: not running */
	int64_t tag;
	bool gone; /* temporary, and over */
};

struct supervisor {
	const struct lunatic_supervisor *what;
	struct running *children;
	uint64_t *restarts; /* when the last ones were, a ring, ms */
	uint32_t allowed;
	uint64_t within;
	uint32_t next;  /* the oldest in the ring */
	uint32_t noted; /* how many of it are used */
};

/* The child's side. */

/* Whom a child tells, and how. */
struct starter {
	struct lunatic_proc supervisor;
	int64_t started; /* tag, when a server has begun */
	int64_t ended;   /* tag, when it has returned */
};

static void tell_started(const void *context)
{
	const struct starter *starter = context;

	lunatic_send_tag(starter->supervisor, starter->started);
}

static void run_child(uintptr_t spec)
{
	const struct lunatic_child *child = (const struct lunatic_child *)spec;
	struct lunatic_reader mail;
	struct starter starter;

	lunatic_receive(&mail, LUNATIC_FOREVER);
	lunatic_read_tuple(&mail, 3);
	starter.supervisor = lunatic_read_proc(&mail);
	starter.started = lunatic_read_int(&mail);
	starter.ended = lunatic_read_int(&mail);
	if (lunatic_reader_end(&mail) != 0)
		lunatic_fail();
	if (child->server != NULL)
		lunatic_server_serve(child->server, NULL, tell_started,
				     &starter);
	else if (child->supervisor != NULL)
		lunatic_supervisor_run(child->supervisor);
	else
		child->run(child);
	lunatic_send_tag(starter.supervisor, starter.ended);
}

bool lunatic_asked_to_stop(void)
{
	return lunatic_mail_tag() == LUNATIC_TAG_STOP;
}

/* Starting and stopping. */

static void forget(struct running *child)
{
	lunatic_proc_drop(child->proc);
	child->proc = LUNATIC_NO_PROC;
}

/* Waits until a server has begun: those behind it may need it. */
static int await_start(struct running *child, int64_t started)
{
	int64_t tags[] = { started, child->tag };
	struct lunatic_reader mail;

	lunatic_receive_tagged(&mail, tags, 2, LUNATIC_FOREVER);
	if (lunatic_mail_tag() == started)
		return 0;
	forget(child);
	return LUNATIC_EDIED;
}

static int start_child(struct supervisor *self, uint32_t index)
{
	const struct lunatic_child *spec = &self->what->children[index];
	struct running *child = &self->children[index];
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	int64_t started = lunatic_tag_new();
	struct lunatic_writer argument;
	int status;

	lunatic_mail_begin(&argument, 0);
	lunatic_write_array(&argument, 3);
	lunatic_write_proc(&argument, lunatic_proc_self());
	lunatic_write_int(&argument, started);
	lunatic_write_int(&argument, linked.link);
	status = lunatic_spawn_helper(&child->proc, &linked, run_child,
				      (uintptr_t)spec, &argument);
	if (status != 0)
		child->proc = LUNATIC_NO_PROC;
	child->tag = linked.link;
	if (status == 0 && spec->server != NULL)
		status = await_start(child, started);
	return status;
}

static int64_t patience_with(const struct lunatic_child *spec)
{
	if (spec->shutdown != 0)
		return spec->shutdown;
	if (spec->server != NULL)
		return SERVER_SHUTDOWN;
	return spec->supervisor != NULL ? LUNATIC_FOREVER : LUNATIC_KILL;
}

static void stop_child(struct supervisor *self, uint32_t index)
{
	int64_t patience = patience_with(&self->what->children[index]);
	struct running *child = &self->children[index];
	struct lunatic_reader mail;
	int received = LUNATIC_ETIMEDOUT;

	if (!lunatic_proc_is(child->proc))
		return;
	if (patience != LUNATIC_KILL) {
		lunatic_server_stop(child->proc);
		received =
			lunatic_receive_tagged(&mail, &child->tag, 1, patience);
	}
	if (received < 0) {
		lunatic_proc_kill(child->proc);
		received = lunatic_receive_tagged(&mail, &child->tag, 1,
						  KILL_PATIENCE);
	}
	if (received < 0)
		lunatic_proc_unlink(child->proc);
	forget(child);
}

/* Stops the children from `first` on, the last of them first. */
static void stop_from(struct supervisor *self, uint32_t first)
{
	for (uint32_t i = self->what->count; i > first; i--) {
		stop_child(self, i - 1);
		if (self->what->children[i - 1].restart == LUNATIC_TEMPORARY)
			self->children[i - 1].gone = true;
	}
}

static _Noreturn void give_up(struct supervisor *self)
{
	stop_from(self, 0);
	lunatic_fail();
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* Gives up when there have been too many restarts. */
static void note_restart(struct supervisor *self)
{
	uint64_t time = now();

	if (self->allowed == 0 ||
	    (self->noted == self->allowed &&
	     time - self->restarts[self->next] <= self->within))
		give_up(self);
	self->restarts[self->next] = time;
	self->next = (self->next + 1) % self->allowed;
	if (self->noted < self->allowed)
		self->noted++;
}

/* Starts `first` to `last`, but none that is gone for good. Returns the one
 * that could not be started, or `last` + 1. */
static uint32_t start_range(struct supervisor *self, uint32_t first,
			    uint32_t last)
{
	uint32_t i;

	for (i = first; i <= last; i++) {
		if (self->children[i].gone ||
		    lunatic_proc_is(self->children[i].proc))
			continue;
		if (start_child(self, i) == 0)
			continue;
		if (self->what->children[i].restart != LUNATIC_TEMPORARY)
			break;
		self->children[i].gone = true;
	}
	return i;
}

/* Starts again whatever a failure of `index` concerns. */
static void restart(struct supervisor *self, uint32_t index)
{
	uint32_t last = self->what->count - 1;
	uint32_t first = index;

	switch (self->what->strategy) {
	case LUNATIC_ONE_FOR_ONE:
		last = index;
		break;
	case LUNATIC_ONE_FOR_ALL:
		first = 0;
		break;
	case LUNATIC_REST_FOR_ONE:
		break;
	}
	do {
		note_restart(self);
		if (first != last)
			stop_from(self, first);
		first = start_range(self, first, last);
	} while (first <= last);
}

static void child_ended(struct supervisor *self, uint32_t index, bool failed)
{
	enum lunatic_restart kind = self->what->children[index].restart;

	forget(&self->children[index]);
	if (kind == LUNATIC_TEMPORARY)
		self->children[index].gone = true;
	else if (kind == LUNATIC_PERMANENT || failed)
		restart(self, index);
}

/* Answering. */

static void tell_child(struct supervisor *self, const char *name,
		       struct lunatic_sender *sender)
{
	struct lunatic_writer reply;
	uint32_t i = 0;

	while (i < self->what->count &&
	       (self->what->children[i].name == NULL ||
		strcmp(self->what->children[i].name, name) != 0))
		i++;
	lunatic_reply_begin(&reply, sender);
	if (i < self->what->count && lunatic_proc_is(self->children[i].proc))
		lunatic_write_proc(&reply,
				   lunatic_proc_clone(self->children[i].proc));
	else
		lunatic_write_nil(&reply);
	lunatic_reply_send(&reply, sender);
}

static void tell_running(struct supervisor *self, struct lunatic_sender *sender)
{
	struct lunatic_writer reply;
	uint32_t running = 0;

	for (uint32_t i = 0; i < self->what->count; i++)
		running += lunatic_proc_is(self->children[i].proc);
	lunatic_reply_begin(&reply, sender);
	lunatic_write_uint(&reply, running);
	lunatic_reply_send(&reply, sender);
}

static void answer(struct supervisor *self, struct lunatic_reader *mail)
{
	char name[NAME_MAX_LENGTH + 1] = "";
	struct lunatic_sender sender;
	uint32_t question;

	lunatic_request_open(mail);
	question = lunatic_read_variant(mail);
	if (question == FIND)
		lunatic_read_str(mail, name, sizeof(name));
	if (lunatic_request_close(mail, &sender) != 0)
		return;
	if (question == FIND)
		tell_child(self, name, &sender);
	else if (question == RUNNING)
		tell_running(self, &sender);
	else
		lunatic_proc_drop(sender.proc);
}

/* The loop. */

static struct supervisor *prepare(const struct lunatic_supervisor *what)
{
	struct supervisor *self = calloc(1, sizeof(*self));

	if (self == NULL)
		lunatic_fail();
	self->what = what;
	self->allowed = what->within != 0 ? what->restarts : 1;
	self->within = what->within != 0 ? what->within : 5000;
	self->children = calloc(what->count + 1, sizeof(*self->children));
	self->restarts = calloc(self->allowed + 1, sizeof(*self->restarts));
	if (self->children == NULL || self->restarts == NULL)
		lunatic_fail();
	for (uint32_t i = 0; i < what->count; i++)
		self->children[i].proc = LUNATIC_NO_PROC;
	return self;
}

/* Returns false when it is time to stop. */
static bool handle(struct supervisor *self, int received,
		   struct lunatic_reader *mail)
{
	int64_t tag = lunatic_mail_tag();

	if (received == LUNATIC_LINK_DIED && tag == 0)
		give_up(self);
	if (received == LUNATIC_MESSAGE && tag == LUNATIC_TAG_STOP)
		return false;
	for (uint32_t i = 0; i < self->what->count; i++) {
		if (self->children[i].tag == tag &&
		    lunatic_proc_is(self->children[i].proc)) {
			child_ended(self, i, received == LUNATIC_LINK_DIED);
			return true;
		}
	}
	if (received == LUNATIC_MESSAGE)
		answer(self, mail);
	return true;
}

void lunatic_supervisor_run(const struct lunatic_supervisor *what)
{
	struct supervisor *self = prepare(what);
	struct lunatic_reader mail;
	uint32_t next = 0;

	lunatic_links_catch();
	while (what->count > 0 &&
	       (next = start_range(self, next, what->count - 1)) < what->count)
		note_restart(self);
	while (handle(self, lunatic_receive(&mail, LUNATIC_FOREVER), &mail))
		;
	stop_from(self, 0);
	free(self->restarts);
	free(self->children);
	free(self);
}

static void run_supervisor(uintptr_t what)
{
	lunatic_supervisor_run((const struct lunatic_supervisor *)what);
}

int lunatic_supervisor_start(struct lunatic_proc *supervisor,
			     const struct lunatic_spawn *how,
			     const struct lunatic_supervisor *what)
{
	return lunatic_spawn_helper(supervisor, how, run_supervisor,
				    (uintptr_t)what, NULL);
}

/* The client's side. */

int lunatic_supervisor_find(struct lunatic_proc supervisor, const char *name,
			    struct lunatic_proc *child, int64_t timeout)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;
	int status;

	*child = LUNATIC_NO_PROC;
	lunatic_request_begin(&request);
	lunatic_write_variant(&request, FIND);
	lunatic_write_str(&request, name);
	status = lunatic_request_send(&request, supervisor, &reply, timeout);
	if (status != 0)
		return status;
	if (!lunatic_read_some(&reply))
		return reply.status != 0 ? reply.status : LUNATIC_ENOTFOUND;
	*child = lunatic_read_proc(&reply);
	return lunatic_reader_end(&reply);
}

int lunatic_supervisor_running(struct lunatic_proc supervisor, int64_t timeout)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;
	uint32_t running;
	int status;

	lunatic_request_begin(&request);
	lunatic_write_variant(&request, RUNNING);
	lunatic_write_nil(&request);
	status = lunatic_request_send(&request, supervisor, &reply, timeout);
	if (status != 0)
		return status;
	running = lunatic_read_u32(&reply);
	status = lunatic_reader_end(&reply);
	return status != 0 ? status : (int)running;
}
