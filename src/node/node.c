/* This node; see node.h. Lock order: node/session.c. */
#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/refs.h"
#include "base/utf8.h"
#include "node/peer.h"
#include "node/services.h"
#include "node/session.h"
#include "process/config.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/runtime.h"

#define DEFAULT(member, value)              \
	do {                                \
		if ((member) == 0)          \
			(member) = (value); \
	} while (0)

static void set_defaults(struct ln_local_node_options *options)
{
	DEFAULT(options->high_mark, (size_t)1 << 20);
	DEFAULT(options->low_mark, options->high_mark / 2);
	DEFAULT(options->max_answer_bytes, (size_t)64 << 20);
	DEFAULT(options->max_message, (uint64_t)1 << 30);
	DEFAULT(options->max_sessions, 1024);
	DEFAULT(options->max_peers, 65536);
	DEFAULT(options->max_proxies, 1u << 20);
	DEFAULT(options->max_store, (size_t)256 << 20);
	DEFAULT(options->max_unlinks, 1u << 18);
	DEFAULT(options->max_ends, 1u << 16);
	DEFAULT(options->piece, 64);
	DEFAULT(options->max_session_bytes, (uint64_t)512 << 20);
	DEFAULT(options->max_body_bytes, (uint64_t)2 << 30);
}

bool ln_node_name_valid(const char *name, size_t len)
{
	if (len < 1 || len > LN_NODE_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	}
	return ln_utf8_valid((const uint8_t *)name, len);
}

/* The attributes, in which the name is one, too. */
static int set_attributes(struct ln_local_node *node, const char *attributes)
{
	const char *more = attributes != NULL ? attributes : "";

	if (asprintf(&node->attributes, "name=%s%s%s", node->id.name,
		     more[0] != '\0' ? "\n" : "", more) < 0) {
		node->attributes = NULL;
		return LN_ENOMEM;
	}
	return strlen(node->attributes) <= LN_ATTRIBUTES_MAX ? 0 : LN_EINVAL;
}

int ln_local_node_new(struct ln_runtime *runtime,
		      const struct ln_local_node_options *options,
		      struct ln_local_node **out)
{
	struct ln_local_node *node;
	size_t len = strlen(options->name);
	int error;

	if (!ln_node_name_valid(options->name, len))
		return LN_EINVAL;
	node = calloc(1, sizeof(*node));
	if (node == NULL)
		return LN_ENOMEM;
	memcpy(node->id.name, options->name, len);
	error = set_attributes(node, options->attributes);
	if (error < 0) {
		free(node->attributes);
		free(node);
		return error;
	}
	node->options = *options;
	node->options.name = NULL;
	node->options.attributes = NULL;
	node->options.incarnation = NULL;
	set_defaults(&node->options);
	node->id.version = LN_PROTOCOL_VERSION;
	if (options->incarnation != NULL)
		memcpy(node->id.incarnation, options->incarnation, LN_ID_SIZE);
	else
		ln_random_bytes(node->id.incarnation, LN_ID_SIZE);
	error = ln_services_new(node, &node->services);
	if (error < 0) {
		free(node->attributes);
		free(node);
		return error;
	}
	node->runtime = ln_runtime_retain(runtime);
	atomic_init(&node->references, 1);
	ln_id_table_init(&node->peers);
	ln_list_init(&node->sessions);
	ln_id_table_init(&node->exports);
	ln_tombstones_init(&node->tombstones, node->options.max_ends);
	ln_store_init(&node->store, node->options.max_store);
	node->bodies.max = node->options.max_body_bytes;
	*out = node;
	return 0;
}

struct ln_local_node *ln_local_node_retain(struct ln_local_node *node)
{
	ln_refs_retain(&node->references);
	return node;
}

void ln_local_node_release(struct ln_local_node *node)
{
	if (!ln_refs_release(&node->references))
		return;
	ln_id_table_deinit(&node->peers);
	ln_id_table_deinit(&node->exports);
	ln_tombstones_deinit(&node->tombstones);
	ln_store_deinit(&node->store);
	ln_services_free(node->services);
	ln_runtime_release(node->runtime);
	free(node->attributes);
	free(node);
}

int ln_local_node_attach(struct ln_local_node *node,
			 struct ln_environment *environment)
{
	struct ln_config *config;
	int error = ln_config_new(&config);

	if (error < 0)
		return error;
	/* Its processes run no guests, and their number is bounded by that of
	 * the requests. */
	config->limits.max_processes = UINT64_MAX;
	error = ln_environment_new(node->runtime, NULL, config, &node->serving);
	ln_config_free(config);
	if (error < 0)
		return error;
	node->environment = ln_environment_retain(environment);
	node->bodies.above = environment->charged;
	node->runtime->node = node;
	return 0;
}

void ln_local_node_free(struct ln_local_node *node)
{
	if (node == NULL)
		return;
	if (node->environment != NULL) {
		node->runtime->node = NULL;
		ln_environment_release(node->environment);
		ln_environment_release(node->serving);
	}
	ln_local_node_release(node);
}

struct ln_peer *ln_local_node_find(struct ln_local_node *node, const char *name,
				   size_t len)
{
	struct ln_peer *peer = NULL;

	ln_lock_acquire(&node->lock);
	ln_list_for_each (at, &node->sessions) {
		struct ln_session *session =
			ln_container_of(at, struct ln_session, siblings);

		if (strlen(session->id.name) == len &&
		    memcmp(session->id.name, name, len) == 0) {
			peer = ln_peer_retain(session->peer);
			break;
		}
	}
	ln_lock_release(&node->lock);
	return peer;
}
