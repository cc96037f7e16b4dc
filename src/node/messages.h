/* Messages to processes of other nodes. */
#ifndef LN_NODE_MESSAGES_H
#define LN_NODE_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

struct ln_message;
struct ln_process;

/* See struct ln_remote_class. */
int ln_messages_send(struct ln_process *remote, struct ln_message *message,
		     bool wait, int64_t deadline);

#endif
