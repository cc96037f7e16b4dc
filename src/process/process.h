/*
 * Processes: a task with a mailbox, links and an end. What runs in one is a
 * function given at its start: a wasm instance (process/wasm.c) or native C.
 * References are counted; a process that has ended stays as long as somebody
 * holds one, small, and refuses messages.
 */
#ifndef LN_PROCESS_PROCESS_H
#define LN_PROCESS_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "process/directory.h"
#include "process/end.h"
#include "process/links.h"
#include "process/mailbox.h"
#include "process/process_refs.h"
#include "sched/task.h"

struct ln_environment;
struct ln_extra;
struct ln_message;
struct ln_process;
struct ln_process_info;
struct ln_registration;
struct ln_remote_class;
struct ln_report;
struct ln_runtime;
struct ln_end_watch;
struct ln_watcher;

/* How a process ended. All but the first count as failure for its links. */
enum ln_outcome {
	LN_OUTCOME_NORMAL,  /* returned, or exited with status 0 */
	LN_OUTCOME_EXITED,  /* exited with another status */
	LN_OUTCOME_TRAPPED, /* see the report that was printed */
	LN_OUTCOME_KILLED,  /* by somebody, or by the death of a link */
};

/* A message touches three lines of the cache: one of the task and two of the
 * mailbox. What comes first fills the lines before these. */
struct ln_process {
	const struct ln_remote_class
		*remote;                    /* NULL: it runs here; immutable */
	struct ln_environment *environment; /* counted; NULL: remote;
					     * immutable */
	_Atomic uint32_t references;
	_Atomic uint32_t ended;    /* futex: whether all is over, and whether
				    * a thread sleeps until then */
	struct ln_report *failure; /* owned: why it trapped; NULL: it has not,
				    * or is a plugin; likewise */
	uint8_t parent[16];        /* id of the process that spawned it, zeros:
				    * none did; immutable after the start */
	int64_t started;           /* CLOCK_MONOTONIC, ns; likewise */
	uint64_t traces_before;    /* traces begun by then; 0 if there were
				    * none; likewise */

	struct ln_task task;
	struct ln_mailbox mailbox;

	/* Any thread. */
	_Atomic bool die_when_link_dies;

	/* Of process/fold.c. */
	uint8_t fold_seen;             /* when it was last seen to have run */
	_Atomic uint8_t fold_patience; /* doublings of what it must wait for */
	_Atomic uint32_t fold_word;    /* how it is folded, or was seen */

	/* Under the process's lock. */
	bool dead;
	uint8_t outcome;    /* enum ln_outcome; valid when dead */
	uint32_t exit_code; /* likewise */
	struct ln_links links;
	struct ln_registration *registrations; /* a list; in the registries */
	struct ln_end_watch *watches;          /* told of its end */
	struct ln_watcher *watchers;           /* likewise, after its links */
	struct ln_extra *extra;                /* NULL: none */

	/* Immutable after the start. */
	enum ln_outcome (*body)(struct ln_process *process);
	void *argument;                        /* the body's */
	void (*free_argument)(void *argument); /* at the end; may be NULL */
	/* Says what only the body knows, under the lock, while the
	 * argument lives; may be NULL. */
	void (*describe)(const struct ln_process *process,
			 struct ln_process_info *info);
	uint8_t id[16]; /* UUID, RFC 9562 byte order */

	struct ln_directory_entry entry; /* with its id; see process/lookup.h */
};

/* What a process is charged at beside its memory: store, instance, the top of
 * its stack. And what is left of one that has ended, while somebody has a
 * handle of it. */
#define LN_PROCESS_BYTES 16384u
#define LN_PROCESS_ENDED_BYTES 1024u

/* The lock of a process: it guards how the process ended, its links, its
 * registrations, whoever watches it, and what senders see of its mailbox, which
 * it lies in. Two of them are taken together only as process.c says. */
static inline void ln_process_lock(struct ln_process *process)
{
	ln_lock_acquire(&process->mailbox.lock);
}

static inline void ln_process_unlock(struct ln_process *process)
{
	ln_lock_release(&process->mailbox.lock);
}

/* Asserts that the lock is held. */
static inline void ln_process_assert_locked(const struct ln_process *process)
{
	ln_lock_assert(&process->mailbox.lock);
}

/* Whether it runs on another node: see process/remote.h. */
static inline bool ln_process_is_remote(const struct ln_process *process)
{
	return process->remote != NULL;
}

/* Whether what it does is to be noted: see process/trace.h. */
static inline bool ln_process_is_traced(const struct ln_process *process)
{
	/* Relaxed: whoever notes something looks again. */
	return LN_UNLIKELY(atomic_load_explicit(&process->task.traced,
						memory_order_relaxed));
}

/* A process that does not run yet, with one reference, the caller's. LN_ENOMEM,
 * LN_ELIMIT (too many processes in the environment), LN_EMEMORY, LN_ESTOPPED.
 */
int ln_process_new(struct ln_environment *environment,
		   enum ln_outcome (*body)(struct ln_process *), void *argument,
		   struct ln_process **process);

/* Sends a message: takes it over, whatever comes of it. LN_EDEAD, LN_EFULL: it
 * was dropped; LN_ENOENT: likewise, it answers a request that is over. To a
 * process of another node also LN_EINVAL (it holds what
 * cannot cross) and LN_ENOMEM; there 0 says that it is on its way. Never parks:
 * LN_EFULL when too much waits to be sent. Any thread. */
int ln_process_send(struct ln_process *process, struct ln_message *message);

/* The same, by a task, which waits for a process of another node until there is
 * room, or until `deadline`: LN_ETIMEDOUT, LN_EKILLED. With LN_EINVAL the
 * message is still the caller's, who can tell what cannot cross. */
int ln_process_send_wait(struct ln_process *process, struct ln_message *message,
			 int64_t deadline);

/* Call this before kill, link or unlink of a process of another node. It waits
 * while too much is queued for that node, so that nobody can make the queue
 * grow without bound. Outside of tasks it does not wait: LN_EFULL.
 * LN_ETIMEDOUT, LN_EKILLED. 0 at once for a local process. */
int ln_process_wait_for_room(struct ln_process *process, int64_t deadline);

/* Ends a process as soon as it next waits, or at the next tick. No effect on
 * one that has ended. Any thread. */
void ln_process_kill(struct ln_process *process);

/* Links two processes, `self` a local one: when one fails the other is told,
 * with the tag that it has for it. If `peer` has failed already, `self` is told
 * at once; if it ended normally nothing happens, as if it had been linked
 * before. Linking again changes the tags. LN_ENOMEM, LN_ELIMIT. */
int ln_process_link(struct ln_process *self, struct ln_process *peer,
		    int64_t self_tag, int64_t peer_tag);

/* Tells `self`, which runs, that a link failed: one to a process that is gone.
 * LN_ELIMIT: too many deaths of links wait in its mailbox. */
int ln_process_link_gone(struct ln_process *self, int64_t tag);

void ln_process_unlink(struct ln_process *self, struct ln_process *peer);

/* Takes the first message that has one of the tags, waiting until `deadline`.
 * `tags` are `count` little-endian i64, any alignment; none: any message. The
 * caller owns the message. `fresh`: only messages that came after the last
 * ln_process_skip, which nothing else may have followed. By the process itself.
 * LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM. */
int ln_process_receive(struct ln_process *self, const uint8_t *tags,
		       uint32_t count, int64_t deadline, bool fresh,
		       struct ln_message **message);

/* Marks the messages that are in the mailbox now as not fresh. */
void ln_process_skip(struct ln_process *self);

/* How a dead process has ended. Under its lock, or by the process itself. */
struct ln_end ln_process_end(const struct ln_process *process);

/* Tells every link how it ended, and forgets them: they are no longer in
 * process->links. On its fiber; lets others run. */
void ln_process_settle_links(struct ln_process *process, struct ln_links *links,
			     bool failed);

/* How many links it may have now, under its lock: deaths that it has not yet
 * taken out of its mailbox count. */
uint32_t ln_process_link_room(struct ln_process *process);

/* Counts a message that a running process sends. */
static inline void ln_process_count_sent(struct ln_process *self)
{
	atomic_store_explicit(&self->mailbox.sent,
			      atomic_load_explicit(&self->mailbox.sent,
						   memory_order_relaxed) +
				      1,
			      memory_order_relaxed);
}

/* The process of a task that ln_process_start started. */
static inline struct ln_process *ln_process_of(struct ln_task *task)
{
	return ln_container_of(task, struct ln_process, task);
}

#endif
