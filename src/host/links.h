/*
 * What guests of each generation do to processes: links, monitors, ends. A
 * process of another node is waited for until that node takes what there is to
 * tell; all may park.
 */
#ifndef LN_HOST_LINKS_H
#define LN_HOST_LINKS_H

#include <stdint.h>

struct ln_guest;
struct ln_process;

/* Links the guest's process and another; a dead one that kills takes effect at
 * once: LN_EKILLED. Traps. */
int ln_host_link(struct ln_guest *guest, struct ln_process *process,
		 int64_t tag);

int ln_host_unlink(struct ln_guest *guest, struct ln_process *process);

/* Watches a process, and stores the tag of what will tell of its end. Traps. */
int ln_host_monitor(struct ln_guest *guest, struct ln_process *process,
		    int64_t *tag);

/* Kills a process. LN_EKILLED: it was the guest's own. */
int ln_host_kill(struct ln_guest *guest, struct ln_process *process);

#endif
