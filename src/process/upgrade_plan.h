/*
 * What an upgrade changes to what: the modules that are meant, in all
 * environments, and the new version in each of these.
 */
#ifndef LN_PROCESS_UPGRADE_PLAN_H
#define LN_PROCESS_UPGRADE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/env_module.h"

struct ln_environment;
struct ln_runtime;

/* Which modules are meant: see struct ln_upgrade_request. */
struct ln_upgrade_which {
	struct ln_runtime *runtime;
	const char *text;         /* a name or digits; NULL: */
	struct ln_module *module; /* those with its code, and with that of
				   * what has replaced it */
	const struct ln_environment *below; /* NULL: everywhere */
};

struct ln_upgrade_pair {
	struct ln_module *from; /* counted */
	struct ln_module *to;   /* counted */
	struct ln_module *was;  /* counted; the successor of `from` before, or
				 * NULL */
};

struct ln_upgrade_plan {
	struct ln_upgrade_pair *pairs;
	size_t count;
	size_t room;
	uint8_t from[LN_DIGEST_SIZE]; /* of one of them */
	uint8_t to[LN_DIGEST_SIZE];
};

/* Finds the modules, and adds the new version to their environments. There is
 * at least one pair. *error as in ln_upgrade_run. LN_ENOENT, LN_EINVAL, those
 * of ln_environment_add_module. */
int ln_upgrade_plan_make(const struct ln_upgrade_which *which,
			 const uint8_t *bytes, size_t len,
			 struct ln_upgrade_plan *plan, char **error);
void ln_upgrade_plan_deinit(struct ln_upgrade_plan *plan);

/* What processes of `module` are to change to, or (`back`) are to change back
 * to. NULL: they are not meant. */
struct ln_module *ln_upgrade_plan_find(const struct ln_upgrade_plan *plan,
				       const struct ln_module *module,
				       bool back);

/* Has what is spawned be of the new version, or of the old one again. */
void ln_upgrade_plan_replace(const struct ln_upgrade_plan *plan, bool back);

#endif
