/*
 * A line for each request, written by a thread of its own, so that nobody who
 * answers waits for a slow file or terminal. Lines that find no room are
 * dropped and counted. Any thread.
 */
#ifndef LN_SERVE_ACCESS_LOG_H
#define LN_SERVE_ACCESS_LOG_H

#include <stdint.h>

struct ln_access_log;

struct ln_access {
	const char *peer;
	const char *method; /* NULL: there was no request that could be read */
	const char *target;
	unsigned status;  /* 0: no response was begun */
	uint64_t bytes;   /* of the body that was sent */
	int64_t duration; /* ns */
};

/* Owns the descriptor from now on, in any case. LN_ENOMEM, LN_EIO. */
int ln_access_log_new(int fd, struct ln_access_log **log);

/* Writes what is left, as long as somebody reads it. NULL is fine. Blocks. */
void ln_access_log_free(struct ln_access_log *log);

void ln_access_log_add(struct ln_access_log *log,
		       const struct ln_access *access);

#endif
