/* Warnings about mailboxes that nobody empties. */
#ifndef LN_PROCESS_MAILBOX_WARNING_H
#define LN_PROCESS_MAILBOX_WARNING_H

#include <stdint.h>

struct ln_process;

/* Says in the log that a process has so many messages, unless too much was said
 * this second (base/log_writer.h): then it is counted. Any thread that holds no
 * lock; never waits. */
void ln_mailbox_warn(struct ln_process *process, uint64_t messages);

#endif
