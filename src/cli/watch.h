/* Watches the files that a project is built from, in the current folder and
 * below. In the main thread. */
#ifndef LN_CLI_WATCH_H
#define LN_CLI_WATCH_H

#include <stdbool.h>

struct ln_project;

struct ln_watch {
	const struct ln_project *project;
	int fd; /* readable when files have changed; -1: not begun */
	unsigned folders;
	bool incomplete; /* there are more folders than are watched */
};

/* Begins; false after a line about what went wrong. */
bool ln_watch_begin(struct ln_watch *watch, const struct ln_project *project);

/* Reads what has happened, without waiting. Whether a source has changed. */
bool ln_watch_read(struct ln_watch *watch);

void ln_watch_end(struct ln_watch *watch);

#endif
