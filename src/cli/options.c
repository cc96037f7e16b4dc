/*
 * DESIGN
 * Options come before the file; everything after it belongs to the guest. All
 * options are in the table below, which the parser and the help text read.
 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/nearest.h"
#include "cli/node.h"
#include "engine/engine.h"

#define REPORT_MOST 50
#define TEST_TIMEOUT 60
#define TEST_JOBS 8

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

static bool set_stack(struct ln_cli_options *options, const char *value)
{
	uint64_t bytes;

	if (!ln_cli_parse_size(value, &bytes) ||
	    bytes < LN_ENGINE_STACK_LEAST || bytes > LN_ENGINE_STACK_MOST ||
	    bytes % 1024 != 0)
		return false;
	options->stack = (size_t)bytes;
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

static bool set_compile_memory(struct ln_cli_options *options,
			       const char *value)
{
	uint64_t bytes;

	if (!ln_cli_parse_size(value, &bytes) ||
	    bytes < LN_COMPILE_MEMORY_MIN || bytes > LN_COMPILE_MEMORY_MAX)
		return false;
	options->compiling.memory = bytes;
	return true;
}

static bool set_compile_time(struct ln_cli_options *options, const char *value)
{
	uint64_t seconds;

	if (!parse_count(value, &seconds) || seconds < 1 ||
	    seconds > LN_COMPILE_SECONDS_MAX)
		return false;
	options->compiling.seconds = (uint32_t)seconds;
	return true;
}

static bool set_plugin_time(struct ln_cli_options *options, const char *value)
{
	return parse_count(value, &options->config->limits.max_plugin_ms) &&
	       options->config->limits.max_plugin_ms > 0;
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

/* HOST[::GUEST][:ro]; `:rw` is the default, and lets a name end in `:ro`. */
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
	options->some_envs = true;
	if (equals != NULL)
		return ln_config_add_env(options->config, value) == 0;
	for (char **at = environ; *at != NULL; at++) {
		size_t len = strlen(value);

		if (strncmp(*at, value, len) == 0 && (*at)[len] == '=')
			return ln_config_add_env(options->config, *at) == 0;
	}
	return false;
}

static bool set_no_env(struct ln_cli_options *options, const char *value)
{
	(void)value;
	options->some_envs = true;
	return true;
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

static bool set_timeout(struct ln_cli_options *options, const char *value)
{
	return parse_small(value, &options->test.timeout);
}

static bool set_jobs(struct ln_cli_options *options, const char *value)
{
	return parse_small(value, &options->test.jobs) &&
	       options->test.jobs > 0 && options->test.jobs <= 256;
}

static bool set_nocapture(struct ln_cli_options *options, const char *value)
{
	(void)value;
	options->test.nocapture = true;
	return true;
}

static bool set_exact(struct ln_cli_options *options, const char *value)
{
	(void)value;
	options->test.exact = true;
	return true;
}

static bool set_ignored(struct ln_cli_options *options, const char *value)
{
	(void)value;
	options->test.ignored = LN_TEST_ONLY_IGNORED;
	return true;
}

static bool set_include_ignored(struct ln_cli_options *options,
				const char *value)
{
	(void)value;
	options->test.ignored = LN_TEST_ALSO_IGNORED;
	return true;
}

static bool set_list(struct ln_cli_options *options, const char *value)
{
	(void)value;
	options->test.list = true;
	return true;
}

#define ANY_SIZE "a size such as 65536, 64K, 16M or 4G"
#define ANY_FILE "the name of a file"

const struct ln_cli_option ln_cli_options[] = {
	{ .help = "Running" },
	{ "--workers", "-w", "N",
	  "threads that run processes, 1 to 256\n(default: one per core)",
	  set_workers, "1 to 256" },
	{ "--preemption", NULL, "KIND",
	  "signal: interrupt processes that compute (default)\n"
	  "epoch: let their code check a counter (slower)",
	  set_preemption, "signal or epoch" },
	{ "--memory-strategy", NULL, "KIND",
	  "slab: cheap processes, checked accesses (default)\n"
	  "guard: faster code, but fewer processes",
	  set_strategy, "slab or guard" },
	{ "--plugin", "-P", "PLUGIN",
	  "let the plugin change modules before they are\n"
	  "compiled: a file, or the name of an installed\n"
	  "plugin; may be given several times",
	  add_plugin, ANY_FILE " or of an installed plugin" },
	{ .help = "Directories, network and variables" },
	{ "--dir", NULL, "DIR",
	  "let guests use a directory of the host under the\n"
	  "same name; HOST::GUEST gives guests another name;\n"
	  "with :ro at the end they cannot change it",
	  set_dir, "HOST[::GUEST][:ro], where no part is empty" },
	{ "--env", NULL, "VAR",
	  "set a variable for guests with NAME=VALUE, or pass\n"
	  "one on with NAME; guests then have no others\n"
	  "(default: all variables of this program)",
	  set_env, "NAME=VALUE, or the NAME of a variable that is set" },
	{ "--no-env", NULL, NULL, "pass no variables on, except those of --env",
	  set_no_env, NULL },
	{ "--tcplisten", NULL, "ADDR",
	  "listen at an IP address and port, such as\n"
	  "127.0.0.1:8080; guests find the socket open",
	  set_tcplisten, "an IP address and port, such as 127.0.0.1:8080" },
	{ .help = "Nodes" },
	{ "--node", NULL, "ADDR",
	  "be a node that others reach at HOST:PORT; port 0\n"
	  "chooses a free port",
	  ln_cli_set_node, "HOST:PORT, such as 192.168.0.5:7000" },
	{ "--node-name", NULL, "NAME",
	  "the name of this node, 1 to 255 bytes; needed\n"
	  "with --node",
	  ln_cli_set_node_name,
	  "1 to 255 bytes of UTF-8 without control characters" },
	{ "--peer", NULL, "ADDR",
	  "join the node at HOST:PORT and all that it knows;\n"
	  "may be given several times",
	  ln_cli_add_peer, "HOST:PORT, such as 192.168.0.5:7000" },
	{ "--no-entry", NULL, NULL,
	  "run no FILE: work for other nodes until a signal",
	  ln_cli_set_no_entry, NULL },
	{ "--cluster-key", NULL, "FILE",
	  "32 secret bytes that all nodes share (default:\n"
	  "~/.config/lunatic/cluster.key, made on first use)",
	  ln_cli_set_cluster_key, ANY_FILE },
	{ "--cert", NULL, "FILE",
	  "this node's certificate, instead of a shared key;\n"
	  "needs --key and --ca",
	  ln_cli_set_cert, ANY_FILE },
	{ "--key", NULL, "FILE", "the private key of the certificate",
	  ln_cli_set_key, ANY_FILE },
	{ "--ca", NULL, "FILE",
	  "CA certificate that the other nodes' certificates\n"
	  "are signed by",
	  ln_cli_set_ca, ANY_FILE },
	{ "--heartbeat", NULL, "TIME",
	  "how long a node may be silent before it is lost,\n"
	  "100ms to 3600s (default 5s)",
	  ln_cli_set_heartbeat, "100ms to 3600s, such as 500ms or 5s" },
	{ .help = "Limits" },
	{ "--max-memory", NULL, "SIZE",
	  "memories and tables of a process, and what the\n"
	  "host keeps for it, 64K or more (default 4G)",
	  set_memory, "64K or more, such as 16M or 4G" },
	{ "--max-total-memory", NULL, "SIZE",
	  "the same for all processes together (default 0:\nno limit)",
	  set_total_memory, ANY_SIZE },
	{ "--max-stack", NULL, "SIZE",
	  "wasm stack of a process, outside its memory: 64K\n"
	  "to 64M, in whole KiB (default 1M)",
	  set_stack, "64K to 64M" },
	{ "--max-fuel", NULL, "UNITS",
	  "end a process after UNITS times 100,000 wasm\n"
	  "instructions, 0 to 92233720368547 (default 0:\nnever)",
	  set_fuel, "0 to 92233720368547" },
	{ "--max-processes", NULL, "N",
	  "processes at the same time, 1 or more (default\n4194304)",
	  set_processes, "1 or more" },
	{ "--max-environments", NULL, "N",
	  "environments that guests may make, 0 or more\n(default 10000)",
	  set_environments, "0 or more" },
	{ "--max-nesting", NULL, "N",
	  "maximum nesting depth of environments, 0 to\n4294967295 (default 16)",
	  set_nesting, "0 to 4294967295" },
	{ "--max-descriptors", NULL, "N",
	  "open sockets and files, 0 or more (default: a few\n"
	  "less than the system allows)",
	  set_descriptors, "0 or more" },
	{ "--max-handles", NULL, "N",
	  "ids of each kind that a process may hold, 1 to\n"
	  "4294967295 (default 4194304)",
	  set_handles, "1 to 4294967295" },
	{ "--max-links", NULL, "N",
	  "links of a process, 0 to 4294967295 (default\n4194304)", set_links,
	  "0 to 4294967295" },
	{ "--max-messages", NULL, "N",
	  "messages in one mailbox, 0 or more; further ones\n"
	  "are dropped (default 4194304; 0: no limit)",
	  set_messages, "0 or more" },
	{ "--max-mailbox", NULL, "SIZE",
	  "size of all messages in one mailbox (default 1G;\n"
	  "0: no limit)",
	  set_mailbox, ANY_SIZE },
	{ "--max-message", NULL, "SIZE", "size of one message (default 256M)",
	  set_message, ANY_SIZE },
	{ "--max-module", NULL, "SIZE",
	  "size of a module that is compiled, 1 or more\n(default 128M)",
	  set_module, "1 or more, such as 64K or 16M" },
	{ "--max-compile-memory", NULL, "SIZE",
	  "memory for compiling a large module, 64M to 1024G\n"
	  "(default 1G plus 192 times its size)",
	  set_compile_memory, "64M to 1024G" },
	{ "--max-compile-time", NULL, "SECONDS",
	  "processor time for compiling a large module, 1 to\n"
	  "86400 (default 10, plus 20 for each MiB of it)",
	  set_compile_time, "1 to 86400" },
	{ "--max-plugin-time", NULL, "MS",
	  "milliseconds that plugins may take for a module,\n"
	  "1 or more (default 10000)",
	  set_plugin_time, "1 or more" },
	{ .help = "Reports" },
	{ "--report", NULL, "[=json]",
	  "print all processes when the first one has ended", set_report,
	  "table or json" },
	{ "--report-most", NULL, "N",
	  "number of processes in a report, 0 or more, those\n"
	  "with the most memory first (default 50)",
	  set_report_most, "0 or more" },
	{ "--heap-profile", NULL, "FOLDER",
	  "write what each process allocated into FOLDER;\n"
	  "needs -P heap_profiler",
	  set_heap_profile, "the name of a folder" },
	{ .help = "Other" },
	{ "--help", "-h", NULL, "print this help and exit", set_help, NULL },
	{ "--version", "-V", NULL, "print the version and exit", set_version,
	  NULL },
	{ .help = NULL },
};

const struct ln_cli_option ln_cli_test_options[] = {
	{ .help = "Tests (lunatic test)" },
	{ "--timeout", NULL, "SECONDS",
	  "how long a test may run, 0 to 4294967295 (default\n"
	  "60; 0: for ever)",
	  set_timeout, "0 to 4294967295" },
	{ "--jobs", "-j", "N",
	  "tests that run at the same time, 1 to 256\n(default 8)", set_jobs,
	  "1 to 256" },
	{ "--nocapture", NULL, NULL, "show what tests print while they run",
	  set_nocapture, NULL },
	{ "--exact", NULL, NULL, "a filter is a whole name, not a part of it",
	  set_exact, NULL },
	{ "--ignored", NULL, NULL, "run only ignored tests", set_ignored,
	  NULL },
	{ "--include-ignored", NULL, NULL, "run ignored tests as well",
	  set_include_ignored, NULL },
	{ "--list", NULL, NULL, "print the names of the tests and run none",
	  set_list, NULL },
	{ .help = NULL },
};

static bool is_optional(const struct ln_cli_option *option)
{
	return option->argument != NULL && option->argument[0] == '[';
}

static int complain(const char *what, const char *which)
{
	ln_log_say("%s '%s'; see lunatic --help", what, which);
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

static const struct ln_cli_option *
find_option(const struct ln_cli_options *options, const char *word, size_t len)
{
	const struct ln_cli_option *found = find_in(ln_cli_options, word, len);

	if (found == NULL && options->action == LN_CLI_TEST)
		found = find_in(ln_cli_test_options, word, len);
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

static int refuse_unknown(const struct ln_cli_options *options,
			  const char *word, size_t len)
{
	char name[64];
	struct ln_nearest nearest;
	const char *meant = NULL;

	if (len < sizeof(name)) {
		memcpy(name, word, len);
		name[len] = '\0';
		ln_nearest_begin(&nearest, name);
		offer_names(&nearest, ln_cli_options);
		if (options->action == LN_CLI_TEST)
			offer_names(&nearest, ln_cli_test_options);
		meant = ln_nearest_end(&nearest);
	}
	if (meant == NULL)
		return complain("unknown option", word);
	ln_log_say("unknown option '%s'; did you mean %s? See lunatic "
		   "--help",
		   word, meant);
	return LN_EINVAL;
}

/* Applies the option at argv[at]; returns how many words it took, or an
 * error. */
static int apply(int argc, char **argv, int at, struct ln_cli_options *options)
{
	const char *word = argv[at];
	const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct ln_cli_option *option = find_option(options, word, len);
	const char *value = NULL;
	int words = 1;

	if (option == NULL)
		return refuse_unknown(options, word, len);
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
		ln_log_say("'%s' is not a valid value of %s: that is %s; "
			   "see lunatic --help",
			   value, option->name, option->values);
		return LN_EINVAL;
	}
	return words;
}

/* Applies options from argv[at] on; returns the index of the first other word,
 * or an error. `--` ends the options, and sets *ended. */
static int apply_all(int argc, char **argv, int at,
		     struct ln_cli_options *options, bool *ended)
{
	while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
		int words;

		if (strcmp(argv[at], "--") == 0) {
			*ended = true;
			return at + 1;
		}
		words = apply(argc, argv, at, options);
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
		return complain("lunatic test does not take", "--tcplisten");
	return 0;
}

int ln_cli_parse(int argc, char **argv, struct ln_cli_options *options)
{
	bool ended = false;
	int at = 1;

	*options = (struct ln_cli_options){
		.report_most = REPORT_MOST,
		.test = { .timeout = TEST_TIMEOUT, .jobs = TEST_JOBS },
	};
	if (ln_config_new(&options->config) < 0) {
		ln_log_say("out of memory");
		return LN_ENOMEM;
	}
	if (argc > 1 && strcmp(argv[1], "test") == 0) {
		options->action = LN_CLI_TEST;
		at = 2;
	}
	at = apply_all(argc, argv, at, options, &ended);
	if (at < 0)
		return at;
	if (options->action == LN_CLI_HELP || options->action == LN_CLI_VERSION)
		return 0;
	if (!ln_cli_check_node(options))
		return LN_EINVAL;
	if (options->no_entry) {
		if (at < argc)
			return complain("--no-entry runs no file, so it does "
					"not take",
					argv[at]);
		return 0;
	}
	if (at >= argc) {
		ln_log_say("no file to %s was given; see "
			   "lunatic --help",
			   options->action == LN_CLI_TEST ? "test" : "run");
		return LN_EINVAL;
	}
	options->file = argv[at];
	options->args = argv + at;
	options->arg_count = (size_t)(argc - at);
	if (options->action != LN_CLI_TEST)
		return 0;
	options->arg_count = 1;
	at = read_filters(argc, argv, at + 1, options);
	return at == 0 && !ln_cli_check_node(options) ? LN_EINVAL : at;
}
