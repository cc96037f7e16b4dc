/* The fabrics that this program has. */
#ifndef LN_CLUSTER_FABRICS_H
#define LN_CLUSTER_FABRICS_H

struct ln_fabric_class;

struct ln_fabric_broker;

/* The fabric for a node: the mesh, unless it is given servers. */
const struct ln_fabric_class *
ln_fabric_choose(const struct ln_fabric_broker *broker);

#endif
