/*
 * The loop of a server. The writer that a call gets begins with the first byte
 * written: only then is the request, whose sender comes last, read to its end.
 */
#include <lunatic/abi.h>
#include <lunatic/server.h>
#include <lunatic/status.h>
#include <stdlib.h>

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

/* The sender is read before another message takes the request's place. */
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

/* Takes what was received. Returns false when the server must stop. */
static bool handle(const struct lunatic_server *what, void *state, int received,
		   struct lunatic_reader *mail)
{
	int64_t tag;

	if (received == LUNATIC_ETIMEDOUT) {
		what->idle(state);
		return true;
	}
	tag = lunatic_mail_tag();
	if (received == LUNATIC_LINK_DIED) {
		if (tag == 0)
			return false;
		what->link_died(state, tag);
		return true;
	}
	if (tag == LUNATIC_TAG_STOP)
		return false;
	if (tag != 0)
		answer(what, state, mail);
	else if (what->cast != NULL)
		what->cast(state, mail);
	return true;
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
	int64_t timeout =
		what->idle != NULL ? what->idle_after : LUNATIC_FOREVER;
	void *state = calloc(1, what->state_size + 1);
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
	started(context);
	while (handle(what, state, lunatic_receive(&mail, timeout), &mail))
		;
	if (what->stop != NULL)
		what->stop(state);
	free(state);
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
