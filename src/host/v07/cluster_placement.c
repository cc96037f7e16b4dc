/* lunatic::cluster: nodes chosen by attributes and load. */
#include <stdlib.h>

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
#include "process/runtime.h"
#include "sched/task.h"

/* Results. */
#define DONE LN_HOST_DONE
#define MALFORMED 1u
#define NO_SUCH 2u
#define NO_NODE 4u

#define NODES_MAX 1025u /* that can be connected, with the own one */

/* What comparing costs a metered guest, for each node. */
#define MATCH_FUEL 10000

/* Leaves those in the list that have what is asked for. */
static int filter(struct ln_guest *guest, struct ln_local_node *node,
		  const char *lines, uint64_t *list, size_t *count)
{
	size_t kept = 0;
	int error = 0;

	for (size_t i = 0; i < *count && error == 0; i++) {
		bool found;

		ln_guest_pay(guest, MATCH_FUEL);
		error = ln_placement_matches(node, list[i], lines, &found);
		if (error == 0 && found)
			list[kept++] = list[i];
		if (error == 0 && ln_task_interrupted(ln_task_current()))
			error = LN_EKILLED;
		ln_task_rest();
	}
	*count = kept;
	return error;
}

/* Chooses among all nodes; LN_ENOENT: none fits. */
static int choose(struct ln_guest *guest, const char *lines, bool by_load,
		  uint64_t *chosen)
{
	struct ln_local_node *node = guest->environment->runtime->node;
	uint64_t *list = malloc(NODES_MAX * sizeof(*list));
	size_t count;
	int error;

	if (list == NULL)
		return LN_ENOMEM;
	count = ln_local_node_numbers(node, list, NODES_MAX);
	count = count < NODES_MAX ? count : NODES_MAX;
	error = lines[0] != '\0' ? filter(guest, node, lines, list, &count) : 0;
	if (error == 0 && count == 0)
		error = LN_ENOENT;
	if (error == 0)
		error = ln_placement_choose(node, list, count, by_load, chosen);
	free(list);
	return error;
}

int ln_host_cluster_choose_node(struct ln_guest *guest, struct ln_slice query,
				uint32_t by_load, uint8_t *id, uint32_t *result)
{
	uint64_t chosen = 0;
	char *lines;
	int error;

	if (by_load > 1)
		return ln_guest_trap(guest, "a node is chosen by 0 or 1");
	if (query.len <= LN_QUERY_MAX && !ln_utf8_valid(query.data, query.len))
		return ln_guest_trap(guest, "the query is not UTF-8");
	*result = NO_NODE;
	if (guest->environment->runtime->node == NULL)
		return 0;
	*result = MALFORMED;
	if (query.len > LN_QUERY_MAX)
		return 0;
	error = ln_query_parse(query.data, query.len, &lines);
	if (error == LN_EFORMAT)
		return 0;
	if (error == 0) {
		error = choose(guest, lines, by_load == 1, &chosen);
		free(lines);
	}
	ln_instance_resumed(guest->instance);
	*result = NO_SUCH;
	if (error == LN_ENOENT)
		return 0;
	if (error < 0)
		return error;
	ln_host_put_id(id, chosen);
	*result = DONE;
	return 0;
}
