/* The only file outside of a fabric's own folder that names the fabrics. */
#include "cluster/fabrics.h"

#include "mesh/mesh.h"

const struct ln_fabric_class *ln_fabric_default(void)
{
	return &ln_mesh_class;
}
