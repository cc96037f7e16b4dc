/*
 * A queue of texts and the thread that writes them to a descriptor, so that no
 * other thread waits for the reader: a stopped terminal, a full pipe. The queue
 * is bounded in bytes. Texts that do not fit are dropped, and a later line
 * tells how many.
 */
#ifndef LN_BASE_LOG_WRITER_H
#define LN_BASE_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct ln_log_source;
struct ln_log_writer;

/* The kind of a text, for the line that tells how many were dropped. */
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
	struct ln_list link;             /* of a guest's line */
	struct ln_log_source *source;    /* likewise; NULL: the runtime's own */
	uint64_t number;                 /* of all items */
	bool of_guest;                   /* it counts for its source */
	uint64_t left_out[LN_LOG_KINDS]; /* before it */

	size_t size; /* bytes that it counts for */
	enum ln_log_kind kind;
	/* The text, whole lines, to be freed by the caller; NULL: there is
	 * none. In the writer's thread, with 8 MiB of stack. */
	char *(*render)(struct ln_log_item *item, size_t *len);
	void (*free)(struct ln_log_item *item);
};

/* Writes to `fd`, which the caller still owns. An item is accepted while fewer
 * than `max` bytes are queued. LN_ENOMEM, LN_EIO. */
int ln_log_writer_new(int fd, size_t max, struct ln_log_writer **writer);

/* Writes the queued texts, with the patience of ln_log_writer_flush, and ends.
 * Nobody may use the writer any more. NULL is fine. */
void ln_log_writer_free(struct ln_log_writer *writer, int64_t patience);

/* Whether a report or a warning may be pushed now; if not, it counts as left
 * out. Saves making it. Any thread, as all that follows. */
bool ln_log_writer_admits(struct ln_log_writer *writer, enum ln_log_kind kind);

/* Takes ownership of an item, even if it is dropped. Never waits. */
void ln_log_writer_push(struct ln_log_writer *writer, struct ln_log_item *item);

/* Counts a line that there was no memory for. */
void ln_log_writer_leave_out(struct ln_log_writer *writer);

/* The same with a copy of a text, which is dropped if memory is short. */
void ln_log_writer_push_text(struct ln_log_writer *writer, const char *text,
			     size_t len);

/* A source of guests' lines (base/log_source.h) below another one; NULL: at the
 * top. `number` is for the line that tells how many were dropped. NULL when
 * memory is short. It holds no reference of the writer, and is released before
 * that is freed; what it has queued is written all the same. */
struct ln_log_source *ln_log_writer_source(struct ln_log_writer *writer,
					   struct ln_log_source *above,
					   uint64_t number);
void ln_log_writer_release(struct ln_log_writer *writer,
			   struct ln_log_source *source);

/* Whether a guest's line of `size` bytes may be pushed, which is then to be
 * done; if not, it counts as left out. */
bool ln_log_writer_admits_guest(struct ln_log_writer *writer,
				struct ln_log_source *source, size_t size);

/* Takes ownership of an item that was admitted with its size. */
void ln_log_writer_push_guest(struct ln_log_writer *writer,
			      struct ln_log_source *source,
			      struct ln_log_item *item);

/* Counts one that was admitted as left out after all. */
void ln_log_writer_drop_guest(struct ln_log_writer *writer,
			      struct ln_log_source *source, size_t size);

/* The same without asking first, for what the runtime has to say in the order
 * of a guest's lines: it counts for the writer's own bound. */
void ln_log_writer_push_behind(struct ln_log_writer *writer,
			       struct ln_log_source *source,
			       struct ln_log_item *item);

/* Waits until all earlier texts and the counts of dropped ones are written.
 * Gives up when nothing could be written for `patience` nanoseconds. */
bool ln_log_writer_flush(struct ln_log_writer *writer, int64_t patience);

/* Cleans whole lines and writes them to a descriptor in this thread, which
 * waits for the reader. Changes `text`. */
void ln_log_write(int fd, char *text, size_t len);

#endif
