/*
 * Local processes that other nodes know, found by id. A process is entered when
 * a reference to it is sent to another node, and removed when it ends; how it
 * ended is remembered for a while.
 */
#ifndef LN_NODE_EXPORT_H
#define LN_NODE_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

struct ln_end;
struct ln_local_node;
struct ln_process;

/* Enters a local process. If it has ended, its end is noted. LN_ENOMEM. */
int ln_export(struct ln_local_node *node, struct ln_process *process);

/* The process with that id, with a reference for the caller; it may just have
 * ended. NULL: there is none; *end tells how it ended. */
struct ln_process *ln_export_find(struct ln_local_node *node,
				  const uint8_t id[16], struct ln_end *end);

#endif
