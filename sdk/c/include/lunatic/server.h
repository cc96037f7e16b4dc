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
 * A message with a tag is a call if it is a request (lunatic/request.h); a
 * message without a tag is a cast, with any value. So a C server can take the
 * place of a Process<Request<T, U>> of the Rust crate, and the reverse. Other
 * messages go to `info`. A message that cannot be read is dropped, and its
 * sender gets no answer.
 */
#ifndef LUNATIC_SERVER_H
#define LUNATIC_SERVER_H

#include <lunatic/mailbox.h>
#include <lunatic/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The functions of a server. It must be static and const, because the server
 * finds it at the same address in its own memory. Every function may be NULL.
 */
struct lunatic_server {
	/* If not NULL, the name under which the server is registered when init
	 * has returned: in its own environment, as version 1.0.0, replacing
	 * any other process of that name. lunatic_lookup(name, "1") finds it.
	 */
	const char *name;

	/* Bytes of the state, which begins as zeros. */
	size_t state_size;

	/* Called first, with the argument of lunatic_server_start, or nil under
	 * a supervisor. A result other than 0, or a failed reader, makes the
	 * server fail. */
	int (*init)(void *state, struct lunatic_reader *argument);

	/*
	 * Answers a request: reads one value, then writes one. If nothing is
	 * written, the answer is nil. If reading failed before anything was
	 * written, no answer is sent. An incomplete value makes the server
	 * fail. Other messages may be sent between reading and writing; the
	 * unread rest of the request is then skipped. lunatic_server_defer
	 * delays the answer.
	 */
	void (*call)(void *state, struct lunatic_reader *request,
		     struct lunatic_writer *reply);

	/* Takes a message that needs no answer. */
	void (*cast)(void *state, struct lunatic_reader *message);

	/* If not NULL, the server catches links and this function is told of
	 * those that fail. The link to its supervisor, tag 0, is not reported:
	 * its failure stops the server. */
	void (*link_died)(void *state, int64_t tag);

	/* Takes all other messages. `what` is the result of lunatic_receive:
	 * LUNATIC_MESSAGE for a tagged message that is not a request, such as
	 * that of a timer, or for an untagged one if `cast` is NULL;
	 * LUNATIC_ENDED for a monitored process (see lunatic_mail_tag and
	 * lunatic_mail_end). If NULL, they are dropped. */
	void (*info)(void *state, int what, struct lunatic_reader *message);

	/* If not NULL, called between messages when this many milliseconds have
	 * passed since the last call, or since init, however busy the server
	 * is. */
	void (*idle)(void *state);
	int64_t idle_after;

	/* Called last when the server is stopped, but not when it fails. */
	void (*stop)(void *state);

	/*
	 * For upgrades while it runs (lunatic/upgrade.h): what the server is
	 * called in all versions of the module; if NULL, its name. `save`
	 * writes the state as one value, and changes nothing, since the server
	 * may go on with it. `load` gets a state of zeros in the new version,
	 * in place of init, with the version that has written the value; a
	 * result other than 0, or a failed reader, refuses, and the old version
	 * goes on. Both may be NULL if state_size is 0. Handles stay valid:
	 * write their ids.
	 */
	const char *kind;
	void (*save)(const void *state, struct lunatic_writer *value);
	int (*load)(void *state, int64_t version, struct lunatic_reader *value);
};

/*
 * Spawns a server. `argument` is for init and was begun with
 * lunatic_mail_begin; this function ends it; NULL means nil. Returns the status
 * of the writer if that has failed, or the result of lunatic_spawn. The server
 * may not have started yet: the first request waits for that, and a server that
 * fails early answers nothing.
 */
int lunatic_server_start(struct lunatic_proc *server,
			 const struct lunatic_spawn *how,
			 const struct lunatic_server *what,
			 struct lunatic_writer *argument);

/* Makes this process a server. Returns when it is stopped. `argument` may be
 * NULL, which means nil. */
void lunatic_server_run(const struct lunatic_server *what,
			struct lunatic_reader *argument);

/* Asks a server or supervisor to stop after the messages in its mailbox. Traps
 * if the handle is invalid. */
void lunatic_server_stop(struct lunatic_proc server);

/*
 * To be used in `call`: answers later, or elsewhere. `sender` gets a handle,
 *for lunatic_reply_begin and lunatic_reply_send. The value must have been read,
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
