/*
 * DESIGN
 * An upgrade waits for processes, which the control thread must not: a thread
 * of its own runs it, and the steps tell how far it is. The thread and the
 * request have a reference each to what they share. It goes on when the client
 * is gone, since half an upgrade is worse than a whole one; the end of the
 * runtime ends it.
 *
 * The new version is a file, which this program reads: who may connect is the
 * same user. Or another node has sent it (send_module.c).
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/refs.h"
#include "base/text.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "control/module_file.h"
#include "node/node.h"
#include "node/store.h"
#include "process/lookup.h"
#include "process/process_refs.h"
#include "process/runtime.h"
#include "process/upgrade.h"

#define STEP_TIME (20 * LN_NS_PER_MS)
#define PROGRESS_TIME (500 * LN_NS_PER_MS)

struct job {
	_Atomic uint32_t references;
	/* Immutable while it runs. */
	struct ln_runtime *runtime; /* counted */
	char *which;
	char *path;           /* of the new version; or: */
	struct ln_blob *blob; /* counted; what another node has sent */
	char *name;           /* NULL: any */
	uint64_t process;     /* 0: all */
	struct ln_upgrade_request request;
	/* The thread's, until `over`. */
	struct ln_upgrade_outcome outcome;
	int result;
	char *error;

	pthread_mutex_t lock;
	struct ln_upgrade_counts counts; /* under it */
	bool over;                       /* under it */
};

struct state {
	struct job *job;
	int64_t told; /* when progress was */
};

static void release(struct job *job)
{
	if (!ln_refs_release(&job->references))
		return;
	ln_upgrade_outcome_deinit(&job->outcome);
	ln_runtime_release(job->runtime);
	pthread_mutex_destroy(&job->lock);
	if (job->blob != NULL)
		ln_blob_release(job->blob);
	free(job->which);
	free(job->path);
	free(job->name);
	free(job->error);
	free(job);
}

/* ---- In the thread ---- */

static int get_module(struct job *job, struct ln_bytes *bytes)
{
	if (job->blob == NULL)
		return ln_control_read_module(job->path, bytes, &job->error);
	bytes->max = job->blob->len;
	ln_bytes_add(bytes, job->blob->bytes, job->blob->len);
	return bytes->error;
}

static void progress(void *argument, const struct ln_upgrade_counts *counts)
{
	struct job *job = argument;

	pthread_mutex_lock(&job->lock);
	job->counts = *counts;
	pthread_mutex_unlock(&job->lock);
}

static int run(struct job *job)
{
	struct ln_bytes bytes = { .data = NULL };
	struct ln_process *process = NULL;
	int result = get_module(job, &bytes);

	if (result == 0 && job->process != 0) {
		process = ln_process_find(job->runtime, job->process);
		result = process != NULL ? 0 : LN_ENOENT;
		if (process == NULL)
			ln_text_format(&job->error, "there is no process %llu",
				       (unsigned long long)job->process);
	}
	if (result == 0) {
		job->request.bytes = bytes.data;
		job->request.len = bytes.len;
		job->request.process = process;
		result = ln_upgrade_run(&job->request, &job->outcome,
					&job->error);
	}
	if (process != NULL)
		ln_process_release(process);
	ln_bytes_deinit(&bytes);
	return result;
}

static void *run_thread(void *argument)
{
	struct job *job = argument;
	int result = run(job);

	pthread_mutex_lock(&job->lock);
	job->result = result;
	job->over = true;
	pthread_mutex_unlock(&job->lock);
	release(job);
	return NULL;
}

/* ---- In the control thread ---- */

static json_t *counts_object(const struct ln_upgrade_counts *counts)
{
	return json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "asked",
		(json_int_t)counts->asked, "upgraded", (json_int_t)counts->done,
		"refused", (json_int_t)counts->refused, "failed",
		(json_int_t)counts->failed, "timed_out",
		(json_int_t)counts->timed_out, "waiting",
		(json_int_t)counts->waiting, "ended", (json_int_t)counts->ended,
		"back", (json_int_t)counts->back, "stuck",
		(json_int_t)counts->stuck);
}

static void add_failure(struct ln_control_request *request,
			const struct ln_upgrade_failure *failure)
{
	ln_control_item(
		request,
		json_pack("{s:{s:s,s:I,s:s,s:b,s:s?}}", "failure", "process",
			  failure->who, "number", (json_int_t)failure->number,
			  "result", ln_change_result_name(failure->result),
			  "back", failure->back, "reason", failure->reason));
}

static json_int_t microseconds(double seconds)
{
	return (json_int_t)(seconds * 1e6 + 0.5);
}

static void finish(struct ln_control_request *request, struct job *job)
{
	const struct ln_upgrade_outcome *outcome = &job->outcome;
	json_t *result;

	if (job->result < 0) {
		ln_control_fail(
			request,
			job->result == LN_ENOENT ? "no-module" : "no-upgrade",
			"%s",
			job->error != NULL ? job->error
					   : ln_error_text(job->result));
		return;
	}
	for (size_t i = 0; i < outcome->failure_count; i++)
		add_failure(request, &outcome->failures[i]);
	result = counts_object(&outcome->counts);
	if (result != NULL &&
	    json_object_update_new(
		    result,
		    json_pack("{s:s,s:s,s:I,s:b,s:b,s:I,s:I,s:I,s:I}", "from",
			      outcome->from, "to", outcome->to, "modules",
			      (json_int_t)outcome->modules, "rolled_back",
			      outcome->rolled_back, "replaced",
			      outcome->replaced, "state_bytes",
			      (json_int_t)outcome->bytes, "pause_p50_us",
			      microseconds(outcome->pause_p50), "pause_p99_us",
			      microseconds(outcome->pause_p99), "pause_max_us",
			      microseconds(outcome->pause_max))) < 0) {
		json_decref(result);
		result = NULL;
	}
	ln_control_result(request, result);
}

static char *copy(const char *text, bool *failed)
{
	char *made = text != NULL ? strdup(text) : NULL;

	*failed = *failed || (text != NULL && made == NULL);
	return made;
}

static struct job *make_job(struct ln_control_request *request)
{
	struct job *job = calloc(1, sizeof(*job));
	bool failed = false;

	if (job == NULL)
		return NULL;
	atomic_init(&job->references, 1);
	job->runtime = ln_runtime_retain(ln_control_of(request)->runtime);
	(void)pthread_mutex_init(&job->lock, NULL); /* cannot fail on Linux */
	job->which = copy(ln_control_text(request, "module", NULL), &failed);
	job->path = copy(ln_control_text(request, "file", NULL), &failed);
	job->name = copy(ln_control_text(request, "name", NULL), &failed);
	job->process = (uint64_t)ln_control_number(request, "process", 0);
	job->request = (struct ln_upgrade_request){
		.runtime = job->runtime,
		.which = job->which,
		.name = job->name,
		.timeout = ln_control_number(request, "timeout_ms", 10000) *
			   LN_NS_PER_MS,
		.each = ln_control_number(request, "process_timeout_ms", 1000) *
			LN_NS_PER_MS,
		.keep_going = ln_control_bool(request, "keep_going"),
		.dry = ln_control_bool(request, "dry_run"),
		.progress = progress,
		.argument = job,
	};
	if (!failed)
		return job;
	release(job);
	return NULL;
}

static int start(struct job *job)
{
	int error;

	ln_refs_retain(&job->references);
	error = ln_control_start_thread(run_thread, job);
	if (error != 0)
		release(job);
	return error;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digest(const char *text, uint8_t digest[LN_DIGEST_SIZE])
{
	for (size_t i = 0; i < LN_DIGEST_SIZE; i++) {
		int high = digit(text[i * 2]);
		int low = high >= 0 ? digit(text[i * 2 + 1]) : -1;

		if (low < 0)
			return false;
		digest[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* What another node has sent; NULL: nothing of that digest. */
static struct ln_blob *find_sent(struct ln_control *control, const char *text)
{
	uint8_t digest[LN_DIGEST_SIZE];
	struct ln_blob *blob = NULL;

	if (!read_digest(text, digest))
		return NULL;
	pthread_mutex_lock(&control->lock);
	if (control->member != NULL)
		blob = ln_store_find(&control->runtime->node->store, digest);
	pthread_mutex_unlock(&control->lock);
	return blob;
}

/* What is asked for; NULL, when the request has been ended. */
static struct job *read_request(struct ln_control_request *request)
{
	const char *sha256 = ln_control_text(request, "sha256", NULL);
	const char *path = ln_control_text(request, "file", NULL);
	struct ln_blob *blob = NULL;
	struct job *job;

	if ((sha256 == NULL) == (path == NULL) ||
	    (path != NULL && path[0] != '/')) {
		ln_control_fail(request, "bad-argument",
				"either 'file', a path that begins with a "
				"slash, or 'sha256' is needed");
		return NULL;
	}
	if (sha256 != NULL) {
		blob = find_sent(ln_control_of(request), sha256);
		if (blob == NULL) {
			ln_control_fail(request, "no-module",
					"no module with that SHA-256 was sent; "
					"see send-module");
			return NULL;
		}
	}
	job = make_job(request);
	if (job == NULL) {
		ln_control_fail(request, "no-memory", "out of memory");
		if (blob != NULL)
			ln_blob_release(blob);
		return NULL;
	}
	job->blob = blob;
	return job;
}

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int error;

	state->job = read_request(request);
	if (state->job == NULL)
		return;
	error = start(state->job);
	if (error != 0)
		ln_control_fail(request, "no-thread",
				"a thread cannot be started: %s",
				strerror(error));
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	struct job *job = state->job;
	struct ln_upgrade_counts counts;
	int64_t now = ln_time_now();
	bool over;

	pthread_mutex_lock(&job->lock);
	over = job->over;
	counts = job->counts;
	pthread_mutex_unlock(&job->lock);
	if (over) {
		finish(request, job);
		return;
	}
	if (now - state->told >= PROGRESS_TIME) {
		state->told = now;
		ln_control_item(request, json_pack("{s:o}", "progress",
						   counts_object(&counts)));
	}
	ln_control_wait(request, now + STEP_TIME);
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	if (state->job != NULL)
		release(state->job);
}

#define TIME_MAX INT64_C(86400000)

static const struct ln_control_argument arguments[] = {
	{ "module", LN_CONTROL_TEXT, 1, 255, true,
	  "the name of the module, or the beginning of its SHA-256, 8 digits "
	  "or more" },
	{ "file", LN_CONTROL_TEXT, 1, 4096, false,
	  "the path of the new version, which the program reads" },
	{ "sha256", LN_CONTROL_TEXT, 64, 64, false,
	  "or: that of a version that send-module has given" },
	{ "process", LN_CONTROL_NUMBER, 1, INT64_MAX, false,
	  "only the process with that number" },
	{ "name", LN_CONTROL_TEXT, 1, 255, false,
	  "only processes registered, or labelled, under that name" },
	{ "timeout_ms", LN_CONTROL_NUMBER, 0, TIME_MAX, false,
	  "how long to wait for processes that do not receive (10000)" },
	{ "process_timeout_ms", LN_CONTROL_NUMBER, 1, TIME_MAX, false,
	  "how long one may take to save and load its state (1000)" },
	{ "keep_going", LN_CONTROL_BOOL, 0, 0, false,
	  "when one fails the others go on, and none is changed back" },
	{ "dry_run", LN_CONTROL_BOOL, 0, 0, false,
	  "each tries, and goes on with the old version" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_upgrade = {
	.name = "upgrade",
	.help = "upgrades processes to a new version of their module; an item "
		"tells of progress, or of a process that failed",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
