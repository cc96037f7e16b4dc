/*
 * Shared by the parts of the embedding API. Its types are those of the process
 * layer; include/lunatic/runtime.h gives them their public names.
 */
#ifndef LN_EMBED_EMBED_H
#define LN_EMBED_EMBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_config;
struct ln_process;
struct ln_runtime;

/* Reads a config struct, whose first member is its size, over the defaults in
 * `own`. LN_EINVAL if it is not such a struct, or has a member that this
 * version does not know. */
int ln_embed_read_config(void *own, size_t own_size, const void *given);

/* Writes the defaults to the caller's struct, which may be of another version:
 * the size comes first, unknown members are zero. LN_EINVAL. */
int ln_embed_write_config(void *config, size_t size, const void *defaults,
			  size_t defaults_size);

/* Makes a configuration of a lunatic_rt_environment_config, or of the defaults
 * when that is NULL, with its plugins compiled. Waits. */
int ln_embed_make_config(struct ln_runtime *runtime, const void *given,
			 struct ln_config **config);

/* Frees the runtime's node, if it has one, once nothing runs any more. */
void ln_embed_free_node(struct ln_runtime *runtime);

/* The native process that calls, or NULL: outside of processes, and once its
 * function has returned. */
struct ln_process *ln_embed_running(void);

/* The process that a function in the blocking pool runs for, or NULL. */
const struct ln_process *ln_embed_served(void);

/* Converts a timeout of the API to a deadline; negative: never. */
int64_t ln_embed_deadline(int64_t timeout_ms);

#endif
