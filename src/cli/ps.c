/*
 * DESIGN
 * `lunatic ps`: for each program that runs, or for the one that is meant, a
 * line about it, and a table of its processes. The columns are fields of the
 * protocol; what the program does not know is shown as "-", so a newer command
 * works with an older program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/options.h"
#include "control/client.h"
#include "control/fields.h"
#include "control/place.h"

#define COLUMNS_MAX 32
#define NODE_WIDTH 28
#define USUAL                                \
	"number,environment,state,messages," \
	"message_bytes,memory_bytes,age_ms,name"

struct listing {
	const struct ln_cli_options *options;
	const struct ln_field *columns[COLUMNS_MAX];
	size_t count;
	bool failed; /* standard output takes no more */
};

static const char usage[] =
	"Usage: lunatic ps [options]\n"
	"\n"
	"Lists the programs of this user that run, and their processes, those\n"
	"with the most memory first. lunatic ps --json prints an object for\n"
	"each program, each followed by those of its processes.\n"
	"\n"
	"Fields, to sort by and to show:\n";

static const struct ln_ask_command command = {
	.help = "lunatic ps --help",
	.own = ln_cli_ps_options,
};

/* The usage with the fields. NULL: memory is short. */
static char *full_usage(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	fputs(usage, out);
	for (const struct ln_field *at = ln_process_fields; at->name != NULL;
	     at++)
		fprintf(out, "  %-15s %s\n", at->name, at->help);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* Reads the names of columns; false after a line about a wrong one. */
static bool read_columns(struct listing *listing, const char *names)
{
	while (true) {
		size_t len = strcspn(names, ",");
		char name[32] = "";

		if (len < sizeof(name))
			memcpy(name, names, len);
		if (listing->count < COLUMNS_MAX)
			listing->columns[listing->count] = ln_field_find(name);
		if (listing->count == COLUMNS_MAX ||
		    listing->columns[listing->count] == NULL) {
			ln_log_say("there is no field '%.*s'; see lunatic ps "
				   "--help",
				   (int)len, names);
			return false;
		}
		listing->count++;
		if (names[len] == '\0')
			return true;
		names += len + 1;
	}
}

/* ---- The table ---- */

static void print_cell(const struct ln_field *field, const char *text,
		       bool last)
{
	if (field->width > 0)
		printf("%*s", field->width, text);
	else
		ln_ask_print_text(text, -field->width, !last);
	putchar(last ? '\n' : ' ');
}

static void print_heading(const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		print_cell(listing->columns[i], listing->columns[i]->heading,
			   i + 1 == listing->count);
}

/* A value as it is shown. */
static const char *show(const struct ln_field *field, const json_t *value,
			char text[32])
{
	uint64_t number = (uint64_t)json_integer_value(value);

	if (json_is_string(value))
		return json_string_value(value);
	if (!json_is_integer(value))
		return "-";
	if (field->kind == LN_FIELD_BYTES)
		ln_ask_format_size(text, 32, number);
	else if (field->kind == LN_FIELD_TIME)
		ln_ask_format_time(text, 32, number);
	else
		snprintf(text, 32, "%llu", (unsigned long long)number);
	return text;
}

static bool print_process(void *argument, json_t *process)
{
	struct listing *listing = argument;
	char text[32];

	if (listing->options->ask.json) {
		listing->failed = !ln_ask_print_json(process);
		return !listing->failed;
	}
	for (size_t i = 0; i < listing->count; i++) {
		const struct ln_field *field = listing->columns[i];
		const json_t *value = json_object_get(process, field->name);

		print_cell(field, show(field, value, text),
			   i + 1 == listing->count);
	}
	listing->failed = ferror(stdout) != 0;
	return !listing->failed;
}

/* ---- Programs ---- */

static uint64_t number_in(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

/* The line about a program. */
static int print_program(struct listing *listing,
			 struct ln_control_client *client, char **error)
{
	const char *name;
	json_t *program;
	char age[32];
	int result = ln_control_ask(client, "program", NULL, LN_ASK_PATIENCE,
				    NULL, NULL, &program, error);

	if (result < 0)
		return result;
	if (listing->options->ask.json) {
		listing->failed = !ln_ask_print_json(program);
		json_decref(program);
		return 0;
	}
	name = json_string_value(json_object_get(program, "program"));
	ln_ask_format_time(age, sizeof(age), number_in(program, "age_ms"));
	printf("%llu ", (unsigned long long)number_in(program, "pid"));
	ln_ask_print_text(name != NULL ? name : "-", 64, false);
	name = json_string_value(json_object_get(program, "node"));
	if (name != NULL) {
		fputs(", node ", stdout);
		ln_ask_print_text(name, 64, false);
	}
	printf(": %llu processes after %s\n",
	       (unsigned long long)number_in(program, "alive"), age);
	json_decref(program);
	return 0;
}

static bool print_node(void *argument, json_t *node)
{
	struct listing *listing = argument;
	const char *name = json_string_value(json_object_get(node, "name"));
	const char *address =
		json_string_value(json_object_get(node, "address"));
	char age[32] = "-", received[32] = "-", sent[32] = "-";

	if (listing->options->ask.json) {
		listing->failed = !ln_ask_print_json(node);
		return !listing->failed;
	}
	if (!json_is_true(json_object_get(node, "own"))) {
		ln_ask_format_time(age, sizeof(age), number_in(node, "age_ms"));
		ln_ask_format_size(received, sizeof(received),
				   number_in(node, "received_bytes"));
		ln_ask_format_size(sent, sizeof(sent),
				   number_in(node, "sent_bytes"));
	}
	ln_ask_print_text(name != NULL ? name : "-", NODE_WIDTH, true);
	putchar(' ');
	ln_ask_print_text(address != NULL ? address : "-", NODE_WIDTH, true);
	printf(" %6s %8s %8s\n", age, received, sent);
	listing->failed = ferror(stdout) != 0;
	return !listing->failed;
}

/* The nodes that a program knows; the status. */
static int list_nodes(struct listing *listing, struct ln_control_client *client)
{
	json_t *result = NULL;
	char *error;
	int status;

	if (!listing->options->ask.json)
		printf("%-*s %-*s %6s %8s %8s\n", NODE_WIDTH, "NODE",
		       NODE_WIDTH, "ADDRESS", "AGE", "RECEIVED", "SENT");
	status = ln_control_ask(client, "nodes", NULL, LN_ASK_PATIENCE,
				print_node, listing, &result, &error);
	json_decref(result);
	if (status == 0 || listing->failed)
		return listing->failed ? LN_ASK_FAILED : 0;
	return ln_ask_refuse(status, error);
}

static json_t *arguments(const struct ln_cli_options *options)
{
	const struct ln_control_words *ask = &options->ask;
	const char *sort = ask->sort != NULL ? ask->sort : "memory_bytes";
	json_t *args =
		json_pack("{s:s*,s:s*,s:s*}", "sort", ask->all ? NULL : sort,
			  "state", ask->state, "name", ask->name);

	/* Without memory the request fails for want of an object. */
	if (!ask->all &&
	    json_object_set_new(args, "max",
				json_integer((json_int_t)ask->max)))
		return args;
	if (ask->environment >= 0)
		(void)json_object_set_new(args, "environment",
					  json_integer(ask->environment));
	return args;
}

/* The processes of one program; the status. */
static int list_program(struct listing *listing,
			struct ln_control_client *client)
{
	json_t *totals;
	uint64_t shown, matching;
	char *error = NULL;
	int result = print_program(listing, client, &error);

	if (result < 0)
		return ln_ask_refuse(result, error);
	if (listing->options->ask.nodes)
		return list_nodes(listing, client);
	if (!listing->options->ask.json)
		print_heading(listing);
	result = ln_control_ask(client, "ps", arguments(listing->options),
				LN_ASK_PATIENCE, print_process, listing,
				&totals, &error);
	if (listing->failed) {
		free(error);
		return LN_ASK_FAILED;
	}
	if (result < 0)
		return ln_ask_refuse(result, error);
	shown = number_in(totals, "shown");
	matching = number_in(totals, "matching");
	json_decref(totals);
	if (shown < matching && !listing->options->ask.json)
		printf("%llu of %llu processes; --max N shows more, --all all "
		       "of them\n",
		       (unsigned long long)shown, (unsigned long long)matching);
	return 0;
}

/* The one program that is meant. */
static int list_one(struct listing *listing)
{
	int status = 0;
	struct ln_control_client *client =
		ln_ask_connect(listing->options, &status);

	if (client == NULL)
		return status;
	status = list_program(listing, client);
	ln_control_close(client);
	return status;
}

/* All that run. One that ends meanwhile, or does not answer, is told of, and
 * does not hide the others. */
static int list_all(struct listing *listing,
		    const struct ln_control_program *programs, size_t count)
{
	int status = 0;

	for (size_t i = 0; i < count && !listing->failed; i++) {
		struct ln_control_client *client;
		char *error;
		int result = ln_control_connect_to(programs[i].path, &client,
						   &error);
		int one;

		if (result < 0) {
			ln_log_say("%d (%s):", programs[i].pid,
				   programs[i].name);
			status = ln_ask_refuse(result, error);
			continue;
		}
		if (i > 0 && !listing->options->ask.json)
			putchar('\n');
		one = list_program(listing, client);
		ln_control_close(client);
		if (one != 0)
			status = one;
	}
	return status;
}

static int list(struct listing *listing)
{
	const struct ln_control_words *ask = &listing->options->ask;
	struct ln_control_program *programs;
	size_t count;
	char *folder;
	char *error;
	int status;
	int result;

	if (ask->program != NULL || ask->node != NULL)
		return list_one(listing);
	result = ln_control_folder(ask->folder, &folder, &error);
	if (result < 0)
		return ln_ask_refuse(result, error);
	result = ln_control_programs(folder, &programs, &count, &error);
	free(folder);
	if (result < 0)
		return ln_ask_refuse(result, error);
	/* Says what is wrong when there is none. */
	status = count == 0 ? list_one(listing)
			    : list_all(listing, programs, count);
	ln_control_programs_free(programs, count);
	return status;
}

/* Out of line, since the listing is large. */
LN_NOINLINE static int list_columns(const struct ln_cli_options *options)
{
	struct listing listing = { .options = options };
	const char *columns =
		options->ask.columns != NULL ? options->ask.columns : USUAL;

	return read_columns(&listing, columns) ? list(&listing) : LN_ASK_USAGE;
}

int ln_cli_ps(int argc, char **argv)
{
	struct ln_ask_command own = command;
	struct ln_cli_options options;
	char *text = full_usage();
	int status = LN_ASK_FAILED;

	own.usage = text != NULL ? text : usage;
	if (ln_ask_parse(&own, argc, argv, &options, NULL, &status) < 0) {
		free(text);
		return status;
	}
	free(text);
	status = list_columns(&options);
	return ln_cli_flush() ? status : LN_ASK_FAILED;
}
