/* The fabrics that this program has. */
#ifndef LN_CLUSTER_FABRICS_H
#define LN_CLUSTER_FABRICS_H

struct ln_fabric_class;

/* The default fabric: the mesh. */
const struct ln_fabric_class *ln_fabric_default(void);

#endif
