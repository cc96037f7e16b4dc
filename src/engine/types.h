/*
 * Types of wasm values and functions as letters, the way the table of host
 * functions and the entries of a module have them.
 */
#ifndef LN_ENGINE_TYPES_H
#define LN_ENGINE_TYPES_H

#include <wasmtime.h>

/* Parameters or results that a signature tells; those beyond are a '+'. */
#define LN_SIGNATURE_MAX 16

struct ln_signature {
	char params[LN_SIGNATURE_MAX + 2];
	char results[LN_SIGNATURE_MAX + 2];
};

/* i I f F V r: i32 i64 f32 f64 v128 reference. Any thread. */
char ln_type_letter(const wasm_valtype_t *type);

void ln_signature_read(struct ln_signature *signature,
		       const wasm_functype_t *type);

/* "(i32, i64) -> i32", owned by the caller; NULL when memory is short. */
char *ln_signature_text(const char *params, const char *results);

#endif
