/* The only file outside of a fabric's own folder that names the fabrics. */
#include "cluster/fabrics.h"

#include "mesh/mesh.h"
#include "nats/nats_fabric.h"

const struct ln_fabric_class *
ln_fabric_choose(const struct ln_fabric_broker *broker)
{
	return broker->servers != NULL ? &ln_nats_class : &ln_mesh_class;
}
