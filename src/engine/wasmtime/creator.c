/*
 * Wasmtime's linear memories, and its heaps of objects, are memories of ours.
 *
 * Threads: that of the instance.
 */
#include "engine/memory.h"
#include "engine/wasmtime/wasmtime_impl.h"

/* Exported by our patch of Wasmtime (engine/patches). */
bool lunatic_engine_making_gc_heap(void);

static wasmtime_error_t *error_of(const char *refusal)
{
	return refusal != NULL ? wasmtime_error_new(refusal) : NULL;
}

static uint8_t *get(void *memory, size_t *size, size_t *capacity)
{
	return ln_memory_at(memory, size, capacity);
}

static wasmtime_error_t *grow(void *memory, size_t new_size)
{
	return error_of(ln_memory_grow(memory, new_size));
}

static void finalize(void *memory)
{
	ln_memory_free(memory);
}

static wasmtime_error_t *make(void *memories, const wasm_memorytype_t *type,
			      size_t minimum, size_t maximum, size_t reserved,
			      size_t guard, wasmtime_linear_memory_t *out)
{
	struct ln_instance *instance = ln_wasmtime_making();
	const struct ln_memory_shape shape = {
		.minimum = minimum,
		.reserved = reserved,
		.guard = guard,
		.heap = lunatic_engine_making_gc_heap(),
	};
	struct ln_memory *memory;
	const char *refusal;

	(void)type;
	(void)maximum;
	if (instance == NULL)
		return error_of("a memory is made outside of a process");
	refusal = ln_memory_new(memories, instance, &shape, &memory);
	if (refusal != NULL)
		return error_of(refusal);
	*out = (wasmtime_linear_memory_t){ .env = memory,
					   .get_memory = get,
					   .grow_memory = grow,
					   .finalizer = finalize };
	return NULL;
}

wasmtime_memory_creator_t ln_wasmtime_creator(struct ln_memories *memories)
{
	return (wasmtime_memory_creator_t){ .env = memories,
					    .new_memory = make,
					    .finalizer = NULL };
}
