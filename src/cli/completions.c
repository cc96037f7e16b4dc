/*
 * DESIGN
 * Completion of the command line for three shells, printed from the table of
 * options, so that none is forgotten. File names are completed everywhere: most
 * options take one, and so does the module.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/options.h"

static void print_names(const struct ln_cli_option *at)
{
	for (; at->help != NULL; at++) {
		if (at->name == NULL)
			continue;
		printf(" %s", at->name);
		if (at->alias != NULL)
			printf(" %s", at->alias);
	}
}

static void print_commands(void)
{
	for (const struct ln_cli_command *at = ln_cli_commands;
	     at->name != NULL; at++)
		printf(" %s", at->name);
}

static const struct ln_cli_option none[] = { { .help = NULL } };

/* Commands that have options of their own. */
static const struct {
	const char *name;
	const struct ln_cli_option *own;
	const struct ln_cli_option *common; /* with others */
} commands[] = {
	{ "ps", ln_cli_ps_options, ln_cli_control_options },
	{ "top", ln_cli_top_options, ln_cli_control_options },
	{ "inspect", none, ln_cli_control_options },
	{ "kill", none, ln_cli_control_options },
	{ "log", none, ln_cli_control_options },
	{ "upgrade", ln_cli_upgrade_options, ln_cli_control_options },
	{ "trace", ln_cli_trace_options, ln_cli_control_options },
	{ "init", ln_cli_init_options, none },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_bash_own(void)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("\"\n\t\t[[ ${COMP_WORDS[1]} != %s ]] || words=\"",
		       commands[i].name);
		print_names(commands[i].common);
		print_names(commands[i].own);
	}
}

static void print_bash(void)
{
	fputs("_lunatic() {\n"
	      "\tlocal word=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\"\n"
	      "\tif [[ $word == -* ]]; then\n"
	      "\t\twords=\"",
	      stdout);
	print_names(ln_cli_options);
	fputs("\"\n\t\t[[ ${COMP_WORDS[1]} != test ]] || words+=\"", stdout);
	print_names(ln_cli_test_options);
	print_names(ln_cli_cargo_options);
	fputs("\"\n\t\t[[ ${COMP_WORDS[1]} != serve ]] || words+=\"", stdout);
	print_names(ln_cli_serve_options);
	print_bash_own();
	fputs("\"\n\telif [[ ${COMP_WORDS[1]} == completions ]]; then\n"
	      "\t\twords=\"bash zsh fish\"\n"
	      "\telif [[ ${COMP_WORDS[1]} == cluster-ca && $COMP_CWORD -eq 2 "
	      "]]; then\n"
	      "\t\twords=\"init node\"\n"
	      "\telif [[ ${COMP_WORDS[1]} == help ]]; then\n"
	      "\t\twords=\"",
	      stdout);
	ln_cli_print_topic_names();
	fputs("\"\n"
	      "\telif [[ $COMP_CWORD -eq 1 ]]; then\n"
	      "\t\twords=\"",
	      stdout);
	print_commands();
	fputs("\"\n\tfi\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "}\n"
	      "complete -o bashdefault -o default -F _lunatic lunatic\n",
	      stdout);
}

/* The first line of a help text, without characters special to the shell. */
static void print_help(const struct ln_cli_option *option)
{
	char help[LN_CLI_TEXT];

	ln_cli_option_help(option, help);
	for (const char *c = help; *c != '\0' && *c != '\n'; c++) {
		if (strchr("'[]:\\", *c) == NULL)
			putchar(*c);
	}
}

static void print_zsh_options(const struct ln_cli_option *at)
{
	for (; at->help != NULL; at++) {
		const char *const names[] = { at->name, at->alias };

		for (size_t i = 0; i < 2; i++) {
			if (names[i] == NULL)
				continue;
			/* Letters take their value from the next word. */
			printf("\t\t'*%s%s[", names[i],
			       at->argument == NULL || at->argument[0] == '[' ||
					       i == 1
				       ? ""
				       : "=");
			print_help(at);
			printf("]%s'\n",
			       at->argument == NULL || at->argument[0] == '['
				       ? ""
				       : ":value:_files");
		}
	}
}

static void print_zsh_own(void)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("\tif [[ ${words[2]} == %s ]]; then\n"
		       "\t\toptions=(\n",
		       commands[i].name);
		print_zsh_options(commands[i].common);
		print_zsh_options(commands[i].own);
		fputs("\t\t)\n\tfi\n", stdout);
	}
}

static void print_zsh(void)
{
	fputs("#compdef lunatic\n"
	      "_lunatic() {\n"
	      "\tlocal -a options\n"
	      "\toptions=(\n",
	      stdout);
	print_zsh_options(ln_cli_options);
	fputs("\t)\n"
	      "\tif [[ ${words[2]} == test ]]; then\n"
	      "\t\toptions+=(\n",
	      stdout);
	print_zsh_options(ln_cli_test_options);
	print_zsh_options(ln_cli_cargo_options);
	fputs("\t\t)\n"
	      "\telif [[ ${words[2]} == serve ]]; then\n"
	      "\t\toptions+=(\n",
	      stdout);
	print_zsh_options(ln_cli_serve_options);
	fputs("\t\t)\n"
	      "\tfi\n",
	      stdout);
	print_zsh_own();
	fputs("\t(( CURRENT != 2 )) || compadd --", stdout);
	print_commands();
	fputs("\n\t[[ ${words[2]} != help || $CURRENT != 3 ]] || compadd --",
	      stdout);
	ln_cli_print_topic_names();
	fputs("\n\t_arguments -s $options '*:file:_files'\n"
	      "}\n"
	      "if [[ $funcstack[1] == _lunatic ]]; then\n"
	      "\t_lunatic \"$@\"\n"
	      "else\n"
	      "\tcompdef _lunatic lunatic\n"
	      "fi\n",
	      stdout);
}

static void print_fish_options(const struct ln_cli_option *at,
			       const char *condition)
{
	for (; at->help != NULL; at++) {
		if (at->name == NULL)
			continue;
		printf("complete -c lunatic%s -l %s", condition, at->name + 2);
		if (at->alias != NULL)
			printf(" -s %s", at->alias + 1);
		if (at->argument != NULL && at->argument[0] != '[')
			fputs(" -r", stdout);
		fputs(" -d '", stdout);
		print_help(at);
		fputs("'\n", stdout);
	}
}

static void print_fish(void)
{
	for (const struct ln_cli_command *at = ln_cli_commands;
	     at->name != NULL; at++)
		printf("complete -c lunatic -n __fish_use_subcommand -a %s\n",
		       at->name);
	fputs("complete -c lunatic -n '__fish_seen_subcommand_from "
	      "completions' -f -a 'bash zsh fish'\n",
	      stdout);
	fputs("complete -c lunatic -n '__fish_seen_subcommand_from "
	      "cluster-ca' -a 'init node'\n",
	      stdout);
	fputs("complete -c lunatic -n '__fish_seen_subcommand_from help' -f "
	      "-a '",
	      stdout);
	ln_cli_print_topic_names();
	fputs("'\n", stdout);
	print_fish_options(ln_cli_options, "");
	for (size_t i = 0; i < COMMANDS; i++) {
		char when[80];

		snprintf(when, sizeof(when),
			 " -n '__fish_seen_subcommand_from %s'",
			 commands[i].name);
		print_fish_options(commands[i].common, when);
		print_fish_options(commands[i].own, when);
	}
	print_fish_options(ln_cli_test_options,
			   " -n '__fish_seen_subcommand_from test'");
	print_fish_options(ln_cli_cargo_options,
			   " -n '__fish_seen_subcommand_from test'");
	print_fish_options(ln_cli_serve_options,
			   " -n '__fish_seen_subcommand_from serve'");
}

int ln_cli_completions(int argc, char **argv)
{
	const char *shell = argc == 3 ? argv[2] : "";

	if (strcmp(shell, "bash") == 0) {
		print_bash();
	} else if (strcmp(shell, "zsh") == 0) {
		print_zsh();
	} else if (strcmp(shell, "fish") == 0) {
		print_fish();
	} else {
		ln_log_say("completions takes one of bash, zsh, "
			   "fish; see lunatic --help");
		return 1;
	}
	return ln_cli_flush() ? 0 : 1;
}
