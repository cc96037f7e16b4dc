/*
 * The table of host functions as the engine sees it: what a module may import,
 * and the trampoline that is called for it. The table itself is generated from
 * the tables in host/v07, host/v13 and host/wasi.
 */
#ifndef LN_ENGINE_HOST_TABLE_H
#define LN_ENGINE_HOST_TABLE_H

#include <stdbool.h>
#include <stddef.h>

union ln_value;

/* Which generation of the ABI declares a function. */
enum ln_abi_generation {
	LN_ABI_ANY,  /* WASI: the same in every generation */
	LN_ABI_0_7,  /* lunatic 0.7 */
	LN_ABI_0_13, /* lunatic 0.13 */
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

struct ln_host_table {
	const struct ln_host_function *functions;
	size_t count;
};

#endif
