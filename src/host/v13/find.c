/* Processes by ids. */
#include "host/v13/find.h"

#include "process/environment.h"
#include "process/lookup.h"
#include "process/process.h"

struct ln_process *ln_v13_find(struct ln_guest *guest, uint64_t id)
{
	const struct ln_environment *own = guest->environment;
	struct ln_process *process = ln_process_find(own->runtime, id);

	if (process == NULL || process->environment->family == own->family)
		return process;
	ln_process_release(process);
	return NULL;
}

struct ln_process *ln_v13_find_at(struct ln_guest *guest, uint64_t node,
				  uint64_t id)
{
	if (node == 0 || node == ln_v13_node_id(guest))
		return ln_v13_find(guest, id);
	return NULL;
}

uint64_t ln_v13_node_id(const struct ln_guest *guest)
{
	(void)guest;
	return 0;
}
