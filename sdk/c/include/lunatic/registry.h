/*
 * The registry: processes register under a name and a version in an
 * environment, and others find them there.
 */
#ifndef LUNATIC_REGISTRY_H
#define LUNATIC_REGISTRY_H

#include <lunatic/process.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A handle to an environment, which is valid in this process only. */
struct lunatic_env {
	uint64_t id;
};

/* A handle to this process's own environment. */
struct lunatic_env lunatic_env_self(void);

/* Drops a handle; processes live on. Traps if the handle is invalid. */
void lunatic_env_drop(struct lunatic_env env);

/*
 * Registers a process in an environment, where others find it by name. It
 * replaces a process with the same name and version. LUNATIC_EFORMAT if
 * `version` is not a semantic version. Traps if a handle is invalid, or the
 * registry is full.
 *
 *	static int announce(void)
 *	{
 *		struct lunatic_env env = lunatic_env_self();
 *		struct lunatic_proc self = lunatic_proc_self();
 *		struct lunatic_proc found;
 *		int status = lunatic_register(env, "front", "1.2.0", self);
 *
 *		if (status == 0)
 *			status = lunatic_lookup("front", "^1.1", &found);
 *		if (status == 0)
 *			lunatic_proc_drop(found);
 *		lunatic_proc_drop(self);
 *		lunatic_env_drop(env);
 *		return status;
 *	}
 */
int lunatic_register(struct lunatic_env env, const char *name,
		     const char *version, struct lunatic_proc proc);

/* Removes a process from the registry. LUNATIC_EFORMAT, LUNATIC_ENOTFOUND;
 * traps if the handle is invalid. */
int lunatic_unregister(struct lunatic_env env, const char *name,
		       const char *version);

/* Finds the process with the highest version that matches a requirement such as
 * "1.2", ">=1, <3" or "*", in this process's own environment. LUNATIC_EFORMAT
 * if it is not a requirement; LUNATIC_ENOTFOUND. */
int lunatic_lookup(const char *name, const char *requirement,
		   struct lunatic_proc *proc);

#ifdef __cplusplus
}
#endif

#endif
