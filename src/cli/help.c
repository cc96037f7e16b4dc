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

void ln_cli_print_options(const struct ln_cli_option *at)
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
	      "       lunatic run [options] FILE [arguments of the guest]\n"
	      "       lunatic --node ADDR --node-name NAME --no-entry "
	      "[options]\n"
	      "       lunatic COMMAND\n"
	      "\n"
	      "Runs the WebAssembly module FILE (binary or text) as a "
	      "process, from its export\n"
	      "`_start`. When that process ends, so do all others.\n"
	      "\n"
	      "Commands:\n"
	      "  run [options] FILE ...  run FILE as lunatic 0.13 does: "
	      "guests have the\n"
	      "                          current directory\n"
	      "  serve FILE [options]    answer HTTP with FILE, a component or "
	      "module:\n"
	      "                          lunatic serve app.wasm --listen "
	      "127.0.0.1:8080\n"
	      "  test [options] FILE [FILTER...]\n"
	      "                          run the tests that FILE exports:\n"
	      "                          lunatic test app_test.wasm parser\n"
	      "  init FOLDER             begin a project, in C or with "
	      "--lang another\n"
	      "                          language: lunatic init app --lang "
	      "go\n"
	      "  init                    have cargo run its project with "
	      "lunatic\n"
	      "  build                   build the project in the current "
	      "folder\n"
	      "  dev                     build and run it, and again when it "
	      "changes\n"
	      "  doctor [LANGUAGE]       look at what lunatic and compilers "
	      "need here\n"
	      "  help [TOPIC]            explain messages: lunatic help "
	      "refused\n"
	      "  ps [options]            list the processes of programs that "
	      "run\n"
	      "  top [options]           show what a program that runs does, "
	      "as it does it\n"
	      "  inspect PROCESS         tell all of one process\n"
	      "  kill PROCESS...         end processes\n"
	      "  log [LEVEL]             tell or set what a program that runs "
	      "logs\n"
	      "  upgrade MODULE FILE     upgrade processes that run; see "
	      "lunatic upgrade --help\n"
	      "  trace PROCESS           tell what a process does\n"
	      "  cluster-ca COMMAND      certificates for nodes; see "
	      "lunatic cluster-ca --help\n"
	      "  completions SHELL       completions for bash, zsh or fish:\n"
	      "                          eval \"$(lunatic completions "
	      "bash)\"\n"
	      "To run a file with the name of a command, write "
	      "`lunatic ./test`.\n",
	      stdout);
	ln_cli_print_options(ln_cli_options);
	ln_cli_print_options(ln_cli_serve_options);
	ln_cli_print_options(ln_cli_test_options);
	ln_cli_print_options(ln_cli_cargo_options);
	ln_cli_print_options(ln_cli_init_options);
	fputs("\n"
	      "Sizes are bytes, or end in K, M or G (powers of 1,024).\n"
	      "\n"
	      "Exit status: that of the guest; 134 if the first process "
	      "traps or is killed; 1\n"
	      "if the module cannot be run or the node cannot join; 130 "
	      "and 143 after SIGINT\n"
	      "and SIGTERM, or 0 with --no-entry. Of test: 0, 1 if a test "
	      "failed (101 when\n"
	      "cargo runs it), or 2 if the command line is wrong.\n"
	      "\n"
	      "SIGUSR1 prints a report of processes and nodes to standard "
	      "error; see --report.\n"
	      "\n"
	      "Environment:\n"
	      "  LUNATIC_LOG             error, warn (default), info or "
	      "debug\n"
	      "  LUNATIC_LOG_FORMAT      text (default) or json\n"
	      "  LUNATIC_CACHE           off: do not keep compiled modules "
	      "on disk (default on)\n"
	      "  LUNATIC_CACHE_DIR       folder of compiled modules\n"
	      "  LUNATIC_CACHE_SIZE      its maximum size in MiB, 0 to "
	      "1048576 (default 512)\n",
	      stdout);
}

bool ln_cli_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}

bool ln_cli_helps(int argc, char **argv, const char *usage, int *status)
{
	if (argc != 3 ||
	    (strcmp(argv[2], "--help") != 0 && strcmp(argv[2], "-h") != 0))
		return false;
	fputs(usage, stdout);
	*status = ln_cli_flush() ? 0 : 1;
	return true;
}
