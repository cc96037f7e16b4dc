/*
 * The processes that a request is about, when it is about several: arguments
 * that `ps` and `top` have in common.
 */
#ifndef LN_CONTROL_FILTER_H
#define LN_CONTROL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/method.h"
#include "process/inspect.h"

struct ln_filter {
	int64_t environment; /* -1: all */
	const char *state;   /* the request's; NULL: any */
	const char *name;    /* a part of a name or label; likewise */
};

/* The rows of the arguments. */
#define LN_FILTER_ARGUMENTS                                                   \
	{ "environment",                                                      \
	  LN_CONTROL_NUMBER,                                                  \
	  0,                                                                  \
	  INT64_MAX,                                                          \
	  false,                                                              \
	  "only processes of the environment with that number" },             \
		{ "state", LN_CONTROL_TEXT, 1,                                \
		  64,      false,           "only processes in that state" }, \
		{ "name",                                                     \
		  LN_CONTROL_TEXT,                                            \
		  1,                                                          \
		  255,                                                        \
		  false,                                                      \
		  "only processes with that in their name "                   \
		  "or label" }

/* False: the request has failed, since there is no such state. */
bool ln_filter_read(struct ln_filter *filter,
		    struct ln_control_request *request);

bool ln_filter_matches(const struct ln_filter *filter,
		       const struct ln_process_info *info);

#endif
