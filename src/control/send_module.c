/*
 * DESIGN
 * Before a node can upgrade processes it needs the new version, which is a file
 * of the node that is asked. `send-module` has that one add it to the
 * environment of the other node's program, by the requests that spawning there
 * uses, so its bytes are sent once, and checked there. The other node keeps the
 * bytes, under their digest, for the `upgrade` that follows.
 *
 * A thread of its own waits for the other node.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/refs.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "control/module_file.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/remote_environment.h"
#include "node/store.h"
#include "process/add_module.h"
#include "process/runtime.h"

#define STEP_TIME (20 * LN_NS_PER_MS)

struct job {
	_Atomic uint32_t references;
	_Atomic bool over;
	struct ln_runtime *runtime; /* counted */
	struct ln_peer *peer;       /* counted */
	char *path;
	/* The thread's, until `over`. */
	uint8_t digest[LN_DIGEST_SIZE];
	int result;
	char *error;
};

struct state {
	struct job *job;
};

static void release(struct job *job)
{
	if (!ln_refs_release(&job->references))
		return;
	if (job->peer != NULL)
		ln_peer_release(job->peer);
	ln_runtime_release(job->runtime);
	free(job->path);
	free(job->error);
	free(job);
}

/* ---- In the thread ---- */

static int send(struct job *job, const struct ln_bytes *bytes)
{
	const struct ln_bytes nothing = { .data = NULL };
	struct ln_environment *environment = NULL;
	struct ln_module *module = NULL;
	int result = ln_digest(bytes->data, bytes->len, job->digest);

	if (result == 0)
		result = ln_remote_program_new(job->peer, &nothing,
					       &environment, &job->error);
	if (result < 0)
		return result;
	result = ln_environment_add_module(environment, bytes->data, bytes->len,
					   &module, &job->error);
	if (result == 0)
		ln_module_release(module);
	ln_environment_release(environment);
	return result;
}

static void *run_thread(void *argument)
{
	struct job *job = argument;
	struct ln_bytes bytes = { .data = NULL };

	job->result = ln_control_read_module(job->path, &bytes, &job->error);
	if (job->result == 0)
		job->result = send(job, &bytes);
	ln_bytes_deinit(&bytes);
	/* Release pairs with the acquire in step. */
	atomic_store_explicit(&job->over, true, memory_order_release);
	release(job);
	return NULL;
}

/* ---- In the control thread ---- */

/* The node of that name, with a reference; NULL: it is not connected. */
static struct ln_peer *find_peer(struct ln_control *control, const char *name)
{
	struct ln_peer *peer = NULL;

	pthread_mutex_lock(&control->lock);
	if (control->member != NULL)
		peer = ln_local_node_find(control->runtime->node, name,
					  strlen(name));
	pthread_mutex_unlock(&control->lock);
	return peer;
}

static struct job *make_job(struct ln_control *control, struct ln_peer *peer,
			    const char *path)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	atomic_init(&job->references, 2);
	job->path = strdup(path);
	if (job->path == NULL) {
		free(job);
		return NULL;
	}
	job->runtime = ln_runtime_retain(control->runtime);
	job->peer = peer;
	return job;
}

static void begin(struct ln_control_request *request)
{
	struct ln_control *control = ln_control_of(request);
	struct state *state = ln_control_state(request);
	const char *path = ln_control_text(request, "file", "");
	const char *to = ln_control_text(request, "to", "");
	struct ln_peer *peer;
	int error;

	if (path[0] != '/') {
		ln_control_fail(request, "bad-argument",
				"'file' is a path that begins with a slash");
		return;
	}
	peer = find_peer(control, to);
	if (peer == NULL) {
		ln_control_fail(request, "no-node",
				"node '%s' is not connected", to);
		return;
	}
	state->job = make_job(control, peer, path);
	if (state->job == NULL) {
		ln_peer_release(peer);
		ln_control_fail(request, "no-memory", "out of memory");
		return;
	}
	error = ln_control_start_thread(run_thread, state->job);
	if (error == 0)
		return;
	release(state->job);
	ln_control_fail(request, "no-thread", "a thread cannot be started: %s",
			strerror(error));
}

static void finish(struct ln_control_request *request, const struct job *job)
{
	char text[LN_DIGEST_SIZE * 2 + 1];

	if (job->result < 0) {
		ln_control_fail(request, "not-sent", "%s",
				job->error != NULL
					? job->error
					: ln_error_text(job->result));
		return;
	}
	for (size_t i = 0; i < LN_DIGEST_SIZE; i++)
		snprintf(text + i * 2, 3, "%02x", job->digest[i]);
	ln_control_result(request, json_pack("{s:s}", "sha256", text));
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	if (atomic_load_explicit(&state->job->over, memory_order_acquire))
		finish(request, state->job);
	else
		ln_control_wait(request, ln_time_now() + STEP_TIME);
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	if (state->job != NULL)
		release(state->job);
}

static const struct ln_control_argument arguments[] = {
	{ "to", LN_CONTROL_TEXT, 1, 255, true, "the name of the other node" },
	{ "file", LN_CONTROL_TEXT, 1, 4096, true,
	  "the path of the module, which this program reads" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_send_module = {
	.name = "send-module",
	.help = "gives a module to another node, for an upgrade there, and "
		"tells its SHA-256",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
