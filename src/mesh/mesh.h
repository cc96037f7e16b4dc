/*
 * The mesh: the default fabric. Nodes are joined by TCP connections with TLS,
 * one between each two of them. A node that is given the address of one other
 * learns of all others from it, dials them, and dials again those that are
 * lost; node/fabric.h says what it does for the node.
 *
 * Two nodes that dial each other at the same time end with one connection: the
 * one of the smaller incarnation decides.
 *
 * It listens at "host:port"; port 0 means any. Other nodes dial that address;
 * when its host is unspecified (0.0.0.0 or [::]) they dial the one from which
 * they see this node.
 */
#ifndef LN_MESH_MESH_H
#define LN_MESH_MESH_H

#include "node/fabric.h"

extern const struct ln_fabric_class ln_mesh_class;

#endif
