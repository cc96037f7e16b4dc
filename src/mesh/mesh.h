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
 */
#ifndef LN_MESH_MESH_H
#define LN_MESH_MESH_H

#include "node/fabric.h"

extern const struct ln_fabric_class ln_mesh_class;

#endif
