/* The command line. */
#ifndef LN_CLI_OPTIONS_H
#define LN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/report.h"
#include "process/config.h"

enum ln_cli_action { LN_CLI_RUN, LN_CLI_HELP, LN_CLI_VERSION };

struct ln_cli_options {
	enum ln_cli_action action;
	unsigned workers;         /* 0: one per core */
	bool epochs;              /* preempt without signals */
	struct ln_config *config; /* owned; arguments are not in it yet */
	const char **plugins;     /* their files; owned list */
	size_t plugin_count;
	bool some_envs; /* only variables that are in config already */
	const char *heap_profiles;  /* a folder; NULL: none */
	enum ln_report_form report; /* at the end */
	size_t report_most;         /* processes in a report */
	const char *file;
	char **args; /* of the guest, the file's name first */
	size_t arg_count;
};

/* Reads the command line. On an error prints one line to standard error and
 * returns LN_EINVAL or LN_ENOMEM. `file` and `args` point into argv; `config`
 * and `plugins` are to be freed in any case. */
int ln_cli_parse(int argc, char **argv, struct ln_cli_options *options);

/* Reads a size such as 65536, 64K, 10M or 2G (powers of 1,024). */
bool ln_cli_parse_size(const char *text, uint64_t *bytes);

void ln_cli_print_help(void);

#endif
