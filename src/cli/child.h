/* Programs that the command line starts: tools that build, and itself. In the
 * main thread, before there are others. */
#ifndef LN_CLI_CHILD_H
#define LN_CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* This program. */
#define LN_CHILD_SELF "/proc/self/exe"

/* Whether the PATH has a program of that name. */
bool ln_child_is_installed(const char *program);

/* Starts a program, found by the PATH, with all signals as they are by default.
 * `words` are its arguments, itself first, and `variables` (NULL: none) are
 * added to the environment as NAME=value; both to NULL. `output` is what it
 * gets as its standard output. -1 after a line about the failure. One that
 * cannot be run ends with status 127, after a line. */
pid_t ln_child_start(const char *const *words, const char *const *variables,
		     int output);

/* Waits for it. Its status; that of a signal is 128 and its number. */
int ln_child_wait(pid_t pid);

/* Whether it has ended; if so, *status as above. */
bool ln_child_has_ended(pid_t pid, int *status);

/* Both; 1 if it cannot be started. */
int ln_child_run(const char *const *words, const char *const *variables);

/* Ends it: with SIGTERM, and if that takes longer than 3 s with SIGKILL. */
void ln_child_stop(pid_t pid);

#endif
