/*
 * Upgrades: the processes of a module go on in a new version of it.
 *
 * docs/upgrade.md explains what modules export for that. The rules at the top
 * of <lunatic/runtime.h> hold here as well.
 */
#ifndef LUNATIC_UPGRADE_H
#define LUNATIC_UPGRADE_H

#include <lunatic/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names the module, for lunatic_rt_upgrade; 63 bytes are kept. Default: none.
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_module_set_name(lunatic_rt_module *module,
					      const char *name);

/* How processes are upgraded. Set it up with lunatic_rt_upgrade_config_init,
 * then change fields. Later versions of the library add fields at the end only.
 */
typedef struct lunatic_rt_upgrade_config {
	size_t size;        /* of the struct, in bytes; set by init */
	int64_t timeout_ms; /* until all have received; default 10,000 */
	int64_t process_timeout_ms;  /* for one to save and to load its state;
				      * default 1,000 */
	lunatic_rt_process *process; /* only this one; default: NULL, all */
	const char *name;   /* only those registered, or labelled, so; NULL */
	int64_t keep_going; /* not 0: when one fails, the others go on */
	int64_t dry_run;    /* not 0: each loads its state into the new version,
			     * and goes on with the old one */
} lunatic_rt_upgrade_config;

/* Writes the defaults. `size` is sizeof(*config). LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int
lunatic_rt_upgrade_config_init(lunatic_rt_upgrade_config *config, size_t size);

/* What came of an upgrade, in numbers of processes. */
typedef struct lunatic_rt_upgrade_result {
	size_t size;          /* of the struct, in bytes */
	uint64_t upgraded;    /* run the new version */
	uint64_t refused;     /* the old or the new version has said no */
	uint64_t failed;      /* trapped, broke a rule, or had no memory */
	uint64_t timed_out;   /* in saving or loading */
	uint64_t waiting;     /* did not receive, and run the old version */
	uint64_t ended;       /* meanwhile, for other reasons */
	uint64_t back;        /* were upgraded, and then changed back */
	uint64_t stuck;       /* could not be changed back */
	uint64_t rolled_back; /* 1: for a failure all were changed back */
	uint64_t bytes;       /* of state, in all that were upgraded */
	/* From the receive to the new version, of one process: nanoseconds. */
	int64_t pause_p50_ns;
	int64_t pause_p99_ns;
	int64_t pause_max_ns;
} lunatic_rt_upgrade_result;

/* Upgrades the processes of a module, in all environments of its runtime, to a
 * new version of it: a wasm binary, or wasm text. Each saves its state and
 * loads it into the new version when it next receives a message, and what is
 * spawned from the module is of the new version from then on. docs/upgrade.md
 * tells what modules export for that, and what happens when a process fails.
 *
 * `result` may be NULL; its `size` is `result_size`. *report is NULL, or one
 * line for each of the first 64 processes that were not upgraded, and why, to
 * be freed with lunatic_rt_string_free; `report` itself may be NULL, and so may
 * `config`. *error_text as in lunatic_rt_module_new.
 *
 * 0: no process has failed; some may not have received (`waiting`).
 * LUNATIC_RT_ETRAP: at least one has failed, see the result. Otherwise nothing
 * has begun: LUNATIC_RT_EINVAL (also if a version lacks an export),
 * LUNATIC_RT_EEXIST (another upgrade is under way), LUNATIC_RT_EKILLED, and
 * those of lunatic_rt_module_new. Waits; outside of a process it blocks the
 * thread. */
LUNATIC_RT_API int lunatic_rt_upgrade(lunatic_rt_module *module,
				      const void *bytes, size_t len,
				      const lunatic_rt_upgrade_config *config,
				      lunatic_rt_upgrade_result *result,
				      size_t result_size, char **report,
				      char **error_text);

#ifdef __cplusplus
}
#endif

#endif
