/* The guest's C header. */
#include "abigen_print.h"

#include <string.h>

/* Stores the guest's C parameters for an argument, for example "void *data,
 * size_t data_len", and returns their length. */
static size_t guest_parameter(char *into, size_t size,
			      const struct argument *argument)
{
	const char *name = argument->name;
	const char *type = argument->type[0] != '\0' ? argument->type : "void";

	switch (argument->kind) {
	case IN:
		return (size_t)snprintf(into, size,
					"const void *%s, size_t %s_len", name,
					name);
	case OUT:
		return (size_t)snprintf(into, size, "void *%s, size_t %s_len",
					name, name);
	case ARRAY:
		return (size_t)snprintf(into, size,
					"const %s *%s, size_t %s_count", type,
					name, name);
	case FIXED_IN:
		return (size_t)snprintf(into, size, "const %s *%s", type, name);
	case FIXED_OUT:
	case ADDR:
		return (size_t)snprintf(into, size, "%s *%s", type, name);
	default:
		return (size_t)snprintf(into, size, "%s%s",
					kinds[argument->kind].host, name);
	}
}

static void print_declaration(FILE *out, const struct space *space,
			      const struct function *function)
{
	char head[3 * NAME_SIZE];
	char parameters[4 * NAME_SIZE * MAX_ARGUMENTS] = "void";
	size_t used = 0;

	snprintf(head, sizeof(head), "%slunatic_%s_%s(",
		 function->has_result ? kinds[function->result].host : "void ",
		 space->guest, function->name);
	for (size_t i = 0; i < function->count; i++) {
		if (i > 0)
			used += (size_t)snprintf(parameters + used,
						 sizeof(parameters) - used,
						 ", ");
		used += guest_parameter(parameters + used,
					sizeof(parameters) - used,
					&function->arguments[i]);
	}
	fprintf(out, "LUNATIC_IMPORT(\"%s\", \"%s\")\n", space->name,
		function->name);
	print_signature(out, head, parameters);
}

/* A doc comment: the description, then arguments, result and traps. */
static void print_comment(FILE *out, const struct function *function)
{
	char first[2 * NAME_SIZE];

	fputs("/*\n", out);
	print_text(out, " * ", &function->docs);
	if (function->count > 0 || function->has_result ||
	    function->traps.count > 0)
		fputs(" *\n", out);
	for (size_t i = 0; i < function->count; i++) {
		snprintf(first, sizeof(first),
			 " * %s: ", function->arguments[i].name);
		print_wrapped(out, first, " *   ", function->arguments[i].docs);
	}
	if (function->has_result)
		print_wrapped(out, " * Returns ", " *   ",
			      function->result_docs);
	for (size_t i = 0; i < function->traps.count; i++)
		print_wrapped(out, " * Traps: ", " *   ",
			      function->traps.lines[i]);
	fputs(" */\n", out);
}

void print_guest_header(FILE *out)
{
	bool first = wanted_generation <= 1;
	const char *guard = first ? "LUNATIC_ABI_H" : "LUNATIC_ABI_0_13_H";

	fprintf(out,
		"/*\n"
		" * The host functions of lunatic %s for guests in C and C++.\n"
		" * docs/%s has the rules that hold for all of them: ids,\n"
		" * errors, pointers, the scratch area, tags and links.\n"
		" *\n"
		" * %s\n"
		" */\n"
		"#ifndef %s\n#define %s\n\n"
		"#ifndef __wasm32__\n"
		"#error \"this is for guests: build for wasm32\"\n"
		"#endif\n\n"
		"#include <stddef.h>\n#include <stdint.h>\n\n"
		"#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
		"#define LUNATIC_IMPORT(module, name) \\\n"
		"\t__attribute__((__import_module__(module), "
		"__import_name__(name)))\n",
		generations[wanted_generation][0],
		first ? "abi.md" : "abi-0.13.md", MADE_BY, guard, guard);
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		/* WASI is the C library's business. */
		if (!selected(space->generation) ||
		    !starts(space->name, "lunatic::"))
			continue;
		fprintf(out, "\n/*\n * %s\n *\n", space->name);
		print_text(out, " * ", &space->docs);
		fputs(" */\n", out);
		for (size_t j = 0; j < space->count; j++) {
			fputc('\n', out);
			print_comment(out, &space->functions[j]);
			print_declaration(out, space, &space->functions[j]);
		}
	}
	fputs("\n#undef LUNATIC_IMPORT\n\n"
	      "#ifdef __cplusplus\n}\n#endif\n\n#endif\n",
	      out);
}
