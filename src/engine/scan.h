/*
 * A look at the sections of a wasm binary before it is compiled: whether it is
 * whole, what it takes to instantiate it, and whether compiling it stays within
 * bounds. What the sections say is validated by the compiler, not here.
 */
#ifndef LN_ENGINE_SCAN_H
#define LN_ENGINE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a module may have. Large real ones (interpreters, compilers, whole
 * office programs) have some ten thousand functions and a few thousand
 * exports. */
#define LN_SCAN_MAX_FUNCTIONS 100000
#define LN_SCAN_MAX_IMPORTS 10000
#define LN_SCAN_MAX_EXPORTS 50000

struct ln_scan {
	uint64_t memories;         /* that it defines */
	uint64_t initial_memory;   /* bytes of the memories that it defines */
	uint64_t initial_elements; /* of the tables that it defines */
	uint64_t largest_table;    /* elements at the start */
	uint64_t growing_tables;   /* tables that may grow */
	uint64_t data;             /* bytes of the data section */
	uint64_t imports;
	uint64_t functions; /* defined, not imported */
	uint64_t exports;
	uint32_t exported_memory; /* index of the export "memory";
				   * UINT32_MAX: none */
	bool has_start;
	bool component; /* the rest is the sum of its modules, component.h */
};

/* Fills *scan from a binary of any content. On failure `problem`, of `size`
 * bytes, holds a text of one line that goes on after "the module is ":
 * LN_EFORMAT when it is cut off, malformed, or not a core module; LN_ELIMIT
 * when it is beyond a bound. Any thread. */
int ln_scan_module(const uint8_t *bytes, size_t len, struct ln_scan *scan,
		   char *problem, size_t size);

#endif
