/*
 * DESIGN
 * The thread takes the oldest item, makes its text, cleans it and writes it in
 * chunks of whole lines that fit a pipe's atomic write. So output of guests to
 * the same place comes between two lines, not within one.
 *
 * It waits in poll(2) only, for short times, so that it can be told to give up:
 *
 *   pipe, terminal  opened once more through /proc, which gives an open file of
 *                   our own that can be non-blocking (for others that share
 *                   ours it must not become so)
 *   socket          MSG_DONTWAIT
 *   what cannot be  poll(2) before each piece; that blocks after all when
 *   opened again    another program is faster. Such a thread is left behind.
 *   anything else   files, /dev/null: never wait for anybody
 *
 * A text counts as queued until it is written. Reports that come too fast or
 * find no room, and lines that find none, are dropped and counted. The counts
 * are written with the next accepted item, or by themselves if none comes
 * within a second or at a flush.
 *
 * Threads: any. The lock is held for some instructions, never across a system
 * call that can wait.
 */
#include "base/log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/time.h"

#define PIECE ((size_t)4096) /* PIPE_BUF: all or nothing goes into a pipe */
#define POLL_MS 50           /* how soon the thread sees that it must give up */
#define LEAVE_WAIT (500 * LN_NS_PER_MS) /* more than that */
#define NOTE_SIZE 96

struct ln_log_writer {
	/* Immutable. */
	int fd;
	size_t max;
	pthread_t thread;

	_Atomic bool gives_up; /* nothing is waited for any more */

	/* Under lock. */
	pthread_mutex_t lock;
	pthread_cond_t work;     /* for the thread */
	pthread_cond_t progress; /* for who flushes */
	struct ln_log_item *head;
	struct ln_log_item **tail;
	size_t queued;                   /* bytes, with what is being written */
	uint64_t left_out[LN_LOG_KINDS]; /* not told yet */
	int64_t window;                  /* when this second began */
	uint32_t let_in[LN_LOG_KINDS];   /* in it */
	unsigned flushers;
	bool busy;       /* something is being written */
	uint64_t pieces; /* ever written */
	uint64_t stuck;  /* pieces, plus 1, when somebody lost patience */
	bool stopping;   /* to end when all is written */
	bool ended;      /* the thread has left the lock for good */
	bool abandoned;  /* and frees this itself */
};

/* ---- Writing ---- */

/* How the descriptor is written to. */
struct target {
	int fd;
	bool socket;
	bool waits; /* a write can take long: poll first */
	bool ours;  /* to be closed */
};

static struct target aim(int fd)
{
	struct target target = { .fd = fd };
	struct stat stats;
	char path[32];
	int own;

	if (fstat(fd, &stats) < 0)
		return target;
	target.socket = S_ISSOCK(stats.st_mode);
	target.waits = target.socket || S_ISFIFO(stats.st_mode) ||
		       S_ISCHR(stats.st_mode);
	if (!S_ISFIFO(stats.st_mode) && !isatty(fd))
		return target;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own >= 0) {
		target.fd = own;
		target.ours = true;
	}
	return target;
}

static ssize_t put(const struct target *target, const char *text, size_t len)
{
	ssize_t n;

	do {
		if (target->socket)
			n = send(target->fd, text, len,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = write(target->fd, text, len);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* Up to PIECE bytes that end with a line, if one ends there. */
static size_t next_piece(const char *text, size_t len)
{
	const char *end;

	if (len <= PIECE)
		return len;
	end = memrchr(text, '\n', PIECE);
	return end != NULL ? (size_t)(end - text) + 1 : PIECE;
}

static bool gives_up(struct ln_log_writer *writer)
{
	return writer != NULL &&
	       atomic_load_explicit(&writer->gives_up, memory_order_relaxed);
}

static void note_progress(struct ln_log_writer *writer)
{
	if (writer == NULL)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->pieces++;
	pthread_cond_broadcast(&writer->progress);
	pthread_mutex_unlock(&writer->lock);
}

/* Writes until all is written, the descriptor fails, or the writer must give
 * up. Without a writer it waits for ever. */
static void write_all(struct ln_log_writer *writer, const struct target *target,
		      const char *text, size_t len)
{
	while (len > 0 && !gives_up(writer)) {
		struct pollfd ready = { .fd = target->fd, .events = POLLOUT };
		ssize_t n;

		if (target->waits && poll(&ready, 1, POLL_MS) == 0)
			continue;
		n = put(target, text, next_piece(text, len));
		if (n < 0 && errno == EAGAIN) {
			/* Somebody was faster, or has made it so. */
			(void)poll(&ready, 1, POLL_MS);
			continue;
		}
		/* Nothing is left to do when it is gone. */
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
		note_progress(writer);
	}
}

static void write_text(struct ln_log_writer *writer, int fd, char *text,
		       size_t len)
{
	struct target target = aim(fd);

	write_all(writer, &target, text, ln_text_clean(text, len, true));
	if (target.ours)
		ln_fd_close(target.fd);
}

void ln_log_write(int fd, char *text, size_t len)
{
	write_text(NULL, fd, text, len);
}

static void write_note(struct ln_log_writer *writer, uint64_t count,
		       const char *one, const char *many)
{
	char text[NOTE_SIZE];
	int len;

	if (count == 0)
		return;
	len = snprintf(text, sizeof(text), "lunatic: %llu more %s left out\n",
		       (unsigned long long)count, count == 1 ? one : many);
	write_text(writer, writer->fd, text, (size_t)len);
}

static void write_left_out(struct ln_log_writer *writer,
			   const uint64_t left_out[LN_LOG_KINDS])
{
	write_note(writer, left_out[LN_LOG_REPORT], "report was",
		   "reports were");
	write_note(writer, left_out[LN_LOG_WARNING], "warning was",
		   "warnings were");
	write_note(writer, left_out[LN_LOG_LINE], "message was",
		   "messages were");
}

/* ---- The thread ---- */

static void write_item(struct ln_log_writer *writer, struct ln_log_item *item)
{
	size_t len = 0;
	char *text;

	write_left_out(writer, item->left_out);
	text = item->render(item, &len);
	if (text != NULL)
		write_text(writer, writer->fd, text, len);
	free(text);
}

/* Moves the counts of what was left out; false: there are none. Locked. */
static bool take_left_out(struct ln_log_writer *writer, uint64_t *counts)
{
	bool any = false;

	for (int i = 0; i < LN_LOG_KINDS; i++) {
		counts[i] = writer->left_out[i];
		writer->left_out[i] = 0;
		any |= counts[i] > 0;
	}
	return any;
}

static bool has_left_out(const struct ln_log_writer *writer)
{
	bool any = false;

	for (int i = 0; i < LN_LOG_KINDS; i++)
		any |= writer->left_out[i] > 0;
	return any;
}

static void wait_until(pthread_cond_t *condition, pthread_mutex_t *lock,
		       int64_t deadline)
{
	const struct timespec time = { .tv_sec = deadline / LN_NS_PER_S,
				       .tv_nsec = deadline % LN_NS_PER_S };

	pthread_cond_timedwait(condition, lock, &time);
}

/* Waits for the next item; NULL: there is something else to do, or the end. */
static struct ln_log_item *next_item(struct ln_log_writer *writer)
{
	while (writer->head == NULL && !writer->stopping) {
		int64_t end = writer->window + LN_NS_PER_S;

		if (!has_left_out(writer))
			pthread_cond_wait(&writer->work, &writer->lock);
		else if (writer->flushers > 0 || ln_time_now() >= end)
			return NULL;
		else
			wait_until(&writer->work, &writer->lock, end);
	}
	return writer->head;
}

static void remove_first(struct ln_log_writer *writer)
{
	ln_assert(writer->head != NULL);
	writer->head = writer->head->next;
	if (writer->head == NULL)
		writer->tail = &writer->head;
}

/* Locked, but not while something is written. */
static void serve(struct ln_log_writer *writer)
{
	for (;;) {
		struct ln_log_item *item = next_item(writer);
		uint64_t left_out[LN_LOG_KINDS];
		size_t size = 0;

		if (item != NULL)
			remove_first(writer);
		else if (!take_left_out(writer, left_out))
			return;
		writer->busy = true;
		pthread_mutex_unlock(&writer->lock);
		if (item != NULL) {
			write_item(writer, item);
			size = item->size;
			item->free(item);
		} else {
			write_left_out(writer, left_out);
		}
		pthread_mutex_lock(&writer->lock);
		ln_assert(writer->busy && writer->queued >= size);
		writer->busy = false;
		writer->queued -= size;
		pthread_cond_broadcast(&writer->progress);
	}
}

static void destroy(struct ln_log_writer *writer)
{
	pthread_cond_destroy(&writer->progress);
	pthread_cond_destroy(&writer->work);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

static void *thread_main(void *argument)
{
	struct ln_log_writer *writer = argument;
	bool abandoned;

	prctl(PR_SET_NAME, "ln-log");
	pthread_mutex_lock(&writer->lock);
	serve(writer);
	writer->ended = true;
	abandoned = writer->abandoned;
	pthread_cond_broadcast(&writer->progress);
	pthread_mutex_unlock(&writer->lock);
	if (abandoned)
		destroy(writer);
	return NULL;
}

/* With all signals blocked: they are for others, and SIGPIPE is an error. */
static int start_thread(struct ln_log_writer *writer)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return LN_EUNSUP;
	error = pthread_create(&writer->thread, NULL, thread_main, writer);
	/* What was done once can be undone. */
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 ? 0 : LN_EIO;
}

int ln_log_writer_new(int fd, size_t max, struct ln_log_writer **out)
{
	struct ln_log_writer *writer = calloc(1, sizeof(*writer));
	pthread_condattr_t monotonic;
	int error;

	if (writer == NULL)
		return LN_ENOMEM;
	writer->fd = fd;
	writer->max = max;
	writer->tail = &writer->head;
	writer->window = ln_time_now();
	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->work, &monotonic);
	pthread_cond_init(&writer->progress, &monotonic);
	pthread_condattr_destroy(&monotonic);
	error = start_thread(writer);
	if (error < 0) {
		destroy(writer);
		return error;
	}
	*out = writer;
	return 0;
}

/* Waits until the thread has nothing to do, as long as it makes progress. */
static bool wait_written(struct ln_log_writer *writer, int64_t patience)
{
	uint64_t pieces = writer->pieces;
	int64_t deadline = ln_time_now() + patience;

	/* Somebody has waited that long already. */
	if (writer->stuck == pieces + 1)
		deadline -= patience - patience / 10;
	while (writer->head != NULL || writer->busy || has_left_out(writer)) {
		if (writer->pieces != pieces) {
			pieces = writer->pieces;
			deadline = ln_time_now() + patience;
		} else if (ln_time_now() >= deadline) {
			writer->stuck = pieces + 1;
			return false;
		}
		wait_until(&writer->progress, &writer->lock, deadline);
	}
	return true;
}

bool ln_log_writer_flush(struct ln_log_writer *writer, int64_t patience)
{
	bool written;

	pthread_mutex_lock(&writer->lock);
	writer->flushers++;
	pthread_cond_signal(&writer->work);
	written = wait_written(writer, patience);
	ln_assert(writer->flushers > 0);
	writer->flushers--;
	pthread_mutex_unlock(&writer->lock);
	return written;
}

void ln_log_writer_free(struct ln_log_writer *writer, int64_t patience)
{
	int64_t deadline;
	bool ended;

	if (writer == NULL)
		return;
	if (!ln_log_writer_flush(writer, patience))
		atomic_store_explicit(&writer->gives_up, true,
				      memory_order_relaxed);
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_signal(&writer->work);
	deadline = ln_time_now() + LEAVE_WAIT;
	while (!writer->ended && ln_time_now() < deadline)
		wait_until(&writer->progress, &writer->lock, deadline);
	ended = writer->ended;
	writer->abandoned = !ended;
	if (!ended)
		pthread_detach(writer->thread);
	pthread_mutex_unlock(&writer->lock);
	if (!ended)
		return;
	pthread_join(writer->thread, NULL);
	destroy(writer);
}

/* ---- Pushing ---- */

/* Locked. */
static bool has_room(const struct ln_log_writer *writer)
{
	return writer->queued < writer->max;
}

bool ln_log_writer_admits(struct ln_log_writer *writer, enum ln_log_kind kind)
{
	static const uint32_t max[LN_LOG_KINDS] = {
		[LN_LOG_REPORT] = LN_LOG_REPORTS_PER_SECOND,
		[LN_LOG_WARNING] = LN_LOG_WARNINGS_PER_SECOND,
	};
	int64_t now = ln_time_now();
	bool admits;

	pthread_mutex_lock(&writer->lock);
	if (now - writer->window >= LN_NS_PER_S) {
		writer->window = now;
		memset(writer->let_in, 0, sizeof(writer->let_in));
	}
	admits = has_room(writer) && writer->let_in[kind] < max[kind];
	if (admits) {
		writer->let_in[kind]++;
	} else if (writer->left_out[kind]++ == 0) {
		/* To be told when the second is over. */
		pthread_cond_signal(&writer->work);
	}
	pthread_mutex_unlock(&writer->lock);
	return admits;
}

void ln_log_writer_push(struct ln_log_writer *writer, struct ln_log_item *item)
{
	bool fits;

	item->next = NULL;
	pthread_mutex_lock(&writer->lock);
	fits = has_room(writer);
	if (fits) {
		(void)take_left_out(writer, item->left_out);
		writer->queued += item->size;
		*writer->tail = item;
		writer->tail = &item->next;
	} else {
		writer->left_out[item->kind]++;
	}
	pthread_cond_signal(&writer->work);
	pthread_mutex_unlock(&writer->lock);
	if (!fits)
		item->free(item);
}

struct text_item {
	struct ln_log_item item;
	char *text;
	size_t len;
};

static char *render_text(struct ln_log_item *item, size_t *len)
{
	struct text_item *own = ln_container_of(item, struct text_item, item);
	char *text = own->text;

	own->text = NULL;
	*len = own->len;
	return text;
}

static void free_text(struct ln_log_item *item)
{
	struct text_item *own = ln_container_of(item, struct text_item, item);

	free(own->text);
	free(own);
}

void ln_log_writer_push_text(struct ln_log_writer *writer, const char *text,
			     size_t len)
{
	struct text_item *own = malloc(sizeof(*own));
	char *copy = malloc(len > 0 ? len : 1);

	if (own == NULL || copy == NULL) {
		free(own);
		free(copy);
		pthread_mutex_lock(&writer->lock);
		writer->left_out[LN_LOG_LINE]++;
		pthread_mutex_unlock(&writer->lock);
		return;
	}
	memcpy(copy, text, len);
	own->text = copy;
	own->len = len;
	own->item = (struct ln_log_item){ .size = sizeof(*own) + len,
					  .kind = LN_LOG_LINE,
					  .render = render_text,
					  .free = free_text };
	ln_log_writer_push(writer, &own->item);
}
