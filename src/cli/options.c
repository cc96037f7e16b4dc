/*
 * DESIGN
 * Options come before the file; everything behind it belongs to the guest. The
 * table below is the only place that knows them: the parser and the help text
 * read it.
 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define REPORT_MOST 50

struct option {
	const char *name;
	const char *alias;    /* one letter, or NULL */
	const char *argument; /* its name in the help; NULL: none; one that
			       * begins with '[' may be left out */
	const char *help;     /* lines of at most 50 characters */
	bool (*apply)(struct ln_cli_options *options, const char *value);
};

static bool parse_count(const char *text, uint64_t *count)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*count = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

bool ln_cli_parse_size(const char *text, uint64_t *bytes)
{
	unsigned shift = 0;
	uint64_t count;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	count = strtoull(text, &end, 10);
	if (errno != 0)
		return false;
	switch (*end) {
	case 'K':
	case 'k':
		shift = 10;
		break;
	case 'M':
	case 'm':
		shift = 20;
		break;
	case 'G':
	case 'g':
		shift = 30;
		break;
	case '\0':
		break;
	default:
		return false;
	}
	if (shift > 0 && end[1] != '\0')
		return false;
	if (count > UINT64_MAX >> shift)
		return false;
	*bytes = count << shift;
	return true;
}

static bool set_help(struct ln_cli_options *options, const char *value)
{
	(void)value;
	options->action = LN_CLI_HELP;
	return true;
}

static bool set_version(struct ln_cli_options *options, const char *value)
{
	(void)value;
	options->action = LN_CLI_VERSION;
	return true;
}

static bool set_tcplisten(struct ln_cli_options *options, const char *value)
{
	return ln_config_listen(options->config, value) == 0;
}

static bool set_workers(struct ln_cli_options *options, const char *value)
{
	uint64_t count;

	if (!parse_count(value, &count) || count < 1 || count > 256)
		return false;
	options->workers = (unsigned)count;
	return true;
}

static bool set_strategy(struct ln_cli_options *options, const char *value)
{
	if (strcmp(value, "slab") == 0)
		options->config->strategy = LN_MEMORY_SLAB;
	else if (strcmp(value, "guard") == 0)
		options->config->strategy = LN_MEMORY_GUARD;
	else
		return false;
	return true;
}

static bool set_preemption(struct ln_cli_options *options, const char *value)
{
	options->epochs = strcmp(value, "epoch") == 0;
	return options->epochs || strcmp(value, "signal") == 0;
}

static bool set_memory(struct ln_cli_options *options, const char *value)
{
	uint64_t bytes;

	if (!ln_cli_parse_size(value, &bytes) || bytes < 1 << 16)
		return false;
	options->config->limits.max_memory = bytes;
	return true;
}

static bool set_fuel(struct ln_cli_options *options, const char *value)
{
	uint64_t units;

	if (!parse_count(value, &units) || units > UINT64_MAX / 100000 / 2)
		return false;
	options->config->limits.max_fuel = units * 100000;
	return true;
}

static bool set_messages(struct ln_cli_options *options, const char *value)
{
	return parse_count(value, &options->config->limits.max_messages);
}

static bool set_mailbox(struct ln_cli_options *options, const char *value)
{
	return ln_cli_parse_size(value,
				 &options->config->limits.max_mailbox_bytes);
}

static bool set_message(struct ln_cli_options *options, const char *value)
{
	return ln_cli_parse_size(value,
				 &options->config->limits.max_message_bytes);
}

static bool set_processes(struct ln_cli_options *options, const char *value)
{
	return parse_count(value, &options->config->limits.max_processes) &&
	       options->config->limits.max_processes > 0;
}

static bool set_total_memory(struct ln_cli_options *options, const char *value)
{
	return ln_cli_parse_size(value,
				 &options->config->limits.max_total_memory);
}

static bool set_environments(struct ln_cli_options *options, const char *value)
{
	return parse_count(value, &options->config->limits.max_environments);
}

/* Reads a count of up to 32 bits. */
static bool parse_small(const char *text, uint32_t *count)
{
	uint64_t wide;

	if (!parse_count(text, &wide) || wide > UINT32_MAX)
		return false;
	*count = (uint32_t)wide;
	return true;
}

static bool set_nesting(struct ln_cli_options *options, const char *value)
{
	return parse_small(value, &options->config->limits.max_nesting);
}

static bool set_descriptors(struct ln_cli_options *options, const char *value)
{
	return parse_count(value, &options->config->limits.max_descriptors);
}

static bool set_handles(struct ln_cli_options *options, const char *value)
{
	return parse_small(value, &options->config->limits.max_handles) &&
	       options->config->limits.max_handles > 0;
}

static bool set_links(struct ln_cli_options *options, const char *value)
{
	return parse_small(value, &options->config->limits.max_links);
}

static bool set_module(struct ln_cli_options *options, const char *value)
{
	uint64_t bytes;

	if (!ln_cli_parse_size(value, &bytes) || bytes == 0)
		return false;
	options->config->limits.max_module_bytes = (size_t)bytes;
	return true;
}

static bool add_plugin(struct ln_cli_options *options, const char *value)
{
	const char **plugins = reallocarray(
		options->plugins, options->plugin_count + 1, sizeof(*plugins));

	if (plugins == NULL)
		return false;
	options->plugins = plugins;
	plugins[options->plugin_count++] = value;
	return true;
}

/* Cuts a mark off the end of `text`. */
static bool cut(char *text, const char *mark)
{
	size_t len = strlen(text);
	size_t mark_len = strlen(mark);

	if (len < mark_len || strcmp(text + len - mark_len, mark) != 0)
		return false;
	text[len - mark_len] = '\0';
	return true;
}

/* HOST[::GUEST][:ro]; `:rw` says nothing new, but lets a name end in `:ro`. */
static bool set_dir(struct ln_cli_options *options, const char *value)
{
	char *host = strdup(value);
	const char *guest = host;
	bool read_only;
	char *colons;
	bool done;

	if (host == NULL)
		return false;
	read_only = !cut(host, ":rw") && cut(host, ":ro");
	colons = strstr(host, "::");
	if (colons != NULL) {
		*colons = '\0';
		guest = colons + 2;
	}
	done = host[0] != '\0' && guest[0] != '\0' &&
	       ln_config_preopen(options->config, host, guest, read_only) == 0;
	free(host);
	return done;
}

static bool set_env(struct ln_cli_options *options, const char *value)
{
	const char *equals = strchr(value, '=');

	if (value[0] == '\0' || equals == value)
		return false;
	if (equals != NULL)
		return ln_config_add_env(options->config, value) == 0;
	options->some_envs = true;
	for (char **at = environ; *at != NULL; at++) {
		size_t len = strlen(value);

		if (strncmp(*at, value, len) == 0 && (*at)[len] == '=')
			return ln_config_add_env(options->config, *at) == 0;
	}
	return false;
}

static bool set_heap_profile(struct ln_cli_options *options, const char *value)
{
	options->heap_profiles = value;
	return value[0] != '\0';
}

static bool set_report(struct ln_cli_options *options, const char *value)
{
	if (value == NULL || strcmp(value, "table") == 0)
		options->report = LN_REPORT_TABLE;
	else if (strcmp(value, "json") == 0)
		options->report = LN_REPORT_JSON;
	else
		return false;
	return true;
}

static bool set_report_most(struct ln_cli_options *options, const char *value)
{
	uint64_t count;

	if (!parse_count(value, &count) || count > SIZE_MAX)
		return false;
	options->report_most = (size_t)count;
	return true;
}

static const struct option options_table[] = {
	{ "--dir", NULL, "DIR",
	  "let guests use a directory of the host, under the\n"
	  "same name; HOST::GUEST gives it another one for\n"
	  "guests; with :ro at the end they cannot change it",
	  set_dir },
	{ "--env", NULL, "VAR",
	  "NAME=VALUE sets a variable for guests; NAME passes\n"
	  "that variable on instead of all (default: all)",
	  set_env },
	{ "--tcplisten", NULL, "ADDR",
	  "listen at an IP address and port, such as\n"
	  "127.0.0.1:8080; guests find the socket open",
	  set_tcplisten },
	{ "--workers", "-w", "N",
	  "threads that run processes, 1 to 256\n(default: one per core)",
	  set_workers },
	{ "--memory-strategy", NULL, "KIND",
	  "slab: cheap processes, checked accesses (default)\n"
	  "guard: faster code, but fewer processes",
	  set_strategy },
	{ "--preemption", NULL, "KIND",
	  "signal: interrupt processes that compute (default)\n"
	  "epoch: let their code look at a counter, slower",
	  set_preemption },
	{ "--max-memory", NULL, "SIZE",
	  "memories and tables of a process (default 4G)", set_memory },
	{ "--max-total-memory", NULL, "SIZE",
	  "those of all processes together (default 0: no\nbound)",
	  set_total_memory },
	{ "--max-fuel", NULL, "UNITS",
	  "end a process after so many times 100,000 wasm\n"
	  "instructions (default 0: never)",
	  set_fuel },
	{ "--max-processes", NULL, "N",
	  "processes at the same time (default 4194304)", set_processes },
	{ "--max-environments", NULL, "N",
	  "environments that guests may make (default 10000)",
	  set_environments },
	{ "--max-nesting", NULL, "N", "how deep in each other (default 16)",
	  set_nesting },
	{ "--max-descriptors", NULL, "N",
	  "sockets and files that are open (default: what\nthe system allows, less some)",
	  set_descriptors },
	{ "--max-handles", NULL, "N",
	  "ids of each kind that a process may hold\n(default 4194304)",
	  set_handles },
	{ "--max-links", NULL, "N", "links of a process (default 4194304)",
	  set_links },
	{ "--max-messages", NULL, "N",
	  "messages waiting in one mailbox; more are\n"
	  "dropped (default 4194304; 0: no bound)",
	  set_messages },
	{ "--max-mailbox", NULL, "SIZE",
	  "their size together (default 1G; 0: no bound)", set_mailbox },
	{ "--max-message", NULL, "SIZE", "size of one message (default 256M)",
	  set_message },
	{ "--max-module", NULL, "SIZE",
	  "size of a module that is compiled (default 128M)", set_module },
	{ "--plugin", "-P", "FILE",
	  "let this module change others before they are\n"
	  "compiled; may be given several times",
	  add_plugin },
	{ "--heap-profile", NULL, "FOLDER",
	  "where processes write what they allocated; needs\n"
	  "the plugin heap_profiler.wasm",
	  set_heap_profile },
	{ "--report", NULL, "[=json]",
	  "print all processes when the first one has ended", set_report },
	{ "--report-most", NULL, "N",
	  "processes in a report, those with the most\n"
	  "memory first (default 50)",
	  set_report_most },
	{ "--help", "-h", NULL, "print this and exit", set_help },
	{ "--version", "-V", NULL, "print the version and exit", set_version },
};

#define OPTION_COUNT (sizeof(options_table) / sizeof(options_table[0]))
#define HELP_COLUMN 26

static bool is_optional(const struct option *option)
{
	return option->argument != NULL && option->argument[0] == '[';
}

static void print_option(const struct option *option)
{
	char left[64];
	const char *line = option->help;

	snprintf(left, sizeof(left), "  %s%s%s%s%s",
		 option->alias ? option->alias : "", option->alias ? ", " : "",
		 option->name,
		 option->argument && !is_optional(option) ? " " : "",
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

void ln_cli_print_help(void)
{
	printf("Usage: lunatic [options] FILE [arguments of the guest]\n"
	       "\n"
	       "Runs the WebAssembly module FILE (binary or text) as a "
	       "process, from its export\n"
	       "`_start`. When that process ends, so do all others.\n"
	       "\n"
	       "Options:\n");
	for (size_t i = 0; i < OPTION_COUNT; i++)
		print_option(&options_table[i]);
	printf("\n"
	       "Sizes are bytes, or end in K, M or G (powers of 1,024).\n"
	       "\n"
	       "Exit status: what the guest exits with; 134 when the first "
	       "process traps or is\n"
	       "killed; 1 when the module cannot be run; 130 and 143 after "
	       "SIGINT and SIGTERM.\n"
	       "\n"
	       "SIGUSR1 prints a report of all processes to standard error; "
	       "see --report.\n"
	       "\n"
	       "Environment:\n"
	       "  LUNATIC_LOG             error, warn (default), info or "
	       "debug\n"
	       "  LUNATIC_CACHE=off       do not keep compiled modules on "
	       "disk\n"
	       "  LUNATIC_CACHE_DIR       where they are kept\n"
	       "  LUNATIC_CACHE_SIZE      MiB that they may take (default "
	       "512)\n");
}

static int complain(const char *what, const char *which)
{
	fprintf(stderr, "lunatic: %s '%s'; see lunatic --help\n", what, which);
	return LN_EINVAL;
}

static const struct option *find_option(const char *word, size_t len)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &options_table[i];

		if (strlen(option->name) == len &&
		    memcmp(option->name, word, len) == 0)
			return option;
		if (option->alias != NULL && strlen(option->alias) == len &&
		    memcmp(option->alias, word, len) == 0)
			return option;
	}
	return NULL;
}

/* Applies the option at argv[at]; returns how many words it took, or an
 * error. */
static int apply(int argc, char **argv, int at, struct ln_cli_options *options)
{
	const char *word = argv[at];
	const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *option = find_option(word, len);
	const char *value = NULL;
	int words = 1;

	if (option == NULL)
		return complain("unknown option", word);
	if (option->argument == NULL && equals != NULL)
		return complain("no value is taken by", option->name);
	if (is_optional(option)) {
		value = equals != NULL ? equals + 1 : NULL;
	} else if (option->argument != NULL) {
		if (equals != NULL) {
			value = equals + 1;
		} else if (at + 1 < argc) {
			value = argv[at + 1];
			words = 2;
		} else {
			return complain("a value is missing after",
					option->name);
		}
	}
	if (!option->apply(options, value)) {
		fprintf(stderr,
			"lunatic: '%s' is not a valid value of %s; see "
			"lunatic --help\n",
			value, option->name);
		return LN_EINVAL;
	}
	return words;
}

int ln_cli_parse(int argc, char **argv, struct ln_cli_options *options)
{
	int at = 1;

	*options = (struct ln_cli_options){ .report_most = REPORT_MOST };
	if (ln_config_new(&options->config) < 0) {
		fprintf(stderr, "lunatic: out of memory\n");
		return LN_ENOMEM;
	}
	while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
		int words;

		if (strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		words = apply(argc, argv, at, options);
		if (words < 0)
			return words;
		if (options->action != LN_CLI_RUN)
			return 0;
		at += words;
	}
	if (at >= argc) {
		fprintf(stderr, "lunatic: no file to run was given; see "
				"lunatic --help\n");
		return LN_EINVAL;
	}
	options->file = argv[at];
	options->args = argv + at;
	options->arg_count = (size_t)(argc - at);
	return 0;
}
