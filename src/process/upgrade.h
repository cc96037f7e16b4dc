/*
 * Upgrades: all processes of a module, or some of them, change to another
 * version of it, and what is spawned from it is of that version
 * (docs/upgrade.md). One process goes first; if it fails, or a later one does,
 * those that have changed are changed back.
 */
#ifndef LN_PROCESS_UPGRADE_H
#define LN_PROCESS_UPGRADE_H

#include "process/upgrade_outcome.h"

/* Does it, and returns when it is over. In a task it parks; in a thread it
 * blocks. 0: see `outcome`, which is to be deinitialised; nobody need have
 * changed. On failure nothing has begun, and *error is a text for a person,
 * owned by the caller, or NULL: LN_ENOENT (no such module), LN_EINVAL (it, or
 * the new one, lacks an export), LN_EEXIST (an upgrade is under way there),
 * those of ln_environment_add_module, LN_ENOMEM. LN_EKILLED: who asked is
 * killed, and the rest is left as it is. */
int ln_upgrade_run(const struct ln_upgrade_request *request,
		   struct ln_upgrade_outcome *outcome, char **error);

#endif
