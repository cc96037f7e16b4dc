/*
 * The operations that other nodes can request, a function for each. A malformed
 * request closes the session.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/semver.h"
#include "node/config.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/reference.h"
#include "node/request.h"
#include "node/serve_impl.h"
#include "process/add_module.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/lookup.h"
#include "process/naming.h"
#include "process/plugin.h"
#include "process/plugin_new.h"
#include "process/process.h"
#include "process/registry.h"
#include "process/remote_environment.h"
#include "process/runtime.h"
#include "process/wasm.h"
#include "sched/blocking.h"
#include "sched/sched.h"

int ln_job_malformed(struct ln_job *job)
{
	ln_peer_close(job->peer, "a malformed request");
	return LN_EFORMAT;
}

int ln_job_gone(struct ln_job *job, const char *text)
{
	job->text = strdup(text);
	return LN_ENOENT;
}

/* Making an environment, in the pool. */
struct making {
	struct ln_job *job;
	struct ln_config *config;
	struct ln_packed_plugins plugins;
	struct ln_environment *environment;
	bool malformed;
	int error;
};

static int add_plugins(struct making *making)
{
	struct ln_local_node *node = making->job->peer->node;
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

static void decoder(void *argument)
{
	struct making *making = argument;
	struct ln_decoder body = { .data = making->job->body,
				   .len = making->job->len };
	bool joins = making->job->operation == LN_ASK_PROGRAM;
	uint32_t denied = joins ? ln_decoder_u32(&body) : 0;

	making->error =
		ln_config_decode(&body, &making->config, &making->plugins);
	making->malformed = making->error == LN_EFORMAT;
	if (making->error < 0)
		return;
	making->config->denied = denied;
	making->config->joins_family = joins;
}

static void compile_plugins(void *argument)
{
	struct making *making = argument;

	making->error = add_plugins(making);
}

static void make(void *argument)
{
	struct making *making = argument;
	struct ln_local_node *node = making->job->peer->node;

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
	int error = ln_blocking_run_for(ln_sched_files(sched), parent->files,
					decoder, making);

	if (error == 0)
		error = making->error;
	if (error == 0 && making->plugins.count > 0) {
		error = ln_environment_enter_queue(parent, LN_CODE_APART);
		if (error < 0)
			return error;
		error = ln_blocking_run(ln_sched_blocking(sched),
					compile_plugins, making);
		ln_environment_leave_queue(parent, LN_CODE_APART);
		if (error == 0)
			error = making->error;
	}
	if (error < 0)
		return error;
	error = ln_blocking_run_for(ln_sched_files(sched), parent->files, make,
				    making);
	if (error == 0)
		error = making->error;
	why = why_no_environment(error);
	if (why != NULL)
		making->job->text = strdup(why);
	return error;
}

/* Keeps an environment, which it takes over, for the peer, and answers. */
static int give_environment(struct ln_job *job,
			    struct ln_environment *environment)
{
	struct ln_frame_encoder writer;
	uint64_t id = 0;
	int error = ln_job_hold(job, LN_HELD_ENVIRONMENT, environment, &id);

	if (error < 0)
		return error;
	ln_answer_begin(&writer, job->number, 0);
	ln_frame_encoder_u64(&writer, id);
	ln_job_answer(job, ln_frame_encoder_finish(&writer));
	return 0;
}

static int serve_environment(struct ln_job *job)
{
	struct making *making = calloc(1, sizeof(*making));
	int error;

	if (making == NULL)
		return LN_ENOMEM;
	making->job = job;
	error = make_environment(making);
	ln_config_free(making->config);
	if (making->malformed)
		error = ln_job_malformed(job);
	if (error == 0)
		error = give_environment(job, making->environment);
	free(making);
	return error;
}

static int serve_program(struct ln_job *job)
{
	if (job->len > 0)
		return serve_environment(job);
	return give_environment(
		job, ln_environment_retain(job->peer->node->environment));
}

int ln_job_add_module(struct ln_job *job, struct ln_environment *environment,
		      const struct ln_blob *blob)
{
	struct ln_module *module;
	struct ln_frame_encoder writer;
	uint64_t id = 0;
	int error = ln_environment_add_module(environment, blob->bytes,
					      blob->len, &module, &job->text);

	if (error == 0)
		error = ln_job_hold(job, LN_HELD_MODULE, module, &id);
	if (error < 0)
		return error;
	ln_answer_begin(&writer, job->number, 0);
	if (job->operation != LN_ASK_BYTES)
		ln_frame_encoder_u8(&writer, 1);
	ln_frame_encoder_u64(&writer, id);
	ln_job_answer(job, ln_frame_encoder_finish(&writer));
	return 0;
}

void ln_job_answer_unknown(struct ln_job *job)
{
	struct ln_frame_encoder writer;

	ln_answer_begin(&writer, job->number, 0);
	ln_frame_encoder_u8(&writer, 0);
	ln_job_answer(job, ln_frame_encoder_finish(&writer));
}

static int serve_module(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	uint64_t id = ln_decoder_u64(&body);
	const uint8_t *digest = ln_decoder_raw(&body, LN_DIGEST_SIZE);
	struct ln_environment *environment;
	struct ln_blob *blob;
	int error = 0;

	if (!ln_decoder_done(&body))
		return ln_job_malformed(job);
	environment = ln_job_find(job, LN_HELD_ENVIRONMENT, id);
	if (environment == NULL)
		return ln_job_gone(job, "the environment no longer exists");
	blob = ln_store_find(&job->peer->node->store, digest);
	if (blob != NULL) {
		error = ln_job_add_module(job, environment, blob);
		ln_blob_release(blob);
	} else {
		ln_job_answer_unknown(job);
	}
	ln_environment_release(environment);
	return error;
}

/* Moves the bytes of the module into the store. */
static int store(struct ln_job *job, struct ln_blob **blob)
{
	struct ln_local_node *node = job->peer->node;
	uint8_t digest[LN_DIGEST_SIZE];
	int error;

	memmove(job->body, job->body + sizeof(uint64_t),
		job->len - sizeof(uint64_t));
	job->len -= sizeof(uint64_t);
	error = ln_digest_in(ln_sched_bulk(node->runtime->sched), job->body,
			     job->len, digest);
	if (error < 0)
		return error;
	*blob = ln_store_add(&node->store, digest, job->body, job->len);
	job->body = NULL;
	return *blob != NULL ? 0 : LN_ENOMEM;
}

static int serve_bytes(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	uint64_t id = ln_decoder_u64(&body);
	struct ln_environment *environment;
	struct ln_blob *blob = NULL;
	int error;

	if (body.failed)
		return ln_job_malformed(job);
	environment = ln_job_find(job, LN_HELD_ENVIRONMENT, id);
	if (environment == NULL)
		return ln_job_gone(job, "the environment no longer exists");
	error = store(job, &blob);
	if (error == 0) {
		error = ln_job_add_module(job, environment, blob);
		ln_blob_release(blob);
	}
	ln_environment_release(environment);
	return error;
}

int ln_job_answer_process(struct ln_job *job, struct ln_process *process)
{
	struct ln_frame_encoder writer;
	struct ln_frame *frame;

	ln_answer_begin(&writer, job->number, 0);
	ln_reference_put(&writer, job->peer, process);
	if (job->operation == LN_ASK_SPAWN &&
	    job->version >= LN_NUMBERS_VERSION)
		ln_frame_encoder_u64(&writer, ln_process_number(process));
	ln_process_release(process);
	frame = ln_frame_encoder_finish(&writer);
	if (frame == NULL)
		return LN_ENOMEM;
	ln_job_answer(job, frame);
	return 0;
}

static int serve_spawn(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	struct ln_spawn spawn = { .caller = job->process };
	struct ln_process *process;
	uint64_t id = ln_decoder_u64(&body);
	int error;

	spawn.function =
		(const char *)ln_decoder_bytes(&body, &spawn.function_len);
	spawn.params = ln_decoder_bytes(&body, &spawn.params_len);
	if (body.failed || ln_params_check(spawn.params, spawn.params_len) < 0)
		return ln_job_malformed(job);
	error = ln_reference_get(&body, job->peer, &spawn.parent);
	spawn.link_tag = (int64_t)ln_decoder_u64(&body);
	if (error == 0 && !ln_decoder_done(&body))
		error = LN_EFORMAT;
	if (error == 0) {
		spawn.module = ln_job_find(job, LN_HELD_MODULE, id);
		error = spawn.module != NULL
				? ln_wasm_spawn(&spawn, &process, &job->text)
				: ln_job_gone(job,
					      "the module no longer exists");
		if (spawn.module != NULL)
			ln_module_release(spawn.module);
	} else if (error == LN_EFORMAT) {
		ln_job_malformed(job);
	}
	if (spawn.parent != NULL)
		ln_process_release(spawn.parent);
	return error == 0 ? ln_job_answer_process(job, process) : error;
}

/* What the three about names begin with. */
struct naming {
	struct ln_environment *environment;
	struct ln_registry_key key;
};

static int get_naming(struct ln_job *job, struct ln_decoder *body,
		      struct naming *naming)
{
	struct ln_registry_key *key = &naming->key;
	uint64_t id = ln_decoder_u64(body);

	key->name = (const char *)ln_decoder_bytes(body, &key->name_len);
	key->version = (const char *)ln_decoder_bytes(body, &key->version_len);
	if (body->failed)
		return ln_job_malformed(job);
	naming->environment = ln_job_find(job, LN_HELD_ENVIRONMENT, id);
	return naming->environment != NULL
		       ? 0
		       : ln_job_gone(job, "the environment no longer exists");
}

static void answer_nothing(struct ln_job *job)
{
	struct ln_frame_encoder writer;

	ln_answer_begin(&writer, job->number, 0);
	ln_job_answer(job, ln_frame_encoder_finish(&writer));
}

/* Registers a name, or removes it if `process` is NULL. */
static LN_NOINLINE int change_name(struct ln_job *job,
				   const struct naming *naming,
				   struct ln_process *process)
{
	struct ln_semver_error wrong;
	struct ln_version version;

	if (ln_version_parse(naming->key.version, naming->key.version_len,
			     &version, &wrong) < 0)
		return ln_job_malformed(job);
	return process != NULL
		       ? ln_environment_register(naming->environment,
						 &naming->key, &version,
						 process, &job->text)
		       : ln_environment_unregister(naming->environment,
						   &naming->key, &version,
						   &job->text);
}

static int serve_register(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	struct ln_process *process = NULL;
	struct naming naming;
	int error = get_naming(job, &body, &naming);

	if (error < 0)
		return error;
	error = ln_reference_get(&body, job->peer, &process);
	if (error == 0 && (!ln_decoder_done(&body) || process == NULL))
		error = LN_EFORMAT;
	if (error == LN_EFORMAT)
		ln_job_malformed(job);
	if (error == 0)
		error = change_name(job, &naming, process);
	if (error == 0)
		answer_nothing(job);
	if (process != NULL)
		ln_process_release(process);
	ln_environment_release(naming.environment);
	return error;
}

static int serve_unregister(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	struct naming naming;
	int error = get_naming(job, &body, &naming);

	if (error < 0)
		return error;
	error = ln_decoder_done(&body) ? change_name(job, &naming, NULL)
				       : ln_job_malformed(job);
	if (error == 0)
		answer_nothing(job);
	ln_environment_release(naming.environment);
	return error;
}

static LN_NOINLINE int look_up(struct ln_job *job, const struct naming *naming,
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
		return ln_job_malformed(job);
	error = ln_environment_lookup(naming->environment, &naming->key,
				      &requirement, process, &job->text);
	ln_requirement_deinit(&requirement);
	return error;
}

static int serve_lookup(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	struct ln_process *process;
	struct naming naming;
	int error = get_naming(job, &body, &naming);

	if (error < 0)
		return error;
	error = ln_decoder_done(&body) ? look_up(job, &naming, &process)
				       : ln_job_malformed(job);
	ln_environment_release(naming.environment);
	return error == 0 ? ln_job_answer_process(job, process) : error;
}

static int (*const servers[LN_OPERATIONS])(struct ln_job *) = {
	[LN_ASK_ENVIRONMENT] = serve_environment,
	[LN_ASK_MODULE] = serve_module,
	[LN_ASK_BYTES] = serve_bytes,
	[LN_ASK_SPAWN] = serve_spawn,
	[LN_ASK_REGISTER] = serve_register,
	[LN_ASK_UNREGISTER] = serve_unregister,
	[LN_ASK_LOOKUP] = serve_lookup,
	[LN_ASK_PROGRAM] = serve_program,
	[LN_ASK_NUMBERED_MODULE] = ln_serve_numbered_module,
	[LN_ASK_PROCESS] = ln_serve_process,
	[LN_ASK_NUMBER] = ln_serve_number,
	[LN_ASK_ATTRIBUTES] = ln_serve_attributes,
	[LN_ASK_CONTROL] = ln_serve_control,
	[LN_ASK_LOAD] = ln_serve_load,
};

int ln_job_do(struct ln_job *job)
{
	return servers[job->operation](job);
}
