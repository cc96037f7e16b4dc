/*
 * Monitors across nodes: the node of the watched process keeps, for the session
 * that asked, who is to be told; the node of the one that watches tells it
 * itself when that session is over.
 */
#ifndef LN_NODE_MONITORS_H
#define LN_NODE_MONITORS_H

struct ln_monitor;
struct ln_process;

/* The functions of struct ln_remote_class that concern monitors. */
void ln_monitors_watch(struct ln_process *remote, struct ln_monitor *monitor);
void ln_monitors_unwatch(struct ln_process *remote, struct ln_monitor *monitor);

#endif
