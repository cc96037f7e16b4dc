/*
 * lunatic::process: environments and the modules in them. Making either takes
 * time and stack: it is done in the blocking pool while the guest waits, and a
 * kill takes effect afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/modules.h"
#include "host/result.h"
#include "node/node.h"
#include "node/remote_environment.h"
#include "process/add_module.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/process.h"
#include "process/runtime.h"

/* What it costs a metered guest: instructions that take about as long. */
#define ENVIRONMENT_FUEL 100000

static struct ln_environment *find(struct ln_guest *guest, uint64_t id)
{
	return ln_guest_get(guest, LN_RESOURCE_ENVIRONMENT, id);
}

static const char *why_no_environment(int error)
{
	if (error == LN_ELIMIT)
		return "there are too many environments or descriptors, or "
		       "they are nested too deeply";
	if (error == LN_ENOENT || error == LN_EPERM)
		return "a directory does not exist or cannot be opened";
	return ln_error_text(error);
}

int ln_host_process_create_environment(struct ln_guest *guest, uint64_t config,
				       uint8_t *id, uint32_t *result)
{
	const struct ln_config *value =
		ln_guest_get(guest, LN_RESOURCE_CONFIG, config);
	struct ln_environment *environment;
	int error;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_CONFIG, config);
	if (guest->environment->denied & LN_DENIED_CONFIGS)
		return ln_guest_trap(guest, "this process may not make "
					    "environments");
	ln_guest_pay(guest, ENVIRONMENT_FUEL);
	error = ln_environment_new_below(guest->environment, value,
					 &environment);
	ln_instance_resumed(guest->instance);
	if (error < 0)
		return ln_host_fail(guest, id, result,
				    "The environment could not be created: %s",
				    why_no_environment(error));
	return ln_host_give(guest, LN_RESOURCE_ENVIRONMENT, environment, id,
			    result);
}

/* Whether it is the name of the node that the guest runs on. */
static bool is_own(const struct ln_local_node *node, struct ln_slice name)
{
	return node != NULL && strlen(node->id.name) == name.len &&
	       memcmp(node->id.name, name.data, name.len) == 0;
}

/* Makes an environment on another node; *text is as there. */
static int make_remote(struct ln_guest *guest, const struct ln_config *config,
		       struct ln_slice name,
		       struct ln_environment **environment, char **text)
{
	struct ln_local_node *node = guest->environment->runtime->node;

	*text = NULL;
	if (node == NULL) {
		*text = strdup(
			"this program is not a node; start it with --node "
			"and --node-name");
		return LN_EUNSUP;
	}
	return ln_remote_environment_new(node, (const char *)name.data,
					 name.len, config, environment, text);
}

int ln_host_process_create_remote_environment(struct ln_guest *guest,
					      uint64_t config,
					      struct ln_slice node, uint8_t *id,
					      uint32_t *result)
{
	const struct ln_config *value =
		ln_guest_get(guest, LN_RESOURCE_CONFIG, config);
	struct ln_environment *environment;
	char *text;
	int error;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_CONFIG, config);
	if (node.len <= LN_NODE_NAME_MAX && !ln_utf8_valid(node.data, node.len))
		return ln_guest_trap(guest, "the name is not UTF-8");
	if (is_own(guest->environment->runtime->node, node))
		return ln_host_process_create_environment(guest, config, id,
							  result);
	if (guest->environment->denied & LN_DENIED_CONFIGS)
		return ln_guest_trap(guest, "this process may not make "
					    "environments");
	ln_guest_pay(guest, ENVIRONMENT_FUEL);
	error = make_remote(guest, value, node, &environment, &text);
	ln_instance_resumed(guest->instance);
	if (error == LN_EKILLED) {
		free(text);
		return error;
	}
	if (error < 0) {
		ln_host_fail(guest, id, result,
			     "The environment could not be created: %s",
			     text != NULL ? text : ln_error_text(error));
		free(text);
		return 0;
	}
	return ln_host_give(guest, LN_RESOURCE_ENVIRONMENT, environment, id,
			    result);
}

int ln_host_process_drop_environment(struct ln_guest *guest,
				     uint64_t environment)
{
	return ln_host_drop(guest, LN_RESOURCE_ENVIRONMENT, environment);
}

int ln_host_process_this_env(struct ln_guest *guest, uint64_t *result)
{
	return ln_host_add(guest, LN_RESOURCE_ENVIRONMENT,
			   ln_environment_retain(guest->environment), result);
}

int ln_host_process_add_module(struct ln_guest *guest, uint64_t environment,
			       struct ln_slice module, uint8_t *id,
			       uint32_t *result)
{
	struct ln_environment *value = find(guest, environment);

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_ENVIRONMENT,
				       environment);
	if (guest->environment->denied & LN_DENIED_COMPILE)
		return ln_guest_trap(guest, "this process may not add modules");
	return ln_host_add_module(guest, value, module.data, module.len, id,
				  result);
}

int ln_host_process_add_this_module(struct ln_guest *guest,
				    uint64_t environment, uint8_t *id,
				    uint32_t *result)
{
	struct ln_environment *value = find(guest, environment);
	const uint8_t *bytes;
	size_t len;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_ENVIRONMENT,
				       environment);
	if (value == guest->module->environment)
		return ln_host_give(guest, LN_RESOURCE_MODULE,
				    ln_module_retain(guest->module), id,
				    result);
	bytes = ln_module_source(guest->module, &len);
	return ln_host_add_module(guest, value, bytes, len, id, result);
}

int ln_host_process_drop_module(struct ln_guest *guest, uint64_t module)
{
	return ln_host_drop(guest, LN_RESOURCE_MODULE, module);
}
