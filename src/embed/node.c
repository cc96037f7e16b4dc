/*
 * DESIGN
 * A runtime as a node. The runtime keeps the node, since processes may be in a
 * call to another node as long as there are processes.
 */
#include <lunatic/node.h>
#include <lunatic/runtime.h>

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "cluster/node.h"
#include "control/control.h"
#include "embed/embed.h"
#include "nats/broker.h"
#include "nats/packet.h"
#include "node/attributes.h"
#include "node/node.h"
#include "node/remote_environment.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "sched/blocking.h"
#include "sched/sched.h"
#include "sched/task.h"

#define HEARTBEAT_MIN_MS (LN_HEARTBEAT_MIN / LN_NS_PER_MS)
#define HEARTBEAT_MAX_MS (LN_HEARTBEAT_MAX / LN_NS_PER_MS)

struct lunatic_rt_peer_list {
	struct ln_fabric_peer *peers;
	size_t count;
	int64_t now;
};

static lunatic_rt_node_config default_config(void)
{
	return (lunatic_rt_node_config){
		.heartbeat_ms = LN_HEARTBEAT_DEFAULT / LN_NS_PER_MS,
	};
}

int lunatic_rt_node_config_init(lunatic_rt_node_config *config, size_t size)
{
	const lunatic_rt_node_config defaults = default_config();

	return ln_embed_write_config(config, size, &defaults, sizeof(defaults));
}

/* Whether the caller is a process, or a function that runs for one. */
static bool in_process(void)
{
	return ln_task_current() != NULL || ln_embed_served() != NULL;
}

/* Passes a text to the caller, or frees it. */
static void give(char *text, char **error_text)
{
	if (error_text != NULL)
		*error_text = text;
	else
		free(text);
}

static bool are_set(const char *const *texts, size_t count)
{
	if (texts == NULL)
		return count == 0;
	for (size_t i = 0; i < count; i++) {
		if (texts[i] == NULL)
			return false;
	}
	return true;
}

static bool are_attributes(const char *const *texts, size_t count)
{
	size_t len = 0;

	if (!are_set(texts, count))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!ln_attribute_valid(texts[i]))
			return false;
		len += strlen(texts[i]) + 1;
		if (len > LN_ATTRIBUTES_MAX)
			return false;
	}
	return true;
}

/* Either the mesh or a broker, and what belongs to it. */
static bool is_fabric(const lunatic_rt_node_config *config)
{
	if (config->nats_servers == NULL)
		return config->address != NULL &&
		       config->nats_cluster == NULL &&
		       config->nats_credentials == NULL &&
		       config->nats_authority == NULL &&
		       config->nats_certificate == NULL &&
		       config->nats_key == NULL;
	return config->address == NULL && config->peer_count == 0 &&
	       config->discover_count == 0 &&
	       ln_nats_servers_valid(config->nats_servers) &&
	       (config->nats_cluster == NULL ||
		ln_nats_cluster_valid(config->nats_cluster)) &&
	       (config->nats_certificate == NULL) == (config->nats_key == NULL);
}

static bool is_valid(const lunatic_rt_node_config *config)
{
	if (config->name == NULL || !is_fabric(config) ||
	    !are_attributes(config->attributes, config->attribute_count) ||
	    config->heartbeat_ms < HEARTBEAT_MIN_MS ||
	    config->heartbeat_ms > HEARTBEAT_MAX_MS)
		return false;
	if (!are_set(config->peers, config->peer_count) ||
	    !are_set(config->discover, config->discover_count))
		return false;
	return config->cluster_key == NULL ||
	       (config->certificate == NULL && config->key == NULL &&
		config->authority == NULL);
}

/* As lines, owned by the caller; NULL: memory is short. */
static char *attribute_lines(const lunatic_rt_node_config *config)
{
	struct ln_bytes lines = { .max = LN_ATTRIBUTES_MAX + 1 };

	for (size_t i = 0; i < config->attribute_count; i++) {
		const char *text = config->attributes[i];

		ln_bytes_add(&lines, "\n", i > 0 ? 1 : 0);
		ln_bytes_add(&lines, text, strlen(text));
	}
	ln_bytes_add(&lines, "", 1);
	if (lines.error != 0) {
		ln_bytes_deinit(&lines);
		return NULL;
	}
	return (char *)lines.data;
}

static void set_member(struct ln_runtime *runtime, struct ln_node *member)
{
	runtime->member = member;
	ln_control_set_member(runtime->control, member);
}

int lunatic_rt_node_new(lunatic_rt_environment *environment,
			const lunatic_rt_node_config *config,
			lunatic_rt_node **node, char **error_text)
{
	lunatic_rt_node_config own = default_config();
	struct ln_node_options options;
	char *attributes;
	char *text;
	int error;

	if (error_text != NULL)
		*error_text = NULL;
	if (node == NULL)
		return LN_EINVAL;
	*node = NULL;
	if (environment == NULL || ln_environment_is_remote(environment) ||
	    config == NULL || in_process() ||
	    ln_embed_read_config(&own, sizeof(own), config) < 0 ||
	    !is_valid(&own))
		return LN_EINVAL;
	attributes = attribute_lines(&own);
	if (attributes == NULL)
		return LN_ENOMEM;
	options = (struct ln_node_options){
		.name = own.name,
		.attributes = own.attribute_count > 0 ? attributes : NULL,
		.address = own.address,
		.peers = own.peers,
		.peer_count = own.peer_count,
		.finders = own.discover,
		.finder_count = own.discover_count,
		.cluster_key = own.cluster_key,
		.files = { .certificate = own.certificate,
			   .key = own.key,
			   .authority = own.authority },
		.heartbeat = own.heartbeat_ms * LN_NS_PER_MS,
		.broker = { .servers = own.nats_servers,
			    .cluster = own.nats_cluster,
			    .credentials = own.nats_credentials,
			    .authority = own.nats_authority,
			    .certificate = own.nats_certificate,
			    .key = own.nats_key },
	};
	error = ln_node_new(environment, &options, node, &text);
	free(attributes);
	if (error == 0)
		set_member(environment->runtime, *node);
	else
		give(text, error_text);
	return error;
}

int lunatic_rt_node_join(lunatic_rt_node *node, char **error_text)
{
	char *text;
	int error;

	if (error_text != NULL)
		*error_text = NULL;
	if (node == NULL || in_process())
		return LN_EINVAL;
	error = ln_node_join(node, NULL, &text);
	if (error < 0)
		give(text, error_text);
	return error;
}

int lunatic_rt_node_leave(lunatic_rt_node *node)
{
	if (node == NULL || in_process())
		return LN_EINVAL;
	ln_node_leave(node);
	return 0;
}

void ln_embed_free_node(struct ln_runtime *runtime)
{
	struct ln_node *member = runtime->member;

	if (member == NULL)
		return;
	ln_runtime_stop(runtime);
	set_member(runtime, NULL);
	ln_node_free(member);
}

const char *lunatic_rt_node_name(const lunatic_rt_node *node)
{
	return node != NULL ? ln_node_own_id(node)->name : NULL;
}

const char *lunatic_rt_node_address(const lunatic_rt_node *node)
{
	return node != NULL ? ln_node_address(node) : NULL;
}

struct listing {
	struct ln_node *node;
	struct ln_fabric_peer *peers;
	int count;
};

static void list_peers(void *argument)
{
	struct listing *listing = argument;

	listing->count = ln_node_list(listing->node, &listing->peers);
}

int lunatic_rt_node_peers(lunatic_rt_node *node, lunatic_rt_peer_list **list)
{
	struct listing listing = { .node = node };
	struct lunatic_rt_peer_list *made;
	int error;

	if (list == NULL)
		return LN_EINVAL;
	*list = NULL;
	if (node == NULL)
		return LN_EINVAL;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return LN_ENOMEM;
	error = ln_blocking_run(
		ln_sched_blocking(ln_node_local(node)->runtime->sched),
		list_peers, &listing);
	if (error == 0 && listing.count < 0)
		error = listing.count;
	if (error < 0) {
		free(made);
		return error;
	}
	made->peers = listing.peers;
	made->count = (size_t)listing.count;
	made->now = ln_time_now();
	*list = made;
	return 0;
}

size_t lunatic_rt_peer_list_count(const lunatic_rt_peer_list *list)
{
	return list != NULL ? list->count : 0;
}

int lunatic_rt_peer_list_get(const lunatic_rt_peer_list *list, size_t index,
			     lunatic_rt_peer_info *info, size_t size)
{
	const struct ln_fabric_peer *peer;
	lunatic_rt_peer_info own;

	if (list == NULL || index >= list->count)
		return LN_EINVAL;
	peer = &list->peers[index];
	own = (lunatic_rt_peer_info){
		.name = peer->id.name,
		.address = peer->address,
		.age_ms = (list->now - peer->since) / LN_NS_PER_MS,
		.received = peer->received,
		.sent = peer->sent,
	};
	memcpy(own.incarnation, peer->id.incarnation, sizeof(own.incarnation));
	return ln_embed_write_config(info, size, &own, sizeof(own));
}

void lunatic_rt_peer_list_free(lunatic_rt_peer_list *list)
{
	if (list != NULL)
		free(list->peers);
	free(list);
}

int lunatic_rt_environment_new_remote(
	lunatic_rt_node *node, const char *name,
	const lunatic_rt_environment_config *config,
	lunatic_rt_environment **environment, char **error_text)
{
	struct ln_config *own;
	struct ln_local_node *local;
	char *text;
	int error;

	if (error_text != NULL)
		*error_text = NULL;
	if (environment == NULL)
		return LN_EINVAL;
	*environment = NULL;
	if (node == NULL || name == NULL)
		return LN_EINVAL;
	local = ln_node_local(node);
	error = ln_embed_make_config(local->runtime, config, &own);
	if (error < 0)
		return error;
	error = ln_remote_environment_new(local, name, strlen(name), own,
					  environment, &text);
	ln_config_free(own);
	if (error < 0) {
		*environment = NULL;
		give(text, error_text);
	}
	return error;
}
