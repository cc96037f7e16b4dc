/* Wasm processes: an instance of a module, run from one of its exports. */
#ifndef LN_PROCESS_WASM_H
#define LN_PROCESS_WASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_errand;
struct ln_module;
struct ln_hook;
struct ln_process;

/* The encoding of parameters, as in lunatic 0.7: for each one byte of type, the
 * number of the type in wasm's binary format, and 16 bytes of value, little
 * endian. */
#define LN_PARAM_SIZE 17
#define LN_PARAM_I32 0x7f
#define LN_PARAM_I64 0x7e
#define LN_PARAM_V128 0x7b

struct ln_spawn {
	struct ln_module *module;
	const char *function; /* name of the export, not terminated */
	size_t function_len;
	const uint8_t *params;     /* encoded */
	size_t params_len;         /* bytes */
	struct ln_process *caller; /* the process that calls, and waits for the
				    * module's start function; NULL: nobody
				    * does */
	struct ln_process *parent; /* linked to it, when link_tag is not 0; may
				    * be a process of another node */
	int64_t link_tag;          /* what the parent is told when it fails */
	bool as_it_is;             /* from the module itself, even if another
				    * one has taken its place */
	struct ln_errand *errand;  /* see process/errand.h; NULL: none */
	struct ln_hook *hook;      /* for a plugin: `_initialize` is called
				    * first, if there is one, and a trap is
				    * not printed but noted; else NULL. Stays
				    * until the process has ended. */
	/* Called with `argument` when the process is made and not yet started.
	 * A number above 0 that it returns is what ln_wasm_spawn returns, and
	 * the process is discarded. May be NULL; not for other nodes. */
	int (*before)(void *argument, struct ln_process *process);
	void *argument;
};

/* The module that a process of this runtime runs, with a reference for the
 * caller; NULL: it is no wasm process, is a plugin, or has ended. Any thread.
 */
struct ln_module *ln_wasm_module(struct ln_process *process);

/* Whether the bytes are well-formed parameters: LN_EFORMAT when not. */
int ln_params_check(const uint8_t *params, size_t len);

/* Spawns a process and stores a reference to it. When the module has a start
 * function, a calling process waits until that is over, and whoever spawns on
 * another node waits for that, too. On failure *error is a text for a person,
 * owned by the caller, or NULL: LN_ENOENT, LN_EINVAL, LN_EFORMAT, LN_ELIMIT,
 * LN_ENOMEM, LN_ETRAP, LN_EKILLED, LN_ESTOPPED, LN_EIO (the other node). */
int ln_wasm_spawn(const struct ln_spawn *spawn, struct ln_process **process,
		  char **error);

#endif
