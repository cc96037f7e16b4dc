/*
 * Environments and modules of other nodes: each call is a request. They belong
 * to the session in which they were made: when it ends they are gone, even if
 * the node comes back.
 */
#include "node/remote_environment.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "node/codec.h"
#include "node/config.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/reference.h"
#include "node/request.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/process.h"
#include "process/remote_environment.h"
#include "process/runtime.h"
#include "process/wasm.h"
#include "sched/sched.h"
#include "sched/task.h"

/* Of a name in an error. */
#define SHOWN_MAX 200

struct remote_environment {
	struct ln_environment base;
	struct ln_peer *peer; /* counted */
	uint64_t session;     /* its number */
	uint64_t id;          /* there */
};

struct remote_module {
	struct ln_module base;
	uint64_t id; /* there */
};

static struct remote_environment *remote_of(struct ln_environment *environment)
{
	return ln_container_of(environment, struct remote_environment, base);
}

uint64_t ln_remote_session(const struct ln_environment *environment)
{
	ln_assert(ln_environment_is_remote(environment));
	return ln_container_of(environment, const struct remote_environment,
			       base)
		->session;
}

/* Formats a text, on the worker's stack. */
struct text {
	const char *format;
	va_list *values;
	char *text;
};

static void write_text(void *argument)
{
	struct text *text = argument;

	if (vasprintf(&text->text, text->format, *text->values) < 0)
		text->text = NULL;
}

static __attribute__((format(printf, 1, 2))) char *text_of(const char *format,
							   ...)
{
	struct text text = { .format = format };
	va_list values;

	va_start(values, format);
	text.values = &values;
	ln_task_on_worker_stack(ln_task_current(), write_text, &text);
	va_end(values);
	return text.text;
}

/* Ends a request: on failure its text, or what is known here, becomes *error.
 * Frees the request. */
static int finish(struct ln_ask *ask, int result, char **error)
{
	*error = NULL;
	if (ask != NULL && result < 0) {
		*error = ask->text;
		ask->text = NULL;
	} else if (result == LN_EIO) {
		*error = text_of(
			"the node is not connected, or was lost; make its "
			"environments and modules again");
	}
	ln_ask_free(ask);
	return result;
}

static int request(struct remote_environment *remote,
		   enum ln_operation operation, const struct iovec *parts,
		   int count, struct ln_ask **ask)
{
	return ln_ask(remote->peer, remote->session, operation, parts, count,
		      ask);
}

/* Takes over what was allocated for a module that is there now. */
static struct ln_module *adopt_module(struct remote_module *module,
				      struct ln_environment *environment,
				      uint64_t id)
{
	module->id = id;
	module->base.environment = ln_environment_retain(environment);
	atomic_init(&module->base.references, 1);
	return &module->base;
}

static int add_module(struct ln_environment *environment, const uint8_t *bytes,
		      size_t len, struct ln_module **out, char **error)
{
	struct remote_environment *remote = remote_of(environment);
	struct ln_sched *sched = environment->runtime->sched;
	struct remote_module *module;
	uint8_t digest[LN_DIGEST_SIZE];
	struct ln_ask *ask = NULL;
	int result;

	*error = NULL;
	if (len == 0) {
		*error = text_of("a module of no bytes");
		return LN_EFORMAT;
	}
	module = calloc(1, sizeof(*module));
	if (module == NULL)
		return LN_ENOMEM;
	result = ln_digest_in(ln_sched_bulk(sched), bytes, len, digest);
	if (result == 0)
		result = ln_ask_module(remote->peer, remote->session,
				       remote->id, digest, bytes, len, &ask);
	if (result < 0 || ask == NULL) {
		free(module);
		return finish(ask, result, error);
	}
	*out = adopt_module(module, environment, ask->id);
	return finish(ask, 0, error);
}

int ln_remote_module_numbered(struct ln_environment *environment,
			      uint64_t number, struct ln_module **out,
			      char **error)
{
	struct remote_environment *remote = remote_of(environment);
	struct remote_module *module = calloc(1, sizeof(*module));
	const struct iovec parts[] = {
		{ .iov_base = &remote->id, .iov_len = sizeof(remote->id) },
		{ .iov_base = &number, .iov_len = sizeof(number) },
	};
	struct ln_ask *ask = NULL;
	int result;

	*out = NULL;
	*error = NULL;
	if (module == NULL)
		return LN_ENOMEM;
	result = request(remote, LN_ASK_NUMBERED_MODULE, parts, 2, &ask);
	if (result == 0 && ask->known)
		*out = adopt_module(module, environment, ask->id);
	else
		free(module);
	return finish(ask, result, error);
}

int ln_remote_spawn(const struct ln_spawn *spawn, struct ln_process **process,
		    uint64_t *number, char **error)
{
	struct remote_module *module =
		ln_container_of(spawn->module, struct remote_module, base);
	struct remote_environment *remote =
		remote_of(spawn->module->environment);
	struct ln_process *parent = spawn->link_tag != 0 ? spawn->parent : NULL;
	struct ln_bytes body = LN_ENCODED_INIT;
	uint8_t reference[LN_REFERENCE_MAX];
	struct ln_ask *ask = NULL;
	struct iovec part;
	int len = ln_reference_encode(remote->peer, parent, reference);
	int result = len < 0 ? len : 0;

	ln_encode_u64(&body, module->id);
	ln_encode_bytes(&body, spawn->function, spawn->function_len);
	ln_encode_bytes(&body, spawn->params, spawn->params_len);
	if (result == 0)
		ln_bytes_add(&body, reference, (size_t)len);
	ln_encode_u64(&body, (uint64_t)spawn->link_tag);
	if (result == 0 && body.error != 0)
		result = LN_ENOMEM;
	part = (struct iovec){ .iov_base = body.data, .iov_len = body.len };
	if (result == 0)
		result = request(remote, LN_ASK_SPAWN, &part, 1, &ask);
	ln_bytes_deinit(&body);
	if (result == 0) {
		*process = ask->process;
		*number = ask->number;
	}
	return finish(ask, result, error);
}

static int spawn(const struct ln_spawn *spawn, struct ln_process **process,
		 char **error)
{
	uint64_t number;

	return ln_remote_spawn(spawn, process, &number, error);
}

/* What requests about names begin with. */
static void put_naming(struct ln_bytes *body,
		       const struct remote_environment *remote,
		       const struct ln_registry_key *key)
{
	ln_encode_u64(body, remote->id);
	ln_encode_bytes(body, key->name, key->name_len);
	ln_encode_bytes(body, key->version, key->version_len);
}

/* Sends a request about a name; frees its body. */
static int ask_name(struct remote_environment *remote,
		    enum ln_operation operation, struct ln_bytes *body,
		    struct ln_ask **ask)
{
	const struct iovec part = { .iov_base = body->data,
				    .iov_len = body->len };
	int result = body->error != 0
			     ? LN_ENOMEM
			     : request(remote, operation, &part, 1, ask);

	ln_bytes_deinit(body);
	return result;
}

static int enter(struct ln_environment *environment,
		 const struct ln_registry_key *key, struct ln_process *process,
		 char **error)
{
	struct remote_environment *remote = remote_of(environment);
	struct ln_bytes body = LN_ENCODED_INIT;
	uint8_t reference[LN_REFERENCE_MAX];
	struct ln_ask *ask = NULL;
	int len = ln_reference_encode(remote->peer, process, reference);
	int result;

	*error = NULL;
	if (len < 0)
		return len;
	put_naming(&body, remote, key);
	ln_bytes_add(&body, reference, (size_t)len);
	result = ask_name(remote, LN_ASK_REGISTER, &body, &ask);
	return finish(ask, result, error);
}

static int forget(struct ln_environment *environment,
		  const struct ln_registry_key *key, char **error)
{
	struct remote_environment *remote = remote_of(environment);
	struct ln_bytes body = LN_ENCODED_INIT;
	struct ln_ask *ask = NULL;
	int result;

	put_naming(&body, remote, key);
	result = ask_name(remote, LN_ASK_UNREGISTER, &body, &ask);
	return finish(ask, result, error);
}

static int look_up(struct ln_environment *environment,
		   const struct ln_registry_key *key,
		   struct ln_process **process, char **error)
{
	struct remote_environment *remote = remote_of(environment);
	struct ln_bytes body = LN_ENCODED_INIT;
	struct ln_ask *ask = NULL;
	int result;

	put_naming(&body, remote, key);
	result = ask_name(remote, LN_ASK_LOOKUP, &body, &ask);
	if (result == 0)
		*process = ask->process;
	return finish(ask, result, error);
}

static void free_environment(struct ln_environment *environment)
{
	struct remote_environment *remote = remote_of(environment);
	struct ln_runtime *runtime = environment->runtime;

	ln_ask_drop(remote->peer, remote->session, LN_HELD_ENVIRONMENT,
		    remote->id);
	ln_peer_release(remote->peer);
	free(remote);
	ln_runtime_release(runtime);
}

static void free_module(struct ln_module *base)
{
	struct remote_module *module =
		ln_container_of(base, struct remote_module, base);
	struct remote_environment *remote = remote_of(base->environment);

	ln_ask_drop(remote->peer, remote->session, LN_HELD_MODULE, module->id);
	ln_environment_release(base->environment);
	free(module);
}

static const struct ln_remote_environment_class class = {
	.add_module = add_module,
	.spawn = spawn,
	.enter = enter,
	.remove = forget,
	.lookup = look_up,
	.free = free_environment,
	.free_module = free_module,
};

static struct ln_environment *adopt(struct remote_environment *remote,
				    struct ln_ask *ask)
{
	struct ln_runtime *runtime = ask->peer->node->runtime;

	remote->base.runtime = ln_runtime_retain(runtime);
	remote->base.remote = &class;
	atomic_init(&remote->base.references, 1);
	remote->peer = ln_peer_retain(ask->peer);
	remote->session = ask->session;
	remote->id = ask->id;
	return &remote->base;
}

int ln_remote_program_new(struct ln_peer *peer, const struct ln_bytes *body,
			  struct ln_environment **environment, char **error)
{
	struct remote_environment *remote = calloc(1, sizeof(*remote));
	const struct iovec part = { .iov_base = body->data,
				    .iov_len = body->len };
	struct ln_ask *ask = NULL;
	int result;

	*error = NULL;
	if (remote == NULL)
		return LN_ENOMEM;
	result = ln_ask(peer, 0, LN_ASK_PROGRAM, &part, 1, &ask);
	if (result == 0)
		*environment = adopt(remote, ask);
	else
		free(remote);
	return finish(ask, result, error);
}

static int ask_environment(struct ln_peer *peer, const struct ln_config *config,
			   struct ln_environment **environment, char **error)
{
	struct remote_environment *remote = calloc(1, sizeof(*remote));
	struct ln_bytes body = LN_ENCODED_INIT;
	struct ln_ask *ask = NULL;
	struct iovec part;
	int result = ln_config_encode(config, &body);

	if (result == LN_EUNSUP)
		*error = text_of("listeners cannot be passed to another node");
	if (result == 0 && (body.error != 0 || remote == NULL))
		result = LN_ENOMEM;
	part = (struct iovec){ .iov_base = body.data, .iov_len = body.len };
	if (result == 0) {
		result = ln_ask(peer, 0, LN_ASK_ENVIRONMENT, &part, 1, &ask);
		if (result == 0) {
			*environment = adopt(remote, ask);
			remote = NULL;
		}
		result = finish(ask, result, error);
	}
	ln_bytes_deinit(&body);
	free(remote);
	return result;
}

int ln_remote_environment_new(struct ln_local_node *node, const char *name,
			      size_t len, const struct ln_config *config,
			      struct ln_environment **environment, char **error)
{
	struct ln_peer *peer = ln_local_node_find(node, name, len);
	int result;

	*error = NULL;
	if (peer == NULL) {
		*error = text_of("node '%.*s' is not connected; is it running, "
				 "and in the same cluster?",
				 len > SHOWN_MAX ? SHOWN_MAX : (int)len, name);
		return LN_ENOENT;
	}
	result = ask_environment(peer, config, environment, error);
	ln_peer_release(peer);
	return result;
}
