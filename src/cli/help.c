/* The help text: commands, then all options, in their groups. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"

#define HELP_COLUMN 26

static void print_option(const struct ln_cli_option *option)
{
	char left[64];
	char help[LN_CLI_TEXT];
	const char *line = help;

	ln_cli_option_help(option, help);
	snprintf(left, sizeof(left), "  %s%s%s%s%s",
		 option->alias ? option->alias : "", option->alias ? ", " : "",
		 option->name,
		 option->argument && option->argument[0] != '[' ? " " : "",
		 option->argument ? option->argument : "");
	printf("%-*s", HELP_COLUMN, left);
	if (strlen(left) >= HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	for (;;) {
		const char *end = strchr(line, '\n');

		if (end == NULL) {
			printf("%s\n", line);
			return;
		}
		printf("%.*s\n%*s", (int)(end - line), line, HELP_COLUMN, "");
		line = end + 1;
	}
}

static void print_options(const struct ln_cli_option *at)
{
	for (; at->help != NULL; at++) {
		if (at->name == NULL)
			printf("\n%s:\n", at->help);
		else
			print_option(at);
	}
}

void ln_cli_print_help(void)
{
	fputs("Usage: lunatic [options] FILE [arguments of the guest]\n"
	      "       lunatic --node ADDR --node-name NAME --no-entry "
	      "[options]\n"
	      "       lunatic COMMAND\n"
	      "\n"
	      "Runs the WebAssembly module FILE (binary or text) as a "
	      "process, from its export\n"
	      "`_start`. When that process ends, so do all others.\n"
	      "\n"
	      "Commands:\n"
	      "  test [options] FILE [FILTER...]\n"
	      "                          run the tests that FILE exports:\n"
	      "                          lunatic test app_test.wasm parser\n"
	      "  init FOLDER             begin a project in C: lunatic init "
	      "app\n"
	      "  help [TOPIC]            what messages mean: lunatic help "
	      "refused\n"
	      "  cluster-ca COMMAND      certificates for nodes; see "
	      "lunatic cluster-ca --help\n"
	      "  completions SHELL       for bash, zsh or fish:\n"
	      "                          eval \"$(lunatic completions "
	      "bash)\"\n"
	      "A file of such a name is run by `lunatic ./test`.\n",
	      stdout);
	print_options(ln_cli_options);
	print_options(ln_cli_test_options);
	fputs("\n"
	      "Sizes are bytes, or end in K, M or G (powers of 1,024).\n"
	      "\n"
	      "Exit status: what the guest exits with; 134 when the first "
	      "process traps or is\n"
	      "killed; 1 when the module cannot be run or the node cannot "
	      "join; 130 and 143\n"
	      "after SIGINT and SIGTERM; 0 after these with --no-entry.\n"
	      "Of test: 0, or 1 when a test failed, or 2 when the command "
	      "line is wrong.\n"
	      "\n"
	      "SIGUSR1 prints a report of processes and nodes to standard "
	      "error; see --report.\n"
	      "\n"
	      "Environment:\n"
	      "  LUNATIC_LOG             error, warn (default), info or "
	      "debug\n"
	      "  LUNATIC_CACHE           off: do not keep compiled modules "
	      "on disk (default on)\n"
	      "  LUNATIC_CACHE_DIR       where they are kept\n"
	      "  LUNATIC_CACHE_SIZE      MiB that they may take, 0 to "
	      "1048576 (default 512)\n",
	      stdout);
}

bool ln_cli_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}
