/*
 * abigen: turns the table of host functions (src/host/abi.def, whose first
 * lines describe the format) into everything that is derived from it.
 *
 *   abigen abi.def [--generation 0.7] [--c FILE --h FILE]
 *          [--guest-header FILE] [--wat FILE] [--docs FILE] [--tsv FILE]
 *
 * The C file includes the header by its bare name: both go into one folder.
 * They hold all generations; the other outputs hold one generation (default:
 * the first in the file) and what is declared for any.
 */
#define _POSIX_C_SOURCE 200809L

#include "abigen_table.h"

#define WIDTH 80
#define MADE_BY "Made by abigen from src/host/abi.def; change it there."

/* ---- what several outputs need ---- */

/* The wasm parameters of a function, a letter each as in ln_host_function. */
static const char *letters(const struct function *function)
{
	static char made[2 * MAX_ARGUMENTS + 1];

	made[0] = '\0';
	for (size_t i = 0; i < function->count; i++)
		strcat(made, kinds[function->arguments[i].kind].letters);
	return made;
}

static const char *result_letter(const struct function *function)
{
	return function->has_result ? kinds[function->result].letters : "";
}

/* Prints " i32" or " i64" for every letter. */
static void print_types(FILE *out, const char *types)
{
	for (; *types != '\0'; types++)
		fputs(*types == 'i' ? " i32" : " i64", out);
}

/* Whether an output of one generation has this namespace. */
static bool selected(const struct space *space)
{
	return space->generation == 0 || space->generation == table.generation;
}

/* Prints `text` in lines of at most WIDTH columns: `first` before the first
 * line, `next` before all others. */
static void print_wrapped(FILE *out, const char *first, const char *next,
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

static void print_text(FILE *out, const char *prefix, const struct text *text)
{
	for (size_t i = 0; i < text->count; i++) {
		if (text->lines[i][0] == '\0')
			fprintf(out, "%.*s\n", (int)strcspn(prefix, " "),
				prefix);
		else
			fprintf(out, "%s%s\n", prefix, text->lines[i]);
	}
}

/* ---- the host's C ---- */

/* Prints `head`, which ends with '(', and the comma-separated `parameters`
 * aligned behind it in lines of at most WIDTH columns. */
static void print_signature(FILE *out, const char *head, const char *parameters)
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

static void print_prototype(FILE *out, const struct space *space,
			    const struct function *function)
{
	char head[3 * NAME_SIZE];
	char parameters[2 * NAME_SIZE * (MAX_ARGUMENTS + 2)];
	size_t used;

	snprintf(head, sizeof(head), "int ln_host_%s_%s(", space->prefix,
		 function->name);
	used = (size_t)snprintf(parameters, sizeof(parameters),
				"struct ln_guest *guest");
	for (size_t i = 0; i < function->count; i++)
		used += (size_t)snprintf(
			parameters + used, sizeof(parameters) - used, ", %s%s",
			kinds[function->arguments[i].kind].host,
			function->arguments[i].name);
	if (function->has_result)
		snprintf(parameters + used, sizeof(parameters) - used,
			 ", uint%s_t *result",
			 result_letter(function)[0] == 'i' ? "32" : "64");
	print_signature(out, head, parameters);
}

static void print_h(FILE *out)
{
	fprintf(out, "/* %s */\n", MADE_BY);
	fputs("#ifndef LN_HOST_ABI_GEN_H\n#define LN_HOST_ABI_GEN_H\n\n"
	      "#include <stdint.h>\n\n"
	      "#include \"engine/host_table.h\"\n"
	      "#include \"process/guest.h\"\n\n"
	      "/* All host functions, in the order of abi.def. */\n"
	      "extern const struct ln_host_table ln_host_abi;\n\n"
	      "/*\n"
	      " * The implementations. They run on the fiber of the\n"
	      " * calling process and may park it. Slices, buffers, arrays\n"
	      " * and fixed-size pointers lie inside the guest's memory and\n"
	      " * may be unaligned. They return 0, with *result stored when\n"
	      " * there is one (it is 0 before), or a negative LN_E* that\n"
	      " * ends the process: LN_ETRAP with the text set by\n"
	      " * ln_guest_trap, LN_EKILLED, LN_EEXIT.\n"
	      " */\n",
	      out);
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		fprintf(out, "\n/* %s */\n", space->name);
		for (size_t j = 0; j < space->count; j++)
			print_prototype(out, space, &space->functions[j]);
	}
	fputs("\n#endif\n", out);
}

/* Prints the answer to the bad pointer `argument`. */
static void print_fault(FILE *out, const struct space *space,
			const struct argument *argument)
{
	if (space->faults)
		fprintf(out,
			" {\n\t\tvalues[0].i32 = %lu;\n"
			"\t\treturn true;\n\t}\n",
			space->fault);
	else
		fprintf(out,
			"\n\t\treturn ln_host_fault(guest, self, \"%s\");\n",
			argument->name);
}

/* Declares the wasm values of every argument: pN, and nN for its length. */
static void print_values(FILE *out, const struct function *function)
{
	size_t value = 0;

	for (size_t i = 0; i < function->count; i++) {
		const struct kind *kind = &kinds[function->arguments[i].kind];
		const char *type = kind->letters[0] == 'i' ? "i32" : "i64";
		const char *c_type =
			kind->letters[0] == 'i' ? "uint32_t" : "uint64_t";

		if (!kind->checked && kind->host[0] == 'i')
			c_type = type[1] == '3' ? "int32_t" : "int64_t";
		fprintf(out, "\tconst %s p%zu = (%s)values[%zu].%s;\n", c_type,
			i, c_type, value, type);
		if (kind->letters[1] != '\0')
			fprintf(out,
				"\tconst uint32_t n%zu = "
				"(uint32_t)values[%zu].i32;\n",
				i, value + 1);
		value += strlen(kind->letters);
	}
}

/* Fetches the memory when a pointer needs it: arrays only when they have
 * elements. */
static void print_view(FILE *out, const struct space *space,
		       const struct function *function)
{
	const struct argument *first = NULL;
	bool always = false;

	for (size_t i = 0; i < function->count; i++) {
		const struct argument *argument = &function->arguments[i];

		if (!kinds[argument->kind].checked)
			continue;
		first = first == NULL ? argument : first;
		always = always || argument->kind != ARRAY;
	}
	fputs("\tif (LN_UNLIKELY(", out);
	if (!always) {
		const char *between = "(";

		for (size_t i = 0; i < function->count; i++) {
			if (function->arguments[i].kind != ARRAY)
				continue;
			fprintf(out, "%sn%zu", between, i);
			between = " | ";
		}
		fputs(") != 0 && ", out);
	}
	fputs("!ln_guest_view(guest, &base, &size)))", out);
	print_fault(out, space, first);
}

/* What is handed over is checked, and a metered guest pays for it. */
static void print_checks(FILE *out, const struct space *space,
			 const struct function *function)
{
	for (size_t i = 0; i < function->count; i++) {
		const struct argument *argument = &function->arguments[i];

		if (!kinds[argument->kind].checked)
			continue;
		fputs("\tif (LN_UNLIKELY(", out);
		if (argument->kind == ARRAY)
			fprintf(out,
				"n%zu != 0 &&\n\t\t\t!ln_host_inside(size, "
				"p%zu, (uint64_t)n%zu * %lu)))",
				i, i, i, argument->size);
		else if (kinds[argument->kind].sized)
			fprintf(out, "!ln_host_inside(size, p%zu, %lu)))", i,
				argument->size);
		else
			fprintf(out, "!ln_host_inside(size, p%zu, n%zu)))", i,
				i);
		print_fault(out, space, argument);
		if (argument->kind == ARRAY || !kinds[argument->kind].sized)
			fprintf(out,
				"\tln_guest_charge(guest, "
				"(uint64_t)n%zu * %lu);\n",
				i,
				argument->kind == ARRAY ? argument->size : 1);
	}
}

/* The call of the implementation, an argument a line. */
static void print_call(FILE *out, const struct space *space,
		       const struct function *function)
{
	fprintf(out, "\terror = ln_host_%s_%s(guest", space->prefix,
		function->name);
	for (size_t i = 0; i < function->count; i++) {
		enum kind_id kind = function->arguments[i].kind;

		fputs(",\n\t\t", out);
		if (kind == IN)
			fprintf(out, "(struct ln_slice){ base + p%zu, n%zu }",
				i, i);
		else if (kind == OUT)
			fprintf(out, "(struct ln_buffer){ base + p%zu, n%zu }",
				i, i);
		else if (kind == ARRAY)
			fprintf(out,
				"(struct ln_array){ n%zu != 0 ? base + p%zu"
				" : NULL,\n\t\t\tn%zu }",
				i, i, i);
		else
			fprintf(out, "%sp%zu",
				kinds[kind].checked ? "base + " : "", i);
	}
	fprintf(out, "%s);\n", function->has_result ? ",\n\t\t&result" : "");
}

static void print_body(FILE *out, const struct space *space,
		       const struct function *function, size_t index)
{
	bool checked = false;
	bool narrow = result_letter(function)[0] == 'i';

	for (size_t i = 0; i < function->count; i++)
		checked = checked || kinds[function->arguments[i].kind].checked;
	fprintf(out,
		"\tconst struct ln_host_function *self = &functions[%zu];\n"
		"\tstruct ln_guest *guest = ln_host_guest();\n",
		index);
	print_values(out, function);
	if (checked)
		fputs("\tuint8_t *base = NULL;\n\tuint64_t size = 0;\n", out);
	if (function->has_result)
		fprintf(out, "\tuint%s_t result = 0;\n", narrow ? "32" : "64");
	fputs("\tint error;\n\n", out);
	if (function->count == 0 && !function->has_result)
		fputs("\t(void)values;\n", out);
	fputs("\t(void)callee;\n\t(void)caller;\n\t(void)count;\n", out);
	if (checked) {
		print_view(out, space, function);
		print_checks(out, space, function);
	}
	fputs("\tguest->calling = self;\n", out);
	print_call(out, space, function);
	fputs("\tif (LN_UNLIKELY(error != 0))\n"
	      "\t\treturn ln_host_raise(guest, self, error);\n",
	      out);
	if (function->has_result)
		fputs(narrow ? "\tvalues[0].i32 = (int32_t)result;\n"
			     : "\tvalues[0].i64 = (int64_t)result;\n",
		      out);
	fputs("\treturn ln_host_resume(guest);\n", out);
}

static void print_trampoline(FILE *out, const struct space *space,
			     const struct function *function, size_t index)
{
	fprintf(out,
		"\n/* %s::%s */\n"
		"static bool call_%s_%s(void *callee, void *caller,\n"
		"\twasmtime_val_raw_t *values, size_t count)\n{\n",
		space->name, function->name, space->prefix, function->name);
	print_body(out, space, function, index);
	fputs("}\n", out);
}

static void print_c(FILE *out, const char *header)
{
	const char *name = strrchr(header, '/');
	size_t total = 0;

	fprintf(out,
		"/* %s */\n#include \"%s\"\n\n"
		"#include \"host/trampoline.h\"\n",
		MADE_BY, name != NULL ? name + 1 : header);
	for (size_t i = 0; i < table.namespace_count; i++)
		total += table.namespaces[i].count;
	fprintf(out, "\nstatic const struct ln_host_function functions[%zu];\n",
		total);
	total = 0;
	for (size_t i = 0; i < table.namespace_count; i++)
		for (size_t j = 0; j < table.namespaces[i].count; j++)
			print_trampoline(out, &table.namespaces[i],
					 &table.namespaces[i].functions[j],
					 total++);
	fprintf(out,
		"\nstatic const struct ln_host_function functions[%zu] = {\n",
		total);
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		for (size_t j = 0; j < space->count; j++) {
			const struct function *function = &space->functions[j];

			fprintf(out,
				"\t{ \"%s\", \"%s\",\n"
				"\t  \"%s\", \"%s\", %s,\n"
				"\t  call_%s_%s },\n",
				space->name, function->name, letters(function),
				result_letter(function),
				generations[space->generation][1],
				space->prefix, function->name);
		}
	}
	fputs("};\n\nconst struct ln_host_table ln_host_abi = {\n"
	      "\tfunctions, sizeof(functions) / sizeof(functions[0])\n};\n",
	      out);
}

/* ---- the guest's C header ---- */

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
		 space->prefix, function->name);
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

static void print_guest_header(FILE *out)
{
	fprintf(out,
		"/*\n"
		" * The host functions of lunatic %s for guests in C and C++.\n"
		" * docs/abi.md has the rules that hold for all of them: ids,\n"
		" * errors, pointers, the scratch area, tags and links.\n"
		" *\n"
		" * %s\n"
		" */\n"
		"#ifndef LUNATIC_ABI_H\n#define LUNATIC_ABI_H\n\n"
		"#ifndef __wasm32__\n"
		"#error \"lunatic/abi.h is for guests: build for wasm32\"\n"
		"#endif\n\n"
		"#include <stddef.h>\n#include <stdint.h>\n\n"
		"#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
		"#define LUNATIC_IMPORT(module, name) \\\n"
		"\t__attribute__((__import_module__(module), "
		"__import_name__(name)))\n",
		generations[table.generation][0], MADE_BY);
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		/* WASI is the C library's business. */
		if (!selected(space) || !starts(space->name, "lunatic::"))
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

/* ---- test inputs ---- */

/* Prints " (param ...) (result ...)". */
static void print_wasm_type(FILE *out, const struct function *function)
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

static void print_wat(FILE *out)
{
	fprintf(out, ";; %s\n(module\n", MADE_BY);
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		if (!selected(space))
			continue;
		for (size_t j = 0; j < space->count; j++) {
			fprintf(out, "  (import \"%s\" \"%s\" (func",
				space->name, space->functions[j].name);
			print_wasm_type(out, &space->functions[j]);
			fputs("))\n", out);
		}
	}
	fputs("  (memory (export \"memory\") 1)\n"
	      "  (func (export \"_start\")))\n",
	      out);
}

struct row {
	const struct space *space;
	const struct function *function;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	int order = strcmp(left->space->name, right->space->name);

	return order != 0 ? order
			  : strcmp(left->function->name, right->function->name);
}

/* Prints types with a space between them, "-" for none. */
static void print_column(FILE *out, const char *types)
{
	fputc('\t', out);
	if (*types == '\0')
		fputc('-', out);
	for (const char *at = types; *at != '\0'; at++)
		fprintf(out, "%s%s", at == types ? "" : " ",
			*at == 'i' ? "i32" : "i64");
}

static void print_tsv(FILE *out)
{
	struct row *rows = NULL;
	size_t count = 0;

	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		for (size_t j = 0; selected(space) && j < space->count; j++) {
			rows = grow(rows, count, sizeof(*rows));
			rows[count++] =
				(struct row){ space, &space->functions[j] };
		}
	}
	if (count > 0)
		qsort(rows, count, sizeof(*rows), compare_rows);
	fputs("namespace\tname\tparams\tresults\n", out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s\t%s", rows[i].space->name,
			rows[i].function->name);
		print_column(out, letters(rows[i].function));
		print_column(out, result_letter(rows[i].function));
		fputc('\n', out);
	}
	free(rows);
}

/* ---- the documentation page ---- */

static void print_argument_docs(FILE *out, const struct argument *argument)
{
	const struct kind *kind = &kinds[argument->kind];
	char first[4 * NAME_SIZE];
	int used;

	used = snprintf(first, sizeof(first), "- `%s` (%s", argument->name,
			kind->docs);
	if (kind->sized)
		used += snprintf(first + used, sizeof(first) - (size_t)used,
				 " %lu byte%s%s", argument->size,
				 argument->size == 1 ? "" : "s",
				 argument->kind == ARRAY ? " each" : "");
	snprintf(first + used, sizeof(first) - (size_t)used, ")%s",
		 argument->docs != NULL ? ": " : "");
	print_wrapped(out, first, "  ",
		      argument->docs != NULL ? argument->docs : "");
}

static void print_traps(FILE *out, const struct space *space,
			const struct function *function)
{
	char line[2 * NAME_SIZE];
	bool any = function->traps.count > 0;

	for (size_t i = 0; i < function->count && !space->faults; i++)
		any = any || kinds[function->arguments[i].kind].checked;
	if (!any)
		return;
	fputs("\nTraps when\n\n", out);
	for (size_t i = 0; i < function->count && !space->faults; i++) {
		if (!kinds[function->arguments[i].kind].checked)
			continue;
		snprintf(line, sizeof(line), "`%s` is not inside the memory",
			 function->arguments[i].name);
		print_wrapped(out, "- ", "  ", line);
	}
	for (size_t i = 0; i < function->traps.count; i++)
		print_wrapped(out, "- ", "  ", function->traps.lines[i]);
}

static void print_function_docs(FILE *out, const struct space *space,
				const struct function *function)
{
	fprintf(out, "\n### %s\n\n```wat\n(import \"%s\" \"%s\"\n  (func",
		function->name, space->name, function->name);
	print_wasm_type(out, function);
	fputs("))\n```\n\n", out);
	print_text(out, "", &function->docs);
	if (function->count > 0)
		fputs("\nArguments:\n\n", out);
	for (size_t i = 0; i < function->count; i++)
		print_argument_docs(out, &function->arguments[i]);
	if (function->result_docs != NULL) {
		char first[NAME_SIZE];

		snprintf(first, sizeof(first),
			 "\nResult (%s): ", kinds[function->result].docs);
		print_wrapped(out, first, "", function->result_docs);
	}
	print_traps(out, space, function);
}

static void print_docs(FILE *out)
{
	fprintf(out, "# %s\n\n<!-- %s -->\n", table.title, MADE_BY);
	for (size_t i = 0; i < table.section_count; i++) {
		fprintf(out, "\n## %s\n\n", table.sections[i].title);
		print_text(out, "", &table.sections[i].docs);
	}
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		fprintf(out, "\n## %s\n\n", space->name);
		if (space->generation != 0)
			fprintf(out, "For guests of lunatic %s.\n\n",
				generations[space->generation][0]);
		print_text(out, "", &space->docs);
		for (size_t j = 0; j < space->count; j++)
			print_function_docs(out, space, &space->functions[j]);
	}
}

/* ---- command line ---- */

static const char *header_path; /* what the C file includes */

static void print_c_file(FILE *out)
{
	print_c(out, header_path);
}

static struct output {
	const char *option;
	void (*print)(FILE *out);
	const char *path; /* NULL: not asked for */
} outputs[] = {
	{ "--c", print_c_file, NULL },
	{ "--h", print_h, NULL },
	{ "--guest-header", print_guest_header, NULL },
	{ "--wat", print_wat, NULL },
	{ "--docs", print_docs, NULL },
	{ "--tsv", print_tsv, NULL },
};

#define OUTPUT_COUNT (sizeof(outputs) / sizeof(outputs[0]))

static void write_output(const struct output *output)
{
	FILE *out = fopen(output->path, "w");
	bool failed;

	if (out == NULL)
		fail(0, "%s: %s", output->path, strerror(errno));
	output->print(out);
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		/* Half a file would pass for a fresh one in the next build. */
		remove(output->path);
		fail(0, "%s: cannot be written", output->path);
	}
}

/* Takes the option and its value; false when there is no such option. */
static bool take_option(const char *option, const char *value,
			const char **generation)
{
	if (strcmp(option, "--generation") == 0) {
		*generation = value;
		return true;
	}
	for (size_t i = 0; i < OUTPUT_COUNT; i++) {
		if (strcmp(outputs[i].option, option) == 0) {
			outputs[i].path = value;
			return true;
		}
	}
	return false;
}

/* Sets table.generation to the one that the outputs are for. */
static void choose_generation(const char *wanted)
{
	table.generation = 0;
	for (size_t i = 0; i < table.namespace_count; i++) {
		size_t generation = table.namespaces[i].generation;

		if (generation != 0 && table.generation == 0 &&
		    (wanted == NULL ||
		     strcmp(generations[generation][0], wanted) == 0))
			table.generation = generation;
	}
	if (wanted != NULL && table.generation == 0)
		fail(0, "%s declares nothing for generation %s", table.path,
		     wanted);
}

int main(int argc, char **argv)
{
	const char *generation = NULL;

	if (argc < 2 || argv[1][0] == '-' || argc % 2 != 0)
		fail(0, "usage: abigen abi.def [--generation G] [--c FILE] "
			"[--h FILE] [--guest-header FILE] [--wat FILE] "
			"[--docs FILE] [--tsv FILE]");
	table.path = argv[1];
	for (int i = 2; i < argc; i += 2)
		if (!take_option(argv[i], argv[i + 1], &generation))
			fail(0, "no option '%s'", argv[i]);
	header_path = outputs[1].path;
	if (outputs[0].path != NULL && header_path == NULL)
		fail(0, "--c needs --h: it includes that file");
	read_file();
	parse_file();
	check_table();
	choose_generation(generation);
	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		if (outputs[i].path != NULL)
			write_output(&outputs[i]);
	return 0;
}
