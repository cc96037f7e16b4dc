/*
 * Letters for types, and types in words.
 *
 * Threads: any; no state.
 * Guarantees: a function type may have a thousand parameters; what is kept of
 * it is bounded.
 */
#include "engine/types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* wasm_valtype_kind ends the program at types that it does not know. */
char ln_type_letter(const wasm_valtype_t *type)
{
	static const char letters[] = {
		[WASMTIME_VALTYPE_KIND_I32] = 'i',
		[WASMTIME_VALTYPE_KIND_I64] = 'I',
		[WASMTIME_VALTYPE_KIND_F32] = 'f',
		[WASMTIME_VALTYPE_KIND_F64] = 'F',
		[WASMTIME_VALTYPE_KIND_V128] = 'V',
		[WASMTIME_VALTYPE_KIND_REF] = 'r',
	};
	wasmtime_valtype_t described;
	char letter = 'r';

	wasmtime_valtype_new(type, &described);
	if (described.kind < sizeof(letters))
		letter = letters[described.kind];
	wasmtime_valtype_delete(&described);
	return letter;
}

static void write_letters(char letters[LN_SIGNATURE_MAX + 2],
			  const wasm_valtype_vec_t *types)
{
	size_t n = 0;

	while (n < types->size && n < LN_SIGNATURE_MAX) {
		letters[n] = ln_type_letter(types->data[n]);
		n++;
	}
	if (n < types->size)
		letters[n++] = '+';
	letters[n] = '\0';
}

void ln_signature_read(struct ln_signature *signature,
		       const wasm_functype_t *type)
{
	write_letters(signature->params, wasm_functype_params(type));
	write_letters(signature->results, wasm_functype_results(type));
}

static const char *type_name(char letter)
{
	switch (letter) {
	case 'i':
		return "i32";
	case 'I':
		return "i64";
	case 'f':
		return "f32";
	case 'F':
		return "f64";
	case 'V':
		return "v128";
	case 'r':
		return "reference";
	default:
		return "...";
	}
}

#define LIST_MAX ((LN_SIGNATURE_MAX + 1) * sizeof("reference, ") + sizeof("()"))

/* Writes "(i32, i64)". */
static void write_list(char text[LIST_MAX], const char *letters)
{
	size_t len = 0;

	text[len++] = '(';
	for (size_t i = 0; letters[i] != '\0'; i++) {
		const char *name = type_name(letters[i]);

		if (i > 0) {
			text[len++] = ',';
			text[len++] = ' ';
		}
		memcpy(text + len, name, strlen(name));
		len += strlen(name);
	}
	text[len++] = ')';
	text[len] = '\0';
}

char *ln_signature_text(const char *params, const char *results)
{
	char list[LIST_MAX];
	char *text, *whole = NULL;

	write_list(list, params);
	text = strdup(list);
	if (text == NULL)
		return NULL;
	write_list(list, results);
	if (asprintf(&whole, "%s -> %s", text,
		     strlen(results) == 1 ? type_name(results[0]) : list) < 0)
		whole = NULL;
	free(text);
	return whole;
}
