/*
 * Types of wasm values and functions as letters, the way the table of host
 * functions and the entries of a module have them.
 */
#ifndef LN_ENGINE_TYPES_H
#define LN_ENGINE_TYPES_H

#include <stddef.h>
#include <stdint.h>

struct ln_functype;
struct ln_types;

/* Parameters or results that a signature tells; those beyond are a '+'. */
#define LN_SIGNATURE_MAX 16

struct ln_signature {
	char params[LN_SIGNATURE_MAX + 2];
	char results[LN_SIGNATURE_MAX + 2];
};

/* i I f F V r: i32 i64 f32 f64 v128 reference, by the first byte of a type in
 * the binary. Any thread. */
char ln_type_letter(uint8_t type);

/* Writes the letters of types, `max` at the most; returns how many. */
size_t ln_types_letters(const struct ln_types *types, char *letters,
			size_t max);

void ln_signature_read(struct ln_signature *signature,
		       const struct ln_functype *type);

/* "(i32, i64) -> i32", owned by the caller; NULL when memory is short. */
char *ln_signature_text(const char *params, const char *results);

#endif
