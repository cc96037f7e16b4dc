/* lunatic::cluster: processes under names that all nodes know. */
#include "base/error.h"
#include "base/semver.h"
#include "base/time.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "node/services.h"
#include "process/environment.h"
#include "process/process.h"
#include "process/runtime.h"

/* Results. */
#define DONE LN_HOST_DONE
#define MALFORMED 1u
#define NOT_FOUND 2u
#define TAKEN 2u
#define ELSEWHERE 3u
#define NO_NODE 4u

/* Of a metered guest: for a comparison of versions, and for a change, which all
 * nodes are told. */
#define FUEL_PER_COMPARISON 10
#define CHANGE_FUEL 1000

static struct ln_service_key key_of(struct ln_slice name,
				    struct ln_slice version)
{
	return (struct ln_service_key){
		.name = (const char *)name.data,
		.name_len = name.len,
		.version = (const char *)version.data,
		.version_len = version.len,
	};
}

static bool is_version(struct ln_slice text)
{
	struct ln_semver_error error;
	struct ln_version version;

	return ln_version_parse((const char *)text.data, text.len, &version,
				&error) == 0;
}

/* What a registration comes to. */
static int end_register(struct ln_guest *guest, int error, uint32_t *result)
{
	*result = DONE;
	switch (error) {
	case LN_EDEAD: /* as if it had ended just afterwards */
		return 0;
	case LN_EEXIST:
		*result = TAKEN;
		return 0;
	case LN_EINVAL:
		*result = ELSEWHERE;
		return 0;
	case LN_ELIMIT:
		return ln_guest_trap(guest,
				     "too many registrations in the cluster");
	default:
		return error;
	}
}

int ln_host_cluster_register(struct ln_guest *guest, struct ln_slice name,
			     struct ln_slice version, uint64_t process,
			     int64_t tag, uint32_t *result)
{
	struct ln_local_node *node = guest->environment->runtime->node;
	struct ln_process *who =
		ln_guest_get(guest, LN_RESOURCE_PROCESS, process);
	const struct ln_service_key key = key_of(name, version);
	int error;

	if (name.len > LN_SERVICES_NAME_MAX)
		return ln_guest_trap(guest, "the name has more than %u bytes",
				     LN_SERVICES_NAME_MAX);
	if (ln_host_check_text(guest, "name", name, LN_SERVICES_NAME_MAX) < 0 ||
	    ln_host_check_text(guest, "version", version, LN_VERSION_MAX) < 0)
		return LN_ETRAP;
	if (who == NULL)
		return ln_host_missing(guest, LN_RESOURCE_PROCESS, process);
	*result = MALFORMED;
	if (!is_version(version))
		return 0;
	*result = NO_NODE;
	if (node == NULL)
		return 0;
	*result = ELSEWHERE;
	if (ln_process_is_remote(who) ||
	    !ln_environment_answers_for(guest->environment, who->environment))
		return 0;
	ln_guest_pay(guest, CHANGE_FUEL);
	error = ln_services_wait_for_names(node);
	if (error == 0)
		error = ln_services_wait_for_room(node, LN_NEVER);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		error = ln_services_register(node, &key, who, tag);
	return end_register(guest, error, result);
}

int ln_host_cluster_unregister(struct ln_guest *guest, struct ln_slice name,
			       struct ln_slice version, uint32_t *result)
{
	struct ln_local_node *node = guest->environment->runtime->node;
	const struct ln_service_key key = key_of(name, version);
	int error;

	if (ln_host_check_text(guest, "name", name, LN_SERVICES_NAME_MAX) < 0 ||
	    ln_host_check_text(guest, "version", version, LN_VERSION_MAX) < 0)
		return LN_ETRAP;
	*result = MALFORMED;
	if (!is_version(version))
		return 0;
	*result = NOT_FOUND;
	/* Nothing has so long a name. */
	if (node == NULL || name.len > LN_SERVICES_NAME_MAX)
		return 0;
	ln_guest_pay(guest, CHANGE_FUEL);
	error = ln_services_wait_for_room(node, LN_NEVER);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		error = ln_services_unregister(node, &key, guest->environment);
	if (error == 0)
		*result = DONE;
	return error == LN_ENOENT ? 0 : error;
}

int ln_host_cluster_lookup(struct ln_guest *guest, struct ln_slice name,
			   struct ln_slice query, uint8_t *id, uint32_t *result)
{
	struct ln_local_node *node = guest->environment->runtime->node;
	struct ln_requirement requirement;
	struct ln_semver_error malformed;
	struct ln_process *process = NULL;
	uint32_t compared = 0;
	int error;

	if (ln_host_check_text(guest, "name", name, LN_SERVICES_NAME_MAX) < 0 ||
	    ln_host_check_text(guest, "query", query, LN_REQUIREMENT_MAX) < 0)
		return LN_ETRAP;
	*result = MALFORMED;
	error = ln_requirement_parse((const char *)query.data, query.len,
				     &requirement, &malformed);
	if (error < 0)
		return error == LN_EFORMAT ? 0 : error;
	if (node != NULL)
		process = ln_services_lookup(node, (const char *)name.data,
					     name.len, &requirement, &compared);
	ln_guest_pay(guest, (uint64_t)compared * (1 + requirement.count) *
				    FUEL_PER_COMPARISON);
	ln_requirement_deinit(&requirement);
	*result = NOT_FOUND;
	if (process == NULL)
		return 0;
	return ln_host_give(guest, LN_RESOURCE_PROCESS, process, id, result);
}
