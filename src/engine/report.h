/* Turns what Wasmtime says about a failure into text for a person. */
#ifndef LN_ENGINE_REPORT_H
#define LN_ENGINE_REPORT_H

#include <wasmtime.h>

/* The reason in the first line, then a line for each wasm frame, innermost
 * first. Consumes whichever of the two is not NULL. The caller frees the text;
 * NULL when memory is short. Needs the stack of a thread. */
char *ln_report_new(wasmtime_error_t *error, wasm_trap_t *trap);

/* The second innermost wasm function of a trap's backtrace. Consumes the trap.
 * The caller frees the text; NULL when there is none, or memory is short. Needs
 * the stack of a thread. */
char *ln_report_caller(wasm_trap_t *trap);

#endif
