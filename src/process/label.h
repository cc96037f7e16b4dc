/* What people may know a process by. */
#ifndef LN_PROCESS_LABEL_H
#define LN_PROCESS_LABEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/uuid.h"
#include "process/extra.h"

struct ln_process;

/* Sets the label of the running process, which reports show: valid UTF-8, cut
 * to what fits; empty for none. LN_ENOMEM. */
int ln_process_set_label(struct ln_process *self, const char *text, size_t len);

/* Copies a name that the process is registered under, or else its label; any
 * bytes but zero. False: it has neither. Any thread, also when it has ended. */
bool ln_process_known_as(struct ln_process *process, char name[LN_LABEL_SIZE]);

/* What log and reports call a process: its id, and what people know it by. */
#define LN_WHO_SIZE (LN_UUID_TEXT + LN_LABEL_SIZE + 4)
void ln_process_who(struct ln_process *process, char who[LN_WHO_SIZE]);

/* The same with `name` in the place of the latter; empty: none. */
void ln_process_who_named(const struct ln_process *process, const char *name,
			  char who[LN_WHO_SIZE]);

#endif
