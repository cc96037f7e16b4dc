/*
 * Monitors: a process is told of the end of another one, whatever that end is,
 * by exactly one message, under a tag that the host has chosen for it. The same
 * tags are given out for answers to requests: a message under such a tag is let
 * in only while its monitor is there, so that no answer comes too late.
 *
 * All but ln_watchers_tell are called by the process `self` itself.
 */
#ifndef LN_PROCESS_MONITORS_H
#define LN_PROCESS_MONITORS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "process/end.h"

struct ln_message;
struct ln_monitors;
struct ln_process;

/* Bytes of the message that tells of an end: the reason and the code, each a
 * little-endian u32, and the id of the process, u64; 0: not known. Later
 * versions may add to the end. */
#define LN_END_SIZE 16

/* Reads that message; false: it is another one. */
bool ln_message_end(const struct ln_message *message, struct ln_end *end);

/* The id of the process whose end a message tells of; 0: it tells of none, or
 * the id is not known. */
uint64_t ln_message_ended(const struct ln_message *message);

/* Told of the end of a process; in a list of that process, which is under its
 * lock, and embedded by who wants to know. */
struct ln_watcher {
	struct ln_watcher *next;
	struct ln_watcher **at; /* what points to it; NULL: in no list */
	/* It is in the list no more; under no lock, must not park. */
	void (*ended)(struct ln_watcher *watcher, const struct ln_end *end);
};

/* Under the lock of `process`: adds a watcher; takes one out, false when it is
 * in no list. */
void ln_watchers_add(struct ln_process *process, struct ln_watcher *watcher);
bool ln_watchers_remove(struct ln_watcher *watcher);

/* Tells all watchers, one after the other, with others running in between when
 * it is called by a task. */
void ln_watchers_tell(struct ln_process *process, const struct ln_end *end);

/* One process that watches another. */
struct ln_monitor {
	struct ln_watcher watcher;   /* of the watched one */
	_Atomic uint32_t references; /* the table's and the list's */
	struct ln_process *self;     /* who watches; counted */
	struct ln_process *process;  /* watched; counted; NULL: there is none */
	int64_t tag;
	uint64_t number; /* of the process, if that was asked for; else 0 */
	/* Under the lock of `self`. */
	struct ln_message *notice; /* NULL: it is in the mailbox */
	uint32_t arrived;          /* other messages under the tag, ever */
	/* By `self` only. */
	uint32_t taken; /* of those, out of the mailbox */
};

/* A tag that no process has used before, negative, for one request. LN_ENOMEM.
 */
int ln_process_new_tag(struct ln_process *self, int64_t *tag);

/* Watches a process until it ends, and stores the tag of the message that will
 * tell of that; at once when it has ended. LN_ELIMIT: it has as many monitors
 * as it may have links, those included whose message has not been taken yet.
 * LN_ENOMEM; LN_EKILLED. Waits only for room, see ln_process_wait_for_room. */
int ln_process_monitor(struct ln_process *self, struct ln_process *process,
		       int64_t *tag);

/* The same under a tag that ln_process_new_tag gave. LN_EINVAL: it did not, or
 * the tag is in use. */
int ln_process_monitor_as(struct ln_process *self, struct ln_process *process,
			  int64_t tag);

/* Ends a monitor: no message under its tag is in the mailbox any more, nor will
 * any be let in. False: there was none, or it had told. May let others run. */
bool ln_process_demonitor(struct ln_process *self, int64_t tag);

/* Watches the process with an id, or tells at once that it has ended when
 * `process` is NULL. Does nothing while there is such a monitor already. Errors
 * as those of ln_process_monitor. */
int ln_process_watch(struct ln_process *self, uint64_t number,
		     struct ln_process *process);

/* Ends that monitor, as ln_process_demonitor does. */
void ln_process_unwatch(struct ln_process *self, uint64_t number);

/* Ends all, when `self` has ended. */
void ln_monitors_end(struct ln_monitors *monitors);

/* For the layer above: a monitor of `self` under that tag, if it watches a
 * process of another node, with a reference; or NULL. Any thread. */
struct ln_monitor *ln_monitor_find(struct ln_process *self, int64_t tag);
void ln_monitor_release(struct ln_monitor *monitor);

#endif
