/*
 * Adding modules to environments: plugins change them, and then they are
 * compiled.
 */
#ifndef LN_PROCESS_ADD_MODULE_H
#define LN_PROCESS_ADD_MODULE_H

#include <stddef.h>
#include <stdint.h>

#include "process/env_module.h"
#include "process/environment.h"

/* Applies the plugins of the environment's configuration to a module and
 * compiles it; *error as in ln_compiled_new. In a task
 * this parks until the blocking pool has done it. LN_EFORMAT, LN_EINVAL
 * (imports), LN_ELIMIT (size), LN_EMEMORY, LN_ENOMEM, LN_EKILLED; LN_ETRAP,
 * LN_ETIMEDOUT (a plugin failed). */
int ln_environment_add_module(struct ln_environment *environment,
			      const uint8_t *bytes, size_t len,
			      struct ln_module **module, char **error);

/* The same; *plugin_fuel becomes what the work of the plugins costs, also when
 * it fails. */
int ln_environment_add_charged(struct ln_environment *environment,
			       const uint8_t *bytes, size_t len,
			       struct ln_module **module, char **error,
			       uint64_t *plugin_fuel);

/* The same for a module of another environment of this program, whose code is
 * used as it is if that one allows the same host functions and compiles in the
 * same way. */
int ln_environment_adopt_module(struct ln_environment *environment,
				const struct ln_module *from,
				struct ln_module **module, char **error);

/* Takes a turn at a phase of making modules: see ln_code_enter_queue. */
int ln_environment_enter_queue(struct ln_environment *environment,
			       enum ln_code_phase phase);
void ln_environment_leave_queue(struct ln_environment *environment,
				enum ln_code_phase phase);

#endif
