/* What the program does beside running a module. In the main thread. */
#ifndef LN_CLI_COMMANDS_H
#define LN_CLI_COMMANDS_H

#include <stdbool.h>

struct ln_cli_options;

/* Runs the tests that a module exports and returns the program's status: 0 when
 * none failed. */
int ln_cli_test(const struct ln_cli_options *options);

/* `lunatic init NAME`: writes a project for the guest library for C. */
int ln_cli_init(int argc, char **argv);

/* `lunatic completions SHELL`: prints what completes the command line. */
int ln_cli_completions(int argc, char **argv);

/* `lunatic cluster-ca`: makes a CA and the certificates of nodes. */
int ln_cli_cluster_ca(int argc, char **argv);

void ln_cli_print_help(void);

/* Whether all that was printed to standard output got there. */
bool ln_cli_flush(void);

#endif
