/*
 * DESIGN
 * The commands by their names, and suggestions for a word that is neither a
 * command nor a file.
 */
#include "cli/commands.h"

#include <string.h>

#include "cli/nearest.h"

const struct ln_cli_command ln_cli_commands[] = {
	{ "test", NULL },
	{ "init", ln_cli_init },
	{ "help", ln_cli_help },
	{ "cluster-ca", ln_cli_cluster_ca },
	{ "completions", ln_cli_completions },
	{ NULL, NULL },
};

/* Commands that other runtimes and other tools have. */
static const struct {
	const char *word;
	const char *instead;
} foreign[] = {
	{ "run", "lunatic FILE" },
	{ "exec", "lunatic FILE" },
	{ "node", "lunatic --node ADDR --node-name NAME --no-entry" },
	{ "new", "lunatic init FOLDER" },
	{ "plugin", "lunatic --plugin FILE" },
	{ "version", "lunatic --version" },
};

const struct ln_cli_command *ln_cli_find_command(const char *word)
{
	const struct ln_cli_command *at = ln_cli_commands;

	while (at->name != NULL && strcmp(at->name, word) != 0)
		at++;
	return at->name != NULL ? at : NULL;
}

const char *ln_cli_instead(const char *word)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (strcmp(foreign[i].word, word) == 0)
			return foreign[i].instead;
	}
	return NULL;
}

const char *ln_cli_nearest_command(const char *word)
{
	struct ln_nearest nearest;

	ln_nearest_begin(&nearest, word);
	for (const struct ln_cli_command *at = ln_cli_commands;
	     at->name != NULL; at++)
		ln_nearest_offer(&nearest, at->name);
	return ln_nearest_end(&nearest);
}
