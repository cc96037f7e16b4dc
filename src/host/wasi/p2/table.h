/* The table of what components may import: WASI 0.2. */
#ifndef LN_HOST_WASI_P2_TABLE_H
#define LN_HOST_WASI_P2_TABLE_H

#include "engine/host_table.h"

extern const struct ln_component_table ln_p2_components;

/* The destructor of all resources. */
bool ln_p2_drop(void *callee, void *caller, union ln_value *values,
		size_t count);

#endif
