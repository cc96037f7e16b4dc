/* What all nodes of a cluster know together: names, groups, nodes. */
#include <lunatic/node.h>
#include <lunatic/runtime.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/semver.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cluster/node.h"
#include "node/attributes.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/placement.h"
#include "node/services.h"
#include "sched/task.h"

#define NAP_NS 1000000

/* Waits until others take what is announced, in a thread as well. */
static int wait_for_room(struct ln_local_node *node)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	int error;

	while ((error = ln_services_wait_for_room(node, LN_NEVER)) == LN_EFULL)
		nanosleep(&nap, NULL);
	return error;
}

/* A name and *len, if it may be one. */
static bool is_name(const char *name, size_t *len)
{
	if (name == NULL)
		return false;
	*len = strnlen(name, LN_SERVICES_NAME_MAX + 1);
	return *len <= LN_SERVICES_NAME_MAX &&
	       ln_utf8_valid((const uint8_t *)name, *len);
}

static int make_key(const char *name, const char *version,
		    struct ln_service_key *key)
{
	struct ln_semver_error malformed;
	struct ln_version parsed;

	if (version == NULL || !is_name(name, &key->name_len))
		return LN_EINVAL;
	key->name = name;
	key->version = version;
	key->version_len = strlen(version);
	return ln_version_parse(version, key->version_len, &parsed, &malformed);
}

int lunatic_rt_cluster_register(lunatic_rt_node *node, const char *name,
				const char *version,
				lunatic_rt_process *process, int64_t tag)
{
	struct ln_local_node *local;
	struct ln_service_key key;
	int error;

	if (node == NULL || process == NULL)
		return LN_EINVAL;
	error = make_key(name, version, &key);
	if (error < 0)
		return error;
	local = ln_node_local(node);
	error = ln_services_wait_for_names(local);
	if (error == 0)
		error = wait_for_room(local);
	if (error == 0)
		error = ln_services_register(local, &key, process, tag);
	return error;
}

int lunatic_rt_cluster_unregister(lunatic_rt_node *node, const char *name,
				  const char *version)
{
	struct ln_local_node *local;
	struct ln_service_key key;
	int error;

	if (node == NULL)
		return LN_EINVAL;
	error = make_key(name, version, &key);
	if (error < 0)
		return error;
	local = ln_node_local(node);
	error = wait_for_room(local);
	if (error == 0)
		error = ln_services_unregister(local, &key, NULL);
	return error;
}

int lunatic_rt_cluster_lookup(lunatic_rt_node *node, const char *name,
			      const char *query, lunatic_rt_process **process)
{
	struct ln_requirement requirement;
	struct ln_semver_error malformed;
	uint32_t compared;
	size_t len;
	int error;

	if (process == NULL)
		return LN_EINVAL;
	*process = NULL;
	if (node == NULL || query == NULL || !is_name(name, &len))
		return LN_EINVAL;
	error = ln_requirement_parse(query, strlen(query), &requirement,
				     &malformed);
	if (error < 0)
		return error;
	*process = ln_services_lookup(ln_node_local(node), name, len,
				      &requirement, &compared);
	ln_requirement_deinit(&requirement);
	return *process != NULL ? 0 : LN_ENOENT;
}

int lunatic_rt_cluster_watch_nodes(lunatic_rt_node *node,
				   lunatic_rt_process *process, int64_t tag)
{
	if (node == NULL || process == NULL)
		return LN_EINVAL;
	return ln_services_watch_nodes(ln_node_local(node), process, tag);
}

int lunatic_rt_cluster_unwatch_nodes(lunatic_rt_node *node,
				     lunatic_rt_process *process)
{
	if (node == NULL || process == NULL)
		return LN_EINVAL;
	return ln_services_unwatch_nodes(ln_node_local(node), process)
		       ? 0
		       : LN_ENOENT;
}

/* Joins, or leaves. */
static int change_group(lunatic_rt_node *node, const char *group,
			lunatic_rt_process *process,
			int (*change)(struct ln_local_node *node,
				      const char *group, size_t len,
				      struct ln_process *process))
{
	struct ln_local_node *local;
	size_t len;
	int error;

	if (node == NULL || process == NULL || !is_name(group, &len))
		return LN_EINVAL;
	local = ln_node_local(node);
	error = wait_for_room(local);
	return error == 0 ? change(local, group, len, process) : error;
}

int lunatic_rt_cluster_join(lunatic_rt_node *node, const char *group,
			    lunatic_rt_process *process)
{
	return change_group(node, group, process, ln_services_join);
}

int lunatic_rt_cluster_leave(lunatic_rt_node *node, const char *group,
			     lunatic_rt_process *process)
{
	return change_group(node, group, process, ln_services_leave);
}

int lunatic_rt_cluster_members(lunatic_rt_node *node, const char *group,
			       lunatic_rt_process **members, size_t max,
			       size_t *count)
{
	size_t len;

	if (count == NULL || node == NULL || (members == NULL && max > 0) ||
	    !is_name(group, &len))
		return LN_EINVAL;
	*count = ln_services_members(ln_node_local(node), group, len, members,
				     max);
	return 0;
}

int lunatic_rt_cluster_choose_node(lunatic_rt_node *node, const char *query,
				   int by_load, char **name)
{
	char chosen[LN_NODE_NAME_MAX + 1];
	uint64_t number;
	char *lines;
	size_t len;
	int error;

	if (name == NULL)
		return LN_EINVAL;
	*name = NULL;
	if (node == NULL || query == NULL || by_load < 0 || by_load > 1)
		return LN_EINVAL;
	len = strnlen(query, LN_QUERY_MAX + 1);
	if (len > LN_QUERY_MAX || !ln_utf8_valid((const uint8_t *)query, len))
		return LN_EFORMAT;
	error = ln_query_parse((const uint8_t *)query, len, &lines);
	if (error < 0)
		return error;
	error = ln_placement_find(ln_node_local(node), lines, by_load == 1,
				  NULL, NULL, &number);
	free(lines);
	if (error < 0)
		return error;
	if (!ln_local_node_name(ln_node_local(node), number, chosen))
		return LN_ENOENT;
	*name = strdup(chosen);
	return *name != NULL ? 0 : LN_ENOMEM;
}
