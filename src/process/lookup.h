/*
 * Processes of a runtime by their ids, and all of them one after the other: for
 * those who hold no reference. Any thread.
 */
#ifndef LN_PROCESS_LOOKUP_H
#define LN_PROCESS_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "process/directory.h"

struct ln_environment;
struct ln_process;
struct ln_runtime;

/* The id of a process that was started here, which no other process of the
 * runtime ever has. 0: it was not started, or is remote. */
uint64_t ln_process_number(const struct ln_process *process);

/* The process with an id, with a reference for the caller; NULL: there is none,
 * or it has ended. */
struct ln_process *ln_process_find(struct ln_runtime *runtime, uint64_t id);

/* Goes on with a walk over the processes of an environment and of those below
 * it, or over all: NULL. Stores up to LN_DIRECTORY_STEP of them, each with a
 * reference for the caller, and returns how many; 0: these were all. Who is
 * there all the time is found once; some may have ended meanwhile. */
size_t ln_process_list(struct ln_runtime *runtime,
		       const struct ln_environment *environment,
		       struct ln_directory_walk *walk,
		       struct ln_process *list[LN_DIRECTORY_STEP]);

#endif
