/*
 * A queue of texts and the thread that writes them to a descriptor, so that
 * nobody else ever waits for who reads there: a terminal that is stopped, a
 * pipe that is full. The queue is bounded in bytes. What does not fit is left
 * out, and a line says later how much that was.
 */
#ifndef LN_BASE_LOG_WRITER_H
#define LN_BASE_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_log_writer;

/* What a text is, for who reads that some were left out. */
enum ln_log_kind {
	LN_LOG_LINE,    /* messages, and what was asked for */
	LN_LOG_REPORT,  /* why a process trapped: some each second, no more */
	LN_LOG_WARNING, /* about a process: likewise */
	LN_LOG_KINDS,
};

/* Reports and warnings that are let in each second. */
#define LN_LOG_REPORTS_PER_SECOND 20
#define LN_LOG_WARNINGS_PER_SECOND 1

/* One text, which is made when its turn has come. Embedded by its owner. */
struct ln_log_item {
	struct ln_log_item *next;        /* the writer's, as all up to `size` */
	uint64_t left_out[LN_LOG_KINDS]; /* before it */

	size_t size; /* bytes that it counts for */
	enum ln_log_kind kind;
	/* The text, whole lines, to be freed by the caller; NULL: there is
	 * none. In the writer's thread, with 8 MiB of stack. */
	char *(*render)(struct ln_log_item *item, size_t *len);
	void (*free)(struct ln_log_item *item);
};

/* Writes to `fd`, which stays the caller's. An item is let in while fewer than
 * `max` bytes are queued. LN_ENOMEM, LN_EIO. */
int ln_log_writer_new(int fd, size_t max, struct ln_log_writer **writer);

/* Writes what is queued, with the patience of ln_log_writer_flush, and ends.
 * Nobody uses the writer any more. NULL is fine. */
void ln_log_writer_free(struct ln_log_writer *writer, int64_t patience);

/* Whether a report or a warning may be pushed now; if not, it counts as left
 * out. Saves making it. Any thread, as all that follows. */
bool ln_log_writer_admits(struct ln_log_writer *writer, enum ln_log_kind kind);

/* Takes an item over, also when it is left out. Never waits. */
void ln_log_writer_push(struct ln_log_writer *writer, struct ln_log_item *item);

/* The same with a copy of a text. Memory is short: it is left out. */
void ln_log_writer_push_text(struct ln_log_writer *writer, const char *text,
			     size_t len);

/* Waits until all that was pushed before is written, and what was left out is
 * told. Gives up when nothing could be written for `patience` nanoseconds. */
bool ln_log_writer_flush(struct ln_log_writer *writer, int64_t patience);

/* Cleans whole lines and writes them to a descriptor in this thread, which
 * waits for who reads. Changes `text`. */
void ln_log_write(int fd, char *text, size_t len);

#endif
