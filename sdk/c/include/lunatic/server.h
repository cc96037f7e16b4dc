/*
 * Servers: processes that keep a state and answer requests in turn.
 *
 *	struct counter {
 *		int64_t value;
 *	};
 *
 *	static void counter_call(void *state, struct lunatic_reader *request,
 *				 struct lunatic_writer *reply)
 *	{
 *		struct counter *counter = state;
 *
 *		counter->value += lunatic_read_int(request);
 *		lunatic_write_int(reply, counter->value);
 *	}
 *
 *	static const struct lunatic_server counter_server = {
 *		.state_size = sizeof(struct counter),
 *		.call = counter_call,
 *	};
 *
 *	static int64_t count(int64_t by)
 *	{
 *		struct lunatic_proc server;
 *		struct lunatic_writer request;
 *		struct lunatic_reader reply;
 *
 *		if (lunatic_server_start(&server, NULL, &counter_server,
 *					 NULL) != 0)
 *			return -1;
 *		lunatic_request_begin(&request);
 *		lunatic_write_int(&request, by);
 *		if (lunatic_request_send(&request, server, &reply, 1000) != 0)
 *			return -1;
 *		lunatic_server_stop(server);
 *		return lunatic_read_int(&reply);
 *	}
 *
 * A message with a tag is a call, if it is a request (lunatic/request.h); one
 * without is a cast, any value. So a Process<Request<T, U>> of the Rust crate
 * can be a server of C, and the other way round. Anything else is for `info`.
 * What cannot be read is dropped: whoever sent it gets no answer.
 */
#ifndef LUNATIC_SERVER_H
#define LUNATIC_SERVER_H

#include <lunatic/mailbox.h>
#include <lunatic/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a server does. It must be static and const, because the server finds it
 * at the same place in its own memory. Every function may be NULL. */
struct lunatic_server {
	/* If not NULL, the name that it is registered under when it has come
	 * back from init: in its own environment, as version 1.0.0, in place of
	 * whoever has that name. lunatic_lookup(name, "1") finds it. */
	const char *name;

	/* Bytes of the state, which begins as zeros. */
	size_t state_size;

	/* Comes first, with what lunatic_server_start was given, or nil under
	 * a supervisor. Anything but 0, or a failed reader, makes the server
	 * fail. */
	int (*init)(void *state, struct lunatic_reader *argument);

	/*
	 * Answers a request: reads one value, then writes one. Nothing written
	 * is nil; nothing is sent when reading failed before anything was
	 * written. A value that is not complete makes the server fail. Other
	 * messages may be sent between reading and writing; what was not read
	 * until then is passed over. With lunatic_server_defer the answer can
	 * wait.
	 */
	void (*call)(void *state, struct lunatic_reader *request,
		     struct lunatic_writer *reply);

	/* Takes a message that wants no answer. */
	void (*cast)(void *state, struct lunatic_reader *message);

	/* If it is there, the server catches links and is told here of those
	 * that failed. Not of the one to its supervisor, tag 0: that stops it.
	 */
	void (*link_died)(void *state, int64_t tag);

	/* Takes what is neither a request nor a message without a tag, `what`
	 * being what lunatic_receive has returned: LUNATIC_MESSAGE, such as
	 * that of a timer, with a tag, or without one if there is no cast; or
	 * LUNATIC_ENDED, of a process that it monitors: lunatic_mail_tag,
	 * lunatic_mail_end. Dropped without it. */
	void (*info)(void *state, int what, struct lunatic_reader *message);

	/* If it is there, it is called between messages whenever this many
	 * milliseconds have passed since the last time, or since init,
	 * however busy the server is. */
	void (*idle)(void *state);
	int64_t idle_after;

	/* Comes last when the server is stopped, not when it fails. */
	void (*stop)(void *state);
};

/*
 * Spawns a server. `argument` is for init, was begun with lunatic_mail_begin
 * and ends here; NULL is nil. Returns what made the writer fail, or what
 * lunatic_spawn returns. The server may not have begun yet: the first request
 * waits for that, and a server that fails early answers nothing.
 */
int lunatic_server_start(struct lunatic_proc *server,
			 const struct lunatic_spawn *how,
			 const struct lunatic_server *what,
			 struct lunatic_writer *argument);

/* Makes this process a server. Returns when it is stopped. `argument` may be
 * NULL, which is nil. */
void lunatic_server_run(const struct lunatic_server *what,
			struct lunatic_reader *argument);

/* Asks a server or supervisor to stop, after what is in its mailbox. Traps if
 * the handle is invalid. */
void lunatic_server_stop(struct lunatic_proc server);

/*
 * Within call: answers later, or from elsewhere. `sender` gets a handle, for
 * lunatic_reply_begin and lunatic_reply_send. The value must have been read,
 * and `reply` must not have been written to. Returns the status of the request,
 * or LUNATIC_EMISUSE.
 *
 *	struct gate {
 *		struct lunatic_sender waiting;
 *	};
 *
 *	static void gate_call(void *state, struct lunatic_reader *request,
 *			      struct lunatic_writer *reply)
 *	{
 *		struct gate *gate = state;
 *
 *		lunatic_skip(request);
 *		lunatic_server_defer(reply, &gate->waiting);
 *	}
 *
 *	static void gate_cast(void *state, struct lunatic_reader *message)
 *	{
 *		struct gate *gate = state;
 *		struct lunatic_writer reply;
 *
 *		lunatic_skip(message);
 *		lunatic_reply_begin(&reply, &gate->waiting);
 *		lunatic_write_str(&reply, "open");
 *		lunatic_reply_send(&reply, &gate->waiting);
 *	}
 */
int lunatic_server_defer(struct lunatic_writer *reply,
			 struct lunatic_sender *sender);

#ifdef __cplusplus
}
#endif

#endif
