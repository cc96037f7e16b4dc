/*
 * DESIGN
 * `lunatic trace`: what processes of a running program do, a line for each
 * event, as they come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/options.h"
#include "control/client.h"

#define EVENT_WIDTH 8
#define WHO_WIDTH 8
#define TEXT_WIDTH 200

/* The number of a process; of one of another node, the beginning of its id. */
static void print_who(const json_t *event, const char *name, bool fill)
{
	const json_t *who = json_object_get(event, name);
	const json_t *number = json_object_get(who, "number");
	const char *id = json_string_value(json_object_get(who, "id"));
	char text[32] = "-";

	if (json_is_integer(number))
		snprintf(text, sizeof(text), "%lld",
			 (long long)json_integer_value(number));
	else if (id != NULL)
		snprintf(text, sizeof(text), "%.8s", id);
	ln_ask_print_text(text, WHO_WIDTH, fill);
}

static long long member(const json_t *event, const char *name)
{
	return (long long)json_integer_value(json_object_get(event, name));
}

static bool is(const json_t *event, const char *kind)
{
	const char *its = json_string_value(json_object_get(event, "event"));

	return its != NULL && strcmp(its, kind) == 0;
}

static void print_details(const json_t *event)
{
	const char *reason =
		json_string_value(json_object_get(event, "reason"));
	const char *dropped =
		json_string_value(json_object_get(event, "dropped"));

	if (json_object_get(event, "tag") != NULL)
		printf(" tag %lld", member(event, "tag"));
	if (json_is_true(json_object_get(event, "signal")))
		fputs(", the end of a process", stdout);
	else if (json_object_get(event, "bytes") != NULL)
		printf(", %lld bytes", member(event, "bytes"));
	if (reason != NULL) {
		putchar(' ');
		ln_ask_print_text(reason, TEXT_WIDTH, false);
	}
	if (json_object_get(event, "status") != NULL)
		printf(", status %lld", member(event, "status"));
	if (dropped != NULL) {
		fputs(", dropped: ", stdout);
		ln_ask_print_text(dropped, TEXT_WIDTH, false);
	}
}

static void print_event(const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "event"));
	long long us = member(event, "us");

	if (json_object_get(event, "lost") != NULL) {
		printf("%lld events were lost here\n", member(event, "lost"));
		return;
	}
	if (is(event, "begin")) {
		printf("%13s %-*s %s\n", "seconds", WHO_WIDTH, "process",
		       "event");
		return;
	}
	printf("%6lld.%06lld ", us / 1000000, us % 1000000);
	print_who(event, "process", true);
	putchar(' ');
	ln_ask_print_text(kind != NULL ? kind : "?", EVENT_WIDTH, true);
	if (json_object_get(event, "other") != NULL) {
		fputs(is(event, "start") ? " by " : " ", stdout);
		print_who(event, "other", is(event, "send"));
	}
	print_details(event);
	putchar('\n');
}

static bool on_item(void *argument, json_t *event)
{
	const bool *json = argument;

	if (*json)
		(void)ln_ask_print_json(event);
	else
		print_event(event);
	/* Each line as it comes; nobody reads any more when that fails. */
	return fflush(stdout) == 0;
}

/* What is asked for; NULL after a line about what is wrong, or when memory is
 * short. */
static json_t *arguments_of(const struct ln_control_words *ask,
			    const char *process)
{
	json_t *args = json_pack("{s:I,s:I}", "count", (json_int_t)ask->count,
				 "ms", (json_int_t)(ask->time / LN_NS_PER_MS));
	int failed = 0;

	if (args == NULL)
		return NULL;
	if (process != NULL)
		failed |= json_object_set_new(args, "process",
					      json_string(process));
	if (ask->environment >= 0)
		failed |= json_object_set_new(args, "environment",
					      json_integer(ask->environment));
	if (ask->fresh)
		failed |= json_object_set_new(args, "new", json_true());
	if (failed == 0)
		return args;
	json_decref(args);
	return NULL;
}

/* Says why it ended. */
static void print_end(const json_t *result)
{
	const char *reason =
		json_string_value(json_object_get(result, "reason"));
	bool ended = reason != NULL && strcmp(reason, "ended") == 0;

	printf("%lld events", member(result, "events"));
	if (member(result, "lost") > 0)
		printf(", %lld lost", member(result, "lost"));
	if (ended)
		puts("; the process has ended");
	else if (reason != NULL && strcmp(reason, "count") == 0)
		puts("; more of them with --count");
	else
		puts("; longer with --time");
}

static int trace(struct ln_control_client *client,
		 const struct ln_control_words *ask, const char *process)
{
	json_t *args = arguments_of(ask, process);
	bool json = ask->json;
	json_t *result;
	char *error;
	int failed;

	if (args == NULL) {
		ln_log_say("out of memory");
		return LN_ASK_FAILED;
	}
	failed = ln_control_ask(client, "trace", args,
				(int64_t)ask->time + LN_ASK_PATIENCE, on_item,
				&json, &result, &error);
	if (failed < 0) {
		int status = ln_ask_refuse(failed, error);

		return ln_control_error_is(client, "no-process") ? LN_ASK_NONE
								 : status;
	}
	if (json)
		(void)ln_ask_print_json(result);
	else
		print_end(result);
	json_decref(result);
	return ln_cli_flush() ? 0 : LN_ASK_FAILED;
}

/* Whether it is clear what is to be traced; else a line says so. */
static bool check_goal(const struct ln_control_words *ask, int words)
{
	if (words + (ask->environment >= 0) + ask->fresh == 1)
		return true;
	ln_log_say("one process, --environment or --new is to be traced; see "
		   "lunatic trace --help");
	return false;
}

int ln_cli_trace(int argc, char **argv)
{
	static const struct ln_ask_command command = {
		.help = "lunatic trace --help",
		.usage = "Usage: lunatic trace [options] PROCESS\n"
			 "       lunatic trace [options] --environment N\n"
			 "       lunatic trace [options] --new\n"
			 "\n"
			 "Prints what processes do until a bound: spawns, "
			 "ends, links, and messages\n"
			 "with their tags and sizes. The time is that since "
			 "the trace began.\n"
			 "PROCESS is as in lunatic inspect --help.\n",
		.own = ln_cli_trace_options,
		.min_words = 0,
		.max_words = 1,
	};
	struct ln_cli_options options;
	struct ln_control_client *client;
	const char *word = NULL;
	int status;
	int count =
		ln_ask_parse(&command, argc, argv, &options, &word, &status);

	if (count < 0)
		return status;
	if (!check_goal(&options.ask, count))
		return LN_ASK_USAGE;
	client = ln_ask_connect(&options, &status);
	if (client == NULL)
		return status;
	status = trace(client, &options.ask, count > 0 ? word : NULL);
	ln_control_close(client);
	return status;
}
