/* Messages to processes of other nodes. */
#ifndef LN_NODE_MESSAGES_H
#define LN_NODE_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

struct ln_message;
struct ln_peer;
struct ln_process;

/* See struct ln_remote_class. */
int ln_messages_send(struct ln_process *remote, struct ln_message *message,
		     bool wait, int64_t deadline);

/* Sends a message to the process of another node that has that number there;
 * if there is none that may be reached by it, it is dropped there. The node
 * speaks LN_NUMBERS_VERSION. By a task, which waits for room. Errors, and who
 * has the message then, as above. */
int ln_messages_send_numbered(struct ln_peer *peer, uint64_t number,
			      struct ln_message *message, int64_t deadline);

#endif
