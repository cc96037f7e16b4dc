/* What a runtime is made of, and its parts that need nothing of processes. */
#include "process/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/refs.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/engine_class.h"
#include "engine/needs.h"
#include "engine/preempt.h"
#include "engine/report.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "process/deaths.h"
#include "process/directory.h"
#include "process/metrics.h"
#include "sched/blocking.h"
#include "sched/sched.h"

/* Makes texts that take milliseconds at most. */
#define TEXT_THREADS 1

/* Names that are looked up at the same time; for one environment and all below
 * it at most half as many. */
#define RESOLVER_THREADS 16

struct ln_engine *ln_runtime_engine_at(const struct ln_runtime *runtime,
				       unsigned position)
{
	/* Acquire pairs with the release where it is set. */
	return atomic_load_explicit(&runtime->engines[position],
				    memory_order_acquire);
}

const struct ln_engine *
ln_runtime_recycling_engine(const struct ln_runtime *runtime)
{
	for (unsigned i = 0; i < LN_ENGINES; i++) {
		const struct ln_engine *engine =
			ln_runtime_engine_at(runtime, i);

		if (engine != NULL && ln_engine_class(engine)->snapshot != NULL)
			return engine;
	}
	return runtime->engine;
}

/* Where guests look at a counter to be preempted. */
static void tick(void *argument)
{
	const struct ln_runtime *runtime = argument;

	for (unsigned i = 0; i < LN_ENGINES; i++) {
		struct ln_engine *engine = ln_runtime_engine_at(runtime, i);

		if (engine != NULL)
			ln_engine_tick(engine);
	}
}

static void free_engines(struct ln_runtime *runtime)
{
	for (unsigned i = 0; i < LN_ENGINES; i++)
		ln_engine_free(ln_runtime_engine_at(runtime, i));
}

static unsigned position_of(const struct ln_engine_class *class)
{
	unsigned i = 0;

	while (ln_engine_at(i) != class)
		i++;
	return i;
}

static const struct ln_engine_class *
class_of(const struct ln_runtime_options *options)
{
	return options->engine.class != NULL ? options->engine.class
					     : ln_engine_default();
}

/* The first one, from which others have their settings. */
static int make_engine(struct ln_runtime *runtime,
		       const struct ln_runtime_options *options)
{
	const struct ln_engine_class *class = class_of(options);
	int error = ln_engine_new(class, options->host,
				  options->epochs ? LN_PREEMPTION_EPOCHS
						  : LN_PREEMPTION_SIGNAL,
				  &runtime->engine);

	if (error < 0)
		return error;
	atomic_store_explicit(&runtime->engines[position_of(class)],
			      runtime->engine, memory_order_release);
	if (options->stack > 0)
		ln_engine_set_stack(runtime->engine, options->stack);
	return ln_engine_set_compiling(runtime->engine, &options->compiling);
}

/* Another one, under the lock. */
static int add_engine(struct ln_runtime *runtime,
		      const struct ln_engine_class *class,
		      struct ln_engine **out)
{
	struct ln_engine *like = runtime->engine;
	struct ln_engine *engine;
	int error = ln_needs_check(class);

	if (error < 0)
		return error;
	error = ln_engine_new(class, ln_engine_host_table(like),
			      ln_engine_preemption(like), &engine);
	if (error < 0)
		return error;
	ln_engine_set_stack(engine, ln_engine_stack(like));
	error = ln_engine_set_compiling(engine, ln_engine_compiling(like));
	if (error == 0 &&
	    ln_engine_preemption(engine) != ln_engine_preemption(like))
		error = LN_EUNSUP;
	if (error < 0) {
		ln_engine_free(engine);
		return error;
	}
	/* Release pairs with the acquire in ln_runtime_engine_at. */
	atomic_store_explicit(&runtime->engines[position_of(class)], engine,
			      memory_order_release);
	*out = engine;
	return 0;
}

int ln_runtime_engine(struct ln_runtime *runtime,
		      const struct ln_engine_class *class,
		      struct ln_engine **out)
{
	struct ln_engine *engine =
		ln_runtime_engine_at(runtime, position_of(class));
	int error = 0;

	if (engine == NULL) {
		ln_lock_acquire(&runtime->engines_lock);
		engine = ln_runtime_engine_at(runtime, position_of(class));
		if (engine == NULL)
			error = add_engine(runtime, class, &engine);
		ln_lock_release(&runtime->engines_lock);
	}
	if (error == 0)
		*out = engine;
	return error;
}

int ln_runtime_new(const struct ln_runtime_options *options,
		   struct ln_runtime **out)
{
	struct ln_runtime *runtime = calloc(1, sizeof(*runtime));
	struct ln_sched_options sched = {
		.workers = options->workers,
	};
	int error;

	if (runtime == NULL)
		return LN_ENOMEM;
	atomic_init(&runtime->references, 1);
	runtime->free_wasi = options->free_wasi;
	runtime->on_trap = options->on_trap;
	runtime->on_trap_argument = options->on_trap_argument;
	runtime->heap_profiles = options->heap_profiles;
	runtime->started = ln_time_now();
	ln_list_init(&runtime->clocks);
	ln_list_init(&runtime->modules);
	ln_list_init(&runtime->drains.waiting);
	ln_serving_init(&runtime->serving);
	error = ln_needs_check(class_of(options));
	if (error == 0)
		error = ln_log_start();
	if (error < 0)
		goto fail_log;
	runtime->metrics = ln_metrics_new();
	error = LN_ENOMEM;
	if (runtime->metrics == NULL)
		goto fail_metrics;
	runtime->deaths = ln_deaths_new();
	if (runtime->deaths == NULL)
		goto fail_directory;
	error = ln_directory_new(&runtime->directory);
	if (error < 0)
		goto fail_directory;
	error = make_engine(runtime, options);
	if (error < 0)
		goto fail_sched;
	runtime->interim = options->engine.interim;
	sched.stack_size = ln_engine_stack_size(runtime->engine);
	if (ln_engine_preemption(runtime->engine) == LN_PREEMPTION_SIGNAL) {
		sched.on_preempt = ln_preempt_guest;
	} else {
		sched.on_tick = tick;
		sched.on_tick_argument = runtime;
	}
	error = ln_sched_new(&sched, &runtime->sched);
	if (error < 0)
		goto fail_sched;
	error = ln_resolver_new(RESOLVER_THREADS, NULL, NULL,
				&runtime->resolver);
	if (error < 0)
		goto fail_resolver;
	error = ln_blocking_new(TEXT_THREADS, TEXT_THREADS, 0, &runtime->texts);
	if (error < 0)
		goto fail_texts;
	*out = runtime;
	return 0;
fail_texts:
	ln_resolver_free(runtime->resolver);
fail_resolver:
	ln_sched_free(runtime->sched);
fail_sched:
	free_engines(runtime);
	ln_directory_free(runtime->directory);
fail_directory:
	ln_deaths_free(runtime->deaths);
	ln_metrics_free(runtime->metrics);
fail_metrics:
	ln_log_stop();
fail_log:
	free(runtime);
	return error;
}

const char *ln_runtime_refusal(int error)
{
	switch (error) {
	case LN_ENOMEM:
		return "out of memory or address space; raise the limit "
		       "(ulimit -v, MemoryMax= or the container's), or start "
		       "fewer workers (--workers)";
	case LN_EIO:
		return "no more threads can be started; raise the limit "
		       "(ulimit -u, TasksMax= or the container's pids limit; "
		       "their stacks need addresses, ulimit -v), or start "
		       "fewer workers (--workers)";
	case LN_ELIMIT:
		return "no more descriptors; raise the limit (ulimit -n)";
	case LN_EPERM:
		return "memory cannot be made executable, which compiled code "
		       "needs; switch off what forbids it "
		       "(MemoryDenyWriteExecute= of systemd, PR_SET_MDWE, or "
		       "execmem of SELinux)";
	case LN_EUNSUP:
		return "handlers of signals cannot be installed; a filter of "
		       "system calls (seccomp) forbids sigaction";
	default:
		return ln_error_text(error);
	}
}

uint64_t ln_runtime_processes(const struct ln_runtime *runtime)
{
	uint64_t over = atomic_load(&runtime->services_over);
	uint64_t services = atomic_load(&runtime->services) - over;
	uint64_t tasks = ln_sched_live(runtime->sched);

	return tasks > services ? tasks - services : 0;
}

void ln_runtime_service_begins(struct ln_runtime *runtime)
{
	atomic_fetch_add(&runtime->services, 1);
}

void ln_runtime_service_ends(struct ln_runtime *runtime)
{
	atomic_fetch_add(&runtime->services_over, 1);
}

struct ln_runtime *ln_runtime_retain(struct ln_runtime *runtime)
{
	ln_refs_retain(&runtime->references);
	return runtime;
}

void ln_runtime_release(struct ln_runtime *runtime)
{
	if (!ln_refs_release(&runtime->references))
		return;
	/* Acquire pairs with whoever put it there. */
	ln_tls_context_free(atomic_load_explicit(&runtime->system_trust,
						 memory_order_acquire));
	ln_resolver_free(runtime->resolver);
	ln_sched_free(runtime->sched);
	ln_blocking_free(runtime->texts);
	free_engines(runtime);
	ln_directory_free(runtime->directory);
	ln_deaths_free(runtime->deaths);
	ln_metrics_free(runtime->metrics);
	free(runtime->folding);
	free(runtime);
	ln_log_stop();
}

struct text_call {
	struct ln_report *report;
	char *text;
};

static void make_text(void *argument)
{
	struct text_call *call = argument;

	call->text = ln_report_text(call->report);
}

char *ln_runtime_report_text(struct ln_runtime *runtime,
			     struct ln_report *report)
{
	struct text_call call = { .report = report };

	/* Without a thread the reason has to do. */
	if (ln_blocking_run(runtime->texts, make_text, &call) < 0)
		return strdup(ln_report_reason(report));
	return call.text;
}
