/* What both sides of a compiler in a process of its own know; see compiler.h.
 */
#ifndef LN_ENGINE_COMPILER_IMPL_H
#define LN_ENGINE_COMPILER_IMPL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A child is started as PROGRAM MODE KEY VARIANT MEMORY SECONDS BACKGROUND
 * PARENT; all behind the key are decimal numbers. */
enum ln_compiler_argument {
	LN_COMPILER_KEY = 2, /* ln_compiler_key: both have the same engine */
	LN_COMPILER_VARIANT,
	LN_COMPILER_MEMORY,     /* bytes */
	LN_COMPILER_SECONDS,    /* of processor time */
	LN_COMPILER_BACKGROUND, /* 1: give way to others */
	LN_COMPILER_PARENT,     /* the id of the process that started it */
	LN_COMPILER_ARGUMENTS,
};

struct ln_compiler_order {
	unsigned variant;
	uint64_t memory;
	uint32_t seconds;
	bool background;
	pid_t parent;
};

/* Versions of the program and its engine. */
extern const char ln_compiler_key[];

/* Nice value: beside a busy thread of this program on the same core a child
 * gets a tenth of the time. */
#define LN_COMPILER_NICE 10

/* Bytes of a line that the child says, with its end; at most PIPE_BUF. */
#define LN_COMPILER_LINE 2048

/* What Rust's runtime says when memory is short, before it aborts. */
#define LN_COMPILER_MEMORY_TEXT "memory allocation"

#endif
