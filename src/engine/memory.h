/*
 * Linear memories: out of slabs, with no mapping per memory, or with guard
 * pages. Wasmtime asks for them through its memory creator.
 */
#ifndef LN_ENGINE_MEMORY_H
#define LN_ENGINE_MEMORY_H

#include <wasmtime.h>

struct ln_instance;
struct ln_memories;

/* LN_ENOMEM. */
int ln_memories_new(struct ln_memories **memories);

/* Frees all; no memory may be in use. */
void ln_memories_free(struct ln_memories *memories);

/* Clears and gives back the large memories of an instance whose store has been
 * dropped, while others may run. On the process's fiber. */
void ln_memories_settle(struct ln_instance *instance);

/* The creator to hand to a Wasmtime configuration. `memories` must outlive the
 * engine made from it. Memories are charged to the instance that is
 * made (see engine/instance.h). */
wasmtime_memory_creator_t ln_memories_creator(struct ln_memories *memories);

#endif
