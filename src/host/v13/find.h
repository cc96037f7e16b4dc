/* Processes as guests of lunatic 0.13 name them: by ids. */
#ifndef LN_HOST_V13_FIND_H
#define LN_HOST_V13_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "process/guest.h"

struct ln_process;

/* The process with that id, with a reference for the caller; NULL: there is
 * none that lives and is in the guest's family of environments. */
struct ln_process *ln_v13_find(struct ln_guest *guest, uint64_t id);

/* The same with the id of a node: 0 is that of this program, as is its own.
 * Those of others are found by id on their node, and may have ended. Parks. */
struct ln_process *ln_v13_find_at(struct ln_guest *guest, uint64_t node,
				  uint64_t id);

/* The id of the node that this program is, also for those who may not use
 * others; 0: it is none. */
uint64_t ln_v13_node_id(const struct ln_guest *guest);

/* The ids of a process and of its node, as any process of the guest's family
 * may use them. Parks for one of another node whose id is not known yet.
 * LN_ENOENT: it cannot be reached by an id, or its node is lost; LN_EKILLED. */
int ln_v13_address(struct ln_guest *guest, struct ln_process *process,
		   uint64_t *node, uint64_t *id);

#endif
