/* What guests of each generation may say in configurations, and is bounded. */
#ifndef LN_HOST_CONFIG_H
#define LN_HOST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/guest.h"

struct ln_config;

/* Of one configuration: directories, and bytes of texts where they are few. */
#define LN_HOST_CONFIG_DIRECTORIES 64
#define LN_HOST_CONFIG_BYTES ((size_t)64 << 10)

/* What one without texts takes, about. */
#define LN_HOST_CONFIG_EMPTY 512u

/* Instructions for a guest's number of units of fuel. */
uint64_t ln_host_config_fuel(uint64_t units);

/* Charges the guest for an entry of `bytes` of a configuration, before that
 * gets it. */
bool ln_host_config_keep(struct ln_guest *guest, struct ln_config *config,
			 uint64_t bytes);

/* Adds a directory. With `check` only one that the guest has access to by its
 * name: LN_EPERM; without, making an environment will tell. LN_ELIMIT,
 * LN_EMEMORY, LN_ENOMEM. */
int ln_host_config_directory(struct ln_guest *guest, struct ln_config *config,
			     struct ln_slice dir, bool check);

#endif
