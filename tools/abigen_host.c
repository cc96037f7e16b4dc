/* The host's C: prototypes of the implementations, and the trampolines that
 * compiled code calls. */
#include "abigen_print.h"

#include <string.h>

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
			 ", %s *result",
			 type_of(result_letter(function)[0])->plain);
	print_signature(out, head, parameters);
}

void print_h(FILE *out)
{
	fprintf(out, "/* %s */\n", MADE_BY);
	fputs("#ifndef LN_HOST_ABI_GEN_H\n#define LN_HOST_ABI_GEN_H\n\n"
	      "#include <stdint.h>\n\n"
	      "#include \"engine/host_table.h\"\n"
	      "#include \"process/guest.h\"\n\n"
	      "/* All host functions, in the order of the tables. */\n"
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
			if (space->functions[j].same == NULL)
				print_prototype(out, space,
						&space->functions[j]);
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
		const struct type *type = type_of(kind->letters[0]);
		const char *c_type = type->plain;

		if (!kind->checked && kind->host[0] == 'i')
			c_type = type->in_union;
		fprintf(out, "\tconst %s p%zu = (%s)values[%zu].%s;\n", c_type,
			i, c_type, value, type->wasm);
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
	if (function->same != NULL)
		fprintf(out, "\terror = ln_host_%s(guest", function->same);
	else
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
	const struct type *type = function->has_result
					  ? type_of(result_letter(function)[0])
					  : NULL;

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
		fprintf(out, "\t%s result = 0;\n", type->plain);
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
		fprintf(out, "\tvalues[0].%s = (%s)result;\n", type->wasm,
			type->in_union);
	fputs("\treturn ln_host_resume(guest);\n", out);
}

static void print_trampoline(FILE *out, const struct space *space,
			     const struct function *function, size_t index)
{
	fprintf(out,
		"\n/* %s::%s */\n"
		"static bool call_%s_%s(void *callee, void *caller,\n"
		"\tunion ln_value *values, size_t count)\n{\n",
		space->name, function->name, space->prefix, function->name);
	print_body(out, space, function, index);
	fputs("}\n", out);
}

void print_c(FILE *out, const char *header)
{
	const char *name = strrchr(header, '/');
	size_t total = 0;

	fprintf(out,
		"/* %s */\n#include \"%s\"\n\n"
		"#include \"host/trampoline.h\"\n"
		"#include \"host/wasi/p2/table.h\"\n",
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
	      "\tfunctions, sizeof(functions) / sizeof(functions[0]),\n"
	      "\t&ln_p2_components\n};\n",
	      out);
}
