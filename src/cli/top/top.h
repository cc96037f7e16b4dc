/*
 * The inside of lunatic top: what it knows of a program, and where the user is.
 * Pages are rendered into texts (pages.c); the terminal is another matter
 * (screen.c). All in the main thread.
 */
#ifndef LN_CLI_TOP_TOP_H
#define LN_CLI_TOP_TOP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/top/text.h"

struct ln_cli_options;
struct ln_control_client;

enum ln_top_page {
	LN_TOP_PROCESSES,
	LN_TOP_PROCESS, /* one */
	LN_TOP_ENVIRONMENTS,
	LN_TOP_NODES,
	LN_TOP_SOCKETS,
	LN_TOP_DEATHS,
	LN_TOP_DEATH, /* one */
	LN_TOP_HELP,
	LN_TOP_PAGES,
};

/* What processes are sorted by. */
enum ln_top_sort {
	LN_TOP_CPU,
	LN_TOP_MEMORY,
	LN_TOP_MAILBOX,
	LN_TOP_GROWTH,
	LN_TOP_MESSAGES,
	LN_TOP_SORTS,
};

#define LN_TOP_TYPED 64 /* bytes of what is typed, with the zero */

struct ln_top {
	const struct ln_cli_options *options;
	struct ln_control_client *ask;    /* for single questions */
	struct ln_control_client *stream; /* for rounds; NULL: to be begun */
	int64_t stream_id;
	int64_t interval; /* milliseconds */

	/* Where the user is. */
	enum ln_top_page page;
	enum ln_top_page
		under; /* the list that a page of one was opened from */
	enum ln_top_sort sort;
	bool absolute; /* since the start, not in the window */
	char filter[LN_TOP_TYPED];
	size_t selected;  /* row of the list */
	size_t first;     /* row or line at the top of the screen */
	uint64_t subject; /* number of the process, serial of the death */
	char note[256];   /* what is to be said, until the next key */

	/* What is known; NULL: nothing yet. */
	json_t *program;
	json_t *observed; /* now */
	json_t *observed_before;
	json_t *coming; /* rows of the round that is being read */
	json_t *rows;   /* of the last one */
	json_t *round;  /* its totals */
	json_t *list;   /* what another page lists, or one process */
	json_t *before; /* the process, a while ago */
	char *trace;    /* of a death */
	bool gone;      /* the process has ended */
	int64_t quiet;  /* since when the process has done nothing, ns */

	char *error; /* why it ends; NULL: the user wanted so */
};

/* ---- data.c ---- */

/* Reads what has come of rounds; true: there is a new one. Begins the stream
 * if need be. False with top->error: it is over. */
bool ln_top_read_rounds(struct ln_top *top, int64_t deadline);

/* Has the rounds begin anew, as when they are to be sorted by something else.
 */
void ln_top_restart(struct ln_top *top);

/* Asks for totals, and for what the page shows. False: as above. */
bool ln_top_refresh(struct ln_top *top);

/* Kills a process, and notes what came of it. */
bool ln_top_kill(struct ln_top *top, uint64_t number);

/* Forgets all. */
void ln_top_deinit(struct ln_top *top);

/* Rows of the list of the page, or 0. */
size_t ln_top_row_count(const struct ln_top *top);

/* The number of a process, or serial of a death, in a row; 0: none. */
uint64_t ln_top_row_number(const struct ln_top *top, size_t row);

/* ---- pages.c ---- */

/* The lines at the top of all pages. */
void ln_top_head(const struct ln_top *top, struct ln_top_text *text);

/* The page: of a list the heading comes first, then a line for each row. */
void ln_top_body(const struct ln_top *top, int columns,
		 struct ln_top_text *text);

/* The keys that the page knows, in one line. */
const char *ln_top_keys(enum ln_top_page page);

/* Whether it lists rows that can be selected. */
bool ln_top_lists(enum ln_top_page page);

/* The word for what processes are sorted by. */
const char *ln_top_sort_name(enum ln_top_sort sort);

/* ---- screen.c ---- */

/* Shows it on the terminal until the user has enough; the status. */
int ln_top_screen(struct ln_top *top);

#endif
