/* The classes of what guests hold by ids. */
#include "process/resource.h"

#include <stdlib.h>

#include "net/address.h"
#include "net/socket.h"
#include "net/tls_stream.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/node_list.h"
#include "process/process.h"
#include "process/spawn_config.h"
#include "sql/sql.h"

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

static void free_tls_listener(void *listener)
{
	ln_tls_listener_free(listener);
}

static uint64_t tls_listener_weight(const void *listener)
{
	return ln_tls_listener_weight(listener);
}

static void *retain_tls_stream(void *stream)
{
	return ln_tls_stream_retain(stream);
}

static void release_tls_stream(void *stream)
{
	ln_tls_stream_release(stream);
}

static uint64_t tls_stream_weight(const void *stream)
{
	return ln_tls_stream_weight(stream);
}

/* Of what holds a database or statement, about; SQLite's memory is charged as
 * it is allocated. */
static uint64_t handle_weight(const void *value)
{
	(void)value;
	return 512;
}

static void release_database(void *database)
{
	ln_sql_release(database);
}

static void release_statement(void *statement)
{
	ln_sql_statement_release(statement);
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
	[LN_RESOURCE_TLS_LISTENER] = {
		.noun = "tls listener",
		.max = UINT32_MAX,
		.release = free_tls_listener,
		.weight = tls_listener_weight,
	},
	[LN_RESOURCE_TLS_STREAM] = {
		.noun = "tls stream",
		.max = UINT32_MAX,
		.travels = true,
		.retain = retain_tls_stream,
		.release = release_tls_stream,
		.weight = tls_stream_weight,
	},
	[LN_RESOURCE_SPAWN_CONFIG] = {
		.noun = "process configuration",
		.max = 1024,
		.release = free_spawn_config,
		.weight = spawn_config_weight,
	},
	[LN_RESOURCE_DATABASE] = {
		.noun = "database",
		.max = 256,
		.release = release_database,
		.weight = handle_weight,
	},
	[LN_RESOURCE_STATEMENT] = {
		.noun = "statement",
		.max = 4096,
		.release = release_statement,
		.weight = handle_weight,
	},
	[LN_RESOURCE_NODE_LIST] = {
		.noun = "result of a query for nodes",
		.max = 1024,
		.release = free,
		.weight = node_list_weight,
	},
};
