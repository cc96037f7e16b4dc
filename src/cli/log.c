/* `lunatic log`: up to which level a program that runs writes to its log. */
#include <stdio.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/options.h"
#include "control/client.h"

/* Tells the level, or sets it if `level` is not NULL. */
static int ask(struct ln_control_client *client, const char *level, bool json)
{
	json_t *answer;
	char *error;
	int result = ln_control_ask(
		client, "log", json_pack("{s:s*}", "level", level),
		LN_ASK_PATIENCE, NULL, NULL, &answer, &error);

	if (result < 0)
		return ln_ask_refuse(result, error);
	if (json)
		(void)ln_ask_print_json(answer);
	else
		printf("%s\n",
		       json_string_value(json_object_get(answer, "level")));
	json_decref(answer);
	return ln_cli_flush() ? 0 : LN_ASK_FAILED;
}

int ln_cli_log(int argc, char **argv)
{
	static const struct ln_ask_command command = {
		.help = "lunatic log --help",
		.usage = "Usage: lunatic log [options] [LEVEL]\n"
			 "\n"
			 "Tells up to which level a program that runs writes "
			 "lines to its log:\n"
			 "error, warn, info or debug. With a LEVEL it does so "
			 "up to that one from now\n"
			 "on, as with --log-level at its start; its guests "
			 "see the same.\n",
		.max_words = 1,
		.lacking = "too few words",
	};
	struct ln_cli_options options;
	struct ln_control_client *client;
	const char *level = NULL;
	int status;

	if (ln_ask_parse(&command, argc, argv, &options, &level, &status) < 0)
		return status;
	client = ln_ask_connect(&options, &status);
	if (client == NULL)
		return status;
	status = ask(client, level, options.ask.json);
	ln_control_close(client);
	return status;
}
