/* The documentation page. */
#include "abigen_print.h"

#include <stddef.h>

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

void print_docs(FILE *out)
{
	const char *title = table.titles[wanted_generation];

	if (title == NULL)
		title = table.titles[0];
	fprintf(out, "# %s\n\n<!-- %s -->\n", title, MADE_BY);
	for (size_t i = 0; i < table.section_count; i++) {
		if (!selected(table.sections[i].generation))
			continue;
		fprintf(out, "\n## %s\n\n", table.sections[i].title);
		print_text(out, "", &table.sections[i].docs);
	}
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		if (!selected(space->generation))
			continue;
		fprintf(out, "\n## %s\n\n", space->name);
		if (space->generation != 0)
			fprintf(out, "For guests of lunatic %s.\n\n",
				generations[space->generation][0]);
		print_text(out, "", &space->docs);
		for (size_t j = 0; j < space->count; j++)
			print_function_docs(out, space, &space->functions[j]);
	}
}
