/*
 * Why something failed, as Wasmtime says it, made into a report or a text. The
 * functions that take an error and a trap consume whichever is not NULL. They
 * need the stack of a thread.
 */
#ifndef LN_ENGINE_WASMTIME_CAUSE_H
#define LN_ENGINE_WASMTIME_CAUSE_H

#include <stddef.h>
#include <stdint.h>

#include <wasmtime.h>

struct ln_names;
struct ln_report;

/* See ln_report_new. */
struct ln_report *ln_cause_report(wasmtime_error_t *error, wasm_trap_t *trap,
				  const struct ln_names *names);

/* Sets *error to "what: " and what Wasmtime says, see ln_refuse. LN_EFORMAT,
 * LN_ENOMEM. */
int ln_cause_refuse(char **error, const char *what, wasmtime_error_t *cause);

/* The same for a component that is not valid, or that is made of what WASI 0.3
 * adds. */
int ln_cause_refuse_component(char **error, wasmtime_error_t *cause);

/* The same for an import of a component that cannot be linked: names its
 * interface and the function or resource. LN_EINVAL, LN_ENOMEM. */
int ln_cause_refuse_import(char **error, wasmtime_error_t *cause);

/* Both may be NULL. */
void ln_cause_drop(wasmtime_error_t *error, wasm_trap_t *trap);

/* The numbers of the functions of a trap's backtrace without the innermost one,
 * up to `max`, and offsets in the module's bytes (NULL: they are not wanted);
 * returns how many. Consumes the trap. */
size_t ln_cause_callers(wasm_trap_t *trap, uint32_t *functions, size_t *offsets,
			size_t max);

#endif
