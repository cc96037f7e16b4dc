/*
 * Warnings about mailboxes that nobody empties. Whoever sends the message that
 * is too many takes down who it is and how many there are; the thread that
 * writes the log makes that a text.
 */
#include "process/mailbox_warning.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/log.h"
#include "base/log_writer.h"
#include "process/inspect.h"
#include "process/label.h"
#include "process/process.h"

struct warning {
	struct ln_log_item item;
	uint64_t messages;
	struct ln_who who;
};

static char *render(struct ln_log_item *item, size_t *len)
{
	struct warning *warning = ln_container_of(item, struct warning, item);
	struct ln_log_about about = ln_who_about(&warning->who);
	char text[64];
	int n = snprintf(text, sizeof(text), "has %llu messages in its mailbox",
			 (unsigned long long)warning->messages);

	return ln_log_line(LN_LOG_WARN, &about, text, (size_t)n, len);
}

static void free_warning(struct ln_log_item *item)
{
	free(ln_container_of(item, struct warning, item));
}

/* By its registered name, its label, or the function that it was spawned from.
 */
static void name(struct ln_process *process, struct warning *warning)
{
	struct ln_process_info info = { .name = "" };
	char known[LN_LABEL_SIZE];

	if (ln_process_known_as(process, known)) {
		ln_process_who_named(process, known, &warning->who);
		return;
	}
	ln_process_lock(process);
	if (!process->dead && process->describe != NULL)
		process->describe(process, &info);
	ln_process_unlock(process);
	ln_process_who_named(process, info.name, &warning->who);
}

void ln_mailbox_warn(struct ln_process *process, uint64_t messages)
{
	struct warning *warning = NULL;

	if (ln_log_enabled(LN_LOG_WARN) && ln_log_admits_warning())
		warning = malloc(sizeof(*warning));
	if (warning == NULL)
		return;
	warning->item = (struct ln_log_item){
		.size = sizeof(*warning),
		.kind = LN_LOG_WARNING,
		.render = render,
		.free = free_warning,
	};
	warning->messages = messages;
	name(process, warning);
	ln_log_push(&warning->item);
}
