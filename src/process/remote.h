/*
 * Processes that run on other nodes, as this layer sees them: a struct
 * ln_process that never runs, with the id of the one that it stands for and a
 * mailbox that is closed from the start. So a message to it takes the slow path
 * of messages to ended processes. Only that path, and those that kill, link or
 * free a process, check whether it is remote. The layer above says what to do
 * then, in a table of functions.
 */
#ifndef LN_PROCESS_REMOTE_H
#define LN_PROCESS_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

struct ln_message;
struct ln_monitor;
struct ln_process;

/* None parks unless it says so. `remote` is the process that has the class. */
struct ln_remote_class {
	/* Sends a message, which it takes over. When `wait` is set the running
	 * task parks until there is room, or until `deadline`. LN_EINVAL: it
	 * cannot cross to another node, and is still the caller's; LN_EDEAD,
	 * LN_EFULL, LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM. */
	int (*send)(struct ln_process *remote, struct ln_message *message,
		    bool wait, int64_t deadline);

	/* See ln_process_wait_for_room. */
	int (*wait_for_room)(struct ln_process *remote, int64_t deadline);

	void (*kill)(struct ln_process *remote);

	/* See ln_process_link; `self` is local. */
	int (*link)(struct ln_process *self, struct ln_process *remote,
		    int64_t self_tag, int64_t peer_tag);
	void (*unlink)(struct ln_process *self, struct ln_process *remote);

	/* A local process, monitor->self, begins to watch it: adds the watcher,
	 * or tells at once when the remote process cannot be watched. */
	void (*monitor)(struct ln_process *remote, struct ln_monitor *monitor);
	/* It does no longer; under the lock of `remote`. */
	void (*demonitor)(struct ln_process *remote,
			  struct ln_monitor *monitor);

	/* A local process that was linked to it has ended. It has forgotten its
	 * links already. */
	void (*link_ended)(struct ln_process *remote, struct ln_process *ended,
			   bool failed);

	/* It was entered into a registry, which is to forget it when it ends or
	 * its node is lost: see ln_registry_forget. May do so at once. */
	void (*registered)(struct ln_process *remote);

	/* Nobody holds a reference any more. */
	void (*free)(struct ln_process *remote);
};

/* Told of the end of a local process; embedded by who wants to know. */
struct ln_end_watch {
	struct ln_end_watch *next;
	/* On the fiber of the process, which has forgotten its links but not
	 * yet told them. May let others run (ln_task_rest_if_free). */
	void (*ended)(struct ln_end_watch *watch, struct ln_process *process);
	const void *owner; /* the watcher's, to find its own */
};

/* Prepares a process that is remote, with one reference, in zeroed memory. */
void ln_remote_init(struct ln_process *process,
		    const struct ln_remote_class *class, const uint8_t id[16]);

/* Unlinks a local process and a remote one in one step, if they are linked: the
 * remote one's lock is taken under that of the local one. If it failed, the
 * local one is told, with the tag that the remote one has for it. False: they
 * were not linked. */
bool ln_remote_end_link(struct ln_process *process, struct ln_process *remote,
			bool failed);

#endif
