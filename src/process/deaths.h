/*
 * The last deaths of a runtime's processes, for people and tools: the last
 * LN_DEATHS_MAX that failed, exited with a status or were killed, all of them;
 * and as many that ended normally, at most one of these a tick, so that what
 * costs a lot only when it is done a million times a second is not. Traces are
 * kept as numbers and names, and made texts when somebody asks. What is kept
 * takes at most some MiB. Any thread.
 */
#ifndef LN_PROCESS_DEATHS_H
#define LN_PROCESS_DEATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_deaths;
struct ln_report;

#define LN_DEATH_NORMAL 0 /* LN_OUTCOME_NORMAL */

#define LN_DEATHS_MAX 1000                 /* of each sort */
#define LN_DEATHS_TRACES ((size_t)2 << 20) /* bytes of all traces */
#define LN_DEATH_TEXT 64                   /* bytes, with the zero */
#define LN_DEATH_REASON 200

/* One of them. Texts are clean (base/text.h). */
struct ln_death {
	uint64_t serial; /* counts up over both sorts, from 1 */
	uint8_t id[16];
	uint8_t parent[16];   /* zeros: none */
	uint64_t number;      /* that others name it by, process/lookup.h */
	uint64_t environment; /* its number */
	int64_t when;         /* CLOCK_MONOTONIC, ns */
	int64_t age;          /* how long it lived, ns */
	uint64_t cpu;         /* ns */
	uint64_t memory;      /* linear memory at the end, bytes; 0 when it is
			       * not known */
	unsigned outcome;     /* enum ln_outcome */
	uint32_t exit_code;
	bool traced;               /* there is a trace */
	char name[LN_DEATH_TEXT];  /* registered, or its label; empty: none */
	char entry[LN_DEATH_TEXT]; /* the function that it began with */
	char reason[LN_DEATH_REASON]; /* of a trap; empty: none */
};

/* NULL: memory is short. */
struct ln_deaths *ln_deaths_new(void);

/* NULL is fine. */
void ln_deaths_free(struct ln_deaths *deaths);

/* Whether a process that ends normally in this tick is left out. */
bool ln_deaths_skips(struct ln_deaths *deaths, uint64_t tick);

/* Keeps a death; the serial, the reason and `traced` are set here. `report`,
 * which may be NULL, is why it trapped: its reference is taken. */
void ln_deaths_add(struct ln_deaths *deaths, const struct ln_death *death,
		   struct ln_report *report);

/* Copies the youngest, at most `max`, of those with a serial above `after`:
 * youngest first. Returns how many. `failed`: only those that did not end
 * normally. Holds a lock for as long as that takes. */
size_t ln_deaths_list(struct ln_deaths *deaths, uint64_t after, bool failed,
		      struct ln_death *list, size_t max);

/* The trace of one of them, as ln_report_text makes it: not on a worker. The
 * caller frees it. NULL: there is none (any more), or memory is short. */
char *ln_deaths_trace(struct ln_deaths *deaths, uint64_t serial);

#endif
