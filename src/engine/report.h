/*
 * Why a guest failed: the reason, and where it was. Made on a worker, where it
 * takes little time and memory, whatever the guest's functions are called; made
 * into a text elsewhere.
 */
#ifndef LN_ENGINE_REPORT_H
#define LN_ENGINE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wasmtime.h>

struct ln_names;
struct ln_report;

/* Consumes whichever of the two is not NULL; copies what it needs of `names`
 * (NULL: there are none). NULL when memory is short. Needs the stack of a
 * thread, as all that follows but for the reason and the size. */
struct ln_report *ln_report_new(wasmtime_error_t *error, wasm_trap_t *trap,
				const struct ln_names *names);

/* With a reason only, which is copied. */
struct ln_report *ln_report_plain(const char *reason);

/* NULL is fine. */
void ln_report_free(struct ln_report *report);

/* A clean line that lives as long as the report. */
const char *ln_report_reason(const struct ln_report *report);

/* The memory that it takes, bytes: at most 40 KiB. */
size_t ln_report_size(const struct ln_report *report);

/* The reason in the first line, then a line for each wasm frame, innermost
 * first, with names demangled (engine/demangle.h): not on a worker. Clean. To
 * be freed by the caller; NULL when memory is short. */
char *ln_report_text(const struct ln_report *report);

/* What Wasmtime gives as the reason of an error or a trap, one line, to be
 * freed by the caller. Consumes it, as above. */
char *ln_report_take_reason(wasmtime_error_t *error, wasm_trap_t *trap);

/* The number of the function that called the innermost one of a trap's
 * backtrace, or of that one's caller and so on: the first that is not of a
 * library, if there is one (ln_names_of_library). False when there is no
 * caller. Consumes the trap. */
bool ln_report_caller(wasm_trap_t *trap, const struct ln_names *names,
		      uint32_t *function);

#endif
