/* The command line. */
#ifndef LN_CLI_OPTIONS_H
#define LN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/option.h"
#include "cli/report.h"
#include "cluster/node.h"
#include "engine/compiler.h"
#include "process/config.h"

/* Compiles large modules in child processes: this program itself, even if its
 * file has changed since. */
#define LN_CLI_COMPILER "/proc/self/exe"

enum ln_cli_action { LN_CLI_RUN, LN_CLI_TEST, LN_CLI_HELP, LN_CLI_VERSION };

enum ln_test_ignored {
	LN_TEST_NOT_IGNORED, /* ignored tests are not run */
	LN_TEST_ONLY_IGNORED,
	LN_TEST_ALSO_IGNORED,
};

/* Of `lunatic test`. */
struct ln_test_options {
	uint32_t timeout; /* seconds a test; 0: none */
	uint32_t jobs;    /* tests at the same time */
	bool nocapture;
	bool exact;
	bool list;
	enum ln_test_ignored ignored;
	char **filters; /* in argv; none: all tests */
	size_t filter_count;
};

struct ln_cli_options {
	enum ln_cli_action action;
	unsigned workers;         /* 0: one per core */
	bool epochs;              /* preempt without signals */
	size_t stack;             /* bytes of guests' frames; 0: default */
	struct ln_config *config; /* owned; arguments are not in it yet */
	const char **plugins;     /* their files; owned list */
	size_t plugin_count;
	bool some_envs; /* guests get the variables in config, no others */
	struct ln_compiler_limits compiling;
	const char *heap_profiles;   /* a folder; NULL: none */
	enum ln_report_form report;  /* at the end */
	size_t report_max;           /* processes in a report */
	struct ln_node_options node; /* no address: this is not a node */
	const char **peers;          /* those in it; owned list */
	char *attributes;            /* likewise, owned */
	bool no_entry;               /* there is no file to run */
	const char *file;            /* NULL: none */
	char **args;                 /* of the guest, the file's name first */
	size_t arg_count;
	struct ln_test_options test;
};

/* All of them, for the help text and completion. */
extern const struct ln_cli_option ln_cli_options[];
extern const struct ln_cli_option ln_cli_test_options[];

/* Reads the command line. On an error prints one line to standard error and
 * returns LN_EINVAL or LN_ENOMEM. `file` and `args` point into argv; the caller
 * must free `config`, `plugins`, `peers` and `attributes` in any case. */
int ln_cli_parse(int argc, char **argv, struct ln_cli_options *options);

#endif
