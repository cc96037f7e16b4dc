/* lunatic::registry: processes under names, which are those of 0.7 with the
 * version 0.0.0. */
#include "process/registry.h"
#include "base/error.h"
#include "base/semver.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "host/v13/find.h"
#include "process/environment.h"
#include "process/process.h"

#define FOUND 0u
#define NOT_FOUND 1u

static const struct ln_version none;

/* A name that is too long is not read: nothing has it. */
static int check_name(struct ln_guest *guest, struct ln_slice name)
{
	return ln_host_check_text(guest, "name", name, LN_REGISTRY_NAME_MAX);
}

static void take_out(struct ln_guest *guest, struct ln_slice name)
{
	/* Nothing may be there. */
	(void)ln_registry_unregister(guest->environment->registry,
				     (const char *)name.data, name.len, &none);
}

int ln_host_v13_registry_put(struct ln_guest *guest, struct ln_slice name,
			     uint64_t node, uint64_t process)
{
	struct ln_process *who;
	int error = check_name(guest, name);

	if (error < 0)
		return error;
	if (name.len > LN_REGISTRY_NAME_MAX)
		return ln_guest_trap(guest, "the name has more than %d bytes",
				     LN_REGISTRY_NAME_MAX);
	who = ln_v13_find_at(guest, node, process);
	if (who == NULL) {
		take_out(guest, name);
		return 0;
	}
	error = ln_registry_register(guest->environment->registry,
				     (const char *)name.data, name.len, &none,
				     who);
	ln_process_release(who);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many registrations");
	return error == LN_EDEAD ? 0 : error;
}

int ln_host_v13_registry_get(struct ln_guest *guest, struct ln_slice name,
			     uint8_t *node, uint8_t *process, uint32_t *result)
{
	struct ln_process *who;
	uint64_t ids[2];
	int error = check_name(guest, name);

	if (error < 0)
		return error;
	*result = NOT_FOUND;
	who = ln_registry_unversioned(guest->environment->registry,
				      (const char *)name.data, name.len);
	if (who == NULL)
		return 0;
	error = ln_v13_address(guest, who, &ids[0], &ids[1]);
	ln_process_release(who);
	if (error < 0)
		return error == LN_ENOENT ? 0 : error;
	ln_host_put_id(node, ids[0]);
	ln_host_put_id(process, ids[1]);
	*result = FOUND;
	return 0;
}

int ln_host_v13_registry_remove(struct ln_guest *guest, struct ln_slice name)
{
	int error = check_name(guest, name);

	if (error == 0)
		take_out(guest, name);
	return error;
}
