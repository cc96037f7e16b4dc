/* What people may know a process by. */
#ifndef LN_PROCESS_LABEL_H
#define LN_PROCESS_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log_line.h"
#include "base/uuid.h"
#include "process/extra.h"

struct ln_process;

/* Sets the label of the running process, which reports show: valid UTF-8, cut
 * to what fits; empty for none. LN_ENOMEM. */
int ln_process_set_label(struct ln_process *self, const char *text, size_t len);

/* Copies a name that the process is registered under, or else its label; any
 * bytes but zero. False: it has neither. Any thread, also when it has ended. */
bool ln_process_known_as(struct ln_process *process, char name[LN_LABEL_SIZE]);

/* What the log calls a process: its id, and what people know it by, clean. */
struct ln_who {
	char id[LN_UUID_TEXT];
	char name[LN_LABEL_SIZE];
	uint64_t environment;
	int64_t time; /* when it was asked, base/log_line.h */
};

void ln_process_who(struct ln_process *process, struct ln_who *who);

/* The same with `name` in the place of what it is known by; empty: none. */
void ln_process_who_named(const struct ln_process *process, const char *name,
			  struct ln_who *who);

/* What a line of the log is about, which points to `who`. */
struct ln_log_about ln_who_about(const struct ln_who *who);

#endif
