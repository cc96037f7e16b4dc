/*
 * DESIGN
 * Lines are added to a buffer under a lock; the thread takes the whole buffer,
 * and writes it without the lock.
 */
#include "serve/access_log.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/time.h"
#include "sched/task.h"

#define ROOM ((size_t)1 << 20) /* bytes that wait */
#define LINE 700               /* bytes of a line, at most */
#define TARGET 400             /* of a target in it */
#define PAUSE_NS (50 * LN_NS_PER_MS)

struct ln_access_log {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under lock. */
	struct ln_bytes lines;
	uint64_t dropped;
	bool stopping;
};

static void write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno != EINTR)
			return; /* there is nobody to tell */
		if (done > 0) {
			data += done;
			len -= (size_t)done;
		}
	}
}

static void write_dropped(int fd, uint64_t dropped)
{
	char line[80];
	int len = snprintf(line, sizeof(line),
			   "(%llu lines were dropped, since they came faster "
			   "than they are written)\n",
			   (unsigned long long)dropped);

	if (dropped > 0)
		write_all(fd, (const uint8_t *)line, (size_t)len);
}

/* Writes what waits; the lock is held, and not meanwhile. */
static void write_lines(struct ln_access_log *log)
{
	struct ln_bytes lines = log->lines;
	uint64_t dropped = log->dropped;

	log->lines = (struct ln_bytes){ .max = ROOM };
	log->dropped = 0;
	pthread_mutex_unlock(&log->lock);
	write_all(log->fd, lines.data, lines.len);
	write_dropped(log->fd, dropped);
	ln_bytes_deinit(&lines);
	pthread_mutex_lock(&log->lock);
}

static void *run(void *argument)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct ln_access_log *log = argument;

	pthread_mutex_lock(&log->lock);
	while (!log->stopping || log->lines.len > 0) {
		if (log->lines.len == 0) {
			pthread_cond_wait(&log->changed, &log->lock);
			continue;
		}
		write_lines(log);
		/* Some more lines go with the next call. */
		pthread_mutex_unlock(&log->lock);
		(void)nanosleep(&pause, NULL);
		pthread_mutex_lock(&log->lock);
	}
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

int ln_access_log_new(int fd, struct ln_access_log **out)
{
	struct ln_access_log *log = calloc(1, sizeof(*log));

	if (log == NULL) {
		ln_fd_close(fd);
		return LN_ENOMEM;
	}
	log->fd = fd;
	log->lines.max = ROOM;
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->changed, NULL);
	if (pthread_create(&log->thread, NULL, run, log) != 0) {
		pthread_cond_destroy(&log->changed);
		pthread_mutex_destroy(&log->lock);
		ln_fd_close(fd);
		free(log);
		return LN_EIO;
	}
	*out = log;
	return 0;
}

void ln_access_log_free(struct ln_access_log *log)
{
	if (log == NULL)
		return;
	pthread_mutex_lock(&log->lock);
	log->stopping = true;
	pthread_cond_signal(&log->changed);
	pthread_mutex_unlock(&log->lock);
	pthread_join(log->thread, NULL);
	pthread_cond_destroy(&log->changed);
	pthread_mutex_destroy(&log->lock);
	ln_bytes_deinit(&log->lines);
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
	struct ln_access_log *log = formatting->log;
	char line[LINE];
	size_t len = format(line, formatting->access);

	pthread_mutex_lock(&log->lock);
	if (log->lines.len + len > ROOM) {
		log->dropped++;
	} else {
		ln_bytes_add(&log->lines, line, len);
		if (log->lines.len == len)
			pthread_cond_signal(&log->changed);
	}
	pthread_mutex_unlock(&log->lock);
}

void ln_access_log_add(struct ln_access_log *log,
		       const struct ln_access *access)
{
	struct formatting formatting = { log, access };

	ln_task_on_worker_stack(ln_task_current(), format_on_stack,
				&formatting);
}
