/* Looking processes up by name and version. */
#include "host/names.h"

#include "base/error.h"
#include "base/semver.h"
#include "host/result.h"
#include "process/environment.h"
#include "process/registry.h"

#define FUEL_PER_COMPARISON 10 /* of versions; of a metered guest */

int ln_host_lookup(struct ln_guest *guest, struct ln_slice name,
		   struct ln_slice query, struct ln_process **process)
{
	struct ln_requirement requirement;
	struct ln_semver_error malformed;
	uint32_t compared;
	int error;

	if (ln_host_check_text(guest, "name", name, LN_REGISTRY_NAME_MAX) < 0 ||
	    ln_host_check_text(guest, "query", query, LN_REQUIREMENT_MAX) < 0)
		return LN_ETRAP;
	error = ln_requirement_parse((const char *)query.data, query.len,
				     &requirement, &malformed);
	if (error < 0)
		return error;
	*process = ln_registry_lookup(guest->environment->registry,
				      (const char *)name.data, name.len,
				      &requirement, &compared);
	ln_guest_pay(guest, (uint64_t)compared * (1 + requirement.count) *
				    FUEL_PER_COMPARISON);
	ln_requirement_deinit(&requirement);
	return 0;
}
