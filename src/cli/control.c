/*
 * DESIGN
 * What a program answers is not trusted more than what guests say: texts are
 * cleaned before they reach a terminal.
 */
#include "cli/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "control/client.h"

#define PS_MAX 50
#define TRACE_COUNT 1000
#define TRACE_TIME (10 * LN_NS_PER_S)
#define TOP_INTERVAL 1000

static void print_help(const struct ln_ask_command *command)
{
	fputs(command->usage, stdout);
	if (command->own != NULL)
		ln_cli_print_options(command->own);
	ln_cli_print_options(ln_cli_control_options);
	fputs("\nExit status: 0; 1 if the program refuses, or does not "
	      "answer; 2 if the\ncommand line is wrong; 3 if there is no such "
	      "program or process.\n",
	      stdout);
}

int ln_ask_parse(const struct ln_ask_command *command, int argc, char **argv,
		 struct ln_cli_options *options, const char **words,
		 int *status)
{
	const struct ln_cli_option *tables[] = { ln_cli_control_options,
						 command->own, NULL };
	int count;

	*options = (struct ln_cli_options){
		.ask = { .environment = -1,
			 .max = PS_MAX,
			 .count = TRACE_COUNT,
			 .time = TRACE_TIME,
			 .interval = TOP_INTERVAL },
	};
	count = ln_cli_parse_words(argc, argv, tables, command->help, options,
				   words, command->max_words);
	if (count >= 0 && options->action == LN_CLI_HELP) {
		print_help(command);
		*status = ln_cli_flush() ? 0 : LN_ASK_FAILED;
		return -1;
	}
	if (count >= 0 && (size_t)count >= command->min_words)
		return count;
	if (count >= 0)
		ln_log_say("%s; see %s", command->lacking, command->help);
	*status = LN_ASK_USAGE;
	return -1;
}

int ln_ask_refuse(int result, char *error)
{
	ln_log_say("%s", error != NULL ? error : ln_error_text(result));
	free(error);
	return result == LN_ENOENT ? LN_ASK_NONE : LN_ASK_FAILED;
}

struct ln_control_client *ln_ask_connect(const struct ln_cli_options *options,
					 int *status)
{
	struct ln_control_client *client;
	char *error;
	int result = ln_control_connect(options->ask.folder,
					options->ask.program, &client, &error);

	if (result < 0) {
		*status = ln_ask_refuse(result, error);
		return NULL;
	}
	ln_control_set_node(client, options->ask.node);
	return client;
}

/* ---- Printing ---- */

void ln_ask_print_text(const char *text, int width, bool fill)
{
	char clean[LN_TEXT_NAME_SIZE];
	size_t len = ln_text_copy(clean, sizeof(clean), text, strlen(text));
	int columns = 0;

	for (size_t at = 0; at < len && columns < width; columns++) {
		size_t part =
			ln_utf8_sequence((const uint8_t *)clean + at, len - at);

		fwrite(clean + at, 1, part, stdout);
		at += part;
	}
	if (fill && columns < width)
		printf("%*s", width - columns, "");
}

void ln_ask_format_size(char *text, size_t size, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes;
	int unit = -1;

	while (value >= 1024 && units[unit + 1] != '\0') {
		value /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(text, size, "%llu", (unsigned long long)bytes);
	else
		snprintf(text, size, "%.1f%c", value, units[unit]);
}

void ln_ask_format_time(char *text, size_t size, uint64_t ms)
{
	unsigned long long seconds = ms / 1000;
	unsigned long long tenths = ms % 1000 / 100;

	if (seconds < 10)
		snprintf(text, size, "%llu.%llus", seconds, tenths);
	else if (seconds < 600)
		snprintf(text, size, "%llus", seconds);
	else if (seconds < 36000)
		snprintf(text, size, "%llum", seconds / 60);
	else if (seconds < 864000)
		snprintf(text, size, "%lluh", seconds / 3600);
	else
		snprintf(text, size, "%llud", seconds / 86400);
}

bool ln_ask_print_json(const json_t *object)
{
	return json_dumpf(object, stdout, JSON_COMPACT) == 0 &&
	       putchar('\n') != EOF;
}
