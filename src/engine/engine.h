/*
 * An engine: what runs modules, behind one seam (engine_class.h). A variant is
 * the engine with fixed settings; a module is compiled per variant.
 */
#ifndef LN_ENGINE_ENGINE_H
#define LN_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/compiler.h"

struct ln_codes;
struct ln_engine_class;
struct ln_host_table;
struct ln_linkers;
struct ln_memories;
struct ln_spares;
struct ln_tiers;
struct ln_variant;

/* Settings that change the generated code. A variant is a combination. */
enum ln_variant_flag {
	LN_VARIANT_METERED = 1, /* counts fuel */
	LN_VARIANT_GUARD = 2,   /* 4 GiB reservations with guard pages */
	LN_VARIANT_EPOCHS = 4,  /* looks at the epoch to be preempted */
};
#define LN_VARIANTS 8

struct ln_engine;

/* How guests that run for long are made to give way. */
enum ln_preemption {
	LN_PREEMPTION_SIGNAL, /* preempt.h; where it cannot be, epochs */
	LN_PREEMPTION_EPOCHS, /* compiled code looks at a counter */
};

/* The engine for who asks for none. Any thread. */
const struct ln_engine_class *ln_engine_default(void);

/* The engines that are built in, the default one first; NULL: there are no so
 * many. Any thread. */
#define LN_ENGINES 2
const struct ln_engine_class *ln_engine_at(unsigned position);

/* What runs modules: an engine, and whether what takes it long to compile is
 * interpreted by another one until that is done (interim.h). */
struct ln_engine_choice {
	const struct ln_engine_class *class; /* NULL: none is chosen */
	bool interim;
};

/* The choice of that name, which is that of an engine, or "auto"; false: there
 * is none, or it is not built in. */
bool ln_engine_choose(const char *name, struct ln_engine_choice *choice);

/* The engine that interprets meanwhile; NULL: it is not built in. */
const struct ln_engine_class *ln_engine_interim(void);

/* Prepares an engine; variants are made when first asked for. The table of host
 * functions must outlive it. LN_ENOMEM, LN_EIO. */
int ln_engine_new(const struct ln_engine_class *class,
		  const struct ln_host_table *table,
		  enum ln_preemption preemption, struct ln_engine **engine);

/* Frees it; no module or instance may be left. */
void ln_engine_free(struct ln_engine *engine);

/* The scheduler's on_tick hook, where guests are preempted by epochs. */
void ln_engine_tick(void *engine);

const struct ln_engine_class *ln_engine_class(const struct ln_engine *engine);

/* How its guests are preempted. */
enum ln_preemption ln_engine_preemption(const struct ln_engine *engine);

/* A variant together with the flags that are the same for the whole engine. */
unsigned ln_engine_complete(const struct ln_engine *engine, unsigned variant);

/* The engine's form of a variant, complete or not; NULL when it cannot be made.
 * Any thread. */
struct ln_variant *ln_engine_variant(struct ln_engine *engine,
				     unsigned variant);

/* To be called before the first module is made; copies. LN_ENOMEM. */
int ln_engine_set_compiling(struct ln_engine *engine,
			    const struct ln_compiling *compiling);
const struct ln_compiling *ln_engine_compiling(const struct ln_engine *engine);

/* Makes it possible to ask guests where they are (ln_instance_function), which
 * compiles some bytes when it is first called. Deep: not on a fiber. */
void ln_engine_prepare_probes(struct ln_engine *engine);

const struct ln_host_table *ln_engine_host_table(struct ln_engine *engine);

/* The code that is in use or being made. */
struct ln_codes *ln_engine_codes(struct ln_engine *engine);

/* Where the linear memories of its instances come from. */
struct ln_memories *ln_engine_memories(const struct ln_engine *engine);

/* The dense tiers of its modules. */
struct ln_tiers *ln_engine_tiers(const struct ln_engine *engine);

/* Ended instances that wait for another life. */
struct ln_spares *ln_engine_spares(const struct ln_engine *engine);

/* The linkers that are in use. */
struct ln_linkers *ln_engine_linkers(struct ln_engine *engine);

/* Bytes of a guest's own frames, those of compiled code; one that needs more
 * traps. Address space is taken for all of it, memory for what is touched. */
#define LN_ENGINE_STACK_DEFAULT ((size_t)1 << 20)
#define LN_ENGINE_STACK_MIN ((size_t)64 << 10)
#define LN_ENGINE_STACK_MAX ((size_t)64 << 20)

/* Sets that, in whole KiB, before any variant has been made. */
void ln_engine_set_stack(struct ln_engine *engine, size_t bytes);

/* Bytes of guests' frames, as set. */
size_t ln_engine_stack(const struct ln_engine *engine);

/* Bytes below them for the frames of host functions. */
size_t ln_engine_host_stack(void);

/* Bytes of the stack slot that a fiber which runs wasm needs. */
size_t ln_engine_stack_size(const struct ln_engine *engine);

#endif
