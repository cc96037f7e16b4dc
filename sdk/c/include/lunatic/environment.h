/*
 * Environments: what processes may use and do, and which modules they can
 * be spawned from.
 *
 *	static void boxed(void)
 *	{
 *		for (;;)
 *			;
 *	}
 *
 *	static int sandbox(void)
 *	{
 *		struct lunatic_config config =
 *			lunatic_config_new(2 * 1024 * 1024, 10);
 *		struct lunatic_module module;
 *		struct lunatic_env env;
 *		int status;
 *
 *		lunatic_config_allow(config, "lunatic::message::");
 *		lunatic_config_allow(config, "lunatic::process::");
 *		status = lunatic_env_new(&env, config);
 *		lunatic_config_drop(config);
 *		if (status != 0)
 *			return status;
 *		status = lunatic_env_add_this(env, &module);
 *		if (status == 0) {
 *			struct lunatic_spawn how = {
 *				.link = lunatic_tag_new(),
 *				.module = &module,
 *			};
 *
 *			status = lunatic_spawn(NULL, &how, boxed);
 *			lunatic_module_drop(module);
 *		}
 *		lunatic_env_drop(env);
 *		return status;
 *	}
 */
#ifndef LUNATIC_ENVIRONMENT_H
#define LUNATIC_ENVIRONMENT_H

#include <lunatic/process.h>
#include <lunatic/registry.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Handles, which are valid in this process only. Environments and modules live
 * on when handles to them are dropped, as long as they have processes. */
struct lunatic_config {
	uint64_t id;
};

/*
 * Begins a configuration for an environment: at most `max_memory` bytes for
 * each of its processes, and `max_fuel` units of 100,000 instructions, 0 for no
 * limit. It allows no host function; use lunatic_config_allow. A process in the
 * environment never has more than this process has.
 */
struct lunatic_config lunatic_config_new(uint64_t max_memory,
					 uint64_t max_fuel);

/* Allows host functions whose names begin with `prefix`, such as
 * "lunatic::message::"; "" allows all. A function that is not allowed traps.
 * Traps if the handle is invalid, the text not UTF-8, or there are too many. */
void lunatic_config_allow(struct lunatic_config config, const char *prefix);

/* Gives access to a directory, under the same path. LUNATIC_EHOST if this
 * process has no access itself. Traps if the handle is invalid. */
int lunatic_config_preopen(struct lunatic_config config, const char *dir);

/* Drops a configuration; environments that were made from it stay. Traps if
 * the handle is invalid. */
void lunatic_config_drop(struct lunatic_config config);

/* Makes an environment. LUNATIC_EHOST; traps if the handle is invalid. */
int lunatic_env_new(struct lunatic_env *env, struct lunatic_config config);

/*
 * Makes an environment on the node of that name, which must be connected (see
 * docs/cluster.md); with the name of this process's own node it is
 * lunatic_env_new. The environment and its processes are used like any others:
 * modules are sent there, and messages and links work across nodes. When the
 * node is lost, links with its processes fail, and calls for the environment
 * return LUNATIC_EHOST. A process there never has more than the program there
 * was given. LUNATIC_EHOST; traps if the handle is invalid or the name is not
 * UTF-8.
 *
 *	static void work(void)
 *	{
 *		puts("on another node");
 *	}
 *
 *	static int send_work(const char *node)
 *	{
 *		struct lunatic_config config = lunatic_config_new(1 << 24, 0);
 *		struct lunatic_spawn there = { .link = lunatic_tag_new() };
 *		struct lunatic_module module;
 *		struct lunatic_env env;
 *		int status;
 *
 *		lunatic_config_allow(config, "");
 *		status = lunatic_env_new_remote(&env, node, config);
 *		lunatic_config_drop(config);
 *		if (status != 0)
 *			return status;
 *		status = lunatic_env_add_this(env, &module);
 *		lunatic_env_drop(env);
 *		if (status != 0)
 *			return status;
 *		there.module = &module;
 *		status = lunatic_spawn(NULL, &there, work);
 *		lunatic_module_drop(module);
 *		return status;
 *	}
 */
int lunatic_env_new_remote(struct lunatic_env *env, const char *node,
			   struct lunatic_config config);

/* Adds a module, given as `size` bytes of WebAssembly, which are compiled while
 * this process waits. LUNATIC_EHOST; traps if the handle is invalid. */
int lunatic_env_add(struct lunatic_env env, const void *data, size_t size,
		    struct lunatic_module *module);

/* Adds the module of this process, so that its functions can be spawned there.
 * LUNATIC_EHOST; traps if the handle is invalid. */
int lunatic_env_add_this(struct lunatic_env env, struct lunatic_module *module);

/* Traps if the handle is invalid. */
void lunatic_module_drop(struct lunatic_module module);

#ifdef __cplusplus
}
#endif

#endif
