/* Ids of nodes that a guest has asked for, until it takes them. */
#ifndef LN_PROCESS_NODE_LIST_H
#define LN_PROCESS_NODE_LIST_H

#include <stddef.h>
#include <stdint.h>

/* Allocated with malloc. */
struct ln_node_list {
	size_t count;
	uint64_t nodes[];
};

#endif
