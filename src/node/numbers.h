/*
 * Nodes and processes by numbers, as programs of lunatic 0.13 know them: a
 * process is known by its node's number and by its id there
 * (ln_process_number). A number is no capability: anybody may try one. So by
 * its number a process is reached only from the family of environments of a
 * node's program, and only if it belongs to that of its own node's program;
 * environments below these, which have families of their own, are closed.
 */
#ifndef LN_NODE_NUMBERS_H
#define LN_NODE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/fabric.h"
#include "node/id_table.h"

struct ln_environment;
struct ln_local_node;
struct ln_node_id;
struct ln_peer;
struct ln_process;

/* The first version of the protocol that has numbers. */
#define LN_NUMBERS_VERSION 3u

/* The number of a node, the same on all nodes, for this run of it; never 0. */
uint64_t ln_node_number(const struct ln_node_id *id);

/* That of the node that a peer is. */
uint64_t ln_peer_number(const struct ln_peer *peer);

/* Stores the numbers of this node and of those that are connected now, at most
 * `max`, this one first; returns how many there are. Any thread. */
size_t ln_local_node_numbers(struct ln_local_node *node, uint64_t *numbers,
			     size_t max);

/* Copies the name of the node of that number; false: it is not connected. Any
 * thread. */
bool ln_local_node_name(struct ln_local_node *node, uint64_t number,
			char name[LN_NODE_NAME_MAX + 1]);

/* The connected node of that number, with a reference for the caller; NULL:
 * there is none. Any thread. */
struct ln_peer *ln_local_node_numbered(struct ln_local_node *node,
				       uint64_t number);

/* Whether processes of an environment of this program may use numbers. */
bool ln_local_node_admits(const struct ln_local_node *node,
			  const struct ln_environment *environment);

/* The process of this node with that number, if it may be reached by it, with a
 * reference for the caller. NULL: there is none, or it has ended. */
struct ln_process *ln_local_node_process(struct ln_local_node *node,
					 uint64_t number);

/* A number in the place of an id, in a MESSAGE: no id of a process looks like
 * that, since a UUID has a bit set in its ninth byte. */
void ln_number_to_id(uint64_t number, uint8_t id[LN_ID_SIZE]);

/* The number that an id stands for; 0: it is an id. */
uint64_t ln_number_of_id(const uint8_t id[LN_ID_SIZE]);

#endif
