/*
 * DESIGN
 * Two rings under one lock, which is held for copying some hundred bytes: that
 * of failures, and that of normal ends. An entry of the former may have the
 * report of its trap. When the reports of all take up too much, those of the
 * oldest go.
 *
 * Which normal ends are kept is decided without the lock: the first one to see
 * a new tick wins. So a program that ends processes all the time pays two loads
 * each.
 */
#include "process/deaths.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/futex.h"
#include "base/text.h"
#include "engine/report.h"

struct entry {
	struct ln_death death;
	struct ln_report *report; /* counted; NULL: none */
};

struct ring {
	struct entry *entries; /* LN_DEATHS_MAX */
	uint64_t count;        /* ever; the next one's place, modulo that */
};

enum { FAILED, NORMAL, RINGS };

struct ln_deaths {
	/* Any thread. */
	alignas(LN_CACHE_LINE) _Atomic uint64_t tick; /* of the last normal one
						       */

	alignas(LN_CACHE_LINE) struct ln_lock lock;
	struct ring rings[RINGS]; /* under lock, as all that follows */
	uint64_t serial;          /* of the last one */
	size_t traces;            /* bytes of all reports */
	uint64_t oldest;          /* of FAILED: those before have no report */
};

struct ln_deaths *ln_deaths_new(void)
{
	struct ln_deaths *deaths =
		aligned_alloc(alignof(struct ln_deaths), sizeof(*deaths));

	if (deaths == NULL)
		return NULL;
	memset(deaths, 0, sizeof(*deaths));
	atomic_init(&deaths->tick, UINT64_MAX);
	for (int i = 0; i < RINGS; i++) {
		deaths->rings[i].entries =
			calloc(LN_DEATHS_MAX, sizeof(struct entry));
		if (deaths->rings[i].entries == NULL) {
			ln_deaths_free(deaths);
			return NULL;
		}
	}
	return deaths;
}

void ln_deaths_free(struct ln_deaths *deaths)
{
	if (deaths == NULL)
		return;
	for (int i = 0; i < RINGS; i++) {
		struct ring *ring = &deaths->rings[i];

		for (size_t at = 0; at < LN_DEATHS_MAX && ring->entries != NULL;
		     at++)
			ln_report_free(ring->entries[at].report);
		free(ring->entries);
	}
	free(deaths);
}

bool ln_deaths_skips(struct ln_deaths *deaths, uint64_t tick)
{
	/* Relaxed: two in one tick do no harm. */
	if (LN_LIKELY(atomic_load_explicit(&deaths->tick,
					   memory_order_relaxed) == tick))
		return true;
	return atomic_exchange_explicit(&deaths->tick, tick,
					memory_order_relaxed) == tick;
}

/* Lets go of the oldest reports until those that are left are few enough.
 * Returns one that is to be freed, or NULL: to be called again. */
static struct ln_report *drop_trace(struct ln_deaths *deaths)
{
	struct ring *ring = &deaths->rings[FAILED];

	ln_lock_assert(&deaths->lock);
	while (deaths->traces > LN_DEATHS_TRACES &&
	       deaths->oldest < ring->count) {
		struct entry *entry =
			&ring->entries[deaths->oldest++ % LN_DEATHS_MAX];
		struct ln_report *report = entry->report;

		if (report == NULL)
			continue;
		entry->report = NULL;
		entry->death.traced = false;
		deaths->traces -= ln_report_size(report);
		return report;
	}
	return NULL;
}

/* Puts an entry in the place of the oldest one, whose report it returns. */
static struct ln_report *put(struct ln_deaths *deaths,
			     const struct entry *entry)
{
	bool normal = entry->death.outcome == LN_DEATH_NORMAL;
	struct ring *ring = &deaths->rings[normal ? NORMAL : FAILED];
	struct entry *place = &ring->entries[ring->count % LN_DEATHS_MAX];
	struct ln_report *old = place->report;

	ln_lock_assert(&deaths->lock);
	if (old != NULL)
		deaths->traces -= ln_report_size(old);
	*place = *entry;
	place->death.serial = ++deaths->serial;
	if (entry->report != NULL)
		deaths->traces += ln_report_size(entry->report);
	ring->count++;
	if (!normal && ring->count > LN_DEATHS_MAX &&
	    deaths->oldest < ring->count - LN_DEATHS_MAX)
		deaths->oldest = ring->count - LN_DEATHS_MAX;
	return old;
}

void ln_deaths_add(struct ln_deaths *deaths, const struct ln_death *death,
		   struct ln_report *report)
{
	struct entry entry = { .death = *death, .report = report };
	struct ln_report *old;

	entry.death.traced = report != NULL;
	if (report != NULL) {
		const char *reason = ln_report_reason(report);

		ln_text_copy(entry.death.reason, sizeof(entry.death.reason),
			     reason, strlen(reason));
	}
	ln_lock_acquire(&deaths->lock);
	old = put(deaths, &entry);
	ln_lock_release(&deaths->lock);
	do {
		ln_report_free(old);
		ln_lock_acquire(&deaths->lock);
		old = drop_trace(deaths);
		ln_lock_release(&deaths->lock);
	} while (old != NULL);
}

/* The entry that is `back` behind the youngest of a ring; NULL: none is. */
static const struct entry *at(const struct ring *ring, uint64_t back)
{
	if (back >= LN_DEATHS_MAX || back >= ring->count)
		return NULL;
	return &ring->entries[(ring->count - 1 - back) % LN_DEATHS_MAX];
}

size_t ln_deaths_list(struct ln_deaths *deaths, uint64_t after, bool failed,
		      struct ln_death *list, size_t max)
{
	uint64_t back[RINGS] = { 0 };
	size_t count = 0;

	ln_lock_acquire(&deaths->lock);
	while (count < max) {
		const struct entry *youngest =
			at(&deaths->rings[FAILED], back[FAILED]);
		const struct entry *other =
			failed ? NULL
			       : at(&deaths->rings[NORMAL], back[NORMAL]);
		bool take = youngest == NULL ||
			    (other != NULL &&
			     other->death.serial > youngest->death.serial);

		if (take)
			youngest = other;
		if (youngest == NULL || youngest->death.serial <= after)
			break;
		back[take ? NORMAL : FAILED]++;
		list[count++] = youngest->death;
	}
	ln_lock_release(&deaths->lock);
	return count;
}

char *ln_deaths_trace(struct ln_deaths *deaths, uint64_t serial)
{
	const struct ring *ring = &deaths->rings[FAILED];
	struct ln_report *report = NULL;
	const struct entry *entry;
	char *text;

	ln_lock_acquire(&deaths->lock);
	for (uint64_t back = 0; (entry = at(ring, back)) != NULL; back++) {
		if (entry->death.serial == serial)
			break;
	}
	if (entry != NULL && entry->report != NULL)
		report = ln_report_retain(entry->report);
	ln_lock_release(&deaths->lock);
	text = report != NULL ? ln_report_text(report) : NULL;
	ln_report_free(report);
	return text;
}
