/*
 * The mesh: the default fabric. Every two nodes share a TCP connection with
 * TLS. A node that knows the address of one other node learns of all others
 * from it, dials them, and dials lost nodes again; node/fabric.h tells what a
 * fabric does for the node.
 *
 * If two nodes dial each other at the same time, one connection remains: the
 * node with the smaller incarnation decides.
 *
 * It listens at "host:port"; port 0 chooses a free port. Other nodes dial that
 * address; if its host is unspecified (0.0.0.0 or [::]) they dial the one from
 * which this node's connections come.
 *
 * Other fabrics use the mesh with a carrier of their own in the place of TCP.
 */
#ifndef LN_MESH_MESH_H
#define LN_MESH_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tls.h"
#include "node/fabric.h"

struct ln_mesh_carrier;
struct ln_wire;

struct ln_mesh_carrier_class {
	/* Whether that can be the address of a node. Any thread. */
	bool (*takes)(const struct ln_mesh_carrier *carrier,
		      const char *address);

	/* Begins a stream of bytes to the node at the address, which need not
	 * be there: that shows when it does not answer. On failure `reason`
	 * says why. LN_EIO, LN_ELIMIT, LN_ENOMEM. From a task; never parks. */
	int (*dial)(struct ln_mesh_carrier *carrier, const char *address,
		    struct ln_wire **wire, char reason[LN_TLS_REASON_SIZE]);

	/* Waits for the next stream that another node begins, and says from
	 * where it comes. LN_EKILLED: the task was interrupted. */
	int (*accept)(struct ln_mesh_carrier *carrier, struct ln_wire **wire,
		      char from[LN_NODE_ADDRESS_SIZE]);
};

/* What the connections of a mesh go over in the place of TCP. It stays until
 * the mesh has left. Each kind embeds this. */
struct ln_mesh_carrier {
	const struct ln_mesh_carrier_class *class;
};

extern const struct ln_fabric_class ln_mesh_class;

/* Starts a mesh over a carrier, as the class does; options->address is where
 * others reach this node. Addresses are those that the carrier takes, and there
 * are no given peers. */
int ln_mesh_start_over(struct ln_mesh_carrier *carrier,
		       struct ln_local_node *node,
		       const struct ln_fabric_options *options,
		       struct ln_fabric **mesh, char **error);

/* A node says that it is there: it is dialled unless it is connected. Any
 * thread; not under locks that `dial` takes. */
void ln_mesh_heard(struct ln_fabric *mesh, const char *address,
		   const uint8_t incarnation[16]);

#endif
