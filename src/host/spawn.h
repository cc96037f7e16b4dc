/* What spawning is for guests of each generation: checks, fuel, errors. */
#ifndef LN_HOST_SPAWN_H
#define LN_HOST_SPAWN_H

#include <stdint.h>

#include "process/guest.h"

struct ln_module;
struct ln_process;

struct ln_host_spawn {
	struct ln_module *module;
	int64_t link; /* tag; 0: none */
	struct ln_slice function;
	struct ln_slice params;
	/* Called before the process starts, with `argument`; what it returns,
	 * if that is not 0, ends the spawn. May be NULL. */
	int (*before)(void *argument, struct ln_process *process);
	void *argument;
};

/* Traps unless the guest may spawn now, and the function's name and the
 * parameters are well-formed. */
int ln_host_check_spawn(struct ln_guest *guest,
			const struct ln_host_spawn *spawn);

/* Checks and spawns: 0 with *process, a reference; or 0, with *process NULL and
 * *text, owned, why not; NULL: memory is short; or why the guest ends. What
 * `before` returned comes back as it is. Parks when the module has a start
 * function. */
int ln_host_try_spawn(struct ln_guest *guest, const struct ln_host_spawn *spawn,
		      struct ln_process **process, char **text);

/* The same of a host function that stores the id of an error, and a result,
 * when *process is NULL. */
int ln_host_spawn(struct ln_guest *guest, const struct ln_host_spawn *spawn,
		  struct ln_process **process, uint8_t *id, uint32_t *result);

#endif
