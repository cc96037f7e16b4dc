/*
 * DESIGN
 * A list of lines under a lock, with the bytes that they take. Who adds copies
 * its line before it takes the lock, and never waits for the reader: beyond the
 * bound a line is counted and dropped. The first line in an empty feed wakes
 * the control thread; the others find it awake.
 *
 * The feed keeps its control server only until it is closed, which is done in
 * the control thread: so whoever adds later touches the feed alone.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/session.h"

struct line {
	struct line *next;
	json_int_t lost; /* before it */
	size_t len;
	char text[];
};

struct ln_control_feed {
	_Atomic uint32_t references;
	_Atomic bool closed; /* changed under the lock; read without it */
	size_t max;          /* bytes */

	struct ln_lock lock;
	struct ln_control *control; /* NULL: closed */
	struct line *first;
	struct line **end;
	size_t bytes;
	json_int_t lost; /* since the last line */
};

struct ln_control_feed *ln_control_feed_new(struct ln_control *control,
					    size_t max)
{
	struct ln_control_feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL)
		return NULL;
	atomic_init(&feed->references, 1);
	feed->max = max;
	feed->control = control;
	feed->end = &feed->first;
	return feed;
}

struct ln_control_feed *ln_control_feed_retain(struct ln_control_feed *feed)
{
	/* Relaxed: whoever retains it has a reference. */
	atomic_fetch_add_explicit(&feed->references, 1, memory_order_relaxed);
	return feed;
}

static void free_lines(struct line *at)
{
	while (at != NULL) {
		struct line *next = at->next;

		free(at);
		at = next;
	}
}

void ln_control_feed_release(struct ln_control_feed *feed)
{
	/* Acquire and release: the last one frees what the others have
	 * written. */
	if (atomic_fetch_sub_explicit(&feed->references, 1,
				      memory_order_acq_rel) > 1)
		return;
	free_lines(feed->first);
	free(feed);
}

bool ln_control_feed_closed(const struct ln_control_feed *feed)
{
	/* Relaxed: it only saves work. */
	return atomic_load_explicit(&feed->closed, memory_order_relaxed);
}

/* Under the lock. */
static bool add(struct ln_control_feed *feed, struct line *line, size_t len)
{
	if (feed->control == NULL)
		return false;
	if (line == NULL || feed->bytes + len > feed->max) {
		feed->lost++;
		return false;
	}
	line->lost = feed->lost;
	feed->lost = 0;
	*feed->end = line;
	feed->end = &line->next;
	feed->bytes += len;
	return true;
}

bool ln_control_feed_push(struct ln_control_feed *feed, const char *text,
			  size_t len)
{
	struct line *line;
	bool added;

	if (ln_control_feed_closed(feed))
		return false;
	line = malloc(sizeof(*line) + len);
	if (line != NULL) {
		line->next = NULL;
		line->len = len;
		memcpy(line->text, text, len);
	}
	ln_lock_acquire(&feed->lock);
	added = add(feed, line, sizeof(*line) + len);
	/* Under the lock, so that the server stays meanwhile. */
	if (feed->control != NULL)
		ln_control_wake(feed->control);
	ln_lock_release(&feed->lock);
	if (!added)
		free(line);
	return added;
}

/* The oldest line, for the caller; NULL: none. */
static struct line *take(struct ln_control_feed *feed)
{
	struct line *line;

	ln_lock_acquire(&feed->lock);
	line = feed->first;
	if (line != NULL) {
		feed->first = line->next;
		if (feed->first == NULL)
			feed->end = &feed->first;
		feed->bytes -= sizeof(*line) + line->len;
	}
	ln_lock_release(&feed->lock);
	return line;
}

bool ln_control_feed_crowded(struct ln_control_feed *feed)
{
	bool crowded;

	ln_lock_acquire(&feed->lock);
	crowded = feed->bytes >= feed->max / 2;
	ln_lock_release(&feed->lock);
	return crowded;
}

/* Lines that were lost behind the last one. */
static json_int_t take_lost(struct ln_control_feed *feed)
{
	json_int_t lost;

	ln_lock_acquire(&feed->lock);
	lost = feed->first == NULL ? feed->lost : 0;
	if (lost > 0)
		feed->lost = 0;
	ln_lock_release(&feed->lock);
	return lost;
}

char *ln_control_feed_take(struct ln_control_feed *feed, size_t *len,
			   int64_t *lost)
{
	struct line *line = take(feed);
	char *text;

	if (line == NULL) {
		*lost = take_lost(feed);
		return NULL;
	}
	*len = line->len;
	*lost = line->lost;
	text = malloc(line->len + 1);
	if (text == NULL)
		++*lost;
	else
		memcpy(text, line->text, line->len);
	free(line);
	return text;
}

static void tell_lost(struct ln_control_request *request, json_int_t lost)
{
	if (lost > 0)
		ln_control_item(request, json_pack("{s:I}", "lost", lost));
}

bool ln_control_feed_drain(struct ln_control_feed *feed,
			   struct ln_control_request *request)
{
	bool some = false;

	while (!ln_control_is_full(request)) {
		struct line *line = take(feed);

		if (line == NULL) {
			tell_lost(request, take_lost(feed));
			return some;
		}
		some = true;
		tell_lost(request, line->lost);
		ln_control_session_put_text(request, line->text, line->len);
		free(line);
	}
	return some;
}

void ln_control_feed_close(struct ln_control_feed *feed)
{
	struct line *lines;

	ln_lock_acquire(&feed->lock);
	atomic_store_explicit(&feed->closed, true, memory_order_relaxed);
	feed->control = NULL;
	lines = feed->first;
	feed->first = NULL;
	feed->end = &feed->first;
	feed->bytes = 0;
	ln_lock_release(&feed->lock);
	free_lines(lines);
	ln_control_feed_release(feed);
}
