/*
 * How a test ended, and what it printed. Output goes to a file in memory of a
 * fixed size: a test that prints endlessly gets an error.
 */
#ifndef LN_CLI_VERDICT_H
#define LN_CLI_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "process/config.h"

struct ln_verdict {
	struct ln_console console;
	bool captured; /* the console is there */
	bool failed;
	char reason[160];       /* why, in a few words */
	bool lacks_directories; /* it looked for one and was given none */
};

/* Zeros are a verdict; it is of one thread at a time. */

void ln_verdict_fail(struct ln_verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Has the console keep what is written there; false: no memory or descriptor.
 */
bool ln_verdict_capture(struct ln_verdict *verdict);

/* What was printed until now, for the caller to free; NULL when there is
 * nothing. */
char *ln_verdict_text(const struct ln_verdict *verdict, size_t *len);

/* Prints that on standard output, in whole lines; false: there was nothing. */
bool ln_verdict_print(const struct ln_verdict *verdict);

/* Closes the console, to which nobody writes any more. */
void ln_verdict_deinit(struct ln_verdict *verdict);

#endif
