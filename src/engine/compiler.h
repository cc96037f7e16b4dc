/*
 * Compiling in a process of its own, so that the kernel bounds what one module
 * may take: memory, processor time and, by whoever waits, real time. A crash of
 * the compiler, or a module on which it never ends, harms nobody else.
 *
 * The child is the program `lunatic`, started anew in a mode of its own
 * (ln_compiler_serve). It reads the binary from its standard input, a sealed
 * file in memory, writes the code to its standard output, another one, and says
 * in lines on its standard error how far it is. It gets no variables, no other
 * descriptors and no arguments that a guest chose.
 */
#ifndef LN_ENGINE_COMPILER_H
#define LN_ENGINE_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_compilation;

/* How much one module may take; 0: by its size. */
#define LN_COMPILE_MEMORY_MIN ((uint64_t)64 << 20)
#define LN_COMPILE_MEMORY_MAX ((uint64_t)1 << 40)
#define LN_COMPILE_SECONDS_MAX 86400

struct ln_compiler_limits {
	uint64_t memory;  /* bytes, between the two above */
	uint32_t seconds; /* of processor time, of all threads together */
	uint32_t wall_ms; /* of real time; 0: ten times as much, and 10 s */
};

/* How large modules are compiled. */
struct ln_compiling {
	const char *program; /* path of the program `lunatic`; NULL: as all
			      * are, in this process */
	struct ln_compiler_limits limits;
};

/* What a child may take for a binary of `len` bytes. */
struct ln_compiler_limits
ln_compiler_limits_for(const struct ln_compiler_limits *limits, size_t len);

/* Starts a child of the program at the path `program`. `background`: it gives
 * way to the threads of this program. LN_EUNSUP: no child can be started.
 * LN_ENOMEM. Blocks for milliseconds. The thread must live until
 * ln_compilation_end: the child dies with it. */
int ln_compilation_start(const char *program,
			 const struct ln_compiler_limits *limits,
			 unsigned variant, const uint8_t *bytes, size_t len,
			 bool background, struct ln_compilation **compilation);

/* Waits until the child has ended or its time is over; a task parks. Then
 * ln_compilation_end must be called, whatever this returns. LN_EKILLED,
 * LN_ENOMEM. */
int ln_compilation_wait(struct ln_compilation *compilation);

/* Ends the child if it still runs, and says what came of it. 0: *code is the
 * serialized code, mapped until ln_compilation_free. LN_EUNSUP: the child did
 * not come to compiling; what was to be compiled has no part in that. Else
 * *error is a text, owned by the caller, or NULL: LN_EFORMAT, LN_ELIMIT, and
 * LN_ENOMEM. Blocks for milliseconds; needs the stack of a thread. */
int ln_compilation_end(struct ln_compilation *compilation, const uint8_t **code,
		       size_t *len, char **error);

/* After ln_compilation_end; NULL is fine. */
void ln_compilation_free(struct ln_compilation *compilation);

/* The name of the mode: the first argument of the program. */
#define LN_COMPILER_MODE "compile-for-parent"

/* The whole life of such a child; returns the status to exit with. */
int ln_compiler_serve(int argc, char **argv);

/* Of the child, too; for tests that play it. */
#define LN_COMPILER_READY "lunatic-compiler ready"
#define LN_COMPILER_DONE "lunatic-compiler done "       /* and a size */
#define LN_COMPILER_REFUSED "lunatic-compiler refused " /* and why */

#endif
