/*
 * DESIGN
 * A request becomes a job: a native process in the node's own environment. It
 * may wait for a compiler or for a start function without delaying others, so
 * answers come in any order. A peer has at most LN_PENDING_MAX jobs at a time:
 * it must wait for answers before it asks more.
 *
 * A resource that a job makes and keeps for the peer gets an id that is never
 * reused, in a table of the session; so an id of an earlier session is unknown.
 * Jobs and the session share that table. It is closed when the session ends,
 * and resources that a job makes later are dropped at once.
 *
 * A linked spawn needs no special care: the child is linked with the proxy of
 * its parent before it runs, so LINK is queued before the answer, and the end
 * of the child comes after both.
 *
 * Locks: served->lock under none, and none under it but the scheduler's.
 */
#include "node/serve.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"
#include "engine/account.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/queue.h"
#include "node/request.h"
#include "node/serve_impl.h"
#include "node/session.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/life.h"
#include "process/plugin.h"
#include "process/process.h"

#define TEXT_MAX 4000 /* bytes of an error's */

/* Bytes of a configuration beside its plugins. */
#define CONFIG_MAX (2 * LN_CONFIG_MAX_BYTES)

/* What a session has here. */
struct held {
	struct ln_id_entry entry; /* its number, then zeroes */
	enum ln_held what;
	union {
		void *value;
		struct ln_environment *environment;
		struct ln_module *module;
	};
};

struct ln_served {
	_Atomic uint32_t references; /* of the session and of jobs */
	struct ln_local_node *node;  /* counted */
	struct ln_account bodies;    /* of the peer: coming in, and of jobs */

	/* Under `lock`. */
	struct ln_lock lock;
	bool closed;
	struct ln_id_table held;
	struct ln_list jobs;
	uint32_t job_count; /* that have not answered */
};

bool ln_served_charge(struct ln_served *served, uint64_t bytes)
{
	return ln_account_charge(&served->bodies, bytes);
}

void ln_served_refund(struct ln_served *served, uint64_t bytes)
{
	ln_account_refund(&served->bodies, NULL, bytes);
}

int ln_served_new(struct ln_local_node *node, struct ln_served **out)
{
	struct ln_served *served = calloc(1, sizeof(*served));

	if (served == NULL)
		return LN_ENOMEM;
	atomic_init(&served->references, 1);
	served->node = ln_local_node_retain(node);
	served->bodies.above = &node->bodies;
	served->bodies.max = node->options.max_session_bytes;
	ln_id_table_init(&served->held);
	ln_list_init(&served->jobs);
	*out = served;
	return 0;
}

static void release_served(struct ln_served *served)
{
	if (!ln_refs_release(&served->references))
		return;
	ln_assert(ln_list_empty(&served->jobs) && served->job_count == 0);
	ln_id_table_deinit(&served->held);
	ln_local_node_release(served->node);
	free(served);
}

static void give_back(enum ln_held what, void *value)
{
	if (what == LN_HELD_ENVIRONMENT)
		ln_environment_release(value);
	else
		ln_module_release(value);
}

static void free_held(struct held *held)
{
	give_back(held->what, held->value);
	free(held);
}

static void key_of(uint64_t id, uint8_t key[LN_ID_SIZE])
{
	memcpy(key, &id, sizeof(id));
	memset(key + sizeof(id), 0, LN_ID_SIZE - sizeof(id));
}

/* Takes it out of the table, or NULL. */
static struct held *take_held(struct ln_served *served, uint64_t id)
{
	uint8_t key[LN_ID_SIZE];
	struct ln_id_entry *entry;

	key_of(id, key);
	ln_lock_acquire(&served->lock);
	entry = ln_id_table_find(&served->held, key);
	if (entry != NULL)
		ln_id_table_remove(&served->held, entry);
	ln_lock_release(&served->lock);
	return entry != NULL ? ln_container_of(entry, struct held, entry)
			     : NULL;
}

void ln_served_end(struct ln_served *served)
{
	struct ln_id_entry *entry;
	uint32_t slot = 0;

	ln_lock_acquire(&served->lock);
	served->closed = true;
	ln_list_for_each (at, &served->jobs)
		ln_process_kill(
			ln_container_of(at, struct ln_job, link)->process);
	ln_lock_release(&served->lock);
	/* Nobody adds anything any more. */
	while ((entry = ln_id_table_take(&served->held, &slot)) != NULL)
		free_held(ln_container_of(entry, struct held, entry));
	release_served(served);
}

int ln_job_hold(struct ln_job *job, enum ln_held what, void *value,
		uint64_t *id)
{
	struct ln_served *served = job->served;
	struct held *held = calloc(1, sizeof(*held));
	int error = LN_ENOMEM;

	*id = atomic_fetch_add(&job->peer->node->held, 1) + 1;
	if (held != NULL) {
		held->what = what;
		held->value = value;
		key_of(*id, held->entry.id);
		error = LN_EIO;
		ln_lock_acquire(&served->lock);
		if (ln_id_table_count(&served->held) >= LN_HELD_MAX)
			error = LN_ELIMIT;
		else if (!served->closed)
			error = ln_id_table_add(&served->held, &held->entry);
		ln_lock_release(&served->lock);
	}
	if (error < 0) {
		give_back(what, value);
		free(held);
	}
	return error;
}

void *ln_job_find(struct ln_job *job, enum ln_held what, uint64_t id)
{
	uint8_t key[LN_ID_SIZE];
	struct ln_id_entry *entry;
	void *value = NULL;

	key_of(id, key);
	ln_lock_acquire(&job->served->lock);
	entry = ln_id_table_find(&job->served->held, key);
	if (entry != NULL) {
		const struct held *held =
			ln_container_of(entry, struct held, entry);

		if (held->what == what && what == LN_HELD_ENVIRONMENT)
			value = ln_environment_retain(held->environment);
		else if (held->what == what)
			value = ln_module_retain(held->module);
	}
	ln_lock_release(&job->served->lock);
	return value;
}

void ln_job_answer(struct ln_job *job, struct ln_frame *frame)
{
	ln_assert(!job->answered);
	ln_lock_acquire(&job->served->lock);
	ln_assert(job->served->job_count > 0);
	job->served->job_count--;
	ln_lock_release(&job->served->lock);
	job->answered = true;
	ln_queue_answer(job->peer, job->session, frame);
}

void ln_answer_begin(struct ln_frame_encoder *writer, uint64_t number,
		     int error)
{
	ln_frame_encoder_begin(writer, LN_KIND_ANSWER, 64);
	ln_frame_encoder_u64(writer, number);
	ln_frame_encoder_u8(writer, (uint8_t)-error);
}

static struct ln_frame *make_failure(uint64_t number, int error,
				     const char *text)
{
	struct ln_frame_encoder writer;
	size_t len = strlen(text);

	if (len > TEXT_MAX)
		len = TEXT_MAX;
	ln_answer_begin(&writer, number, error);
	ln_frame_encoder_u32(&writer, (uint32_t)len);
	ln_frame_encoder_bytes(&writer, text, len);
	return ln_frame_encoder_finish(&writer);
}

static enum ln_outcome run(struct ln_process *self)
{
	struct ln_job *job = self->argument;
	int error = ln_job_do(job);

	if (error < 0)
		ln_job_answer(job,
			      make_failure(job->number, error,
					   job->text != NULL
						   ? job->text
						   : ln_error_text(error)));
	return LN_OUTCOME_NORMAL;
}

/* Whether it ever ran or not. */
static void free_job(void *argument)
{
	struct ln_job *job = argument;

	ln_lock_acquire(&job->served->lock);
	ln_list_remove(&job->link);
	if (!job->answered) {
		ln_assert(job->served->job_count > 0);
		job->served->job_count--;
	}
	ln_lock_release(&job->served->lock);
	ln_served_refund(job->served, job->charged);
	release_served(job->served);
	ln_peer_release(job->peer);
	free(job->body);
	free(job->text);
	free(job);
}

/* Starts the process of a job, which owns the job in any case. */
static int start(struct ln_session *session, struct ln_job *job)
{
	struct ln_process *process;
	int error = ln_process_new(session->peer->node->serving, run, job,
				   &process);

	if (error < 0) {
		free_job(job);
		return error;
	}
	process->free_argument = free_job;
	job->process = process;
	ln_lock_acquire(&session->served->lock);
	ln_list_append(&session->served->jobs, &job->link);
	ln_lock_release(&session->served->lock);
	error = ln_process_start(process);
	ln_process_release(process);
	return error;
}

/* Begins to work on a request; takes ownership of the body and its charge,
 * unless it fails. */
static int begin_job(struct ln_session *session, uint64_t number,
		     uint8_t operation, struct ln_bytes *body)
{
	struct ln_served *served = session->served;
	struct ln_job *job = calloc(1, sizeof(*job));
	int error;

	if (job == NULL)
		return LN_ENOMEM;
	ln_list_init(&job->link);
	job->served = served;
	ln_refs_retain(&served->references);
	job->peer = ln_peer_retain(session->peer);
	job->session = session->number;
	job->version = session->id.version;
	job->number = number;
	job->operation = operation;
	job->body = body->data;
	job->len = body->len;
	job->charged = body->room;
	*body = (struct ln_bytes){ .data = NULL };
	ln_lock_acquire(&served->lock);
	served->job_count++;
	ln_lock_release(&served->lock);
	error = start(session, job);
	if (error < 0)
		ln_queue_answer(
			session->peer, session->number,
			make_failure(number, error, ln_error_text(error)));
	return 0;
}

/* Reads the head of a request. */
static int get_head(struct ln_session *session, struct ln_decoder *frame,
		    uint64_t *number, uint8_t *operation)
{
	uint32_t jobs;

	*number = ln_decoder_u64(frame);
	*operation = ln_decoder_u8(frame);
	if (frame->failed || *operation == 0 || *operation >= LN_OPERATIONS)
		return ln_session_refuse(session, "an unknown request");
	ln_lock_acquire(&session->served->lock);
	jobs = session->served->job_count;
	ln_lock_release(&session->served->lock);
	if (jobs >= LN_PENDING_MAX)
		return ln_session_refuse(session, "too many requests");
	return 0;
}

/* Refuses the request if other nodes can have no environments here. */
static bool turn_away(struct ln_session *session, uint64_t number)
{
	if (session->peer->node->serving != NULL)
		return false;
	ln_queue_answer(
		session->peer, session->number,
		make_failure(number, LN_EUNSUP,
			     "that node accepts no environments of others"));
	return true;
}

int ln_serve_receive(struct ln_session *session, struct ln_decoder *frame)
{
	uint64_t number;
	uint8_t operation;
	struct ln_bytes body = { .data = NULL };
	int error = get_head(session, frame, &number, &operation);

	if (error < 0)
		return error;
	/* At most one frame: their number is bounded, so this is, too. */
	body.len = frame->len;
	body.data = malloc(body.len + 1);
	if (body.data == NULL)
		return LN_ENOMEM;
	memcpy(body.data, ln_decoder_raw(frame, body.len), body.len);
	if (!turn_away(session, number))
		error = begin_job(session, number, operation, &body);
	free(body.data);
	return error;
}

int ln_serve_begin(struct ln_session *session, struct ln_decoder *head,
		   uint64_t len, bool *keep)
{
	const struct ln_environment *environment =
		session->peer->node->environment;
	uint64_t max;
	uint64_t number;
	uint8_t operation;
	int error = get_head(session, head, &number, &operation);

	if (error < 0)
		return error;
	if (turn_away(session, number))
		return 0;
	max = environment->limits.max_module_bytes + sizeof(uint64_t);
	if (operation == LN_ASK_ENVIRONMENT || operation == LN_ASK_PROGRAM)
		max = max * LN_PLUGINS_MAX + CONFIG_MAX;
	*keep = len <= max;
	if (!*keep)
		ln_queue_answer(
			session->peer, session->number,
			make_failure(number, LN_ELIMIT,
				     "it is larger than that node accepts"));
	return 0;
}

int ln_serve_complete(struct ln_session *session, struct ln_decoder *head,
		      struct ln_bytes *body)
{
	uint64_t number;
	uint8_t operation;
	int error = get_head(session, head, &number, &operation);

	if (error < 0)
		return error;
	return begin_job(session, number, operation, body);
}

int ln_serve_lost(struct ln_session *session, struct ln_decoder *head)
{
	uint64_t number;
	uint8_t operation;
	int error = get_head(session, head, &number, &operation);

	if (error < 0)
		return error;
	ln_queue_answer(
		session->peer, session->number,
		make_failure(number, LN_ENOMEM, ln_error_text(LN_ENOMEM)));
	return 0;
}

int ln_serve_drop(struct ln_session *session, struct ln_decoder *frame)
{
	uint8_t what = ln_decoder_u8(frame);
	uint64_t id = ln_decoder_u64(frame);
	struct held *held;

	if (frame->failed)
		return ln_session_refuse(session, "a malformed drop");
	held = take_held(session->served, id);
	if (held == NULL)
		return ln_session_refuse(session, "a drop of an unknown id");
	if (held->what != what) {
		free_held(held);
		return ln_session_refuse(session, "a drop of an unknown kind");
	}
	free_held(held);
	return 0;
}
