/*
 * Linear memories: out of slabs, with no mapping per memory, or with guard
 * pages. Wasmtime asks for them through its memory creator.
 */
#ifndef LN_ENGINE_MEMORY_H
#define LN_ENGINE_MEMORY_H

#include <wasmtime.h>

struct ln_memories;

/* LN_ENOMEM. */
int ln_memories_new(struct ln_memories **memories);

/* Frees all; no memory may be in use. */
void ln_memories_free(struct ln_memories *memories);

/* The creator to hand to a Wasmtime configuration. `memories` must outlive the
 * engine made from it. Memories are charged to the instance of the task that
 * runs (see engine/instance.h). */
wasmtime_memory_creator_t ln_memories_creator(struct ln_memories *memories);

#endif
