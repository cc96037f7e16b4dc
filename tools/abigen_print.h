/* What the outputs of abigen share: types in words, and text in lines. */
#ifndef LN_TOOLS_ABIGEN_PRINT_H
#define LN_TOOLS_ABIGEN_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "abigen_table.h"

#define WIDTH 80
#define MADE_BY "Made by abigen from the tables in src/host; change it there."

/* What the letter of a wasm type stands for. */
struct type {
	char letter;
	const char *wasm;     /* also the member of ln_value */
	const char *plain;    /* the C type of an unsigned or float value */
	const char *in_union; /* the C type of that member */
};

const struct type *type_of(char letter);

/* The generation of all outputs but the host's C. */
extern size_t wanted_generation;

/* Whether an output of one generation has what belongs to this one. */
bool selected(size_t generation);

/* The wasm parameters of a function, a letter each as in ln_host_function;
 * valid until the next call. */
const char *letters(const struct function *function);
const char *result_letter(const struct function *function);

/* Prints " i32", " i64", " f32" or " f64" for every letter. */
void print_types(FILE *out, const char *types);

/* Prints " (param ...) (result ...)". */
void print_wasm_type(FILE *out, const struct function *function);

/* Prints `text` in lines of at most WIDTH columns: `first` before the first
 * line, `next` before all others. */
void print_wrapped(FILE *out, const char *first, const char *next,
		   const char *text);
void print_text(FILE *out, const char *prefix, const struct text *text);

/* Prints `head`, which ends with '(', and the comma-separated `parameters`
 * aligned behind it in lines of at most WIDTH columns. */
void print_signature(FILE *out, const char *head, const char *parameters);

/* The outputs. The host's C includes its header by the name at the end of
 * `header`. */
void print_c(FILE *out, const char *header);
void print_h(FILE *out);
void print_guest_header(FILE *out);
void print_docs(FILE *out);

#endif
