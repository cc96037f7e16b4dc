/*
 * DESIGN
 * The commands by their names, and suggestions for a word that is neither a
 * command nor a file.
 */
#include "cli/commands.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/nearest.h"

const struct ln_cli_command ln_cli_commands[] = {
	{ "run", NULL },
	{ "test", NULL },
	{ "serve", NULL },
	{ "init", ln_cli_init },
	{ "build", ln_cli_build },
	{ "dev", ln_cli_dev },
	{ "doctor", ln_cli_doctor },
	{ "help", ln_cli_help },
	{ "ps", ln_cli_ps },
	{ "top", ln_cli_top },
	{ "inspect", ln_cli_inspect },
	{ "kill", ln_cli_kill },
	{ "log", ln_cli_log },
	{ "upgrade", ln_cli_upgrade },
	{ "trace", ln_cli_trace },
	{ "cluster-ca", ln_cli_cluster_ca },
	{ "completions", ln_cli_completions },
	{ NULL, NULL },
};

/* Commands that other runtimes and other tools have. */
static const struct {
	const char *word;
	const char *instead;
} foreign[] = {
	{ "exec", "lunatic FILE" },
	{ "new", "lunatic init FOLDER" },
	{ "plugin", "lunatic --plugin FILE" },
	{ "version", "lunatic --version" },
};

/* Commands of lunatic 0.13 that have no like here. */
static const struct {
	const char *word;
	const char *instead;
} former[] = {
	{ "node", "a node is an option: lunatic --node ADDR --node-name NAME "
		  "--peer ADDR FILE, or --no-entry in the place of FILE (see "
		  "lunatic help nodes)" },
	{ "control",
	  "nodes need no control server: each is started with --node ADDR "
	  "--node-name NAME, and all but the first with the --peer ADDR of "
	  "another (see lunatic help nodes)" },
	{ "deploy", "there is no cloud service to deploy to: copy the module "
		    "to the machine, and run it with lunatic FILE" },
	{ "login", "there is no cloud service to log in to: run modules with "
		   "lunatic FILE" },
	{ "app", "there is no cloud service that has apps: run modules with "
		 "lunatic FILE" },
};

bool ln_cli_refuse_former(const char *word)
{
	for (size_t i = 0; i < sizeof(former) / sizeof(former[0]); i++) {
		if (strcmp(former[i].word, word) != 0)
			continue;
		if (access(word, F_OK) == 0)
			return false;
		ln_log_say("there is no command '%s': %s", word,
			   former[i].instead);
		return true;
	}
	return false;
}

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
