/*
 * DESIGN
 * Runtimes, and functions that need none. A runtime stops its processes when it
 * is freed. Its memory has counted references, since threads of the program may
 * be in a call with one of its environments, modules or processes at that time.
 */
#include <lunatic/runtime.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "control/control.h"
#include "embed/embed.h"
#include "engine/engine.h"
#include "host/abi_gen.h"
#include "host/stdio.h"
#include "host/wasi/wasi.h"
#include "lunatic_version.h"
#include "process/fold.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "sched/task.h"

#define WORKERS_MAX 256
#define FOLD_AFTER_MAX 86400000 /* ms */

/* The numbers are the same, so codes pass through unchanged. */
#define CHECK_ERROR(name, number, text)                       \
	_Static_assert((int)LUNATIC_RT_E##name == LN_E##name, \
		       "two numbers for one error");
LN_ERROR_MAP(CHECK_ERROR)
#undef CHECK_ERROR

static pthread_once_t once = PTHREAD_ONCE_INIT;

const char *lunatic_rt_error_text(int error)
{
	return ln_error_text(error);
}

const char *lunatic_rt_version(void)
{
	return LUNATIC_VERSION;
}

void lunatic_rt_string_free(char *text)
{
	free(text);
}

int lunatic_rt_config_init(lunatic_rt_config *config, size_t size)
{
	const lunatic_rt_config defaults = { .workers = 0 };

	return ln_embed_write_config(config, size, &defaults, sizeof(defaults));
}

static void prepare_program(void)
{
	ln_stdio_reserve();
	/* An unknown word leaves the default; a library does not complain. */
	(void)ln_log_init();
}

/* False: what is given is no limit. */
static bool set_compiling(const lunatic_rt_config *own,
			  struct ln_compiling *compiling)
{
	*compiling = (struct ln_compiling){
		.program = own->compiler != NULL
				   ? own->compiler
				   : secure_getenv("LUNATIC_RT_COMPILER"),
		.limits = { .memory = own->max_compile_memory,
			    .seconds = (uint32_t)own->max_compile_seconds },
	};
	if (compiling->program != NULL && compiling->program[0] == '\0')
		compiling->program = NULL;
	return (own->max_compile_memory == 0 ||
		(own->max_compile_memory >= LN_COMPILE_MEMORY_MIN &&
		 own->max_compile_memory <= LN_COMPILE_MEMORY_MAX)) &&
	       own->max_compile_seconds <= LN_COMPILE_SECONDS_MAX;
}

/* False: there is no engine of that name. */
static bool find_engine(const lunatic_rt_config *own,
			struct ln_engine_choice *engine)
{
	const char *name = own->engine != NULL
				   ? own->engine
				   : secure_getenv("LUNATIC_ENGINE");

	if (name == NULL || (own->engine == NULL && name[0] == '\0'))
		return true;
	return ln_engine_choose(name, engine);
}

int lunatic_rt_new(const lunatic_rt_config *config, lunatic_rt **runtime)
{
	struct ln_runtime_options options = { .host = &ln_host_abi,
					      .free_wasi = ln_wasi_free };
	lunatic_rt_config own = { .workers = 0 };
	int error;

	if (runtime == NULL)
		return LN_EINVAL;
	*runtime = NULL;
	if (config != NULL &&
	    ln_embed_read_config(&own, sizeof(own), config) < 0)
		return LN_EINVAL;
	if (own.workers > WORKERS_MAX || own.fold_after_ms > FOLD_AFTER_MAX ||
	    !set_compiling(&own, &options.compiling))
		return LN_EINVAL;
	if (!find_engine(&own, &options.engine))
		return LN_ENOENT;
	options.workers = (unsigned)own.workers;
	options.epochs = own.epoch_preemption != 0;
	options.on_trap = own.on_trap;
	options.on_trap_argument = own.on_trap_argument;
	pthread_once(&once, prepare_program);
	error = ln_runtime_new(&options, runtime);
	if (error < 0 || own.fold_after_ms == 0)
		return error;
	error = ln_folding_start(*runtime,
				 (int64_t)own.fold_after_ms * LN_NS_PER_MS);
	if (error == 0)
		return 0;
	ln_runtime_free(*runtime);
	*runtime = NULL;
	return error;
}

/* Whether the caller is a process, or a function that runs for one. */
static bool in_process(void)
{
	return ln_task_current() != NULL || ln_embed_served() != NULL;
}

int lunatic_rt_control(lunatic_rt *runtime, const char *folder,
		       const char *name, char **error_text)
{
	const struct ln_control_options options = {
		.runtime = runtime,
		.folder = folder,
		.name = name,
	};
	char *text;
	int error;

	if (error_text != NULL)
		*error_text = NULL;
	if (runtime == NULL || name == NULL || in_process())
		return LN_EINVAL;
	if (runtime->control != NULL)
		return LN_EEXIST;
	error = ln_control_start(&options, &runtime->control, &text);
	if (error == 0)
		ln_control_set_member(runtime->control, runtime->member);
	else if (error_text != NULL)
		*error_text = text;
	else
		free(text);
	return error;
}

int lunatic_rt_free(lunatic_rt *runtime)
{
	/* It would wait for its own end. */
	if (in_process())
		return LN_EINVAL;
	if (runtime != NULL) {
		ln_control_stop(runtime->control);
		runtime->control = NULL;
		ln_embed_free_node(runtime);
	}
	ln_runtime_free(runtime);
	return 0;
}
