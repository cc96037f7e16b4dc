/* The classes of what guests hold by ids. */
#include "process/resource.h"

#include <stdlib.h>

#include "net/address.h"
#include "net/socket.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/node_list.h"
#include "process/process.h"
#include "process/spawn_config.h"

static void *retain_process(void *process)
{
	return ln_process_retain(process);
}

static void release_process(void *process)
{
	ln_process_release(process);
}

static void *retain_module(void *module)
{
	return ln_module_retain(module);
}

static void release_module(void *module)
{
	ln_module_release(module);
}

static void release_environment(void *environment)
{
	ln_environment_release(environment);
}

static void free_config(void *config)
{
	ln_config_free(config);
}

/* It counts while it is made up. */
static uint64_t config_weight(const void *config)
{
	return ((const struct ln_config *)config)->kept;
}

static void free_spawn_config(void *config)
{
	ln_spawn_config_free(config);
}

static uint64_t spawn_config_weight(const void *config)
{
	return ((const struct ln_spawn_config *)config)->config->kept;
}

static void *retain_socket(void *socket)
{
	return ln_socket_retain(socket);
}

static void release_socket(void *socket)
{
	ln_socket_release(socket);
}

static uint64_t addresses_weight(const void *value)
{
	const struct ln_addresses *addresses = value;

	return sizeof(*addresses) +
	       addresses->count * sizeof(addresses->list[0]);
}

static uint64_t node_list_weight(const void *value)
{
	const struct ln_node_list *list = value;

	return sizeof(*list) + list->count * sizeof(list->nodes[0]);
}

const struct ln_resource_class ln_resource_classes[LN_RESOURCE_KINDS] = {
	[LN_RESOURCE_PROCESS] = {
		.noun = "process",
		.max = UINT32_MAX,
		.travels = true,
		.crosses_nodes = true,
		.retain = retain_process,
		.release = release_process,
	},
	[LN_RESOURCE_ERROR] = {
		.noun = "error",
		.max = LN_GUEST_MAX_ERRORS,
		.release = ln_guest_free_error,
		.weight = ln_guest_error_weight,
	},
	[LN_RESOURCE_MODULE] = {
		.noun = "module",
		.max = 4096,
		.travels = true,
		.retain = retain_module,
		.release = release_module,
	},
	[LN_RESOURCE_ENVIRONMENT] = {
		.noun = "environment",
		.max = 1024,
		.release = release_environment,
	},
	[LN_RESOURCE_CONFIG] = {
		.noun = "configuration",
		.max = 1024,
		.release = free_config,
		.weight = config_weight,
	},
	[LN_RESOURCE_TCP_LISTENER] = {
		.noun = "tcp listener",
		.max = UINT32_MAX,
		.release = release_socket,
	},
	[LN_RESOURCE_TCP_STREAM] = {
		.noun = "tcp stream",
		.max = UINT32_MAX,
		.travels = true,
		.retain = retain_socket,
		.release = release_socket,
	},
	[LN_RESOURCE_DNS_ITERATOR] = {
		.noun = "dns iterator",
		.max = UINT32_MAX,
		.release = free,
		.weight = addresses_weight,
	},
	[LN_RESOURCE_UDP_SOCKET] = {
		.noun = "udp socket",
		.max = UINT32_MAX,
		.travels = true,
		.retain = retain_socket,
		.release = release_socket,
	},
	[LN_RESOURCE_SPAWN_CONFIG] = {
		.noun = "process configuration",
		.max = 1024,
		.release = free_spawn_config,
		.weight = spawn_config_weight,
	},
	[LN_RESOURCE_NODE_LIST] = {
		.noun = "result of a query for nodes",
		.max = 1024,
		.release = free,
		.weight = node_list_weight,
	},
};
