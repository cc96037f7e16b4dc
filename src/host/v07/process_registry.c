/* lunatic::process: processes under names and versions. */
#include <stdlib.h>

#include "base/error.h"
#include "base/semver.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/names.h"
#include "host/result.h"
#include "process/environment.h"
#include "process/naming.h"
#include "process/process.h"
#include "process/registry.h"
#include "process/remote_environment.h"

/* Results. */
#define FOUND LN_HOST_DONE
#define MALFORMED 1
#define NOT_FOUND 2

static int find_environment(struct ln_guest *guest, uint64_t id,
			    struct ln_environment **environment)
{
	*environment = ln_guest_get(guest, LN_RESOURCE_ENVIRONMENT, id);
	if (*environment == NULL)
		return ln_host_missing(guest, LN_RESOURCE_ENVIRONMENT, id);
	return 0;
}

static struct ln_registry_key key_of(struct ln_slice name,
				     struct ln_slice version)
{
	return (struct ln_registry_key){
		.name = (const char *)name.data,
		.name_len = name.len,
		.version = (const char *)version.data,
		.version_len = version.len,
	};
}

static bool parse_version(struct ln_slice text, struct ln_version *version)
{
	struct ln_semver_error error;

	return ln_version_parse((const char *)text.data, text.len, version,
				&error) == 0;
}

/* Ends a call whose environment may be on another node. What only goes wrong
 * there traps, since there is no result for it. */
static int end_call(struct ln_guest *guest, int error, char *text)
{
	ln_instance_resumed(guest->instance);
	if (error == LN_ELIMIT && text == NULL)
		error = ln_guest_trap(guest, "too many registrations");
	else if (error < 0 && error != LN_EKILLED && text != NULL)
		error = ln_guest_trap(guest, "%s", text);
	free(text);
	return error;
}

int ln_host_process_register(struct ln_guest *guest, struct ln_slice name,
			     struct ln_slice version, uint64_t environment,
			     uint64_t process, uint32_t *result)
{
	struct ln_environment *where;
	struct ln_process *who =
		ln_guest_get(guest, LN_RESOURCE_PROCESS, process);
	struct ln_registry_key key = key_of(name, version);
	struct ln_version parsed;
	char *text;
	int error;

	if (name.len > LN_REGISTRY_NAME_MAX)
		return ln_guest_trap(guest, "the name has more than %d bytes",
				     LN_REGISTRY_NAME_MAX);
	if (ln_host_check_text(guest, "name", name, LN_REGISTRY_NAME_MAX) < 0 ||
	    ln_host_check_text(guest, "version", version, LN_VERSION_MAX) < 0 ||
	    find_environment(guest, environment, &where) < 0)
		return LN_ETRAP;
	if (who == NULL)
		return ln_host_missing(guest, LN_RESOURCE_PROCESS, process);
	*result = MALFORMED;
	if (!parse_version(version, &parsed))
		return 0;
	error = ln_environment_register(where, &key, &parsed, who, &text);
	*result = FOUND;
	if (error == LN_EDEAD) {
		/* As if it had ended just afterwards. */
		free(text);
		text = NULL;
		error = 0;
	}
	return end_call(guest, error, text);
}

int ln_host_process_unregister(struct ln_guest *guest, struct ln_slice name,
			       struct ln_slice version, uint64_t environment,
			       uint32_t *result)
{
	struct ln_registry_key key = key_of(name, version);
	struct ln_environment *where;
	struct ln_version parsed;
	char *text;
	int error;

	if (ln_host_check_text(guest, "name", name, LN_REGISTRY_NAME_MAX) < 0 ||
	    ln_host_check_text(guest, "version", version, LN_VERSION_MAX) < 0 ||
	    find_environment(guest, environment, &where) < 0)
		return LN_ETRAP;
	*result = MALFORMED;
	if (!parse_version(version, &parsed))
		return 0;
	*result = NOT_FOUND;
	/* Nothing has so long a name. */
	if (name.len > LN_REGISTRY_NAME_MAX)
		return 0;
	error = ln_environment_unregister(where, &key, &parsed, &text);
	if (error == 0)
		*result = FOUND;
	if (error == LN_ENOENT) {
		free(text);
		text = NULL;
		error = 0;
	}
	return end_call(guest, error, text);
}

int ln_host_process_lookup(struct ln_guest *guest, struct ln_slice name,
			   struct ln_slice query, uint8_t *id, uint32_t *result)
{
	struct ln_process *process = NULL;
	int error = ln_host_lookup(guest, name, query, &process);

	*result = MALFORMED;
	if (error < 0)
		return error == LN_EFORMAT ? 0 : error;
	*result = NOT_FOUND;
	if (process == NULL)
		return 0;
	return ln_host_give(guest, LN_RESOURCE_PROCESS, process, id, result);
}
