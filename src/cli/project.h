/* The project in the current folder: its language, what builds it, and what
 * comes of that. In the main thread; failures are reported on standard error.
 */
#ifndef LN_CLI_PROJECT_H
#define LN_CLI_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

struct ln_project {
	const char *language;
	const char *marker; /* the file that tells */
	const char *tool;   /* the program that builds it */
	const char *get;    /* how to get that */
	/* Its arguments, itself first, and variables as NAME=value; to NULL. */
	const char *const *command;
	/* What takes its place where it is not installed, and the command of a
	 * shell that says whether that is; NULL: nothing does. */
	const char *const *instead;
	const char *probe;
	const char *const *variables;
	/* Where the module is: a file, or a folder with one. A first part
	 * "target" is what CARGO_TARGET_DIR says. */
	const char *const *outputs;
	/* Names, or endings that begin with a dot, of files that it is built
	 * from; to NULL. */
	const char *const *sources;
};

/* Words that may be added to its command. */
#define LN_PROJECT_MORE_MAX 64

/* The project; NULL after a line that there is none. */
const struct ln_project *ln_project_find(void);

/* Whether what builds it is installed; false after a line about what is not. */
bool ln_project_has_tools(const struct ln_project *project);

/* Builds it, with more arguments for the tool; `more_count` is at most
 * LN_PROJECT_MORE_MAX. The status of the tool, 0 for success; 1 after a line
 * about a tool that is missing. */
int ln_project_build(const struct ln_project *project, char **more,
		     size_t more_count);

/* The path of the module that was built last, for the caller to free; NULL
 * after a line that there is none, or for want of memory. */
char *ln_project_module(const struct ln_project *project);

/* Whether a change of a file of that name, without its folder, is one of what
 * the project is built from. */
bool ln_project_is_source(const struct ln_project *project, const char *name);

#endif
