/* Looking processes up by name and version, for guests of each generation. */
#ifndef LN_HOST_NAMES_H
#define LN_HOST_NAMES_H

#include "process/guest.h"

struct ln_process;

/* The process in the registry of the guest's environment with that name and the
 * highest version that meets the requirement, with a reference for the caller;
 * NULL: there is none. LN_EFORMAT: it is no requirement. Traps. */
int ln_host_lookup(struct ln_guest *guest, struct ln_slice name,
		   struct ln_slice requirement, struct ln_process **process);

#endif
