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

/* ---- Of those of the guest's own environment it keeps some that it has named
 * lately, in its table of processes, which nothing else is in. ---- */

/* One of them, which may have ended, as long as the guest looks up no other one
 * and forgets none; NULL: ask ln_v13_find. */
static inline struct ln_process *ln_v13_recent(const struct ln_guest *guest,
					       uint64_t id)
{
	return ln_guest_get(guest, LN_RESOURCE_PROCESS, id);
}

/* Keeps a process that was found by that id, if it may, with a reference of its
 * own. May let others run. */
void ln_v13_remember(struct ln_guest *guest, uint64_t id,
		     struct ln_process *process);

/* Keeps it no longer. */
void ln_v13_forget(struct ln_guest *guest, uint64_t id);

/* The id by which the guest can find a process, if it has not ended; 0: none,
 * it is of another node or another family of environments. Of one that is about
 * to start it waits for the id. May let others run. */
uint64_t ln_v13_id_of(const struct ln_guest *guest, struct ln_process *process);

#endif
