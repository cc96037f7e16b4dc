/*
 * A look at a component before it is compiled: its core modules are looked at
 * as modules are, those of the components in it included. What the rest of it
 * says is the compiler's to validate.
 */
#ifndef LN_ENGINE_COMPONENT_H
#define LN_ENGINE_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_cursor;
struct ln_scan;
struct ln_weight;

/* What a component may have, and what an instance of one takes; those of large
 * languages have some 14 core instances and three tables. */
#define LN_COMPONENT_MAX_DEPTH 16 /* components within each other */
#define LN_COMPONENT_MAX_MODULES 200
#define LN_COMPONENT_MAX_CORE_INSTANCES 100
#define LN_COMPONENT_MAX_INSTANCES 32
#define LN_COMPONENT_MAX_MEMORIES 16
#define LN_COMPONENT_MAX_TABLES 32

/* Handles that the components of a process may hold at a time. */
#define LN_COMPONENT_MAX_HANDLES 16384

/* The entries of a component: for wasi:cli/run, under the name that modules
 * have, and for the interfaces that the others are called after. */
#define LN_COMPONENT_RUN "_start"
#define LN_COMPONENT_WORKER "lunatic:process/worker"
#define LN_COMPONENT_HANDLE "wasi:http/incoming-handler"
#define LN_COMPONENT_ENTRIES 3

/* What instances of a component take, as the engine knows it. */
struct ln_component_needs {
	uint64_t core_instances;
	uint64_t instances; /* of components */
	uint64_t memories;
	uint64_t tables;
	uint64_t initial_memory; /* bytes of the largest memory */
	uint64_t initial_table;  /* elements of the largest table */
	bool known; /* modules are not imported, so that all that is so */
	/* Those that it has, for what it exports; NULL ends them. */
	const char *entries[LN_COMPONENT_ENTRIES + 1];
};

/* Whether the header says that a binary is a component. */
bool ln_component_is(const uint8_t *bytes, size_t len);

/* As ln_scan_module: the sums of what its modules have. */
int ln_component_scan(const uint8_t *bytes, size_t len, struct ln_scan *scan,
		      char *problem, size_t size);

/* Completes that, when it is compiled, with what an instance takes; which
 * counts more than it is where it is not known for each memory and table. As
 * ln_component_scan. */
int ln_component_count(const struct ln_component_needs *needs,
		       struct ln_scan *scan, char *problem, size_t size);

/* As ln_weight_module: the sum. One in which components within each other may
 * multiply is never small. */
int ln_component_weigh(const uint8_t *bytes, size_t len,
		       struct ln_weight *weight);

/* As ln_tables_change: whether one of its modules can. */
bool ln_component_tables_change(const uint8_t *bytes, size_t len);

/* Calls `visit` for each of its core modules, in the order of its bytes, which
 * is that of the engine, until one returns less than 0; which it returns, or
 * LN_EFORMAT, LN_ELIMIT: what follows cannot be read. */
int ln_component_each(const uint8_t *bytes, size_t len,
		      int (*visit)(void *argument, struct ln_cursor module),
		      void *argument);

/* As ln_names_hide, of all its modules. */
int ln_component_hide_names(const uint8_t *bytes, size_t len, uint8_t **copy);

#endif
