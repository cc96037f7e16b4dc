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
 * Lines of guests wait in queues of their own, one for each source; these are
 * served in turns with the runtime's own queue, and with each other. Their
 * bounds are in base/log_source.c. Lines of a source that find no room are told
 * of a second after the first of them.
 *
 * Threads: any. The lock is held for some instructions, never across a system
 * call that can wait.
 */
#include "base/log_writer.h"
#include "base/condition.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fair.h"
#include "base/log_line.h"
#include "base/log_source.h"
#include "base/log_target.h"
#include "base/text.h"
#include "base/time.h"

#define PIECE ((size_t)4096) /* PIPE_BUF: all or nothing goes into a pipe */
#define POLL_MS 50           /* how soon the thread sees that it must give up */
#define LEAVE_WAIT (500 * LN_NS_PER_MS) /* more than that */
#define NOTE_SIZE 96
#define ROW_MAX 16 /* items of one kind that others wait for */

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
	struct ln_log_source *guests; /* the root of theirs */
	struct ln_list noting;        /* sources whose lines were left out,
				       * the first to be told first */
	uint64_t items;               /* ever queued: numbers them */
	unsigned row;  /* items that were taken from one of the two queues
			* while the other one was not empty */
	size_t queued; /* bytes, with what is being written */
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
static void write_all(struct ln_log_writer *writer,
		      const struct ln_log_target *target, const char *text,
		      size_t len)
{
	while (len > 0 && !gives_up(writer)) {
		struct pollfd ready = { .fd = target->fd, .events = POLLOUT };
		ssize_t n;

		if (target->waits && poll(&ready, 1, POLL_MS) == 0)
			continue;
		n = ln_log_target_put(target, text, next_piece(text, len));
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
	struct ln_log_target target = ln_log_target_aim(fd);

	write_all(writer, &target, text, ln_text_clean(text, len, true));
	ln_log_target_close(&target);
}

void ln_log_write(int fd, char *text, size_t len)
{
	write_text(NULL, fd, text, len);
}

/* Writes a line of the writer's own. */
static void write_own(struct ln_log_writer *writer, const char *text)
{
	size_t len = 0;
	char *line = ln_log_line(LN_LOG_WARN, NULL, text, strlen(text), &len);

	if (line != NULL)
		write_text(writer, writer->fd, line, len);
	free(line);
}

static void write_note(struct ln_log_writer *writer, uint64_t count,
		       const char *one, const char *many)
{
	char text[NOTE_SIZE];

	if (count == 0)
		return;
	snprintf(text, sizeof(text), "%llu more %s left out",
		 (unsigned long long)count, count == 1 ? one : many);
	write_own(writer, text);
}

static void write_source_note(struct ln_log_writer *writer, uint64_t count,
			      uint64_t number)
{
	char text[NOTE_SIZE];

	if (count == 0)
		return;
	snprintf(text, sizeof(text),
		 "%llu lines of environment %llu were left out",
		 (unsigned long long)count, (unsigned long long)number);
	write_own(writer, text);
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

static bool has_items(const struct ln_log_writer *writer)
{
	return writer->head != NULL || ln_tenant_ready(writer->guests->tenant);
}

/* The source whose lines were left out first, or NULL. */
static struct ln_log_source *first_noting(const struct ln_log_writer *writer)
{
	if (ln_list_empty(&writer->noting))
		return NULL;
	return ln_container_of(writer->noting.next, struct ln_log_source,
			       noting);
}

/* When something is to be told of lines that were left out. */
static int64_t next_note(const struct ln_log_writer *writer)
{
	const struct ln_log_source *source = first_noting(writer);
	int64_t own =
		has_left_out(writer) ? writer->window + LN_NS_PER_S : LN_NEVER;

	return source != NULL && source->due < own ? source->due : own;
}

/* Waits until there is an item, or a note is due, or all is over; whether there
 * is an item. Locked. */
static bool wait_for_work(struct ln_log_writer *writer)
{
	while (!has_items(writer) && !writer->stopping) {
		int64_t end = next_note(writer);

		if (end == LN_NEVER)
			pthread_cond_wait(&writer->work, &writer->lock);
		else if (writer->flushers > 0 || ln_time_now() >= end)
			break;
		else
			(void)ln_condition_wait(&writer->work, &writer->lock,
						end);
	}
	return has_items(writer);
}

static struct ln_log_item *remove_own(struct ln_log_writer *writer)
{
	struct ln_log_item *item = writer->head;

	writer->head = item->next;
	if (writer->head == NULL)
		writer->tail = &writer->head;
	return item;
}

/* Whether the next item is one of the guests' queues: the older one, but a few
 * at a time. */
static bool is_guests_turn(struct ln_log_writer *writer)
{
	const struct ln_list *link = ln_tenant_peek(writer->guests->tenant);
	bool older;

	if (link == NULL || writer->head == NULL) {
		writer->row = 0;
		return link != NULL;
	}
	older = ln_container_of(link, struct ln_log_item, link)->number <
		writer->head->number;
	if (++writer->row > ROW_MAX) {
		writer->row = 0;
		return !older;
	}
	return older;
}

/* Takes the next item; there is one. */
static struct ln_log_item *remove_next(struct ln_log_writer *writer)
{
	struct ln_list *link;

	if (!is_guests_turn(writer))
		return remove_own(writer);
	link = ln_tenant_take(writer->guests->tenant);
	return ln_container_of(link, struct ln_log_item, link);
}

/* What the thread does with the lock released. */
struct step {
	struct ln_log_item *item; /* NULL: none */
	uint64_t left_out[LN_LOG_KINDS];
	uint64_t source_left_out;
	uint64_t source; /* its number */
};

/* Takes what is to be told of a source; false: nothing. */
static bool take_note(struct ln_log_writer *writer,
		      struct ln_log_source *source, struct step *step)
{
	if (source == NULL || source->left_out == 0)
		return false;
	step->source_left_out = source->left_out;
	step->source = source->number;
	source->left_out = 0;
	ln_list_remove(&source->noting);
	ln_log_source_release(source);
	(void)writer;
	return true;
}

/* Takes the next thing to do; false: all is done, and the thread is to end. */
static bool take_step(struct ln_log_writer *writer, struct step *step)
{
	*step = (struct step){ .item = NULL };
	if (wait_for_work(writer)) {
		step->item = remove_next(writer);
		return true;
	}
	return take_note(writer, first_noting(writer), step) ||
	       take_left_out(writer, step->left_out);
}

static void write_step(struct ln_log_writer *writer, const struct step *step)
{
	if (step->item != NULL)
		write_item(writer, step->item);
	write_left_out(writer, step->left_out);
	write_source_note(writer, step->source_left_out, step->source);
}

/* Accounts for an item that was written, and frees it. */
static void finish_item(struct ln_log_writer *writer, struct ln_log_item *item)
{
	struct ln_log_source *source = item->source;

	if (item->of_guest) {
		ln_log_source_done(source, item->size);
	} else {
		ln_assert(writer->queued >= item->size);
		writer->queued -= item->size;
	}
	if (source != NULL) {
		ln_tenant_end(source->tenant);
		ln_log_source_release(source);
	}
	item->free(item);
}

/* Locked, but not while something is written. */
static void serve(struct ln_log_writer *writer)
{
	struct step step;

	while (take_step(writer, &step)) {
		ln_assert(!writer->busy);
		writer->busy = true;
		pthread_mutex_unlock(&writer->lock);
		write_step(writer, &step);
		pthread_mutex_lock(&writer->lock);
		if (step.item != NULL)
			finish_item(writer, step.item);
		writer->busy = false;
		pthread_cond_broadcast(&writer->progress);
	}
}

static void destroy(struct ln_log_writer *writer)
{
	ln_log_source_release(writer->guests);
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
	int error;

	if (writer == NULL)
		return LN_ENOMEM;
	writer->fd = fd;
	writer->max = max;
	writer->tail = &writer->head;
	ln_list_init(&writer->noting);
	writer->window = ln_time_now();
	writer->guests = ln_log_source_new(NULL, 0);
	if (writer->guests == NULL) {
		free(writer);
		return LN_ENOMEM;
	}
	pthread_mutex_init(&writer->lock, NULL);
	ln_condition_init(&writer->work);
	ln_condition_init(&writer->progress);
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
	while (has_items(writer) || writer->busy ||
	       next_note(writer) != LN_NEVER) {
		if (writer->pieces != pieces) {
			pieces = writer->pieces;
			deadline = ln_time_now() + patience;
		} else if (ln_time_now() >= deadline) {
			writer->stuck = pieces + 1;
			return false;
		}
		(void)ln_condition_wait(&writer->progress, &writer->lock,
					deadline);
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
		(void)ln_condition_wait(&writer->progress, &writer->lock,
					deadline);
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

/* ---- Lines of guests ---- */

struct ln_log_source *ln_log_writer_source(struct ln_log_writer *writer,
					   struct ln_log_source *above,
					   uint64_t number)
{
	struct ln_log_source *source;

	pthread_mutex_lock(&writer->lock);
	source = ln_log_source_new(above != NULL ? above : writer->guests,
				   number);
	pthread_mutex_unlock(&writer->lock);
	return source;
}

void ln_log_writer_release(struct ln_log_writer *writer,
			   struct ln_log_source *source)
{
	pthread_mutex_lock(&writer->lock);
	ln_log_source_release(source);
	pthread_mutex_unlock(&writer->lock);
}

/* Counts a line that is not written. Locked. */
static void leave_out_guest(struct ln_log_writer *writer,
			    struct ln_log_source *source)
{
	if (source->left_out++ > 0)
		return;
	source->due = ln_time_now() + LN_NS_PER_S;
	ln_log_source_retain(source);
	ln_list_append(&writer->noting, &source->noting);
	/* To be told when the second is over. */
	pthread_cond_signal(&writer->work);
}

bool ln_log_writer_admits_guest(struct ln_log_writer *writer,
				struct ln_log_source *source, size_t size)
{
	bool admits;

	pthread_mutex_lock(&writer->lock);
	admits = ln_log_source_admit(source, size, ln_time_now());
	if (!admits)
		leave_out_guest(writer, source);
	pthread_mutex_unlock(&writer->lock);
	return admits;
}

/* Locked. */
static void queue_behind(struct ln_log_writer *writer,
			 struct ln_log_source *source, struct ln_log_item *item)
{
	item->source = source;
	item->number = writer->items++;
	ln_log_source_retain(source);
	(void)ln_tenant_queue(source->tenant, &item->link);
	pthread_cond_signal(&writer->work);
}

void ln_log_writer_push_guest(struct ln_log_writer *writer,
			      struct ln_log_source *source,
			      struct ln_log_item *item)
{
	item->of_guest = true;
	pthread_mutex_lock(&writer->lock);
	queue_behind(writer, source, item);
	pthread_mutex_unlock(&writer->lock);
}

void ln_log_writer_drop_guest(struct ln_log_writer *writer,
			      struct ln_log_source *source, size_t size)
{
	pthread_mutex_lock(&writer->lock);
	ln_log_source_done(source, size);
	leave_out_guest(writer, source);
	pthread_mutex_unlock(&writer->lock);
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
		item->number = writer->items++;
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

void ln_log_writer_push_behind(struct ln_log_writer *writer,
			       struct ln_log_source *source,
			       struct ln_log_item *item)
{
	bool fits;

	pthread_mutex_lock(&writer->lock);
	fits = has_room(writer);
	if (fits) {
		(void)take_left_out(writer, item->left_out);
		writer->queued += item->size;
		queue_behind(writer, source, item);
	} else {
		writer->left_out[item->kind]++;
	}
	pthread_mutex_unlock(&writer->lock);
	if (!fits)
		item->free(item);
}

void ln_log_writer_leave_out(struct ln_log_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->left_out[LN_LOG_LINE]++;
	pthread_mutex_unlock(&writer->lock);
}
