/*
 * A plugin for lunatic that watches a guest's allocator: it wraps the functions
 * that allocate and free, found by their names, so that each tells the runtime.
 *
 *   lunatic -P heap_profiler --heap-profile FOLDER guest.wasm
 *
 * A wrapped function keeps its number; what it did before is in a copy that the
 * wrapper calls. See docs/heap-profiler.md.
 */
#include <lunatic/abi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define I32 0x7f

enum instruction {
	OP_UNREACHABLE = 0x00,
	OP_IF = 0x04,
	OP_END = 0x0b,
	OP_CALL = 0x10,
	OP_LOCAL_GET = 0x20,
	OP_LOCAL_SET = 0x21,
	OP_I32_LOAD = 0x28,
	OP_I32_EQZ = 0x45,
	OP_I32_MUL = 0x6c,
	NO_RESULT = 0x40, /* the type of a block */
};

enum kind {
	ALLOCATES,   /* returns the block; `size` is a parameter */
	MULTIPLIES,  /* likewise; the size is parameter 0 times 1 */
	STORES,      /* stores the block's address at parameter 0, returns 0 */
	REALLOCATES, /* parameter 0 is the block */
	FREES,       /* parameter 0 is the block */
};

struct allocator {
	const char *name;
	uint8_t params; /* all of them i32 */
	enum kind kind;
	uint8_t size; /* the parameter that is the size */
};

/* The C library's, and those that Rust calls its global allocator by. */
static const struct allocator allocators[] = {
	{ "malloc", 1, ALLOCATES, 0 },
	{ "calloc", 2, MULTIPLIES, 0 },
	{ "realloc", 2, REALLOCATES, 1 },
	{ "free", 1, FREES, 0 },
	{ "aligned_alloc", 2, ALLOCATES, 1 },
	{ "memalign", 2, ALLOCATES, 1 },
	{ "posix_memalign", 3, STORES, 2 },
	{ "__rust_alloc", 2, ALLOCATES, 0 },
	{ "__rust_alloc_zeroed", 2, ALLOCATES, 0 },
	{ "__rust_realloc", 4, REALLOCATES, 3 },
	{ "__rust_dealloc", 3, FREES, 0 },
};

/* What wrappers call. */
static struct {
	uint32_t allocated;
	uint32_t freed;
	uint32_t reallocated;
} host;

struct code {
	uint8_t bytes[96];
	size_t len;
};

static void fail(const char *what)
{
	fprintf(stderr, "heap_profiler: %s\n", what);
	exit(1);
}

static void byte(struct code *code, uint8_t value)
{
	if (code->len == sizeof(code->bytes))
		fail("a wrapper is too long");
	code->bytes[code->len++] = value;
}

static void instruction(struct code *code, uint8_t opcode, uint32_t number)
{
	byte(code, opcode);
	while (number >= 0x80) {
		byte(code, (uint8_t)(number | 0x80));
		number >>= 7;
	}
	byte(code, (uint8_t)number);
}

static uint32_t add_type(const uint8_t *params, uint32_t count)
{
	uint64_t id;

	if (lunatic_plugin_add_function_type(params, count, NULL, 0, &id) != 0)
		fail("cannot add a type");
	return (uint32_t)id;
}

static uint32_t add_import(const char *name, uint32_t params)
{
	static const uint8_t types[] = { I32, I32, I32 };
	static const char module[] = "lunatic::heap_profiler";
	uint64_t id;

	if (lunatic_plugin_add_function_import(
		    module, sizeof(module) - 1, name, strlen(name),
		    add_type(types, params), &id) != 0)
		fail("cannot add an import");
	return (uint32_t)id;
}

/* The function that traps, where the runtime looks where it is. */
static void add_trace(void)
{
	static const uint8_t body[] = { OP_UNREACHABLE, OP_END };
	static const char name[] = "lunatic_heap_profiler_trace";
	uint64_t id;

	if (lunatic_plugin_add_function(add_type(NULL, 0), NULL, 0, body,
					sizeof(body), &id) != 0)
		fail("cannot add a function");
	lunatic_plugin_add_function_export(name, sizeof(name) - 1,
					   (uint32_t)id);
}

/* Whether the function takes and gives what one of that name should. */
static bool has_type(uint32_t function, const struct allocator *allocator)
{
	uint32_t results = allocator->kind != FREES;
	uint8_t type[8];

	if (lunatic_plugin_function_type(function, type, sizeof(type)) !=
	    allocator->params + 1u + results)
		return false;
	for (uint32_t i = 0; i < allocator->params + 1u + results; i++) {
		if (type[i] != (i == allocator->params ? 0 : I32))
			return false;
	}
	return true;
}

/* Tells of the block in the local behind the parameters. */
static void tell(struct code *code, const struct allocator *allocator)
{
	uint8_t block = allocator->params;

	switch (allocator->kind) {
	case ALLOCATES:
		instruction(code, OP_LOCAL_GET, block);
		instruction(code, OP_LOCAL_GET, allocator->size);
		instruction(code, OP_CALL, host.allocated);
		break;
	case MULTIPLIES:
		instruction(code, OP_LOCAL_GET, block);
		instruction(code, OP_LOCAL_GET, 0);
		instruction(code, OP_LOCAL_GET, 1);
		byte(code, OP_I32_MUL);
		instruction(code, OP_CALL, host.allocated);
		break;
	case STORES:
		instruction(code, OP_LOCAL_GET, block);
		byte(code, OP_I32_EQZ);
		byte(code, OP_IF);
		byte(code, NO_RESULT);
		instruction(code, OP_LOCAL_GET, 0);
		instruction(code, OP_I32_LOAD, 2); /* alignment 4, ... */
		byte(code, 0);                     /* ... offset 0 */
		instruction(code, OP_LOCAL_GET, allocator->size);
		instruction(code, OP_CALL, host.allocated);
		byte(code, OP_END);
		break;
	case REALLOCATES:
		instruction(code, OP_LOCAL_GET, 0);
		instruction(code, OP_LOCAL_GET, block);
		instruction(code, OP_LOCAL_GET, allocator->size);
		instruction(code, OP_CALL, host.reallocated);
		break;
	case FREES:
		break;
	}
	instruction(code, OP_LOCAL_GET, block);
}

static void wrap(uint32_t function, const struct allocator *allocator)
{
	static const uint8_t locals[] = { 1, 0, 0, 0, I32 };
	bool frees = allocator->kind == FREES;
	struct code code = { .len = 0 };
	uint64_t id;

	if (lunatic_plugin_copy_function(function, &id) != 0)
		return; /* imported: it is somebody else's heap */
	if (frees) {
		instruction(&code, OP_LOCAL_GET, 0);
		instruction(&code, OP_CALL, host.freed);
	}
	for (uint8_t i = 0; i < allocator->params; i++)
		instruction(&code, OP_LOCAL_GET, i);
	instruction(&code, OP_CALL, (uint32_t)id);
	if (!frees) {
		instruction(&code, OP_LOCAL_SET, allocator->params);
		tell(&code, allocator);
	}
	byte(&code, OP_END);
	if (lunatic_plugin_replace_function(function, locals,
					    frees ? 0 : sizeof(locals),
					    code.bytes, code.len, &id) != 0)
		fail("cannot replace a function");
}

__attribute__((export_name("lunatic_create_module_hook"))) void
lunatic_create_module_hook(void)
{
	bool wrapped = false;

	host.allocated = add_import("allocated", 2);
	host.freed = add_import("freed", 1);
	host.reallocated = add_import("reallocated", 3);
	add_trace();
	for (size_t i = 0; i < sizeof(allocators) / sizeof(allocators[0]);
	     i++) {
		const char *name = allocators[i].name;
		uint64_t id;

		if (lunatic_plugin_find_function(name, strlen(name), &id) !=
		    0) {
			lunatic_error_drop(id);
			continue;
		}
		if (!has_type((uint32_t)id, &allocators[i]))
			continue;
		wrap((uint32_t)id, &allocators[i]);
		wrapped = true;
	}
	if (!wrapped)
		fprintf(stderr,
			"heap_profiler: the module has no allocator "
			"that is known by its name; was it stripped?\n");
}
