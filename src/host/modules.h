/* Modules that guests of each generation add. */
#ifndef LN_HOST_MODULES_H
#define LN_HOST_MODULES_H

#include <stddef.h>
#include <stdint.h>

#include "process/guest.h"

struct ln_environment;
struct ln_module;

/* Adds a module to an environment, from bytes that stay where they are, as a
 * host function that stores the id of the module or of an error, and returns
 * what this does. Parks. */
int ln_host_add_module(struct ln_guest *guest,
		       struct ln_environment *environment, const uint8_t *bytes,
		       size_t len, uint8_t *id, uint32_t *result);

/* Makes of *module one of the guest's own environment, so that what is spawned
 * from it has no more than the guest: adds it there if it is of another one.
 * Takes the reference over, in any case, and stores another. Traps. Parks. */
int ln_host_own_module(struct ln_guest *guest, struct ln_module **module);

#endif
