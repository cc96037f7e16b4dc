/*
 * abigen: turns the tables of host functions (src/host/v07/abi.def, whose first
 * lines describe the format, and its siblings) into everything that is derived
 * from them.
 *
 *   abigen TABLE... [--generation 0.7] [--c FILE --h FILE]
 *          [--guest-header FILE] [--wat FILE] [--docs FILE] [--tsv FILE]
 *
 * The C file includes the header by its bare name: both go into one folder.
 * They hold all generations; the other outputs hold one generation (default:
 * the first in the tables) and what is declared for any.
 */
#define _POSIX_C_SOURCE 200809L

#include "abigen_print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- test inputs ---- */

static void print_wat(FILE *out)
{
	fprintf(out, ";; %s\n(module\n", MADE_BY);
	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		if (!selected(space->generation))
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
			type_of(*at)->wasm);
}

static void print_tsv(FILE *out)
{
	struct row *rows = NULL;
	size_t count = 0;

	for (size_t i = 0; i < table.namespace_count; i++) {
		const struct space *space = &table.namespaces[i];

		for (size_t j = 0;
		     selected(space->generation) && j < space->count; j++) {
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

/* Sets wanted_generation to the one that is asked for, or the first. */
static void choose_generation(const char *wanted)
{
	for (size_t i = 0; i < table.namespace_count; i++) {
		size_t generation = table.namespaces[i].generation;

		if (generation != 0 && wanted_generation == 0 &&
		    (wanted == NULL ||
		     strcmp(generations[generation][0], wanted) == 0))
			wanted_generation = generation;
	}
	if (wanted != NULL && wanted_generation == 0)
		fail(0, "the tables declare nothing for generation %s", wanted);
	if (table.titles[wanted_generation] == NULL && table.titles[0] == NULL)
		fail(0, "no title for the pages of generation %s",
		     generations[wanted_generation][0]);
}

int main(int argc, char **argv)
{
	const char *generation = NULL;
	int tables = 1;

	while (tables < argc && argv[tables][0] != '-')
		tables++;
	if (tables == 1 || (argc - tables) % 2 != 0)
		fail(0, "usage: abigen TABLE... [--generation G] [--c FILE] "
			"[--h FILE] [--guest-header FILE] [--wat FILE] "
			"[--docs FILE] [--tsv FILE]");
	for (int i = tables; i < argc; i += 2)
		if (!take_option(argv[i], argv[i + 1], &generation))
			fail(0, "no option '%s'", argv[i]);
	header_path = outputs[1].path;
	if (outputs[0].path != NULL && header_path == NULL)
		fail(0, "--c needs --h: it includes that file");
	for (int i = 1; i < tables; i++)
		read_table(argv[i]);
	check_table();
	choose_generation(generation);
	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		if (outputs[i].path != NULL)
			write_output(&outputs[i]);
	return 0;
}
