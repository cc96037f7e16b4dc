/*
 * The inside of a supervisor, shared by supervisor.c and supervisor_upgrade.c.
 */
#ifndef LUNATIC_GUEST_SUPERVISOR_IMPL_H
#define LUNATIC_GUEST_SUPERVISOR_IMPL_H

#include <lunatic/supervisor.h>
#include <stdint.h>

struct running {
	const struct lunatic_child *spec;
	struct lunatic_proc proc; /* LUNATIC_NO_PROC: not running */
	int64_t monitor;
	void *data; /* what it was started with, when it was added */
	size_t size;
	bool added; /* while the supervisor runs */
	bool gone;  /* not to be started again */
};

struct supervisor {
	const struct lunatic_supervisor *what;
	struct running *children;
	uint32_t count;
	uint32_t room;
	uint64_t *restarts; /* when the last ones were, a ring, ms */
	uint32_t allowed;
	uint64_t within;
	uint32_t next;  /* the oldest in the ring */
	uint32_t noted; /* how many of it are used */
};

/* The one that runs, for an upgrade. */
extern struct supervisor *lunatic_own_supervisor;

/* One none of whose children runs. Ends the process when there is no memory. */
struct supervisor *
lunatic_supervisor_prepare(const struct lunatic_supervisor *what);

/* The child of that name, or NULL. */
struct running *lunatic_supervisor_child(struct supervisor *self,
					 const char *name);

/* Room for one more child; NULL: no memory. */
struct running *lunatic_supervisor_add_room(struct supervisor *self);

/* Writes what lunatic_supervisor_load reads, and the kind. LUNATIC_EMISUSE: it
 * or a child has no name by which the new version could tell it from others. */
int lunatic_supervisor_save(const struct supervisor *self,
			    struct lunatic_writer *out);

#endif
