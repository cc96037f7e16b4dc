/*
 * DESIGN
 * A spawn takes up to four requests: for the environment, for the module, for
 * its bytes if the other node lacks them, and for the process. What the first
 * three gave is kept in the session, under the encoded configuration and the
 * number of the module, so that the next spawn takes one request. The table is
 * small, and what was used longest ago goes first. Two tasks may make the same
 * at the same time; the second one's is kept beside the first until it goes.
 *
 * Who spawns must not escape its own limits: the configuration that is sent is
 * lowered to those of its environment, and its directories must be below the
 * environment's. The other node bounds it again by its own program.
 */
#include "node/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "node/codec.h"
#include "node/config.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "node/queue.h"
#include "node/remote_environment.h"
#include "node/request.h"
#include "node/session.h"
#include "process/add_module.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"

/* Kept in a session, and bytes of a configuration under which it is. */
#define PROGRAMS_MAX 32
#define KEY_MAX 4096

struct program {
	uint8_t *key; /* owned: the encoded configuration */
	size_t len;
	uint64_t number;          /* of the module */
	struct ln_module *module; /* counted; NULL: a free place */
	uint64_t used;            /* when, by `clock` */
};

struct ln_programs {
	uint64_t clock;
	struct program list[PROGRAMS_MAX];
};

/* Whether the node knows numbers. */
static int check_version(struct ln_peer *peer, char **error)
{
	uint32_t version = ln_peer_version(peer);

	*error = NULL;
	if (version >= LN_NUMBERS_VERSION)
		return 0;
	*error = strdup(
		version == 0 ? "the node is not connected, or was lost"
			     : "the node runs an older lunatic, which "
			       "does not know ids of lunatic 0.13; update it");
	return version == 0 ? LN_EIO : LN_EUNSUP;
}

/* ---- The numbers of modules ---- */

struct numbering {
	struct ln_store *store; /* NULL: the bytes are not kept */
	const uint8_t *bytes;
	size_t len;
	uint8_t digest[LN_DIGEST_SIZE];
	int error;
};

/* In the pool. */
static void number_module(void *argument)
{
	struct numbering *numbering = argument;
	struct ln_blob *blob;
	uint8_t *bytes;

	numbering->error =
		ln_digest(numbering->bytes, numbering->len, numbering->digest);
	if (numbering->error < 0 || numbering->store == NULL)
		return;
	blob = ln_store_find(numbering->store, numbering->digest);
	if (blob == NULL) {
		bytes = malloc(numbering->len);
		if (bytes == NULL) /* it is sent when it is needed */
			return;
		memcpy(bytes, numbering->bytes, numbering->len);
		blob = ln_store_add(numbering->store, numbering->digest, bytes,
				    numbering->len);
	}
	if (blob != NULL)
		ln_blob_release(blob);
}

int ln_module_number(struct ln_local_node *node, struct ln_module *module,
		     uint64_t *number)
{
	struct ln_sched *sched = module->environment->runtime->sched;
	struct numbering numbering = {
		.store = node != NULL ? &node->store : NULL,
	};
	int error;

	/* Relaxed: it is only a number, the same whoever computes it. */
	*number = atomic_load_explicit(&module->number, memory_order_relaxed);
	if (*number != 0)
		return 0;
	numbering.bytes = ln_module_source(module, &numbering.len);
	error = ln_blocking_run(ln_sched_bulk(sched), number_module,
				&numbering);
	if (error == 0)
		error = numbering.error;
	if (error < 0)
		return error;
	memcpy(number, numbering.digest, sizeof(*number));
	if (*number == 0)
		*number = 1;
	atomic_store_explicit(&module->number, *number, memory_order_relaxed);
	return 0;
}

/* ---- What is kept ---- */

/* What is asked for: an encoded configuration, and a module. */
struct wanted {
	struct ln_bytes key; /* as in LN_ASK_PROGRAM */
	uint64_t number;
};

static bool same_key(const struct program *program, const struct wanted *wanted)
{
	return program->module != NULL && program->len == wanted->key.len &&
	       (program->len == 0 ||
		memcmp(program->key, wanted->key.data, program->len) == 0);
}

/* The programs of the session; NULL: there are none. Under peer->lock. */
static struct ln_programs *programs_of(struct ln_peer *peer)
{
	const struct ln_session *session = ln_queue_of(peer, 0);

	return session != NULL ? session->programs : NULL;
}

/* What is kept of it: the module, or its environment alone, each with a
 * reference for the caller, or neither. */
static void find_kept(struct ln_peer *peer, const struct wanted *wanted,
		      struct ln_module **module,
		      struct ln_environment **environment)
{
	struct ln_programs *programs;
	struct program *found = NULL;

	*module = NULL;
	*environment = NULL;
	ln_lock_acquire(&peer->lock);
	programs = programs_of(peer);
	for (size_t i = 0; programs != NULL && i < PROGRAMS_MAX; i++) {
		struct program *program = &programs->list[i];

		if (!same_key(program, wanted))
			continue;
		found = program;
		if (program->number == wanted->number)
			break;
	}
	if (found != NULL && found->number == wanted->number) {
		found->used = ++programs->clock;
		*module = ln_module_retain(found->module);
	} else if (found != NULL) {
		*environment =
			ln_environment_retain(found->module->environment);
	}
	ln_lock_release(&peer->lock);
}

static void forget(struct program *program)
{
	if (program->module != NULL)
		ln_module_release(program->module);
	free(program->key);
}

/* The place of what was used longest ago, or a free one. */
static struct program *oldest(struct ln_programs *programs)
{
	struct program *oldest = &programs->list[0];

	for (size_t i = 1; i < PROGRAMS_MAX; i++) {
		if (programs->list[i].used < oldest->used)
			oldest = &programs->list[i];
	}
	return oldest;
}

/* Keeps a module for the next spawn; takes over the bytes of `wanted`. */
static void keep(struct ln_peer *peer, struct wanted *wanted,
		 struct ln_module *module)
{
	struct ln_programs *fresh = NULL;
	struct program old = { .module = NULL };
	struct ln_session *session;
	struct program *place;

	if (wanted->key.len > KEY_MAX)
		return;
	fresh = calloc(1, sizeof(*fresh));
	ln_lock_acquire(&peer->lock);
	/* Not in a later session, in which it is not valid. */
	session = ln_queue_of(peer, ln_remote_session(module->environment));
	if (session != NULL && session->programs == NULL) {
		session->programs = fresh;
		fresh = NULL;
	}
	if (session != NULL && session->programs != NULL) {
		place = oldest(session->programs);
		old = *place;
		*place = (struct program){
			.key = wanted->key.data,
			.len = wanted->key.len,
			.number = wanted->number,
			.module = ln_module_retain(module),
			.used = ++session->programs->clock,
		};
		wanted->key = (struct ln_bytes){ .data = NULL };
	}
	ln_lock_release(&peer->lock);
	forget(&old);
	free(fresh);
}

void ln_programs_end(struct ln_session *session)
{
	/* Nobody finds the session any more. */
	for (size_t i = 0; session->programs != NULL && i < PROGRAMS_MAX; i++)
		forget(&session->programs->list[i]);
	free(session->programs);
	free(session->attributes);
}

/* ---- Spawning ---- */

/* Whether `path` is `top` or below it, as texts. */
static bool is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	while (len > 1 && top[len - 1] == '/')
		len--;
	if (strncmp(path, top, len) != 0 || strstr(path, "..") != NULL)
		return false;
	return path[len] == '\0' || path[len] == '/' || top[len - 1] == '/';
}

/* Whether the environment itself has all directories of the configuration. */
static bool has_directories(const struct ln_config *own,
			    const struct ln_config *config)
{
	for (size_t i = 0; i < config->preopen_count; i++) {
		const struct ln_preopen *wanted = &config->preopens[i];
		bool found = false;

		for (size_t j = 0; j < own->preopen_count && !found; j++) {
			const struct ln_preopen *has = &own->preopens[j];

			found = is_below(wanted->host, has->host) &&
				(wanted->read_only || !has->read_only);
		}
		if (!found)
			return false;
	}
	return true;
}

/* Encoding what may be done by what is spawned, in the pool: a configuration
 * may be long. */
struct encoding {
	const struct ln_environment *by;
	const struct ln_config *config;
	struct ln_bytes *key;
	bool lacks_directory; /* `by` does not have one of the configuration */
	int error;
};

static void encode(void *argument)
{
	struct encoding *encoding = argument;
	const struct ln_environment *by = encoding->by;
	struct ln_bytes *key = encoding->key;
	struct ln_config *sent;

	encoding->error = ln_config_clone(encoding->config, &sent);
	if (encoding->error < 0)
		return;
	ln_limits_lower(&sent->limits, &by->limits);
	ln_encode_u32(key, sent->denied | by->denied);
	encoding->error = ln_config_encode(sent, key);
	ln_config_free(sent);
	if (encoding->error == 0 && key->error != 0)
		encoding->error = LN_ENOMEM;
}

/* Directories are bounded by those of the environment that spawns, unless it is
 * that of the program: then the other node's program bounds them. */
static void check_and_encode(void *argument)
{
	struct encoding *encoding = argument;
	const struct ln_environment *by = encoding->by;

	encoding->lacks_directory =
		by != by->family &&
		!has_directories(by->config, encoding->config);
	if (encoding->lacks_directory)
		encoding->error = LN_EPERM;
	else
		encode(encoding);
}

static int get_wanted(struct ln_peer *peer,
		      const struct ln_program_spawn *spawn,
		      struct wanted *wanted, char **error)
{
	const struct ln_environment *by = spawn->environment;
	struct encoding encoding = {
		.by = by,
		.config = spawn->config != NULL ? spawn->config : by->config,
		.key = &wanted->key,
	};
	int result;

	*wanted = (struct wanted){ .key = LN_ENCODED_INIT,
				   .number = spawn->number };
	if (spawn->config == NULL && by == peer->node->environment)
		return 0;
	result = ln_blocking_run_for(ln_sched_files(by->runtime->sched),
				     by->files, check_and_encode, &encoding);
	if (result == 0)
		result = encoding.error;
	if (encoding.lacks_directory)
		*error = strdup("the configuration has a directory that the "
				"process that spawns does not have");
	else if (result == LN_EUNSUP)
		*error = strdup("listeners cannot be passed to another node");
	return result;
}

/* Adds the module to an environment of the other node, from where it is. */
static int add(struct ln_peer *peer, struct ln_program_spawn *spawn,
	       struct ln_environment *environment, struct ln_module **module,
	       char **error)
{
	struct ln_module *own = spawn->own;
	const uint8_t *bytes;
	struct ln_blob *blob;
	size_t len;
	int result;

	if (own != NULL &&
	    atomic_load_explicit(&own->number, memory_order_relaxed) ==
		    spawn->number) {
		bytes = ln_module_source(own, &len);
		return ln_environment_add_module(environment, bytes, len,
						 module, error);
	}
	blob = ln_store_numbered(&peer->node->store, spawn->number);
	if (blob != NULL) {
		result = ln_environment_add_module(environment, blob->bytes,
						   blob->len, module, error);
		ln_blob_release(blob);
		return result;
	}
	result = ln_remote_module_numbered(environment, spawn->number, module,
					   error);
	if (result == 0 && *module == NULL) {
		spawn->no_module = true;
		*error = strdup(
			"neither node knows a module with that id; "
			"distributed::module_id tells that of a process");
		return LN_ENOENT;
	}
	return result;
}

/* Gets a module of the other node, kept or made. */
static int get_module(struct ln_peer *peer, struct ln_program_spawn *spawn,
		      struct wanted *wanted, struct ln_module **module,
		      char **error)
{
	struct ln_environment *environment;
	int result = 0;

	find_kept(peer, wanted, module, &environment);
	if (*module != NULL)
		return 0;
	if (environment == NULL)
		result = ln_remote_program_new(peer, &wanted->key, &environment,
					       error);
	if (result < 0)
		return result;
	result = add(peer, spawn, environment, module, error);
	ln_environment_release(environment);
	if (result == 0)
		keep(peer, wanted, *module);
	return result;
}

int ln_program_spawn(struct ln_peer *peer, struct ln_program_spawn *spawn,
		     uint64_t *number, char **error)
{
	struct ln_process *process;
	struct wanted wanted;
	struct ln_module *module;
	int result = check_version(peer, error);

	spawn->no_module = false;
	if (result < 0)
		return result;
	result = get_wanted(peer, spawn, &wanted, error);
	if (result == 0)
		result = get_module(peer, spawn, &wanted, &module, error);
	ln_bytes_deinit(&wanted.key);
	if (result != 0)
		return result;
	spawn->spawn.module = module;
	result = ln_remote_spawn(&spawn->spawn, &process, number, error);
	ln_module_release(module);
	if (result == 0)
		ln_process_release(process);
	return result;
}

/* ---- Processes and attributes ---- */

/* Ends a request: on failure its text becomes *error. */
static int finish(struct ln_ask *ask, int result, char **error)
{
	if (ask != NULL && result < 0) {
		*error = ask->text;
		ask->text = NULL;
	} else if (result == LN_EIO) {
		*error = strdup("the node is not connected, or was lost");
	}
	ln_ask_free(ask);
	return result;
}

int ln_program_find(struct ln_peer *peer, uint64_t number,
		    struct ln_process **process, char **error)
{
	const struct iovec part = { .iov_base = &number,
				    .iov_len = sizeof(number) };
	struct ln_ask *ask = NULL;
	struct ln_proxy *proxy;
	int result = check_version(peer, error);

	if (result < 0)
		return result;
	result = ln_ask(peer, 0, LN_ASK_PROCESS, &part, 1, &ask);
	if (result == 0) {
		*process = ask->process;
		proxy = ln_proxy_of(*process);
		if (proxy != NULL)
			atomic_store_explicit(&proxy->number, number,
					      memory_order_relaxed);
	}
	return finish(ask, result, error);
}

int ln_program_number(struct ln_process *remote, uint64_t *number, char **error)
{
	struct ln_proxy *proxy = ln_proxy_of(remote);
	const struct iovec part = { .iov_base = remote->id,
				    .iov_len = LN_ID_SIZE };
	struct ln_ask *ask = NULL;
	int result;

	*error = NULL;
	/* Relaxed, as above: just a number. */
	*number = atomic_load_explicit(&proxy->number, memory_order_relaxed);
	if (*number != 0)
		return 0;
	result = check_version(proxy->peer, error);
	if (result < 0)
		return result;
	result = ln_ask(proxy->peer, 0, LN_ASK_NUMBER, &part, 1, &ask);
	if (result == 0) {
		*number = ask->number;
		atomic_store_explicit(&proxy->number, *number,
				      memory_order_relaxed);
	}
	return finish(ask, result, error);
}

/* "name=NAME", owned by the caller; NULL: memory is short. */
static char *name_alone(const struct ln_session *session)
{
	static const char key[] = "name=";
	size_t len = strlen(session->id.name);
	char *text = malloc(sizeof(key) + len);

	if (text == NULL)
		return NULL;
	memcpy(text, key, sizeof(key) - 1);
	memcpy(text + sizeof(key) - 1, session->id.name, len + 1);
	return text;
}

/* Those that are known already, as a copy; NULL: none. An old node has none but
 * its name. */
static char *known_attributes(struct ln_peer *peer)
{
	const struct ln_session *session;
	char *text = NULL;

	ln_lock_acquire(&peer->lock);
	session = ln_queue_of(peer, 0);
	if (session != NULL && session->attributes != NULL)
		text = strdup(session->attributes);
	else if (session != NULL && session->id.version < LN_NUMBERS_VERSION)
		text = name_alone(session);
	ln_lock_release(&peer->lock);
	return text;
}

int ln_program_attributes(struct ln_peer *peer, char **attributes, char **error)
{
	struct ln_session *session;
	struct ln_ask *ask = NULL;
	int result;

	*error = NULL;
	*attributes = known_attributes(peer);
	if (*attributes != NULL)
		return 0;
	result = check_version(peer, error);
	if (result < 0)
		return result;
	result = ln_ask(peer, 0, LN_ASK_ATTRIBUTES, NULL, 0, &ask);
	if (result < 0)
		return finish(ask, result, error);
	*attributes = strdup(ask->text);
	ln_lock_acquire(&peer->lock);
	session = ln_queue_of(peer, ask->session);
	if (session != NULL && session->attributes == NULL) {
		session->attributes = ask->text;
		ask->text = NULL;
	}
	ln_lock_release(&peer->lock);
	ln_ask_free(ask);
	return *attributes != NULL ? 0 : LN_ENOMEM;
}
