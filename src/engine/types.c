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

#include "engine/binary.h"

char ln_type_letter(uint8_t type)
{
	switch (type) {
	case 0x7f:
		return 'i';
	case 0x7e:
		return 'I';
	case 0x7d:
		return 'f';
	case 0x7c:
		return 'F';
	case 0x7b:
		return 'V';
	default:
		return 'r';
	}
}

size_t ln_types_letters(const struct ln_types *types, char *letters, size_t max)
{
	struct ln_cursor at = types->bytes;
	size_t n = 0;

	for (; n < types->count && n < max && at.at < at.end; n++) {
		letters[n] = ln_type_letter(*at.at);
		if (!ln_binary_skip_type(&at))
			break;
	}
	return n;
}

static void write_letters(char letters[LN_SIGNATURE_MAX + 2],
			  const struct ln_types *types)
{
	size_t n = ln_types_letters(types, letters, LN_SIGNATURE_MAX);

	if (n < types->count)
		letters[n++] = '+';
	letters[n] = '\0';
}

void ln_signature_read(struct ln_signature *signature,
		       const struct ln_functype *type)
{
	write_letters(signature->params, &type->params);
	write_letters(signature->results, &type->results);
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
