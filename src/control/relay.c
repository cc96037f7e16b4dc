/*
 * DESIGN
 * A native process in the environment of what works for other nodes asks the
 * node (LN_ASK_CONTROL) for more and more of the answer, and puts its lines
 * into a feed; it pauses while that is crowded, so nothing is lost when the
 * client is slow. The request takes the lines from there: each is an item, the
 * result or an error, as the other program wrote them.
 *
 * The end of the request kills the process. The other node notices that nobody
 * asks for more.
 */
#include "control/relay.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/refs.h"
#include "base/text.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/session.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/request.h"
#include "node/steward.h"
#include "process/life.h"
#include "process/process.h"
#include "process/process_refs.h"
#include "sched/task.h"

#define FEED_MAX ((size_t)1 << 20)
#define LINE_MAX_BYTES ((size_t)512 << 10)
#define NAP (10 * LN_NS_PER_MS)

/* What the process and the request share. */
struct job {
	_Atomic uint32_t references;
	struct ln_control_feed *feed; /* counted */
	struct ln_peer *peer;         /* counted */
	char *line;                   /* the request, owned */
	size_t len;
	uint64_t channel;   /* at the other node */
	struct ln_bytes in; /* of a line that is not complete */

	/* Set before `over`. */
	char *error; /* owned; NULL: none */
	_Atomic bool over;
};

struct state {
	struct job *job; /* counted; NULL: none */
	struct ln_process *process;
};

static void release_job(void *argument)
{
	struct job *job = argument;

	if (!ln_refs_release(&job->references))
		return;
	ln_control_feed_release(job->feed);
	ln_peer_release(job->peer);
	ln_bytes_deinit(&job->in);
	free(job->line);
	free(job->error);
	free(job);
}

/* ---- The process ---- */

/* Moves whole lines into the feed. LN_EFORMAT: one is too long. */
static int take_lines(struct job *job, const uint8_t *bytes, size_t len)
{
	struct ln_bytes *in = &job->in;

	while (len > 0) {
		const uint8_t *end = memchr(bytes, '\n', len);
		size_t part = end != NULL ? (size_t)(end - bytes) : len;

		ln_bytes_add(in, bytes, part);
		if (in->error != 0)
			return in->error == LN_ENOMEM ? LN_ENOMEM : LN_EFORMAT;
		if (end == NULL)
			return 0;
		ln_control_feed_push(job->feed, (const char *)in->data,
				     in->len);
		in->len = 0;
		bytes += part + 1;
		len -= part + 1;
	}
	return 0;
}

/* Waits for room; an error: nobody wants more. */
static int wait_for_room(const struct job *job)
{
	int error = 0;

	while (error == 0 && ln_control_feed_crowded(job->feed))
		error = ln_task_sleep(ln_task_current(), ln_time_now() + NAP);
	if (error == 0 && ln_control_feed_closed(job->feed))
		error = LN_EKILLED;
	return error;
}

/* Asks once. 1: there is more; 0: that was all; or an error, with a text that
 * may be NULL. */
static int ask_once(struct job *job, bool first, char **text)
{
	const struct iovec parts[] = {
		{ .iov_base = &job->channel, .iov_len = sizeof(uint64_t) },
		{ .iov_base = job->line, .iov_len = first ? job->len : 0 },
	};
	struct ln_ask *ask;
	int error = ln_ask(job->peer, 0, LN_ASK_CONTROL, parts, 2, &ask);

	if (error == 0) {
		job->channel = ask->id;
		error = take_lines(job, ask->bytes.data, ask->bytes.len);
		if (error == 0)
			error = job->channel != 0;
	} else if (ask != NULL) {
		*text = ask->text;
		ask->text = NULL;
	}
	ln_ask_free(ask);
	return error;
}

static enum ln_outcome run(struct ln_process *self)
{
	struct job *job = self->argument;
	char *text = NULL;
	int more = ask_once(job, true, &text);

	while (more > 0) {
		more = wait_for_room(job);
		if (more == 0)
			more = ask_once(job, false, &text);
	}
	if (more < 0)
		job->error = text != NULL ? text : strdup(ln_error_text(more));
	/* Release, pairs with the acquire in finish. */
	atomic_store_explicit(&job->over, true, memory_order_release);
	/* An empty line has the request look. */
	ln_control_feed_push(job->feed, "", 0);
	return LN_OUTCOME_NORMAL;
}

/* ---- The request ---- */

bool ln_control_is_node(struct ln_control *control, const char *name)
{
	bool own;

	pthread_mutex_lock(&control->lock);
	own = control->local != NULL &&
	      strcmp(control->local->id.name, name) == 0;
	pthread_mutex_unlock(&control->lock);
	return own;
}

/* The node of that name, counted; fails the request when there is none. Under
 * the control server's lock. */
static struct ln_peer *find_peer(struct ln_control_request *request,
				 const char *name)
{
	struct ln_control *control = ln_control_of(request);
	struct ln_peer *peer = NULL;

	if (control->local != NULL)
		peer = ln_local_node_find(control->local, name, strlen(name));
	if (control->local == NULL) {
		ln_control_fail(request, "no-node",
				"this program is no node, so it cannot ask "
				"'%s'; ask a program that was started with "
				"--node",
				name);
	} else if (peer == NULL) {
		ln_control_fail(request, "no-node",
				"no node '%s' is connected; lunatic ps --nodes "
				"lists those that are",
				name);
	} else if (ln_peer_version(peer) < LN_CONTROL_PROTOCOL_VERSION) {
		ln_control_fail(request, "old-node",
				"node '%s' runs an older lunatic, which cannot "
				"be asked through others; ask it where it runs",
				name);
		ln_peer_release(peer);
		peer = NULL;
	}
	return peer;
}

/* The line for the other node; NULL: memory is short. */
static char *make_line(struct ln_control_request *request)
{
	json_t *line = json_pack("{s:i,s:s,s:O*}", "id", 0, "method",
				 ln_control_text(request, "method", ""), "args",
				 json_object_get(request->args, "args"));
	char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;

	json_decref(line);
	return text;
}

static struct job *new_job(struct ln_control_request *request,
			   struct ln_peer *peer)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		ln_peer_release(peer);
		return NULL;
	}
	atomic_init(&job->references, 1);
	job->peer = peer;
	job->in.max = LINE_MAX_BYTES;
	job->line = make_line(request);
	job->feed = ln_control_feed_new(ln_control_of(request), FEED_MAX);
	if (job->line != NULL && job->feed != NULL) {
		job->len = strlen(job->line);
		return job;
	}
	if (job->feed != NULL)
		ln_control_feed_release(job->feed);
	free(job->line);
	ln_peer_release(peer);
	free(job);
	return NULL;
}

/* Starts the process that asks. */
static int start(struct state *state)
{
	struct job *job = state->job;
	struct ln_environment *serving = job->peer->node->serving;
	struct ln_process *process;
	int error;

	if (serving == NULL)
		return LN_ESTOPPED;
	ln_refs_retain(&job->references);
	error = ln_process_new(serving, run, job, &process);
	if (error < 0) {
		release_job(job);
		return error;
	}
	process->free_argument = release_job;
	error = ln_process_start(process);
	if (error < 0) {
		ln_process_release(process);
		return error;
	}
	state->process = process;
	return 0;
}

/* Under the control server's lock. */
static void begin_locked(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	struct ln_peer *peer =
		find_peer(request, ln_control_text(request, "node", ""));
	int error = LN_ENOMEM;

	if (peer == NULL)
		return;
	state->job = new_job(request, peer);
	if (state->job != NULL && state->job->len > LN_STEWARD_LINE_MAX) {
		ln_control_fail(request, "too-long",
				"a request for another node has at most %u "
				"bytes",
				LN_STEWARD_LINE_MAX);
		return;
	}
	if (state->job != NULL)
		error = start(state);
	if (error < 0)
		ln_control_fail(request, "no-node",
				"the node cannot be asked: %s",
				ln_error_text(error));
}

/* The node of the program stays meanwhile. */
static void begin(struct ln_control_request *request)
{
	struct ln_control *control = ln_control_of(request);

	pthread_mutex_lock(&control->lock);
	begin_locked(request);
	pthread_mutex_unlock(&control->lock);
}

/* Gives a line of the other node on. */
static void give(struct ln_control_request *request, const char *text,
		 size_t len)
{
	json_t *line = json_loadb(text, len, 0, NULL);
	json_t *item = json_object_get(line, "item");
	json_t *result = json_object_get(line, "result");
	const json_t *error = json_object_get(line, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *message =
		json_string_value(json_object_get(error, "message"));

	if (item != NULL)
		ln_control_item(request, json_incref(item));
	else if (result != NULL)
		ln_control_result(request, json_incref(result));
	else
		ln_control_fail(request, code != NULL ? code : "bad-answer",
				"%s",
				message != NULL ? message
						: "the node answers something "
						  "else");
	json_decref(line);
}

/* The process has ended: without a result that is an error. */
static void finish(struct ln_control_request *request, const struct job *job)
{
	ln_control_fail(request, "node-failed", "the node did not answer: %s",
			job->error != NULL ? job->error
					   : "its answer has no end");
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int64_t lost;
	size_t len;
	char *text;
	bool over;

	ln_control_wait(request, LN_NEVER);
	while (!request->over && !ln_control_is_full(request)) {
		/* Before the feed, into which the process may put its last
		 * lines between the two looks. Acquire, pairs with the release
		 * in run. */
		over = atomic_load_explicit(&state->job->over,
					    memory_order_acquire);
		text = ln_control_feed_take(state->job->feed, &len, &lost);
		if (lost > 0)
			ln_control_item(request, json_pack("{s:I}", "lost",
							   (json_int_t)lost));
		if (text == NULL) {
			if (over)
				finish(request, state->job);
			return;
		}
		if (len > 0)
			give(request, text, len);
		free(text);
	}
	if (!request->over)
		ln_control_wait(request, 0);
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	if (state->process != NULL) {
		ln_process_kill(state->process);
		ln_process_release(state->process);
	}
	if (state->job == NULL)
		return;
	/* Its own reference stays until the job is freed. */
	ln_control_feed_close(ln_control_feed_retain(state->job->feed));
	release_job(state->job);
}

const struct ln_control_method ln_control_relay = {
	.name = "relay",
	.help = "asks another node",
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
