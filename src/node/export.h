/*
 * Local processes that other nodes have heard of: they find them by id. A
 * process is entered when a reference to it crosses, and leaves when it ends;
 * how it ended is remembered for a while.
 */
#ifndef LN_NODE_EXPORT_H
#define LN_NODE_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

struct ln_end;
struct ln_node;
struct ln_process;

/* Enters a local process. One that has ended is noted as such. LN_ENOMEM. */
int ln_export(struct ln_node *node, struct ln_process *process);

/* The process of that id, with a reference for the caller; it may have ended
 * just now. NULL: there is none; *end says how it ended. */
struct ln_process *ln_export_find(struct ln_node *node, const uint8_t id[16],
				  struct ln_end *end);

#endif
