/*
 * DESIGN
 * `lunatic upgrade`: asks a program to upgrade processes, shows how far it is,
 * and says what came of it. The program reads the file itself, so the path is
 * made absolute here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/options.h"
#include "control/client.h"

/* Some processes do not receive, and run the old version. */
#define STATUS_WAITING 4

/* For a module to get to another node, and be compiled there. */
#define SEND_PATIENCE (120 * LN_NS_PER_S)

struct report {
	bool json;
	bool live;     /* progress is shown on a terminal */
	bool is_shown; /* there is a line of it now */
	bool failed;   /* standard output takes no more */
};

static const char usage[] =
	"Usage: lunatic upgrade MODULE FILE [options]\n"
	"\n"
	"Upgrades the processes of a module, which go on running, to the\n"
	"new version in FILE. Each saves its state when it next receives a\n"
	"message, and the new version loads it; see docs/upgrade.md.\n"
	"\n"
	"MODULE is the name of the module, which is that of the file that\n"
	"the program was started with, without folder and ending; or the\n"
	"beginning of the SHA-256 of its binary, 8 digits or more. A new\n"
	"version keeps the name. What is spawned from the module afterwards\n"
	"is of the new version.\n"
	"\n"
	"One process is upgraded first. If it fails, or a later one does,\n"
	"those that were upgraded are changed back.\n"
	"\n"
	"Another node gets the new version from the program that is asked;\n"
	"--all-nodes upgrades one node after the other, and ends with the\n"
	"first that fails.\n"
	"\n"
	"The exit status is 4 if some processes did not receive in time and\n"
	"run the old version, and 1 if one has failed.\n";

static const struct ln_ask_command command = {
	.help = "lunatic upgrade --help",
	.usage = usage,
	.own = ln_cli_upgrade_options,
	.min_words = 2,
	.max_words = 2,
	.lacking = "a module and a file are needed",
};

static uint64_t number_in(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static const char *text_in(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* ---- What comes meanwhile ---- */

static void clear_progress(struct report *report)
{
	if (report->is_shown)
		fputs("\r\033[K", stderr);
	report->is_shown = false;
}

static void show_progress(struct report *report, const json_t *progress)
{
	if (!report->live)
		return;
	clear_progress(report);
	fprintf(stderr, "%llu of %llu processes upgraded",
		(unsigned long long)number_in(progress, "upgraded"),
		(unsigned long long)number_in(progress, "asked"));
	fflush(stderr);
	report->is_shown = true;
}

static void show_failure(const json_t *failure)
{
	const char *reason = text_in(failure, "reason");

	ln_ask_print_text(text_in(failure, "process"), 120, false);
	fputs(json_is_true(json_object_get(failure, "back"))
		      ? ": not changed back: "
		      : ": ",
	      stdout);
	ln_ask_print_text(text_in(failure, "result"), 40, false);
	if (reason[0] != '\0') {
		fputs(": ", stdout);
		ln_ask_print_text(reason, 512, false);
	}
	putchar('\n');
}

static bool take_item(void *argument, json_t *item)
{
	struct report *report = argument;
	const json_t *progress = json_object_get(item, "progress");
	const json_t *failure = json_object_get(item, "failure");

	if (report->json) {
		report->failed = !ln_ask_print_json(item) || fflush(stdout) < 0;
		return !report->failed;
	}
	if (progress != NULL)
		show_progress(report, progress);
	if (failure != NULL) {
		clear_progress(report);
		show_failure(failure);
	}
	return true;
}

/* ---- The summary ---- */

static void print_count(const json_t *result, const char *name,
			const char *words)
{
	uint64_t count = number_in(result, name);

	if (count > 0)
		printf(", %llu %s", (unsigned long long)count, words);
}

static void print_summary(const json_t *result, bool dry)
{
	bool back = json_is_true(json_object_get(result, "rolled_back"));
	char size[16];

	printf("%llu %s", (unsigned long long)number_in(result, "upgraded"),
	       dry ? "can be upgraded" : "upgraded");
	print_count(result, "refused", "refused");
	print_count(result, "failed", "failed");
	print_count(result, "timed_out", "timed out");
	print_count(result, "waiting",
		    "did not receive, and run the old version");
	print_count(result, "ended", "ended meanwhile");
	print_count(result, "back", "changed back");
	print_count(result, "stuck", "could not be changed back");
	printf("\n%s -> %s%s\n", text_in(result, "from"), text_in(result, "to"),
	       back ? ", rolled back" : "");
	if (number_in(result, "pause_max_us") == 0)
		return;
	ln_ask_format_size(size, sizeof(size),
			   number_in(result, "state_bytes"));
	printf("pause of a process: half at most %llu us, 99%% at most %llu "
	       "us, longest %llu us; %s bytes of state\n",
	       (unsigned long long)number_in(result, "pause_p50_us"),
	       (unsigned long long)number_in(result, "pause_p99_us"),
	       (unsigned long long)number_in(result, "pause_max_us"), size);
}

static int status_of(const json_t *result)
{
	if (number_in(result, "refused") + number_in(result, "failed") +
		    number_in(result, "timed_out") >
	    0)
		return LN_ASK_FAILED;
	return number_in(result, "waiting") > 0 ? STATUS_WAITING : 0;
}

/* ---- Asking ---- */

/* The absolute path of a file that is there; NULL after a line about it. */
static char *path_of(const char *file)
{
	char *path = realpath(file, NULL);

	if (path == NULL)
		ln_log_say("cannot read '%s': %s", file, strerror(errno));
	return path;
}

/* The new version is `path`, or what has that SHA-256. */
static json_t *arguments(const struct ln_cli_options *options,
			 const char *module, const char *path,
			 const char *sha256)
{
	const struct ln_upgrade_words *own = &options->upgrade;
	json_t *args = json_pack(
		"{s:s,s:s*,s:s*,s:I,s:I,s:b,s:b,s:s*}", "module", module,
		"file", sha256 == NULL ? path : NULL, "sha256", sha256,
		"timeout_ms", (json_int_t)(own->timeout / LN_NS_PER_MS),
		"process_timeout_ms",
		(json_int_t)(own->process_timeout / LN_NS_PER_MS), "keep_going",
		own->keep_going, "dry_run", own->dry_run, "name",
		options->ask.name);

	if (own->process > 0)
		(void)json_object_set_new(
			args, "process",
			json_integer((json_int_t)own->process));
	return args;
}

static int upgrade_with(const struct ln_cli_options *options,
			struct ln_control_client *client, json_t *args)
{
	struct report report = {
		.json = options->ask.json,
		.live = !options->ask.json && isatty(STDERR_FILENO),
	};
	json_t *result;
	char *error = NULL;
	int status;
	int code = ln_control_ask(client, "upgrade", args, LN_ASK_PATIENCE,
				  take_item, &report, &result, &error);

	clear_progress(&report);
	if (report.failed) {
		free(error);
		return LN_ASK_FAILED;
	}
	if (code < 0) {
		status = ln_ask_refuse(code, error);
		return ln_control_error_is(client, "no-module") ? LN_ASK_NONE
								: status;
	}
	status = status_of(result);
	if (report.json)
		report.failed = !ln_ask_print_json(result);
	else
		print_summary(result, options->upgrade.dry_run);
	json_decref(result);
	return report.failed ? LN_ASK_FAILED : status;
}

/* Has the program that is asked give the new version to another node, which
 * upgrades its processes then. */
static int upgrade_node(const struct ln_cli_options *options,
			struct ln_control_client *client, const char *node,
			const char *module, const char *path)
{
	json_t *sent;
	char *error = NULL;
	int status;
	int code;

	ln_control_set_node(client, NULL);
	code = ln_control_ask(client, "send-module",
			      json_pack("{s:s,s:s}", "to", node, "file", path),
			      SEND_PATIENCE, NULL, NULL, &sent, &error);
	if (code < 0)
		return ln_ask_refuse(code, error);
	ln_control_set_node(client, node);
	status = upgrade_with(
		options, client,
		arguments(options, module, path, text_in(sent, "sha256")));
	json_decref(sent);
	ln_control_set_node(client, NULL);
	return status;
}

/* The names of the nodes, the own one first. */
struct names {
	char **list;
	size_t count;
	bool failed; /* memory is short */
};

static bool take_name(void *argument, json_t *item)
{
	struct names *names = argument;
	char **list = reallocarray(names->list, names->count + 1,
				   sizeof(names->list[0]));
	char *copy = strdup(text_in(item, "name"));

	names->failed = list == NULL || copy == NULL;
	if (list != NULL)
		names->list = list;
	if (names->failed)
		free(copy);
	else
		names->list[names->count++] = copy;
	return !names->failed;
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}

/* A node without the module has nothing to do, and no failure. */
static int upgrade_each(const struct ln_cli_options *options,
			struct ln_control_client *client,
			const struct names *names, const char *module,
			const char *path)
{
	int worst = 0;
	bool any = false;

	for (size_t i = 0; i < names->count; i++) {
		int status;

		if (!options->ask.json)
			printf("%s%s:\n", i > 0 ? "\n" : "", names->list[i]);
		status = i == 0 ? upgrade_with(options, client,
					       arguments(options, module, path,
							 NULL))
				: upgrade_node(options, client, names->list[i],
					       module, path);
		any = any || status != LN_ASK_NONE;
		if (status == LN_ASK_FAILED)
			return status;
		if (status == STATUS_WAITING)
			worst = status;
	}
	return any ? worst : LN_ASK_NONE;
}

static int upgrade_all(const struct ln_cli_options *options,
		       struct ln_control_client *client, const char *module,
		       const char *path)
{
	struct names names = { .list = NULL };
	json_t *result;
	char *error = NULL;
	int status;
	int code = ln_control_ask(client, "nodes", NULL, LN_ASK_PATIENCE,
				  take_name, &names, &result, &error);

	if (code == 0)
		json_decref(result);
	if (code < 0 || names.failed) {
		status = ln_ask_refuse(names.failed ? LN_ENOMEM : code, error);
	} else if (names.count == 0) {
		ln_log_say("the program is no node; leave out --all-nodes");
		status = LN_ASK_FAILED;
	} else {
		status = upgrade_each(options, client, &names, module, path);
	}
	free_names(&names);
	return status;
}

static int upgrade(const struct ln_cli_options *options,
		   struct ln_control_client *client, const char *module,
		   const char *path)
{
	if (options->upgrade.all_nodes)
		return upgrade_all(options, client, module, path);
	if (options->ask.node != NULL)
		return upgrade_node(options, client, options->ask.node, module,
				    path);
	return upgrade_with(options, client,
			    arguments(options, module, path, NULL));
}

int ln_cli_upgrade(int argc, char **argv)
{
	struct ln_cli_options options;
	struct ln_control_client *client;
	const char *words[2];
	int status = LN_ASK_FAILED;
	char *path;

	if (ln_ask_parse(&command, argc, argv, &options, words, &status) < 0)
		return status;
	if (options.upgrade.timeout == 0)
		options.upgrade.timeout = 10 * LN_NS_PER_S;
	if (options.upgrade.process_timeout == 0)
		options.upgrade.process_timeout = LN_NS_PER_S;
	path = path_of(words[1]);
	if (path == NULL)
		return LN_ASK_USAGE;
	client = ln_ask_connect(&options, &status);
	if (client != NULL)
		status = upgrade(&options, client, words[0], path);
	ln_control_close(client);
	free(path);
	return ln_cli_flush() ? status : LN_ASK_FAILED;
}
