/* Lines are made where the request ends, and queued by base/log_writer.h. */
#include "serve/access_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log_writer.h"
#include "base/time.h"
#include "sched/task.h"

#define ROOM ((size_t)1 << 20) /* bytes that wait */
#define LINE 700               /* bytes of a line, at most */
#define TARGET 400             /* of a target in it */
/* How long who reads may take for nothing, at the end. */
#define PATIENCE (500 * LN_NS_PER_MS)

struct ln_access_log {
	int fd;
	struct ln_log_writer *writer;
};

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
	log->fd = fd;
	*out = log;
	return 0;
}

void ln_access_log_free(struct ln_access_log *log)
{
	if (log == NULL)
		return;
	ln_log_writer_free(log->writer, PATIENCE);
	ln_fd_close(log->fd);
	free(log);
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

	ln_log_writer_push_text(formatting->log->writer, line, len);
}

void ln_access_log_add(struct ln_access_log *log,
		       const struct ln_access *access)
{
	struct formatting formatting = { log, access };

	ln_task_on_worker_stack(ln_task_current(), format_on_stack,
				&formatting);
}
