/*
 * Supervisors. Each child is linked, so that it dies with its supervisor, and
 * monitored: one message with the monitor's tag reports its end, normal or not.
 * Messages of the links to children are ignored. A child is restarted only when
 * the old process is gone, so there are never two of it.
 *
 * The supervisor itself is linked with the process that started it. The death
 * of a link without a tag is the death of that process: then the children are
 * stopped and the supervisor fails, too.
 */
#include <lunatic/abi.h>
#include <lunatic/mailbox.h>
#include <lunatic/request.h>
#include <lunatic/status.h>
#include <lunatic/supervisor.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "supervised.h"

#define SERVER_SHUTDOWN 5000
#define LINE_MAX_LENGTH 512

/* Log lines: each is one write, without stdio. */

struct line {
	char text[LINE_MAX_LENGTH];
	size_t length;
};

static void add(struct line *line, const char *text)
{
	size_t length = strlen(text);

	if (length > sizeof(line->text) - 1 - line->length)
		length = sizeof(line->text) - 1 - line->length;
	memcpy(line->text + line->length, text, length);
	line->length += length;
}

static void add_number(struct line *line, uint64_t number)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	add(line, digits + at);
}

static void begin_line(struct line *line, const struct supervisor *self,
		       uint32_t index)
{
	line->length = 0;
	add(line, "lunatic: supervisor");
	if (self->what->name != NULL) {
		add(line, " '");
		add(line, self->what->name);
		add(line, "'");
	}
	add(line, ": child ");
	if (self->children[index].spec->name != NULL) {
		add(line, "'");
		add(line, self->children[index].spec->name);
		add(line, "'");
	} else {
		add_number(line, index + 1);
	}
}

static void write_line(struct line *line)
{
	line->text[line->length++] = '\n';
	/* If it cannot be written, nobody can be told. */
	if (write(STDERR_FILENO, line->text, line->length) < 0)
		return;
}

static void add_end(struct line *line, const struct lunatic_end *end)
{
	switch (end != NULL ? end->reason : LUNATIC_NO_PROCESS) {
	case LUNATIC_RETURNED:
		add(line, " has returned");
		break;
	case LUNATIC_EXITED:
		add(line, " has exited with status ");
		add_number(line, end->status);
		break;
	case LUNATIC_TRAPPED:
		add(line, " has trapped");
		break;
	case LUNATIC_KILLED:
		add(line, " was killed");
		break;
	default:
		add(line, " could not be started");
	}
}

static void add_limit(struct line *line, const struct supervisor *self)
{
	add_number(line, self->allowed);
	add(line, " in ");
	add_number(line, self->within);
	add(line, " ms)");
}

/* The child's side. */

/* Whom a server tells when it has begun. */
struct starter {
	struct lunatic_proc supervisor;
	int64_t started; /* tag */
};

static void tell_started(const void *context)
{
	const struct starter *starter = context;

	lunatic_send_tag(starter->supervisor, starter->started);
}

/* The data that a child was added with, as the argument of a server. */
static void serve_child(const struct lunatic_child *child,
			const struct starter *starter)
{
	struct lunatic_reader argument;
	struct lunatic_writer writer;
	size_t room = child->size + 16;
	size_t length;
	unsigned char *bytes = malloc(room);

	if (bytes == NULL)
		lunatic_fail();
	lunatic_writer_begin(&writer, bytes, room);
	if (child->data != NULL)
		lunatic_write_bin(&writer, child->data, child->size);
	else
		lunatic_write_nil(&writer);
	if (lunatic_writer_end(&writer, &length) != 0)
		lunatic_fail();
	lunatic_reader_begin(&argument, bytes, length);
	lunatic_server_serve(child->server, &argument, tell_started, starter);
}

static void run_child(uintptr_t spec)
{
	struct lunatic_child child = *(const struct lunatic_child *)spec;
	struct lunatic_reader mail;
	struct starter starter;

	lunatic_receive(&mail, LUNATIC_FOREVER);
	lunatic_read_tuple(&mail, 3);
	starter.supervisor = lunatic_read_proc(&mail);
	starter.started = lunatic_read_int(&mail);
	if (lunatic_read_some(&mail))
		child.data =
			lunatic_read_bin_new(&mail, SIZE_MAX - 1, &child.size);
	else if (child.server != NULL)
		child.data = NULL;
	if (lunatic_reader_end(&mail) != 0)
		lunatic_fail();
	if (child.name != NULL)
		lunatic_proc_label(child.name);
	if (child.server != NULL)
		serve_child(&child, &starter);
	else if (child.supervisor != NULL)
		lunatic_supervisor_run(child.supervisor);
	else
		child.run(&child);
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

/* Waits until a server has started, because later children may need it. */
static int await_start(struct running *child, int64_t started)
{
	int64_t tags[] = { started, child->monitor };
	struct lunatic_reader mail;

	if (lunatic_receive_tagged(&mail, tags, 2, LUNATIC_FOREVER) ==
	    LUNATIC_MESSAGE)
		return 0;
	forget(child);
	return LUNATIC_EDIED;
}

static int start_child(struct running *child)
{
	const struct lunatic_child *spec = child->spec;
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	int64_t started = lunatic_tag_new();
	struct lunatic_writer argument;
	int status;

	lunatic_mail_begin(&argument, 0);
	lunatic_write_array(&argument, 3);
	lunatic_write_proc(&argument, lunatic_proc_self());
	lunatic_write_int(&argument, started);
	if (child->data != NULL)
		lunatic_write_bin(&argument, child->data, child->size);
	else
		lunatic_write_nil(&argument);
	status = lunatic_spawn_helper(&child->proc, &linked, run_child,
				      (uintptr_t)spec, &argument);
	if (status != 0) {
		child->proc = LUNATIC_NO_PROC;
		return status;
	}
	child->monitor = lunatic_proc_monitor(child->proc);
	return spec->server != NULL ? await_start(child, started) : 0;
}

static int64_t patience_with(const struct lunatic_child *spec)
{
	if (spec->shutdown != 0)
		return spec->shutdown;
	if (spec->server != NULL)
		return SERVER_SHUTDOWN;
	return spec->supervisor != NULL ? LUNATIC_FOREVER : LUNATIC_KILL;
}

/* Asks a child to stop, waits for its `shutdown` time, and then kills it. It is
 * gone afterwards. */
static void stop_child(struct running *child)
{
	int64_t patience = patience_with(child->spec);
	struct lunatic_reader mail;
	int received = LUNATIC_ETIMEDOUT;

	if (!lunatic_proc_is(child->proc))
		return;
	if (patience != LUNATIC_KILL) {
		lunatic_server_stop(child->proc);
		received = lunatic_receive_tagged(&mail, &child->monitor, 1,
						  patience);
	}
	if (received < 0) {
		lunatic_proc_unlink(child->proc);
		lunatic_proc_kill(child->proc);
		lunatic_receive_tagged(&mail, &child->monitor, 1,
				       LUNATIC_FOREVER);
	}
	forget(child);
}

/* Stops the children from `first` on, the last of them first. */
static void stop_from(struct supervisor *self, uint32_t first)
{
	for (uint32_t i = self->count; i > first; i--) {
		struct running *child = &self->children[i - 1];

		stop_child(child);
		if (child->spec->restart == LUNATIC_TEMPORARY)
			child->gone = true;
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

/* How many of the noted restarts still count. */
static uint32_t recent(const struct supervisor *self, uint64_t time)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < self->noted; i++)
		count += time - self->restarts[i] <= self->within;
	return count;
}

/* Notes a restart of a child; `end` is NULL if it could not be started before.
 * Gives up if there were too many. */
static void note_restart(struct supervisor *self, uint32_t index,
			 const struct lunatic_end *end)
{
	uint64_t time = now();
	uint32_t count = recent(self, time);
	struct line line;

	begin_line(&line, self, index);
	add_end(&line, end);
	if (count >= self->allowed) {
		add(&line, "; the supervisor gives up (more than ");
		add_limit(&line, self);
		write_line(&line);
		give_up(self);
	}
	add(&line, " and is started again (restart ");
	add_number(&line, count + 1);
	add(&line, " of ");
	add_limit(&line, self);
	write_line(&line);
	self->restarts[self->next] = time;
	self->next = (self->next + 1) % self->allowed;
	if (self->noted < self->allowed)
		self->noted++;
}

/* Starts `first` to `last`, except children that have ended for good. Returns
 * the one that could not be started, or `last` + 1. */
static uint32_t start_range(struct supervisor *self, uint32_t first,
			    uint32_t last)
{
	uint32_t i;

	for (i = first; i <= last; i++) {
		struct running *child = &self->children[i];

		if (child->gone || lunatic_proc_is(child->proc))
			continue;
		if (start_child(child) == 0)
			continue;
		if (child->spec->restart != LUNATIC_TEMPORARY)
			break;
		child->gone = true;
	}
	return i;
}

/* Restarts the children that the end of `index` affects. */
static void restart(struct supervisor *self, uint32_t index,
		    const struct lunatic_end *end)
{
	uint32_t last = self->count - 1;
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
		note_restart(self, index, end);
		if (first != last)
			stop_from(self, first);
		first = start_range(self, first, last);
		index = first;
		end = NULL;
	} while (first <= last);
}

/* Removes the children that were added and will not be restarted. */
static void remove_gone(struct supervisor *self)
{
	uint32_t to = 0;

	for (uint32_t i = 0; i < self->count; i++) {
		struct running *child = &self->children[i];

		if (child->added && child->gone &&
		    !lunatic_proc_is(child->proc))
			free(child->data);
		else
			self->children[to++] = *child;
	}
	self->count = to;
}

static void child_ended(struct supervisor *self, uint32_t index,
			const struct lunatic_end *end)
{
	struct running *child = &self->children[index];
	enum lunatic_restart kind = child->spec->restart;

	forget(child);
	if (kind == LUNATIC_PERMANENT ||
	    (kind == LUNATIC_TRANSIENT && end->reason != LUNATIC_RETURNED))
		restart(self, index, end);
	else if (kind == LUNATIC_TEMPORARY || child->added)
		child->gone = true;
	remove_gone(self);
}

/* Children that come and go. */

struct running *lunatic_supervised_find(struct supervisor *self,
					const char *name)
{
	for (uint32_t i = 0; i < self->count; i++) {
		const char *own = self->children[i].spec->name;

		if (own != NULL && strcmp(own, name) == 0)
			return &self->children[i];
	}
	return NULL;
}

static struct running *find_proc(struct supervisor *self,
				 struct lunatic_proc proc)
{
	for (uint32_t i = 0; i < self->count; i++) {
		struct running *child = &self->children[i];

		if (lunatic_proc_is(child->proc) &&
		    lunatic_proc_same(child->proc, proc))
			return child;
	}
	return NULL;
}

/* Room for one more child; NULL: no memory. */
struct running *lunatic_supervised_room(struct supervisor *self)
{
	if (self->count == self->room) {
		uint32_t room = self->room * 2 + 8;
		struct running *children =
			realloc(self->children, room * sizeof(*children));

		if (children == NULL)
			return NULL;
		self->children = children;
		self->room = room;
	}
	return &self->children[self->count];
}

/* Starts a new child, or one that does not run. Takes ownership of `data`. */
static int add_child(struct supervisor *self, const struct lunatic_child *spec,
		     void *data, size_t size, struct running **out)
{
	struct running *child =
		spec->name != NULL ? lunatic_supervised_find(self, spec->name)
				   : NULL;
	bool known = child != NULL;
	int status;

	if (known && (lunatic_proc_is(child->proc) || child->spec != spec)) {
		free(data);
		return LUNATIC_EEXIST;
	}
	if (!known)
		child = lunatic_supervised_room(self);
	if (child == NULL) {
		free(data);
		return LUNATIC_ENOMEM;
	}
	if (known)
		free(child->data);
	*child = (struct running){ .spec = spec,
				   .proc = LUNATIC_NO_PROC,
				   .data = data,
				   .size = size,
				   .added = !known || child->added };
	status = start_child(child);
	child->gone = status != 0;
	if (status == 0 || known)
		*out = child;
	else
		free(data);
	if (status == 0 && !known)
		self->count++;
	return status;
}

/* Answering. */

/* A question and what came with it. */
struct question_asked {
	enum lunatic_question question;
	char name[LUNATIC_CHILD_NAME_SIZE];
	struct lunatic_proc proc;
	const struct lunatic_child *spec;
	void *data;
	size_t size;
};

static void read_question(struct lunatic_reader *mail,
			  struct question_asked *asked)
{
	*asked = (struct question_asked){ .proc = LUNATIC_NO_PROC };
	asked->question = (enum lunatic_question)lunatic_read_variant(mail);
	switch (asked->question) {
	case LUNATIC_ASK_FIND:
	case LUNATIC_ASK_END_NAME:
		lunatic_read_str(mail, asked->name, sizeof(asked->name));
		break;
	case LUNATIC_ASK_END_PROC:
		asked->proc = lunatic_read_proc(mail);
		break;
	case LUNATIC_ASK_START:
		lunatic_read_tuple(mail, 2);
		asked->spec = (const struct lunatic_child *)(uintptr_t)
			lunatic_read_u32(mail);
		if (lunatic_read_some(mail))
			asked->data = lunatic_read_bin_new(mail, SIZE_MAX - 1,
							   &asked->size);
		break;
	case LUNATIC_ASK_RUNNING:
	case LUNATIC_ASK_LIST:
		break;
	default:
		lunatic_reader_fail(mail, LUNATIC_EFORMAT);
	}
}

static void write_proc(struct lunatic_writer *reply, struct lunatic_proc proc)
{
	if (lunatic_proc_is(proc))
		lunatic_write_proc(reply, lunatic_proc_clone(proc));
	else
		lunatic_write_nil(reply);
}

static void write_list(struct lunatic_writer *reply, struct supervisor *self)
{
	lunatic_write_array(reply, self->count);
	for (uint32_t i = 0; i < self->count; i++) {
		const struct running *child = &self->children[i];

		lunatic_write_array(reply, 3);
		lunatic_write_str(reply, child->spec->name != NULL
						 ? child->spec->name
						 : "");
		lunatic_write_uint(reply, child->spec->restart);
		write_proc(reply, child->proc);
	}
}

static uint32_t count_running(const struct supervisor *self)
{
	uint32_t running = 0;

	for (uint32_t i = 0; i < self->count; i++)
		running += lunatic_proc_is(self->children[i].proc);
	return running;
}

static int end_child(struct running *child)
{
	if (child == NULL || !lunatic_proc_is(child->proc))
		return LUNATIC_ENOTFOUND;
	stop_child(child);
	child->gone = true;
	return 0;
}

static void answer(struct supervisor *self, struct lunatic_reader *mail)
{
	struct running *child = NULL;
	struct question_asked asked;
	struct lunatic_writer reply;
	struct lunatic_sender sender;
	int status = 0;

	if (lunatic_request_open(mail) != 0)
		return;
	read_question(mail, &asked);
	if (lunatic_request_close(mail, &sender) != 0) {
		free(asked.data);
		lunatic_proc_drop(asked.proc);
		return;
	}
	if (asked.question == LUNATIC_ASK_FIND)
		child = lunatic_supervised_find(self, asked.name);
	else if (asked.question == LUNATIC_ASK_START)
		status = add_child(self, asked.spec, asked.data, asked.size,
				   &child);
	else if (asked.question == LUNATIC_ASK_END_NAME)
		status = end_child(lunatic_supervised_find(self, asked.name));
	else if (asked.question == LUNATIC_ASK_END_PROC)
		status = end_child(find_proc(self, asked.proc));
	lunatic_reply_begin(&reply, &sender);
	if (asked.question == LUNATIC_ASK_LIST) {
		write_list(&reply, self);
	} else if (asked.question == LUNATIC_ASK_RUNNING) {
		lunatic_write_uint(&reply, count_running(self));
	} else if (asked.question == LUNATIC_ASK_FIND) {
		write_proc(&reply,
			   child != NULL ? child->proc : LUNATIC_NO_PROC);
	} else {
		lunatic_write_array(&reply, 2);
		lunatic_write_int(&reply, status);
		write_proc(&reply,
			   child != NULL ? child->proc : LUNATIC_NO_PROC);
	}
	lunatic_reply_send(&reply, &sender);
	lunatic_proc_drop(asked.proc);
	remove_gone(self);
}

/* The loop. */

struct supervisor *lunatic_supervised_new(const struct lunatic_supervisor *what)
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
	self->count = what->count;
	self->room = what->count + 1;
	for (uint32_t i = 0; i < what->count; i++)
		self->children[i] =
			(struct running){ .spec = &what->children[i],
					  .proc = LUNATIC_NO_PROC };
	return self;
}

/* Returns false when it is time to stop. */
static bool handle(struct supervisor *self, int received,
		   struct lunatic_reader *mail)
{
	int64_t tag = lunatic_mail_tag();
	struct lunatic_end end;

	if (received == LUNATIC_LINK_DIED && tag == 0)
		give_up(self);
	if (received == LUNATIC_MESSAGE && tag == LUNATIC_TAG_STOP)
		return false;
	if (received == LUNATIC_MESSAGE)
		answer(self, mail);
	if (received != LUNATIC_ENDED)
		return true;
	end = lunatic_mail_end();
	for (uint32_t i = 0; i < self->count; i++) {
		if (self->children[i].monitor == tag &&
		    lunatic_proc_is(self->children[i].proc)) {
			child_ended(self, i, &end);
			break;
		}
	}
	return true;
}

struct supervisor *lunatic_supervised_one;

/* Waits and answers until it is stopped. */
static void run(struct supervisor *self)
{
	struct lunatic_reader mail;
	int received;

	lunatic_supervised_one = self;
	do {
		lunatic_save_now = lunatic_supervised_save;
		received = lunatic_receive(&mail, LUNATIC_FOREVER);
		lunatic_save_now = NULL;
	} while (handle(self, received, &mail));
	stop_from(self, 0);
	free(self->restarts);
	free(self->children);
	free(self);
}

void lunatic_supervisor_resume(void)
{
	struct supervisor *self = lunatic_supervised_one;
	uint32_t next = 0;

	/* Children that the new version has more. */
	while (self->what->count > 0 &&
	       (next = start_range(self, next, self->what->count - 1)) <
		       self->what->count)
		note_restart(self, next, NULL);
	run(self);
}

void lunatic_supervisor_run(const struct lunatic_supervisor *what)
{
	struct supervisor *self = lunatic_supervised_new(what);
	uint32_t next = 0;

	if (what->name != NULL)
		lunatic_proc_label(what->name);
	lunatic_links_catch();
	while (what->count > 0 &&
	       (next = start_range(self, next, what->count - 1)) < what->count)
		note_restart(self, next, NULL);
	run(self);
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
