/* lunatic::process: processes, links and monitors, by ids. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/semver.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/modules.h"
#include "host/result.h"
#include "host/spawn.h"
#include "host/v13/find.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/lookup.h"
#include "process/monitors.h"
#include "process/process.h"
#include "process/registry.h"
#include "process/spawn_config.h"

/* Ids that stand for what the guest itself has. */
#define OWN UINT64_MAX

/* What making an environment costs a metered guest. */
#define ENVIRONMENT_FUEL 100000

/* Results of get_or_spawn. */
#define SPAWNED LN_HOST_DONE
#define FOUND 2

int ln_host_v13_process_compile_module(struct ln_guest *guest,
				       struct ln_slice module, uint8_t *id,
				       uint32_t *result)
{
	if (guest->environment->denied & LN_DENIED_COMPILE) {
		*result = UINT32_MAX;
		return 0;
	}
	return ln_host_add_module(guest, guest->environment, module.data,
				  module.len, id, result);
}

/* The module to spawn from, with a reference; NULL in *out: an error or a trap
 * has been made of it. */
static int find_module(struct ln_guest *guest, uint64_t config, uint64_t module,
		       uint8_t *id, uint32_t *result, struct ln_module **out)
{
	struct ln_spawn_config *with = NULL;
	struct ln_module *from = guest->module;
	char *text;
	int error;

	*out = NULL;
	if (module != OWN)
		from = ln_guest_get(guest, LN_RESOURCE_MODULE, module);
	if (from == NULL)
		return ln_host_missing(guest, LN_RESOURCE_MODULE, module);
	if (config == OWN) {
		*out = ln_module_retain(from);
		return 0;
	}
	with = ln_guest_get(guest, LN_RESOURCE_SPAWN_CONFIG, config);
	if (with == NULL)
		return ln_host_missing(guest, LN_RESOURCE_SPAWN_CONFIG, config);
	if (with->environment == NULL)
		ln_guest_pay(guest, ENVIRONMENT_FUEL);
	error = ln_spawn_config_module(with, guest->environment, from, out,
				       &text);
	ln_instance_resumed(guest->instance);
	if (error < 0 && error != LN_EKILLED) {
		ln_host_fail(guest, id, result, "%s",
			     text != NULL ? text : ln_error_text(error));
		error = 0;
	}
	free(text);
	return error;
}

/* What spawn and get_or_spawn do; `spawn` lacks the module. A number above 0 is
 * what spawn->before has returned. *process: see ln_host_spawn. */
static int spawn_with(struct ln_guest *guest, struct ln_host_spawn *spawn,
		      uint64_t config, uint64_t module,
		      struct ln_process **process, uint8_t *id,
		      uint32_t *result)
{
	int error = ln_host_check_spawn(guest, spawn);

	*process = NULL;
	if (error < 0)
		return error;
	error = find_module(guest, config, module, id, result, &spawn->module);
	if (error < 0 || spawn->module == NULL)
		return error;
	error = ln_host_spawn(guest, spawn, process, id, result);
	ln_module_release(spawn->module);
	return error;
}

int ln_host_v13_process_spawn(struct ln_guest *guest, int64_t link,
			      uint64_t config, uint64_t module,
			      struct ln_slice function, struct ln_slice params,
			      uint8_t *id, uint32_t *result)
{
	struct ln_host_spawn spawn = {
		.link = link,
		.function = function,
		.params = params,
	};
	struct ln_process *process;
	int error =
		spawn_with(guest, &spawn, config, module, &process, id, result);

	if (error < 0 || process == NULL)
		return error;
	ln_host_put_id(id, ln_process_number(process));
	ln_process_release(process);
	*result = SPAWNED;
	return 0;
}

struct naming {
	struct ln_registry *registry;
	struct ln_slice name;
	struct ln_process *there; /* who has the name; with a reference */
	int error;
};

#define NAME_TAKEN 1
#define NAME_REFUSED 2

/* Gives the new process its name before it runs. */
static int name_it(void *argument, struct ln_process *process)
{
	static const struct ln_version none = { 0 };
	struct naming *naming = argument;

	naming->error = ln_registry_register_new(
		naming->registry, (const char *)naming->name.data,
		naming->name.len, &none, process, &naming->there);
	if (naming->error < 0)
		return NAME_REFUSED;
	return naming->there != NULL ? NAME_TAKEN : 0;
}

static int give_found(struct ln_process *process, uint8_t *node, uint8_t *id,
		      struct ln_guest *guest, uint32_t *result)
{
	uint64_t at;
	uint64_t number;
	int error = ln_v13_address(guest, process, &at, &number);

	ln_process_release(process);
	if (error == LN_ENOENT)
		number = 0; /* it has ended, or cannot be reached */
	else if (error < 0)
		return error;
	ln_host_put_id(node, at);
	ln_host_put_id(id, number);
	*result = FOUND;
	return 0;
}

int ln_host_v13_process_get_or_spawn(struct ln_guest *guest,
				     struct ln_slice name, int64_t link,
				     uint64_t config, uint64_t module,
				     struct ln_slice function,
				     struct ln_slice params, uint8_t *node,
				     uint8_t *id, uint32_t *result)
{
	struct naming naming = {
		.registry = guest->environment->registry,
		.name = name,
	};
	struct ln_host_spawn spawn = {
		.link = link,
		.function = function,
		.params = params,
		.before = name_it,
		.argument = &naming,
	};
	struct ln_process *process;
	int error;

	if (name.len > LN_REGISTRY_NAME_MAX)
		return ln_guest_trap(guest, "the name has more than %d bytes",
				     LN_REGISTRY_NAME_MAX);
	if (!ln_utf8_valid(name.data, name.len))
		return ln_guest_trap(guest, "the name is not UTF-8");
	process = ln_registry_unversioned(naming.registry,
					  (const char *)name.data, name.len);
	if (process != NULL)
		return give_found(process, node, id, guest, result);
	ln_host_put_id(node, ln_v13_node_id(guest));
	error = spawn_with(guest, &spawn, config, module, &process, id, result);
	if (error == NAME_TAKEN)
		return give_found(naming.there, node, id, guest, result);
	if (error == NAME_REFUSED)
		return ln_host_fail(guest, id, result,
				    "The name cannot be registered: %s",
				    ln_error_text(naming.error));
	if (error < 0 || process == NULL)
		return error;
	ln_host_put_id(id, ln_process_number(process));
	ln_process_release(process);
	*result = SPAWNED;
	return 0;
}

int ln_host_v13_process_process_id(struct ln_guest *guest, uint64_t *result)
{
	*result = ln_process_number(guest->process);
	return 0;
}

int ln_host_v13_process_environment_id(struct ln_guest *guest, uint64_t *result)
{
	*result = guest->environment->family->number;
	return 0;
}

int ln_host_v13_process_link(struct ln_guest *guest, int64_t tag,
			     uint64_t process)
{
	struct ln_process *peer = ln_v13_find(guest, process);
	int error;

	if (peer == NULL) {
		error = ln_process_link_gone(guest->process, tag);
	} else {
		error = ln_process_link(guest->process, peer, tag, tag);
		ln_process_release(peer);
	}
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many links");
	/* A dead link that kills takes effect before the guest goes on. */
	if (error == 0 && ln_task_interrupted(&guest->process->task))
		return LN_EKILLED;
	return error;
}

int ln_host_v13_process_unlink(struct ln_guest *guest, uint64_t process)
{
	struct ln_process *peer = ln_v13_find(guest, process);

	if (peer == NULL)
		return 0;
	ln_process_unlink(guest->process, peer);
	ln_process_release(peer);
	return 0;
}

int ln_host_v13_process_monitor(struct ln_guest *guest, uint64_t process)
{
	struct ln_process *peer = ln_v13_find(guest, process);
	int error = ln_process_watch(guest->process, process, peer);

	if (peer != NULL)
		ln_process_release(peer);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many monitors");
	return error;
}

int ln_host_v13_process_stop_monitoring(struct ln_guest *guest,
					uint64_t process)
{
	struct ln_process *self = guest->process;
	uint64_t before = self->mailbox.compared;

	ln_process_unwatch(self, process);
	ln_guest_pay(guest, self->mailbox.compared - before);
	return ln_task_interrupted(&self->task) ? LN_EKILLED : 0;
}

int ln_host_v13_process_kill(struct ln_guest *guest, uint64_t process)
{
	struct ln_process *peer = ln_v13_find(guest, process);

	if (peer == NULL)
		return 0;
	ln_process_kill(peer);
	ln_process_release(peer);
	/* It may have killed itself. */
	return ln_task_interrupted(&guest->process->task) ? LN_EKILLED : 0;
}

int ln_host_v13_process_exists(struct ln_guest *guest, uint64_t process,
			       uint32_t *result)
{
	struct ln_process *peer = ln_v13_find(guest, process);

	*result = peer != NULL;
	if (peer != NULL)
		ln_process_release(peer);
	return 0;
}
