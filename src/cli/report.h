/* What all processes are doing, printed to standard error. */
#ifndef LN_CLI_REPORT_H
#define LN_CLI_REPORT_H

#include <stddef.h>

struct ln_inspection;
struct ln_runtime;

enum ln_report_form {
	LN_REPORT_NONE,
	LN_REPORT_TABLE, /* for people, at most 120 columns */
	LN_REPORT_JSON,  /* one object in one line */
};

/* Looks at the runtime's processes and prints the `most` with the most memory,
 * and totals. In a thread that is no worker. */
void ln_cli_report(struct ln_runtime *runtime, enum ln_report_form form,
		   size_t most);

/* The same as text, which the caller frees; NULL when memory is short. */
char *ln_cli_report_text(const struct ln_inspection *inspection,
			 enum ln_report_form form, size_t *len);

#endif
