/*
 * DESIGN
 * Lines are made where requests end, and gather in a buffer, which is one text
 * for base/log_writer.h: it takes all that there is when its turn has come, in
 * one piece. What it still has when it gave up keeps the buffer.
 */
#include "serve/access_log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/futex.h"
#include "base/log_writer.h"
#include "base/refs.h"
#include "base/time.h"
#include "sched/task.h"

#define ROOM ((size_t)1 << 20) /* bytes that wait */
#define LINE 700               /* bytes of a line, at most */
#define TARGET 400             /* of a target in it */
/* How long who reads may take for nothing, at the end. */
#define PATIENCE (500 * LN_NS_PER_MS)

struct ln_access_log {
	_Atomic uint32_t references;
	int fd;
	struct ln_log_writer *writer;
	struct ln_lock lock; /* for some instructions, and a copy of a line */
	struct ln_bytes lines;
	bool queued; /* the writer will take them */
};

/* What the writer has in its queue: two at most, one of which it writes, so
 * that there is always room for it. */
struct batch {
	struct ln_log_item item;
	struct ln_access_log *log; /* counted */
};

static void release(struct ln_access_log *log)
{
	if (!ln_refs_release(&log->references))
		return;
	ln_bytes_deinit(&log->lines);
	free(log);
}

static char *render(struct ln_log_item *item, size_t *len)
{
	struct ln_access_log *log =
		ln_container_of(item, struct batch, item)->log;
	char *text;

	ln_lock_acquire(&log->lock);
	text = (char *)log->lines.data;
	*len = log->lines.len;
	log->lines = (struct ln_bytes){ .max = ROOM };
	log->queued = false;
	ln_lock_release(&log->lock);
	return text;
}

static void free_batch(struct ln_log_item *item)
{
	struct batch *batch = ln_container_of(item, struct batch, item);

	release(batch->log);
	free(batch);
}

static void push(struct ln_access_log *log)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (batch == NULL) {
		ln_lock_acquire(&log->lock);
		log->queued = false; /* the next line tries again */
		ln_lock_release(&log->lock);
		return;
	}
	ln_refs_retain(&log->references);
	batch->log = log;
	batch->item = (struct ln_log_item){
		.size = sizeof(*batch),
		.kind = LN_LOG_LINE,
		.render = render,
		.free = free_batch,
	};
	ln_log_writer_push(log->writer, &batch->item);
}

static void add(struct ln_access_log *log, const char *line, size_t len)
{
	bool first = false;
	bool fits;

	ln_lock_acquire(&log->lock);
	fits = len <= ROOM - log->lines.len &&
	       ln_bytes_reserve(&log->lines, len);
	if (fits) {
		ln_bytes_add(&log->lines, line, len);
		first = !log->queued;
		log->queued = true;
	}
	log->lines.error = 0;
	ln_lock_release(&log->lock);
	if (!fits)
		ln_log_writer_leave_out(log->writer);
	if (first)
		push(log);
}

int ln_access_log_new(int fd, struct ln_access_log **out)
{
	struct ln_access_log *log = calloc(1, sizeof(*log));
	int error = log != NULL ? ln_log_writer_new(fd, ROOM, &log->writer)
				: LN_ENOMEM;

	if (error < 0) {
		ln_fd_close(fd);
		free(log);
		return error;
	}
	atomic_init(&log->references, 1);
	log->fd = fd;
	log->lines.max = ROOM;
	*out = log;
	return 0;
}

void ln_access_log_free(struct ln_access_log *log)
{
	if (log == NULL)
		return;
	ln_log_writer_free(log->writer, PATIENCE);
	ln_fd_close(log->fd);
	release(log);
}

/* Printable, and without what would end the quotes. */
static void clean(char *to, const char *from, size_t size)
{
	size_t i = 0;

	for (; from[i] != '\0' && i < size - 1; i++) {
		unsigned char c = (unsigned char)from[i];

		to[i] = c > ' ' && c < 0x7f && c != '"' ? (char)c : '?';
	}
	to[i] = '\0';
}

static LN_NOINLINE size_t format(char line[LINE],
				 const struct ln_access *access)
{
	time_t now = time(NULL);
	char target[TARGET];
	char when[40] = "";
	struct tm utc;
	int len;

	clean(target, access->target != NULL ? access->target : "-",
	      sizeof(target));
	if (gmtime_r(&now, &utc) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
	len = snprintf(line, LINE, "%s %s \"%s %s\" %u %llu %lld.%03lldms\n",
		       when, access->peer,
		       access->method != NULL ? access->method : "-", target,
		       access->status, (unsigned long long)access->bytes,
		       (long long)(access->duration / LN_NS_PER_MS),
		       (long long)(access->duration / 1000 % 1000));
	return len < LINE ? (size_t)len : LINE - 1;
}

struct formatting {
	struct ln_access_log *log;
	const struct ln_access *access;
};

static void format_on_stack(void *argument)
{
	const struct formatting *formatting = argument;
	char line[LINE];
	size_t len = format(line, formatting->access);

	add(formatting->log, line, len);
}

void ln_access_log_add(struct ln_access_log *log,
		       const struct ln_access *access)
{
	struct formatting formatting = { log, access };

	ln_task_on_worker_stack(ln_task_current(), format_on_stack,
				&formatting);
}
