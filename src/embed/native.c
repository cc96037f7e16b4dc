/*
 * DESIGN
 * Native processes: how they run, and the calls that act on the running
 * process. These find it through the thread's current task, so that no other
 * process can be passed by mistake. They run on the process's fiber, and keep
 * nothing in thread-local storage across a wait. The one thread-local variable
 * belongs to the threads of the blocking pool, which run no fibers.
 *
 * C code is not preempted. A process that always finds a message waiting would
 * keep its worker, so lunatic_rt_receive lets others run once the slice is used
 * up. Sending never switches, because a caller may hold a lock of its own.
 */
#include <lunatic/runtime.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "base/utf8.h"
#include "embed/embed.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/inspect.h"
#include "process/label.h"
#include "process/life.h"
#include "process/message.h"
#include "process/monitors.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"
#include "sched/task.h"

struct native {
	lunatic_rt_function function;
	void *argument;
	void (*free_argument)(void *); /* NULL: nothing to do */
};

static enum ln_outcome run_native(struct ln_process *process)
{
	struct native *native = process->argument;
	int code = native->function(process, native->argument);

	if (code == 0)
		return LN_OUTCOME_NORMAL;
	process->exit_code = (uint32_t)code;
	return LN_OUTCOME_EXITED;
}

static void free_native(void *argument)
{
	struct native *native = argument;

	if (native->free_argument != NULL)
		native->free_argument(native->argument);
	free(native);
}

static void describe_native(const struct ln_process *process,
			    struct ln_process_info *info)
{
	const struct native *native = process->argument;

	info->native = native->function;
}

struct ln_process *ln_embed_running(void)
{
	struct ln_task *task = ln_task_current();
	struct ln_process *process;

	if (task == NULL)
		return NULL;
	process = ln_process_of(task);
	/* `dead` is written by the process itself, so it may read it without
	 * the lock: it is set when its argument is freed. */
	if (process->body != run_native || process->dead)
		return NULL;
	return process;
}

int64_t ln_embed_deadline(int64_t timeout_ms)
{
	return timeout_ms < 0 ? LN_NEVER
			      : ln_time_after_ms((uint64_t)timeout_ms);
}

static int spawn(struct ln_environment *environment, struct native *native,
		 int64_t link_tag, lunatic_rt_process **out)
{
	struct ln_process *process;
	int error = ln_process_new(environment, run_native, native, &process);

	if (error < 0) {
		free_native(native);
		return error;
	}
	process->free_argument = free_native;
	process->describe = describe_native;
	if (link_tag != 0) {
		error = ln_process_link(process, ln_embed_running(), 0,
					link_tag);
		if (error < 0) {
			ln_process_discard(process);
			return error;
		}
	}
	error = ln_process_start(process);
	if (error == 0 && out != NULL)
		*out = process;
	else
		ln_process_release(process);
	return error;
}

int lunatic_rt_process_spawn_native(lunatic_rt_environment *environment,
				    lunatic_rt_function function,
				    void *argument,
				    void (*free_argument)(void *),
				    int64_t link_tag,
				    lunatic_rt_process **process)
{
	struct native *native = NULL;
	int error = LN_EINVAL;

	if (process != NULL)
		*process = NULL;
	/* A function cannot travel to another node. */
	if (environment == NULL || ln_environment_is_remote(environment) ||
	    function == NULL || (link_tag != 0 && ln_embed_running() == NULL))
		goto refuse;
	native = calloc(1, sizeof(*native));
	if (native == NULL) {
		error = LN_ENOMEM;
		goto refuse;
	}
	native->function = function;
	native->argument = argument;
	native->free_argument = free_argument;
	return spawn(environment, native, link_tag, process);
refuse:
	if (free_argument != NULL)
		free_argument(argument);
	return error;
}

lunatic_rt_process *lunatic_rt_self(void)
{
	return ln_embed_running();
}

bool lunatic_rt_killed(void)
{
	struct ln_process *self = ln_embed_running();

	return self != NULL && ln_task_interrupted(&self->task);
}

int lunatic_rt_receive(const int64_t *tags, size_t count, int64_t timeout_ms,
		       lunatic_rt_message **message)
{
	struct ln_process *self = ln_embed_running();
	struct ln_message *received;
	int error;

	if (message == NULL)
		return LN_EINVAL;
	*message = NULL;
	if (self == NULL || (tags == NULL && count > 0) || count > UINT32_MAX)
		return LN_EINVAL;
	if (ln_task_should_yield(&self->task))
		ln_task_give_way(&self->task);
	if (ln_task_interrupted(&self->task))
		return LN_EKILLED;
	error = ln_process_receive(self, (const uint8_t *)tags, (uint32_t)count,
				   ln_embed_deadline(timeout_ms), false,
				   &received);
	if (error < 0)
		return error;
	/* A guest may have left its read position anywhere. */
	received->read_at = 0;
	*message = received;
	return 0;
}

int lunatic_rt_sleep_ms(uint64_t milliseconds)
{
	struct ln_process *self = ln_embed_running();

	if (self == NULL)
		return LN_EINVAL;
	return ln_task_sleep(&self->task, ln_time_after_ms(milliseconds));
}

int lunatic_rt_yield(void)
{
	struct ln_process *self = ln_embed_running();

	if (self == NULL)
		return LN_EINVAL;
	if (ln_task_interrupted(&self->task))
		return LN_EKILLED;
	ln_task_yield(&self->task);
	return ln_task_interrupted(&self->task) ? LN_EKILLED : 0;
}

static _Thread_local const struct ln_process *served;

struct blocking_call {
	const struct ln_process *process;
	void (*function)(void *);
	void *argument;
};

/* On a thread of the pool. */
static void serve(void *argument)
{
	const struct blocking_call *call = argument;

	served = call->process;
	call->function(call->argument);
	served = NULL;
}

const struct ln_process *ln_embed_served(void)
{
	return served;
}

int lunatic_rt_blocking(void (*function)(void *), void *argument)
{
	struct ln_process *self = ln_embed_running();
	struct blocking_call call = { .process = self,
				      .function = function,
				      .argument = argument };

	if (self == NULL || function == NULL)
		return LN_EINVAL;
	if (ln_task_interrupted(&self->task))
		return LN_EKILLED;
	return ln_blocking_run(ln_sched_blocking(self->task.sched), serve,
			       &call);
}

int lunatic_rt_link(lunatic_rt_process *process, int64_t tag)
{
	struct ln_process *self = ln_embed_running();
	int error;

	if (self == NULL || process == NULL)
		return LN_EINVAL;
	if (ln_task_interrupted(&self->task))
		return LN_EKILLED;
	error = ln_process_wait_for_room(process, LN_NEVER);
	if (error == 0)
		error = ln_process_link(self, process, tag, tag);
	if (error == 0 && ln_task_interrupted(&self->task))
		return LN_EKILLED;
	return error;
}

int lunatic_rt_unlink(lunatic_rt_process *process)
{
	struct ln_process *self = ln_embed_running();
	int error;

	if (self == NULL || process == NULL)
		return LN_EINVAL;
	error = ln_process_wait_for_room(process, LN_NEVER);
	if (error == 0)
		ln_process_unlink(self, process);
	return error;
}

int lunatic_rt_die_when_link_dies(bool die)
{
	struct ln_process *self = ln_embed_running();

	if (self == NULL)
		return LN_EINVAL;
	atomic_store_explicit(&self->die_when_link_dies, die,
			      memory_order_relaxed);
	return 0;
}

int lunatic_rt_monitor(lunatic_rt_process *process, int64_t *tag)
{
	struct ln_process *self = ln_embed_running();
	int error;

	if (tag == NULL)
		return LN_EINVAL;
	*tag = 0;
	if (self == NULL || process == NULL)
		return LN_EINVAL;
	if (ln_task_interrupted(&self->task))
		return LN_EKILLED;
	error = ln_process_wait_for_room(process, LN_NEVER);
	if (error == 0)
		error = ln_process_monitor(self, process, tag);
	return error;
}

int lunatic_rt_demonitor(int64_t tag)
{
	struct ln_process *self = ln_embed_running();

	if (self == NULL)
		return LN_EINVAL;
	return ln_process_demonitor(self, tag) ? 0 : LN_ENOENT;
}

int lunatic_rt_set_label(const char *label)
{
	struct ln_process *self = ln_embed_running();
	size_t len = label != NULL ? strlen(label) : 0;

	if (self == NULL || !ln_utf8_valid((const uint8_t *)label, len))
		return LN_EINVAL;
	return ln_process_set_label(self, len > 0 ? label : "", len);
}
