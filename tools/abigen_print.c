/* What the outputs of abigen share. */
#include "abigen_print.h"

#include <string.h>

const char *letters(const struct function *function)
{
	static char made[2 * MAX_ARGUMENTS + 1];

	made[0] = '\0';
	for (size_t i = 0; i < function->count; i++)
		strcat(made, kinds[function->arguments[i].kind].letters);
	return made;
}

const char *result_letter(const struct function *function)
{
	return function->has_result ? kinds[function->result].letters : "";
}

const struct type *type_of(char letter)
{
	static const struct type types[] = {
		{ 'i', "i32", "uint32_t", "int32_t" },
		{ 'I', "i64", "uint64_t", "int64_t" },
		{ 'f', "f32", "float", "float" },
		{ 'F', "f64", "double", "double" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].letter == letter)
			return &types[i];
	fail(0, "no type of the letter '%c'", letter);
}

void print_types(FILE *out, const char *types)
{
	for (; *types != '\0'; types++)
		fprintf(out, " %s", type_of(*types)->wasm);
}

size_t wanted_generation;

bool selected(size_t generation)
{
	return generation == 0 || generation == wanted_generation;
}

void print_wrapped(FILE *out, const char *first, const char *next,
		   const char *text)
{
	size_t column = strlen(first);
	bool begun = false;

	fputs(first, out);
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (begun && column + 1 + len > WIDTH) {
			fprintf(out, "\n%s", next);
			column = strlen(next);
		} else if (begun) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)len, text);
		column += len;
		begun = true;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void print_text(FILE *out, const char *prefix, const struct text *text)
{
	for (size_t i = 0; i < text->count; i++) {
		if (text->lines[i][0] == '\0')
			fprintf(out, "%.*s\n", (int)strcspn(prefix, " "),
				prefix);
		else
			fprintf(out, "%s%s\n", prefix, text->lines[i]);
	}
}

void print_signature(FILE *out, const char *head, const char *parameters)
{
	size_t indent = strlen(head);
	size_t column = indent;

	fputs(head, out);
	while (*parameters != '\0') {
		size_t len = strcspn(parameters, ",");
		bool last = parameters[len] == '\0';
		size_t needed = len + (last ? 2 : 1);

		if (column > indent && column + 1 + needed > WIDTH) {
			fputc('\n', out);
			for (size_t i = 0; i < indent / 8; i++)
				fputc('\t', out);
			fprintf(out, "%*s", (int)(indent % 8), "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s%s", (int)len, parameters,
			last ? ");\n" : ",");
		column += needed;
		parameters += len + (last ? 0 : strlen(", "));
	}
}

void print_wasm_type(FILE *out, const struct function *function)
{
	if (function->count > 0) {
		fputs(" (param", out);
		print_types(out, letters(function));
		fputc(')', out);
	}
	if (function->has_result) {
		fputs(" (result", out);
		print_types(out, result_letter(function));
		fputc(')', out);
	}
}
