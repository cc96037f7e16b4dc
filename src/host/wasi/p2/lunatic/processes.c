/*
 * lunatic:process/processes, links and monitors.
 *
 * Threads: the one that runs the process.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/component.h"
#include "engine/instance.h"
#include "engine/module.h"
#include "host/abi_gen.h"
#include "host/links.h"
#include "host/messages.h"
#include "host/spawn.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/lunatic/lunatic.h"
#include "host/wasi/wasi.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/label.h"
#include "process/lookup.h"
#include "process/message.h"
#include "process/process.h"
#include "process/startup.h"

/* How results are laid out: result<own<process>,spawn-error>, option<startup>,
 * option<own<process>>. */
#define SPAWNED_SIZE 16
#define SPAWNED_AT 4 /* the process, or spawn-error */
#define REFUSED_AT 8 /* the text of spawn-error */
#define STARTUP_SIZE 28
#define STARTUP_AT 4 /* function, argument, processes: eight bytes each */
#define FOUND_SIZE 8
#define FOUND_AT 4

enum spawn_error { NO_WORKER = 0, REFUSED = 1 };

static const char worker[] = LN_COMPONENT_WORKER;

/* ---- Handles ---- */

int ln_p2_process_id(struct ln_p2_call *call)
{
	struct ln_process *process;
	int error = ln_p2_process(call, 0, &process);

	if (error == 0)
		call->values[0].i64 = (int64_t)ln_process_number(process);
	return error;
}

int ln_p2_process_duplicate(struct ln_p2_call *call)
{
	struct ln_process *process;
	int error = ln_p2_process(call, 0, &process);

	return error != 0
		       ? error
		       : ln_p2_return_process(call, ln_process_retain(process));
}

int ln_p2_process_kill(struct ln_p2_call *call)
{
	struct ln_process *process;
	int error = ln_p2_process(call, 0, &process);

	return error != 0 ? error : ln_host_kill(call->guest, process);
}

int ln_p2_process_current(struct ln_p2_call *call)
{
	return ln_p2_return_process(call,
				    ln_process_retain(call->guest->process));
}

int ln_p2_process_find(struct ln_p2_call *call)
{
	const struct ln_environment *own = call->guest->environment;
	struct ln_process *process =
		ln_process_find(own->runtime, ln_p2_u64(call, 0));
	uint32_t handle = 0;
	uint8_t *at;
	int error;

	if (process != NULL && process->environment->family != own->family) {
		ln_process_release(process);
		process = NULL;
	}
	error = process != NULL ? ln_p2_give_process(call, process, &handle)
				: 0;
	if (error == 0)
		error = ln_p2_result(call, 1, FOUND_SIZE, 4, &at);
	if (error != 0 || process == NULL)
		return error;
	at[0] = 1;
	ln_wasi_store32(at + FOUND_AT, handle);
	return 0;
}

int ln_p2_process_sleep(struct ln_p2_call *call)
{
	return ln_host_process_sleep_ms(call->guest, ln_p2_u64(call, 0));
}

int ln_p2_process_set_label(struct ln_p2_call *call)
{
	struct ln_slice label;
	int error = ln_p2_text(call, 0, LN_P2_LABEL_MAX, &label);

	return error != 0 ? error
			  : ln_host_process_set_label(call->guest, label);
}

/* ---- Spawning ---- */

/* What a new process gets before it runs. */
struct equipment {
	struct ln_message *startup;
	struct ln_slice function;
	int error;
};

static int equip(void *argument, struct ln_process *process)
{
	struct equipment *equipment = argument;

	equipment->error = ln_process_set_startup(process, equipment->startup);
	equipment->startup = NULL;
	if (equipment->error == 0)
		equipment->error = ln_process_set_label(
			process, (const char *)equipment->function.data,
			equipment->function.len);
	return equipment->error != 0;
}

static int answer_spawned(struct ln_p2_call *call, unsigned index,
			  struct ln_process *process)
{
	uint32_t handle = 0;
	uint8_t *at;
	int error = ln_p2_give_process(call, process, &handle);

	if (error == 0)
		error = ln_p2_result(call, index, SPAWNED_SIZE, 4, &at);
	if (error == 0)
		ln_wasi_store32(at + SPAWNED_AT, handle);
	return error;
}

static int answer_refused(struct ln_p2_call *call, unsigned index,
			  enum spawn_error why, const char *text)
{
	uint32_t string[2] = { 1, 0 };
	uint8_t *at;
	int error = 0;

	if (why == REFUSED)
		error = ln_p2_string(call, text, &string[0], &string[1]);
	if (error == 0)
		error = ln_p2_result(call, index, SPAWNED_SIZE, 4, &at);
	if (error != 0)
		return error;
	at[0] = 1;
	at[SPAWNED_AT] = (uint8_t)why;
	ln_p2_store_list(at + REFUSED_AT, string);
	return 0;
}

/* Spawns with the message in the scratch area. */
static int spawn(struct ln_p2_call *call, struct ln_slice function,
		 int64_t link, unsigned result)
{
	struct ln_guest *guest = call->guest;
	struct equipment equipment = {
		.startup = ln_host_scratch_take(guest),
		.function = function,
	};
	const struct ln_host_spawn how = {
		.module = guest->module,
		.link = link,
		.function = { (const uint8_t *)worker, sizeof(worker) - 1 },
		.before = equip,
		.argument = &equipment,
	};
	struct ln_process *process;
	char *text = NULL;
	int error;

	/* Its reading begins with the argument. */
	equipment.startup->read_at = function.len;
	error = ln_host_try_spawn(guest, &how, &process, &text);
	ln_message_free(equipment.startup);
	if (error < 0)
		return error;
	ln_instance_resumed(guest->instance);
	if (process != NULL)
		return answer_spawned(call, result, process);
	if (error > 0)
		text = strdup(ln_error_text(equipment.error));
	error = answer_refused(call, result, REFUSED,
			       text != NULL ? text : ln_error_text(LN_ENOMEM));
	free(text);
	return error;
}

static int spawn_with(struct ln_p2_call *call, int64_t link, unsigned processes,
		      unsigned result)
{
	struct ln_guest *guest = call->guest;
	struct ln_slice function;
	int error = ln_p2_text(call, 0, LN_P2_LABEL_MAX, &function);

	if (error != 0)
		return error;
	if (function.len > LN_P2_LABEL_MAX ||
	    !ln_utf8_valid(function.data, function.len))
		return ln_guest_trap(guest,
				     "the function's name is not UTF-8, or has "
				     "more than %u bytes",
				     LN_P2_LABEL_MAX);
	if (ln_compiled_entry(guest->module->module, worker,
			      sizeof(worker) - 1) == NULL)
		return answer_refused(call, result, NO_WORKER, NULL);
	error = ln_p2_compose(call, 0, function, 2, processes);
	return error != 0 ? error : spawn(call, function, link, result);
}

int ln_p2_process_spawn(struct ln_p2_call *call)
{
	return spawn_with(call, 0, LN_P2_NO_PROCESSES, 4);
}

int ln_p2_process_spawn_with(struct ln_p2_call *call)
{
	bool linked = ln_p2_u32(call, 4) != 0;
	int64_t tag = (int64_t)ln_p2_u64(call, 5);

	if (linked && tag == 0)
		return ln_guest_trap(call->guest,
				     "the tag of a link to a new process must "
				     "not be 0");
	return spawn_with(call, linked ? tag : 0, 6, 8);
}

static int answer_startup(struct ln_p2_call *call, struct ln_message *startup)
{
	const struct ln_slice function = { startup->data, startup->read_at };
	uint32_t lists[3][2];
	uint8_t *at;
	int error = ln_p2_string_of(call, function, &lists[0][0], &lists[0][1]);

	if (error == 0)
		error = ln_p2_pass_bytes(call, startup->data + startup->read_at,
					 startup->size - startup->read_at,
					 lists[1]);
	if (error == 0)
		error = ln_p2_pass_processes(call, startup, lists[2]);
	if (error == 0)
		error = ln_p2_result(call, 0, STARTUP_SIZE, 4, &at);
	if (error != 0)
		return error;
	at[0] = 1;
	for (unsigned i = 0; i < 3; i++)
		ln_p2_store_list(at + STARTUP_AT + (size_t)i * 8, lists[i]);
	return 0;
}

int ln_p2_process_take_startup(struct ln_p2_call *call)
{
	struct ln_guest *guest = call->guest;
	struct ln_message *startup = ln_process_take_startup(guest->process);
	uint8_t *at;
	int error;

	if (startup == NULL)
		return ln_p2_result(call, 0, STARTUP_SIZE, 4, &at);
	/* It counts, and ends with the process, while the guest allocates. */
	ln_host_scratch_put(guest, startup);
	error = answer_startup(call, startup);
	if (error == 0)
		ln_message_free(ln_host_scratch_take(guest));
	return error;
}

/* ---- Links and monitors ---- */

int ln_p2_links_link(struct ln_p2_call *call)
{
	struct ln_process *process;
	int error = ln_p2_process(call, 0, &process);

	return error != 0 ? error
			  : ln_host_link(call->guest, process,
					 (int64_t)ln_p2_u64(call, 1));
}

int ln_p2_links_unlink(struct ln_p2_call *call)
{
	struct ln_process *process;
	int error = ln_p2_process(call, 0, &process);

	return error != 0 ? error : ln_host_unlink(call->guest, process);
}

int ln_p2_links_die_with_links(struct ln_p2_call *call)
{
	return ln_host_process_die_when_link_dies(call->guest,
						  ln_p2_u32(call, 0));
}

int ln_p2_monitors_monitor(struct ln_p2_call *call)
{
	struct ln_process *process;
	int64_t tag = 0;
	int error = ln_p2_process(call, 0, &process);

	if (error == 0)
		error = ln_host_monitor(call->guest, process, &tag);
	if (error == 0)
		call->values[0].i64 = tag;
	return error;
}

int ln_p2_monitors_demonitor(struct ln_p2_call *call)
{
	uint32_t watched = 0;
	int error = ln_host_process_demonitor(
		call->guest, (int64_t)ln_p2_u64(call, 0), &watched);

	if (error == 0)
		call->values[0].i32 = (int32_t)watched;
	return error;
}
