/* A supervisor that runs, and its children: supervisor.c, and
 * supervisor_upgrade.c, which saves and loads them. */
#ifndef LUNATIC_SRC_SUPERVISED_H
#define LUNATIC_SRC_SUPERVISED_H

#include <lunatic/process.h>
#include <lunatic/supervisor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lunatic_writer;

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

/* The one of this process, from when it waits or was loaded. */
extern struct supervisor *lunatic_supervised_one;

/* A new one, without children that run; ends the process when memory is
 * short. */
struct supervisor *
lunatic_supervised_new(const struct lunatic_supervisor *what);

/* The child of that name, or NULL. */
struct running *lunatic_supervised_find(struct supervisor *self,
					const char *name);

/* Room for one more, behind the others, for the caller to count; NULL when
 * memory is short. */
struct running *lunatic_supervised_room(struct supervisor *self);

/* For lunatic_save_now. */
int lunatic_supervised_save(struct lunatic_writer *out);

#endif
