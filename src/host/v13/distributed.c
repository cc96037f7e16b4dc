/*
 * lunatic::distributed: nodes, and their processes, by ids. A message needs no
 * answer of the other node, so sending one takes no request.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "host/spawn.h"
#include "host/v13/find.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/program.h"
#include "node/request.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/lookup.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/spawn_config.h"

/* Results. */
#define NO_NODE 1u
#define NO_MODULE 2u
#define SEND_NO_NODE 2u

#define OWN UINT64_MAX /* in the place of a configuration */

/* What a metered guest pays: for an id of a node, for a spawn there. */
#define NODE_FUEL 10
#define SPAWN_FUEL 10000
#define ENVIRONMENT_FUEL 100000
#define MODULE_FUEL_PER_BYTE 1

/* The node, if the guest may use it and others by ids; NULL: it may not. */
static struct ln_local_node *node_of(const struct ln_guest *guest)
{
	struct ln_local_node *node = guest->environment->runtime->node;

	return node != NULL && ln_local_node_admits(node, guest->environment)
		       ? node
		       : NULL;
}

int ln_host_v13_distributed_nodes_count(struct ln_guest *guest,
					uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);

	*result = node != NULL ? (uint32_t)ln_local_node_numbers(node, NULL, 0)
			       : 0;
	ln_guest_pay(guest, *result);
	return 0;
}

/* Nodes that can be connected, with the own one. */
#define NODES_MAX 1025u

int ln_host_v13_distributed_get_nodes(struct ln_guest *guest,
				      struct ln_array nodes, uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);
	size_t max = nodes.count < NODES_MAX ? nodes.count : NODES_MAX;
	uint64_t *numbers;
	size_t count;

	*result = 0;
	if (node == NULL || max == 0)
		return 0;
	numbers = malloc(max * sizeof(*numbers));
	if (numbers == NULL)
		return LN_ENOMEM;
	count = ln_local_node_numbers(node, numbers, max);
	if (count > max)
		count = max;
	memcpy(nodes.data, numbers, count * sizeof(*numbers));
	free(numbers);
	ln_guest_pay(guest, count * NODE_FUEL);
	*result = (uint32_t)count;
	return 0;
}

int ln_host_v13_distributed_node_id(struct ln_guest *guest, uint64_t *result)
{
	*result = ln_v13_node_id(guest);
	return 0;
}

/* The number of the guest's module. Parks the first time. */
static int own_module(struct ln_guest *guest, uint64_t *number)
{
	struct ln_module *module = guest->module;
	size_t len;
	int error;

	*number = atomic_load_explicit(&module->number, memory_order_relaxed);
	if (*number != 0)
		return 0;
	ln_module_source(module, &len);
	ln_guest_pay(guest, len * MODULE_FUEL_PER_BYTE);
	error = ln_module_number(node_of(guest), module, number);
	ln_instance_resumed(guest->instance);
	return error;
}

int ln_host_v13_distributed_module_id(struct ln_guest *guest, uint64_t *result)
{
	return own_module(guest, result);
}

/* A spawn that has failed: the id of an error is stored. */
static int spawn_failed(struct ln_guest *guest, int error, bool no_module,
			const char *text, uint8_t *id, uint32_t *result)
{
	ln_host_fail(guest, id, result, "%s",
		     text != NULL ? text : ln_error_text(error));
	if (no_module)
		*result = NO_MODULE;
	else if (error == LN_EIO)
		*result = LN_HOST_TIMED_OUT;
	return 0;
}

static int no_node(struct ln_guest *guest, uint64_t node, uint8_t *id,
		   uint32_t *result)
{
	const struct ln_runtime *runtime = guest->environment->runtime;

	if (runtime->node == NULL)
		ln_host_fail(guest, id, result,
			     "this program is not a node; start it with --node "
			     "and --node-name");
	else if (node_of(guest) == NULL)
		ln_host_fail(guest, id, result,
			     "this environment may not use other nodes by ids; "
			     "only the program itself may, and what it spawns");
	else
		ln_host_fail(guest, id, result,
			     "Node does not exist: %llu is not connected",
			     (unsigned long long)node);
	*result = NO_NODE;
	return 0;
}

/* Spawns on the node that the guest runs on. */
static int spawn_here(struct ln_guest *guest, uint64_t config, uint64_t module,
		      const struct ln_host_spawn *spawn, uint8_t *id,
		      uint32_t *result)
{
	uint64_t own;
	int error = own_module(guest, &own);

	if (error < 0)
		return error;
	if (module != own)
		return spawn_failed(guest, LN_ENOENT, true,
				    "Module does not exist: on its own node a "
				    "process spawns from its own module",
				    id, result);
	return ln_host_v13_process_spawn(guest, 0, config, OWN, spawn->function,
					 spawn->params, id, result);
}

/* Spawns on another node. */
static int spawn_there(struct ln_guest *guest, struct ln_peer *peer,
		       const struct ln_spawn_config *config, uint64_t module,
		       const struct ln_host_spawn *from, uint8_t *id,
		       uint32_t *result)
{
	struct ln_program_spawn spawn = {
		.environment = guest->environment,
		.config = config != NULL ? config->config : NULL,
		.number = module,
		.own = guest->module,
		.spawn = {
			.function = (const char *)from->function.data,
			.function_len = from->function.len,
			.params = from->params.data,
			.params_len = from->params.len,
			.caller = guest->process,
		},
	};
	uint64_t number = 0;
	char *text;
	int error;

	ln_guest_pay(guest, SPAWN_FUEL);
	if (config != NULL)
		ln_guest_pay(guest, ENVIRONMENT_FUEL +
					    ln_config_weight(config->config));
	error = ln_program_spawn(peer, &spawn, &number, &text);
	ln_instance_resumed(guest->instance);
	if (error == 0) {
		ln_host_put_id(id, number);
		*result = LN_HOST_DONE;
	} else if (error != LN_EKILLED) {
		error = spawn_failed(guest, error, spawn.no_module, text, id,
				     result);
	}
	free(text);
	return error;
}

int ln_host_v13_distributed_spawn(struct ln_guest *guest, uint64_t node,
				  uint64_t config, uint64_t module,
				  struct ln_slice function,
				  struct ln_slice params, uint8_t *id,
				  uint32_t *result)
{
	const struct ln_host_spawn spawn = { .function = function,
					     .params = params };
	const struct ln_spawn_config *with = NULL;
	struct ln_local_node *local = node_of(guest);
	struct ln_peer *peer = NULL;
	uint64_t own;
	int error = ln_host_check_spawn(guest, &spawn);

	if (error < 0)
		return error;
	if (config != OWN) {
		with = ln_guest_get(guest, LN_RESOURCE_SPAWN_CONFIG, config);
		if (with == NULL)
			return ln_host_missing(guest, LN_RESOURCE_SPAWN_CONFIG,
					       config);
	}
	if (node == ln_v13_node_id(guest))
		return spawn_here(guest, config, module, &spawn, id, result);
	if (local != NULL)
		peer = ln_local_node_numbered(local, node);
	if (peer == NULL)
		return no_node(guest, node, id, result);
	/* Whether the module is the guest's own is told by its number. */
	error = own_module(guest, &own);
	if (error == 0)
		error = spawn_there(guest, peer, with, module, &spawn, id,
				    result);
	ln_peer_release(peer);
	return error;
}
