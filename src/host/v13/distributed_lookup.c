/*
 * lunatic::distributed: nodes by their attributes. Each node is asked for its
 * attributes once, and what a query has found is kept until the guest takes it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "node/attributes.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/placement.h"
#include "process/environment.h"
#include "process/node_list.h"
#include "process/runtime.h"
#include "sched/task.h"

/* Nodes that can be connected, with the own one. */
#define NODES_MAX 1025u

/* What comparing costs a metered guest, for each node. */
#define MATCH_FUEL 10000

/* Leaves those nodes in the list that have what is asked for. */
static int filter(struct ln_guest *guest, struct ln_local_node *node,
		  const char *lines, struct ln_node_list *list)
{
	size_t count = 0;
	int error = 0;

	for (size_t i = 0; i < list->count && error == 0; i++) {
		bool found;

		ln_guest_pay(guest, MATCH_FUEL);
		error = ln_placement_matches(node, list->nodes[i], lines,
					     &found);
		if (error == 0 && found)
			list->nodes[count++] = list->nodes[i];
		if (error == 0 && ln_task_interrupted(ln_task_current()))
			error = LN_EKILLED;
		ln_task_rest();
	}
	list->count = count;
	return error;
}

/* All nodes. */
static struct ln_node_list *list_all(struct ln_local_node *node)
{
	struct ln_node_list *list =
		malloc(sizeof(*list) + NODES_MAX * sizeof(list->nodes[0]));
	size_t count;

	if (list == NULL)
		return NULL;
	count = ln_local_node_numbers(node, list->nodes, NODES_MAX);
	list->count = count < NODES_MAX ? count : NODES_MAX;
	return list;
}

/* What a query finds, owned by the caller. */
static int look_up(struct ln_guest *guest, struct ln_slice query,
		   struct ln_node_list **out)
{
	struct ln_local_node *node = guest->environment->runtime->node;
	struct ln_node_list *list;
	struct ln_node_list *fit;
	char *lines;
	int error = ln_query_parse(query.data, query.len, &lines);

	if (error < 0 && error != LN_ENOENT)
		return error;
	list = list_all(node);
	if (list != NULL && error == LN_ENOENT)
		list->count = 0;
	if (error == 0) {
		error = list != NULL ? filter(guest, node, lines, list)
				     : LN_ENOMEM;
		free(lines);
	} else {
		error = list != NULL ? 0 : LN_ENOMEM;
	}
	if (error < 0) {
		free(list);
		return error;
	}
	fit = realloc(list,
		      sizeof(*list) + list->count * sizeof(list->nodes[0]));
	*out = fit != NULL ? fit : list;
	return 0;
}

static int refuse(struct ln_guest *guest, uint8_t *error, uint32_t *result,
		  const char *text)
{
	return ln_host_fail(guest, error, result, "%s", text);
}

int ln_host_v13_distributed_exec_lookup_nodes(struct ln_guest *guest,
					      struct ln_slice query,
					      uint8_t *id, uint8_t *count,
					      uint8_t *error, uint32_t *result)
{
	struct ln_local_node *node = guest->environment->runtime->node;
	struct ln_node_list *list;
	uint32_t found;
	int failure;

	if (query.len <= LN_QUERY_MAX && !ln_utf8_valid(query.data, query.len))
		return ln_guest_trap(guest, "the query is not UTF-8");
	if (node == NULL || !ln_local_node_admits(node, guest->environment))
		return refuse(guest, error, result,
			      node == NULL ? "this program is not a node; "
					     "start it with --node and "
					     "--node-name"
					   : "this environment may not use "
					     "other nodes by ids");
	if (query.len > LN_QUERY_MAX)
		return refuse(guest, error, result,
			      "a query may have at most 1024 bytes");
	failure = look_up(guest, query, &list);
	ln_instance_resumed(guest->instance);
	if (failure == LN_EFORMAT)
		return refuse(guest, error, result,
			      "the query has a % that two hexadecimal digits "
			      "do not follow");
	if (failure < 0)
		return failure;
	found = (uint32_t)list->count;
	memcpy(count, &found, sizeof(found));
	return ln_host_give(guest, LN_RESOURCE_NODE_LIST, list, id, result);
}

int ln_host_v13_distributed_copy_lookup_nodes_results(struct ln_guest *guest,
						      uint64_t query,
						      struct ln_array nodes,
						      uint8_t *error,
						      uint32_t *result)
{
	struct ln_node_list *list =
		ln_guest_remove(guest, LN_RESOURCE_NODE_LIST, query);
	size_t count;

	if (list == NULL) {
		ln_host_fail(guest, error, result,
			     "Invalid query id: its results are copied once");
		*result = UINT32_MAX;
		return 0;
	}
	count = list->count < nodes.count ? list->count : nodes.count;
	memcpy(nodes.data, list->nodes, count * sizeof(list->nodes[0]));
	*result = (uint32_t)count;
	free(list);
	return 0;
}
