/* The project in the current folder: its language, what builds it, and what
 * comes of that. In the main thread; failures are reported on standard error.
 */
#ifndef LN_CLI_PROJECT_H
#define LN_CLI_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct ln_project {
	const char *language;
	const char *word;   /* of lunatic doctor and --lang */
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
	 * "target" is what CARGO_TARGET_DIR says; below a folder that ends in
	 * '/' there is one for each profile of cargo. */
	const char *output;
	/* Names, or endings that begin with a dot, of files that it is built
	 * from; to NULL. */
	const char *const *sources;
};

/* Words that may be added to its command. */
#define LN_PROJECT_MORE_MAX 64

/* One time that it is built. */
struct ln_build {
	const struct ln_project *project;
	char **more;           /* arguments for the tool */
	size_t more_count;     /* at most LN_PROJECT_MORE_MAX */
	struct timespec begun; /* is set when it starts */
};

/* The project; NULL after a line that there is none. */
const struct ln_project *ln_project_find(void);

/* Whether what builds it is installed; false after a line about what is not. */
bool ln_project_has_tools(const struct ln_project *project);

/* Starts a build with tools that are there; see ln_child_start. */
pid_t ln_build_start(struct ln_build *build);

/* Starts it and waits. The status of the tool, 0 for success; 1 if it cannot be
 * started. */
int ln_build_run(struct ln_build *build);

/* Prints a line if a build may have failed for want of a compiler, or of a
 * newer one. */
void ln_build_explain(const struct ln_build *build);

/* The path of the module that a build which succeeded has made, or found as it
 * should be, for the caller to free; NULL after a line that there is none, or
 * for want of memory. */
char *ln_build_module(const struct ln_build *build);

/* Whether a change of a file of that name, without its folder, is one of what
 * the project is built from. */
bool ln_project_is_source(const struct ln_project *project, const char *name);

#endif
