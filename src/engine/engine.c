/*
 * DESIGN
 * A variant is made when it is first asked for, under a lock, and kept. The
 * tick goes to every variant that exists; it reads the pointers without the
 * lock, since they are set once.
 *
 * Stacks: some bytes for the guest's frames, checked by compiled code in every
 * prologue, and HOST_STACK for what host functions put on top. There is no
 * guard page between slots; sanitizers need more for host frames. Most guests
 * are content with little, but languages that keep their stack on that of wasm
 * are not: Go's parsers recurse deeply. What is not touched costs addresses,
 * and page tables: neighbouring slots share a page of these, with 1 MiB fewer
 * than with less.
 */
#include "engine/engine.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/futex.h"
#include "engine/cache.h"
#include "engine/code.h"
#include "engine/engine_class.h"
#include "engine/linker.h"
#include "engine/memory.h"
#include "engine/spares.h"
#include "engine/tiers.h"

#if LN_ASAN || LN_TSAN
#define HOST_STACK ((size_t)640 << 10)
#else
#define HOST_STACK ((size_t)128 << 10)
#endif

struct ln_engine {
	const struct ln_engine_class *class;
	const struct ln_host_table *table;
	struct ln_memories *memories;
	struct ln_codes *codes;
	struct ln_linkers *linkers;
	struct ln_spares *spares;
	struct ln_tiers *tiers;
	struct ln_compiling compiling; /* its text is owned */
	unsigned flags;                /* of all variants */
	size_t stack;                  /* bytes of guests' frames */
	struct ln_lock lock;           /* held to make a variant */
	struct ln_variant *_Atomic variants[LN_VARIANTS];
};

const struct ln_engine_class *ln_engine_default(void)
{
	return &ln_wasmtime_class;
}

const struct ln_engine_class *ln_engine_at(unsigned position)
{
	static const struct ln_engine_class *const classes[LN_ENGINES] = {
		&ln_wasmtime_class,
#if LN_HAS_WASMI
		&ln_wasmi_class,
#endif
	};

	return position < LN_ENGINES ? classes[position] : NULL;
}

const struct ln_engine_class *ln_engine_interim(void)
{
#if LN_HAS_WASMI
	return &ln_wasmi_class;
#else
	return NULL;
#endif
}

bool ln_engine_choose(const char *name, struct ln_engine_choice *choice)
{
	*choice = (struct ln_engine_choice){ NULL, false };
	if (strcmp(name, "auto") == 0 && ln_engine_interim() != NULL) {
		choice->class = ln_engine_default();
		choice->interim = true;
	}
	for (unsigned i = 0; i < LN_ENGINES; i++) {
		const struct ln_engine_class *class = ln_engine_at(i);

		if (class != NULL && strcmp(class->name, name) == 0)
			choice->class = class;
	}
	return choice->class != NULL;
}

int ln_engine_new(const struct ln_engine_class *class,
		  const struct ln_host_table *table,
		  enum ln_preemption preemption, struct ln_engine **out)
{
	struct ln_engine *engine = calloc(1, sizeof(*engine));
	int error;

	if (engine == NULL)
		return LN_ENOMEM;
	engine->class = class;
	engine->table = table;
	engine->stack = LN_ENGINE_STACK_DEFAULT;
	error = ln_cache_guard();
	if (error < 0) {
		free(engine);
		return error;
	}
	error = ln_memories_new(&engine->memories);
	if (error == 0)
		error = ln_spares_new(class, &engine->spares);
	if (error == 0)
		error = ln_tiers_new(&engine->tiers);
	if (error == 0)
		error = ln_codes_new(&engine->codes);
	if (error == 0)
		error = ln_linkers_new(&engine->linkers);
	if (error < 0) {
		ln_codes_free(engine->codes);
		ln_tiers_free(engine->tiers);
		ln_spares_free(engine->spares);
		ln_memories_free(engine->memories);
		free(engine);
		return error;
	}
	ln_memories_set_reserve(engine->memories, ln_spares_trim,
				engine->spares);
	if (class->prepare(preemption) == LN_PREEMPTION_EPOCHS)
		engine->flags = LN_VARIANT_EPOCHS;
	*out = engine;
	return 0;
}

int ln_engine_set_compiling(struct ln_engine *engine,
			    const struct ln_compiling *compiling)
{
	char *program = NULL;

	if (compiling->program != NULL) {
		program = strdup(compiling->program);
		if (program == NULL)
			return LN_ENOMEM;
	}
	free((char *)engine->compiling.program);
	engine->compiling = *compiling;
	engine->compiling.program = program;
	return 0;
}

const struct ln_compiling *ln_engine_compiling(const struct ln_engine *engine)
{
	return &engine->compiling;
}

void ln_engine_free(struct ln_engine *engine)
{
	if (engine == NULL)
		return;
	for (unsigned i = 0; i < LN_VARIANTS; i++) {
		struct ln_variant *variant = atomic_load_explicit(
			&engine->variants[i], memory_order_relaxed);

		if (variant != NULL)
			engine->class->variant_free(variant);
	}
	ln_linkers_free(engine->linkers);
	ln_codes_free(engine->codes);
	ln_tiers_free(engine->tiers);
	ln_spares_free(engine->spares);
	ln_memories_free(engine->memories);
	free((char *)engine->compiling.program);
	free(engine);
}

void ln_engine_tick(void *argument)
{
	struct ln_engine *engine = argument;

	for (unsigned i = 0; i < LN_VARIANTS; i++) {
		/* Acquire pairs with the release in ln_engine_variant. */
		struct ln_variant *variant = atomic_load_explicit(
			&engine->variants[i], memory_order_acquire);

		if (variant != NULL)
			engine->class->variant_tick(variant);
	}
}

enum ln_preemption ln_engine_preemption(const struct ln_engine *engine)
{
	return engine->flags & LN_VARIANT_EPOCHS ? LN_PREEMPTION_EPOCHS
						 : LN_PREEMPTION_SIGNAL;
}

unsigned ln_engine_complete(const struct ln_engine *engine, unsigned variant)
{
	return variant | engine->flags;
}

static struct ln_variant *complete_variant(struct ln_engine *engine,
					   unsigned variant)
{
	struct ln_variant *made = atomic_load_explicit(
		&engine->variants[variant], memory_order_acquire);

	if (made != NULL)
		return made;
	ln_lock_acquire(&engine->lock);
	made = atomic_load_explicit(&engine->variants[variant],
				    memory_order_relaxed);
	if (made == NULL) {
		made = engine->class->variant_new(engine, variant);
		/* Release pairs with the acquire loads above and in the
		 * tick. */
		atomic_store_explicit(&engine->variants[variant], made,
				      memory_order_release);
	}
	ln_lock_release(&engine->lock);
	return made;
}

struct ln_variant *ln_engine_variant(struct ln_engine *engine, unsigned variant)
{
	return complete_variant(engine, ln_engine_complete(engine, variant));
}

void ln_engine_prepare_probes(struct ln_engine *engine)
{
	for (unsigned i = 0; i < LN_VARIANTS; i++) {
		struct ln_variant *variant = atomic_load_explicit(
			&engine->variants[i], memory_order_acquire);

		if (variant != NULL)
			engine->class->variant_prepare_probe(variant);
	}
}

const struct ln_engine_class *ln_engine_class(const struct ln_engine *engine)
{
	return engine->class;
}

struct ln_memories *ln_engine_memories(const struct ln_engine *engine)
{
	return engine->memories;
}

struct ln_tiers *ln_engine_tiers(const struct ln_engine *engine)
{
	return engine->tiers;
}

struct ln_spares *ln_engine_spares(const struct ln_engine *engine)
{
	return engine->spares;
}

const struct ln_host_table *ln_engine_host_table(struct ln_engine *engine)
{
	return engine->table;
}

struct ln_linkers *ln_engine_linkers(struct ln_engine *engine)
{
	return engine->linkers;
}

struct ln_codes *ln_engine_codes(struct ln_engine *engine)
{
	return engine->codes;
}

void ln_engine_set_stack(struct ln_engine *engine, size_t bytes)
{
	engine->stack = bytes;
}

size_t ln_engine_stack(const struct ln_engine *engine)
{
	return engine->stack;
}

size_t ln_engine_host_stack(void)
{
	return HOST_STACK;
}

size_t ln_engine_stack_size(const struct ln_engine *engine)
{
	return engine->stack + HOST_STACK;
}
