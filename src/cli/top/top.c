/*
 * `lunatic top`: looks at a running program again and again, on the whole
 * terminal, or with --batch as text on standard output.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/top/top.h"
#include "control/client.h"

#define BATCH_COLUMNS 120
#define MARGIN_NS (10 * LN_NS_PER_S)

static const struct ln_ask_command command = {
	.help = "lunatic top --help",
	.usage = "Usage: lunatic top [options]\n"
		 "\n"
		 "Shows what a program and its processes do, on the whole "
		 "terminal: the key\n"
		 "'?' lists the others. With --batch, or where standard output "
		 "is no terminal,\n"
		 "it prints text.\n",
	.own = ln_cli_top_options,
};

static bool read_sort(struct ln_top *top, const char *word)
{
	for (unsigned i = 0; word != NULL && i < LN_TOP_SORTS; i++) {
		if (strcmp(word, ln_top_sort_name((enum ln_top_sort)i)) != 0)
			continue;
		top->sort = (enum ln_top_sort)i;
		return true;
	}
	if (word == NULL)
		return true;
	ln_log_say("processes are sorted by cpu, memory, mailbox, growth or "
		   "messages, not by '%s'",
		   word);
	return false;
}

/* ---- As text ---- */

static bool print(const struct ln_top_text *text, size_t max)
{
	for (size_t i = 0; i < text->count && i < max; i++) {
		const char *line = text->lines[i].text;
		size_t len = strlen(line);

		while (len > 0 && line[len - 1] == ' ')
			len--;
		printf("%.*s\n", (int)len, line);
	}
	return fflush(stdout) == 0 && ferror(stdout) == 0;
}

/* The same as one JSON object. */
static bool print_json(const struct ln_top *top)
{
	json_t *object = json_pack("{s:O,s:O,s:O}", "observed", top->observed,
				   "round", top->round, "processes", top->rows);
	bool fine = object != NULL && ln_ask_print_json(object) &&
		    fflush(stdout) == 0;

	json_decref(object);
	return fine;
}

static bool print_round(struct ln_top *top, bool first)
{
	const struct ln_control_words *ask = &top->options->ask;
	struct ln_top_text text = { .count = 0 };
	bool fine;

	if (ask->json)
		return print_json(top);
	if (!first)
		ln_top_add(&text, LN_TOP_PLAIN, "%s", "");
	ln_top_head(top, &text);
	ln_top_add(&text, LN_TOP_PLAIN, "%s", "");
	ln_top_body(top, BATCH_COLUMNS, &text);
	fine = print(&text, (size_t)ask->max + 5 + !first);
	ln_top_clear(&text);
	return fine;
}

/* The status. */
static int batch(struct ln_top *top, uint64_t rounds)
{
	/* So that the first round has a window. */
	if (!ln_top_refresh(top))
		return LN_ASK_FAILED;
	for (uint64_t i = 0; i < rounds; i++) {
		int64_t patience = top->interval * LN_NS_PER_MS + MARGIN_NS;

		if (!ln_top_read_rounds(top, ln_time_now() + patience)) {
			if (top->error == NULL)
				top->error = strdup("the program does not "
						    "answer");
			return LN_ASK_FAILED;
		}
		if (!ln_top_refresh(top))
			return LN_ASK_FAILED;
		if (!print_round(top, i == 0)) {
			top->error = strdup("standard output takes no more");
			return LN_ASK_FAILED;
		}
	}
	return 0;
}

static int show(struct ln_top *top)
{
	const struct ln_control_words *ask = &top->options->ask;
	int status = 0;

	top->ask = ln_ask_connect(top->options, &status);
	if (top->ask == NULL)
		return status;
	if (ask->batch > 0 || ask->json)
		return batch(top, ask->batch > 0 ? ask->batch : 1);
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return batch(top, 1);
	return ln_top_screen(top);
}

int ln_cli_top(int argc, char **argv)
{
	static struct ln_top top; /* the only one, and not small */
	struct ln_cli_options options;
	const char *words[1];
	int status = 0;

	if (ln_ask_parse(&command, argc, argv, &options, words, &status) < 0)
		return status;
	top.options = &options;
	(void)setlocale(LC_CTYPE, "");
	top.interval = (int64_t)options.ask.interval;
	top.absolute = options.ask.absolute;
	if (options.ask.name != NULL)
		snprintf(top.filter, sizeof(top.filter), "%s",
			 options.ask.name);
	if (read_sort(&top, options.ask.sort))
		status = show(&top);
	else
		status = LN_ASK_USAGE;
	if (top.error != NULL)
		ln_log_say("%s", top.error);
	if (top.error != NULL && status == 0)
		status = LN_ASK_FAILED;
	ln_top_deinit(&top);
	ln_cli_options_deinit(&options);
	return status;
}
