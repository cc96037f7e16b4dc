/*
 * What a process is spawned with, besides the parameters of its entry: a
 * message that it takes once, of bytes and resources. It counts for the
 * environment until it is taken.
 */
#ifndef LN_PROCESS_STARTUP_H
#define LN_PROCESS_STARTUP_H

struct ln_environment;
struct ln_message;
struct ln_process;

/* Gives it to a process that has not been started yet. Takes the message over,
 * whatever is returned. LN_EMEMORY, LN_ENOMEM. */
int ln_process_set_startup(struct ln_process *process,
			   struct ln_message *message);

/* Takes it, by the running process; NULL: there is none any more. The caller's.
 */
struct ln_message *ln_process_take_startup(struct ln_process *self);

/* Frees it at the end of a process; NULL is fine. */
void ln_startup_end(struct ln_message *message,
		    struct ln_environment *environment);

#endif
