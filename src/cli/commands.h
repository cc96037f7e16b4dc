/* What the program does besides running a module. In the main thread. */
#ifndef LN_CLI_COMMANDS_H
#define LN_CLI_COMMANDS_H

#include <stdbool.h>

struct ln_cli_option;
struct ln_cli_options;

struct ln_cli_command {
	const char *name;
	/* Gets the program's arguments, and returns its status. NULL: it takes
	 * options, and ln_cli_parse recognises it. */
	int (*run)(int argc, char **argv);
};

/* All of them; the last one has no name. */
extern const struct ln_cli_command ln_cli_commands[];

/* The command of that name, or NULL. */
const struct ln_cli_command *ln_cli_find_command(const char *word);

/* Prints what there is instead of a command that lunatic 0.13 has; false: it is
 * none of these, or there is such a file. */
bool ln_cli_refuse_former(const char *word);

/* What to type instead of a command that only other programs have, or NULL. */
const char *ln_cli_instead(const char *word);

/* The command that a mistyped word may be, or NULL. */
const char *ln_cli_nearest_command(const char *word);

/* Runs the tests that a module exports and returns the program's status: 0 when
 * none failed. */
int ln_cli_test(const struct ln_cli_options *options);

/* `lunatic init NAME`: writes a project in C or another language. `lunatic
 * init` in a cargo project: has cargo build for lunatic, and run it. */
int ln_cli_init(int argc, char **argv);

/* `lunatic build`: builds the project in the current folder. `lunatic dev`:
 * builds and runs it, again and again. */
int ln_cli_build(int argc, char **argv);
int ln_cli_dev(int argc, char **argv);

/* `lunatic doctor`: what this machine lacks, and what to do about it. */
int ln_cli_doctor(int argc, char **argv);

/* `lunatic help [TOPIC]`: prints a part of docs/errors.md, or lists the topics.
 */
int ln_cli_help(int argc, char **argv);

/* Prints the names of the topics, each after a blank. */
void ln_cli_print_topic_names(void);

/* `lunatic completions SHELL`: prints completions of the command line. */
int ln_cli_completions(int argc, char **argv);

/* `lunatic cluster-ca`: makes a CA and the certificates of nodes. */
int ln_cli_cluster_ca(int argc, char **argv);

/* `lunatic ps`: lists the processes of programs that run. */
int ln_cli_ps(int argc, char **argv);
int ln_cli_top(int argc, char **argv);

/* `lunatic inspect` and `lunatic kill`: tell of a process, and end some. */
int ln_cli_inspect(int argc, char **argv);
int ln_cli_kill(int argc, char **argv);

/* `lunatic log`: up to which level a program writes to its log. */
int ln_cli_log(int argc, char **argv);

/* `lunatic upgrade`: upgrades the processes of a module. */
int ln_cli_upgrade(int argc, char **argv);

/* `lunatic trace`: what processes do. */
int ln_cli_trace(int argc, char **argv);

/* `lunatic --help`. */
void ln_cli_print_help(void);

/* A table of options, as the help shows it. */
void ln_cli_print_options(const struct ln_cli_option *table);

/* Whether everything printed to standard output was written. */
bool ln_cli_flush(void);

/* Whether a command's only argument asks for help; then the text is printed,
 * and *status is the exit status. */
bool ln_cli_helps(int argc, char **argv, const char *usage, int *status);

#endif
