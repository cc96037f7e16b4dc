/*
 * DESIGN
 * `lunatic inspect` and `lunatic kill`: what the program says of a process, as
 * lines for people. Members that an older program does not tell of are left
 * out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/options.h"
#include "control/client.h"
#include "control/fields.h"

#define KILL_MAX 32
#define LABEL_WIDTH 14
#define TEXT_WIDTH 200

/* ---- Lines ---- */

static void print_label(const char *label)
{
	printf("%-*s ", LABEL_WIDTH, label);
}

static void print_text(const json_t *value)
{
	const char *text = json_string_value(value);

	ln_ask_print_text(text != NULL ? text : "-", TEXT_WIDTH, false);
}

static void print_number(const json_t *value)
{
	printf("%lld", (long long)json_integer_value(value));
}

static void print_size(const json_t *value)
{
	char text[32];

	ln_ask_format_size(text, sizeof(text),
			   (uint64_t)json_integer_value(value));
	fputs(text, stdout);
}

static void print_value(const struct ln_field *field, const json_t *value)
{
	char text[32];

	if (json_is_string(value)) {
		print_text(value);
	} else if (field->kind == LN_FIELD_BYTES) {
		print_size(value);
	} else if (field->kind == LN_FIELD_TIME) {
		ln_ask_format_time(text, sizeof(text),
				   (uint64_t)json_integer_value(value));
		fputs(text, stdout);
	} else {
		print_number(value);
	}
}

/* The plain fields that have a value. */
static void print_fields(const json_t *process)
{
	for (const struct ln_field *at = ln_process_fields; at->name != NULL;
	     at++) {
		const json_t *value = json_object_get(process, at->name);

		/* The environment has lines of its own. */
		if (value == NULL || json_is_null(value) ||
		    strcmp(at->name, "environment") == 0)
			continue;
		print_label(at->name);
		print_value(at, value);
		putchar('\n');
	}
}

/* ---- Lists ---- */

static void print_functions(const json_t *process)
{
	const json_t *host = json_object_get(process, "host_function");
	const json_t *functions = json_object_get(process, "functions");
	json_t *function;
	size_t i;

	if (json_is_string(host)) {
		print_label("in");
		print_text(host);
		putchar('\n');
	}
	json_array_foreach(functions, i, function)
	{
		print_label(i == 0 ? "at" : "");
		print_text(function);
		putchar('\n');
	}
}

static void print_names(const json_t *process)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(process, "names"), i, name)
	{
		print_label(i == 0 ? "names" : "");
		print_text(json_object_get(name, "name"));
		putchar(' ');
		print_text(json_object_get(name, "version"));
		putchar('\n');
	}
}

/* The processes that it is linked to, or watches. */
static void print_relations(const json_t *process, const char *name)
{
	json_t *other;
	size_t i;

	json_array_foreach(json_object_get(process, name), i, other)
	{
		const json_t *number = json_object_get(other, "number");

		print_label(i == 0 ? name : "");
		if (number != NULL)
			print_number(number);
		else
			print_text(json_object_get(other, "id"));
		if (json_object_get(other, "remote") != NULL)
			fputs(" (on another node)", stdout);
		if (json_object_get(other, "name") != NULL) {
			putchar(' ');
			print_text(json_object_get(other, "name"));
		}
		printf(", tag %lld\n", (long long)json_integer_value(
					       json_object_get(other, "tag")));
	}
}

static void print_messages(const json_t *process, const char *name,
			   const char *label)
{
	json_t *message;
	size_t i;

	json_array_foreach(json_object_get(process, name), i, message)
	{
		print_label(i == 0 ? label : "");
		printf("tag %lld, ", (long long)json_integer_value(
					     json_object_get(message, "tag")));
		if (json_is_true(json_object_get(message, "signal")))
			puts("the end of a process");
		else
			printf("%lld bytes\n",
			       (long long)json_integer_value(
				       json_object_get(message, "bytes")));
	}
}

static void print_held(const json_t *process)
{
	json_t *held = json_object_get(process, "holds");
	const char *noun;
	json_t *count;
	bool first = true;

	json_object_foreach(held, noun, count)
	{
		print_label(first ? "holds" : "");
		first = false;
		printf("%lld ", (long long)json_integer_value(count));
		ln_ask_print_text(noun, TEXT_WIDTH, false);
		putchar('\n');
	}
}

/* "used of bound"; nothing when it is not known. */
static void print_use(const json_t *environment, const char *label,
		      const char *used, const char *bound, bool bytes)
{
	const json_t *value = json_object_get(environment, used);
	const json_t *max = json_object_get(environment, bound);

	if (!json_is_integer(value))
		return;
	print_label("");
	printf("%s ", label);
	if (bytes)
		print_size(value);
	else
		print_number(value);
	fputs(" of ", stdout);
	if (!json_is_integer(max))
		fputs("any", stdout);
	else if (bytes)
		print_size(max);
	else
		print_number(max);
	putchar('\n');
}

static void print_environment(const json_t *process)
{
	const json_t *in = json_object_get(process, "in");
	json_t *above;
	size_t i;

	if (in == NULL)
		return;
	print_label("environment");
	print_number(json_object_get(in, "number"));
	json_array_foreach(json_object_get(in, "above"), i, above)
	{
		fputs(i == 0 ? " below " : ", ", stdout);
		print_number(above);
	}
	putchar('\n');
	print_use(in, "processes", "processes", "max_processes", false);
	print_use(in, "environments", "environments", "max_environments",
		  false);
	print_use(in, "descriptors", "descriptors", "max_descriptors", false);
	print_use(in, "memory", "total_memory", "max_total_memory", true);
}

static void print_process(const json_t *process)
{
	print_fields(process);
	print_functions(process);
	print_names(process);
	print_relations(process, "linked");
	print_relations(process, "watches");
	print_messages(process, "oldest_messages", "oldest");
	/* When there are few they are the same. */
	if ((size_t)json_integer_value(json_object_get(process, "messages")) >
	    json_array_size(json_object_get(process, "oldest_messages")))
		print_messages(process, "newest_messages", "newest");
	print_held(process);
	print_environment(process);
	if (!json_is_true(json_object_get(process, "answered")))
		puts("It did not answer in time, so its functions and messages "
		     "are not known.");
}

/* ---- Commands ---- */

static json_t *process_argument(const char *process)
{
	return json_pack("{s:s}", "process", process);
}

/* Says an error of the answer; the program has said whether it found the
 * process. */
static int refuse(const struct ln_control_client *client, int result,
		  char *error)
{
	int status = ln_ask_refuse(result, error);

	return ln_control_error_is(client, "no-process") ? LN_ASK_NONE : status;
}

static int inspect(struct ln_control_client *client, const char *word,
		   bool json)
{
	json_t *process;
	char *error;
	int result =
		ln_control_ask(client, "inspect", process_argument(word),
			       LN_ASK_PATIENCE, NULL, NULL, &process, &error);

	if (result < 0)
		return refuse(client, result, error);
	if (json)
		(void)ln_ask_print_json(process);
	else
		print_process(process);
	json_decref(process);
	return ln_cli_flush() ? 0 : LN_ASK_FAILED;
}

static int kill_one(struct ln_control_client *client, const char *word,
		    bool json)
{
	json_t *killed;
	char *error;
	int result =
		ln_control_ask(client, "kill", process_argument(word),
			       LN_ASK_PATIENCE, NULL, NULL, &killed, &error);
	bool ended;

	if (result < 0)
		return refuse(client, result, error);
	ended = json_is_true(json_object_get(killed, "ended"));
	if (json)
		(void)ln_ask_print_json(killed);
	else if (!ended)
		ln_log_say("process %s was told to end, and has not yet; it "
			   "will when its host call is over",
			   word);
	json_decref(killed);
	return ended ? 0 : LN_ASK_FAILED;
}

int ln_cli_inspect(int argc, char **argv)
{
	static const struct ln_ask_command command = {
		.help = "lunatic inspect --help",
		.usage = "Usage: lunatic inspect [options] PROCESS\n"
			 "\n"
			 "Tells all of one process: what it does, waits for "
			 "and holds, its links,\n"
			 "names and messages, and its environment. PROCESS is "
			 "its number in lunatic\n"
			 "ps, a name that it is registered under, its id or "
			 "the beginning of that,\n"
			 "its label, or the function that it was spawned "
			 "with.\n",
		.min_words = 1,
		.max_words = 1,
		.lacking = "no process was given",
	};
	struct ln_cli_options options;
	struct ln_control_client *client;
	const char *word;
	int status;

	if (ln_ask_parse(&command, argc, argv, &options, &word, &status) < 0)
		return status;
	client = ln_ask_connect(&options, &status);
	if (client == NULL)
		return status;
	status = inspect(client, word, options.ask.json);
	ln_control_close(client);
	return status;
}

int ln_cli_kill(int argc, char **argv)
{
	static const struct ln_ask_command command = {
		.help = "lunatic kill --help",
		.usage = "Usage: lunatic kill [options] PROCESS...\n"
			 "\n"
			 "Ends processes at once, as if one that they are "
			 "linked to had failed.\n"
			 "The end of the first process of a program ends all "
			 "others. PROCESS is\n"
			 "as in lunatic inspect --help.\n",
		.min_words = 1,
		.max_words = KILL_MAX,
		.lacking = "no process was given",
	};
	struct ln_cli_options options;
	struct ln_control_client *client;
	const char *words[KILL_MAX];
	int status;
	int count =
		ln_ask_parse(&command, argc, argv, &options, words, &status);

	if (count < 0)
		return status;
	client = ln_ask_connect(&options, &status);
	if (client == NULL)
		return status;
	status = 0;
	for (int i = 0; i < count; i++) {
		int one = kill_one(client, words[i], options.ask.json);

		if (one != 0)
			status = one;
	}
	ln_control_close(client);
	return ln_cli_flush() ? status : LN_ASK_FAILED;
}
