/*
 * DESIGN
 * A request becomes a job: a native process in the node's own environment,
 * which may wait for a compiler or for a start function without anybody else
 * waiting for it. So answers come in any order. A peer has at most
 * LN_PENDING_MOST jobs at a time: it may not ask more before it has answers.
 *
 * What a job makes and keeps for the peer gets an id that is never used again,
 * and is in a table of the session; so an id of an earlier session leads to
 * nothing. Jobs and the session share that table; once the session is over it
 * is closed, and what a job makes then is dropped at once.
 *
 * A linked spawn needs nothing special: the child is linked with the proxy of
 * its parent before it runs, so that LINK is on its way before the answer is,
 * and whatever ends the child comes after both.
 *
 * Locks: served->lock under none, and none under it but the scheduler's.
 */
#include "node/serve.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "node/config.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/queue.h"
#include "node/reference.h"
#include "node/request.h"
#include "node/session.h"
#include "node/wire.h"
#include "process/config.h"
#include "process/environment.h"
#include "process/plugin.h"
#include "process/process.h"
#include "process/registry.h"
#include "process/remote_environment.h"
#include "process/runtime.h"
#include "process/semver.h"
#include "process/wasm.h"
#include "sched/blocking.h"
#include "sched/sched.h"

#define TEXT_MOST 4000 /* bytes of an error's */

/* Bytes of a configuration beside its plugins. */
#define CONFIG_MOST (2 * LN_CONFIG_MOST_BYTES)

/* What a session has here. */
struct held {
	struct ln_id_entry entry; /* its number, then zeroes */
	enum ln_held what;
	union {
		void *value;
		struct ln_environment *environment;
		struct ln_env_module *module;
	};
};

struct ln_served {
	_Atomic uint32_t references; /* of the session and of jobs */

	/* Under `lock`. */
	struct ln_lock lock;
	bool closed;
	struct ln_ids held;
	struct ln_list jobs;
	uint32_t job_count; /* that have not answered */
};

struct job {
	struct ln_list link;      /* in served->jobs */
	struct ln_served *served; /* counted */
	struct ln_peer *peer;     /* counted */
	uint64_t session;         /* its number */
	uint64_t number;
	uint8_t operation;
	bool answered;
	struct ln_process *process; /* that does it */
	uint8_t *body;              /* owned */
	size_t len;
	char *text; /* what went wrong, if more is known than the error */
};

int ln_served_new(struct ln_served **out)
{
	struct ln_served *served = calloc(1, sizeof(*served));

	if (served == NULL)
		return LN_ENOMEM;
	atomic_init(&served->references, 1);
	ln_ids_init(&served->held);
	ln_list_init(&served->jobs);
	*out = served;
	return 0;
}

static void release_served(struct ln_served *served)
{
	/* What all holders did comes before the free. */
	if (atomic_fetch_sub_explicit(&served->references, 1,
				      memory_order_acq_rel) != 1)
		return;
	ln_ids_deinit(&served->held);
	free(served);
}

static void give_back(enum ln_held what, void *value)
{
	if (what == LN_HELD_ENVIRONMENT)
		ln_environment_release(value);
	else
		ln_env_module_release(value);
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
	entry = ln_ids_find(&served->held, key);
	if (entry != NULL)
		ln_ids_remove(&served->held, entry);
	ln_lock_release(&served->lock);
	return entry != NULL ? ln_container_of(entry, struct held, entry)
			     : NULL;
}

void ln_served_end(struct ln_served *served)
{
	struct ln_id_entry *entry;

	ln_lock_acquire(&served->lock);
	served->closed = true;
	for (struct ln_list *at = served->jobs.next; at != &served->jobs;
	     at = at->next)
		ln_process_kill(ln_container_of(at, struct job, link)->process);
	ln_lock_release(&served->lock);
	/* Nobody adds anything any more. */
	while ((entry = ln_ids_walk(&served->held, NULL)) != NULL) {
		uint64_t id;

		memcpy(&id, entry->id, sizeof(id));
		free_held(take_held(served, id));
	}
	release_served(served);
}

/* Keeps what was made for the peer; takes it over. */
static int hold(struct job *job, enum ln_held what, void *value, uint64_t *id)
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
		if (served->held.count >= LN_HELD_MOST)
			error = LN_ELIMIT;
		else if (!served->closed)
			error = ln_ids_add(&served->held, &held->entry);
		ln_lock_release(&served->lock);
	}
	if (error < 0) {
		give_back(what, value);
		free(held);
	}
	return error;
}

/* What the peer means by an id, with a reference; NULL: nothing. */
static void *find_held(struct job *job, enum ln_held what, uint64_t id)
{
	uint8_t key[LN_ID_SIZE];
	struct ln_id_entry *entry;
	void *value = NULL;

	key_of(id, key);
	ln_lock_acquire(&job->served->lock);
	entry = ln_ids_find(&job->served->held, key);
	if (entry != NULL) {
		const struct held *held =
			ln_container_of(entry, struct held, entry);

		if (held->what == what && what == LN_HELD_ENVIRONMENT)
			value = ln_environment_retain(held->environment);
		else if (held->what == what)
			value = ln_env_module_retain(held->module);
	}
	ln_lock_release(&job->served->lock);
	return value;
}

/* Sends the answer, so that the peer may ask for something else. */
static void post_answer(struct job *job, struct ln_frame *frame)
{
	ln_lock_acquire(&job->served->lock);
	job->served->job_count--;
	ln_lock_release(&job->served->lock);
	job->answered = true;
	ln_queue_answer(job->peer, job->session, frame);
}

static void begin_answer(struct ln_writer *writer, uint64_t number, int error)
{
	ln_wire_begin(writer, LN_KIND_ANSWER, 64);
	ln_wire_put_u64(writer, number);
	ln_wire_put_u8(writer, (uint8_t)-error);
}

static struct ln_frame *make_failure(uint64_t number, int error,
				     const char *text)
{
	struct ln_writer writer;
	size_t len = strlen(text);

	if (len > TEXT_MOST)
		len = TEXT_MOST;
	begin_answer(&writer, number, error);
	ln_wire_put_u32(&writer, (uint32_t)len);
	ln_wire_put_bytes(&writer, text, len);
	return ln_wire_finish(&writer);
}

static int malformed(struct job *job)
{
	ln_peer_close(job->peer, "a malformed request");
	return LN_EFORMAT;
}

static int gone(struct job *job, const char *text)
{
	job->text = strdup(text);
	return LN_ENOENT;
}

/* Making an environment, in the pool. */
struct making {
	struct job *job;
	struct ln_config *config;
	struct ln_packed_plugins plugins;
	struct ln_environment *environment;
	bool malformed;
	int error;
};

static int add_plugins(struct making *making)
{
	struct ln_node *node = making->job->peer->node;
	int error = 0;

	for (size_t i = 0; i < making->plugins.count && error == 0; i++) {
		const struct ln_packed_plugin *packed =
			&making->plugins.list[i];
		struct ln_plugin *plugin;

		error = ln_plugin_new(node->runtime, node->environment,
				      packed->name, packed->bytes, packed->len,
				      &plugin, &making->job->text);
		if (error < 0)
			break;
		error = ln_config_add_plugin(making->config, plugin);
		ln_plugin_release(plugin);
	}
	return error;
}

static void unpack(void *argument)
{
	struct making *making = argument;
	struct ln_unpack body = { .data = making->job->body,
				  .len = making->job->len };

	making->error =
		ln_config_unpack(&body, &making->config, &making->plugins);
	making->malformed = making->error == LN_EFORMAT;
}

static void compile_plugins(void *argument)
{
	struct making *making = argument;

	making->error = add_plugins(making);
}

static void make(void *argument)
{
	struct making *making = argument;
	struct ln_node *node = making->job->peer->node;

	making->error =
		ln_environment_new(node->runtime, node->environment,
				   making->config, &making->environment);
}

static const char *why_no_environment(int error)
{
	if (error == LN_ELIMIT)
		return "there are too many environments or descriptors, or "
		       "they are nested too deeply";
	if (error == LN_ENOENT || error == LN_EPERM)
		return "a directory does not exist there, or its guests may "
		       "not have it";
	return NULL;
}

/* Unpacks the configuration, compiles its plugins, makes the environment. */
static int make_environment(struct making *making)
{
	struct ln_environment *parent = making->job->peer->node->environment;
	struct ln_sched *sched = parent->runtime->sched;
	const char *why;
	int error = ln_blocking_run(ln_sched_files(sched), unpack, making);

	if (error == 0)
		error = making->error;
	if (error == 0 && making->plugins.count > 0) {
		error = ln_environment_take_turn(parent, LN_CODE_COMPILE);
		if (error < 0)
			return error;
		error = ln_blocking_run(ln_sched_blocking(sched),
					compile_plugins, making);
		ln_environment_end_turn(parent, LN_CODE_COMPILE);
		if (error == 0)
			error = making->error;
	}
	if (error < 0)
		return error;
	error = ln_blocking_run(ln_sched_files(sched), make, making);
	if (error == 0)
		error = making->error;
	why = why_no_environment(error);
	if (why != NULL)
		making->job->text = strdup(why);
	return error;
}

static int serve_environment(struct job *job)
{
	struct making *making = calloc(1, sizeof(*making));
	struct ln_writer writer;
	uint64_t id = 0;
	int error;

	if (making == NULL)
		return LN_ENOMEM;
	making->job = job;
	error = make_environment(making);
	ln_config_free(making->config);
	if (making->malformed)
		error = malformed(job);
	if (error == 0)
		error = hold(job, LN_HELD_ENVIRONMENT, making->environment,
			     &id);
	free(making);
	if (error < 0)
		return error;
	begin_answer(&writer, job->number, 0);
	ln_wire_put_u64(&writer, id);
	post_answer(job, ln_wire_finish(&writer));
	return 0;
}

/* Adds a module, and answers; `known` is in the answer if it is asked for. */
static int add_module(struct job *job, struct ln_environment *environment,
		      const struct ln_blob *blob)
{
	struct ln_env_module *module;
	struct ln_writer writer;
	uint64_t id;
	int error = ln_environment_add_module(environment, blob->bytes,
					      blob->len, &module, &job->text);

	if (error == 0)
		error = hold(job, LN_HELD_MODULE, module, &id);
	if (error < 0)
		return error;
	begin_answer(&writer, job->number, 0);
	if (job->operation == LN_ASK_MODULE)
		ln_wire_put_u8(&writer, 1);
	ln_wire_put_u64(&writer, id);
	post_answer(job, ln_wire_finish(&writer));
	return 0;
}

static int serve_module(struct job *job)
{
	struct ln_unpack body = { .data = job->body, .len = job->len };
	uint64_t id = ln_unpack_u64(&body);
	const uint8_t *digest = ln_unpack_raw(&body, LN_DIGEST_SIZE);
	struct ln_environment *environment;
	struct ln_writer writer;
	struct ln_blob *blob;
	int error = 0;

	if (!ln_unpack_done(&body))
		return malformed(job);
	environment = find_held(job, LN_HELD_ENVIRONMENT, id);
	if (environment == NULL)
		return gone(job, "the environment does not exist any more");
	blob = ln_store_find(&job->peer->node->store, digest);
	if (blob != NULL) {
		error = add_module(job, environment, blob);
		ln_blob_release(blob);
	} else {
		begin_answer(&writer, job->number, 0);
		ln_wire_put_u8(&writer, 0);
		post_answer(job, ln_wire_finish(&writer));
	}
	ln_environment_release(environment);
	return error;
}

/* The digest of a body, in the pool. */
struct digesting {
	const struct job *job;
	uint8_t digest[LN_DIGEST_SIZE];
	int error;
};

static void digest(void *argument)
{
	struct digesting *digesting = argument;

	digesting->error = ln_store_digest(
		digesting->job->body, digesting->job->len, digesting->digest);
}

/* Moves the bytes of the module into the store. */
static int store(struct job *job, struct ln_blob **blob)
{
	struct ln_node *node = job->peer->node;
	struct digesting digesting = { .job = job };
	int error;

	memmove(job->body, job->body + sizeof(uint64_t),
		job->len - sizeof(uint64_t));
	job->len -= sizeof(uint64_t);
	error = ln_blocking_run(ln_sched_files(node->runtime->sched), digest,
				&digesting);
	if (error == 0)
		error = digesting.error;
	if (error < 0)
		return error;
	*blob = ln_store_add(&node->store, digesting.digest, job->body,
			     job->len);
	job->body = NULL;
	return *blob != NULL ? 0 : LN_ENOMEM;
}

static int serve_bytes(struct job *job)
{
	struct ln_unpack body = { .data = job->body, .len = job->len };
	uint64_t id = ln_unpack_u64(&body);
	struct ln_environment *environment;
	struct ln_blob *blob = NULL;
	int error;

	if (body.failed)
		return malformed(job);
	environment = find_held(job, LN_HELD_ENVIRONMENT, id);
	if (environment == NULL)
		return gone(job, "the environment does not exist any more");
	error = store(job, &blob);
	if (error == 0) {
		error = add_module(job, environment, blob);
		ln_blob_release(blob);
	}
	ln_environment_release(environment);
	return error;
}

/* Answers with a process, whose reference it takes over. */
static int answer_process(struct job *job, struct ln_process *process)
{
	struct ln_writer writer;
	struct ln_frame *frame;

	begin_answer(&writer, job->number, 0);
	ln_reference_put(&writer, job->peer, process);
	ln_process_release(process);
	frame = ln_wire_finish(&writer);
	if (frame == NULL)
		return LN_ENOMEM;
	post_answer(job, frame);
	return 0;
}

static int serve_spawn(struct job *job)
{
	struct ln_unpack body = { .data = job->body, .len = job->len };
	struct ln_spawn spawn = { .caller = job->process };
	struct ln_process *process;
	uint64_t id = ln_unpack_u64(&body);
	int error;

	spawn.function =
		(const char *)ln_unpack_bytes(&body, &spawn.function_len);
	spawn.params = ln_unpack_bytes(&body, &spawn.params_len);
	if (body.failed || ln_params_check(spawn.params, spawn.params_len) < 0)
		return malformed(job);
	error = ln_reference_get(&body, job->peer, &spawn.parent);
	spawn.link_tag = (int64_t)ln_unpack_u64(&body);
	if (error == 0 && !ln_unpack_done(&body))
		error = LN_EFORMAT;
	if (error == 0) {
		spawn.module = find_held(job, LN_HELD_MODULE, id);
		error = spawn.module != NULL
				? ln_wasm_spawn(&spawn, &process, &job->text)
				: gone(job, "the module does not exist any "
					    "more");
		if (spawn.module != NULL)
			ln_env_module_release(spawn.module);
	} else if (error == LN_EFORMAT) {
		malformed(job);
	}
	if (spawn.parent != NULL)
		ln_process_release(spawn.parent);
	return error == 0 ? answer_process(job, process) : error;
}

/* What the three about names begin with. */
struct naming {
	struct ln_environment *environment;
	struct ln_registry_key key;
};

static int get_naming(struct job *job, struct ln_unpack *body,
		      struct naming *naming)
{
	struct ln_registry_key *key = &naming->key;
	uint64_t id = ln_unpack_u64(body);

	key->name = (const char *)ln_unpack_bytes(body, &key->name_len);
	key->version = (const char *)ln_unpack_bytes(body, &key->version_len);
	if (body->failed)
		return malformed(job);
	naming->environment = find_held(job, LN_HELD_ENVIRONMENT, id);
	return naming->environment != NULL
		       ? 0
		       : gone(job, "the environment does not exist any more");
}

static void answer_nothing(struct job *job)
{
	struct ln_writer writer;

	begin_answer(&writer, job->number, 0);
	post_answer(job, ln_wire_finish(&writer));
}

/* Enters a name, or forgets it when `process` is NULL. */
static LN_NOINLINE int change_name(struct job *job, const struct naming *naming,
				   struct ln_process *process)
{
	struct ln_semver_error wrong;
	struct ln_version version;

	if (ln_version_parse(naming->key.version, naming->key.version_len,
			     &version, &wrong) < 0)
		return malformed(job);
	return process != NULL
		       ? ln_environment_register(naming->environment,
						 &naming->key, &version,
						 process, &job->text)
		       : ln_environment_unregister(naming->environment,
						   &naming->key, &version,
						   &job->text);
}

static int serve_register(struct job *job)
{
	struct ln_unpack body = { .data = job->body, .len = job->len };
	struct ln_process *process = NULL;
	struct naming naming;
	int error = get_naming(job, &body, &naming);

	if (error < 0)
		return error;
	error = ln_reference_get(&body, job->peer, &process);
	if (error == 0 && (!ln_unpack_done(&body) || process == NULL))
		error = LN_EFORMAT;
	if (error == LN_EFORMAT)
		malformed(job);
	if (error == 0)
		error = change_name(job, &naming, process);
	if (error == 0)
		answer_nothing(job);
	if (process != NULL)
		ln_process_release(process);
	ln_environment_release(naming.environment);
	return error;
}

static int serve_unregister(struct job *job)
{
	struct ln_unpack body = { .data = job->body, .len = job->len };
	struct naming naming;
	int error = get_naming(job, &body, &naming);

	if (error < 0)
		return error;
	error = ln_unpack_done(&body) ? change_name(job, &naming, NULL)
				      : malformed(job);
	if (error == 0)
		answer_nothing(job);
	ln_environment_release(naming.environment);
	return error;
}

static LN_NOINLINE int look_up(struct job *job, const struct naming *naming,
			       struct ln_process **process)
{
	struct ln_requirement requirement;
	struct ln_semver_error wrong;
	int error = ln_requirement_parse(naming->key.version,
					 naming->key.version_len, &requirement,
					 &wrong);

	if (error == LN_ENOMEM)
		return error;
	if (error < 0)
		return malformed(job);
	error = ln_environment_lookup(naming->environment, &naming->key,
				      &requirement, process, &job->text);
	ln_requirement_deinit(&requirement);
	return error;
}

static int serve_lookup(struct job *job)
{
	struct ln_unpack body = { .data = job->body, .len = job->len };
	struct ln_process *process;
	struct naming naming;
	int error = get_naming(job, &body, &naming);

	if (error < 0)
		return error;
	error = ln_unpack_done(&body) ? look_up(job, &naming, &process)
				      : malformed(job);
	ln_environment_release(naming.environment);
	return error == 0 ? answer_process(job, process) : error;
}

static int (*const servers[LN_OPERATIONS])(struct job *) = {
	[LN_ASK_ENVIRONMENT] = serve_environment,
	[LN_ASK_MODULE] = serve_module,
	[LN_ASK_BYTES] = serve_bytes,
	[LN_ASK_SPAWN] = serve_spawn,
	[LN_ASK_REGISTER] = serve_register,
	[LN_ASK_UNREGISTER] = serve_unregister,
	[LN_ASK_LOOKUP] = serve_lookup,
};

static enum ln_outcome run(struct ln_process *self)
{
	struct job *job = self->argument;
	int error = servers[job->operation](job);

	if (error < 0)
		post_answer(job, make_failure(job->number, error,
					      job->text != NULL
						      ? job->text
						      : ln_error_text(error)));
	return LN_OUTCOME_NORMAL;
}

/* Whether it ever ran or not. */
static void free_job(void *argument)
{
	struct job *job = argument;

	ln_lock_acquire(&job->served->lock);
	ln_list_remove(&job->link);
	if (!job->answered)
		job->served->job_count--;
	ln_lock_release(&job->served->lock);
	release_served(job->served);
	ln_peer_release(job->peer);
	free(job->body);
	free(job->text);
	free(job);
}

/* Starts the process of a job. The job goes with it, in any case. */
static int start(struct ln_session *session, struct job *job)
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

/* Begins to work on a request; takes the body over. */
static int begin_job(struct ln_session *session, uint64_t number,
		     uint8_t operation, uint8_t *body, size_t len)
{
	struct ln_served *served = session->served;
	struct job *job = calloc(1, sizeof(*job));
	int error;

	if (job == NULL) {
		free(body);
		return LN_ENOMEM;
	}
	ln_list_init(&job->link);
	job->served = served;
	atomic_fetch_add(&served->references, 1);
	job->peer = ln_peer_retain(session->peer);
	job->session = session->number;
	job->number = number;
	job->operation = operation;
	job->body = body;
	job->len = len;
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
static int get_head(struct ln_session *session, struct ln_unpack *frame,
		    uint64_t *number, uint8_t *operation)
{
	uint32_t jobs;

	*number = ln_unpack_u64(frame);
	*operation = ln_unpack_u8(frame);
	if (frame->failed || *operation == 0 || *operation >= LN_OPERATIONS)
		return ln_session_refuse(session, "an unknown request");
	ln_lock_acquire(&session->served->lock);
	jobs = session->served->job_count;
	ln_lock_release(&session->served->lock);
	if (jobs >= LN_PENDING_MOST)
		return ln_session_refuse(session, "too many requests");
	return 0;
}

/* Answers if no environment of others can be here. */
static bool turn_away(struct ln_session *session, uint64_t number)
{
	if (session->peer->node->serving != NULL)
		return false;
	ln_queue_answer(session->peer, session->number,
			make_failure(number, LN_EUNSUP,
				     "that node takes no environments of "
				     "others"));
	return true;
}

int ln_serve_receive(struct ln_session *session, struct ln_unpack *frame)
{
	uint64_t number;
	uint8_t operation;
	uint8_t *body;
	size_t len;
	int error = get_head(session, frame, &number, &operation);

	if (error < 0)
		return error;
	len = frame->len;
	body = malloc(len + 1);
	if (body == NULL)
		return LN_ENOMEM;
	memcpy(body, ln_unpack_raw(frame, len), len);
	if (turn_away(session, number)) {
		free(body);
		return 0;
	}
	return begin_job(session, number, operation, body, len);
}

int ln_serve_begin(struct ln_session *session, struct ln_unpack *head,
		   uint64_t len, bool *keep)
{
	const struct ln_environment *environment =
		session->peer->node->environment;
	uint64_t most;
	uint64_t number;
	uint8_t operation;
	int error = get_head(session, head, &number, &operation);

	if (error < 0)
		return error;
	if (turn_away(session, number))
		return 0;
	most = environment->limits.max_module_bytes + sizeof(uint64_t);
	if (operation == LN_ASK_ENVIRONMENT)
		most = most * LN_PLUGINS_MOST + CONFIG_MOST;
	*keep = len <= most;
	if (!*keep)
		ln_queue_answer(session->peer, session->number,
				make_failure(number, LN_ELIMIT,
					     "it is larger than that node "
					     "takes"));
	return 0;
}

int ln_serve_complete(struct ln_session *session, struct ln_unpack *head,
		      struct ln_body *body)
{
	uint8_t *data = body->data;
	uint64_t number;
	uint8_t operation;
	int error = get_head(session, head, &number, &operation);

	if (error < 0)
		return error;
	body->data = NULL;
	return begin_job(session, number, operation, data, body->len);
}

int ln_serve_lost(struct ln_session *session, struct ln_unpack *head)
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

int ln_serve_drop(struct ln_session *session, struct ln_unpack *frame)
{
	uint8_t what = ln_unpack_u8(frame);
	uint64_t id = ln_unpack_u64(frame);
	struct held *held;

	if (frame->failed)
		return ln_session_refuse(session, "a malformed drop");
	held = take_held(session->served, id);
	if (held == NULL)
		return ln_session_refuse(session,
					 "a drop of what it does not have");
	if (held->what != what) {
		free_held(held);
		return ln_session_refuse(session, "a drop of something else");
	}
	free_held(held);
	return 0;
}
