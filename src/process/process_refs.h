/*
 * References to processes, for what holds them and knows nothing else of them:
 * messages and tables of links. See process/process.h.
 */
#ifndef LN_PROCESS_PROCESS_REFS_H
#define LN_PROCESS_PROCESS_REFS_H

struct ln_process;

/* Any thread. The last release frees it. */
struct ln_process *ln_process_retain(struct ln_process *process);
void ln_process_release(struct ln_process *process);

#endif
