/*
 * The directory of the processes of a runtime: it gives each an id, finds it by
 * that, and goes through all of them in steps. It knows nothing of processes
 * but the entry that lies in each, and counts those that come and go.
 *
 * Any thread may call everything here. No call holds a lock for longer than it
 * takes to look at some ten entries.
 */
#ifndef LN_PROCESS_DIRECTORY_H
#define LN_PROCESS_DIRECTORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_directory;

/* Zeros before it is added. */
struct ln_directory_entry {
	struct ln_directory_entry *next; /* in its bucket */
	struct ln_directory_entry **at;  /* what points to it */
	_Atomic uint64_t id;             /* see ln_directory_id; set once */
	_Atomic uint64_t gone; /* 0: it has not gone; else its place among
				* those that have, from 1 */
};

/* Its id; 0: it was never in a directory. Also while it is added. */
static inline uint64_t ln_directory_id(const struct ln_directory_entry *entry)
{
	/* Relaxed: nothing is read by it. */
	return atomic_load_explicit(&entry->id, memory_order_relaxed);
}

#define LN_DIRECTORY_SHARDS 16
#define LN_OUTCOMES 4

/* Totals for reports; messages are those of processes that have ended. */
struct ln_tally {
	uint64_t started;
	uint64_t ended[LN_OUTCOMES]; /* by enum ln_outcome */
	uint64_t messages;           /* let into mailboxes */
	uint64_t dropped;            /* refused because one was full */
};

/* LN_ENOMEM. */
int ln_directory_new(struct ln_directory **directory);

/* Nothing may be in it; NULL is fine. */
void ln_directory_free(struct ln_directory *directory);

/* Adds an entry and gives it an id, which no other ever had or will have in
 * this directory. Ids do not tell who came first. */
void ln_directory_add(struct ln_directory *directory,
		      struct ln_directory_entry *entry);

/* Removes it, and adds what it says about itself to the tally. */
void ln_directory_remove(struct ln_directory *directory,
			 struct ln_directory_entry *entry, unsigned outcome,
			 uint64_t messages, uint64_t dropped);

/* The entry with an id, or NULL. `take` is called for it under the lock, before
 * it can be removed, and must be as quick as taking a reference; false: as if
 * it were not there. */
struct ln_directory_entry *ln_directory_find(
	struct ln_directory *directory, uint64_t id,
	bool (*take)(struct ln_directory_entry *entry, const void *argument),
	const void *argument);

/* Entries that one step may find. */
#define LN_DIRECTORY_STEP 64

/* How far somebody has gone through a directory; zeros at first. */
struct ln_directory_walk {
	uint32_t shard;
	uint64_t position;
};

/* Goes on, and stores the entries that `take` (as above) has taken. False: it
 * was the last step, and found nothing. What is there from the first step to
 * the last is found once; what comes or goes meanwhile, once or not at all. */
bool ln_directory_step(
	struct ln_directory *directory, struct ln_directory_walk *walk,
	bool (*take)(struct ln_directory_entry *entry, const void *argument),
	const void *argument,
	struct ln_directory_entry *found[LN_DIRECTORY_STEP], size_t *count);

/* The tally at one moment, for each shard; and who had gone by then. */
struct ln_directory_count {
	struct ln_tally tally;
	uint64_t gone[LN_DIRECTORY_SHARDS];
};

void ln_directory_count(struct ln_directory *directory,
			struct ln_directory_count *count);

/* Whether the entry, which was added before the count was taken, is one of the
 * ended ones there. */
bool ln_directory_counted(const struct ln_directory_count *count,
			  const struct ln_directory_entry *entry);

#endif
