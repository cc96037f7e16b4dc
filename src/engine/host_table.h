/*
 * The table of host functions as the engine sees it: what a module may import,
 * and the trampoline that is called for it. The table itself is generated from
 * the tables in host/v07, host/v13 and host/wasi; that of components is
 * host/wasi/p2/table.c.
 */
#ifndef LN_ENGINE_HOST_TABLE_H
#define LN_ENGINE_HOST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

union ln_value;

/* Which generation of the ABI declares a function. */
enum ln_abi_generation {
	LN_ABI_ANY,       /* WASI: the same in every generation */
	LN_ABI_0_7,       /* lunatic 0.7 */
	LN_ABI_0_13,      /* lunatic 0.13 */
	LN_ABI_COMPONENT, /* interfaces, which only components import */
	LN_ABI_COUNT,
};

/* A host function as compiled code calls it: arguments in `values`, results
 * written over them. Returns true, or false after ln_instance_record_trap: then
 * the guest traps. The first two arguments are the engine's own. */
typedef bool (*ln_host_call)(void *callee, void *caller, union ln_value *values,
			     size_t count);

struct ln_host_function {
	const char *module;  /* import module, e.g. "lunatic::message" */
	const char *name;    /* import name, e.g. "send" */
	const char *params;  /* a letter each: i I f F = i32 i64 f32 f64 */
	const char *results; /* the same letters; at most one */
	enum ln_abi_generation generation;
	ln_host_call call;
};

/* A function of an interface as compiled code of a component calls it: flat
 * values in `values`, the flat result, if any, written over the first. `data`
 * is the function's row below; the rest is for component.h. Returns as
 * ln_host_call. */
typedef bool (*ln_component_call)(void *instance, void *data, uint32_t type,
				  uint32_t options, union ln_value *values,
				  size_t count);

struct ln_component_function {
	/* The interface, without a version, and the name in it; `call` and the
	 * letters are not used. */
	struct ln_host_function host;
	/* Its type, as wasmtime's patch writes types: resources are numbers of
	 * enum ln_component_kind, by which the engine compares all of it. */
	const char *type;
	ln_component_call call;
	void (*implementation)(void); /* for `call` */
};

/* A type of resources that an interface defines or uses. */
struct ln_component_resource {
	const char *interface;
	const char *name;
	uint32_t kind;     /* above 0; equal ones are the same type */
	ln_host_call drop; /* gets what an owned handle stood for */
};

/* The version of the interfaces whose names begin so. */
struct ln_component_package {
	const char *prefix;  /* "wasi:" */
	const char *version; /* "0.2.8" */
};

/* How the handler of requests is called: with two resources that it owns. */
struct ln_component_handler {
	uint32_t kinds[2];
	/* What they stand for in the process that runs here, which is to answer
	 * a request. NULL, or why it cannot. */
	const char *(*begin)(uint32_t values[2]);
};

struct ln_component_table {
	/* Each interface is in one of them; the first that fits counts. */
	const struct ln_component_package *packages;
	const struct ln_component_function *functions;
	size_t count;
	const struct ln_component_resource *resources;
	size_t resource_count;
	const struct ln_component_handler *handler; /* NULL: there is none */
};

struct ln_host_table {
	const struct ln_host_function *functions;
	size_t count;
	const struct ln_component_table *components; /* NULL: there are none */
};

/* Functions of both kinds have numbers: first those of modules. */
static inline size_t ln_host_table_total(const struct ln_host_table *table)
{
	return table->count +
	       (table->components != NULL ? table->components->count : 0);
}

static inline const struct ln_host_function *
ln_host_table_at(const struct ln_host_table *table, size_t number)
{
	return number < table->count
		       ? &table->functions[number]
		       : &table->components->functions[number - table->count]
				  .host;
}

#endif
