/*
 * Where to spawn: nodes chosen by their attributes and their load. Of those
 * that have the attributes two are drawn, and the less loaded one of the two is
 * taken: so the choice costs the same however many nodes there are, and those
 * who choose at the same time do not all choose one node.
 */
#ifndef LN_NODE_PLACEMENT_H
#define LN_NODE_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_local_node;

/* The first version of the protocol in which nodes tell their load. */
#define LN_LOAD_VERSION 5u

/* The processes that the node runs, in thousandths for each of its workers. */
uint64_t ln_local_node_load(const struct ln_local_node *node);

/* Whether the node of that number has all lines of a query (node/attributes.h).
 * One that does not tell has not. Parks. LN_EKILLED, LN_ENOMEM. */
int ln_placement_matches(struct ln_local_node *node, uint64_t number,
			 const char *lines, bool *result);

/* Chooses among this node and all that are connected, and have all lines of a
 * query, if it has any; `by_load` as below. Calls compares(argument), unless
 * it is NULL, before each comparison. LN_ENOENT: none fits; LN_EKILLED,
 * LN_ENOMEM. */
int ln_placement_find(struct ln_local_node *node, const char *lines,
		      bool by_load, void (*compares)(void *argument),
		      void *argument, uint64_t *chosen);

/* Chooses one of the nodes in the list, which has at least one. `by_load`: asks
 * two that are drawn; otherwise draws one. One that is lost meanwhile, or too
 * old to tell, is taken only if the other one is, too. Parks; a thread that
 * runs no task blocks. LN_EKILLED, LN_ENOMEM. */
int ln_placement_choose(struct ln_local_node *node, const uint64_t *list,
			size_t count, bool by_load, uint64_t *chosen);

#endif
