/*
 * DESIGN
 * Options come before the file; everything after it belongs to the guest. The
 * table in option_table.c has all of them: the parser, the help text and
 * completions read it.
 */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/cargo.h"
#include "cli/nearest.h"
#include "cli/node.h"
#include "cli/observe.h"

#define REPORT_MAX 50
/* How long requests may take to end at SIGTERM. */
#define SERVE_DRAIN (10 * LN_NS_PER_S)

#define TEST_TIMEOUT 60
#define TEST_JOBS 8

static bool is_optional(const struct ln_cli_option *option)
{
	return option->argument != NULL && option->argument[0] == '[';
}

/* What is read: the options of a command, and where they are told of. */
struct grammar {
	const struct ln_cli_option *const *tables; /* to NULL */
	const char *help;                          /* a command line */
};

static int complain(const struct grammar *grammar, const char *what,
		    const char *which)
{
	ln_log_say("%s '%s'; see %s", what, which, grammar->help);
	return LN_EINVAL;
}

static bool is_word(const char *name, const char *word, size_t len)
{
	return name != NULL && strlen(name) == len &&
	       memcmp(name, word, len) == 0;
}

static const struct ln_cli_option *find_in(const struct ln_cli_option *at,
					   const char *word, size_t len)
{
	for (; at->help != NULL; at++) {
		if (is_word(at->name, word, len) ||
		    is_word(at->alias, word, len))
			return at;
	}
	return NULL;
}

/* The options of what is to be done: of a test more than of a run. */
static struct grammar grammar_of(const struct ln_cli_options *options)
{
	static const struct ln_cli_option *const run[] = { ln_cli_options,
							   NULL };
	static const struct ln_cli_option *const test[] = {
		ln_cli_options, ln_cli_test_options, ln_cli_cargo_options, NULL
	};

	static const struct ln_cli_option *const serve[] = {
		ln_cli_serve_options, ln_cli_options, NULL
	};
	const struct ln_cli_option *const *tables = run;

	if (options->action == LN_CLI_TEST)
		tables = test;
	else if (options->serve)
		tables = serve;
	return (struct grammar){ .tables = tables, .help = "lunatic --help" };
}

static const struct ln_cli_option *find_option(const struct grammar *grammar,
					       const char *word, size_t len)
{
	const struct ln_cli_option *found = NULL;

	for (size_t i = 0; found == NULL && grammar->tables[i] != NULL; i++)
		found = find_in(grammar->tables[i], word, len);
	return found;
}

static void offer_names(struct ln_nearest *nearest,
			const struct ln_cli_option *at)
{
	for (; at->help != NULL; at++) {
		if (at->name != NULL)
			ln_nearest_offer(nearest, at->name);
	}
}

static int refuse_unknown(const struct grammar *grammar, const char *word,
			  size_t len)
{
	char name[64];
	struct ln_nearest nearest;
	const char *meant = NULL;

	if (len < sizeof(name)) {
		memcpy(name, word, len);
		name[len] = '\0';
		ln_nearest_begin(&nearest, name);
		for (size_t i = 0; grammar->tables[i] != NULL; i++)
			offer_names(&nearest, grammar->tables[i]);
		meant = ln_nearest_end(&nearest);
	}
	if (meant == NULL)
		return complain(grammar, "unknown option", word);
	ln_log_say("unknown option '%s'; did you mean %s? See %s", word, meant,
		   grammar->help);
	return LN_EINVAL;
}

/* Applies the option at argv[at]; returns how many words it took, or an
 * error. */
static int apply(const struct grammar *grammar, int argc, char **argv, int at,
		 struct ln_cli_options *options)
{
	const char *word = argv[at];
	const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct ln_cli_option *option = find_option(grammar, word, len);
	const char *value = NULL;
	int words = 1;

	if (option == NULL)
		return refuse_unknown(grammar, word, len);
	if (option->argument == NULL && equals != NULL)
		return complain(grammar, "no value is taken by", option->name);
	if (is_optional(option)) {
		value = equals != NULL ? equals + 1 : NULL;
	} else if (option->argument != NULL) {
		if (equals != NULL) {
			value = equals + 1;
		} else if (at + 1 < argc) {
			value = argv[at + 1];
			words = 2;
		} else {
			return complain(grammar, "a value is missing after",
					option->name);
		}
	}
	if (!ln_cli_option_set(option, options, value)) {
		char values[LN_CLI_TEXT];

		ln_cli_option_values(option, values);
		ln_log_say("'%s' is not a valid value of %s: that is %s; "
			   "see %s",
			   value, option->name, values, grammar->help);
		return LN_EINVAL;
	}
	return words;
}

/* Applies options from argv[at] on; returns the index of the first other word,
 * or an error. `--` ends the options, and sets *ended. */
static int apply_all(int argc, char **argv, int at,
		     struct ln_cli_options *options, bool *ended)
{
	const struct grammar grammar = grammar_of(options);

	while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
		int words;

		if (strcmp(argv[at], "--") == 0) {
			*ended = true;
			return at + 1;
		}
		words = apply(&grammar, argc, argv, at, options);
		if (words < 0)
			return words;
		at += words;
		if (options->action == LN_CLI_HELP ||
		    options->action == LN_CLI_VERSION)
			break;
	}
	return at;
}

/* Reads the words after the file of `lunatic test`: filters, and more options;
 * after `--` only filters. */
static int read_filters(int argc, char **argv, int at,
			struct ln_cli_options *options)
{
	const struct grammar grammar = grammar_of(options);
	bool ended = false;
	int count = 0;

	options->test.filters = argv + at;
	for (int next = at; next < argc;) {
		if (!ended)
			next = apply_all(argc, argv, next, options, &ended);
		if (next < 0)
			return next;
		if (options->action != LN_CLI_TEST)
			return 0;
		if (next < argc)
			options->test.filters[count++] = argv[next++];
	}
	options->test.filter_count = (size_t)count;
	/* Each test has its own environment, and only one can listen. */
	if (options->config->listeners.count > 0)
		return complain(&grammar, "lunatic test does not take",
				"--tcplisten");
	return 0;
}

/* The word of the command line that says what is to be done, if there is one;
 * returns the index of what follows. */
static int read_command(int argc, char **argv, struct ln_cli_options *options)
{
	if (argc > 1 && strcmp(argv[1], "test") == 0)
		options->action = LN_CLI_TEST;
	else if (argc > 1 && strcmp(argv[1], "run") == 0)
		options->run = true;
	else if (argc > 1 && strcmp(argv[1], "serve") == 0)
		options->serve = true;
	else
		return 1;
	return 2;
}

/* The variables that cargo's harness reads; options override them. */
static void read_variables(struct ln_test_options *test)
{
	const char *threads = getenv("RUST_TEST_THREADS");
	const char *nocapture = getenv("RUST_TEST_NOCAPTURE");
	int count = threads != NULL ? atoi(threads) : 0;

	if (count > 0)
		test->jobs = count < LN_TEST_JOBS_MAX ? (uint32_t)count
						      : LN_TEST_JOBS_MAX;
	test->nocapture = nocapture != NULL && strcmp(nocapture, "0") != 0;
}

/* Has the module tested, as cargo's harness does with tests of its own, but
 * all at once: lunatic 0.13 does so, and its tests find each other's servers.
 */
static void become_cargo(struct ln_cli_options *options)
{
	options->action = LN_CLI_TEST;
	options->run = true;
	options->test.cargo = true;
	options->test.style = LN_TEST_PRETTY;
	options->test.timeout = 0;
	options->test.jobs = LN_TEST_JOBS_MAX;
	read_variables(&options->test);
}

/* What guests of lunatic 0.13 have as the first argument. */
static char *name_of(char *file)
{
	char *slash = strrchr(file, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : file;
}

/* Reads options behind the file; what follows is the guest's, behind the name
 * of the file, which is moved there. */
static int read_more(int argc, char **argv, int at,
		     struct ln_cli_options *options)
{
	bool ended = false;
	int next = apply_all(argc, argv, at + 1, options, &ended);

	if (next < 0)
		return next;
	argv[next - 1] = argv[at];
	options->args = argv + next - 1;
	options->arg_count = (size_t)(argc - next) + 1;
	return 0;
}

/* Reads the file, and what stands behind it. */
static int read_file(int argc, char **argv, int at,
		     struct ln_cli_options *options)
{
	int error;

	options->file = argv[at];
	if (options->action == LN_CLI_RUN && !options->bench &&
	    ln_cargo_is_test(argv[at], argv + at + 1, (size_t)(argc - at - 1)))
		become_cargo(options);
	if (options->run)
		argv[at] = name_of(argv[at]);
	options->args = argv + at;
	options->arg_count = (size_t)(argc - at);
	if (options->serve)
		return read_more(argc, argv, at, options);
	if (options->action != LN_CLI_TEST)
		return 0;
	options->arg_count = 1;
	error = read_filters(argc, argv, at + 1, options);
	if (error < 0 || options->action != LN_CLI_TEST)
		return error;
	return ln_cli_check_node(options) && ln_cli_check_observe(options)
		       ? 0
		       : LN_EINVAL;
}

static int refuse_file(const struct ln_cli_options *options, const char *file)
{
	const struct grammar grammar = grammar_of(options);

	return complain(&grammar,
			"--no-entry runs no file, so it does not take", file);
}

static const struct ln_serve_options serve_defaults = {
	.address = { .ip = { 127, 0, 0, 1 }, .port = 8080, .version = 4 },
	.limits = { .head = 32 << 10, .fields = 100, .body = 64 << 20 },
	.head_timeout = 10 * LN_NS_PER_S,
	.idle_timeout = 60 * LN_NS_PER_S,
	.body_timeout = 30 * LN_NS_PER_S,
	.request_timeout = 60 * LN_NS_PER_S,
	.stream_timeout = 120 * LN_NS_PER_S,
	.max_connections = 10000,
	.max_requests = 10000,
	.access_log = -1,
	.reuse = 1,
	.max_idle = 100,
	.reuse_timeout = 60 * LN_NS_PER_S,
};

int ln_cli_parse(int argc, char **argv, struct ln_cli_options *options)
{
	bool ended = false;
	int at;

	*options = (struct ln_cli_options){
		.report_max = REPORT_MAX,
		.fold_after = LN_FOLD_AFTER_DEFAULT,
		.test = { .timeout = TEST_TIMEOUT, .jobs = TEST_JOBS },
	};
	options->serving = calloc(1, sizeof(*options->serving));
	if (options->serving == NULL || ln_config_new(&options->config) < 0) {
		ln_log_say("out of memory");
		return LN_ENOMEM;
	}
	options->serving->options = serve_defaults;
	at = read_command(argc, argv, options);
	if (options->serve)
		options->drain = SERVE_DRAIN;
	at = apply_all(argc, argv, at, options, &ended);
	if (at < 0)
		return at;
	if (options->action == LN_CLI_HELP || options->action == LN_CLI_VERSION)
		return 0;
	if (!ln_cli_check_node(options) || !ln_cli_check_observe(options))
		return LN_EINVAL;
	if (options->no_entry) {
		if (at < argc)
			return refuse_file(options, argv[at]);
		return 0;
	}
	if (at >= argc) {
		ln_log_say("no file to %s was given; see "
			   "lunatic --help",
			   options->action == LN_CLI_TEST ? "test"
			   : options->serve               ? "serve"
							  : "run");
		return LN_EINVAL;
	}
	return read_file(argc, argv, at, options);
}

int ln_cli_parse_words(int argc, char **argv,
		       const struct ln_cli_option *const *tables,
		       const char *help, struct ln_cli_options *options,
		       const char **words, size_t max)
{
	const struct grammar grammar = { .tables = tables, .help = help };
	bool ended = false;
	size_t count = 0;

	for (int at = 2; at < argc;) {
		int taken = 1;

		if (!ended && strcmp(argv[at], "--") == 0) {
			ended = true;
		} else if (!ended && argv[at][0] == '-' &&
			   argv[at][1] != '\0') {
			taken = apply(&grammar, argc, argv, at, options);
			if (taken < 0)
				return taken;
			if (options->action == LN_CLI_HELP)
				return 0;
		} else if (count == max) {
			return complain(&grammar, "too many words, at",
					argv[at]);
		} else {
			words[count++] = argv[at];
		}
		at += taken;
	}
	return (int)count;
}

void ln_cli_options_deinit(struct ln_cli_options *options)
{
	ln_config_free(options->config);
	if (options->serving != NULL)
		free(options->serving->outgoing.rules);
	free(options->serving);
	free(options->plugins);
	free(options->peers);
	free(options->finders);
	free(options->attributes);
	free(options->test.skips);
}
