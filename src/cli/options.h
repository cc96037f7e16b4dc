/* The command line. */
#ifndef LN_CLI_OPTIONS_H
#define LN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "cli/option.h"
#include "cli/report.h"
#include "cluster/node.h"
#include "engine/compiler.h"
#include "process/config.h"
#include "serve/outgoing.h"
#include "serve/server.h"

#define LN_FOLD_AFTER_DEFAULT (10 * LN_NS_PER_S)
#define LN_FOLD_AFTER_MAX (86400 * LN_NS_PER_S)

/* Compiles large modules in child processes: this program itself, even if its
 * file has changed since. */
#define LN_CLI_COMPILER "/proc/self/exe"

enum ln_cli_action { LN_CLI_RUN, LN_CLI_TEST, LN_CLI_HELP, LN_CLI_VERSION };

enum ln_test_ignored {
	LN_TEST_NOT_IGNORED, /* ignored tests are not run */
	LN_TEST_ONLY_IGNORED,
	LN_TEST_ALSO_IGNORED,
};

/* How results are shown. */
enum ln_test_style {
	LN_TEST_OWN,
	LN_TEST_PRETTY, /* a line for each, as cargo's harness */
	LN_TEST_TERSE,  /* a character for each, likewise */
};

enum ln_test_color {
	LN_TEST_COLOR_AUTO, /* on a terminal */
	LN_TEST_COLOR_ALWAYS,
	LN_TEST_COLOR_NEVER,
};

/* Tests that may run at the same time. */
#define LN_TEST_JOBS_MAX 256

/* Of `lunatic test`, and of `cargo test`. */
struct ln_test_options {
	bool cargo;       /* cargo runs us, and expects its harness's status */
	uint32_t timeout; /* seconds a test; 0: none */
	uint32_t jobs;    /* tests at the same time */
	bool nocapture;
	bool show_output; /* also of those that pass */
	bool exact;
	bool list;
	bool no_panics; /* without those that have to fail */
	enum ln_test_ignored ignored;
	enum ln_test_style style;
	enum ln_test_color color;
	char **filters; /* in argv; none: all tests */
	size_t filter_count;
	const char **skips; /* filters of those to leave out; owned list */
	size_t skip_count;
};

/* How long a drain may take, nanoseconds. */
#define LN_CLI_DRAIN_MIN (100 * LN_NS_PER_MS)
#define LN_CLI_DRAIN_MAX (LN_NS_PER_S * 24 * 3600)

/* How much a trace may tell, and for how long. */
#define LN_CLI_TRACE_COUNT_MAX 10000000
#define LN_CLI_TRACE_TIME_MAX (LN_NS_PER_S * 24 * 3600)

/* Of the commands that ask a running program: cli/control.h. */
struct ln_control_words {
	const char *folder;  /* of control sockets; NULL: the usual one */
	const char *program; /* its pid or name; NULL: the one that runs */
	const char *node;    /* of another node; NULL: the program itself */
	bool json;
	const char *sort; /* a field */
	const char *columns;
	const char *state;
	const char *name;
	int64_t environment; /* -1: all */
	uint64_t max;
	bool all;
	bool nodes;
	uint64_t count;    /* of events, lunatic trace; as the next two */
	uint64_t time;     /* nanoseconds */
	bool fresh;        /* processes that are started from now on */
	uint64_t batch;    /* rounds to print; 0: as usual */
	uint64_t interval; /* milliseconds */
	bool absolute;
};

/* Of `lunatic upgrade`. */
struct ln_upgrade_words {
	int64_t timeout;         /* ns; 0: the default */
	int64_t process_timeout; /* likewise */
	uint64_t process;        /* 0: all */
	bool keep_going;
	bool dry_run;
	bool all_nodes;
};

/* Of `lunatic serve`, and of what guests do with HTTP. */
struct ln_serve_words {
	struct ln_serve_options options;
	const char *certificate; /* files of PEM; NULL: without TLS */
	const char *key;
	const char *access_log; /* a file, or "-"; NULL: none */
	/* Also of runs; the rules are owned, `tls` is made by who runs. */
	struct ln_outgoing outgoing;
};

/* The languages of `lunatic init`. */
enum ln_cli_language {
	LN_LANGUAGE_C,
	LN_LANGUAGE_RUST,
	LN_LANGUAGE_GO,
	LN_LANGUAGE_ASSEMBLYSCRIPT,
	LN_LANGUAGE_ZIG
};

struct ln_cli_options {
	enum ln_cli_action action;
	bool run;   /* `lunatic run`, or cargo's tests: as lunatic
		     * 0.13, guests have the current directory */
	bool serve; /* `lunatic serve` */
	struct ln_serve_words *serving; /* owned */
	bool bench;                     /* pass --bench on, last */
	unsigned workers;               /* 0: one per core */
	bool epochs;                    /* preempt without signals */
	unsigned engine;          /* 1: the first of ln_cli_engines, and so on;
				   * 0: not said */
	size_t stack;             /* bytes of guests' frames; 0: default */
	int64_t fold_after;       /* ns, see process/fold.h; 0: never */
	struct ln_config *config; /* owned; arguments are not in it yet */
	const char **plugins;     /* their files; owned list */
	size_t plugin_count;
	bool some_envs; /* guests get the variables in config, no others */
	struct ln_compiler_limits compiling;
	const char *heap_profiles;  /* a folder; NULL: none */
	enum ln_report_form report; /* at the end */
	uint64_t
		drain; /* nanoseconds at SIGTERM, base/time.h; 0: end at once */
	size_t report_max;           /* processes in a report */
	struct ln_node_options node; /* no address: this is not a node */
	const char **peers;          /* those in it; owned list */
	const char **finders;        /* likewise */
	char *attributes;            /* likewise, owned */
	bool no_entry;               /* there is no file to run */
	const char *observe;         /* where the page is; NULL: nowhere */
	const char *observe_token;   /* a file; NULL: it is drawn */
	const char *file;            /* NULL: none */
	char **args;                 /* of the guest, the file's name first */
	size_t arg_count;
	struct ln_test_options test;
	bool no_control;             /* listen at no control socket */
	struct ln_control_words ask; /* `folder` also of a run */
	struct ln_upgrade_words upgrade;
	unsigned language; /* enum ln_cli_language */
};

/* All of them, for the help text and completion. */
extern const struct ln_cli_option ln_cli_options[];

/* The words of --engine; NULL ends them. */
extern const char *const ln_cli_engines[];
extern const struct ln_cli_option ln_cli_test_options[];
extern const struct ln_cli_option ln_cli_cargo_options[];
extern const struct ln_cli_option ln_cli_serve_options[];
extern const struct ln_cli_option ln_cli_control_options[]; /* ps, kill, ... */
extern const struct ln_cli_option ln_cli_ps_options[];
extern const struct ln_cli_option ln_cli_upgrade_options[];
extern const struct ln_cli_option ln_cli_trace_options[];
extern const struct ln_cli_option ln_cli_top_options[];
extern const struct ln_cli_option ln_cli_init_options[];

/* Reads the command line, and may change argv. On an error prints one line to
 * standard error and returns LN_EINVAL or LN_ENOMEM. `file` and `args` point
 * into argv; the caller frees all that it owns in any case. */
int ln_cli_parse(int argc, char **argv, struct ln_cli_options *options);

/* Reads the words after a command that has tables of options of its own, to
 * NULL; `help` is the command line that tells of them. Stores up to `max` other
 * words, and returns how many there are; or as above. */
int ln_cli_parse_words(int argc, char **argv,
		       const struct ln_cli_option *const *tables,
		       const char *help, struct ln_cli_options *options,
		       const char **words, size_t max);

/* Frees what it owns. */
void ln_cli_options_deinit(struct ln_cli_options *options);

#endif
