/*
 * The loop of a server. The writer of a call begins its message with the first
 * byte written. Only then is the rest of the request read, whose sender comes
 * last.
 */
#include <lunatic/abi.h>
#include <lunatic/registry.h>
#include <lunatic/server.h>
#include <lunatic/status.h>
#include <lunatic/upgrade.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

struct call {
	struct lunatic_reader *request;
	struct lunatic_sender sender;
	bool closed; /* the request was read to its end, or failed */
	bool deferred;
};

/* The call that is being answered. */
static struct call *current;

static int close_request(struct call *call)
{
	if (!call->closed) {
		call->closed = true;
		lunatic_request_close(call->request, &call->sender);
	}
	return call->request->status;
}

/* Reads the sender before another message replaces the request. */
static void close_current(void)
{
	close_request(current);
}

static int begin_reply(struct lunatic_writer *reply)
{
	struct call *call = reply->context;
	int status;

	if (call->deferred)
		return LUNATIC_EMISUSE;
	status = close_request(call);
	if (status != 0)
		return status;
	lunatic_message_create_data(call->sender.tag, 0);
	lunatic_scratch_changed();
	lunatic_writer_open(reply);
	return 0;
}

int lunatic_server_defer(struct lunatic_writer *reply,
			 struct lunatic_sender *sender)
{
	struct call *call = reply->context;

	*sender = (struct lunatic_sender){ LUNATIC_NO_PROC, 0 };
	if (lunatic_writer_begun(reply) || call->deferred)
		return LUNATIC_EMISUSE;
	if (close_request(call) == 0) {
		call->deferred = true;
		*sender = call->sender;
		call->sender.proc = LUNATIC_NO_PROC;
	}
	return call->request->status;
}

/* Answers with nil if there is no other answer. */
static void finish(struct call *call, struct lunatic_writer *reply)
{
	if (!lunatic_writer_begun(reply)) {
		if (call->deferred || close_request(call) != 0)
			return;
		lunatic_write_nil(reply);
	}
	if (lunatic_reply_send(reply, &call->sender) != 0)
		lunatic_fail();
}

static void answer(const struct lunatic_server *what, void *state,
		   struct lunatic_reader *request)
{
	struct call call = { .request = request,
			     .sender = { LUNATIC_NO_PROC, 0 } };
	struct call *before = current;
	struct lunatic_writer reply;

	if (lunatic_request_open(request) != 0)
		return;
	lunatic_writer_arm(&reply, begin_reply, &call);
	if (what->call != NULL) {
		current = &call;
		lunatic_scratch_leaving = close_current;
		what->call(state, request, &reply);
		current = before;
		lunatic_scratch_leaving = before ? close_current : NULL;
	}
	finish(&call, &reply);
}

/* Whether a message with a tag is a request. It can be read anew then. */
static bool is_request(struct lunatic_reader *mail, int64_t tag)
{
	bool is;

	if (lunatic_peek(mail) != LUNATIC_KIND_ARRAY)
		return false;
	lunatic_read_tuple(mail, 3);
	lunatic_skip(mail);
	is = lunatic_read_int(mail) == tag && mail->status == 0;
	return lunatic_read_again(mail) == 0 && is;
}

static void inform(const struct lunatic_server *what, void *state, int received,
		   struct lunatic_reader *mail)
{
	if (what->info != NULL)
		what->info(state, received, mail);
}

/* Takes what was received. Returns false when the server must stop. */
static bool handle(const struct lunatic_server *what, void *state, int received,
		   struct lunatic_reader *mail)
{
	int64_t tag;

	if (received == LUNATIC_ETIMEDOUT)
		return true;
	tag = lunatic_mail_tag();
	if (received == LUNATIC_LINK_DIED) {
		if (tag == 0)
			return false;
		what->link_died(state, tag);
		return true;
	}
	if (received == LUNATIC_MESSAGE && tag == LUNATIC_TAG_STOP)
		return false;
	if (received == LUNATIC_MESSAGE && tag == 0 && what->cast != NULL)
		what->cast(state, mail);
	else if (received == LUNATIC_MESSAGE && tag != 0 &&
		 (what->info == NULL || is_request(mail, tag)))
		answer(what, state, mail);
	else
		inform(what, state, received, mail);
	return true;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* What is served, and when `idle` is due. */
static struct served {
	const struct lunatic_server *what;
	void *state;
	int64_t due;
} served;

static const char *server_kind(const struct lunatic_server *what)
{
	return what->kind != NULL ? what->kind : what->name;
}

static int save_served(struct lunatic_writer *out)
{
	const struct lunatic_server *what = served.what;

	if (server_kind(what) == NULL ||
	    (what->save == NULL && what->state_size > 0))
		return LUNATIC_EMISUSE;
	lunatic_write_int(out, LUNATIC_SAVED_SERVER);
	lunatic_write_str(out, server_kind(what));
	lunatic_write_int(out, served.due);
	if (what->save != NULL)
		what->save(served.state, out);
	else
		lunatic_write_nil(out);
	return 0;
}

/* Handles messages until it is time to stop, and calls `idle` in time. */
static void serve(const struct lunatic_server *what, void *state)
{
	struct lunatic_reader mail;
	int64_t timeout = LUNATIC_FOREVER;
	int received;

	do {
		if (what->idle != NULL) {
			timeout = served.due - now();
			if (timeout <= 0) {
				what->idle(state);
				served.due = now() + what->idle_after;
				timeout = what->idle_after;
			}
		}
		lunatic_save_now = save_served;
		received = lunatic_receive(&mail, timeout);
		lunatic_save_now = NULL;
	} while (handle(what, state, received, &mail));
}

/* Serves what is in `served`, to its end. */
static void serve_all(void)
{
	const struct lunatic_server *what = served.what;
	void *state = served.state;

	serve(what, state);
	if (what->stop != NULL)
		what->stop(state);
	free(state);
}

static const struct lunatic_server *
find_server(const struct lunatic_upgrades *upgrades, const char *kind)
{
	const struct lunatic_server *const *at = upgrades->servers;

	for (; at != NULL && *at != NULL; at++) {
		if (server_kind(*at) != NULL &&
		    strcmp(server_kind(*at), kind) == 0)
			return *at;
	}
	return NULL;
}

int lunatic_server_load(const struct lunatic_upgrades *upgrades,
			int64_t version, struct lunatic_reader *in)
{
	char *kind = lunatic_read_str_new(in, SIZE_MAX - 1);
	const struct lunatic_server *what =
		kind != NULL ? find_server(upgrades, kind) : NULL;

	free(kind);
	if (what == NULL)
		return LUNATIC_ENOTFOUND;
	served.what = what;
	served.due = lunatic_read_int(in);
	served.state = calloc(1, what->state_size + 1);
	if (served.state == NULL)
		return LUNATIC_ENOMEM;
	/* A version that is new to it. */
	if (what->idle != NULL && served.due == 0)
		served.due = now() + what->idle_after;
	if (what->load != NULL && what->load(served.state, version, in) != 0)
		return LUNATIC_EMISUSE;
	if (what->load == NULL)
		lunatic_skip(in);
	return what->load == NULL && what->state_size > 0 ? LUNATIC_EMISUSE
							  : in->status;
}

void lunatic_server_resume(void)
{
	if (served.what->link_died != NULL)
		lunatic_links_catch();
	serve_all();
}

void lunatic_register_self(const char *name)
{
	struct lunatic_env env = lunatic_env_self();
	struct lunatic_proc self = lunatic_proc_self();

	lunatic_proc_label(name);
	lunatic_register(env, name, "1.0.0", self);
	lunatic_proc_drop(self);
	lunatic_env_drop(env);
}

static void nobody_waits(const void *context)
{
	(void)context;
}

void lunatic_server_run(const struct lunatic_server *what,
			struct lunatic_reader *argument)
{
	lunatic_server_serve(what, argument, nobody_waits, NULL);
}

void lunatic_server_serve(const struct lunatic_server *what,
			  struct lunatic_reader *argument,
			  void (*started)(const void *context),
			  const void *context)
{
	static const unsigned char nil = 0xc0;
	void *state = calloc(1, what->state_size + 1);
	struct served before = served;
	struct lunatic_reader mail;

	if (state == NULL)
		lunatic_fail();
	if (argument == NULL) {
		argument = &mail;
		lunatic_reader_begin(argument, &nil, 1);
	}
	if (what->link_died != NULL)
		lunatic_links_catch();
	if (what->init != NULL &&
	    (what->init(state, argument) != 0 || argument->status != 0))
		lunatic_fail();
	if (what->name != NULL)
		lunatic_register_self(what->name);
	started(context);
	served = (struct served){ .what = what, .state = state };
	if (what->idle != NULL)
		served.due = now() + what->idle_after;
	serve_all();
	served = before;
}

static void run_server(uintptr_t function)
{
	struct lunatic_reader argument;

	lunatic_receive(&argument, LUNATIC_FOREVER);
	lunatic_server_run((const struct lunatic_server *)function, &argument);
}

int lunatic_server_start(struct lunatic_proc *server,
			 const struct lunatic_spawn *how,
			 const struct lunatic_server *what,
			 struct lunatic_writer *argument)
{
	struct lunatic_writer nil;

	if (argument == NULL) {
		argument = &nil;
		lunatic_mail_begin(argument, 0);
		lunatic_write_nil(argument);
	}
	return lunatic_spawn_helper(server, how, run_server, (uintptr_t)what,
				    argument);
}

void lunatic_server_stop(struct lunatic_proc server)
{
	lunatic_send_tag(server, LUNATIC_TAG_STOP);
}
