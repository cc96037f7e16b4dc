/*
 * Modules that are interpreted until they are compiled. What takes long to
 * compile is made for an engine that interprets, so its processes begin at
 * once; those that begin when it has been compiled run that. A process stays
 * where it began.
 */
#ifndef LN_ENGINE_INTERIM_H
#define LN_ENGINE_INTERIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_blocking;
struct ln_compiled;
struct ln_compiled_limits;
struct ln_engine;
struct ln_interim;
struct ln_linker;
struct ln_sched;
struct ln_tenant;

/* What a module is made for. */
struct ln_interim_target {
	struct ln_engine *engine;
	unsigned variant;
	struct ln_linker *linker; /* outlives the module */
	/* For turns in this engine's queues (ln_code_join). */
	struct ln_tenant *const *tenants;
};

/* As ln_compiled_new, which it is where the module is compiled soon: it is
 * small, its code is in use or in the cache on disk, no other process can
 * compile it, or `meanwhile` refuses it. Otherwise the module is of
 * `meanwhile`, and a task of the scheduler has it compiled for `compiled`, in
 * another process, until the module is released or the runtime stops. What
 * fails then is written to the log, and the module is interpreted for good.
 * `limits` are those of the compiled one, but for the tenants. */
int ln_interim_new(const struct ln_interim_target *compiled,
		   const struct ln_interim_target *meanwhile,
		   struct ln_sched *sched, const uint8_t *bytes, size_t len,
		   const struct ln_compiled_limits *limits,
		   struct ln_compiled **module, char **error);

/* ---- For engine/module.c ---- */

/* The compiled one; NULL: not yet. Any thread. */
struct ln_compiled *ln_interim_compiled(const struct ln_interim *interim);

/* Ends the compiling, if it is under way. NULL is fine. */
void ln_interim_free(struct ln_interim *interim);

#endif
