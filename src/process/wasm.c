/*
 * DESIGN
 * What the parent knows to be wrong is an error of the spawn: no such function,
 * wrong parameters, a memory that is larger than the limit. Everything else is
 * done by the child, on its own fiber, since no process touches another's
 * store: instantiation, the call, the teardown.
 *
 * A start function is guest code that may fail, and lunatic 0.7 reports that to
 * the parent. So for modules that have one the two share a `struct birth`; the
 * process that spawns parks until the child has filled it. Either may be killed
 * meanwhile, so it is counted. That process need not be the one to be linked:
 * when another node spawns, one of this node's own does it in its place.
 */
#include "process/wasm.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/refs.h"
#include "base/time.h"
#include "base/uuid.h"
#include "engine/elements.h"
#include "engine/engine_class.h"
#include "engine/instance.h"
#include "engine/module.h"
#include "engine/refusal.h"
#include "engine/report.h"
#include "engine/value.h"
#include "heap/profile.h"
#include "process/change.h"
#include "process/change_instance.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/errand.h"
#include "process/guest.h"
#include "process/inspect.h"
#include "process/life.h"
#include "process/message.h"
#include "process/plugin.h"
#include "process/process.h"
#include "process/remote_environment.h"
#include "process/runtime.h"
#include "process/trap_report.h"
#include "sched/blocking.h"
#include "sched/sched.h"

enum birth_state { BIRTH_PENDING, BIRTH_DONE, BIRTH_FAILED };

struct birth {
	_Atomic uint32_t references;
	_Atomic int state;
	struct ln_process *caller; /* counted; waits */
	char *error;               /* written before BIRTH_FAILED */
};

/* What a child is started with; freed by the child. */
struct start {
	/* What it runs; both change under the lock of the process. */
	struct ln_module *module;     /* counted */
	const struct ln_entry *entry; /* lives as long as the module */
	char *name; /* that it began under, when it has been changed; or NULL */
	struct birth *birth;      /* NULL: nobody waits */
	struct ln_errand *errand; /* begun; NULL: none */
	struct ln_hook *hook;     /* NULL: it is not a plugin */
	_Atomic uint64_t memory;  /* bytes of linear memory; for reports */
	_Atomic bool ready;       /* it is instantiated; likewise */
	/* What runs it; NULL: not yet known. */
	const struct ln_engine_class *_Atomic engine;
	union ln_value params[];
};

int ln_params_check(const uint8_t *params, size_t len)
{
	if (len % LN_PARAM_SIZE != 0)
		return LN_EFORMAT;
	for (size_t i = 0; i < len; i += LN_PARAM_SIZE) {
		if (params[i] != LN_PARAM_I32 && params[i] != LN_PARAM_I64 &&
		    params[i] != LN_PARAM_V128)
			return LN_EFORMAT;
	}
	return 0;
}

static void release_birth(struct birth *birth)
{
	if (!ln_refs_release(&birth->references))
		return;
	ln_process_release(birth->caller);
	free(birth->error);
	free(birth);
}

/* Tells the waiting caller how it went; takes `error` over. */
static void announce(struct birth **slot, int state, char *error)
{
	struct birth *birth = *slot;

	if (birth == NULL) {
		free(error);
		return;
	}
	*slot = NULL;
	/* Only the child tells, and once. Relaxed: it wrote the state. */
	ln_assert(atomic_load_explicit(&birth->state, memory_order_relaxed) ==
		  BIRTH_PENDING);
	ln_assert(error == NULL || state == BIRTH_FAILED);
	birth->error = error;
	/* Release pairs with the acquire in await_birth. */
	atomic_store_explicit(&birth->state, state, memory_order_release);
	ln_task_wake(&birth->caller->task);
	release_birth(birth);
}

struct heap_call {
	struct ln_guest *guest;
	char name[LN_UUID_TEXT];
	int error;
};

static void write_heap(void *argument)
{
	struct heap_call *call = argument;
	const struct ln_guest *guest = call->guest;

	call->error = ln_heap_profile_write(
		guest->heap, guest->environment->runtime->heap_profiles,
		call->name);
	if (call->error < 0)
		ln_log(LN_LOG_ERROR,
		       "the heap profile of process %s cannot be written: %s",
		       call->name, ln_error_text(call->error));
}

/* Writes the profile of a process that had its allocator watched. */
LN_NOINLINE static void finish_heap(struct ln_guest *guest)
{
	struct ln_runtime *runtime = guest->environment->runtime;
	struct heap_call call = { .guest = guest };

	ln_uuid_format(guest->process->id, call.name);
	(void)ln_blocking_run_for(ln_sched_files(runtime->sched),
				  guest->environment->files, write_heap, &call);
	ln_heap_profile_free(guest->heap);
}

static void deinit_guest(struct ln_guest *guest)
{
	struct ln_runtime *runtime = guest->environment->runtime;

	ln_message_free(guest->scratch);
	ln_guest_deinit_tables(guest);
	if (guest->wasi != NULL)
		runtime->free_wasi(guest->wasi);
	if (guest->heap != NULL)
		finish_heap(guest);
	free(guest->trap_text);
}

/* What an ended call means for the process. Takes the report over. */
static enum ln_outcome judge(struct ln_process *process, struct ln_guest *guest,
			     enum ln_stop stop, struct ln_report *report)
{
	struct ln_runtime *runtime = process->environment->runtime;

	if (stop == LN_STOP_RETURNED)
		return LN_OUTCOME_NORMAL;
	if (stop == LN_STOP_FAILED) {
		process->exit_code = 1;
		return LN_OUTCOME_EXITED;
	}
	if (stop == LN_STOP_HOST) {
		ln_report_free(report);
		if (!guest->exited)
			return LN_OUTCOME_KILLED;
		process->exit_code = guest->exit_code;
		return guest->exit_code == 0 ? LN_OUTCOME_NORMAL
					     : LN_OUTCOME_EXITED;
	}
	if (report == NULL)
		report = ln_report_plain("out of memory");
	if (guest->hook == NULL) {
		ln_runtime_report(runtime, process, report);
		return LN_OUTCOME_TRAPPED;
	}
	/* Where a plugin was is its own affair. */
	if (report != NULL)
		guest->hook->failure = strdup(ln_report_reason(report));
	ln_report_free(report);
	return LN_OUTCOME_TRAPPED;
}

/* What a parent is told when the start function of its child exits. */
static char *exit_text(uint32_t code)
{
	char *text;

	if (asprintf(&text, "The start function exited with status %u", code) <
	    0)
		return NULL;
	return text;
}

/* What a parent is told when its child cannot be instantiated. Takes the report
 * over. */
static char *birth_text(const struct ln_process *process,
			const struct ln_guest *guest, struct ln_report *report)
{
	char *text = NULL;

	if (guest->exited)
		text = exit_text(guest->exit_code);
	else if (report != NULL)
		text = ln_runtime_report_text(process->environment->runtime,
					      report);
	ln_report_free(report);
	return text;
}

/* Calls the entry. That of a library comes after its `_initialize`. */
static enum ln_stop call_entry(struct start *start,
			       struct ln_instance *instance,
			       struct ln_report **report)
{
	const struct ln_entry *initialize =
		ln_compiled_initialize(start->module->module);
	enum ln_stop stop = LN_STOP_RETURNED;

	*report = NULL;
	if (LN_UNLIKELY(initialize != NULL) && initialize != start->entry)
		stop = ln_instance_call(instance, initialize, NULL, report);
	if (stop != LN_STOP_RETURNED)
		return stop;
	return ln_instance_call(instance, start->entry, start->params, report);
}

/* Whether it is to do the same once more, for another errand. */
static bool has_next(struct start *start, struct ln_guest *guest)
{
	struct ln_errand *errand = start->errand;
	bool goes_on;

	if (errand == NULL || errand->next == NULL)
		return false;
	goes_on = errand->next(&errand);
	start->errand = errand;
	guest->errand = errand;
	return goes_on;
}

/* Out of line: its frame is gone when the instance goes. */
LN_NOINLINE static enum ln_outcome run(struct ln_process *process,
				       struct start *start,
				       struct ln_guest *guest,
				       struct ln_instance *instance)
{
	const struct ln_limits *limits = &process->environment->limits;
	struct ln_instance_limits bounds = {
		.max_memory = limits->max_memory,
		.max_fuel = limits->max_fuel,
		.max_table_elements = limits->max_table_elements,
		.account = process->environment->charged,
		.memory_shown = &start->memory,
	};
	struct ln_report *report;
	enum ln_stop stop;
	int error = ln_instance_init(instance, start->module->module, &bounds,
				     &process->task, guest, &report);

	if (error < 0 && start->birth != NULL &&
	    (error != LN_EKILLED || guest->exited)) {
		/* The parent knows; links are not told a second time. */
		announce(&start->birth, BIRTH_FAILED,
			 birth_text(process, guest, report));
		return LN_OUTCOME_NORMAL;
	}
	if (error < 0) {
		announce(&start->birth, BIRTH_FAILED, NULL);
		stop = error == LN_EKILLED ? LN_STOP_HOST : LN_STOP_TRAPPED;
		return judge(process, guest, stop, report);
	}
	guest->initialized = true;
	/* Relaxed: for reports. */
	atomic_store_explicit(&start->engine, instance->class,
			      memory_order_relaxed);
	atomic_store_explicit(&start->ready, true, memory_order_relaxed);
	announce(&start->birth, BIRTH_DONE, NULL);
	stop = call_entry(start, instance, &report);
	while (stop == LN_STOP_RETURNED && has_next(start, guest))
		stop = ln_instance_call(instance, start->entry, start->params,
					&report);
	return judge(process, guest, stop, report);
}

/* What a process is called: after its entry, or the function that a library was
 * told to spawn through that. */
static const char *entry_name(const struct start *start, size_t *len)
{
	static const char by_index[] = LN_SPAWN_BY_INDEX;
	const struct ln_entry *entry = start->entry;
	uint32_t last = entry->param_count - 1;
	const char *name = start->name;

	if (name != NULL) {
		*len = strlen(name);
		return name;
	}
	if (entry->name_len == sizeof(by_index) - 1 &&
	    memcmp(entry->name, by_index, sizeof(by_index) - 1) == 0 &&
	    entry->param_count > 0 && entry->params[last] == 'i')
		name = ln_compiled_table_name(start->module->module,
					      (uint32_t)start->params[last].i32,
					      len);
	if (name != NULL)
		return name;
	*len = entry->name_len;
	return entry->name;
}

/* Frees an instance that is over, unless it is the first, which is on the
 * stack. */
static void drop_instance(struct ln_instance *instance,
			  const struct ln_instance *first)
{
	if (instance != first)
		free(instance);
}

/* What it is to be called from now on, under the name that it has. */
static void enter_next(struct ln_process *process, struct start *start,
		       struct ln_guest *guest, const struct ln_entry *entry)
{
	size_t len;
	const char *name = entry_name(start, &len);
	char *copy = start->name == NULL ? strndup(name, len) : NULL;

	ln_process_lock(process);
	if (start->name == NULL)
		start->name = copy;
	start->module = guest->module;
	start->entry = entry;
	ln_process_unlock(process);
}

/* The stack has been left for another instance, which goes on. */
static LN_NOINLINE enum ln_outcome run_next(struct ln_process *process,
					    struct start *start,
					    struct ln_guest *guest,
					    const struct ln_instance *first)
{
	struct ln_instance *old = guest->instance;
	const struct ln_entry *entry;
	struct ln_report *report;
	struct ln_module *before;
	enum ln_stop stop;

	if (guest->heap != NULL)
		finish_heap(guest);
	guest->heap = NULL;
	ln_change_commit(guest, &before);
	drop_instance(old, first);
	entry = ln_instance_export(guest->instance, LN_CHANGE_RESUME, "", 0);
	ln_assert(entry != NULL);
	enter_next(process, start, guest, entry);
	ln_module_release(before);
	ln_change_settle(process);
	stop = ln_instance_call(guest->instance, entry, NULL, &report);
	return judge(process, guest, stop, report);
}

static enum ln_outcome body(struct ln_process *process)
{
	struct start *start = process->argument;
	alignas(LN_CACHE_LINE) struct ln_instance instance = { 0 };
	alignas(LN_CACHE_LINE) struct ln_guest guest = {
		.process = process,
		.instance = &instance,
		.module = start->module,
		.environment = process->environment,
		.errand = start->errand,
		.hook = start->hook,
		.metered = process->environment->limits.max_fuel > 0,
	};
	enum ln_outcome outcome;

	ln_guest_init_tables(&guest);
	process->task.gives_way = true;
	outcome = run(process, start, &guest, &instance);
	while (LN_UNLIKELY(guest.next != NULL) &&
	       !ln_task_interrupted(&process->task))
		outcome = run_next(process, start, &guest, &instance);
	if (LN_UNLIKELY(guest.next != NULL))
		ln_change_drop_next(&guest);
	if (guest.hook != NULL)
		guest.hook->fuel = ln_instance_fuel_used(&instance);
	ln_instance_deinit(guest.instance);
	deinit_guest(&guest);
	ln_guest_forget_all(&guest);
	/* All that was charged has been given back. */
	ln_assert(guest.instance->memory_used == 0);
	drop_instance(guest.instance, &instance);
	return outcome;
}

struct ln_module *ln_wasm_module(struct ln_process *process)
{
	struct ln_module *module = NULL;
	const struct start *start;

	if (ln_process_is_remote(process) || process->body != body)
		return NULL;
	ln_process_lock(process);
	/* The argument goes after its end has begun. */
	start = process->argument;
	if (!process->dead && start->hook == NULL)
		module = ln_module_retain(start->module);
	ln_process_unlock(process);
	return module;
}

/* Frees what a child was started with, whether it ever ran or not. */
static void free_start(void *argument)
{
	struct start *start = argument;

	announce(&start->birth, BIRTH_FAILED, NULL);
	if (start->errand != NULL)
		start->errand->over(start->errand);
	ln_module_release(start->module);
	free(start->name);
	free(start);
}

static void describe(const struct ln_process *process,
		     struct ln_process_info *info)
{
	struct start *start = process->argument;
	const struct ln_engine_class *engine =
		atomic_load_explicit(&start->engine, memory_order_relaxed);
	const char *name;
	size_t len;

	if (!info->brief) {
		snprintf(info->engine, sizeof(info->engine), "%s",
			 engine != NULL ? engine->name : "");
		name = entry_name(start, &len);
		ln_process_info_set_name(info, name, len);
		memcpy(info->entry, info->name, sizeof(info->entry));
	}
	info->memory =
		atomic_load_explicit(&start->memory, memory_order_relaxed);
	info->started =
		atomic_load_explicit(&start->ready, memory_order_relaxed);
}

static char param_letter(uint8_t type)
{
	switch (type) {
	case LN_PARAM_I32:
		return 'i';
	case LN_PARAM_I64:
		return 'I';
	default:
		return 'V';
	}
}

/* Compares the parameters with what the function takes. */
static int check_entry(const struct ln_spawn *spawn,
		       const struct ln_entry *entry, char **error)
{
	size_t count = spawn->params_len / LN_PARAM_SIZE;

	if (count != entry->param_count)
		return ln_refuse(error, LN_EINVAL,
				 "Function '%.*s' takes %u parameters, but %zu "
				 "were given",
				 (int)entry->name_len, entry->name,
				 entry->param_count, count);
	for (size_t i = 0; i < count; i++) {
		if (param_letter(spawn->params[i * LN_PARAM_SIZE]) !=
		    entry->params[i])
			return ln_refuse(error, LN_EINVAL,
					 "Parameter %zu of function '%.*s' has "
					 "another type",
					 i + 1, (int)entry->name_len,
					 entry->name);
	}
	return 0;
}

static int make_start(const struct ln_spawn *spawn,
		      const struct ln_entry *entry, struct start **out)
{
	struct start *start =
		calloc(1, sizeof(*start) + entry->param_count *
						   sizeof(start->params[0]));

	if (start == NULL)
		return LN_ENOMEM;
	for (uint32_t i = 0; i < entry->param_count; i++) {
		const uint8_t *param =
			spawn->params + (size_t)i * LN_PARAM_SIZE;
		size_t len = param[0] == LN_PARAM_I32   ? 4
			     : param[0] == LN_PARAM_I64 ? 8
							: 16;

		memcpy(&start->params[i], param + 1, len);
	}
	start->module = ln_module_retain(spawn->module);
	start->entry = entry;
	start->hook = spawn->hook;
	start->errand = spawn->errand;
	if (start->errand != NULL)
		start->errand->begin(start->errand);
	*out = start;
	return 0;
}

static int make_birth(struct ln_process *caller, struct birth **out)
{
	struct birth *birth = calloc(1, sizeof(*birth));

	if (birth == NULL)
		return LN_ENOMEM;
	atomic_init(&birth->references, 2);
	birth->caller = ln_process_retain(caller);
	*out = birth;
	return 0;
}

/* Waits for the child's start function; gives up when the caller is killed. */
static int await_birth(struct birth *birth, char **error)
{
	struct ln_task *task = &birth->caller->task;
	int result = 0;
	int state;

	while ((state = atomic_load_explicit(&birth->state,
					     memory_order_acquire)) ==
		       BIRTH_PENDING &&
	       result == 0)
		result = ln_task_wait(task, LN_NEVER);
	if (state == BIRTH_FAILED) {
		*error = birth->error;
		birth->error = NULL;
		result = LN_ETRAP;
	} else if (state == BIRTH_DONE) {
		result = 0;
	}
	release_birth(birth);
	return result;
}

/* What the limits of the environment refuse at once. */
static int check_memory(struct ln_module *from, char **error)
{
	const struct ln_limits *limits = &from->environment->limits;
	uint64_t memory = ln_compiled_initial_memory(from->module);
	uint32_t elements;
	uint64_t tables =
		ln_compiled_table_bytes(from->module, limits->max_memory,
					limits->max_table_elements, &elements);

	if (memory > limits->max_memory)
		return ln_refuse(error, LN_ELIMIT,
				 "The module's initial memory of %llu bytes is "
				 "larger than the limit of %llu",
				 (unsigned long long)memory,
				 (unsigned long long)limits->max_memory);
	if (tables > limits->max_memory - memory)
		return ln_refuse(
			error, LN_ELIMIT,
			"The module's tables are larger than the limits "
			"of %llu bytes of memory and of %u elements a "
			"table allow",
			(unsigned long long)limits->max_memory,
			limits->max_table_elements);
	return 0;
}

/* Relaxed: entries were written before the module was to be had. */
static const struct ln_entry *entry_named(struct ln_module *from,
					  const char *name, size_t len)
{
	const struct ln_entry *entry =
		atomic_load_explicit(&from->latest, memory_order_relaxed);

	if (entry != NULL && entry->name_len == len &&
	    (len == 0 || memcmp(entry->name, name, len) == 0))
		return entry;
	entry = ln_compiled_entry(from->module, name, len);
	if (entry != NULL)
		atomic_store_explicit(&from->latest, entry,
				      memory_order_relaxed);
	return entry;
}

static int find_entry(const struct ln_spawn *spawn,
		      const struct ln_entry **entry, char **error)
{
	int result;

	*entry = entry_named(spawn->module, spawn->function,
			     spawn->function_len);
	if (*entry == NULL)
		return ln_refuse(error, LN_ENOENT, "Function '%.*s' not found",
				 spawn->function_len > 200
					 ? 200
					 : (int)spawn->function_len,
				 spawn->function);
	result = check_memory(spawn->module, error);
	return result < 0 ? result : check_entry(spawn, *entry, error);
}

static void note_parent(struct ln_process *process,
			const struct ln_spawn *spawn)
{
	const struct ln_process *parent =
		spawn->parent != NULL ? spawn->parent : spawn->caller;

	if (parent != NULL)
		memcpy(process->parent, parent->id, sizeof(process->parent));
}

/* Spawns from what has taken the place of the module. */
LN_NOINLINE static int spawn_successor(const struct ln_spawn *spawn,
				       struct ln_process **out, char **error)
{
	struct ln_module *successor = ln_module_successor(spawn->module);
	struct ln_spawn other = *spawn;
	int result;

	other.as_it_is = true;
	if (successor != NULL)
		other.module = successor;
	result = ln_wasm_spawn(&other, out, error);
	if (successor != NULL)
		ln_module_release(successor);
	return result;
}

int ln_wasm_spawn(const struct ln_spawn *spawn, struct ln_process **out,
		  char **error)
{
	struct ln_process *parent = spawn->parent;
	struct ln_process *process = NULL;
	struct birth *birth = NULL;
	const struct ln_entry *entry;
	struct start *start;
	int result;

	*error = NULL;
	if (LN_UNLIKELY(ln_module_is_replaced(spawn->module)) &&
	    !spawn->as_it_is)
		return spawn_successor(spawn, out, error);
	if (ln_module_is_remote(spawn->module))
		return spawn->module->environment->remote->spawn(spawn, out,
								 error);
	result = find_entry(spawn, &entry, error);
	if (result < 0)
		return result;
	result = make_start(spawn, entry, &start);
	if (result < 0)
		return result;
	if (spawn->caller != NULL &&
	    ln_compiled_has_start(spawn->module->module)) {
		result = make_birth(spawn->caller, &birth);
		if (result < 0)
			goto fail_process;
		start->birth = birth;
	}
	result = ln_process_new(spawn->module->environment, body, start,
				&process);
	if (result < 0)
		goto fail_process;
	process->free_argument = free_start;
	process->describe = describe;
	note_parent(process, spawn);
	if (parent != NULL && spawn->link_tag != 0) {
		/* The child's own tag is none, as in lunatic 0.7. */
		result = ln_process_link(process, parent, 0, spawn->link_tag);
		if (result < 0) {
			ln_process_discard(process);
			goto fail_birth;
		}
	}
	if (spawn->before != NULL)
		result = spawn->before(spawn->argument, process);
	if (result > 0) {
		ln_process_discard(process);
		if (birth != NULL)
			release_birth(birth);
		return result;
	}
	result = ln_process_start(process);
	if (result < 0) {
		ln_process_release(process);
		goto fail_birth;
	}
	if (birth != NULL)
		result = await_birth(birth, error);
	if (result < 0)
		ln_process_release(process);
	else
		*out = process;
	return result;
fail_process:
	free_start(start);
fail_birth:
	if (birth != NULL)
		release_birth(birth);
	return ln_refuse(error, result, "The process could not be spawned: %s",
			 ln_error_text(result));
}
