/* lunatic::drain, of all generations: how processes hear that the program is to
 * end. */
#include "process/drain.h"

#include "host/abi_gen.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/runtime.h"

int ln_host_drain_watch(struct ln_guest *guest, int64_t tag)
{
	return ln_drain_watch(guest->process, tag);
}

int ln_host_drain_unwatch(struct ln_guest *guest, uint32_t *result)
{
	*result = ln_drain_unwatch(guest->process);
	return 0;
}

int ln_host_drain_state(struct ln_guest *guest, uint32_t *result)
{
	*result = (uint32_t)ln_runtime_state(guest->environment->runtime);
	return 0;
}
