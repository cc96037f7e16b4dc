/*
 * Monitors across nodes. The node of the watched process stores, for each
 * session, which processes to tell. When that session ends, the node of the
 * watching process tells it itself.
 */
#ifndef LN_NODE_REMOTE_MONITORS_H
#define LN_NODE_REMOTE_MONITORS_H

struct ln_monitor;
struct ln_process;

/* The functions of struct ln_remote_class that concern monitors. */
void ln_remote_monitors_watch(struct ln_process *remote,
			      struct ln_monitor *monitor);
void ln_remote_monitors_unwatch(struct ln_process *remote,
				struct ln_monitor *monitor);

#endif
