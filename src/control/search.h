/*
 * The process that a request is about, named as people do: by its number, a
 * name that it is registered under, its id or the beginning of that, its label,
 * or the function that it was spawned with.
 */
#ifndef LN_CONTROL_SEARCH_H
#define LN_CONTROL_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/method.h"
#include "process/directory.h"
#include "process/inspect.h"
#include "process/registry.h"

struct ln_process;

#define LN_SEARCH_MAX 8 /* that an error names, when several match */

enum ln_match {
	LN_MATCH_NONE,
	LN_MATCH_FUNCTION, /* it was spawned with the function */
	LN_MATCH_ID,       /* its id or its label */
	LN_MATCH_NAME,     /* a name that it is registered under */
};

struct ln_search {
	const char *text;  /* the request's */
	enum ln_match how; /* those that were found match */
	struct ln_directory_walk walk;
	struct ln_process *found; /* counted; NULL: none so far */
	uint64_t numbers[LN_SEARCH_MAX];
	size_t count;  /* that match */
	bool complete; /* all were looked at */
	/* Of one process. */
	struct ln_registered names[LN_REGISTERED_MAX];
	struct ln_process_info info;
};

/* The row of an argument "process". */
#define LN_SEARCH_ARGUMENT                                                  \
	{ "process",                                                        \
	  LN_CONTROL_TEXT,                                                  \
	  1,                                                                \
	  4096,                                                             \
	  true,                                                             \
	  "its number, a name that it is registered under, its id or at "   \
	  "least 8 characters of that, its label, or the function that it " \
	  "was spawned with" }

/* Begins with the request's argument "process". */
void ln_search_begin(struct ln_search *search,
		     struct ln_control_request *request);

/* Looks at some processes. True: `found` is the one. False: there is more to
 * do, or it has failed the request since none matches, or several do. */
bool ln_search_step(struct ln_search *search,
		    struct ln_control_request *request);

/* Drops the reference. */
void ln_search_end(struct ln_search *search);

#endif
