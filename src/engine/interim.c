/*
 * DESIGN
 * A module that is interpreted has an interim, which a task shares while it
 * makes the compiled one. The task has tenants of its own below those that the
 * module was added for, since these may go before it ends. It compiles in
 * another process or not at all: that one can be ended when nobody has the
 * module any more, or the program stops.
 *
 * Threads: any. `compiled` is set once, by the task.
 */
#include "engine/interim.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/refs.h"
#include "base/time.h"
#include "engine/code.h"
#include "engine/engine.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "engine/tiers.h"
#include "sched/sched.h"

struct ln_interim {
	alignas(LN_CACHE_LINE) struct ln_making making;
	_Atomic uint32_t references;          /* the module's, the task's */
	struct ln_compiled *_Atomic compiled; /* NULL: not made */

	/* The task's. */
	struct ln_engine *engine;
	unsigned variant;
	struct ln_linker *linker; /* counted */
	struct ln_tenant *tenants[LN_CODE_PHASES];
	struct ln_code *code; /* of the module, counted: it has the bytes */
	struct ln_compiled_limits limits;
};

static struct ln_tiers *tiers_of(const struct ln_interim *interim)
{
	return ln_engine_tiers(interim->engine);
}

static void release(struct ln_interim *interim)
{
	if (!ln_refs_release(&interim->references))
		return;
	/* Relaxed: nobody else has it any more. */
	ln_compiled_release(
		atomic_load_explicit(&interim->compiled, memory_order_relaxed));
	if (interim->code != NULL)
		ln_code_release(interim->code);
	ln_code_leave(interim->engine, interim->tenants);
	ln_linker_release(interim->linker);
	free(interim);
}

static struct ln_interim *interim_of(struct ln_task *task)
{
	return ln_container_of(task, struct ln_interim, making.task);
}

static void make(struct ln_task *task)
{
	struct ln_interim *interim = interim_of(task);
	int64_t started = ln_time_now();
	struct ln_compiled *compiled = NULL;
	const uint8_t *bytes;
	char *error = NULL;
	size_t len;
	int result;

	bytes = ln_code_bytes(interim->code, &len);
	result =
		ln_compiled_new(interim->engine, ln_sched_blocking(task->sched),
				interim->variant, interim->linker, bytes, len,
				&interim->limits, &compiled, &error);
	/* Release pairs with the acquire in ln_interim_compiled. */
	atomic_store_explicit(&interim->compiled, compiled,
			      memory_order_release);
	if (result == 0)
		ln_log(LN_LOG_INFO,
		       "a module of %zu bytes that is interpreted has been "
		       "compiled after %lld ms, for processes that begin now",
		       len,
		       (long long)((ln_time_now() - started) / LN_NS_PER_MS));
	else if (result != LN_EKILLED)
		ln_log(LN_LOG_INFO,
		       "a module of %zu bytes is interpreted for good, since "
		       "it cannot be compiled: %s",
		       len, error != NULL ? error : ln_error_text(result));
	free(error);
}

static void done(struct ln_task *task)
{
	struct ln_interim *interim = interim_of(task);

	ln_making_end(tiers_of(interim), &interim->making);
	release(interim);
}

static int new(const struct ln_interim_target *target,
	       const struct ln_compiled *module,
	       const struct ln_compiled_limits *limits, struct ln_interim **out)
{
	struct ln_interim *interim =
		aligned_alloc(alignof(struct ln_interim), sizeof(*interim));
	int error;

	if (interim == NULL)
		return LN_ENOMEM;
	memset(interim, 0, sizeof(*interim));
	ln_list_init(&interim->making.link);
	atomic_init(&interim->references, 1);
	interim->engine = target->engine;
	interim->variant = target->variant;
	interim->limits = *limits;
	interim->limits.tenants = interim->tenants;
	interim->limits.background = true;
	interim->limits.haste = LN_HASTE_APART;
	/* Its own reference to the same one. */
	error = ln_linker_like(target->linker, target->variant,
			       &interim->linker);
	if (error < 0) {
		free(interim);
		return error;
	}
	error = ln_code_join(target->engine, target->tenants, interim->tenants);
	if (error < 0) {
		release(interim);
		return error;
	}
	interim->code = ln_code_retain(ln_compiled_code(module));
	*out = interim;
	return 0;
}

/* Has a module that is interpreted compiled. */
static int follow(const struct ln_interim_target *target,
		  struct ln_sched *sched, struct ln_compiled *module,
		  const struct ln_compiled_limits *limits)
{
	struct ln_interim *interim;
	int error = new (target, module, limits, &interim);

	if (error < 0)
		return error;
	ln_compiled_set_interim(module, interim);
	ln_refs_retain(&interim->references);
	error = ln_making_start(tiers_of(interim), sched, &interim->making,
				make, done);
	if (error < 0)
		release(interim);
	return error;
}

/* As ln_compiled_new, for a target. */
static int make_for(const struct ln_interim_target *target,
		    struct ln_sched *sched, const uint8_t *bytes, size_t len,
		    const struct ln_compiled_limits *limits,
		    struct ln_compiled **module, char **error)
{
	return ln_compiled_new(target->engine, ln_sched_blocking(sched),
			       target->variant, target->linker, bytes, len,
			       limits, module, error);
}

/* As ln_interim_new, once the module is known to take long. */
static int interpret(const struct ln_interim_target *compiled,
		     const struct ln_interim_target *meanwhile,
		     struct ln_sched *sched, const uint8_t *bytes, size_t len,
		     const struct ln_compiled_limits *limits,
		     struct ln_compiled **module, char **error)
{
	struct ln_compiled_limits own = *limits;
	int result;

	own.tenants = meanwhile->tenants;
	own.tiered = false;
	result = make_for(meanwhile, sched, bytes, len, &own, module, error);
	if (result < 0)
		return result;
	result = follow(compiled, sched, *module, limits);
	if (result < 0)
		ln_compiled_release(*module);
	return result;
}

int ln_interim_new(const struct ln_interim_target *compiled,
		   const struct ln_interim_target *meanwhile,
		   struct ln_sched *sched, const uint8_t *bytes, size_t len,
		   const struct ln_compiled_limits *limits,
		   struct ln_compiled **module, char **error)
{
	struct ln_compiled_limits own = *limits;
	int result;

	own.tenants = compiled->tenants;
	own.haste = LN_HASTE_SOON;
	result = make_for(compiled, sched, bytes, len, &own, module, error);
	if (result != LN_ETIMEDOUT)
		return result;
	own.haste = LN_HASTE_NONE;
	result = interpret(compiled, meanwhile, sched, bytes, len, &own, module,
			   error);
	if (result != LN_EFORMAT)
		return result;
	/* It has what only compilers know, or the compiler says what is wrong
	 * with it in the words of its engine. */
	free(*error);
	return make_for(compiled, sched, bytes, len, &own, module, error);
}

struct ln_compiled *ln_interim_compiled(const struct ln_interim *interim)
{
	/* Acquire pairs with the release in make. */
	return atomic_load_explicit(&interim->compiled, memory_order_acquire);
}

void ln_interim_free(struct ln_interim *interim)
{
	if (interim == NULL)
		return;
	ln_making_interrupt(tiers_of(interim), &interim->making);
	release(interim);
}
