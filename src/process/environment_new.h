/* Making environments. */
#ifndef LN_PROCESS_ENVIRONMENT_NEW_H
#define LN_PROCESS_ENVIRONMENT_NEW_H

struct ln_config;
struct ln_environment;
struct ln_runtime;

/* Makes an environment from a copy of `config`. With a parent it never allows
 * more than that does: its limits are lowered to the parent's, and what lives
 * in it counts there, too. LN_ELIMIT: too many environments, or too deep in
 * each other, or too many descriptors. LN_EMEMORY. LN_ENOENT, LN_EPERM, LN_EIO:
 * a directory that guests should find open cannot be opened, see
 * process/preopens.h. LN_ENOMEM. Deep, and blocks: not on a fiber. */
int ln_environment_new(struct ln_runtime *runtime,
		       struct ln_environment *parent,
		       const struct ln_config *config,
		       struct ln_environment **environment);

/* The same below `parent`, in the pool for files, in which that is a tenant. A
 * task parks meanwhile; a kill takes effect afterwards. */
int ln_environment_new_below(struct ln_environment *parent,
			     const struct ln_config *config,
			     struct ln_environment **environment);

#endif
