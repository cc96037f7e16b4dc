/*
 * lunatic::process: configurations, from which a guest makes environments. What
 * one may say is bounded here; that it grants nothing which the guest does not
 * have is ensured when an environment is made from it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "host/abi_gen.h"
#include "host/config.h"
#include "host/result.h"
#include "process/config.h"
#include "process/environment.h"

/* What a guest may put into one configuration. */
#define MAX_NAMESPACES 256
#define MAX_BYTES LN_HOST_CONFIG_BYTES

static struct ln_config *find(struct ln_guest *guest, uint64_t id)
{
	return ln_guest_get(guest, LN_RESOURCE_CONFIG, id);
}

int ln_host_process_create_config(struct ln_guest *guest, uint64_t max_memory,
				  uint64_t max_fuel, uint64_t *result)
{
	const struct ln_environment *environment = guest->environment;
	struct ln_config *config;
	int error;

	if (environment->denied & LN_DENIED_CONFIGS)
		return ln_guest_trap(guest, "this process may not make "
					    "configurations");
	error = ln_config_new(&config);
	if (error < 0)
		return error;
	config->limits = environment->limits;
	config->limits.max_memory = max_memory;
	config->limits.max_fuel = ln_host_config_fuel(max_fuel);
	config->strategy = environment->config->strategy;
	config->kept = LN_HOST_CONFIG_EMPTY;
	return ln_host_add(guest, LN_RESOURCE_CONFIG, config, result);
}

int ln_host_process_drop_config(struct ln_guest *guest, uint64_t config)
{
	return ln_host_drop(guest, LN_RESOURCE_CONFIG, config);
}

int ln_host_process_allow_namespace(struct ln_guest *guest, uint64_t config,
				    struct ln_slice namespace)
{
	struct ln_config *value = find(guest, config);
	int error;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_CONFIG, config);
	if (!ln_utf8_valid(namespace.data, namespace.len))
		return ln_guest_trap(guest, "the namespace is not UTF-8");
	if (value->allowed.count >= MAX_NAMESPACES ||
	    namespace.len > MAX_BYTES ||
	    value->bytes + namespace.len > MAX_BYTES)
		return ln_guest_trap(guest,
				     "a configuration may have at most %d "
				     "namespaces and %zu bytes of names",
				     MAX_NAMESPACES, MAX_BYTES);
	if (!ln_host_config_keep(guest, value, namespace.len))
		return LN_EMEMORY;
	error = ln_config_allow(value, (const char *)namespace.data,
				namespace.len);
	/* No function has a name with a zero byte. */
	return error == LN_EINVAL ? 0 : error;
}

int ln_host_process_preopen_dir(struct ln_guest *guest, uint64_t config,
				struct ln_slice dir, uint8_t *id,
				uint32_t *result)
{
	struct ln_config *value = find(guest, config);
	int error;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_CONFIG, config);
	if (!ln_utf8_valid(dir.data, dir.len))
		return ln_guest_trap(guest, "the path is not UTF-8");
	error = ln_host_config_directory(guest, value, dir, true);
	if (error == LN_ENOMEM)
		return error;
	if (error == LN_ELIMIT)
		return ln_host_fail(guest, id, result,
				    "a configuration may have at most %d "
				    "directories and %zu bytes of names",
				    LN_HOST_CONFIG_DIRECTORIES, MAX_BYTES);
	if (error == LN_EMEMORY)
		return ln_host_fail(guest, id, result, "%s",
				    ln_error_text(error));
	if (error < 0)
		return ln_host_fail(guest, id, result,
				    "Host does not have access to directory "
				    "\"%.*s\"",
				    dir.len > 1000 ? 1000 : (int)dir.len,
				    (const char *)dir.data);
	ln_host_put_id(id, 0);
	*result = LN_HOST_DONE;
	return 0;
}
