/*
 * DESIGN
 * A process that receives is in a host function: the frames of its instance are
 * below, and stay until it is known what comes of the change.
 *
 *   task's own stack                        another stack
 *
 *   ... the old instance's frames
 *   receive
 *     ln_change_meet
 *       lunatic_version, lunatic_save
 *       -------------------------------->   a new instance
 *                                             lunatic_alloc, lunatic_load
 *       <--------------------------------   (given back)
 *     it failed: the new instance goes, and receive goes on
 *     it is there: guest->next; the stack is left, as after a kill
 *   run_guest (process/wasm.c)
 *     ln_change_commit: the old instance goes
 *     lunatic_resume
 *
 * The new instance is called on a stack of its own since the engine gives each
 * store the whole bound of the stack from where it is first called, and the old
 * frames have used some of it. lunatic_load has returned before anything is
 * given up, so nothing of the new one is on a stack then: it may be called from
 * the beginning of the task's own one. That is why what goes on is a function
 * of its own, lunatic_resume.
 *
 * What the host keeps for the guest is charged to the old instance until the
 * new one takes over; each counts the other one's memory towards its limit.
 */
#include "process/change_instance.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "engine/instance.h"
#include "engine/module.h"
#include "engine/report.h"
#include "engine/value.h"
#include "process/change.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/process.h"
#include "sched/bulk.h"

/* What a call of the guest costs that traps, if it is metered, for each
 * nanosecond that it took: what its function has counted is lost then. */
#define FUEL_PER_NS 1

struct loading {
	struct ln_guest *guest;
	struct ln_change *change;
	struct ln_instance *next;
	uint8_t *bytes; /* owned */
	size_t len;
	enum ln_change_result result;
	int64_t begun;
};

const char *ln_change_lacks_load(const struct ln_module *module)
{
	const struct ln_compiled *code = module->module;

	if (ln_compiled_export(code, LN_CHANGE_ALLOC, "i", 'i') == NULL)
		return LN_CHANGE_ALLOC " of type (i32) -> i32";
	if (ln_compiled_export(code, LN_CHANGE_LOAD, "Iii", 'i') == NULL)
		return LN_CHANGE_LOAD " of type (i64, i32, i32) -> i32";
	if (ln_compiled_export(code, LN_CHANGE_RESUME, "", 0) == NULL)
		return LN_CHANGE_RESUME " of type () -> ()";
	return NULL;
}

const char *ln_change_lacks_save(const struct ln_module *module)
{
	if (ln_compiled_export(module->module, LN_CHANGE_SAVE, "", 'I') == NULL)
		return LN_CHANGE_SAVE " of type () -> i64";
	return NULL;
}

/* What a call that failed means. A process that is killed is told from one that
 * is cancelled when it is over. Takes the report over. */
static enum ln_change_result judge(struct ln_change *change,
				   const struct ln_guest *guest,
				   const char *function, int error,
				   struct ln_report *report)
{
	enum ln_change_result result = LN_CHANGE_FAILED;
	const char *why = ln_error_text(error);

	if (error == LN_EFULL)
		why = "too many calls are within each other";
	if (report != NULL)
		why = ln_report_reason(report);
	if (error == LN_EKILLED && guest->exited)
		result = ln_change_fail(change, LN_CHANGE_REFUSED,
					"%s exited with status %u", function,
					guest->exit_code);
	else if (error == LN_EKILLED)
		result = ln_change_fail(change, LN_CHANGE_TIMED_OUT,
					"%s took too long", function);
	else
		result = ln_change_fail(change, result, "%s failed: %s",
					function, why);
	ln_report_free(report);
	return result;
}

/* Calls a function of the old instance. */
static enum ln_change_result call_old(struct ln_guest *guest,
				      struct ln_change *change,
				      const char *name, union ln_value *values)
{
	struct ln_instance *instance = guest->instance;
	const struct ln_entry *entry =
		ln_instance_export(instance, name, "", 'I');
	struct ln_report *report = NULL;
	int64_t begun = ln_time_now();
	enum ln_change_result result;
	int error;

	if (entry == NULL)
		return ln_change_fail(
			change, LN_CHANGE_REFUSED,
			"the old version exports no function %s of type () "
			"-> i64",
			name);
	error = ln_instance_reenter(instance, entry, values, &report);
	if (error == 0)
		return LN_CHANGE_DONE;
	result = judge(change, guest, name, error, report);
	if (error != LN_EKILLED || !guest->exited)
		ln_instance_forgive(instance,
				    (uint64_t)(ln_time_now() - begun) *
					    FUEL_PER_NS);
	return result;
}

/* Copies what the old version keeps. */
static enum ln_change_result keep(struct loading *loading, uint64_t packed)
{
	struct ln_change *change = loading->change;
	struct ln_guest *guest = loading->guest;
	uint32_t address = (uint32_t)packed;
	uint32_t len = (uint32_t)(packed >> 32);
	const uint8_t *from = ln_guest_memory(guest, address, len);

	if (len > LN_CHANGE_MAX_BYTES)
		return ln_change_fail(
			change, LN_CHANGE_FAILED,
			LN_CHANGE_SAVE " returned %u bytes; %llu are "
				       "allowed",
			len, (unsigned long long)LN_CHANGE_MAX_BYTES);
	if (len > 0 && from == NULL)
		return ln_change_fail(change, LN_CHANGE_FAILED,
				      LN_CHANGE_SAVE
				      " returned %u bytes at address %u, "
				      "which are not in its memory",
				      len, address);
	if (!ln_guest_keep(guest, len))
		return ln_change_fail(change, LN_CHANGE_FAILED,
				      "the %u bytes of " LN_CHANGE_SAVE ": %s",
				      len, ln_error_text(LN_EMEMORY));
	ln_guest_charge(guest, (uint64_t)len * 2);
	loading->bytes = malloc(len > 0 ? len : 1);
	if (loading->bytes == NULL) {
		ln_guest_forget(guest, len);
		return ln_change_fail(change, LN_CHANGE_FAILED, "%s",
				      ln_error_text(LN_ENOMEM));
	}
	loading->len = len;
	change->bytes = len;
	if (len > 0)
		ln_bulk_copy(loading->bytes, from, len);
	return LN_CHANGE_DONE;
}

/* Asks the old version for what it wants to keep. */
static enum ln_change_result save(struct loading *loading)
{
	struct ln_change *change = loading->change;
	struct ln_guest *guest = loading->guest;
	union ln_value value[1] = { { .i64 = 0 } };
	enum ln_change_result result;

	if (ln_instance_export(guest->instance, LN_CHANGE_VERSION, "", 'I') !=
	    NULL) {
		result = call_old(guest, change, LN_CHANGE_VERSION, value);
		if (result != LN_CHANGE_DONE)
			return result;
		change->version = value[0].i64;
	}
	result = call_old(guest, change, LN_CHANGE_SAVE, value);
	if (result != LN_CHANGE_DONE)
		return result;
	if (value[0].i64 == LN_CHANGE_SAVE_LATER) {
		atomic_store_explicit(&change->postponed, true,
				      memory_order_relaxed);
		return LN_CHANGE_WAITING;
	}
	if (value[0].i64 < 0)
		return ln_change_fail(change, LN_CHANGE_REFUSED,
				      "the old version refuses: " LN_CHANGE_SAVE
				      " returned %lld",
				      (long long)value[0].i64);
	return keep(loading, (uint64_t)value[0].i64);
}

/* Calls a function of the new instance; one that it need not have, if
 * `optional`. */
static enum ln_change_result call_new(struct loading *loading, const char *name,
				      const char *params, char type,
				      union ln_value *values)
{
	const struct ln_entry *entry =
		ln_instance_export(loading->next, name, params, type);
	struct ln_report *report = NULL;
	int error;

	ln_assert(entry != NULL);
	error = ln_instance_reenter(loading->next, entry, values, &report);
	if (error == 0)
		return LN_CHANGE_DONE;
	return judge(loading->change, loading->guest, name, error, report);
}

/* Puts what was kept where the new instance wants it. */
static enum ln_change_result hand_over(struct loading *loading,
				       uint32_t *address)
{
	union ln_value value[1] = { { .i32 = (int32_t)loading->len } };
	enum ln_change_result result;
	uint8_t *to;

	*address = 0;
	if (loading->len == 0)
		return LN_CHANGE_DONE;
	result = call_new(loading, LN_CHANGE_ALLOC, "i", 'i', value);
	if (result != LN_CHANGE_DONE)
		return result;
	*address = (uint32_t)value[0].i32;
	to = ln_guest_memory(loading->guest, *address, loading->len);
	if (*address == 0 || to == NULL)
		return ln_change_fail(loading->change, LN_CHANGE_FAILED,
				      LN_CHANGE_ALLOC
				      " returned address %u for %zu "
				      "bytes, which is no room",
				      *address, loading->len);
	ln_bulk_copy(to, loading->bytes, loading->len);
	return LN_CHANGE_DONE;
}

/* All that the new instance does before it takes over. */
static enum ln_change_result begin(struct loading *loading)
{
	union ln_value values[3] = { { .i64 = 0 } };
	enum ln_change_result result = LN_CHANGE_DONE;
	uint32_t address;

	if (ln_instance_export(loading->next, LN_INITIALIZE, "", 0) != NULL)
		result = call_new(loading, LN_INITIALIZE, "", 0, values);
	if (result == LN_CHANGE_DONE)
		result = hand_over(loading, &address);
	if (result != LN_CHANGE_DONE)
		return result;
	values[0].i64 = loading->change->version;
	values[1].i32 = (int32_t)address;
	values[2].i32 = (int32_t)loading->len;
	result = call_new(loading, LN_CHANGE_LOAD, "Iii", 'i', values);
	if (result == LN_CHANGE_DONE && values[0].i32 != 0)
		return ln_change_fail(loading->change, LN_CHANGE_REFUSED,
				      "the new version refuses: " LN_CHANGE_LOAD
				      " returned %d",
				      values[0].i32);
	return result;
}

/* On the other stack. */
static void load_on_stack(void *argument)
{
	struct loading *loading = argument;
	struct ln_guest *guest = loading->guest;
	struct ln_instance *old = guest->instance;
	const struct ln_limits *limits = &guest->environment->limits;
	struct ln_instance_limits bounds = {
		.max_memory = limits->max_memory,
		.max_fuel = guest->metered ? old->limits.max_fuel -
						     ln_instance_fuel_used(old)
					   : 0,
		.max_table_elements = limits->max_table_elements,
		.account = guest->environment->charged,
		.beside = &old->memory_used,
	};
	struct ln_report *report;
	int error;

	guest->instance = loading->next;
	guest->module = loading->change->to;
	guest->initialized = false;
	error = ln_instance_init(loading->next, guest->module->module, &bounds,
				 old->task, guest, &report);
	guest->initialized = true;
	if (error < 0)
		loading->result =
			judge(loading->change, guest, "making the new instance",
			      error, report);
	else
		loading->result = begin(loading);
	guest->instance = old;
}

/* The new instance is not to be: what it has used is paid for. */
static void discard(struct loading *loading)
{
	struct ln_guest *guest = loading->guest;
	struct ln_instance *next = loading->next;
	uint64_t fuel = ln_instance_fuel_used(next);
	uint64_t time =
		(uint64_t)(ln_time_now() - loading->begun) * FUEL_PER_NS;

	ln_instance_deinit(next);
	ln_assert(next->memory_used == 0);
	free(next);
	ln_task_set_local(&guest->process->task, guest->instance);
	if (loading->result != LN_CHANGE_DONE && time > fuel)
		fuel = time;
	ln_guest_pay(guest, fuel);
	/* An exit of the new version is none of the process. */
	guest->exited = false;
	guest->exit_code = 0;
}

/* Has a new instance made and loaded; when that succeeds it is guest->next. */
static enum ln_change_result load(struct loading *loading)
{
	struct ln_guest *guest = loading->guest;
	struct ln_instance *old = guest->instance;
	struct ln_module *module = guest->module;
	size_t size = (sizeof(struct ln_instance) + LN_CACHE_LINE - 1) &
		      ~(size_t)(LN_CACHE_LINE - 1);
	int error;

	loading->begun = ln_time_now();
	loading->next = aligned_alloc(LN_CACHE_LINE, size);
	if (loading->next == NULL)
		return ln_change_fail(loading->change, LN_CHANGE_FAILED, "%s",
				      ln_error_text(LN_ENOMEM));
	*loading->next = (struct ln_instance){ 0 };
	old->limits.beside = &loading->next->memory_used;
	error = ln_task_on_other_stack(old->task, load_on_stack, loading);
	guest->module = module;
	ln_task_set_local(old->task, old);
	old->limits.beside = NULL;
	if (error < 0) {
		free(loading->next);
		return ln_change_fail(loading->change, LN_CHANGE_FAILED, "%s",
				      ln_error_text(error));
	}
	if (loading->result != LN_CHANGE_DONE || loading->change->dry) {
		discard(loading);
		return loading->result;
	}
	guest->next = loading->next;
	guest->next_module = ln_module_retain(loading->change->to);
	return LN_CHANGE_DONE;
}

static enum ln_change_result perform(struct ln_guest *guest,
				     struct ln_change *change)
{
	struct loading loading = { .guest = guest, .change = change };
	enum ln_change_result result;

	/* Else one in forty would lose its turn in the middle, and wait for all
	 * others. */
	ln_task_renew_slice(&guest->process->task);
	guest->changing = true;
	result = save(&loading);
	if (result == LN_CHANGE_DONE)
		result = load(&loading);
	guest->changing = false;
	/* Of what has failed there. */
	free(guest->trap_text);
	guest->trap_text = NULL;
	if (loading.bytes != NULL) {
		ln_guest_forget(guest, loading.len);
		ln_bulk_free(loading.bytes, loading.len);
	}
	return result;
}

int ln_change_meet(struct ln_guest *guest)
{
	struct ln_process *process = guest->process;
	struct ln_change *change;
	enum ln_change_result result;

	if (guest->changing)
		return ln_guest_trap(guest, "a process cannot receive in a "
					    "function that saves or loads its "
					    "state");
	change = ln_change_begin(process);
	if (change == NULL)
		return 0;
	result = perform(guest, change);
	/* A kill, or an exit of the old version. */
	if (result != LN_CHANGE_DONE && guest->exited)
		result = LN_CHANGE_ENDED;
	ln_change_conclude(change, result);
	ln_change_release(change);
	if (guest->next != NULL || guest->exited ||
	    ln_task_interrupted(&process->task))
		return LN_EKILLED;
	return 0;
}

/* What the host keeps for the guest is charged to the next instance. */
static void move_charges(struct ln_guest *guest)
{
	uint64_t bytes = guest->kept;

	bytes += ln_handles_charge_to(&guest->processes, guest->next);
	for (unsigned i = 0; guest->others != NULL && i < LN_RESOURCE_KINDS - 1;
	     i++)
		bytes += ln_handles_charge_to(&guest->others[i], guest->next);
	ln_instance_take_charges(guest->next, guest->instance, bytes);
}

void ln_change_commit(struct ln_guest *guest, struct ln_module **before)
{
	struct ln_instance *old = guest->instance;
	struct ln_instance *next = guest->next;

	ln_assert(next != NULL && !guest->changing);
	next->limits.beside = NULL;
	next->limits.max_fuel = guest->environment->limits.max_fuel;
	next->limits.memory_shown = old->limits.memory_shown;
	old->limits.memory_shown = NULL;
	move_charges(guest);
	ln_instance_deinit(old);
	ln_assert(old->memory_used == 0);
	*before = guest->module;
	guest->instance = next;
	guest->module = guest->next_module;
	guest->next = NULL;
	guest->next_module = NULL;
	ln_task_set_local(&guest->process->task, next);
}

void ln_change_drop_next(struct ln_guest *guest)
{
	ln_instance_deinit(guest->next);
	ln_task_set_local(&guest->process->task, guest->instance);
	free(guest->next);
	guest->next = NULL;
	ln_module_release(guest->next_module);
	guest->next_module = NULL;
}
