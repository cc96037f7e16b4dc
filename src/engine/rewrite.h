/*
 * Changing a wasm binary before it is compiled: types, functions, imports and
 * exports are added, bodies of functions are replaced. What is not changed
 * stays as it is, byte for byte, of whatever proposal it is. Code is not
 * looked at unless an import is added, which gives the defined functions other
 * numbers.
 *
 * Functions are counted the way wasm counts them, imported ones first. All
 * numbers stay valid until ln_rewrite_encode, which puts added imports where
 * they belong and renumbers.
 *
 * One thread at a time. Whether the result is a valid module is the engine's to
 * say.
 */
#ifndef LN_ENGINE_REWRITE_H
#define LN_ENGINE_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_rewrite;

/* The parameters and results of a function: a byte for each, wasm's number of
 * the type, followed by more bytes for references to types. */
struct ln_rewrite_type {
	const uint8_t *params;
	size_t params_len; /* bytes */
	const uint8_t *results;
	size_t results_len; /* bytes */
};

/* Takes a binary apart, which has to stay as long as the rewrite; all that is
 * added, and the result, may have `max` bytes. On failure *error is a text of
 * one line, owned by the caller, or NULL: LN_EFORMAT, LN_ELIMIT, LN_ENOMEM.
 * Needs the stack of a thread. */
int ln_rewrite_new(const uint8_t *bytes, size_t len, size_t max,
		   struct ln_rewrite **rewrite, char **error);
void ln_rewrite_free(struct ln_rewrite *rewrite);

/* Adds a type, whose parameters and results are numbers, v128, funcref or
 * externref, one byte for each. LN_EINVAL: another type. LN_ELIMIT,
 * LN_ENOMEM. */
int ln_rewrite_add_type(struct ln_rewrite *rewrite, const uint8_t *params,
			size_t param_count, const uint8_t *results,
			size_t result_count, uint32_t *type);

/* A function's locals, groups of five bytes: how many as a little-endian u32,
 * and their type as above; and its instructions, with the last `end`. */
struct ln_rewrite_body {
	const uint8_t *locals;
	size_t locals_len;
	const uint8_t *code;
	size_t code_len;
};

/* Adds a function behind all others. LN_ENOENT: no such type. LN_EINVAL: the
 * locals are malformed. LN_ELIMIT, LN_ENOMEM. */
int ln_rewrite_add_function(struct ln_rewrite *rewrite, uint32_t type,
			    const struct ln_rewrite_body *body,
			    uint32_t *function);

/* Adds an import. LN_ENOENT: no such type. LN_ELIMIT, LN_ENOMEM. */
int ln_rewrite_add_import(struct ln_rewrite *rewrite, const char *module,
			  size_t module_len, const char *name, size_t name_len,
			  uint32_t type, uint32_t *function);

/* Exports a function. LN_ENOENT: no such function. LN_ELIMIT, LN_ENOMEM. */
int ln_rewrite_export(struct ln_rewrite *rewrite, const char *name, size_t len,
		      uint32_t function);

/* Adds a function that does what `from` does now, under the same name in the
 * name section. LN_ENOENT: no such function, or it is imported. LN_ELIMIT,
 * LN_ENOMEM. */
int ln_rewrite_copy(struct ln_rewrite *rewrite, uint32_t from,
		    uint32_t *function);

/* Gives a function another body. All who call it run that one. Errors as
 * ln_rewrite_copy and ln_rewrite_add_function. */
int ln_rewrite_replace(struct ln_rewrite *rewrite, uint32_t function,
		       const struct ln_rewrite_body *body);

/* Finds a function by the name that it is exported under or, if there is none,
 * that the name section has for it. LN_ENOENT. */
int ln_rewrite_find(const struct ln_rewrite *rewrite, const char *name,
		    size_t len, uint32_t *function);

/* Whether a function is imported, and its type, which stays until the next
 * change. LN_ENOENT. */
int ln_rewrite_type_of(const struct ln_rewrite *rewrite, uint32_t function,
		       bool *imported, struct ln_rewrite_type *type);

/* Puts the module together; *bytes is the caller's. *error as above. Needs the
 * stack of a thread. LN_EFORMAT: it has to be renumbered, and there is code
 * that cannot be read. LN_ELIMIT, LN_ENOMEM. */
int ln_rewrite_encode(const struct ln_rewrite *rewrite, uint8_t **bytes,
		      size_t *len, char **error);

#endif
