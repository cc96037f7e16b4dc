/*
 * All options: what a row says is read, kept, and told by option.c; what is no
 * plain value is read here and in node.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/node.h"
#include "cli/observe.h"
#include "cli/options.h"
#include "engine/engine.h"
#include "net/address.h"

static bool set_log_level(struct ln_cli_options *options, const char *value)
{
	(void)options;
	return ln_log_set_level(value);
}

static bool set_log_format(struct ln_cli_options *options, const char *value)
{
	(void)options;
	return ln_log_set_format(value);
}

static bool set_tcplisten(struct ln_cli_options *options, const char *value)
{
	return ln_config_listen(options->config, value) == 0;
}

/* Adds a word of argv to a list; false: memory is short. */
static bool add_word(const char ***list, size_t *count, const char *word)
{
	const char **words = reallocarray(*list, *count + 1, sizeof(*words));

	if (words == NULL)
		return false;
	*list = words;
	words[(*count)++] = word;
	return true;
}

static bool add_plugin(struct ln_cli_options *options, const char *value)
{
	return add_word(&options->plugins, &options->plugin_count, value);
}

static bool add_skip(struct ln_cli_options *options, const char *value)
{
	return value[0] != '\0' &&
	       add_word(&options->test.skips, &options->test.skip_count, value);
}

static bool add_http(struct ln_cli_options *options, const char *value)
{
	struct ln_outgoing *outgoing = &options->serving->outgoing;
	struct ln_outgoing_rule *rules = reallocarray(
		outgoing->rules, outgoing->count + 1, sizeof(*rules));

	if (rules == NULL)
		return false;
	outgoing->rules = rules;
	if (!ln_outgoing_rule_parse(value, &rules[outgoing->count]))
		return false;
	outgoing->count++;
	return true;
}

static bool set_serve_address(struct ln_cli_options *options, const char *value)
{
	struct ln_endpoint endpoint;
	const char *reason;

	if (ln_endpoint_parse(value, strlen(value), &endpoint, &reason) < 0 ||
	    endpoint.address.version == 0)
		return false;
	options->serving->options.address = endpoint.address;
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

#define PLACE(type, field, in) \
	{ (in), offsetof(type, field), sizeof(((type *)0)->field) }
#define OPTION(field) PLACE(struct ln_cli_options, field, LN_CLI_IN_OPTIONS)
#define CONFIG(field) PLACE(struct ln_config, field, LN_CLI_IN_CONFIG)
#define SERVING(field) PLACE(struct ln_serve_words, field, LN_CLI_IN_SERVING)
#define LIMIT(field) CONFIG(limits.field)

#define FLAG(field, value) \
	.kind = LN_CLI_FLAG, .place = OPTION(field), .min = (value)
#define COUNT(to, from) .kind = LN_CLI_COUNT, .place = to, .min = (from)
#define SIZE(to, from) .kind = LN_CLI_SIZE, .place = to, .min = (from)
#define CHOICE(to, from, list) \
	.kind = LN_CLI_CHOICE, .place = to, .min = (from), .words = (list)
#define NAME_OF(field, what)                         \
	.kind = LN_CLI_NAME, .place = OPTION(field), \
	.values = "the name of a " what
#define OTHER(reader, what) \
	.kind = LN_CLI_OTHER, .apply = (reader), .values = (what)

/* In the order of their enumerators. */
static const char *const languages[] = { "c",   "rust", "go", "assemblyscript",
					 "zig", NULL };
static const char *const strategies[] = { "slab", "guard", "auto", NULL };
static const char *const preemptions[] = { "signal", "epoch", NULL };
const char *const ln_cli_engines[] = {
	"wasmtime",
#if LN_HAS_WASMI
	"wasmi",
	"auto",
#endif
	NULL,
};
static const char *const forms[] = { "table", "json", NULL };
static const char *const styles[] = { "pretty", "terse", NULL };
static const char *const colors[] = { "auto", "always", "never", NULL };

#define FUEL_UNIT 100000

const struct ln_cli_option ln_cli_options[] = {
	{ .help = "Running" },
	{ "--workers", "-w", "N",
	  "threads that run processes, %\n(default: one per core)",
	  COUNT(OPTION(workers), 1), .max = 256 },
	{ "--engine", NULL, "KIND",
	  "wasmtime: compile modules\n"
#if LN_HAS_WASMI
	  "wasmi: interpret them, which starts at once and\n"
	  "computes slowly; no memory need be executable\n"
	  "auto: interpret large modules until they are\n"
	  "compiled, for processes that begin after that\n"
#endif
	  "(default: what LUNATIC_ENGINE says, or wasmtime)",
	  CHOICE(OPTION(engine), 1, ln_cli_engines) },
	{ "--preemption", NULL, "KIND",
	  "signal: interrupt processes that compute (default)\n"
	  "epoch: let their code check a counter (slower)",
	  CHOICE(OPTION(epochs), false, preemptions) },
	{ "--memory-strategy", NULL, "KIND",
	  "auto: fast code while processes are some thousands,\n"
	  "then small ones (default)\n"
	  "slab: small processes, checked accesses\n"
	  "guard: fast code, some thousand processes at most",
	  CHOICE(CONFIG(strategy), LN_MEMORY_SLAB, strategies) },
	{ "--fold-after", NULL, "TIME",
	  "how long a process must have waited until it is\n"
	  "kept in a compact form, which takes less memory,\n"
	  "% (default 10s; 0: never)",
	  .kind = LN_CLI_TIME, .place = OPTION(fold_after),
	  .max = LN_FOLD_AFTER_MAX },
	{ "--plugin", "-P", "PLUGIN",
	  "let the plugin change modules before they are\n"
	  "compiled: a file, or the name of an installed\n"
	  "plugin; may be given several times",
	  OTHER(add_plugin, "the name of a file or of an installed plugin") },
	{ "--bench", NULL, NULL,
	  "pass --bench on, behind the guest's arguments", FLAG(bench, true) },
	{ .help = "Directories, network and variables" },
	{ "--dir", NULL, "DIR",
	  "let guests use a directory of the host under the\n"
	  "same name; HOST::GUEST gives guests another name;\n"
	  "with :ro at the end they cannot change it",
	  OTHER(set_dir, "HOST[::GUEST][:ro], where no part is empty") },
	{ "--env", NULL, "VAR",
	  "set a variable for guests with NAME=VALUE, or pass\n"
	  "one on with NAME; guests then have no others\n"
	  "(default: all variables of this program)",
	  OTHER(set_env, "NAME=VALUE, or the NAME of a variable that is set") },
	{ "--no-env", NULL, NULL, "pass no variables on, except those of --env",
	  FLAG(some_envs, true) },
	{ "--allow-http", NULL, "HOST[:PORT]",
	  "let components send requests of HTTP to a host, at\n"
	  "ports 80 and 443 or the one given; may be given\n"
	  "several times (default: to none)",
	  OTHER(add_http, "a host, or HOST:PORT, as requests name it") },
	{ "--tcplisten", NULL, "ADDR",
	  "listen at an IP address and port, such as\n"
	  "127.0.0.1:8080; guests find the socket open",
	  OTHER(set_tcplisten,
		"an IP address and port, such as 127.0.0.1:8080") },
	{ .help = "Nodes" },
	{ "--node", NULL, "ADDR",
	  "be a node that others reach at HOST:PORT; port 0\n"
	  "chooses a free port",
	  OTHER(ln_cli_set_node, "HOST:PORT, such as 192.168.0.5:7000") },
	{ "--node-name", NULL, "NAME",
	  "the name of this node, 1 to 255 bytes; needed\n"
	  "with --node and --fabric",
	  OTHER(ln_cli_set_node_name,
		"1 to 255 bytes of UTF-8 without control characters") },
	{ "--node-attribute", NULL, "ATTR",
	  "tell KEY=VALUE to guests that look for nodes; may\n"
	  "be given several times",
	  OTHER(ln_cli_add_attribute,
		"KEY=VALUE of UTF-8 without control characters, where KEY is "
		"not `name`, and 4096 bytes of all") },
	{ "--peer", NULL, "ADDR",
	  "join the node at HOST:PORT and all that it knows;\n"
	  "may be given several times",
	  OTHER(ln_cli_add_peer, "HOST:PORT, such as 192.168.0.5:7000") },
	{ "--discover", NULL, "HOW",
	  "find other nodes, again and again: dns:NAME[:PORT]\n"
	  "(A, AAAA; without PORT also SRV records), or\n"
	  "file:PATH (HOST:PORT in each line)",
	  OTHER(ln_cli_add_finder,
		"dns:NAME, dns:NAME:PORT or file:PATH, up to eight times") },
	{ "--fabric", NULL, "URL",
	  "reach other nodes through NATS servers,\n"
	  "nats://HOST:PORT[,...] (nats+tls://: with TLS);\n"
	  "without --node, --peer and --discover",
	  OTHER(ln_cli_set_fabric,
		"nats://HOST:PORT[,...] or nats+tls://HOST:PORT[,...], "
		"without a user, whose place is --nats-credentials") },
	{ "--cluster-name", NULL, "NAME",
	  "keeps clusters that share a NATS server apart; 1\n"
	  "to 64 letters, digits, '-' and '_' (default:\n"
	  "default)",
	  OTHER(ln_cli_set_cluster_name,
		"1 to 64 letters, digits, '-' and '_'") },
	{ "--nats-credentials", NULL, "FILE",
	  "how to log in there: USER:PASSWORD or a token in a\n"
	  "line, or a file that nsc has made",
	  NAME_OF(node.broker.credentials, "file") },
	{ "--nats-ca", NULL, "FILE",
	  "CA certificate of the NATS servers, with nats+tls\n"
	  "(default: those of the system)",
	  NAME_OF(node.broker.authority, "file") },
	{ "--nats-cert", NULL, "FILE",
	  "a certificate for the NATS servers, with --nats-key",
	  NAME_OF(node.broker.certificate, "file") },
	{ "--nats-key", NULL, "FILE", "the private key of that certificate",
	  NAME_OF(node.broker.key, "file") },
	{ "--no-entry", NULL, NULL,
	  "run no FILE: work for other nodes until a signal",
	  FLAG(no_entry, true) },
	{ "--cluster-key", NULL, "FILE",
	  "32 secret bytes that all nodes share (default:\n"
	  "~/.config/lunatic/cluster.key, made on first use)",
	  NAME_OF(node.cluster_key, "file") },
	{ "--cert", NULL, "FILE",
	  "this node's certificate, instead of a shared key;\n"
	  "needs --key and --ca",
	  NAME_OF(node.files.certificate, "file") },
	{ "--key", NULL, "FILE", "the private key of the certificate",
	  NAME_OF(node.files.key, "file") },
	{ "--ca", NULL, "FILE",
	  "CA certificate that the other nodes' certificates\n"
	  "are signed by",
	  NAME_OF(node.files.authority, "file") },
	{ "--heartbeat", NULL, "TIME",
	  "how long a node may be silent before it is lost,\n"
	  "% (default 2500ms)",
	  .kind = LN_CLI_TIME, .place = OPTION(node.heartbeat),
	  .min = LN_HEARTBEAT_MIN, .max = LN_HEARTBEAT_MAX },
	{ .help = "Ending" },
	{ "--drain", NULL, "TIME",
	  "at SIGTERM refuse new connections, tell processes\n"
	  "that have asked, and wait for their ends,\n"
	  "% (default: end at once)",
	  .kind = LN_CLI_TIME, .place = OPTION(drain), .min = LN_CLI_DRAIN_MIN,
	  .max = LN_CLI_DRAIN_MAX },
	{ .help = "Limits" },
	{ "--max-memory", NULL, "SIZE",
	  "memories and tables of a process, and what the\n"
	  "host keeps for it, % (default 4G)",
	  SIZE(LIMIT(max_memory), 1 << 16) },
	{ "--max-total-memory", NULL, "SIZE",
	  "the same for all processes together (default 0:\nno limit)",
	  SIZE(LIMIT(max_total_memory), 0) },
	{ "--max-stack", NULL, "SIZE",
	  "wasm stack of a process, outside its memory:\n"
	  "%, in whole KiB (default 1M)",
	  SIZE(OPTION(stack), LN_ENGINE_STACK_MIN), .max = LN_ENGINE_STACK_MAX,
	  .unit = 1024 },
	{ "--max-fuel", NULL, "UNITS",
	  "end a process after UNITS times 100,000 wasm\n"
	  "instructions, % (default 0: never)",
	  COUNT(LIMIT(max_fuel), 0), .max = UINT64_MAX / FUEL_UNIT / 2,
	  .unit = FUEL_UNIT },
	{ "--max-processes", NULL, "N",
	  "processes at the same time, % (default 4194304)",
	  COUNT(LIMIT(max_processes), 1) },
	{ "--max-environments", NULL, "N",
	  "environments that guests may make, %\n(default 10000)",
	  COUNT(LIMIT(max_environments), 0) },
	{ "--max-nesting", NULL, "N",
	  "maximum nesting depth of environments,\n"
	  "% (default 16)",
	  COUNT(LIMIT(max_nesting), 0) },
	{ "--max-descriptors", NULL, "N",
	  "open sockets and files, % (default: a few\n"
	  "less than the system allows)",
	  COUNT(LIMIT(max_descriptors), 0) },
	{ "--max-handles", NULL, "N",
	  "ids of each kind that a process may hold, % (default 4194304)",
	  COUNT(LIMIT(max_handles), 1) },
	{ "--max-links", NULL, "N", "links of a process, % (default 4194304)",
	  COUNT(LIMIT(max_links), 0) },
	{ "--max-messages", NULL, "N",
	  "messages in one mailbox, %; further ones\n"
	  "are dropped (default 4194304; 0: no limit)",
	  COUNT(LIMIT(max_messages), 0) },
	{ "--max-mailbox", NULL, "SIZE",
	  "size of all messages in one mailbox (default 1G;\n"
	  "0: no limit)",
	  SIZE(LIMIT(max_mailbox_bytes), 0) },
	{ "--max-message", NULL, "SIZE", "size of one message (default 256M)",
	  SIZE(LIMIT(max_message_bytes), 0) },
	{ "--max-module", NULL, "SIZE",
	  "size of a module that is compiled, %\n(default 128M)",
	  SIZE(LIMIT(max_module_bytes), 1) },
	{ "--max-compile-memory", NULL, "SIZE",
	  "memory for compiling a large module, %\n"
	  "(default 1G plus 192 times its size)",
	  SIZE(OPTION(compiling.memory), LN_COMPILE_MEMORY_MIN),
	  .max = LN_COMPILE_MEMORY_MAX },
	{ "--max-compile-time", NULL, "SECONDS",
	  "processor time for compiling a large module, %\n"
	  "(default 10, plus 20 for each MiB of it)",
	  COUNT(OPTION(compiling.seconds), 1), .max = LN_COMPILE_SECONDS_MAX },
	{ "--max-plugin-time", NULL, "MS",
	  "milliseconds that plugins may take for a module,\n"
	  "% (default 10000)",
	  COUNT(LIMIT(max_plugin_ms), 1) },
	{ .help = "Watching" },
	{ "--observe", NULL, "ADDR",
	  "show the program's state in a browser, and\n"
	  "metrics, at HOST:PORT; port 0 chooses a free port;\n"
	  "the address is printed, with a token",
	  OTHER(ln_cli_set_observe, "HOST:PORT, such as 127.0.0.1:9464") },
	{ "--observe-token", NULL, "FILE",
	  "the token of that page, in a file for the user\n"
	  "alone, which is made if it is not there; needed\n"
	  "for addresses that other machines reach",
	  NAME_OF(observe_token, "file") },
	{ .help = "Reports" },
	{ "--log-level", NULL, "LEVEL",
	  "write messages of the runtime and of guests up to\n"
	  "error, warn, info or debug (default warn, or that\n"
	  "of LUNATIC_LOG)",
	  OTHER(set_log_level, "error, warn, info or debug") },
	{ "--log-format", NULL, "FORMAT",
	  "text: lines for people (default, or that of\n"
	  "LUNATIC_LOG_FORMAT)\n"
	  "json: an object on each line",
	  OTHER(set_log_format, "text or json") },
	{ "--report", NULL, "[=json]",
	  "print all processes when the first one has ended",
	  CHOICE(OPTION(report), LN_REPORT_TABLE, forms) },
	{ "--report-most", NULL, "N",
	  "number of processes in a report, %, those\n"
	  "with the most memory first, and of metrics\n"
	  "(default 50)",
	  COUNT(OPTION(report_max), 0) },
	{ "--heap-profile", NULL, "FOLDER",
	  "write what each process allocated into FOLDER;\n"
	  "needs -P heap_profiler",
	  NAME_OF(heap_profiles, "folder") },
	{ .help = "Control" },
	{ "--control", NULL, "FOLDER",
	  "listen for lunatic ps and the like in FOLDER\n"
	  "(default: $XDG_RUNTIME_DIR/lunatic, or else\n"
	  "~/.local/run/lunatic)",
	  NAME_OF(ask.folder, "folder") },
	{ "--no-control", NULL, NULL, "do not listen for them",
	  FLAG(no_control, true) },
	{ .help = "Other" },
	{ "--help", "-h", NULL, "print this help and exit",
	  FLAG(action, LN_CLI_HELP) },
	{ "--version", "-V", NULL, "print the version and exit",
	  FLAG(action, LN_CLI_VERSION) },
	{ .help = NULL },
};

#define TIMEOUT(field)                                        \
	.kind = LN_CLI_TIME, .place = SERVING(options.field), \
	.max = LN_CLI_DRAIN_MAX

const struct ln_cli_option ln_cli_serve_options[] = {
	{ .help = "lunatic serve" },
	{ "--listen", NULL, "ADDR",
	  "an IP address and port (default 127.0.0.1:8080);\n"
	  "port 0 chooses a free one",
	  OTHER(set_serve_address,
		"an IP address and port, such as 127.0.0.1:8080") },
	{ "--cert", NULL, "FILE",
	  "speak TLS: the server's certificate, and those\n"
	  "that lead to its authority; needs --key",
	  .kind = LN_CLI_NAME, .place = SERVING(certificate),
	  .values = "the name of a file" },
	{ "--key", NULL, "FILE", "the private key of the certificate",
	  .kind = LN_CLI_NAME, .place = SERVING(key),
	  .values = "the name of a file" },
	{ "--access-log", NULL, "FILE",
	  "add a line for each request to a file; - is\n"
	  "standard error",
	  .kind = LN_CLI_NAME, .place = SERVING(access_log),
	  .values = "the name of a file" },
	{ "--max-connections", NULL, "N",
	  "connections at a time, % (default 10000)",
	  COUNT(SERVING(options.max_connections), 1), .max = 1000000 },
	{ "--max-requests", NULL, "N",
	  "requests that are answered at a time; further\n"
	  "ones get 503, % (default 10000)",
	  COUNT(SERVING(options.max_requests), 1), .max = 1000000 },
	{ "--reuse", NULL, "N",
	  "requests that a process answers before it\n"
	  "ends: each sees what those before it have\n"
	  "left in its memory, % (default 1)",
	  COUNT(SERVING(options.reuse), 1), .max = 1000000 },
	{ "--max-idle", NULL, "N",
	  "with --reuse, processes that wait for their\n"
	  "next request, % (default 100)",
	  COUNT(SERVING(options.max_idle), 1), .max = 1000000 },
	{ "--reuse-timeout", NULL, "TIME",
	  "how long such a process waits, % (default 60s)",
	  TIMEOUT(reuse_timeout) },
	{ "--max-head", NULL, "SIZE",
	  "request line and fields of a request, %\n(default 32K)",
	  SIZE(SERVING(options.limits.head), 256), .max = 128 << 10 },
	{ "--max-fields", NULL, "N", "fields of a request, % (default 100)",
	  COUNT(SERVING(options.limits.fields), 1), .max = 1000 },
	{ "--max-body", NULL, "SIZE", "body of a request (default 64M)",
	  SIZE(SERVING(options.limits.body), 0) },
	{ "--head-timeout", NULL, "TIME",
	  "how long the head of a request may take, %\n"
	  "(default 10s; 0: any time, as for the others)",
	  TIMEOUT(head_timeout) },
	{ "--body-timeout", NULL, "TIME",
	  "how long nothing may move between client and\n"
	  "server within a request, % (default 30s)",
	  TIMEOUT(body_timeout) },
	{ "--idle-timeout", NULL, "TIME",
	  "how long a connection may wait for a request,\n"
	  "% (default 60s)",
	  TIMEOUT(idle_timeout) },
	{ "--request-timeout", NULL, "TIME",
	  "how long a request may take in all, %\n(default 60s)",
	  TIMEOUT(request_timeout) },
	{ "--stream-timeout", NULL, "TIME",
	  "how long nothing may move in a WebSocket or a\n"
	  "stream of events, % (default 2m)",
	  TIMEOUT(stream_timeout) },
	{ 0 },
};

const struct ln_cli_option ln_cli_test_options[] = {
	{ .help = "Tests (lunatic test)" },
	{ "--timeout", NULL, "SECONDS",
	  "how long a test may run, % (default 60; 0: for ever)",
	  COUNT(OPTION(test.timeout), 0) },
	{ "--jobs", "-j", "N",
	  "tests that run at the same time, %\n(default 8; under cargo all)",
	  COUNT(OPTION(test.jobs), 1), .max = LN_TEST_JOBS_MAX },
	{ "--nocapture", NULL, NULL, "show what tests print while they run",
	  FLAG(test.nocapture, true) },
	{ "--exact", NULL, NULL, "a filter is a whole name, not a part of it",
	  FLAG(test.exact, true) },
	{ "--ignored", NULL, NULL, "run only ignored tests",
	  FLAG(test.ignored, LN_TEST_ONLY_IGNORED) },
	{ "--include-ignored", NULL, NULL, "run ignored tests as well",
	  FLAG(test.ignored, LN_TEST_ALSO_IGNORED) },
	{ "--list", NULL, NULL, "print the names of the tests and run none",
	  FLAG(test.list, true) },
	{ .help = NULL },
};

const struct ln_cli_option ln_cli_cargo_options[] = {
	{ .help = "Tests, as cargo's harness has them (lunatic test, cargo "
		  "test)" },
	{ "--format", NULL, "FORMAT",
	  "pretty: a line for each test\n"
	  "terse: a character for each",
	  CHOICE(OPTION(test.style), LN_TEST_PRETTY, styles) },
	{ "--quiet", "-q", NULL, "the same as --format terse",
	  FLAG(test.style, LN_TEST_TERSE) },
	{ "--show-output", NULL, NULL, "show also what tests print that pass",
	  FLAG(test.show_output, true) },
	{ "--no-capture", NULL, NULL, "the same as --nocapture",
	  FLAG(test.nocapture, true) },
	{ "--skip", NULL, "FILTER",
	  "leave tests out whose names contain FILTER; may\n"
	  "be given several times",
	  OTHER(add_skip, "a part of a name") },
	{ "--exclude-should-panic", NULL, NULL,
	  "leave tests out that have to fail", FLAG(test.no_panics, true) },
	{ "--test-threads", NULL, "N", "the same as --jobs, %",
	  COUNT(OPTION(test.jobs), 1), .max = LN_TEST_JOBS_MAX },
	{ "--color", NULL, "WHEN",
	  "auto: colors on a terminal (default); always;\n"
	  "never",
	  CHOICE(OPTION(test.color), LN_TEST_COLOR_AUTO, colors) },
	{ .help = NULL },
};

const struct ln_cli_option ln_cli_control_options[] = {
	{ .help = "Which program (lunatic ps, top, inspect, kill, upgrade, "
		  "trace)" },
	{ "--program", "-p", "PROGRAM",
	  "the program with this pid or name; needed when\n"
	  "several run",
	  NAME_OF(ask.program, "program, or its pid") },
	{ "--node", NULL, "NAME",
	  "another node, asked through the program, which is\n"
	  "one itself",
	  NAME_OF(ask.node, "node") },
	{ "--control", NULL, "FOLDER",
	  "the folder that the program was given with\n"
	  "--control",
	  NAME_OF(ask.folder, "folder") },
	{ "--json", NULL, NULL, "print JSON, an object a line",
	  FLAG(ask.json, true) },
	{ "--help", "-h", NULL, "print this help and exit",
	  FLAG(action, LN_CLI_HELP) },
	{ .help = NULL },
};

const struct ln_cli_option ln_cli_ps_options[] = {
	{ .help = "Processes (lunatic ps)" },
	{ "--sort", NULL, "FIELD",
	  "show those first that have most of FIELD\n"
	  "(default: memory_bytes)",
	  NAME_OF(ask.sort, "field, see lunatic ps --help") },
	{ "--max", NULL, "N", "show N processes, % (default 50)",
	  COUNT(OPTION(ask.max), 0), .max = 10000 },
	{ "--all", NULL, NULL, "show all processes, in no order",
	  FLAG(ask.all, true) },
	{ "--nodes", NULL, NULL,
	  "show the nodes that the program is connected to,\n"
	  "in the place of processes",
	  FLAG(ask.nodes, true) },
	{ "--columns", NULL, "FIELDS",
	  "show these fields, with commas between them",
	  NAME_OF(ask.columns, "field, or several with commas") },
	{ "--state", NULL, "STATE", "only processes in this state",
	  NAME_OF(ask.state, "state") },
	{ "--name", NULL, "TEXT",
	  "only processes with TEXT in their name or label",
	  NAME_OF(ask.name, "process, or a part of it") },
	{ "--environment", NULL, "N",
	  "only processes of the environment with the number N",
	  COUNT(OPTION(ask.environment), 0), .max = INT64_MAX },
	{ .help = NULL },
};

const struct ln_cli_option ln_cli_upgrade_options[] = {
	{ .help = "Upgrades (lunatic upgrade)" },
	{ "--timeout", NULL, "TIME",
	  "how long to wait for processes that do not\n"
	  "receive, % (default 10s)",
	  .kind = LN_CLI_TIME, .place = OPTION(upgrade.timeout), .min = 1000000,
	  .max = INT64_C(86400000000000) },
	{ "--process-timeout", NULL, "TIME",
	  "how long one may take to save and load its state,\n"
	  "% (default 1s)",
	  .kind = LN_CLI_TIME, .place = OPTION(upgrade.process_timeout),
	  .min = 1000000, .max = INT64_C(86400000000000) },
	{ "--process", NULL, "N",
	  "only the process with the number N (lunatic ps);\n"
	  "spawns stay as they are",
	  COUNT(OPTION(upgrade.process), 1), .max = INT64_MAX },
	{ "--name", NULL, "TEXT",
	  "only processes registered or labelled so; spawns\n"
	  "stay as they are",
	  NAME_OF(ask.name, "process") },
	{ "--keep-going", NULL, NULL,
	  "when one fails the others go on, and none is\n"
	  "changed back",
	  FLAG(upgrade.keep_going, true) },
	{ "--dry-run", NULL, NULL,
	  "each loads its state into the new version, and\n"
	  "goes on with the old one",
	  FLAG(upgrade.dry_run, true) },
	{ "--all-nodes", NULL, NULL,
	  "all nodes that the program is connected to, one\n"
	  "after the other, itself first",
	  FLAG(upgrade.all_nodes, true) },
	{ .help = NULL },
};

const struct ln_cli_option ln_cli_trace_options[] = {
	{ .help = "What to trace (lunatic trace)" },
	{ "--environment", NULL, "N",
	  "the processes of the environment with the number N\n"
	  "and of those below it; all of them are below 0",
	  COUNT(OPTION(ask.environment), 0), .max = INT64_MAX },
	{ "--new", NULL, NULL, "processes that are started from now on",
	  FLAG(ask.fresh, true) },
	{ "--count", NULL, "N", "end after N events, % (default 1000)",
	  COUNT(OPTION(ask.count), 1), .max = LN_CLI_TRACE_COUNT_MAX },
	{ "--time", NULL, "TIME", "end after that, % (default 10s)",
	  .kind = LN_CLI_TIME, .place = OPTION(ask.time), .min = LN_NS_PER_MS,
	  .max = LN_CLI_TRACE_TIME_MAX },
	{ .help = NULL },
};

const struct ln_cli_option ln_cli_top_options[] = {
	{ .help = "What is shown (lunatic top)" },
	{ "--batch", "-b", "N",
	  "print N rounds as text, one each interval, and end",
	  COUNT(OPTION(ask.batch), 1), .max = INT64_MAX },
	{ "--interval", "-i", "MS",
	  "milliseconds from round to round, % (default 1000)",
	  COUNT(OPTION(ask.interval), 100), .max = 3600000 },
	{ "--sort", NULL, "BY",
	  "cpu (default), memory, mailbox, growth or messages",
	  NAME_OF(ask.sort, "order, see lunatic top --help") },
	{ "--absolute", NULL, NULL,
	  "show what was since the start of each process, not\n"
	  "since the last round",
	  FLAG(ask.absolute, true) },
	{ "--max", NULL, "N", "with --batch: N processes, % (default 50)",
	  COUNT(OPTION(ask.max), 0), .max = 200 },
	{ "--state", NULL, "STATE", "only processes in this state",
	  NAME_OF(ask.state, "state") },
	{ "--name", NULL, "TEXT",
	  "only processes with TEXT in their name or label",
	  NAME_OF(ask.name, "process, or a part of it") },
	{ "--environment", NULL, "N",
	  "only processes of the environment with the number N",
	  COUNT(OPTION(ask.environment), 0), .max = INT64_MAX },
	{ .help = NULL },
};

const struct ln_cli_option ln_cli_init_options[] = {
	{ .help = "Projects (lunatic init)" },
	{ "--lang", NULL, "LANG",
	  "the language of the program: c (default), rust, go,\n"
	  "assemblyscript or zig",
	  CHOICE(OPTION(language), LN_LANGUAGE_C, languages) },
	{ "--help", "-h", NULL, "print this help and exit",
	  FLAG(action, LN_CLI_HELP) },
	{ .help = NULL },
};
