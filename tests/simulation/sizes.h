/*
 * How large a mesh may be: nodes with the mesh itself (src/mesh), TLS
 * included, in one program, over streams in memory and with a clock that
 * jumps to the next deadline. What is measured is what one node has and does.
 *
 *   streams.c    the streams, and the nodes that are lost
 *   sizes.c      the clock, the nodes, the table
 */
#ifndef LN_TEST_SIMULATION_SIZES_H
#define LN_TEST_SIMULATION_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "mesh/mesh.h"
#include "node/fabric.h"

#define SIZES_MAX 1000

struct arrival;
struct ln_local_node;
struct ln_task;

struct size_host {
	struct ln_mesh_carrier carrier;
	unsigned index;
	char address[32];
	struct ln_local_node *node;
	struct ln_fabric *fabric;
	bool only_first; /* it takes the address of node 0 alone */

	/* Under the lock of streams.c. */
	bool lost;
	struct ln_task *acceptor; /* waits */
	struct arrival *arrivals;
	uint64_t writes; /* to all streams */
	uint64_t bytes;
};

/* What the nodes that are left have noticed of one that was lost last. */
struct size_losses {
	unsigned count;
	int64_t first; /* ns after the loss */
	int64_t last;
};

/* The class of the carrier, and the nodes that it knows. */
void streams_init(struct size_host *hosts, unsigned count);

/* A node is lost: nothing comes from it any more, not even an end, and nothing
 * arrives. */
void streams_lose(unsigned host);
struct size_losses streams_losses(void);

/* Writes and bytes of a node since the last call. */
void streams_traffic(unsigned host, uint64_t *writes, uint64_t *bytes);

/* Ends all streams, and lets none begin. */
void streams_end(void);

/* Streams that exist. */
unsigned streams_count(void);

/* The command line: `count` sizes, none for the whole table. Returns the exit
 * status. */
int sizes_main(char **sizes, int count);

#endif
