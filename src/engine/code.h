/*
 * Compiled code of one wasm binary for one variant, shared by all modules that
 * are made from the same bytes, in whatever environment. Counted references;
 * the table of an engine knows the code that is in use or being made.
 *
 * Making it takes steps, since a task must not stop its worker and compilers
 * take turns: ln_code_find; when it says OURS, the caller must take a turn at
 * ln_code_next_phase and call ln_code_compile, or give up with ln_code_settle;
 * when it says AWAITED, somebody else does that. Where the phase is
 * LN_CODE_APART, ln_code_start and ln_code_watch come first.
 */
#ifndef LN_ENGINE_CODE_H
#define LN_ENGINE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/code_counts.h"
#include "engine/host_table.h"
#include "engine/phases.h"

struct ln_code;
struct ln_codes;
struct ln_compiled;
struct ln_engine;
struct ln_entries;
struct ln_elements;
struct ln_names;
struct ln_tenant;
struct ln_scan;

enum ln_code_state {
	LN_CODE_READY,
	LN_CODE_OURS,    /* the caller must make it */
	LN_CODE_AWAITED, /* somebody makes it */
};

/* The table of an engine. LN_ENOMEM. */
int ln_codes_new(struct ln_codes **codes);

/* All code must be gone. NULL is fine. */
void ln_codes_free(struct ln_codes *codes);

/* What has been made since the start. Any thread. */
void ln_codes_tell(const struct ln_codes *codes, struct ln_codes_tally *tally);

/* A reference to the code for `bytes` (see ln_compiled_new), in use, in the
 * making, or from the cache on disk. On failure *error is a text or NULL, owned
 * by the caller. Blocks, and is deep: not on a fiber. LN_EFORMAT, LN_EINVAL,
 * LN_ELIMIT, LN_ENOMEM, LN_EIO. */
int ln_code_find(struct ln_engine *engine, unsigned variant,
		 const uint8_t *bytes, size_t len, size_t max_bytes,
		 struct ln_code **code, enum ln_code_state *state,
		 char **error);

/* The phase in which code that is the caller's to make is compiled. */
enum ln_code_phase ln_code_next_phase(const struct ln_code *code);

/* Starts to compile it in a process of its own; see ln_compilation_start.
 * LN_EUNSUP: that cannot be; it is to be compiled in this one, in the phase
 * LN_CODE_COMPILE. LN_ENOMEM. Blocks, and is deep. */
int ln_code_start(struct ln_code *code, bool background);

/* Waits for that process; tasks park. Whatever it returns, ln_code_compile or
 * ln_code_stop follows. LN_EKILLED, LN_ENOMEM. */
int ln_code_watch(struct ln_code *code);

/* Ends that process; settles nothing. Blocks, and is deep. */
void ln_code_stop(struct ln_code *code);

/* Compiles code that is the caller's to make, or takes what the other process
 * has made, and settles it. Likewise. LN_EUNSUP: the other process did not come
 * to it, and nothing is settled; as with ln_code_start. */
int ln_code_compile(struct ln_code *code, char **error);

/* Ends the making: with success (0), or why not and a text or NULL. */
void ln_code_settle(struct ln_code *code, int result, const char *text);

/* Waits until code is settled; tasks park. 0: it is ready. LN_EAGAIN: its maker
 * gave up for a reason of its own. Else it can never be made, and *text says
 * why. LN_EKILLED. */
int ln_code_await(struct ln_code *code, char **text);

/* Makes LN_CODE_PHASES tenants, which take turns in the phases, below those of
 * `above`; NULL: below none. LN_ENOMEM: some may be missing. */
int ln_code_join(struct ln_engine *engine, struct ln_tenant *const *above,
		 struct ln_tenant **tenants);

/* Ends tenants, which may be NULL. */
void ln_code_leave(struct ln_engine *engine, struct ln_tenant *const *tenants);

/* Takes a turn for one of such tenants; NULL: for none. Threads that run no
 * task do not wait. LN_EKILLED. */
int ln_code_enter_queue(struct ln_engine *engine, enum ln_code_phase phase,
			struct ln_tenant *const *tenants);
void ln_code_leave_queue(struct ln_engine *engine, enum ln_code_phase phase,
			 struct ln_tenant *const *tenants);

/* The module as a binary: text is assembled, a binary is copied; *binary is the
 * caller's. Errors as ln_code_find. Needs the stack of a thread. */
int ln_code_binary(const uint8_t *bytes, size_t len, size_t max_bytes,
		   uint8_t **binary, size_t *binary_len, char **error);

/* Whether a binary is a valid module. *error as above. LN_EFORMAT, LN_EIO,
 * LN_ENOMEM. Blocks for a time in proportion to its size. */
int ln_code_validate(struct ln_engine *engine, unsigned variant,
		     const uint8_t *bytes, size_t len, char **error);

struct ln_code *ln_code_retain(const struct ln_code *code);
void ln_code_release(struct ln_code *code);

/* The wasm binary. Of ready code, as all that follow. */
const uint8_t *ln_code_bytes(const struct ln_code *code, size_t *len);
unsigned ln_code_variant(const struct ln_code *code);
struct ln_engine *ln_code_engine(const struct ln_code *code);
const struct ln_compiled *ln_code_compiled(const struct ln_code *code);
const struct ln_entries *ln_code_entries(const struct ln_code *code);
enum ln_abi_generation ln_code_generation(const struct ln_code *code);
const struct ln_elements *ln_code_elements(const struct ln_code *code);
const struct ln_names *ln_code_names(const struct ln_code *code);
const struct ln_scan *ln_code_scan(const struct ln_code *code);

#endif
