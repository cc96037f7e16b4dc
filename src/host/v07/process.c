/* lunatic::process: processes and links. */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/links.h"
#include "host/result.h"
#include "host/spawn.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/label.h"
#include "process/monitors.h"
#include "process/process.h"

static int spawn_from(struct ln_guest *guest, struct ln_module *module,
		      int64_t link, struct ln_slice function,
		      struct ln_slice params, uint8_t *id, uint32_t *result)
{
	const struct ln_host_spawn spawn = {
		.module = module,
		.link = link,
		.function = function,
		.params = params,
	};
	struct ln_process *process;
	int error = ln_host_spawn(guest, &spawn, &process, id, result);

	if (error < 0 || process == NULL)
		return error;
	return ln_host_give(guest, LN_RESOURCE_PROCESS, process, id, result);
}

int ln_host_process_spawn(struct ln_guest *guest, int64_t link, uint64_t module,
			  struct ln_slice function, struct ln_slice params,
			  uint8_t *id, uint32_t *result)
{
	struct ln_module *from =
		ln_guest_get(guest, LN_RESOURCE_MODULE, module);

	if (from == NULL)
		return ln_host_missing(guest, LN_RESOURCE_MODULE, module);
	return spawn_from(guest, from, link, function, params, id, result);
}

int ln_host_process_inherit_spawn(struct ln_guest *guest, int64_t link,
				  struct ln_slice function,
				  struct ln_slice params, uint8_t *id,
				  uint32_t *result)
{
	return spawn_from(guest, guest->module, link, function, params, id,
			  result);
}

int ln_host_process_drop_process(struct ln_guest *guest, uint64_t process)
{
	return ln_host_drop(guest, LN_RESOURCE_PROCESS, process);
}

int ln_host_process_clone_process(struct ln_guest *guest, uint64_t process,
				  uint64_t *result)
{
	return ln_host_clone(guest, LN_RESOURCE_PROCESS, process, result);
}

int ln_host_process_sleep_ms(struct ln_guest *guest, uint64_t milliseconds)
{
	int error = ln_task_sleep(&guest->process->task,
				  ln_time_after_ms(milliseconds));

	ln_instance_resumed(guest->instance);
	return error;
}

int ln_host_process_die_when_link_dies(struct ln_guest *guest, uint32_t trap)
{
	atomic_store_explicit(&guest->process->die_when_link_dies, trap != 0,
			      memory_order_relaxed);
	return 0;
}

int ln_host_process_this(struct ln_guest *guest, uint64_t *result)
{
	return ln_host_add(guest, LN_RESOURCE_PROCESS,
			   ln_process_retain(guest->process), result);
}

int ln_host_process_id(struct ln_guest *guest, uint64_t process, uint8_t *uuid)
{
	struct ln_process *value =
		ln_guest_get(guest, LN_RESOURCE_PROCESS, process);
	uint64_t high;
	uint64_t low;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_PROCESS, process);
	/* As a 128-bit number, little-endian: the text form read backwards. */
	memcpy(&high, value->id, sizeof(high));
	memcpy(&low, value->id + sizeof(high), sizeof(low));
	high = __builtin_bswap64(high);
	low = __builtin_bswap64(low);
	memcpy(uuid, &low, sizeof(low));
	memcpy(uuid + sizeof(low), &high, sizeof(high));
	return 0;
}

/* Finds a process. Traps when there is none. */
static int find_process(struct ln_guest *guest, uint64_t id,
			struct ln_process **process)
{
	*process = ln_guest_get(guest, LN_RESOURCE_PROCESS, id);
	if (*process == NULL)
		return ln_host_missing(guest, LN_RESOURCE_PROCESS, id);
	return 0;
}

int ln_host_process_link(struct ln_guest *guest, int64_t tag, uint64_t process)
{
	struct ln_process *value;
	int error = find_process(guest, process, &value);

	return error < 0 ? error : ln_host_link(guest, value, tag);
}

int ln_host_process_unlink(struct ln_guest *guest, uint64_t process)
{
	struct ln_process *value;
	int error = find_process(guest, process, &value);

	return error < 0 ? error : ln_host_unlink(guest, value);
}

int ln_host_process_monitor(struct ln_guest *guest, uint64_t process,
			    uint64_t *result)
{
	struct ln_process *value;
	int64_t tag = 0;
	int error = find_process(guest, process, &value);

	if (error == 0)
		error = ln_host_monitor(guest, value, &tag);
	*result = (uint64_t)tag;
	return error;
}

int ln_host_process_demonitor(struct ln_guest *guest, int64_t tag,
			      uint32_t *result)
{
	struct ln_process *self = guest->process;
	uint64_t before = self->mailbox.compared;

	*result = ln_process_demonitor(self, tag);
	ln_guest_pay(guest, self->mailbox.compared - before);
	return ln_task_interrupted(&self->task) ? LN_EKILLED : 0;
}

int ln_host_process_kill(struct ln_guest *guest, uint64_t process)
{
	struct ln_process *value;
	int error = find_process(guest, process, &value);

	return error < 0 ? error : ln_host_kill(guest, value);
}

int ln_host_process_set_label(struct ln_guest *guest, struct ln_slice label)
{
	if (!ln_utf8_valid(label.data, label.len))
		return ln_guest_trap(guest, "the label is not UTF-8");
	return ln_process_set_label(guest->process, (const char *)label.data,
				    label.len);
}
