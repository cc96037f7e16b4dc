/* Where a guest is: the functions that are being called, while it runs. */
#ifndef LN_ENGINE_BACKTRACE_H
#define LN_ENGINE_BACKTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wasmtime.h>

struct ln_instance;
struct ln_names;

struct ln_backtrace {
	wasm_trap_t *trap;
	wasm_frame_vec_t frames; /* innermost first */
	const struct ln_names *names;
};

/* Finds the guest's export `name`, of no parameters and results, which has to
 * trap at once: the engine tells where a guest is when it traps, only. False:
 * there is none. After instantiation, by the process itself. */
bool ln_backtrace_find(struct ln_instance *instance, const char *name,
		       wasmtime_func_t *trapping);

/* Takes the backtrace, in a host function, by calling that export; its own
 * frame is not in it. LN_EKILLED: the process was asked to end meanwhile.
 * LN_EINVAL: it did not trap. */
int ln_backtrace_take(struct ln_instance *instance,
		      const wasmtime_func_t *trapping,
		      struct ln_backtrace *backtrace);
void ln_backtrace_free(struct ln_backtrace *backtrace);

size_t ln_backtrace_count(const struct ln_backtrace *backtrace);
uint32_t ln_backtrace_function(const struct ln_backtrace *backtrace,
			       size_t frame);

/* The name of a frame's function as the module has it, not clean, owned by the
 * caller; see ln_names_copy. NULL when memory is short. */
char *ln_backtrace_name(const struct ln_backtrace *backtrace, size_t frame);

#endif
